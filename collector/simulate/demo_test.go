package simulate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/inventory"
	"ninewatch/internal/frame"
	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

func testDemo() *Demo {
	return NewDemo(DemoOptions{Since: noon, Agents: map[string]string{"porto": "opo-agent-1"}})
}

func TestDemoDevices(t *testing.T) {
	byName := map[string]DemoDevice{}
	sites := map[string]int{}
	for _, x := range testDemo().Devices() {
		byName[x.Name] = x
		sites[x.Site]++
		if x.DisplayName != x.Name+" (DEMO)" || !strings.HasPrefix(x.System.SysDescr, "DEMO ") || !strings.HasSuffix(x.System.SysLocation, " (DEMO)") {
			t.Errorf("%s is not labelled as a demo: %q, %+v", x.Name, x.DisplayName, x.System)
		}
		for _, p := range x.Parents {
			if _, ok := byName[p]; !ok {
				t.Errorf("parent %s of %s does not stand before it", p, x.Name)
			}
		}
		names := map[string]bool{}
		for _, p := range x.Interfaces {
			if p.Key == "" || names[p.Key] {
				t.Errorf("%s: interface %q twice or without a key", x.Name, p.Key)
			}
			names[p.Key] = true
		}
	}
	if diff := cmp.Diff(map[string]int{"lisbon": 5, "porto": 4}, sites); diff != "" {
		t.Errorf("devices of a site: %s", diff)
	}
	if x := byName["opo-ups-1"]; x.ICMP || x.Addr.String() != "127.9.2.41:16161" {
		t.Errorf("the UPS: got %+v", x)
	}
	wan := byName["opo-edge-1"].Interfaces[0]
	if wan.IfName != "wan1" || wan.SpeedBps != 2e8 || wan.IfOperStatus != 1 {
		t.Errorf("the circuit that fills up: got %+v", wan)
	}
}

// TestDemoLinks: the two ends of a link agree, and an aggregate carries what its members do.
func TestDemoLinks(t *testing.T) {
	m := wiring{}
	for _, s := range demoNetwork(noon) {
		m[s.name] = s.machine
	}
	a, b := m.port("lis-core-1", "te1/4"), m.port("lis-acc-1", "te1/1")
	if a.out != b.in || a.in != b.out || a.alias != "to lis-acc-1 te1/1" {
		t.Errorf("the ends of a link: %+v and %+v", a, b)
	}
	lag, m1, m2 := m.port("lis-core-1", "po1"), m.port("lis-core-1", "te1/2"), m.port("lis-core-1", "te1/3")
	if lag.out.mean != m1.out.mean+m2.out.mean || lag.speed != 20e9 || m1.above != lag.index || lag.kind != ieee8023adLag {
		t.Errorf("the aggregate: %+v over %+v and %+v", lag, m1, m2)
	}
}

// TestTheCircuitFillsUp: a third more than 90 days before, and never more than it can carry.
func TestTheCircuitFillsUp(t *testing.T) {
	d := testDemo()
	wan := d.machines[5].ports[0]
	if d.machines[5].name != "opo-edge-1" {
		t.Fatalf("device 5 is %s", d.machines[5].name)
	}
	busy := func(at time.Time) float64 {
		return wan.in.total(at, at.Add(7*day)) / (7 * 86400) * 8 / float64(wan.speed)
	}
	if now, then := busy(noon.Add(-7*day)), busy(noon.Add(-90*day)); now < 0.49 || now > 0.53 || then < 0.32 || then > 0.38 {
		t.Errorf("utilization: got %.2f in the last week, %.2f 90 days ago, want about 0.51 and 0.35", now, then)
	}
	for at := noon.Add(-7 * day); at.Before(noon); at = at.Add(time.Minute) {
		if in := wan.in.rate(at) * 8; in < 0 || in > float64(wan.speed) {
			t.Fatalf("%.0f bit/s at %s", in, at)
		}
	}
}

