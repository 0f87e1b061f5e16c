package facts

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"ninewatch/internal/oid"
	"ninewatch/internal/telemetry"
)

// bgpMIB says where a MIB keeps what a BGPPeer is made of. Column 0: it has no such object.
type bgpMIB struct {
	vendors []string // whose devices have it; nil: anybody's
	peers   table
	peer    func(row) netip.Addr // the address of the peer; nil: column remote
	vrf     func(row) string
	admin   []string // words of its administrative status

	remote, local, id            uint32
	remoteAS, localAS            uint32
	state, status, descr, uptime uint32
	inUpdates, outUpdates        uint32
	times, counters              table // further tables, whose rows have the same index
}

var (
	startStop     = []string{"stop", "start"}
	runningHalted = []string{"halted", "running"}
	bgpStates     = []string{"idle", "connect", "active", "opensent", "openconfirm", "established"}
)

// bgpMIBs are asked in this order. What an earlier one says of a peer counts.
var bgpMIBs = []bgpMIB{
	{ // CISCO-BGP4-MIB, index: type, address
		vendors: []string{cisco}, peers: table{"cbgpPeer2Table", "1.3.6.1.4.1.9.9.187.1.2.5.1", "bgp_peers", []uint32{3, 4, 6, 8, 11, 12, 13, 14, 19}},
		peer: inetPeer(0), admin: startStop, state: 3, status: 4, local: 6, localAS: 8, remoteAS: 11, id: 12, inUpdates: 13, outUpdates: 14, uptime: 19,
	},
	draft4("aristaBgp4V2", "1.3.6.1.4.1.30065.4.1.1", arista),
	draft4("os10bgp4V2", "1.3.6.1.4.1.674.11000.5000.200.1.1", dell),
	draft4("bgp4V2", "1.3.6.1.4.1.1991.3.5.1.1", foundry),
	draft4("bgp4V2", "1.3.6.1.3.5.1.1"),
	{ // BGP4-V2-MIB-JUNIPER, draft-ietf-idr-bgp4-mibv2-03
		vendors: []string{juniper}, peers: table{"jnxBgpM2PeerTable", "1.3.6.1.4.1.2636.5.1.1.2.1.1.1", "bgp_peers", nil},
		vrf: numberedVRF(15), admin: runningHalted, id: 1, state: 2, status: 3, local: 7, localAS: 9, remote: 11, remoteAS: 13,
		times:    table{"jnxBgpM2PeerEventTimesTable", "1.3.6.1.4.1.2636.5.1.1.2.4.1.1", "bgp_peers", []uint32{1}},
		counters: table{"jnxBgpM2PeerCountersTable", "1.3.6.1.4.1.2636.5.1.1.2.6.1.1", "bgp_peers", []uint32{1, 2}},
	},
	{ // FORCE10-BGP4-V2-MIB, the same draft with one column more in front
		vendors: []string{force10}, peers: table{"f10BgpM2PeerTable", "1.3.6.1.4.1.6027.20.1.2.1.1.1", "bgp_peers", nil},
		vrf: numberedVRF(1), admin: runningHalted, id: 2, state: 3, status: 4, local: 8, localAS: 10, remote: 12, remoteAS: 14,
		times:    table{"f10BgpM2PeerEventTimesTable", "1.3.6.1.4.1.6027.20.1.2.3.1.1", "bgp_peers", []uint32{1}},
		counters: table{"f10BgpM2PeerCountersTable", "1.3.6.1.4.1.6027.20.1.2.6.1.1", "bgp_peers", []uint32{1, 2}},
	},
	{ // HUAWEI-BGP-VPN-MIB, index: instance, AFI, SAFI, type, address
		vendors: []string{huawei}, peers: table{"hwBgpPeerTable", "1.3.6.1.4.1.2011.5.25.177.1.1.2.1", "bgp_peers", []uint32{2, 4, 5, 7}},
		vrf: indexedVRF, remoteAS: 2, remote: 4, state: 5, uptime: 7,
	},
	{ // TIMETRA-BGP-MIB, index: virtual router, type, address
		vendors: []string{nokia}, peers: table{"tBgpPeerNgTable", "1.3.6.1.4.1.6527.3.1.2.14.4.7.1", "bgp_peers", []uint32{6, 7, 13, 59, 65, 66}},
		peer: inetPeer(1), vrf: indexedVRF, admin: startStop, // tBgpPeerNgShutdown: true(1), false(2)
		status: 6, descr: 7, local: 13, state: 59, localAS: 65, remoteAS: 66,
	},
	{ // BGP4-MIB, RFC 4273: IPv4, and no VRF
		peers: table{"bgpPeerTable", "1.3.6.1.2.1.15.3.1", "bgp_peers", []uint32{1, 2, 3, 5, 9, 10, 11, 16}},
		peer:  func(r row) netip.Addr { return addressOf(r.parts().octets(4)) }, admin: startStop,
		id: 1, state: 2, status: 3, local: 5, remoteAS: 9, inUpdates: 10, outUpdates: 11, uptime: 16,
	},
}

