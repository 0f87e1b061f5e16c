package facts

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/telemetry"
)

// lldpMIB is one of the MIBs of LLDP: the same columns, whose numbers and indexes differ.
type lldpMIB struct {
	changed oid.OID // lldpStatsRemTablesLastChangeTime.0; nil: not there
	local   oid.OID // lldpLocChassisIdSubtype.0, the id is its next sibling; nil: not there
	ports   table   // lldpLocPortTable
	remote  table   // lldpRemTable
	man     table   // lldpRemManAddrTable
	first   uint32  // column of lldpRemChassisIdSubtype
	indexed bool    // the index holds an ifIndex and a destination address, not a port number
}

var lldpMIBs = []lldpMIB{
	{ // LLDP-MIB, IEEE 802.1AB-2005
		changed: oid.MustParse("1.0.8802.1.1.2.1.2.1.0"),
		local:   oid.MustParse("1.0.8802.1.1.2.1.3.1.0"),
		ports:   table{"lldpLocPortTable", "1.0.8802.1.1.2.1.3.7.1", "neighbors", nil},
		remote:  table{"lldpRemTable", "1.0.8802.1.1.2.1.4.1.1", "neighbors", nil},
		man:     table{"lldpRemManAddrTable", "1.0.8802.1.1.2.1.4.2.1", "neighbors", nil},
		first:   4,
	},
	{ // LLDP-V2-MIB, IEEE 802.1AB-2009
		changed: oid.MustParse("1.3.111.2.802.1.1.13.1.2.1.0"),
		local:   oid.MustParse("1.3.111.2.802.1.1.13.1.3.1.0"),
		ports:   table{"lldpV2LocPortTable", "1.3.111.2.802.1.1.13.1.3.7.1", "neighbors", nil},
		remote:  table{"lldpV2RemTable", "1.3.111.2.802.1.1.13.1.4.1.1", "neighbors", nil},
		man:     table{"lldpV2RemManAddrTable", "1.3.111.2.802.1.1.13.1.4.2.1", "neighbors", nil},
		first:   5,
		indexed: true,
	},
	{ // TIMETRA-LLDP-MIB of Nokia
		remote:  table{"tmnxLldpRemTable", "1.3.6.1.4.1.6527.3.1.2.59.4.1.1", "neighbors", nil},
		man:     table{"tmnxLldpRemManAddrTable", "1.3.6.1.4.1.6527.3.1.2.59.4.2.1", "neighbors", nil},
		first:   4,
		indexed: true,
	},
}

var (
	chassisSubtypes = []string{"chassisComponent", "interfaceAlias", "portComponent", "macAddress", "networkAddress", "interfaceName", "local"}
	portSubtypes    = []string{"interfaceAlias", "portComponent", "macAddress", "networkAddress", "interfaceName", "agentCircuitId", "local"}
	capabilities    = []string{"other", "repeater", "bridge", "wlanAccessPoint", "router", "telephone", "docsisCableDevice", "stationOnly"}
)

func (r *reader) neighbors() {
	for i := range lldpMIBs {
		if m := &lldpMIBs[i]; m.local != nil || r.isFrom(nokia) {
			r.lldp(m)
		}
	}
	r.cdp()
	r.fdp()
	for i := range r.f.Neighbors {
		n := &r.f.Neighbors[i]
		n.LocalKey = r.ports.key(n.LocalIfIndex)
	}
}

