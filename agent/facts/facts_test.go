package facts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/agent/snmp"
	"ninewatch/internal/record"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/telemetry"
)

var equal = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// base is a device with four interfaces.
const base = `1.3.6.1.2.1.1.1.0|4|a device
1.3.6.1.2.1.1.2.0|6|SYSOBJECTID
1.3.6.1.2.1.1.3.0|67|100
1.3.6.1.2.1.2.2.1.2.1|4|GigabitEthernet0/1
1.3.6.1.2.1.2.2.1.2.2|4|GigabitEthernet0/2
1.3.6.1.2.1.2.2.1.2.3|4|Vlan1
1.3.6.1.2.1.2.2.1.2.9|4|Port-channel1
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.3.2|2|6
1.3.6.1.2.1.2.2.1.3.3|2|53
1.3.6.1.2.1.2.2.1.3.9|2|53
1.3.6.1.2.1.2.2.1.6.1|4x|020000000001
1.3.6.1.2.1.2.2.1.6.2|4x|020000000002
1.3.6.1.2.1.31.1.1.1.1.1|4|Gi0/1
1.3.6.1.2.1.31.1.1.1.1.2|4|Gi0/2
1.3.6.1.2.1.31.1.1.1.1.3|4|Vl1
1.3.6.1.2.1.31.1.1.1.1.9|4|Po1
`

func device(enterprise, more string) string {
	return strings.Replace(base, "SYSOBJECTID", "1.3.6.1.4.1."+enterprise+".1", 1) + more
}

func errorsText(errs []snmp.PartError) string {
	texts := make([]string, len(errs))
	for i, e := range errs {
		texts[i] = e.Part + ": " + e.Err.Error()
	}
	return strings.Join(texts, "\n")
}

// want compares one list of what a device gives, and the errors.
func want[T any](t *testing.T, recording string, of func(telemetry.DeviceFacts) T, want T, wantErrs string) {
	t.Helper()
	got, errs := play(t, recording)
	if diff := cmp.Diff(want, of(got), equal); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if text := errorsText(errs); text != wantErrs {
		t.Errorf("errors: got %q, want %q", text, wantErrs)
	}
}

func lldpRow(index string, chassisSubtype int, chassis string, portSubtype int, port, name string) string {
	const at = "1.0.8802.1.1.2.1.4.1.1."
	return fmt.Sprintf("%s4.%s|2|%d\n%s5.%s|%s\n%s6.%s|2|%d\n%s7.%s|%s\n%s9.%s|4|%s\n", at, index, chassisSubtype, at, index, chassis,
		at, index, portSubtype, at, index, port, at, index, name)
}

func neighborsOf(f telemetry.DeviceFacts) []telemetry.Neighbor { return f.Neighbors }

