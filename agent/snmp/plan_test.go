package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// fakeSession plays objects, and fails walks or requests as it is told.
type fakeSession struct {
	tree  *snmpagent.Tree
	fail  map[string]error // by column
	down  error
	tasks int
}

func (f *fakeSession) Get(_ context.Context, names ...oid.OID) ([]snmpwire.VarBind, error) {
	if f.tasks++; f.down != nil {
		return nil, f.down
	}
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = f.tree.Get(n)
		out[i].OID = n
	}
	return out, nil
}

func (f *fakeSession) Walk(_ context.Context, root oid.OID, _ Limits) ([]snmpwire.VarBind, error) {
	var out []snmpwire.VarBind
	for at := root; ; {
		vb := f.tree.Next(at)
		if vb.Type == snmpwire.EndOfMibView || !vb.OID.HasPrefix(root) {
			return out, f.fail[root.String()]
		}
		out, at = append(out, vb), vb.OID
	}
}

func (f *fakeSession) Counts() Counts { return Counts{Requests: uint64(f.tasks)} }
func (f *fakeSession) Close() error   { return nil }

func session(lines ...string) *fakeSession {
	return &fakeSession{tree: snmpagent.ParseRecording([]byte(strings.Join(lines, "\n"))).Tree}
}

var twoPorts = []string{
	"1.3.6.1.2.1.1.3.0|67|1000", "1.3.6.1.2.1.2.1.0|2|2", "1.3.6.1.2.1.31.1.5.0|67|5",
	"1.3.6.1.2.1.2.2.1.2.1|4|one", "1.3.6.1.2.1.2.2.1.2.2|4|two",
	"1.3.6.1.2.1.2.2.1.10.1|65|11", "1.3.6.1.2.1.2.2.1.10.2|65|22",
	"1.3.6.1.2.1.31.1.1.1.6.1|70|111", "1.3.6.1.2.1.31.1.1.1.6.2|70|0",
	"1.3.6.1.2.1.2.2.1.8.1|2|1",
}

// without returns twoPorts with some objects left out or replaced.
func without(prefix string, instead ...string) []string {
	out := slices.DeleteFunc(slices.Clone(twoPorts), func(s string) bool { return strings.HasPrefix(s, prefix) })
	return append(out, instead...)
}

func show(f *telemetry.Frame) string {
	var out []string
	for i, s := range f.Template {
		label := ""
		if len(s.Labels) > 0 {
			label = "{" + s.Labels[0].Name + "=" + s.Labels[0].Value + "}"
		}
		v := f.Polls[0].Values[i]
		text := fmt.Sprint(v.Float64())
		switch v.Kind {
		case telemetry.Absent:
			text = "-"
		case telemetry.Stale:
			text = "stale"
		}
		out = append(out, s.Name+label+" "+text)
	}
	return strings.Join(out, "\n")
}

const firstFrame = `sysUpTime 1000
ifHCInOctets{ifName=one} 111
ifOperStatus{ifName=one} 1
ifInOctets{ifName=two} 22`

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func discover(t *testing.T, s Session, known ...telemetry.Interface) (telemetry.DeviceFacts, *Plan, []PartError) {
	t.Helper()
	facts, plan, errs := Discover(t.Context(), s, "sw1", known, nil)
	if plan == nil {
		t.Fatalf("no plan: %v", errs)
	}
	return facts, plan, errs
}

func TestPlanPoll(t *testing.T) {
	s := session(twoPorts...)
	_, plan, errs := discover(t, s)
	if len(errs) > 0 {
		t.Fatalf("discover: %v", errs)
	}
	frame, info, err := plan.Poll(t.Context(), s, noon)
	if err != nil || show(frame) != firstFrame || frame.Polls[0].Time != noon.UnixMilli() || frame.Device != "sw1" {
		t.Errorf("got %v\n%s", err, show(frame))
	}
	if info.Boot == nil || *info.Boot != (telemetry.Boot{Device: "sw1", Time: noon.UnixMilli(), Ticks: 1000}) || info.SysUpTime != 1000 || info.Rediscover {
		t.Errorf("info: %+v", info)
	}
}