func TestHistoryIsValidAndQuick(t *testing.T) {
	d := testDemo()
	count := map[string]int{}
	next := map[string]uint64{}
	check := func(e telemetry.Entry) {
		t.Helper()
		r := e.Record
		switch {
		case r.Facts != nil:
			count["facts"]++
		case r.Boot != nil:
			count["boots"]++
		case r.Frame != nil:
			count["frames"]++
			block, err := frame.Append(nil, r.Frame)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := frame.Decode(block); err != nil {
				t.Fatal(err)
			}
			count["samples"] += r.Samples()
		default:
			count["runs"] += len(r.Runs)
		}
		if _, err := record.Encode(&r); err != nil {
			t.Fatal(err)
		}
		key := e.Agent + r.Epoch.String()
		if next[key]++; r.Seq != next[key] {
			t.Fatalf("number %d of %s, want %d", r.Seq, e.Agent, next[key])
		}
		if want := map[string]string{"lisbon": "demo", "porto": "opo-agent-1"}[e.Site]; e.Agent != want || !e.Backlog || e.Received != noon.UnixMilli() {
			t.Fatalf("envelope: %q, %q, %t, %d", e.Site, e.Agent, e.Backlog, e.Received)
		}
	}
	emit := func(e telemetry.Entry) error { check(e); return nil }
	if err := d.History(90, emit); err != nil {
		t.Fatal(err)
	}
	if err := d.Samples(1, 5*time.Minute, emit); err != nil {
		t.Fatal(err)
	}
	if count["facts"] != 9 || count["boots"] != 10 || count["frames"] != 17 || count["runs"] < 60 || count["samples"] < 100000 {
		t.Errorf("got %v", count)
	}
	if len(next) != 4 {
		t.Errorf("got %d epochs, want one of history and samples for each agent", len(next))
	}
}

