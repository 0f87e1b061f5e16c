package topology

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/testkit"
)

// column walks a column of a table: the value of each row, by the rest of its name.
func column(rec snmptest.Recording, name string, visit func(index []uint32, vb snmpwire.VarBind)) {
	prefix := oid.MustParse(name)
	for vb := rec.Next(prefix); vb.OID.HasPrefix(prefix) && vb.Type != snmpwire.EndOfMibView; vb = rec.Next(vb.OID) {
		visit(vb.OID[len(prefix):], vb)
	}
}

var chassisSubtypes = []string{"", "chassisComponent", "interfaceAlias", "portComponent", "macAddress", "networkAddress", "interfaceName", "local"}
var portSubtypes = []string{"", "interfaceAlias", "portComponent", "macAddress", "networkAddress", "interfaceName", "agentCircuitId", "local"}

func word(words []string, n int64) string {
	if n < 0 || n >= int64(len(words)) {
		return ""
	}
	return words[n]
}

func idText(subtype string, b []byte) string {
	if subtype == "macAddress" && len(b) == 6 {
		return net.HardwareAddr(b).String()
	}
	return strings.TrimRight(string(b), "\x00 ")
}

// recorded reads of a recording what this package needs, by the MIBs: IF-MIB, LLDP-MIB, CISCO-CDP-MIB, and
// of the local ports only those whose number is an ifIndex.
func recorded(rec snmptest.Recording, name string) telemetry.DeviceFacts {
	f := telemetry.DeviceFacts{Device: name, Time: 1}
	at := map[uint32]*telemetry.Interface{}
	set := func(name string, f func(*telemetry.Interface, snmpwire.VarBind)) {
		column(rec, name, func(i []uint32, vb snmpwire.VarBind) {
			if len(i) != 1 {
				return
			}
			if at[i[0]] == nil {
				at[i[0]] = &telemetry.Interface{IfIndex: i[0], Key: fmt.Sprint("if", i[0])}
			}
			f(at[i[0]], vb)
		})
	}
	set("1.3.6.1.2.1.2.2.1.2", func(x *telemetry.Interface, vb snmpwire.VarBind) { x.IfDescr = idText("", vb.Bytes) })
	set("1.3.6.1.2.1.2.2.1.3", func(x *telemetry.Interface, vb snmpwire.VarBind) { x.IfType = uint32(vb.Int) })
	set("1.3.6.1.2.1.2.2.1.6", func(x *telemetry.Interface, vb snmpwire.VarBind) { x.IfPhysAddress = vb.Bytes })
	set("1.3.6.1.2.1.31.1.1.1.1", func(x *telemetry.Interface, vb snmpwire.VarBind) { x.IfName = idText("", vb.Bytes) })
	set("1.3.6.1.2.1.31.1.1.1.18", func(x *telemetry.Interface, vb snmpwire.VarBind) { x.IfAlias = idText("", vb.Bytes) })
	for _, x := range at {
		f.Interfaces = append(f.Interfaces, *x)
	}
	slices.SortFunc(f.Interfaces, func(a, b telemetry.Interface) int { return int(a.IfIndex) - int(b.IfIndex) })
	f.Neighbors = append(recordedLLDP(rec, at), recordedCDP(rec, at)...)
	return f
}

