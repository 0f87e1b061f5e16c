package topology

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/telemetry"
)

// box is a device of a test: its chassis MAC is 02:00:00:00:00:NN, and its ports are told by name.
type box struct {
	telemetry.DeviceFacts
	mac string
}

func newBox(name string, n int, ports ...string) *box {
	b := &box{mac: fmt.Sprintf("02:00:00:00:00:%02x", n)}
	b.Device, b.Time = name, 1000
	b.System.SysName = name + ".example.net"
	b.LocalChassis = telemetry.ChassisID{Subtype: "macAddress", ID: b.mac}
	for i, p := range ports {
		b.Interfaces = append(b.Interfaces, telemetry.Interface{IfIndex: uint32(100 + i), Key: p, IfName: p, IfType: 6, IfOperStatus: 1, SpeedBps: 1e9,
			IfPhysAddress: net.HardwareAddr{2, 0, 0, 1, byte(n), byte(i)}})
	}
	return b
}

// hears adds what LLDP tells on a port; more changes it.
func (b *box) hears(port string, far *box, farPort string, more ...func(*telemetry.Neighbor)) *box {
	n := telemetry.Neighbor{Protocol: "lldp", LocalKey: port, RemoteChassisID: far.mac, RemoteChassisSubtype: "macAddress",
		RemotePortID: farPort, RemotePortSubtype: "interfaceName", RemoteName: far.System.SysName}
	for _, f := range more {
		f(&n)
	}
	b.Neighbors = append(b.Neighbors, n)
	return b
}

func both(a *box, portA string, b *box, portB string) {
	a.hears(portA, b, portB)
	b.hears(portB, a, portA)
}

func built(manual []Manual, boxes ...*box) *Network {
	inv := Inventory{Links: manual}
	s := NewStore()
	for _, b := range boxes {
		inv.Devices = append(inv.Devices, Device{Name: b.Device})
	}
	s.SetInventory(inv)
	for _, b := range boxes {
		s.Apply(b.DeviceFacts)
	}
	return s.Network()
}

func linkWords(n *Network) (out []string) {
	for _, l := range n.Links {
		s := l.ID + " " + strings.Join(l.Sources, "+") + " " + l.Confidence.String()
		if l.Stale {
			s += " stale"
		}
		out = append(out, s)
	}
	return out
}

func findings(n *Network, kind string) (out []string) {
	for _, f := range n.Findings {
		if f.Kind == kind {
			out = append(out, f.Words)
		}
	}
	return out
}

func wantLinks(t *testing.T, n *Network, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, linkWords(n)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func wantFinding(t *testing.T, n *Network, kind string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, findings(n, kind)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", kind, diff)
	}
}

func TestTwoEndsAreOneLink(t *testing.T) {
	a, b := newBox("a", 1, "Gi1", "Gi2", "Gi3"), newBox("b", 2, "Gi1", "Gi2", "Gi3")
	both(a, "Gi1", b, "Gi1")
	both(a, "Gi2", b, "Gi3") // parallel: stays apart
	a.hears("Gi3", newBox("c", 3), "eth0")
	n := built(nil, a, b)
	wantLinks(t, n, "a/Gi1--b/Gi1 lldp confirmed", "a/Gi2--b/Gi3 lldp confirmed", "a/Gi3--stub:02:00:00:00:00:03 lldp one_sided")
	if at, ok := n.Node("stub:02:00:00:00:00:03"); !ok || n.Nodes[at].Label != "c.example.net" {
		t.Errorf("the stub: %+v", n.Nodes)
	}
}

func TestLLDPAndCDPAreOneLink(t *testing.T) {
	cdp := func(n *telemetry.Neighbor) {
		n.Protocol, n.RemoteChassisSubtype, n.RemotePortSubtype = "cdp", "", ""
		n.RemoteChassisID = n.RemoteName + "(FOX1234)"
	}
	a, b, c := newBox("a", 1, "GigabitEthernet1/0/1", "GigabitEthernet1/0/2"), newBox("b", 2, "Gi0/7"), newBox("c", 3)
	a.hears("GigabitEthernet1/0/1", b, "Gi0/7").hears("GigabitEthernet1/0/1", b, "GigabitEthernet0/7", cdp)
	a.hears("GigabitEthernet1/0/2", c, "Gi0").hears("GigabitEthernet1/0/2", c, "Gi0", cdp) // not in the inventory: a stub
	b.hears("Gi0/7", a, "Gi1/0/1", cdp)
	wantLinks(t, built(nil, a, b), "a/GigabitEthernet1/0/1--b/Gi0/7 cdp+lldp confirmed", "a/GigabitEthernet1/0/2--stub:02:00:00:00:00:03 cdp+lldp one_sided")
}

