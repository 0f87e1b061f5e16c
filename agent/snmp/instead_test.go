package snmp

import (
	"testing"

	"ninewatch/internal/oid"
	"ninewatch/internal/telemetry"
)

// TestPlanInstead: counters of a vendor's MIB are polled under the names of IF-MIB, in place of those that stand at 0
// or are not there; of interfaces that are not polled none is. The plan before stays as it was.
func TestPlanInstead(t *testing.T) {
	const theirs = "1.3.6.1.4.1.99999.7.1.1."
	s := session(without("1.3.6.1.2.1.2.2.1.10.1", "1.3.6.1.2.1.2.2.1.10.1|65|0", "1.3.6.1.2.1.31.1.1.1.6.1|70|0", "1.3.6.1.2.1.2.2.1.2.3|4|ignored",
		theirs+"4.1|70|5000", theirs+"5.2|65|77", theirs+"4.3|70|1")...)
	facts, plan, _ := Discover(t.Context(), s, "sw1", nil, func(key string) bool { return key == "ignored" })
	list := []Instead{
		{IfIndex: 1, Counter: InOctets, Wide: true, OID: oid.MustParse(theirs + "4.1")},
		{IfIndex: 2, Counter: OutOctets, OID: oid.MustParse(theirs + "5.2")},
		{IfIndex: 3, Counter: InOctets, Wide: true, OID: oid.MustParse(theirs + "4.3")},
		{IfIndex: 9, Counter: InOctets, Wide: true, OID: oid.MustParse(theirs + "4.9")},
	}
	const want = `sysUpTime 1000
ifHCInOctets{ifName=one} 5000
ifOperStatus{ifName=one} 1
ifInOctets{ifName=two} 22
ifOutOctets{ifName=two} 77`
	for _, p := range []struct {
		plan *Plan
		want string
	}{{plan.Instead(list, facts.Interfaces), want}, {plan, "sysUpTime 1000\nifHCInOctets{ifName=one} 0\nifOperStatus{ifName=one} 1\nifInOctets{ifName=two} 22"}} {
		if frame, _, err := p.plan.Poll(t.Context(), s, noon); err != nil || show(frame) != p.want {
			t.Errorf("got %v\n%s\nwant\n%s", err, show(frame), p.want)
		}
	}
	var none []telemetry.Interface
	if plan.Instead(nil, none) != plan {
		t.Error("nothing is replaced: got another plan")
	}
	for name, want := range map[string]bool{"ifHCInOctets": true, "ifInOctets": true, "ifOutErrors": true, "ifSpeed": false, "": false} {
		if _, _, got := CounterNamed(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}
