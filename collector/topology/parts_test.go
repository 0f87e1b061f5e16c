package topology

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/telemetry"
)

func TestGroupsOf(t *testing.T) {
	b := newBox("sw", 1, "e1", "e2", "e3", "e4")
	b.Interfaces[1].IfOperStatus, b.Interfaces[2].IfOperStatus = 2, 4 // down, unknown
	b.LAGs = []telemetry.LAG{{IfIndex: 200, Key: "po1", MinLinks: 2, Members: []telemetry.LAGMember{
		{IfIndex: 100, Key: "e1", State: "attached"}, {IfIndex: 101, Key: "e2"}, {IfIndex: 102, Key: "e3", State: "distributing"}, {IfIndex: 103, Key: "e4", State: "selected"}}},
		{IfIndex: 201, Key: "po2"}}
	b.Components = []telemetry.Component{
		{Index: 1, Class: "chassis", Name: "1"}, {Index: 2, Class: "chassis", Name: "2"},
		{Index: 3, Class: "powerSupply", Name: "PSU"}, {Index: 4, Class: "powerSupply", Name: "PSU"}, {Index: 5, Class: "fan", Name: "Fan"},
	}
	got := GroupsOf(b.DeviceFacts, func(c telemetry.Component) State {
		if c.Index == 4 {
			return Down
		}
		return Up
	})
	want := []Group{
		{Name: "sw/po1", Kind: "lag", Mode: LAG, Needed: 2, Members: []Member{{ID: "e1", State: Up, Capacity: 1e9}, {ID: "e2", State: Down, Capacity: 1e9},
			{ID: "e3", State: Unknown, Capacity: 1e9}, {ID: "e4", State: Down, Capacity: 1e9}}},
		{Name: "sw/psu", Kind: "psu", Needed: 1, Members: []Member{{ID: "PSU", State: Up}, {ID: "PSU#4", State: Down}}},
		{Name: "sw/stack", Kind: "stack", Needed: 1, Members: []Member{{ID: "1", State: Up}, {ID: "2", State: Up}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if v := got[0].Verdict(); v != (Verdict{ClassUnknown, Failed, AtRisk}) {
		t.Errorf("got %+v", v)
	}
}

func TestFHRPsOf(t *testing.T) {
	router := func(name, own, protocol, state, active, standby string) telemetry.DeviceFacts {
		f := telemetry.DeviceFacts{Device: name, Addresses: []telemetry.Address{{Address: netip.MustParseAddr(own)}}}
		g := telemetry.FHRPGroup{Protocol: protocol, Group: 1, VirtualAddress: netip.MustParseAddr("192.0.2.1"), State: state}
		if active != "" {
			g.Active = netip.MustParseAddr(active)
		}
		if standby != "" {
			g.Standby = netip.MustParseAddr(standby)
		}
		f.FHRPGroups = []telemetry.FHRPGroup{g}
		return f
	}
	f := func(want Class, facts ...telemetry.DeviceFacts) {
		t.Helper()
		got := FHRPsOf(facts)
		if len(got) != 1 || got[0].Class != want {
			t.Errorf("got %+v, want %s", got, want)
		}
	}
	f(Full, router("a", "192.0.2.2", "hsrp", "active", "192.0.2.2", "192.0.2.3"), router("b", "192.0.2.3", "hsrp", "standby", "192.0.2.2", "192.0.2.3"))
	f(SplitBrain, router("a", "192.0.2.2", "vrrp", "master", "192.0.2.2", ""), router("b", "192.0.2.3", "vrrp", "master", "192.0.2.3", ""))
	f(Full, router("a", "192.0.2.2", "hsrp", "active", "192.0.2.2", "192.0.2.9")) // the other is not asked, and told of
	f(Full, router("a", "192.0.2.2", "vrrp", "backup", "192.0.2.9", ""))          //
	f(AtRisk, router("a", "192.0.2.2", "hsrp", "active", "192.0.2.2", "0.0.0.0")) // HSRP would know of a standby
	f(ClassUnknown, router("a", "192.0.2.2", "vrrp", "master", "192.0.2.2", ""))  // a VRRP master does not hear its backups
	f(AtRisk, router("a", "192.0.2.2", "vrrp", "master", "192.0.2.2", ""), router("b", "192.0.2.3", "vrrp", "initialize", "", ""))
	noAddress := func(f telemetry.DeviceFacts) telemetry.DeviceFacts { f.Addresses = nil; return f } // its address table is not read
	f(Full, noAddress(router("a", "192.0.2.2", "vrrp", "master", "192.0.2.2", "")), noAddress(router("b", "192.0.2.3", "vrrp", "backup", "192.0.2.2", "")))
	f(Full, noAddress(router("a", "192.0.2.2", "vrrp", "master", "", "")), noAddress(router("b", "192.0.2.3", "vrrp", "backup", "192.0.2.2", "")))
	f(SplitBrain, noAddress(router("a", "192.0.2.2", "vrrp", "master", "192.0.2.2", "")), noAddress(router("b", "192.0.2.3", "vrrp", "backup", "192.0.2.9", "")))
	unread := router("b", "192.0.2.3", "vrrp", "backup", "192.0.2.2", "")
	unread.Partial = []string{"fhrp_groups"}
	f(ClassUnknown, router("a", "192.0.2.2", "vrrp", "master", "192.0.2.2", ""), unread)
}

func TestRisksOf(t *testing.T) {
	f := telemetry.DeviceFacts{Device: "r", Components: []telemetry.Component{
		{Index: 1, Class: "chassis", Name: "chassis"},
		{Index: 10, Class: "module", Name: "slot 1", ParentIndex: 1}, {Index: 11, Class: "module", Name: "SFP", ParentIndex: 10},
		{Index: 12, Class: "port", IfKey: "Te1/1", ParentIndex: 11}, {Index: 13, Class: "port", IfKey: "Te1/2", ParentIndex: 10},
		{Index: 20, Class: "module", Name: "slot 2", ParentIndex: 1}, {Index: 21, Class: "port", IfKey: "Te2/1", ParentIndex: 20},
		{Index: 30, Class: "port", IfKey: "x", ParentIndex: 31}, {Index: 31, Class: "container", ParentIndex: 32}, {Index: 32, Class: "container", ParentIndex: 31}, // a loop
	}}
	want := []Risk{{Name: "r/slot 1", Kind: "line_card", Members: []string{"r/Te1/1", "r/Te1/2"}}}
	if diff := cmp.Diff(want, RisksOf(f)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPaperRedundancy: two uplinks of a branch share a duct, and each is one of a core of two.
func TestPaperRedundancy(t *testing.T) {
	c1, c2, br := newBox("c1", 1, "1", "2"), newBox("c2", 2, "1", "2"), newBox("br", 3, "1", "2")
	both(c1, "1", c2, "1")
	both(br, "1", c1, "2")
	both(br, "2", c2, "2")
	s := NewStore()
	s.SetInventory(Inventory{Devices: []Device{{Name: "c1", Site: "hq"}, {Name: "c2", Site: "hq"}, {Name: "br", Site: "branch", Weight: 40}}})
	for _, b := range []*box{c1, c2, br} {
		s.Apply(b.DeviceFacts)
	}
	impact, err := s.Network().Impact("c1", "c2")
	if err != nil {
		t.Fatal(err)
	}
	if got := impact.SinglePoints(); got != nil {
		t.Errorf("single points: %+v", got)
	}
	duct := Risk{Name: "Rua do Ouro", Kind: "duct", Members: []string{"br/1", "br/2--c2/2"}}
	loss, lost := impact.Risk(duct)
	if diff := cmp.Diff(Loss{Kind: "risk", ID: "Rua do Ouro", Devices: 1, Weight: 40, Certain: true, Words: "if Rua do Ouro fails, 1 device loses the core"}, loss); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"br"}, lost); diff != "" {
		t.Error(diff)
	}
	core := Risk{Name: "room", Kind: "power_feed", Members: []string{"c1", "c2", "not there"}}
	want := []Dependence{{Site: "branch", Shared: []Risk{duct, core}}, {Site: "hq", Diverse: true}}
	if diff := cmp.Diff(want, impact.Sites([]Risk{duct, core})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := s.Network().Impact("c9"); err == nil || err.Error() != `core "c9" is not in the topology: name a device that is` {
		t.Error(err)
	}
}