// TestPortReadings: what a neighbor says of its port, in the forms that the recordings have.
func TestPortReadings(t *testing.T) {
	f := &telemetry.DeviceFacts{Interfaces: []telemetry.Interface{
		{IfIndex: 513, Key: "xe-0/0/0", IfName: "xe-0/0/0", IfDescr: "xe-0/0/0", IfAlias: "to core", IfType: 6, IfPhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 1}},
		{IfIndex: 2, Key: "Gi1/0/2", IfName: "Gi1/0/2", IfDescr: "GigabitEthernet1/0/2", IfAlias: "uplink", IfType: 6, IfPhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 9}},
		{IfIndex: 3, Key: "Gi1/0/3", IfName: "Gi1/0/3", IfDescr: "GigabitEthernet1/0/3", IfAlias: "uplink", IfType: 6, IfPhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 9}},
		{IfIndex: 41, Key: "42", IfName: "42", IfDescr: "42", IfType: 6},
		{IfIndex: 42, Key: "41", IfName: "41", IfDescr: "41", IfType: 6},
		{IfIndex: 900, Key: "Vl1", IfName: "Vl1", IfType: 136, IfPhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 1}},
		{IfIndex: 901, Key: "Po1", IfName: "Po1", IfDescr: "Port-channel1", IfType: 161},
	}}
	lags := map[uint32]bool{901: true}
	got := func(subtype, id, descr string) string {
		m := resolvePort(f, lags, telemetry.Neighbor{RemotePortSubtype: subtype, RemotePortID: id, RemotePortDescr: descr})
		switch {
		case m.port >= 0:
			return f.Interfaces[m.port].Key
		case m.lag >= 0:
			return "lag " + f.Interfaces[m.lag].Key
		case m.many:
			return "many"
		}
		return "none"
	}
	check := func(subtype, id, descr, want string) {
		t.Helper()
		if s := got(subtype, id, descr); s != want {
			t.Errorf("%s %q %q: got %s, want %s", subtype, id, descr, s, want)
		}
	}
	check("interfaceName", "xe-0/0/0", "", "xe-0/0/0")
	check("interfaceName", "gi1/0/2", "", "Gi1/0/2")
	check("", "GigabitEthernet1/0/3", "", "Gi1/0/3")                     // CDP writes names out
	check("interfaceName", "Gig1/0/3", "", "Gi1/0/3")                    // neither as ifName nor as ifDescr has it
	check("local", "513", "", "xe-0/0/0")                                // Junos: ifIndex
	check("local", "41", "", "41")                                       // ProCurve: the name, though an ifIndex reads alike
	check("interfaceAlias", "to core", "", "xe-0/0/0")                   //
	check("interfaceAlias", "uplink", "", "many")                        //
	check("interfaceAlias", "uplink", "GigabitEthernet1/0/2", "Gi1/0/2") // the description decides
	check("macAddress", "02:00:00:00:00:01", "", "xe-0/0/0")             // the VLAN interface has it too, but no cable
	check("macAddress", "02 00 00 00 00 09", "", "many")                 // one MAC for all ports
	check("macAddress", "02:00:00:00:00:09", "Gi1/0/3", "Gi1/0/3")       //
	check("interfaceName", "Port-channel1", "", "lag Po1")               // the LAG in the place of its member
	check("interfaceName", "Vl1", "", "none")                            // no cable ends there
	check("interfaceName", "eth9", "", "none")
}