// TestPlanReadsLastChange: a port that went down and came up again between two polls shows it by ifLastChange
// alone (RFC 2863), so each poll reads it, of the interfaces that have it.
func TestPlanReadsLastChange(t *testing.T) {
	s := session(append(slices.Clone(twoPorts), "1.3.6.1.2.1.2.2.1.9.1|67|700")...)
	_, plan, _ := discover(t, s)
	frame, _, err := plan.Poll(t.Context(), s, noon)
	want := strings.Replace(firstFrame, "ifOperStatus{ifName=one} 1", "ifOperStatus{ifName=one} 1\nifLastChange{ifName=one} 700", 1)
	if err != nil || show(frame) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, show(frame), want)
	}
}

func TestPlanNoticesChanges(t *testing.T) {
	f := func(what string, changed []string, elapsed time.Duration, why, want string, boot bool) {
		t.Run(what, func(t *testing.T) {
			s := session(twoPorts...)
			_, plan, _ := discover(t, s)
			if _, _, err := plan.Poll(t.Context(), s, noon); err != nil {
				t.Fatal(err)
			}
			frame, info, err := plan.Poll(t.Context(), session(changed...), noon.Add(elapsed))
			if err != nil || info.Why != why || info.Rediscover != (why != "") || (info.Boot != nil) != boot {
				t.Errorf("got %v, %+v", err, info)
			}
			if !strings.Contains(show(frame), want) {
				t.Errorf("no %q in\n%s", want, show(frame))
			}
		})
	}
	f("nothing", twoPorts, time.Minute, "", firstFrame, false)
	f("ifNumber", without("1.3.6.1.2.1.2.1.0", "1.3.6.1.2.1.2.1.0|2|3"), time.Minute, "ifNumber changed", firstFrame, false)
	f("ifTableLastChange", without("1.3.6.1.2.1.31.1.5.0", "1.3.6.1.2.1.31.1.5.0|67|6"), time.Minute, "ifTableLastChange changed", firstFrame, false)
	f("restart", without("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.3.0|67|5"), time.Minute, "sysUpTime went back", "sysUpTime 5\n", true)
	f("a port vanishes", without("1.3.6.1.2.1.2.2.1.10.2"), time.Minute, "an instance vanished: 1.3.6.1.2.1.2.2.1.10.2", "ifInOctets{ifName=two} stale", false)
	f("a type that is wrong", without("1.3.6.1.2.1.2.2.1.10.2", "1.3.6.1.2.1.2.2.1.10.2|4|22"), time.Minute, "", "ifInOctets{ifName=two} -", false)
	f("a status that is none", without("1.3.6.1.2.1.2.2.1.8.1", "1.3.6.1.2.1.2.2.1.8.1|2|0"), time.Minute, "", "ifOperStatus{ifName=one} -", false)
}

// TestEngineTimeIsNoUpTime is case 41: what the SNMPv3 engine says of its own time makes no restart.
func TestEngineTimeIsNoUpTime(t *testing.T) {
	cred := user("someone", "SHA", "AES")
	e, addr := startEngine(t, cred, engineA)
	c := dial(t, Device{Addr: addr, Credential: cred, Timeout: time.Second})
	plan := newPlan("sw1", &Reading{UpTime: true}, nil, nil)
	for i := range 3 {
		frame, info, err := plan.Poll(t.Context(), c, noon.Add(time.Duration(i)*time.Minute))
		if err != nil || frame.Samples() != 1 || (info.Boot != nil) != (i == 0) || info.Rediscover {
			t.Errorf("poll %d: %+v, %v", i, info, err)
		}
		e.set(func(e *engine) { e.boots, e.time = e.boots+1, 1 })
	}
}

func TestUpTimeWraps(t *testing.T) {
	f := func(prev, cur uint64, elapsed time.Duration, want bool) {
		t.Helper()
		if got := wrapped(prev, cur, elapsed); got != want {
			t.Errorf("%d → %d in %s: got %t, want %t", prev, cur, elapsed, got, want)
		}
	}
	f(1<<32-3000, 3000, time.Minute, true)
	f(1<<32-3000, 5900, time.Minute, true)
	f(1<<32-3000, 900_000, time.Minute, false)
	f(1<<31, 3000, time.Minute, false)
	f(1000, 5, time.Minute, false)
}

