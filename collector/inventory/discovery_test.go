package inventory

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"ninewatch/internal/telemetry"
)

const discoveryCode = `
sites: [{name: lisbon}, {name: porto}]
credentials: [{name: v2, snmp: {version: 2c, community: c4n4ry}}]
devices:
- {name: core-1, site: lisbon, address: 192.0.2.1}
- {name: core-2, site: lisbon, address: 192.0.2.2}
`

func neighbors() telemetry.DeviceFacts {
	return telemetry.DeviceFacts{Device: "core-1", Time: 1000, System: telemetry.System{SysName: "core-1.example.net"},
		Neighbors: []telemetry.Neighbor{
			{Protocol: "lldp", LocalKey: "Gi1", RemoteName: "Core-2.example.net", RemoteChassisSubtype: "macAddress", RemoteChassisID: "02:00:00:00:00:02"},
			{Protocol: "lldp", LocalKey: "Gi2", RemoteName: "Access_7", RemoteChassisSubtype: "macAddress", RemoteChassisID: "02:00:00:00:00:07", Capabilities: []string{"bridge"}},
			{Protocol: "cdp", LocalKey: "Gi2", RemoteChassisID: "Access_7", RemoteName: "Access_7", RemotePlatform: "WS-C2960", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7")}},
		},
		Hosts: []telemetry.Host{
			{Address: netip.MustParseAddr("192.0.2.7"), PhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 7}},
			{Address: netip.MustParseAddr("192.0.2.99"), PhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 9}},
		}}
}

func (f fixture) proposals(t *testing.T) []string {
	t.Helper()
	all, err := f.Proposals(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, p := range all {
		var via []string
		for _, e := range p.Evidence {
			via = append(via, e.Via+" "+e.Device+" "+e.Port)
		}
		out = append(out, fmt.Sprintf("%d %s %s %s %s [%s] %s", p.ID, p.Status, p.Site, p.Address, p.Name, strings.Join(via, ", "), p.Device))
	}
	return out
}

func TestNeighborsBecomeProposals(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, discoveryCode, ApplyOptions{})
	f.tell(t, neighbors())
	for range 2 { // a second time changes nothing
		if err := f.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, "proposals", f.proposals(t), []string{"1 proposed lisbon 192.0.2.7 access-7 [cdp core-1 Gi2, lldp core-1 Gi2] "})
	}
	d, err := f.Approve(t.Context(), 1, Device{Credential: "v2", Role: "access"}, "ana")
	if err != nil || d.Name != "access-7" {
		t.Fatalf("got %+v, %v", d, err)
	}
	same(t, "approved", f.proposals(t), []string{"1 approved lisbon 192.0.2.7 access-7 [cdp core-1 Gi2, lldp core-1 Gi2] access-7"})
	if d, err := f.Device(t.Context(), "access-7"); err != nil || d.Address != "192.0.2.7" || d.Role != "access" || d.Source != SourceAPI {
		t.Errorf("the device: got %+v, %v", d, err)
	}
	if _, err := f.Approve(t.Context(), 1, Device{}, "ana"); !errors.Is(err, ErrDecided) {
		t.Errorf("again: got %v", err)
	}
	if err := f.Discover(t.Context()); err != nil || len(f.proposals(t)) != 1 {
		t.Errorf("a device is proposed again: %v, %v", f.proposals(t), err)
	}
}

func TestScansAndRules(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, discoveryCode, ApplyOptions{})
	f.tell(t, neighbors())
	invalid := func(r DiscoveryRule, want string) {
		t.Helper()
		if err := f.SetDiscoveryRule(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %s", r, err, want)
		}
	}
	invalid(DiscoveryRule{Name: "all", Then: "approve"}, "has to match on range")
	invalid(DiscoveryRule{Name: "x", Then: "dance"}, `then is approve, reject or propose, not "dance"`)
	invalid(DiscoveryRule{Name: "x", Then: "reject", Match: DiscoveryMatch{Range: []string{"192.0.2"}}}, "range")
	invalid(DiscoveryRule{Name: "x", Then: "reject", Site: "braga"}, "not in the inventory")
	for _, r := range []DiscoveryRule{
		{Name: "a-phones", Then: "reject", Match: DiscoveryMatch{Platform: []string{"*phone*"}}},
		{Name: "b-porto", Site: "porto", Then: "approve", Match: DiscoveryMatch{Range: []string{"198.51.100.0/24"}, Via: []string{"scan"}}, Role: "access"},
		{Name: "c-hosts", Site: "lisbon", Then: "propose", Match: DiscoveryMatch{Via: []string{"arp"}}},
	} {
		if err := f.SetDiscoveryRule(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	err := f.Scanned(t.Context(), "porto", []Reply{
		{Address: "198.51.100.5", SNMP: true, Credential: "v2", Name: "opo-sw-5.example.net", SysDescr: "Switch\r\nmore"},
		{Address: "198.51.100.6", ICMP: true},
		{Address: "203.0.113.6", SNMP: true, SysDescr: "IP Phone 7"},
		{Address: "192.0.2.1", ICMP: true}, // is watched
		{Address: "x", ICMP: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "proposals", f.proposals(t), []string{
		"1 approved porto 198.51.100.5 opo-sw-5.example.net [scan  ] opo-sw-5.example.net",
		"2 approved porto 198.51.100.6 198.51.100.6 [scan  ] 198.51.100.6",
		"3 rejected porto 203.0.113.6 203.0.113.6 [scan  ] ",
		"4 proposed lisbon 192.0.2.99 192.0.2.99 [arp core-1 ] ",
		"5 proposed lisbon 192.0.2.7 access-7 [cdp core-1 Gi2, lldp core-1 Gi2, arp core-1 ] ",
	})
	if d, err := f.Device(t.Context(), "opo-sw-5.example.net"); err != nil || d.Credential != "v2" || d.Role != "access" {
		t.Errorf("got %+v, %v", d, err)
	}
	if err := f.DeleteDiscoveryRule(t.Context(), "c-hosts"); err != nil {
		t.Error(err)
	}
	if err := f.DeleteDiscoveryRule(t.Context(), "c-hosts"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