func TestLLDP(t *testing.T) {
	want(t, device("99999", lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2")+
		lldpRow("0.2.8", 4, "4|0a 00 00 00 00 02", 3, "4x|0a0000000003", "sw3")+ // a MAC address as text
		lldpRow("0.2.9", 5, "4x|01c0000201", 7, "4e|7\\x00\\x00", "sw4\x00\x00")+ // an address; NUL-padded text
		lldpRow("0.3.0", 0, "4|", 0, "4|", "")+ // how ZyNOS says that there is nobody
		"1.0.8802.1.1.2.1.4.1.1.12.0.1.7|4x|28\n"+
		"1.0.8802.1.1.2.1.4.2.1.3.0.1.7.1.4.192.0.2.7|2|2\n"+
		"1.0.8802.1.1.2.1.4.2.1.3.55.1.99.1.4.192.0.2.9|2|2\n"+ // of another index: the only one of the port
		"1.0.8802.1.1.2.1.4.2.1.3.0.2.99.1.4.192.0.2.10|2|2\n"+ // of two neighbours, whose is not told
		"1.0.8802.1.1.2.1.3.1.0|2|4\n1.0.8802.1.1.2.1.3.2.0|4x|020000000001\n"),
		func(f telemetry.DeviceFacts) any { return []any{f.LocalChassis, f.Neighbors} },
		any([]any{telemetry.ChassisID{Subtype: "macAddress", ID: "02:00:00:00:00:01"}, []telemetry.Neighbor{
			{Protocol: "lldp", LocalIfIndex: 1, LocalKey: "Gi0/1", LocalPort: "1", RemoteChassisID: "0a:00:00:00:00:01", RemoteChassisSubtype: "macAddress",
				RemotePortID: "Eth1", RemotePortSubtype: "interfaceName", RemoteName: "sw2", Capabilities: []string{"bridge", "router"},
				Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.9")}},
			{Protocol: "lldp", LocalIfIndex: 2, LocalKey: "Gi0/2", LocalPort: "2", RemoteChassisID: "0a:00:00:00:00:02", RemoteChassisSubtype: "macAddress",
				RemotePortID: "0a:00:00:00:00:03", RemotePortSubtype: "macAddress", RemoteName: "sw3"},
			{Protocol: "lldp", LocalIfIndex: 2, LocalKey: "Gi0/2", LocalPort: "2", RemoteChassisID: "192.0.2.1", RemoteChassisSubtype: "networkAddress",
				RemotePortID: "7", RemotePortSubtype: "local", RemoteName: "sw4"},
		}}), "")
}

// TestLLDPInBothVersions: the same neighbour in LLDP-MIB and LLDP-V2-MIB is one.
func TestLLDPInBothVersions(t *testing.T) {
	const at = "1.3.111.2.802.1.1.13.1.4.1.1."
	v2 := at + "5.0.1.1.7|2|4\n" + at + "6.0.1.1.7|4x|0a0000000001\n" + at + "7.0.1.1.7|2|5\n" + at + "8.0.1.1.7|4|Eth1\n" + at + "10.0.1.1.7|4|sw2\n"
	one := []telemetry.Neighbor{{Protocol: "lldp", LocalIfIndex: 1, LocalKey: "Gi0/1", LocalPort: "Gi0/1", RemoteChassisID: "0a:00:00:00:00:01",
		RemoteChassisSubtype: "macAddress", RemotePortID: "Eth1", RemotePortSubtype: "interfaceName", RemoteName: "sw2"}}
	want(t, device("99999", v2), neighborsOf, one, "")
	one[0].LocalPort = "1" // as the first MIB calls it
	want(t, device("99999", v2+lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2")), neighborsOf, one, "")
	want(t, device("99999", strings.ReplaceAll(v2, ".0.1.1.7|", ".0.77.1.7|")), func(f telemetry.DeviceFacts) uint32 { return f.Neighbors[0].LocalIfIndex }, 0,
		`lldpV2RemTable: the local port of 1 neighbours is not known, the first: neighbour "sw2": there is no interface 77`)
}

func TestLocalPorts(t *testing.T) {
	f := func(what, tables string, port, ifIndex uint32, wantErr string) {
		t.Helper()
		got, errs := play(t, device("99999", tables+lldpRow(fmt.Sprintf("0.%d.1", port), 4, "4x|0a0000000001", 5, "4|Eth1", "sw2")))
		if got.Neighbors[0].LocalIfIndex != ifIndex {
			t.Errorf("%s: got interface %d, want %d", what, got.Neighbors[0].LocalIfIndex, ifIndex)
		}
		if text := errorsText(errs); !strings.HasSuffix(text, wantErr) || (text == "") != (wantErr == "") {
			t.Errorf("%s: got error %q, want %q", what, text, wantErr)
		}
	}
	loc := func(port, subtype int, id, descr string) string {
		const at = "1.0.8802.1.1.2.1.3.7.1."
		return fmt.Sprintf("%s2.%d|2|%d\n%s3.%d|%s\n%s4.%d|4|%s\n", at, port, subtype, at, port, id, at, port, descr)
	}
	bridge := func(port, ifIndex int) string {
		return fmt.Sprintf("1.3.6.1.2.1.17.1.4.1.2.%d|2|%d\n", port, ifIndex)
	}
	f("number is an ifIndex", "", 2, 2, "")
	f("name", loc(900, 5, "4|Gi0/2", ""), 900, 2, "")
	f("name wins over number", loc(1, 5, "4|Gi0/2", ""), 1, 2, "")
	f("long name", loc(900, 5, "4|gigabitethernet0/2", ""), 900, 2, "")
	f("address", loc(900, 3, "4x|020000000002", ""), 900, 2, "")
	f("address as text", loc(900, 3, "4|02:00:00:00:00:02", ""), 900, 2, "")
	f("Junos: the id is an ifIndex", loc(900, 7, "4|2", ""), 900, 2, "")
	f("description", loc(900, 7, "4|port 2", "GigabitEthernet0/2"), 900, 2, "")
	f("bridge port", bridge(51, 2), 51, 2, "")
	f("bridge port that is also a VLAN interface", bridge(3, 2), 3, 2, "")
	f("other ports of the device are bridge ports", bridge(1, 2)+bridge(2, 1)+loc(2, 5, "4|Gi0/1", ""), 1, 2, "")
	f("other ports of the device are ifIndexes", bridge(1, 2)+bridge(2, 1)+loc(2, 5, "4|Gi0/2", ""), 1, 1, "")
	f("either", bridge(1, 2), 1, 0, "local port 1 may be the interface 1 or, as a bridge port, 2: it is left open")
	f("nothing", "", 77, 0, "local port 77 is no interface: neither lldpLocPortTable nor dot1dBasePortTable tells which")
	f("a name that two interfaces have", "1.3.6.1.2.1.31.1.1.1.1.1|4|same\n1.3.6.1.2.1.31.1.1.1.1.2|4|same\n"+loc(900, 5, "4|same", ""), 900, 0,
		"local port 900 is no interface: neither lldpLocPortTable nor dot1dBasePortTable tells which")
}

func TestCDP(t *testing.T) {
	const at = "1.3.6.1.4.1.9.9.23.1.2.1.1."
	want(t, device("11", at+"3.2.1|2|1\n"+at+"4.2.1|4x|c0000205\n"+at+"5.2.1|4|NX-OS\n"+at+"6.2.1|4|sw9(FOC1234)\n"+at+"7.2.1|4|Ethernet1/1\n"+
		at+"8.2.1|4|N9K\n"+at+"9.2.1|4x|00000029\n"), neighborsOf, []telemetry.Neighbor{{Protocol: "cdp", LocalIfIndex: 2, LocalKey: "Gi0/2", LocalPort: "Gi0/2",
		RemoteChassisID: "sw9", RemotePortID: "Ethernet1/1", RemoteName: "sw9", RemoteDescr: "NX-OS", RemotePlatform: "N9K",
		Capabilities: []string{"router", "bridge"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.5")}}}, "")
}

func lagsOf(f telemetry.DeviceFacts) []telemetry.LAG { return f.LAGs }

func TestLAGs(t *testing.T) {
	lag := func(states ...string) []telemetry.LAG {
		return []telemetry.LAG{{IfIndex: 9, Key: "Po1", Name: "Po1", Members: []telemetry.LAGMember{
			{IfIndex: 1, Key: "Gi0/1", State: states[0]}, {IfIndex: 2, Key: "Gi0/2", State: states[1]}}}}
	}
	const port = "1.2.840.10006.300.43.1.2.1.1."
	// Only in IEEE8023-LAG-MIB. The octet holds activity, timeout, aggregation, synchronization, collecting, distributing.
	want(t, device("99999", port+"13.1|2|9\n"+port+"13.2|2|9\n"+port+"21.1|4x|bc\n"+port+"21.2|4x|a0\n"), lagsOf, lag("distributing", "attached"), "")
	want(t, device("99999", port+"12.1|2|9\n"+port+"13.1|2|0\n"+port+"13.2|2|9\n"+port+"21.2|4x|b8\n"), lagsOf, lag("selected", "collecting"), "")
	// Ports that run alone: attached to themselves, or to an aggregate that is no interface.
	want(t, device("99999", port+"13.1|2|1\n"+port+"13.2|2|77\n"), lagsOf, nil, "")
	// Only in ifStackTable, on a device whose aggregates are of the type propVirtual.
	const stack = "1.3.6.1.2.1.31.1.2.1.3."
	want(t, device("9", stack+"9.1|2|1\n"+stack+"9.2|2|1\n"+stack+"0.9|2|1\n"+stack+"1.0|2|1\n"+stack+"3.1|2|1\n"), lagsOf, lag("", ""), "")
	// In both.
	want(t, device("9", stack+"9.1|2|1\n"+stack+"9.2|2|1\n"+port+"13.1|2|9\n"+port+"21.1|4x|3c\n"), lagsOf, lag("distributing", ""), "")
	// In PAgP alone.
	want(t, device("9", "1.3.6.1.4.1.9.9.98.1.1.1.1.8.1|2|9\n1.3.6.1.4.1.9.9.98.1.1.1.1.8.2|2|9\n1.3.6.1.4.1.9.9.98.1.1.1.1.8.3|2|3\n"), lagsOf, lag("", ""), "")
}

func TestAddresses(t *testing.T) {
	addr := func(s string, length int32, ifIndex uint32) telemetry.Address {
		return telemetry.Address{Address: netip.MustParseAddr(s), PrefixLength: length, IfIndex: ifIndex}
	}
	const old, inet = "1.3.6.1.2.1.4.20.1.", "1.3.6.1.2.1.4.34.1."
	want(t, device("99999", old+"2.192.0.2.1|2|1\n"+old+"3.192.0.2.1|64|255.255.255.0\n"+old+"2.192.0.2.2|2|2\n"+old+"3.192.0.2.2|64|255.0.255.0\n"+
		old+"2.0.0.0.0|2|2\n"+
		inet+"3.1.4.192.0.2.2|2|2\n"+inet+"5.1.4.192.0.2.2|6|1.3.6.1.2.1.4.32.1.5.2.1.4.192.0.2.0.28\n"+ // the prefix that the mask did not tell
		inet+"3.1.4.192.0.2.255|2|1\n"+inet+"4.1.4.192.0.2.255|2|3\n"+ // broadcast
		inet+"3.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1|2|1\n"+inet+"5.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1|6|0.0\n"+
		inet+"3.4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.2|2|2\n"+ // ipv6z
		inet+"3.2.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.2|2|2\n"+ // the length left out
		inet+"3.2.16.1.2|2|1\n"+inet+"3.9.4.1.2.3.4|2|1\n"+inet+"3.1.4.192.0.2.300|2|1\n"+ // no addresses
		"1.3.6.1.2.1.55.1.8.1.2.2.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.9|2|64\n"),
		func(f telemetry.DeviceFacts) []telemetry.Address { return f.Addresses }, []telemetry.Address{
			addr("192.0.2.1", 24, 1), addr("192.0.2.2", 28, 2), addr("2001:db8::1", -1, 1), addr("2001:db8::9", 64, 2),
			addr("fe80::1", -1, 2), addr("fe80::2", -1, 2)}, "")
}

func TestHosts(t *testing.T) {
	host := func(s string, ifIndex uint32, last byte) telemetry.Host {
		return telemetry.Host{Address: netip.MustParseAddr(s), IfIndex: ifIndex, PhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, last}}
	}
	const arp, nd = "1.3.6.1.2.1.4.22.1.2.", "1.3.6.1.2.1.4.35.1.4."
	want(t, device("99999", arp+"1.192.0.2.9|4x|020000000009\n"+arp+"1.192.0.2.8|4x|000000000000\n"+arp+"1.192.0.2.7|4x|c0000207\n"+
		arp+"1.192.0.2.6|4|2:0:0:0:0:6\n"+nd+"1.1.4.192.0.2.9|4x|020000000009\n"+nd+"2.2.16.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.5|4x|020000000005\n"),
		func(f telemetry.DeviceFacts) []telemetry.Host { return f.Hosts },
		[]telemetry.Host{host("192.0.2.6", 1, 6), host("192.0.2.9", 1, 9), host("fe80::5", 2, 5)}, "")
}

func TestBGP(t *testing.T) {
	const std, cisco, draft = "1.3.6.1.2.1.15.3.1.", "1.3.6.1.4.1.9.9.187.1.2.5.1.", "1.3.6.1.3.5.1.1."
	peers := func(f telemetry.DeviceFacts) []telemetry.BGPPeer { return f.BGPPeers }
	v4 := telemetry.BGPPeer{Peer: netip.MustParseAddr("192.0.2.2"), RemoteAS: 65001, LocalAS: 65000, LocalAddress: netip.MustParseAddr("192.0.2.1"),
		RouterID: netip.MustParseAddr("198.51.100.2"), State: "established", AdminStatus: "start", UptimeSeconds: 60, InUpdates: 5, OutUpdates: 6}
	text := "1.3.6.1.2.1.15.2.0|2|65000\n" + std + "1.192.0.2.2|64|198.51.100.2\n" + std + "2.192.0.2.2|2|6\n" + std + "3.192.0.2.2|2|2\n" +
		std + "5.192.0.2.2|64|192.0.2.1\n" + std + "9.192.0.2.2|2|65001\n" + std + "10.192.0.2.2|65|5\n" + std + "11.192.0.2.2|65|6\n" + std + "16.192.0.2.2|66|60\n"
	want(t, device("99999", text), peers, []telemetry.BGPPeer{v4}, "")
	// The vendor's MIB has the IPv6 peer, and the IPv4 one again, with an AS of four octets.
	v6 := "2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.2|"
	four := v4
	four.RemoteAS = 4200000001
	want(t, device("9", text+cisco+"3."+v6+"2|3\n"+cisco+"11."+v6+"66|65002\n"+cisco+"3.1.4.192.0.2.2|2|6\n"+cisco+"11.1.4.192.0.2.2|66|4200000001\n"), peers,
		[]telemetry.BGPPeer{four, {Peer: netip.MustParseAddr("2001:db8::2"), RemoteAS: 65002, LocalAS: 65000, State: "active"}}, "")
	// The draft of the second version, with two routing instances.
	want(t, device("99999", draft+"2.1.13.1.1.4.192.0.2.2|2|6\n"+draft+"2.1.10.1.1.4.192.0.2.2|66|65001\n"+draft+"2.1.12.1.1.4.192.0.2.2|2|2\n"+
		draft+"4.1.1.1.1.4.192.0.2.2|66|77\n"+draft+"2.1.13.5.1.4.192.0.2.2|2|1\n"+draft+"2.1.14.5.1.4.192.0.2.2|4|blue\n"), peers,
		[]telemetry.BGPPeer{{Peer: netip.MustParseAddr("192.0.2.2"), RemoteAS: 65001, State: "established", AdminStatus: "running", UptimeSeconds: 77},
			{Peer: netip.MustParseAddr("192.0.2.2"), State: "idle", Descr: "blue", VRF: "5"}}, "")
}

func TestOSPF(t *testing.T) {
	const v2, v3 = "1.3.6.1.2.1.14.10.1.", "1.3.6.1.2.1.191.1.9.1."
	want(t, device("99999", v2+"3.192.0.2.9.0|64|198.51.100.9\n"+v2+"5.192.0.2.9.0|2|1\n"+v2+"6.192.0.2.9.0|2|8\n"+v2+"7.192.0.2.9.0|65|6\n"+
		v2+"3.0.0.0.0.4|64|198.51.100.8\n"+v2+"6.0.0.0.0.4|2|4\n"+v3+"8.2.0.3325256711|2|8\n"+v3+"5.2.0.3325256711|4x|fe800000000000000000000000000007\n"),
		func(f telemetry.DeviceFacts) []telemetry.OSPFNeighbor { return f.OSPFNeighbors }, []telemetry.OSPFNeighbor{
			{Version: 2, RouterID: netip.MustParseAddr("198.51.100.8"), IfIndex: 4, State: "twoWay"},
			{Version: 2, Address: netip.MustParseAddr("192.0.2.9"), RouterID: netip.MustParseAddr("198.51.100.9"), State: "full", Priority: 1, Events: 6},
			{Version: 3, Address: netip.MustParseAddr("fe80::7"), RouterID: netip.MustParseAddr("198.51.100.7"), IfIndex: 2, State: "full"}}, "")
}

func TestFHRP(t *testing.T) {
	groups := func(f telemetry.DeviceFacts) []telemetry.FHRPGroup { return f.FHRPGroups }
	const v2, hsrp = "1.3.6.1.2.1.68.1.", "1.3.6.1.4.1.9.9.106.1.2.1.1."
	want(t, device("9", v2+"3.1.2.3.7|4x|00005e000107\n"+v2+"3.1.3.3.7|2|3\n"+v2+"3.1.5.3.7|2|120\n"+v2+"3.1.7.3.7|64|192.0.2.2\n"+
		v2+"4.1.2.3.7.192.0.2.1|2|1\n"+v2+"4.1.2.3.7.192.0.2.129|2|1\n"+
		hsrp+"3.3.1|66|100\n"+hsrp+"11.3.1|64|192.0.2.254\n"+hsrp+"13.3.1|64|192.0.2.3\n"+hsrp+"14.3.1|64|0.0.0.0\n"+hsrp+"15.3.1|2|5\n"+hsrp+"16.3.1|4x|00000c07ac01\n"),
		groups, []telemetry.FHRPGroup{
			{Protocol: "hsrp", IfIndex: 3, Key: "Vl1", Group: 1, VirtualAddress: netip.MustParseAddr("192.0.2.254"), VirtualMAC: "00:00:0c:07:ac:01", State: "standby",
				Priority: 100, Active: netip.MustParseAddr("192.0.2.3")},
			{Protocol: "vrrp", IfIndex: 3, Key: "Vl1", Group: 7, VirtualAddress: netip.MustParseAddr("192.0.2.1"), More: []netip.Addr{netip.MustParseAddr("192.0.2.129")},
				VirtualMAC: "00:00:5e:00:01:07", State: "master", Priority: 120, Active: netip.MustParseAddr("192.0.2.2")}}, "")
	const v3 = "1.3.6.1.2.1.207.1.1."
	want(t, device("99999", v3+"1.1.6.3.7.1|2|2\n"+v3+"1.1.3.3.7.1|4x|c0000202\n"+v3+"1.1.6.3.7.2|2|3\n"+v3+"1.1.3.3.7.2|4x|fe800000000000000000000000000002\n"+
		v3+"2.1.2.3.7.1.4.192.0.2.1|2|1\n"+v3+"2.1.2.3.7.2.16.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1|2|1\n"), groups, []telemetry.FHRPGroup{
		{Protocol: "vrrp", IfIndex: 3, Key: "Vl1", Group: 7, VirtualAddress: netip.MustParseAddr("192.0.2.1"), State: "backup", Active: netip.MustParseAddr("192.0.2.2")},
		{Protocol: "vrrp", IfIndex: 3, Key: "Vl1", Group: 7, VirtualAddress: netip.MustParseAddr("fe80::1"), State: "master", Active: netip.MustParseAddr("fe80::2")}}, "")
}

const ent = "1.3.6.1.2.1.47.1.1.1.1."

func TestInventory(t *testing.T) {
	want(t, device("9", ent+"2.1|4|a chassis\n"+ent+"4.1|2|0\n"+ent+"5.1|2|3\n"+ent+"6.1|2|-1\n"+ent+"11.1|4|SN1\n"+ent+"16.1|2|2\n"+ent+"17.1|4x|07e40c1f00000000\n"+
		ent+"3.1|6|0.0\n"+ent+"4.5|2|1\n"+ent+"5.5|2|10\n"+ent+"6.5|2|2\n"+ent+"7.5|4|Gi0/2\n"+ent+"16.5|2|1\n"+
		ent+"4.6|2|5\n"+ent+"5.6|2|8\n"+ent+"7.6|4|Gi0/2 Rx Power\n"+"1.3.6.1.2.1.47.1.3.2.1.2.5.0|6|1.3.6.1.2.1.2.2.1.1.2\n"),
		func(f telemetry.DeviceFacts) []telemetry.Component { return f.Components }, []telemetry.Component{
			{Index: 1, Key: "chassis", Class: "chassis", Descr: "a chassis", Serial: "SN1", Position: -1, MfgDate: "2020-12-31"},
			{Index: 5, Key: "Gi0/2", Class: "port", Name: "Gi0/2", ParentIndex: 1, Position: 2, FRU: true, IfIndex: 2, IfKey: "Gi0/2"},
			{Index: 6, Key: "Gi0/2 Rx Power", Class: "sensor", Name: "Gi0/2 Rx Power", ParentIndex: 5, Position: -1, IfIndex: 2, IfKey: "Gi0/2"},
		}, "")
}

func TestContainmentLoops(t *testing.T) {
	parents := func(f telemetry.DeviceFacts) map[uint32]uint32 {
		m := map[uint32]uint32{}
		for _, c := range f.Components {
			m[c.Index] = c.ParentIndex
		}
		return m
	}
	text := func(pairs ...[2]int) (s string) {
		for _, p := range pairs {
			s += fmt.Sprintf("%s4.%d|2|%d\n", ent, p[0], p[1])
		}
		return s
	}
	want(t, device("9", text([2]int{1, 1}, [2]int{2, 1})), parents, map[uint32]uint32{1: 0, 2: 1},
		"entPhysicalTable.entPhysicalContainedIn: 1 parts are contained in themselves, the first is 1: they are put at the top")
	want(t, device("9", text([2]int{1, 3}, [2]int{2, 1}, [2]int{3, 2}, [2]int{4, 2})), parents, map[uint32]uint32{1: 3, 2: 0, 3: 2, 4: 2},
		"entPhysicalTable.entPhysicalContainedIn: 1 parts are contained in themselves, the first is 2: they are put at the top")
	want(t, device("9", text([2]int{1, 77}, [2]int{2, 1})), parents, map[uint32]uint32{1: 77, 2: 1}, "")
}

func TestBridge(t *testing.T) {
	const stp = "1.3.6.1.2.1.17.2."
	text := device("99999", "1.3.6.1.2.1.17.1.1.0|4x|020000000000\n1.3.6.1.2.1.17.1.4.1.2.51|2|1\n1.3.6.1.2.1.17.1.4.1.2.52|2|2\n"+
		"1.3.6.1.2.1.17.7.1.4.5.1.1.52|66|20\n1.3.6.1.2.1.17.7.1.4.3.1.1.20|4|office\n1.3.6.1.2.1.17.7.1.4.2.1.3.0.30|66|30\n"+
		stp+"1.0|2|3\n"+stp+"2.0|2|32768\n"+stp+"4.0|65|9\n"+stp+"5.0|4x|1000020000000009\n"+stp+"6.0|2|4\n"+stp+"7.0|2|52\n"+
		stp+"15.1.3.52|2|5\n"+stp+"15.1.5.52|2|4\n"+stp+"15.1.8.52|4x|1000020000000009\n"+stp+"15.1.9.52|4x|8001\n"+stp+"15.1.3.51|2|2\n")
	want(t, text, func(f telemetry.DeviceFacts) any { return []any{f.BridgePorts, f.VLANs, f.STP} }, any([]any{
		[]telemetry.BridgePort{{Port: 51, IfIndex: 1}, {Port: 52, IfIndex: 2, PVID: 20}},
		[]telemetry.VLAN{{ID: 20, Name: "office"}, {ID: 30}},
		[]telemetry.STPInstance{{Protocol: "ieee8021d", Priority: 32768, BridgeAddress: net.HardwareAddr{2, 0, 0, 0, 0, 0}, RootPriority: 4096,
			Root: net.HardwareAddr{2, 0, 0, 0, 0, 9}, RootPort: 52, RootIfIndex: 2, RootCost: 4, TopologyChanges: 9, Ports: []telemetry.STPPort{
				{Port: 51, IfIndex: 1, Key: "Gi0/1", State: "blocking"},
				{Port: 52, IfIndex: 2, Key: "Gi0/2", State: "forwarding", PathCost: 4, DesignatedBridge: net.HardwareAddr{2, 0, 0, 0, 0, 9}, DesignatedPort: 0x8001}}}},
	}), "")
}

func TestIEEEBridge(t *testing.T) {
	const tree = "1.3.111.2.802.1.1.3.1."
	want(t, device("99999", "1.3.6.1.2.1.17.1.4.1.2.52|2|2\n1.3.111.2.802.1.1.4.1.4.3.1.3.1.20|4|office\n"+
		tree+"1.1.2.1|2|2\n"+tree+"1.1.3.1|2|4096\n"+tree+"1.1.6.1|4x|1000020000000009\n"+tree+"1.1.7.1|2|0\n"+tree+"1.1.8.1|66|0\n"+
		tree+"2.1.4.1.52|2|5\n"+tree+"2.1.6.1.52|2|4\n"+tree+"2.1.9.1.52|4x|1000020000000009\n"),
		func(f telemetry.DeviceFacts) any { return []any{f.VLANs, f.STP} }, any([]any{[]telemetry.VLAN{{ID: 20, Name: "office"}}, []telemetry.STPInstance{
			{Protocol: "decLb100", Priority: 4096, RootPriority: 4096, Root: net.HardwareAddr{2, 0, 0, 0, 0, 9}, Ports: []telemetry.STPPort{
				{Port: 52, IfIndex: 2, Key: "Gi0/2", State: "forwarding", PathCost: 4, DesignatedBridge: net.HardwareAddr{2, 0, 0, 0, 0, 9}}}}}}), "")
}

func TestTreesOfVLANs(t *testing.T) {
	text := strings.Replace(device("9", "1.3.6.1.2.1.17.1.4.1.2.1|2|1\n1.3.6.1.4.1.9.9.46.1.3.1.1.4.1.1|4|default\n1.3.6.1.4.1.9.9.46.1.3.1.1.4.1.20|4|office\n"+
		"1.3.6.1.4.1.9.9.46.1.3.1.1.3.1.1002|2|2\n1.3.6.1.4.1.9.9.46.1.3.1.1.4.1.1002|4|fddi-default\n"), "a device", "Cisco IOS Software, C2960", 1)
	var opened []uint32
	got, errs := playSession(t, &session{Recording: snmpagent.ParseRecording([]byte(text))}, Options{Open: func(_ context.Context, vlan uint32) (snmp.Session, error) {
		opened = append(opened, vlan)
		return &session{Recording: snmpagent.ParseRecording([]byte("1.3.6.1.2.1.17.1.1.0|4x|020000000000\n1.3.6.1.2.1.17.1.4.1.2.2|2|2\n1.3.6.1.2.1.17.2.2.0|2|32788\n1.3.6.1.2.1.17.2.7.0|2|2\n"))}, nil
	}})
	want := []telemetry.STPInstance{{Instance: 20, Priority: 32788, BridgeAddress: net.HardwareAddr{2, 0, 0, 0, 0, 0}, RootPort: 2, RootIfIndex: 2}}
	if diff := cmp.Diff(want, got.STP); diff != "" || len(errs) > 0 || len(opened) != 1 || len(got.VLANs) != 2 {
		t.Errorf("opened %v, errors %v, VLANs %v, want -, got +:\n%s", opened, errs, got.VLANs, diff)
	}
}

func TestInVLAN(t *testing.T) {
	if got := InVLAN(snmp.Credential{Version: "2c", Community: "public"}, 20); got.Community.Reveal() != "public@20" {
		t.Errorf("got %q", got.Community.Reveal())
	}
	if got := InVLAN(snmp.Credential{Version: "3", Username: "u", Context: "x"}, 20); got.Context != "vlan-20" {
		t.Errorf("got %q", got.Context)
	}
}

// TestPartOfATable: what came stays, the error names the table and the reason, and the list is marked.
func TestPartOfATable(t *testing.T) {
	cut := fmt.Errorf("%w: noSuchObject within the table", snmp.ErrCut)
	s := &session{Recording: snmpagent.ParseRecording([]byte(device("99999", lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2")))),
		fail: map[string]error{"1.0.8802.1.1.2.1.4.1.1": cut, "1.3.6.1.2.1.31.1.2.1": fmt.Errorf("%w: out of order", snmp.ErrDisorder)}}
	got, errs := playSession(t, s, Options{})
	if len(got.Neighbors) != 1 || !cmp.Equal(got.Partial, []string{"neighbors"}) {
		t.Errorf("got %d neighbours, partial %v", len(got.Neighbors), got.Partial)
	}
	if text := errorsText(errs); !strings.Contains(text, "lldpRemTable: "+cut.Error()) || !strings.Contains(text, "ifStackTable: ") {
		t.Errorf("got errors %q", text)
	}
}

// TestTheDeviceStopsAnswering: not every one of the remaining tables costs a timeout.
func TestTheDeviceStopsAnswering(t *testing.T) {
	gone := &snmp.Error{Kind: snmp.Timeout, Err: errors.New("no answer to 3 attempts of 2s")}
	s := &session{Recording: snmpagent.ParseRecording([]byte(device("99999", ""))),
		fail: map[string]error{"1.0.8802.1.1.2.1.4.1.1": gone, "1.3.6.1.4.1.9.9.23.1.2.1.1": gone, "1.0.8802.1.1.2.1.3.1.0": gone}}
	_, errs := playSession(t, s, Options{})
	text := errorsText(errs)
	if !strings.Contains(text, "entPhysicalTable: not read: the device stopped answering") || strings.Count(text, "no answer") != 2 {
		t.Errorf("got errors %q", text)
	}
}

func TestValuesThatNoMIBAllows(t *testing.T) {
	want(t, device("9", ent+"4.1|2|0\n"+ent+"5.1|4|chassis\n"+ent+"11.1|2|77\n"+ent+"7.1|5|\n"), func(f telemetry.DeviceFacts) []telemetry.Component { return f.Components },
		[]telemetry.Component{{Index: 1, Key: "part", Position: -1}},
		"entPhysicalTable: 2 values cannot be used, the first: "+ent+"5.1: type 0x04 is not that of the MIB")
}

// TestTooMuchForOneRecord: lists are given up so that the rest can be sent.
func TestTooMuchForOneRecord(t *testing.T) {
	var b strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&b, "%s2.%d|4|%s\n", ent, i+1, strings.Repeat("x", 4000))
	}
	got, errs := play(t, device("9", b.String()+lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2")))
	if len(got.Components) != 0 || len(got.Neighbors) != 1 || !cmp.Equal(got.Partial, []string{"components"}) || !strings.Contains(errorsText(errs), "this list is left out") {
		t.Errorf("got %d components, %d neighbours, partial %v, errors %s", len(got.Components), len(got.Neighbors), got.Partial, errorsText(errs))
	}
	encodable(t, got)
}

func encodable(t *testing.T, f telemetry.DeviceFacts) {
	t.Helper()
	f.Time = 1
	if _, err := record.Encode(&telemetry.Record{Seq: 1, Facts: &f}); err != nil {
		t.Errorf("facts that cannot be sent: %v", err)
	}
}

// FuzzRead reads devices that say anything: no panic, facts that can be sent, the same ones each time.
func FuzzRead(f *testing.F) {
	f.Add([]byte(lldpRow("0.1.7", 4, "4x|0a0000000001", 5, "4|Eth1", "sw2")), "9")
	f.Add([]byte("1.2.840.10006.300.43.1.2.1.1.13.1|2|9\n1.3.6.1.2.1.31.1.2.1.3.9.1|2|1\n"), "99999")
	f.Add([]byte(ent+"4.1|2|2\n"+ent+"4.2|2|1\n1.3.6.1.4.1.2636.3.1.6.1.6.1|4|chassis\n1.3.6.1.4.1.2636.3.1.8.1.6.1.1.0.0|4|x\n"), "2636")
	f.Add([]byte("1.3.6.1.4.1.6527.3.1.2.2.1.8.1.13.2.50331649|2|50331649\n1.3.6.1.4.1.6527.3.1.2.14.4.7.1.59.1.1.4.192.0.2.1|2|6\n"), "6527")
	f.Add([]byte("1.3.6.1.2.1.4.34.1.3.4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.2|2|2\n1.3.6.1.2.1.207.1.1.2.1.2.3.7.2.16.1|2|1\n"), "")
	f.Add([]byte("1.3.6.1.2.1.17.2.5.0|4x|00\n1.3.6.1.2.1.17.2.15.1.3.4294967295|2|5\n1.3.6.1.2.1.17.7.1.4.3.1.1.20|4x|ff00\n"), "9")
	f.Fuzz(func(t *testing.T, text []byte, enterprise string) {
		rec := snmpagent.ParseRecording(append([]byte(device("9", "")), text...))
		read := func() telemetry.DeviceFacts {
			s := &session{Recording: rec}
			facts, plan, errs := snmp.Discover(t.Context(), s, "sw1", nil, nil)
			if snmp.Unreadable(plan, errs) != nil {
				return telemetry.DeviceFacts{Device: "sw1"}
			}
			facts.System.SysObjectID = "1.3.6.1.4.1." + enterprise
			Read(t.Context(), s, &facts, Options{})
			facts.System.SysObjectID = ""
			return facts
		}
		first := read()
		encodable(t, first)
		if second := read(); !telemetry.SameFacts(&first, &second) {
			t.Errorf("two readings differ:\n%s", cmp.Diff(first, second, equal))
		}
	})
}