// draft4 is draft-ietf-idr-bgp4-mibv2-15 as several makers have it, index: instance, type, address.
func draft4(name, root string, vendors ...string) bgpMIB {
	return bgpMIB{
		vendors: vendors, peers: table{name + "PeerTable", root + ".2.1", "bgp_peers", nil}, peer: inetPeer(1), vrf: indexedVRF, admin: runningHalted,
		local: 3, localAS: 7, remoteAS: 10, id: 11, status: 12, state: 13, descr: 14,
		times:    table{name + "PeerEventTimesTable", root + ".4.1", "bgp_peers", []uint32{1}},
		counters: table{name + "PeerCountersTable", root + ".7.1", "bgp_peers", []uint32{1, 2}},
	}
}

// inetPeer reads the address of the peer from the index, behind skip other numbers.
func inetPeer(skip int) func(row) netip.Addr {
	return func(r row) netip.Addr {
		x := r.parts()
		for range skip {
			x.next()
		}
		addr := x.inet()
		if x.bad {
			return netip.Addr{}
		}
		return addr
	}
}

// indexedVRF: the first number of the index is the routing instance; that of the main one is 0 or 1.
func indexedVRF(r row) string { return vrfName(r.index[0]) }

func numberedVRF(column uint32) func(row) string {
	return func(r row) string { return vrfName(r.number32(column)) }
}

func vrfName(n uint32) string {
	if n <= 1 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

var bgpLocalAs = oid.MustParse("1.3.6.1.2.1.15.2.0")

func (r *reader) bgp() {
	for i := range bgpMIBs {
		if m := &bgpMIBs[i]; m.vendors == nil || r.isFrom(m.vendors...) {
			r.bgpPeers(m)
		}
	}
	if len(r.f.BGPPeers) == 0 {
		return
	}
	as, _ := number(r.get(r.s, "bgp_peers", "bgpLocalAs", bgpLocalAs)[0])
	for i := range r.f.BGPPeers {
		if p := &r.f.BGPPeers[i]; p.LocalAS == 0 && as < 1<<32 {
			p.LocalAS = uint32(as)
		}
	}
}

func (r *reader) bgpPeers(m *bgpMIB) {
	rows := r.rows(m.peers)
	r.watch(established, &m.peers, rows, m.state)
	if len(rows) == 0 {
		return
	}
	if m.status > 0 {
		r.watch(plain, &m.peers, rows, m.status)
	}
	var times, counters map[string]row
	if m.times.entry != "" {
		times, counters = byIndexes(r.rows(m.times)), byIndexes(r.rows(m.counters))
	}
	for _, row := range rows {
		p := m.read(row)
		if !p.Peer.IsValid() || p.Peer.IsUnspecified() {
			continue
		}
		if t, ok := times[row.index.String()]; ok {
			p.UptimeSeconds = t.number(1)
		}
		if c, ok := counters[row.index.String()]; ok {
			p.InUpdates, p.OutUpdates = c.number(1), c.number(2)
		}
		r.bgpPeer(p)
	}
}

func byIndexes(rows []row) map[string]row {
	out := make(map[string]row, len(rows))
	for _, r := range rows {
		out[r.index.String()] = r
	}
	return out
}

func (m *bgpMIB) read(r row) telemetry.BGPPeer {
	p := telemetry.BGPPeer{
		RemoteAS: r.number32(m.remoteAS), LocalAS: r.number32(m.localAS), LocalAddress: usable(r.address(m.local)), RouterID: usable(r.address(m.id)),
		State: r.word(m.state, bgpStates), AdminStatus: r.word(m.status, m.admin), Descr: r.text(m.descr),
		UptimeSeconds: r.number(m.uptime), InUpdates: r.number(m.inUpdates), OutUpdates: r.number(m.outUpdates),
	}
	if m.peer != nil {
		p.Peer = m.peer(r)
	} else {
		p.Peer = r.address(m.remote)
	}
	if m.vrf != nil {
		p.VRF = m.vrf(r)
	}
	return p
}

// bgpPeer adds a peer, or to one that is known what is new about it. BGP4-MIB does not tell the VRF.
func (r *reader) bgpPeer(p telemetry.BGPPeer) {
	at := slices.IndexFunc(r.f.BGPPeers, func(o telemetry.BGPPeer) bool {
		return o.Peer == p.Peer && (o.VRF == p.VRF || p.VRF == "")
	})
	if at < 0 {
		r.f.BGPPeers = append(r.f.BGPPeers, p)
		return
	}
	o := &r.f.BGPPeers[at]
	o.RemoteAS, o.LocalAS, o.State = cmp.Or(o.RemoteAS, p.RemoteAS), cmp.Or(o.LocalAS, p.LocalAS), cmp.Or(o.State, p.State)
	o.AdminStatus, o.Descr = cmp.Or(o.AdminStatus, p.AdminStatus), cmp.Or(o.Descr, p.Descr)
	o.LocalAddress, o.RouterID = cmp.Or(o.LocalAddress, p.LocalAddress), cmp.Or(o.RouterID, p.RouterID)
	if o.UptimeSeconds == 0 {
		o.UptimeSeconds = p.UptimeSeconds
	}
	if o.InUpdates == 0 && o.OutUpdates == 0 {
		o.InUpdates, o.OutUpdates = p.InUpdates, p.OutUpdates
	}
}

func compareBGPPeers(a, b telemetry.BGPPeer) int {
	return cmp.Or(cmp.Compare(a.VRF, b.VRF), a.Peer.Compare(b.Peer))
}