func (r *reader) lldp(m *lldpMIB) {
	r.localChassis(m)
	remotes := r.rows(m.remote)
	if m.changed != nil {
		r.watchScalar("neighbors", m.changed)
	}
	if len(remotes) == 0 {
		return
	}
	locals := &localPorts{ports: r.ports}
	if m.ports.entry != "" {
		locals.read(r.rows(m.ports))
	}
	heard := make([]heard, 0, len(remotes))
	for _, row := range remotes {
		if h, ok := m.heard(row); ok {
			heard = append(heard, h)
		}
	}
	m.manage(heard, r.rows(m.man))
	r.routerOS(heard)
	var open int
	var first error
	for _, h := range heard {
		if why := h.place(r.ports, m, locals); why != nil {
			if open++; open == 1 {
				first = fmt.Errorf("neighbour %q: %w", cmp.Or(h.RemoteName, h.RemoteChassisID), why)
			}
		}
		if !r.repeated(h.Neighbor) {
			r.f.Neighbors = append(r.f.Neighbors, h.Neighbor)
		}
	}
	if open > 0 {
		r.problem(m.remote.name, fmt.Errorf("the local port of %d neighbours is not known, the first: %w", open, first))
	}
}

// mtxrNeighborTable of MIKROTIK-MIB has the same index as RouterOS gives lldpRemTable, which lacks the
// port: mtxrNeighborInterfaceID is an ifIndex.
var mtxrNeighborTable = table{"mtxrNeighborTable", "1.3.6.1.4.1.14988.1.1.11.1.1", "neighbors", []uint32{8}}

func (r *reader) routerOS(list []heard) {
	if !r.isFrom(mikroTik) || !slices.ContainsFunc(list, func(h heard) bool { return !h.known }) {
		return
	}
	at := byIndexes(r.rows(mtxrNeighborTable))
	for i := range list {
		if row, ok := at[fmt.Sprint(list[i].index)]; ok && !list[i].known {
			list[i].LocalIfIndex = row.number32(8)
		}
	}
}

// repeated: some devices tell the same neighbour in both versions of the MIB.
func (r *reader) repeated(n telemetry.Neighbor) bool {
	return slices.ContainsFunc(r.f.Neighbors, func(o telemetry.Neighbor) bool {
		return o.Protocol == n.Protocol && o.LocalIfIndex == n.LocalIfIndex && o.LocalIfIndex != 0 &&
			o.RemoteChassisID == n.RemoteChassisID && o.RemotePortID == n.RemotePortID
	})
}

func (r *reader) localChassis(m *lldpMIB) {
	if m.local == nil || r.f.LocalChassis.ID != "" {
		return
	}
	id := slices.Clone(m.local)
	id[len(id)-2]++
	got := r.get(r.s, "local_chassis", "lldpLocChassisId", m.local, id)
	n, _ := number(got[0])
	if subtype := word(n, chassisSubtypes); subtype != "" && len(got[1].Bytes) > 0 {
		r.f.LocalChassis = telemetry.ChassisID{Subtype: subtype, ID: lldpID(subtype, got[1].Bytes)}
	}
}

// heard is a row of lldpRemTable.
type heard struct {
	telemetry.Neighbor
	port, index uint32
	known       bool // the index of the row tells the port
}

func (m *lldpMIB) heard(row row) (heard, bool) {
	h := heard{Neighbor: telemetry.Neighbor{Protocol: "lldp"}}
	switch n := len(row.index); {
	case m.indexed && n >= 4: // time mark, ifIndex, destination address, index
		h.port, h.index, h.known = row.index[1], row.index[3], true
	case m.indexed:
	case n >= 3: // time mark, port, index
		h.port, h.index = row.index[1], row.index[2]
		h.known = h.port != 0
	case n == 1:
		h.index = row.index[0]
	}
	c := m.first
	h.RemoteChassisSubtype = row.word(c, chassisSubtypes)
	h.RemoteChassisID = lldpID(h.RemoteChassisSubtype, row.bytes(c+1))
	h.RemotePortSubtype = row.word(c+2, portSubtypes)
	h.RemotePortID = lldpID(h.RemotePortSubtype, row.bytes(c+3))
	h.RemotePortDescr, h.RemoteName, h.RemoteDescr = row.text(c+4), row.text(c+5), row.text(c+6)
	h.Capabilities = bitNames(row.bytes(c+8), capabilities)
	// A row without any of these is the table's way to say that a port has no neighbour.
	return h, h.RemoteChassisID != "" || h.RemotePortID != "" || h.RemoteName != ""
}