func TestAfterSeesARestartBetweenPlans(t *testing.T) {
	s := session(twoPorts...)
	_, old, _ := discover(t, s)
	if _, _, err := old.Poll(t.Context(), s, noon); err != nil {
		t.Fatal(err)
	}
	s = session(without("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.3.0|67|5")...)
	_, plan, _ := discover(t, s)
	plan.After(old)
	_, info, _ := plan.Poll(t.Context(), s, noon.Add(time.Minute))
	want := telemetry.Boot{Device: "sw1", Time: noon.Add(time.Minute).UnixMilli(), Ticks: 5, Previous: noon.UnixMilli(), PreviousTicks: 1000}
	if info.Boot == nil || *info.Boot != want {
		t.Errorf("got %+v, want %+v", info.Boot, want)
	}
}

func TestDiscoverKeepsKeys(t *testing.T) {
	facts, _, _ := discover(t, session(twoPorts...), telemetry.Interface{IfIndex: 9, IfDescr: "two", Key: "uplink"})
	if facts.Interfaces[0].Key != "one" || facts.Interfaces[1].Key != "uplink" || facts.Partial != nil {
		t.Errorf("got %+v", facts)
	}
}

// TestDuplicateNames is case 44: both ports are polled, and their keys show that they share a name.
func TestDuplicateNames(t *testing.T) {
	s := session(without("1.3.6.1.2.1.2.2.1.2.2", "1.3.6.1.2.1.2.2.1.2.2|4|one")...)
	_, plan, errs := discover(t, s)
	frame, _, err := plan.Poll(t.Context(), s, noon)
	want := strings.ReplaceAll(firstFrame, "ifName=two", "ifName=one#2")
	if err != nil || len(errs) > 0 || show(frame) != want {
		t.Errorf("got %v, %v\n%s", err, errs, show(frame))
	}
}

// TestTimeoutInATableKeepsTheOldRows is case 33 of ROBUSTNESS, section 3.
func TestTimeoutInATableKeepsTheOldRows(t *testing.T) {
	s := session(twoPorts...)
	s.fail = map[string]error{ifDescr.at.String(): &Error{Addr: "192.0.2.1:161", Kind: Timeout, Err: errors.New("no answer")}}
	known := []telemetry.Interface{{IfIndex: 1, IfDescr: "one", Key: "one"}, {IfIndex: 3, IfDescr: "three", IfPhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 3}, Key: "three"}}
	facts, plan, errs := discover(t, s, known...)
	if len(facts.Interfaces) != 2 || facts.Interfaces[0].Key != "one" || facts.Interfaces[1].Key != "three" || facts.Interfaces[1].IfDescr != "three" {
		t.Errorf("got %+v", facts.Interfaces)
	}
	if !slices.Equal(facts.Partial, []string{"interfaces"}) {
		t.Errorf("partial: got %v", facts.Partial)
	}
	if text := ErrorsText(errs); !strings.Contains(text, "the 2 interfaces known before are kept") || !strings.Contains(text, "ifTable.ifDescr: 192.0.2.1:161: timeout") {
		t.Errorf("errors: %s", text)
	}
	if _, _, err := plan.Poll(t.Context(), s, noon); err != nil {
		t.Error(err)
	}
}

func TestNothingWasRead(t *testing.T) {
	s := session(twoPorts...)
	s.down = &Error{Addr: "192.0.2.1:161", Kind: Refused, Err: errors.New("nothing listens")}
	_, plan, errs := Discover(t.Context(), s, "sw1", nil, nil)
	if plan != nil || KindOf(Unreadable(plan, errs)) != Refused {
		t.Errorf("got %v, %v", plan, errs)
	}
}

func TestText(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("plain", "plain")
	f("padded\x00\x00junk", "padded")
	f("two\r\nlines  here", "two lines  here")
	f("caf\xe9", "café")
	f("\x1b[31mred\x7f", "[31mred")
	f("right\u202eleft", "right left")
	f("  \t ", "")
}