func recordedLLDP(rec snmptest.Recording, at map[uint32]*telemetry.Interface) (out []telemetry.Neighbor) {
	const table = "1.0.8802.1.1.2.1.4.1.1."
	rows := map[string]*telemetry.Neighbor{}
	get := func(column int, f func(*telemetry.Neighbor, snmpwire.VarBind)) func([]uint32, snmpwire.VarBind) {
		return func(i []uint32, vb snmpwire.VarBind) {
			if len(i) != 3 {
				return
			}
			k := fmt.Sprint(i)
			if rows[k] == nil {
				rows[k] = &telemetry.Neighbor{Protocol: "lldp", LocalPort: fmt.Sprint(i[1])}
				if x := at[i[1]]; x != nil {
					rows[k].LocalIfIndex, rows[k].LocalKey = x.IfIndex, x.Key
				}
			}
			f(rows[k], vb)
		}
	}
	for c, f := range map[int]func(*telemetry.Neighbor, snmpwire.VarBind){
		4: func(n *telemetry.Neighbor, vb snmpwire.VarBind) {
			n.RemoteChassisSubtype = word(chassisSubtypes, vb.Int)
		},
		6: func(n *telemetry.Neighbor, vb snmpwire.VarBind) { n.RemotePortSubtype = word(portSubtypes, vb.Int) },
		8: func(n *telemetry.Neighbor, vb snmpwire.VarBind) { n.RemotePortDescr = idText("", vb.Bytes) },
		9: func(n *telemetry.Neighbor, vb snmpwire.VarBind) { n.RemoteName = idText("", vb.Bytes) },
	} {
		column(rec, fmt.Sprint(table, c), get(c, f))
	}
	column(rec, table+"5", get(5, func(n *telemetry.Neighbor, vb snmpwire.VarBind) {
		n.RemoteChassisID = idText(n.RemoteChassisSubtype, vb.Bytes)
	}))
	column(rec, table+"7", get(7, func(n *telemetry.Neighbor, vb snmpwire.VarBind) {
		n.RemotePortID = idText(n.RemotePortSubtype, vb.Bytes)
	}))
	for _, n := range rows {
		out = append(out, *n)
	}
	return out
}

func recordedCDP(rec snmptest.Recording, at map[uint32]*telemetry.Interface) (out []telemetry.Neighbor) {
	const table = "1.3.6.1.4.1.9.9.23.1.2.1.1."
	rows := map[string]*telemetry.Neighbor{}
	for c, f := range map[int]func(*telemetry.Neighbor, []byte){
		6: func(n *telemetry.Neighbor, b []byte) { n.RemoteChassisID, n.RemoteName = idText("", b), idText("", b) },
		7: func(n *telemetry.Neighbor, b []byte) { n.RemotePortID = idText("", b) },
		4: func(n *telemetry.Neighbor, b []byte) {
			if a, ok := netip.AddrFromSlice(b); ok {
				n.Addresses = []netip.Addr{a}
			}
		},
	} {
		column(rec, fmt.Sprint(table, c), func(i []uint32, vb snmpwire.VarBind) {
			if len(i) != 2 {
				return
			}
			k := fmt.Sprint(i)
			if rows[k] == nil {
				rows[k] = &telemetry.Neighbor{Protocol: "cdp", LocalPort: fmt.Sprint(i[0])}
				if x := at[i[0]]; x != nil {
					rows[k].LocalIfIndex, rows[k].LocalKey = x.IfIndex, x.Key
				}
			}
			f(rows[k], vb.Bytes)
		})
	}
	for _, n := range rows {
		out = append(out, *n)
	}
	return out
}

// TestRecordedNeighbors: each neighbor that another monitoring system states of a recorded device is a link
// of the right port, to a node of that name; and nothing that the facts do not hold becomes a link.
func TestRecordedNeighbors(t *testing.T) {
	files, err := filepath.Glob(testkit.Shared(t, "devices") + "/*.expect.json")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Neighbours []struct {
				Protocol string `json:"protocol"`
				Local    uint32 `json:"local_if_index"`
				Name     string `json:"remote_name"`
				InRec    bool   `json:"name_in_recording"`
			} `json:"neighbours"`
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		device := strings.TrimSuffix(filepath.Base(name), ".expect.json")
		f := recorded(snmptest.LoadRecording(t, strings.TrimSuffix(name, ".expect.json")+".snmprec"), device)
		n := Build(Inventory{Devices: []Device{{Name: device}}}, []Record{Merge(Record{}, f)})
		checkStubs(t, device, n)
		links += len(n.Links)
		for _, x := range want.Neighbours {
			if x.InRec && slices.ContainsFunc(f.Neighbors, func(h telemetry.Neighbor) bool { return h.LocalIfIndex == x.Local }) && !linked(n, fmt.Sprint("if", x.Local), x.Name) {
				t.Errorf("%s: no link from ifIndex %d to %q: %v", device, x.Local, x.Name, linkWords(n))
			}
		}
	}
	if links < 100 { // the tables of all recordings hold 145 rows, some of one neighbor
		t.Errorf("links: got %d", links)
	}
}

