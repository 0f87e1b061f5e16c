package live

import (
	"net/netip"
	"slices"
	"testing"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// ledger says what a port is from now on.
func (r *rig) ledger(port string, state topology.State) {
	s := r.now / 1000
	r.lines["interface:"+port] = []topology.Stretch[topology.State]{{From: s - 3600, To: s, State: topology.Up}, {From: s, To: s + 86_400, State: state}}
	r.now += 1000
}

// TestARouterIsOutWithItsInterface: the port of a router is down, by the ledger, and its facts are of before.
func TestARouterIsOutWithItsInterface(t *testing.T) {
	r := newRig(t)
	r.all()
	r.ledger("core-2/te3", topology.Down)
	r.sweep()
	r.class(vrrpName, topology.AtRisk)
	got := r.s.Findings(t.Context())
	if len(got) != 1 || got[0].Object != vrrpName || !slices.Equal(got[0].Causes, []string{"core-2/te3"}) {
		t.Fatalf("got %+v", got)
	}
	r.ledger("core-2/te3", topology.Up)
	r.sweep()
	r.class(vrrpName, topology.Full)

	r.ledger("core-1/te3", topology.Down) // that of the active router: who stood by may be active now
	r.sweep()
	r.class(vrrpName, topology.ClassUnknown)
	if got := r.s.Findings(t.Context()); len(got) != 1 || got[0].Class != topology.ClassUnknown || !slices.Equal(got[0].Causes, []string{"acc-1/g1", "core-1/te3"}) {
		t.Errorf("got %+v", got)
	}
	r.tell(core("core-2", "core-1", true, both, "master"))
	r.class(vrrpName, topology.AtRisk)
}

// TestWhatFailedIsNamed: two groups that lack one port name it both, at both ends of its link.
func TestWhatFailedIsNamed(t *testing.T) {
	r := newRig(t)
	r.all()
	r.tell(core("core-1", "core-2", false, both, "master"), core("core-2", "core-1", true, both, "backup"))
	if got := r.s.Findings(t.Context()); len(got) != 1 || !slices.Equal(got[0].Causes, []string{"core-1/te2", "core-2/te2"}) {
		t.Errorf("got %+v", got)
	}
}

// TestUnknownEndsNothing: a device that cannot be read does not say that what it lacked is back.
func TestUnknownEndsNothing(t *testing.T) {
	r := newRig(t)
	r.all()
	r.tell(core("core-2", "core-1", true, both[:1], "backup"))
	r.devices["core-2"] = topology.Unknown
	r.sweep()
	r.class("core-2/psu", topology.ClassUnknown)
	got := r.s.Findings(t.Context())
	if !slices.ContainsFunc(got, func(f Finding) bool { return f.Object == "core-2/psu" && f.Class == topology.ClassUnknown }) {
		t.Errorf("got %+v", got)
	}
}

func TestSessionPort(t *testing.T) {
	f := telemetry.DeviceFacts{Device: "edge", Interfaces: []telemetry.Interface{port(1, "wan1", true), port(2, "wan2", true)}, Addresses: []telemetry.Address{
		{Address: netip.MustParseAddr("192.0.2.1"), PrefixLength: 24, IfIndex: 1}, {Address: netip.MustParseAddr("192.0.2.129"), PrefixLength: 30, IfIndex: 2},
		{Address: netip.MustParseAddr("2001:db8::1"), PrefixLength: 64, IfIndex: 2}, {Address: netip.MustParseAddr("198.51.100.1"), PrefixLength: -1, IfIndex: 1}}}
	for session, want := range map[string]string{
		"BGP 192.0.2.7": "edge/wan1", "BGP 192.0.2.130": "edge/wan2", "BGP 2001:db8::9 red": "edge/wan2", "BGP 203.0.113.1": "", "BGP 198.51.100.2": "",
		"OSPF 192.0.2.200 at 192.0.2.130": "edge/wan2", "OSPF": "",
	} {
		if got := sessionPort(f, session); got != want {
			t.Errorf("%s: got %q, want %q", session, got, want)
		}
	}
}

// TestARiskGroupIsOneCause of two groups, once all of what it hits is gone.
func TestARiskGroupIsOneCause(t *testing.T) {
	group := func(name string, states ...topology.State) *Group {
		g := &Group{}
		g.Name, g.Needed = name, 1
		for i, state := range states {
			g.Members = append(g.Members, topology.Member{ID: []string{"a", "b"}[i], State: state})
		}
		g.Risks = []topology.Risk{{Name: "card 3", Members: []string{"a"}}}
		return g
	}
	f := func(want bool, groups ...*Group) {
		t.Helper()
		v := &View{Groups: groups}
		if got := v.failedRisks()["card 3"]; got != want {
			t.Errorf("got %t, want %t", got, want)
		}
	}
	f(true, group("x", topology.Down, topology.Up), group("y", topology.Down, topology.Up))
	f(false, group("x", topology.Down, topology.Up), group("y", topology.Up, topology.Down))
	f(false, group("x", topology.Down, topology.Up)) // of one group that is no news
}

// TestUnknownChangesNothing: a time in which nothing can be said of a loss neither ends it nor is an event; what turns out to
// have changed meanwhile is one.
func TestUnknownChangesNothing(t *testing.T) {
	r := newRig(t)
	r.all()
	r.tell(core("core-2", "core-1", true, both[:1], "backup"))
	lost := r.now
	for range 2 { // at the second time after a restart
		r.now += 600_000
		r.devices["core-2"] = topology.Unknown
		r.sweep()
		r.start()
		r.now += 60_000
		r.devices["core-2"] = topology.Up
		r.sweep()
		r.class("core-2/psu", topology.AtRisk)
		for _, f := range r.s.Findings(t.Context()) {
			if f.Object == "core-2/psu" && f.Since != lost {
				t.Errorf("lost since %d, want %d", f.Since, lost)
			}
		}
	}
	r.devices["core-2"] = topology.Unknown
	r.sweep()
	r.devices["core-2"] = topology.Up
	r.all()
	changes, err := r.s.Changes(t.Context(), 0, r.now+1, 100, func(c Change) bool { return c.Kind == "class_changed" && c.Object == "core-2/psu" })
	var words []string
	for _, c := range changes {
		words = append(words, c.Words)
	}
	want := []string{"core-2 power was at risk, and is full: 2 of 2 up, 1 needed", "core-2 power was full, and is at risk: 1 of 2 up, 1 needed; gone: PSU 2"}
	if err != nil || !slices.Equal(words, want) {
		t.Errorf("got %q, %v\nwant %q", words, err, want)
	}
}

// TestUnknownIsNoLossOfLoad: of a member that nobody can see it is not said that its load has no way.
func TestUnknownIsNoLossOfLoad(t *testing.T) {
	r := newRig(t)
	r.all()
	r.traffic = map[string]float64{"edge/wan1": 150e6}
	r.s.readLoads(t.Context())
	r.ledger("edge/wan1", topology.Unknown)
	r.ledger("edge/wan2", topology.Unknown)
	r.sweep()
	r.class("wan", topology.ClassUnknown)
	// 150 Mbit/s on the 500 that are left without wan-a.
	got := r.s.N1(t.Context(), r.s.View())
	if len(got) != 1 || len(got[0].Scenarios) != 3 || got[0].Scenarios[0].Util != 0.3 || got[0].Now.Util != 0.15 {
		t.Errorf("got %+v", got)
	}
}