func TestSharedMACAndPairing(t *testing.T) {
	a, b := newBox("a", 1, "1", "2"), newBox("b", 2, "1", "2")
	for _, x := range []*box{a, b} {
		for i := range x.Interfaces {
			x.Interfaces[i].IfPhysAddress = net.HardwareAddr{2, 9, 9, 9, 9, byte(x.mac[16])}
		}
	}
	mac := func(n *telemetry.Neighbor) { n.RemotePortSubtype = "macAddress" }
	shared := func(x *box) string { return x.Interfaces[0].IfPhysAddress.String() }
	for _, p := range []string{"1", "2"} {
		a.hears(p, b, shared(b), mac)
		b.hears(p, a, shared(a), mac)
	}
	n := built(nil, a, b) // two links, and not four
	wantLinks(t, n, "a/1--b/1 lldp confirmed", "a/2--b/2 lldp confirmed")
	if got := len(findings(n, "shared_mac")); got != 4 {
		t.Errorf("findings: %v", n.Findings)
	}
}

func TestLAGNamedForItsMember(t *testing.T) {
	a, b := newBox("a", 1, "e1", "e2", "po1"), newBox("b", 2, "e1", "e2", "po1")
	for _, x := range []*box{a, b} {
		x.Interfaces[2].IfType = 161
		x.LAGs = []telemetry.LAG{{IfIndex: 102, Key: "po1", Members: []telemetry.LAGMember{{IfIndex: 100, Key: "e1", State: "distributing"}, {IfIndex: 101, Key: "e2", State: "distributing"}}}}
	}
	a.hears("e1", b, "po1").hears("e2", b, "po1")
	b.hears("e1", a, "po1").hears("e2", a, "po1")
	n := built(nil, a, b)
	wantLinks(t, n, "a/e1--b/e1 lldp confirmed", "a/e2--b/e2 lldp confirmed")
	if l := n.Links[0]; l.A.LAG != "po1" || l.B.LAG != "po1" || l.Speed != 1e9 {
		t.Errorf("got %+v", l)
	}
}

func TestSegment(t *testing.T) {
	a, b, c := newBox("a", 1, "1"), newBox("b", 2, "1"), newBox("c", 3, "1")
	a.hears("1", b, "1").hears("1", c, "1")
	b.hears("1", a, "1").hears("1", c, "1")
	c.hears("1", a, "1").hears("1", b, "1")
	n := built(nil, a, b, c)
	wantLinks(t, n, "a/1--segment:a/1 lldp inferred", "b/1--segment:a/1 lldp inferred", "c/1--segment:a/1 lldp inferred")
	wantFinding(t, n, "segment", "port 1 of a hears more than one neighbor (a, b and c are on it): a hub or an unmanaged switch is taken to stand between")
	impact, err := n.Impact("a")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range impact.SinglePoints() {
		if l.Certain {
			t.Errorf("certain of what is only taken to be there: %+v", l)
		}
	}
}

func TestLoops(t *testing.T) {
	a := newBox("a", 1, "1", "2", "3")
	a.hears("1", a, "1")
	both(a, "2", a, "3")
	n := built(nil, a)
	wantLinks(t, n, "a/2--a/3 lldp confirmed")
	wantFinding(t, n, "loop", "a hears itself on port 1: what it sends there comes back; look for a loop behind that port")
	wantFinding(t, n, "self_link", "port 2 and port 3 of a hear each other: a cable joins two ports of one device, which helps nobody and may be a loop")
}

func TestDuplicatesAndConflicts(t *testing.T) {
	a, b, c := newBox("a", 1, "1", "2"), newBox("b", 2, "1"), newBox("c", 2, "1") // b and c tell one chassis id
	a.hears("1", b, "1").hears("2", c, "1")
	n := built(nil, a, b, c)
	wantLinks(t, n, "a/1--b/1 lldp one_sided", "a/2--c/1 lldp one_sided") // the names tell them apart
	wantFinding(t, n, "duplicate_identity", "b and c tell the same chassis id, 02:00:00:00:00:02: they are one device with several addresses, or a copied configuration; neighbors cannot tell them apart by it")

	d, e := newBox("d", 4, "1"), newBox("e", 5, "1")
	e.Addresses = []telemetry.Address{{Address: netip.MustParseAddr("192.0.2.5")}}
	d.hears("1", newBox("new", 9), "1", func(n *telemetry.Neighbor) { n.Addresses = []netip.Addr{netip.MustParseAddr("192.0.2.5")} })
	n = built(nil, d, e)
	wantLinks(t, n, "d/1--e/1 lldp doubtful")
	wantFinding(t, n, "conflict", "d hears e on port 1 by its address, but with another chassis id (02:00:00:00:00:09) than e tells: the device was replaced, or two go by one name or address")
}

