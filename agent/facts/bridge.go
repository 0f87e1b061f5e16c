package facts

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

var (
	dot1dBasePortTable    = table{"dot1dBasePortTable", "1.3.6.1.2.1.17.1.4.1", "bridge_ports", []uint32{2}} // ifIndex
	dot1qPortVlanTable    = table{"dot1qPortVlanTable", "1.3.6.1.2.1.17.7.1.4.5.1", "bridge_ports", []uint32{1}}
	vmMembershipTable     = table{"vmMembershipTable", "1.3.6.1.4.1.9.9.68.1.2.2.1", "bridge_ports", []uint32{2}} // by ifIndex
	dot1qVlanStaticTable  = table{"dot1qVlanStaticTable", "1.3.6.1.2.1.17.7.1.4.3.1", "vlans", []uint32{1}}
	dot1qVlanCurrentTable = table{"dot1qVlanCurrentTable", "1.3.6.1.2.1.17.7.1.4.2.1", "vlans", []uint32{3}}
	ieeeVlanStaticTable   = table{"ieee8021QBridgeVlanStaticTable", "1.3.111.2.802.1.1.4.1.4.3.1", "vlans", []uint32{3}}
	vtpVlanTable          = table{"vtpVlanTable", "1.3.6.1.4.1.9.9.46.1.3.1.1", "vlans", []uint32{2, 3, 4}} // state, type, name
	jnxExVlanTable        = table{"jnxExVlanTable", "1.3.6.1.4.1.2636.3.40.1.5.1.5.1", "vlans", []uint32{2, 5}}
	jnxL2aldVlanTable     = table{"jnxL2aldVlanTable", "1.3.6.1.4.1.2636.3.48.1.3.1.1", "vlans", []uint32{2, 3}}
	dot1dStpPortTable     = table{"dot1dStpPortTable", "1.3.6.1.2.1.17.2.15.1", "stp", nil}
	ieeeTreeTable         = table{"ieee8021SpanningTreeTable", "1.3.111.2.802.1.1.3.1.1.1", "stp", nil}
	ieeeTreePortTable     = table{"ieee8021SpanningTreePortTable", "1.3.111.2.802.1.1.3.1.2.1", "stp", nil}

	stpProtocols  = []string{"", "decLb100", "ieee8021d"} // unknown(1)
	stpPortStates = []string{"disabled", "blocking", "listening", "learning", "forwarding", "broken"}
)

// bridge reads which interface each port of the bridge is.
func (r *reader) bridge() {
	r.bridgePorts(r.s)
	pvids := map[uint32]uint32{}
	for _, row := range r.rows(dot1qPortVlanTable) {
		if len(row.index) == 1 {
			pvids[r.ports.ofBridge(row.index[0])] = row.number32(1)
		}
	}
	if r.isFrom(cisco) {
		for _, row := range r.rows(vmMembershipTable) {
			if len(row.index) == 1 {
				pvids[row.index[0]] = row.number32(2)
			}
		}
	}
	for i := range r.f.BridgePorts {
		r.f.BridgePorts[i].PVID = pvids[r.f.BridgePorts[i].IfIndex]
	}
}

func (r *reader) bridgePorts(s snmp.Session) {
	for _, row := range r.rowsOf(s, dot1dBasePortTable) {
		ifIndex := row.number32(2)
		if len(row.index) != 1 || ifIndex == 0 || r.ports.bridge[row.index[0]] != 0 {
			continue
		}
		if len(r.f.BridgePorts) == telemetry.MaxFacts("bridge_ports") {
			r.surplus("bridge_ports", len(r.f.BridgePorts)+1, len(r.f.BridgePorts))
			return
		}
		r.ports.bridge[row.index[0]] = ifIndex
		r.f.BridgePorts = append(r.f.BridgePorts, telemetry.BridgePort{Port: row.index[0], IfIndex: ifIndex})
	}
}