// lldpID is an id as text, by its subtype. Some agents write a MAC address as text.
func lldpID(subtype string, b []byte) string {
	switch subtype {
	case "macAddress":
		if mac := macOf(b); mac != nil {
			return mac.String()
		}
	case "networkAddress": // the first octet is the family: 1 IPv4, 2 IPv6
		if len(b) == 5 || len(b) == 17 {
			if addr, ok := netip.AddrFromSlice(b[1:]); ok {
				return addr.String()
			}
		}
	}
	for _, c := range b {
		if c < 0x20 && c != 0 || c == 0x7f || c >= 0x80 && len(b) == 6 {
			if len(b) == 6 {
				return net.HardwareAddr(b).String()
			}
			return hex.EncodeToString(b[:min(len(b), 255)])
		}
	}
	return snmp.Text(b)
}

// bitNames are the names of the bits that are set in BITS; nil for what is too long to be such a value.
func bitNames(b []byte, names []string) (set []string) {
	if len(b) > 2 {
		return nil
	}
	for i, name := range names {
		if i/8 < len(b) && b[i/8]&(0x80>>(i%8)) != 0 {
			set = append(set, name)
		}
	}
	return set
}

// manage adds management addresses. Their index has the address behind that of the neighbour; where it
// names a neighbour that is not there, it belongs to the only one of that port.
func (m *lldpMIB) manage(list []heard, rows []row) {
	skip := 0
	if m.indexed {
		skip = 1
	}
	for _, row := range rows {
		x := row.parts()
		x.next() // time mark
		port := x.next()
		x.octets(skip)
		index, family := x.next(), x.next() // AddressFamilyNumbers: 1 IPv4, 2 IPv6
		if len(x.rest) > 0 && (int(x.rest[0]) == len(x.rest)-1) {
			x.next()
		}
		addr := addressOf(x.octets(len(x.rest)))
		if x.bad || !usable(addr).IsValid() || family != 1 && family != 2 {
			continue
		}
		at := slices.IndexFunc(list, func(h heard) bool { return h.known && h.port == port && h.index == index })
		if at < 0 {
			at = onlyOne(list, func(h heard) bool { return h.known && h.port == port })
		}
		if at >= 0 && !slices.Contains(list[at].Addresses, addr) && len(list[at].Addresses) < maxAddresses {
			list[at].Addresses = append(list[at].Addresses, addr)
		}
	}
}

// maxAddresses of one neighbour, and of one group of routers, are kept.
const maxAddresses = 16

func onlyOne[T any](list []T, fits func(T) bool) int {
	at := slices.IndexFunc(list, fits)
	if at >= 0 && slices.ContainsFunc(list[at+1:], fits) {
		return -1
	}
	return at
}

// place finds the interface that a neighbour was heard on, or tells why not.
func (h *heard) place(p *ports, m *lldpMIB, locals *localPorts) (why error) {
	switch {
	case h.LocalIfIndex != 0:
		h.LocalPort = p.name(h.LocalIfIndex)
	case !h.known:
		return errors.New("its index does not tell the port")
	case m.indexed && p.byIndex[h.port] == nil:
		h.LocalPort = fmt.Sprint(h.port)
		return fmt.Errorf("there is no interface %d", h.port)
	case m.indexed:
		h.LocalIfIndex, h.LocalPort = h.port, p.name(h.port)
	default:
		h.LocalPort = cmp.Or(locals.ids[h.port].text, fmt.Sprint(h.port))
		h.LocalIfIndex, why = locals.resolve(h.port)
	}
	return why
}

func compareNeighbors(a, b telemetry.Neighbor) int {
	return cmp.Or(cmp.Compare(a.LocalIfIndex, b.LocalIfIndex), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.LocalPort, b.LocalPort),
		cmp.Compare(a.RemoteChassisID, b.RemoteChassisID), cmp.Compare(a.RemotePortID, b.RemotePortID))
}