// history collects the runs of one device and probe.
func history(t *testing.T, d *Demo, device string, probe telemetry.Probe) []telemetry.Run {
	t.Helper()
	var runs []telemetry.Run
	err := d.History(90, func(e telemetry.Entry) error {
		for _, r := range e.Record.Runs {
			if r.Device == device && r.Probe == probe {
				runs = append(runs, r)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// seconds before noon of the instants within the runs, with their results, is what the tests compare.
type told struct {
	From, To string
	Result   telemetry.Result
	Reason   string
}

func tell(runs []telemetry.Run) []told {
	var out []told
	at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("01-02 15:04:05") }
	for _, r := range runs {
		out = append(out, told{at(r.From), at(r.To), r.Result, r.Reason})
	}
	return out
}

func TestHistoryOfTheServer(t *testing.T) {
	want := []told{
		{"08-20 12:00:00", "10-16 09:59:59", telemetry.OK, ""}, // then Lisbon had no agent for 52 minutes
		{"10-16 10:52:00", "11-18 11:59:59", telemetry.OK, ""},
	}
	if diff := cmp.Diff(want, tell(history(t, testDemo(), "lis-srv-1", telemetry.ProbeICMP))); diff != "" {
		t.Errorf("ICMP: %s", diff)
	}
	snmp := tell(history(t, testDemo(), "lis-srv-1", telemetry.ProbeSNMP))
	if len(snmp) != 4 || snmp[1].Result != telemetry.Fail || snmp[1].Reason != "refused" || !strings.HasPrefix(snmp[1].From, "10-09 12:00:") || !strings.HasPrefix(snmp[1].To, "10-09 14:09:") {
		t.Errorf("SNMP: got %v", snmp)
	}
}

func TestHistoryOfPorto(t *testing.T) {
	want := []told{
		{"08-20 12:00:00", "09-09 11:59:59", telemetry.OK, ""},
		{"09-09 12:00:00", "09-09 12:05:59", telemetry.ProberFault, "no-route"},
		{"09-09 12:06:00", "10-26 05:59:59", telemetry.OK, ""},
		{"10-26 06:00:00", "10-26 06:38:11", telemetry.Fail, "host-unreachable"},
		{"10-26 06:38:12", "11-13 08:59:59", telemetry.OK, ""},
		{"11-13 09:00:00", "11-13 09:44:59", telemetry.Loss, ""},
		{"11-13 09:45:00", "11-18 11:59:59", telemetry.OK, ""},
	}
	runs := history(t, testDemo(), "opo-edge-1", telemetry.ProbeICMP)
	if diff := cmp.Diff(want, tell(runs)); diff != "" {
		t.Error(diff)
	}
	if len(runs) == 7 && runs[5].LossPPM != 300_000 {
		t.Errorf("loss: got %d per million, want 300000", runs[5].LossPPM)
	}
	if got := history(t, testDemo(), "opo-ups-1", telemetry.ProbeICMP); got != nil {
		t.Errorf("the UPS is not probed by ICMP: got %v", tell(got))
	}
}

// TestHistoryRunsAreSteady: samples of a run, and from run to run, are whole steps apart.
func TestHistoryRunsAreSteady(t *testing.T) {
	d := testDemo()
	for _, x := range d.Devices() {
		for _, probe := range []telemetry.Probe{telemetry.ProbeICMP, telemetry.ProbeSNMP} {
			runs := history(t, d, x.Name, probe)
			for i, r := range runs {
				if r.From > r.To || (r.To-r.From)%r.Every != 0 || r.To >= noon.UnixMilli() {
					t.Errorf("%s: %+v", x.Name, r)
				}
				if i > 0 && (r.From <= runs[i-1].To || (r.From-runs[i-1].To)%r.Every != 0) {
					t.Errorf("%s: %+v follows %+v", x.Name, r, runs[i-1])
				}
			}
		}
	}
}

// TestSamplesJoinTheLiveCounters: the last sample lies below what the live device says, by no more than
// the traffic of a poll step.
func TestSamplesJoinTheLiveCounters(t *testing.T) {
	d := testDemo()
	last := map[string]uint64{}
	polls := 0
	err := d.Samples(1, 5*time.Minute, func(e telemetry.Entry) error {
		f := e.Record.Frame
		if f.Device != "lis-edge-1" || f.Template[0].Name != "sysUpTime" {
			return nil
		}
		polls += len(f.Polls)
		for _, p := range f.Polls {
			for i, s := range f.Template {
				if s.Name != "ifHCInOctets" {
					continue
				}
				name := s.Labels[0].Value
				if p.Values[i].Bits < last[name] {
					t.Fatalf("%s fell to %d at %d", name, p.Values[i].Bits, p.Time)
				}
				last[name] = p.Values[i].Bits
			}
		}
		return nil
	})
	if err != nil || polls != 287 {
		t.Fatalf("got %d polls, %v, want 287: every 5 minutes, without the two ends", polls, err)
	}
	for i, p := range d.machines[0].ports {
		live := d.machines[0].inOctets(i, noon)
		if rest := live - last[p.name]; live < last[p.name] || float64(rest) > 1.9*p.in.mean*300 {
			t.Errorf("%s: history ends at %d, live begins at %d", p.name, last[p.name], live)
		}
	}
}

// TestSamplesOfAnOutage: no polls of SNMP, lost echoes, no round-trip times.
func TestSamplesOfAnOutage(t *testing.T) {
	d := testDemo()
	begin := noon.Add(-23*day - 6*time.Hour)
	f := d.frame(5, telemetry.ProbeSNMP, d.machines[5].series(), begin.Add(-time.Hour), 10*time.Minute)
	for _, p := range f.Polls {
		if p.Time >= begin.UnixMilli() && p.Time < begin.Add(38*time.Minute).UnixMilli() {
			t.Errorf("a poll within the outage, at %d", p.Time)
		}
	}
	echoes := d.echoes(5, 30, 5*time.Minute)
	at := begin.Add(10 * time.Minute)
	sent, received, rtt := echoes[0].value(at), echoes[1].value(at), echoes[5].value(at)
	if sent.Bits-received.Bits != 600 || rtt.Kind != telemetry.Absent {
		t.Errorf("after 10 minutes: %d sent, %d received, RTT %v", sent.Bits, received.Bits, rtt)
	}
}

func TestLiveIncidents(t *testing.T) {
	f := func(device string, after time.Duration, want bool) {
		t.Helper()
		if got := silence(device, after); got != want {
			t.Errorf("%s after %s: got %t, want %t", device, after, got, want)
		}
	}
	f("opo-ups-1", 0, false)
	f("opo-ups-1", 3*time.Minute, true)
	f("opo-ups-1", 5*time.Minute+29*time.Second, true)
	f("opo-ups-1", 5*time.Minute+30*time.Second, false)
	f("opo-ups-1", 24*time.Minute, true)
	f("lis-acc-1", 8*time.Minute, true)
	f("lis-edge-1", 3*time.Minute, false)
}

func TestDemoFleet(t *testing.T) {
	d := NewDemo(DemoOptions{Since: noon, Port: freePort(t)})
	f := d.Fleet(testDeps())
	start(t, f)
	for _, x := range d.Devices() {
		m, from, ok := ask(t, x.Addr, DemoCommunity, patience, sysNameOID)
		if !ok || from != x.Addr || string(m.PDU.VarBinds[0].Bytes) != x.Name {
			t.Errorf("%s: got %+v from %s", x.Name, m.PDU, from)
		}
	}
}

// TestInventory: the demo can be applied as it is.
func TestInventory(t *testing.T) {
	inv, problems := inventory.Parse(inventory.File{Name: "demo.yaml", Data: testDemo().Inventory()})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(inv.Sites) != 2 || len(inv.Devices) != 9 || len(inv.Credentials) != 1 {
		t.Errorf("got %d sites, %d devices, %d credentials", len(inv.Sites), len(inv.Devices), len(inv.Credentials))
	}
	for _, x := range inv.Devices {
		if icmp := x.ICMPInterval(); x.SNMPInterval() != 15*time.Second || (icmp == 0) != (x.Name == "opo-ups-1") {
			t.Errorf("%s: SNMP every %s, ICMP every %s", x.Name, x.SNMPInterval(), icmp)
		}
	}
}