// linked tells whether a link leads from a port, perhaps over a segment, to a node of that name.
func linked(n *Network, port, name string) bool {
	for _, l := range n.Links {
		for _, e := range [][2]End{{l.A, l.B}, {l.B, l.A}} {
			if e[0].Port != port {
				continue
			}
			far := n.Nodes[e[1].Node]
			if strings.EqualFold(far.Label, name) {
				return true
			}
			for _, m := range n.Links {
				if far.Kind == SegmentNode && (m.A.Node == e[1].Node && strings.EqualFold(n.Nodes[m.B.Node].Label, name) || m.B.Node == e[1].Node && strings.EqualFold(n.Nodes[m.A.Node].Label, name)) {
					return true
				}
			}
		}
	}
	return false
}

// checkStubs: a MAC address of zeros, which recordings are full of, is nobody's identity.
func checkStubs(t *testing.T, device string, n *Network) {
	t.Helper()
	for _, x := range n.Nodes {
		for _, id := range x.Identities {
			if strings.Contains(id, "00:00:00:00:00:00") {
				t.Errorf("%s: %s is known by a MAC address of zeros", device, x.ID)
			}
		}
	}
	for _, l := range n.Links {
		if l.A.Node == l.B.Node {
			t.Errorf("%s: a link to itself: %s", device, l.ID)
		}
	}
}

// TestRecordedPortIDs plays the neighbor of each recorded device: what the device sends as id of its ports
// (lldpLocPortTable) has to lead back to the interface that has that port number, or to none, never to
// another.
func TestRecordedPortIDs(t *testing.T) {
	files, err := filepath.Glob(testkit.Shared(t, "devices") + "/*.snmprec")
	if err != nil {
		t.Fatal(err)
	}
	found, all := 0, 0
	for _, name := range files {
		if strings.Contains(filepath.Base(name), "@") {
			continue
		}
		rec := snmptest.LoadRecording(t, name)
		f := recorded(rec, "d")
		bridge := map[uint32]uint32{}
		column(rec, "1.3.6.1.2.1.17.1.4.1.2", func(i []uint32, vb snmpwire.VarBind) { bridge[i[0]] = uint32(vb.Int) })
		subtypes := map[uint32]string{}
		column(rec, "1.0.8802.1.1.2.1.3.7.1.2", func(i []uint32, vb snmpwire.VarBind) { subtypes[i[0]] = word(portSubtypes, vb.Int) })
		descr := map[uint32]string{}
		column(rec, "1.0.8802.1.1.2.1.3.7.1.4", func(i []uint32, vb snmpwire.VarBind) { descr[i[0]] = idText("", vb.Bytes) })
		column(rec, "1.0.8802.1.1.2.1.3.7.1.3", func(i []uint32, vb snmpwire.VarBind) {
			subtype := subtypes[i[0]]
			m := resolvePort(&f, nil, telemetry.Neighbor{RemotePortSubtype: subtype, RemotePortID: idText(subtype, vb.Bytes), RemotePortDescr: descr[i[0]]})
			all++
			if m.port < 0 {
				return
			}
			found++
			// the number is a bridge port, an ifIndex or, on some, neither: there the name has to be the one sent
			if got := f.Interfaces[m.port]; got.IfIndex != i[0] && got.IfIndex != bridge[i[0]] && got.IfName != string(vb.Bytes) {
				t.Errorf("%s: port %d sends %s %q (%q): taken for ifIndex %d (%s)", filepath.Base(name), i[0], subtype, vb.Bytes, descr[i[0]], got.IfIndex, got.IfName)
			}
		})
	}
	if found*100 < all*95 {
		t.Errorf("only %d of %d ports were found", found, all)
	}
}