// vlans reads the VLANs and their names. The name that somebody gave counts before none.
func (r *reader) vlans() {
	names := map[uint32]string{}
	add := func(id uint32, name string) {
		if id >= 1 && id <= 4095 {
			names[id] = cmp.Or(names[id], name)
		}
	}
	last := func(row row) uint32 { return row.index[len(row.index)-1] } // the VLAN, behind a component or a time mark
	if r.isFrom(cisco) {
		for _, row := range r.rows(vtpVlanTable) {
			if kind := row.number(3); len(row.index) == 2 && kind <= 1 { // ethernet
				add(last(row), row.text(4))
			}
		}
	}
	if r.isFrom(juniper) { // whose Q-BRIDGE-MIB counts VLANs by numbers of its own
		for _, row := range r.rows(jnxExVlanTable) {
			add(row.number32(5), row.text(2))
		}
		for _, row := range r.rows(jnxL2aldVlanTable) {
			add(row.number32(3), row.text(2))
		}
	}
	if len(names) == 0 {
		for _, row := range r.rows(dot1qVlanStaticTable) {
			add(last(row), row.text(1))
		}
		for _, row := range r.rows(dot1qVlanCurrentTable) {
			add(last(row), "")
		}
		for _, row := range r.rows(ieeeVlanStaticTable) {
			add(last(row), row.text(3))
		}
	}
	for id, name := range names {
		r.f.VLANs = append(r.f.VLANs, telemetry.VLAN{ID: id, Name: name})
	}
	r.f.VLANs = sorted(r, "vlans", r.f.VLANs, func(a, b telemetry.VLAN) int { return compare(a.ID, b.ID) })
}

// Scalars of dot1dStp, in the order that instance reads them.
var dot1dStp = []oid.OID{
	oid.MustParse("1.3.6.1.2.1.17.1.1.0"), // dot1dBaseBridgeAddress
	oid.MustParse("1.3.6.1.2.1.17.2.1.0"), // protocol
	oid.MustParse("1.3.6.1.2.1.17.2.2.0"), // priority
	oid.MustParse("1.3.6.1.2.1.17.2.4.0"), // topology changes
	oid.MustParse("1.3.6.1.2.1.17.2.5.0"), // designated root
	oid.MustParse("1.3.6.1.2.1.17.2.6.0"), // root cost
	oid.MustParse("1.3.6.1.2.1.17.2.7.0"), // root port
}

// maxVLANTrees is how many VLANs of one switch are asked for their own tree: each costs a few requests.
const maxVLANTrees = 128

// spanningTrees reads the tree of the bridge, and of Cisco's switches that of each VLAN.
func (r *reader) spanningTrees() {
	r.ownTrees()
	if r.o.Open == nil || len(r.f.VLANs) == 0 || len(r.f.BridgePorts) == 0 || !r.isFrom(cisco) || !strings.Contains(r.f.System.SysDescr, "Cisco IOS Software") {
		return
	}
	asked, silent := 0, 0
	for _, v := range r.f.VLANs {
		if v.ID == 1 || r.stopped != nil { // VLAN 1 is what the default context tells
			continue
		}
		if asked++; asked > maxVLANTrees {
			r.problem("dot1dStp", fmt.Errorf("%d VLANs are too many, the spanning trees of the first %d are read", len(r.f.VLANs), maxVLANTrees))
			r.partial("stp")
			return
		}
		switch err := r.inVLAN(r.ctx, v.ID); {
		case err == nil:
			silent = 0
		case r.ctx.Err() == nil && snmp.KindOf(err) == snmp.Timeout: // how a switch says that the VLAN has no bridge
			if silent++; silent == silentTables {
				return
			}
		default:
			r.problem(fmt.Sprintf("dot1dStp of VLAN %d", v.ID), err)
			r.partial("stp")
			return
		}
	}
}

// ownTrees reads the tree of the bridge, and keeps what was read of others before.
func (r *reader) ownTrees() {
	before := r.f.STP
	r.f.STP = nil
	if r.spanningTree(r.s, 0); len(r.f.STP) == 0 {
		r.ieeeTrees()
	}
	own := len(r.f.STP)
	for _, t := range before {
		if !slices.ContainsFunc(r.f.STP[:own], func(o telemetry.STPInstance) bool { return o.Instance == t.Instance }) {
			r.f.STP = append(r.f.STP, t)
		}
	}
}

func (r *reader) inVLAN(ctx context.Context, vlan uint32) error {
	s, err := r.o.Open(ctx, vlan)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // a UDP socket
	if _, err := s.Get(ctx, dot1dStp[0]); err != nil {
		return err
	}
	r.bridgePorts(s)
	r.spanningTree(s, vlan)
	return nil
}

