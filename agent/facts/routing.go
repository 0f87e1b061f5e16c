package facts

import (
	"cmp"
	"net/netip"

	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

var (
	ospfNbrTable   = table{"ospfNbrTable", "1.3.6.1.2.1.14.10.1", "ospf_neighbors", nil}
	ospfv3NbrTable = table{"ospfv3NbrTable", "1.3.6.1.2.1.191.1.9.1", "ospf_neighbors", nil}

	ospfStates = []string{"down", "attempt", "init", "twoWay", "exchangeStart", "exchange", "loading", "full"}
)

func (r *reader) ospf() {
	v2, v3 := r.rows(ospfNbrTable), r.rows(ospfv3NbrTable)
	r.watch(adjacent, &ospfNbrTable, v2, 6)
	r.watch(adjacent, &ospfv3NbrTable, v3, 8)
	for _, row := range v2 {
		x := row.parts()
		addr := addressOf(x.octets(4))
		ifIndex := x.next() // of links without addresses, else 0
		if !x.full() {
			continue
		}
		r.f.OSPFNeighbors = append(r.f.OSPFNeighbors, telemetry.OSPFNeighbor{Version: 2, Address: usable(addr), IfIndex: ifIndex,
			RouterID: usable(row.address(3)), Priority: row.number32(5), State: row.word(6, ospfStates), Events: row.number(7)})
	}
	for _, row := range v3 {
		if len(row.index) != 3 { // ifIndex, instance, router id
			continue
		}
		id := row.index[2]
		r.f.OSPFNeighbors = append(r.f.OSPFNeighbors, telemetry.OSPFNeighbor{Version: 3, Address: usable(row.address(5)), IfIndex: row.index[0],
			RouterID: netip.AddrFrom4([4]byte{byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}),
			Priority: row.number32(7), State: row.word(8, ospfStates), Events: row.number(9)})
	}
}

func compareOSPFNeighbors(a, b telemetry.OSPFNeighbor) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), a.Address.Compare(b.Address), a.RouterID.Compare(b.RouterID), cmp.Compare(a.IfIndex, b.IfIndex))
}

var (
	vrrpOperTable               = table{"vrrpOperTable", "1.3.6.1.2.1.68.1.3.1", "fhrp_groups", nil}
	vrrpAssoIpAddrTable         = table{"vrrpAssoIpAddrTable", "1.3.6.1.2.1.68.1.4.1", "fhrp_groups", []uint32{2}}
	vrrpv3OperationsTable       = table{"vrrpv3OperationsTable", "1.3.6.1.2.1.207.1.1.1.1", "fhrp_groups", nil}
	vrrpv3AssociatedIpAddrTable = table{"vrrpv3AssociatedIpAddrTable", "1.3.6.1.2.1.207.1.1.2.1", "fhrp_groups", []uint32{2}}
	cHsrpGrpTable               = table{"cHsrpGrpTable", "1.3.6.1.4.1.9.9.106.1.2.1.1", "fhrp_groups", nil}

	vrrpStates = []string{"initialize", "backup", "master"}
	hsrpStates = []string{"initial", "learn", "listen", "speak", "standby", "active"}
)

// fhrp reads the groups of routers that stand in for each other. Devices that have both versions of the
// MIB of VRRP tell their groups in both: the newer one counts.
func (r *reader) fhrp() {
	r.vrrpv3()
	if len(r.f.FHRPGroups) == 0 {
		r.vrrp()
	}
	if r.isFrom(cisco) {
		r.hsrp()
	}
	for i := range r.f.FHRPGroups {
		g := &r.f.FHRPGroups[i]
		g.Key = r.ports.key(g.IfIndex)
		order.Sort(g.More, netip.Addr.Compare)
		if !g.VirtualAddress.IsValid() && len(g.More) > 0 {
			g.VirtualAddress, g.More = g.More[0], g.More[1:]
		}
		if len(g.More) == 0 {
			g.More = nil
		}
	}
}

func (r *reader) vrrp() {
	groups := r.rows(vrrpOperTable)
	r.watch(plain, &vrrpOperTable, groups, 3)
	for _, row := range groups {
		if len(row.index) == 2 {
			r.group(telemetry.FHRPGroup{Protocol: "vrrp", IfIndex: row.index[0], Group: row.index[1], VirtualMAC: row.mac(2).String(),
				State: row.word(3, vrrpStates), Priority: row.number32(5), Active: usable(row.address(7))})
		}
	}
	for _, row := range r.rows(vrrpAssoIpAddrTable) {
		x := row.parts()
		ifIndex, group, addr := x.next(), x.next(), addressOf(x.octets(4))
		if x.full() {
			r.virtual(ifIndex, group, addr)
		}
	}
}

func (r *reader) vrrpv3() {
	groups := r.rows(vrrpv3OperationsTable)
	r.watch(plain, &vrrpv3OperationsTable, groups, 6)
	for _, row := range groups {
		if len(row.index) == 3 { // ifIndex, VRID, address type
			r.group(telemetry.FHRPGroup{Protocol: "vrrp", IfIndex: row.index[0], Group: row.index[1], VirtualMAC: row.mac(5).String(),
				State: row.word(6, vrrpStates), Priority: row.number32(7), Active: usable(row.address(3))})
		}
	}
	for _, row := range r.rows(vrrpv3AssociatedIpAddrTable) {
		x := row.parts()
		ifIndex, group, addr := x.next(), x.next(), x.inet()
		if x.full() {
			r.virtual(ifIndex, group, addr)
		}
	}
}

func (r *reader) hsrp() {
	groups := r.rows(cHsrpGrpTable)
	r.watch(plain, &cHsrpGrpTable, groups, 13, 14, 15) // active and standby router, state
	for _, row := range groups {
		if len(row.index) == 2 {
			r.group(telemetry.FHRPGroup{Protocol: "hsrp", IfIndex: row.index[0], Group: row.index[1], VirtualMAC: row.mac(16).String(),
				State: row.word(15, hsrpStates), Priority: row.number32(3), VirtualAddress: usable(row.address(11)),
				Active: usable(row.address(13)), Standby: usable(row.address(14))})
		}
	}
}

// group adds a group; one for IPv4 and one for IPv6 of the same number are two.
func (r *reader) group(g telemetry.FHRPGroup) { r.f.FHRPGroups = append(r.f.FHRPGroups, g) }

// virtual adds an address to its group: the one of its family, when there are two.
func (r *reader) virtual(ifIndex, group uint32, addr netip.Addr) {
	if !usable(addr).IsValid() {
		return
	}
	at := -1
	for i := range r.f.FHRPGroups {
		g := &r.f.FHRPGroups[i]
		if g.IfIndex != ifIndex || g.Group != group {
			continue
		}
		if at < 0 || g.Active.Is4() == addr.Is4() {
			at = i
		}
	}
	if at >= 0 && len(r.f.FHRPGroups[at].More) < maxAddresses {
		r.f.FHRPGroups[at].More = append(r.f.FHRPGroups[at].More, addr)
	}
}

func compareFHRPGroups(a, b telemetry.FHRPGroup) int {
	return cmp.Or(cmp.Compare(a.IfIndex, b.IfIndex), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Group, b.Group), a.VirtualAddress.Compare(b.VirtualAddress))
}