func TestReplaced(t *testing.T) {
	f := func(what string, before, after *box, want bool) {
		t.Helper()
		if got := Replaced(before.DeviceFacts, after.DeviceFacts); got != want {
			t.Errorf("%s: got %t", what, got)
		}
	}
	old := newBox("a", 1, "1", "2")
	f("the same", old, newBox("a", 1, "1"), false)
	f("another at its address", old, newBox("a", 2, "1", "2"), true)
	renamed := newBox("a", 1, "1", "2")
	renamed.LocalChassis.ID = "02:00:00:00:00:09"
	f("another chassis id, the same ports", old, renamed, false)
	f("it tells no MAC address", old, &box{}, false)
	cut := newBox("a", 2, "1")
	cut.Partial = []string{"interfaces"}
	f("not read to the end", old, cut, false)
}

func TestNoIdentity(t *testing.T) {
	a, zero := newBox("a", 1, "1", "2"), &box{mac: "00:00:00:00:00:00"}
	b := newBox("b", 2, "1")
	b.Interfaces[0].IfPhysAddress = make([]byte, 6)
	zero.System.SysName = ""
	a.hears("1", zero, "7").hears("2", zero, "8") // nothing says that they are one, nor that it is b
	wantLinks(t, built(nil, a, b), "a/1--stub:a/1 lldp one_sided", "a/2--stub:a/2 lldp one_sided")
}

// TestNoLocalPort: RouterOS tells all of its neighbors on port 0, which is none; ZyNOS has rows that are empty.
func TestNoLocalPort(t *testing.T) {
	a := newBox("a", 1)
	port0 := func(n *telemetry.Neighbor) { n.LocalPort = "0" }
	a.hears("", newBox("b", 2), "ether1", port0).hears("", newBox("c", 3), "ether1", port0).hears("", &box{}, "", port0)
	n := built(nil, a)
	wantLinks(t, n, "a--stub:02:00:00:00:00:02 lldp one_sided", "a--stub:02:00:00:00:00:03 lldp one_sided")
	wantFinding(t, n, "empty", "a tells of a neighbor on a port that it does not name that has neither an id nor a name: it is left out")
	late := a.DeviceFacts
	late.Time++
	late.Neighbors = late.Neighbors[:1] // the other is not known to have given way to it
	r := Merge(Merge(Record{}, a.DeviceFacts), late)
	if len(r.Heard) != 3 || !r.Heard[1].Stale() && !r.Heard[2].Stale() {
		t.Errorf("got %+v", r.Heard)
	}
}

func TestStaleLinks(t *testing.T) {
	a, b, c := newBox("a", 1, "1", "2"), newBox("b", 2, "1"), newBox("c", 3, "1")
	both(a, "1", b, "1")
	s := NewStore()
	s.SetInventory(Inventory{Devices: []Device{{Name: "a"}, {Name: "b"}, {Name: "c"}}})
	s.Apply(a.DeviceFacts)
	again := a.DeviceFacts
	again.Neighbors = nil
	later := func(ms int64, partial ...string) {
		again.Time, again.Partial = ms, partial
		s.Apply(again)
	}
	later(2000, "neighbors") // not read to the end: says nothing
	wantLinks(t, s.Network(), "a/1--b lldp one_sided")
	for ms := int64(3000); ms <= 5000; ms += 1000 {
		later(ms)
		wantLinks(t, s.Network(), "a/1--b lldp one_sided stale")
	}
	if l := s.Network().Links[0]; l.First != 1000 || l.Last != 1000 {
		t.Errorf("seen from %d to %d", l.First, l.Last)
	}
	later(6000)
	wantLinks(t, s.Network())
	// a cable that was moved leaves nothing behind, on the end that was left either
	s.Apply(b.DeviceFacts)
	wantLinks(t, s.Network(), "a/1--b/1 lldp one_sided")
	a.Neighbors, a.Time = nil, 7000
	a.hears("1", c, "1")
	s.Apply(a.DeviceFacts)
	b.Neighbors, b.Time = nil, 7000
	s.Apply(b.DeviceFacts)
	wantLinks(t, s.Network(), "a/1--c lldp one_sided")
	s.Apply(b.DeviceFacts)
	old := b.DeviceFacts
	old.Time = 500 // late facts change nothing
	old.Neighbors = []telemetry.Neighbor{{Protocol: "lldp", LocalKey: "1", RemoteName: "x"}}
	s.Apply(old)
	wantLinks(t, s.Network(), "a/1--c lldp one_sided")
}