func (r *reader) spanningTree(s snmp.Session, instance uint32) {
	got := r.get(s, "stp", "dot1dStp", dot1dStp...)
	if !slices.ContainsFunc(got[2:], func(vb snmpwire.VarBind) bool { return vb.Type != 0 }) {
		return
	}
	n := func(i int) uint32 {
		v, _ := number(got[i])
		return uint32(min(v, 1<<32-1))
	}
	t := telemetry.STPInstance{
		Instance: instance, Protocol: word(uint64(n(1)), stpProtocols), Priority: n(2), TopologyChanges: uint64(n(3)),
		BridgeAddress: macOf(got[0].Bytes), RootCost: n(5), RootPort: n(6), RootIfIndex: r.ports.ofBridge(n(6)),
	}
	t.RootPriority, t.Root = bridgeID(got[4].Bytes)
	for _, row := range r.rowsOf(s, dot1dStpPortTable) {
		if len(row.index) != 1 || len(t.Ports) == telemetry.MaxFacts("bridge_ports") {
			continue
		}
		t.Ports = append(t.Ports, r.treePort(row, row.index[0], 3))
		if s == r.s {
			r.watchTree(&t, row, 3)
		}
	}
	for _, i := range []int{4, 6} { // another root, another way to it
		if s == r.s && got[i].Type != 0 {
			r.states = append(r.states, named{dot1dStp[i], inSingle, state{list: "stp", last: plain(got[i]), of: plain}})
		}
	}
	r.f.STP = append(r.f.STP, t)
}

// watchTree has the last port of t looked at, where another bridge is at its other end.
func (r *reader) watchTree(t *telemetry.STPInstance, row row, state uint32) {
	p := &t.Ports[len(t.Ports)-1]
	if p.Port == t.RootPort || len(p.DesignatedBridge) > 0 && !slices.Equal(p.DesignatedBridge, t.BridgeAddress) ||
		slices.ContainsFunc(r.f.Neighbors, func(n telemetry.Neighbor) bool { return n.LocalIfIndex == p.IfIndex && p.IfIndex != 0 }) {
		r.watchCell("stp", forwards, row, state)
	}
}

// treePort is a row of one of the tables of ports, whose columns follow each other alike from the state on.
func (r *reader) treePort(row row, port, state uint32) telemetry.STPPort {
	p := telemetry.STPPort{Port: port, IfIndex: r.ports.ofBridge(port), State: row.word(state, stpPortStates), PathCost: row.number32(state + 2)}
	p.Key = r.ports.key(p.IfIndex)
	_, p.DesignatedBridge = bridgeID(row.bytes(state + 5))
	if b := row.bytes(state + 6); len(b) == 2 {
		p.DesignatedPort = uint32(binary.BigEndian.Uint16(b))
	}
	return p
}

// ieeeTrees reads IEEE8021-SPANNING-TREE-MIB, which tells the trees of each component of a bridge; the first
// component is the bridge itself where there are no others.
func (r *reader) ieeeTrees() {
	trees := r.rows(ieeeTreeTable)
	r.watch(plain, &ieeeTreeTable, trees, 6, 8) // root, root port
	for _, row := range trees {
		if len(row.index) != 1 {
			continue
		}
		t := telemetry.STPInstance{Instance: row.index[0], Protocol: row.word(2, stpProtocols), Priority: row.number32(3), TopologyChanges: row.number(5),
			RootCost: row.number32(7), RootPort: row.number32(8), RootIfIndex: r.ports.ofBridge(row.number32(8))}
		if t.Instance == 1 {
			t.Instance = 0
		}
		t.RootPriority, t.Root = bridgeID(row.bytes(6))
		r.f.STP = append(r.f.STP, t)
	}
	if len(r.f.STP) == 0 {
		return
	}
	for _, row := range r.rows(ieeeTreePortTable) { // index: component, port
		if len(row.index) != 2 {
			continue
		}
		for i := range r.f.STP {
			t := &r.f.STP[i]
			if t.Instance == row.index[0] || t.Instance == 0 && row.index[0] == 1 {
				t.Ports = append(t.Ports, r.treePort(row, row.index[1], 4))
				r.watchTree(t, row, 4)
			}
		}
	}
}

// bridgeID is a BridgeId: two octets of priority and an address.
func bridgeID(b []byte) (priority uint32, address net.HardwareAddr) {
	if len(b) != 8 {
		return 0, nil
	}
	return uint32(binary.BigEndian.Uint16(b)), slices.Clone(b[2:])
}