func TestManualLinks(t *testing.T) {
	a, b, c := newBox("a", 1, "1", "2", "3"), newBox("b", 2, "1"), newBox("c", 3, "1")
	both(a, "1", b, "1")
	a.hears("2", c, "1")
	n := built([]Manual{{A: "a/1", B: "b/1"}, {A: "a/2", B: "isp", Bandwidth: 5e8}}, a, b, c)
	wantLinks(t, n, "a/1--b/1 configured configured", "a/2--stub:isp configured configured")
	wantFinding(t, n, "correction", "a hears c on port 2, but the link a/2 to isp is written down for that port: the written one stands; take it out if it is wrong")
	if n.Links[0].Speed != 1e9 || n.Links[1].Speed != 5e8 {
		t.Errorf("speeds: %+v", n.Links)
	}
}

func TestInferred(t *testing.T) {
	a, b := newBox("a", 1, "1", "2"), newBox("b", 2, "1", "2")
	a.STP = []telemetry.STPInstance{{BridgeAddress: net.HardwareAddr{2, 0, 0, 0, 1, 1}, Ports: []telemetry.STPPort{
		{IfIndex: 100, DesignatedBridge: net.HardwareAddr{2, 0, 0, 0, 1, 2}, DesignatedPort: 0x8007}, {IfIndex: 101, DesignatedBridge: net.HardwareAddr{2, 0, 0, 0, 1, 1}, DesignatedPort: 0x8002}}}}
	b.STP = []telemetry.STPInstance{{BridgeAddress: net.HardwareAddr{2, 0, 0, 0, 1, 2}}}
	b.BridgePorts = []telemetry.BridgePort{{Port: 7, IfIndex: 101}}
	c, d := newBox("c", 3, "1"), newBox("d", 4, "1")
	c.Addresses = []telemetry.Address{{Address: netip.MustParseAddr("198.51.100.8"), PrefixLength: 31, IfIndex: 100}}
	d.Addresses = []telemetry.Address{{Address: netip.MustParseAddr("198.51.100.9"), PrefixLength: 31, IfIndex: 100}}
	c.OSPFNeighbors = []telemetry.OSPFNeighbor{{Address: netip.MustParseAddr("198.51.100.9"), State: "full"}}
	n := built(nil, a, b, c, d)
	wantLinks(t, n, "a/1--b/2 stp inferred", "c/1--d/1 subnet inferred")
	if diff := cmp.Diff([]Adjacency{{A: 2, B: 3, Kind: "ospf", State: "full"}}, n.Adjacencies); diff != "" {
		t.Error(diff)
	}
}

func TestCertainty(t *testing.T) {
	a, b, c := newBox("a", 1, "1"), newBox("b", 2, "1", "2"), newBox("c", 3, "1")
	both(a, "1", b, "1")
	b.hears("2", c, "1") // c tells no neighbors
	n := built(nil, a, b, c)
	wantFinding(t, n, "quiet", "c: others hear it, but it tells no neighbors itself: allow LLDP-MIB or CISCO-CDP-MIB to be read")
	f := func(want string) {
		t.Helper()
		impact, err := n.Impact("a")
		if err != nil {
			t.Fatal(err)
		}
		at, _ := n.Node("b")
		if l := impact.Node(at); l.Words != want || !slices.Equal(impact.Lost(l), []string{"c"}) {
			t.Errorf("got %q, want %q", l.Words, want)
		}
	}
	f("if b fails, 1 device may lose the core: of 1 it is not certain that all links are known, so another way may exist unseen")
	c.hears("1", b, "2")
	n = built(nil, a, b, c)
	f("if b fails, 1 device loses the core")
}
