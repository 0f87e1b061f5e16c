package facts

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net"
	"net/netip"

	"ninewatch/internal/oid"
	"ninewatch/internal/telemetry"
)

var (
	ipAddrTable          = table{"ipAddrTable", "1.3.6.1.2.1.4.20.1", "addresses", []uint32{2, 3}}                 // RFC 2011: ifIndex, mask
	ipAddressTable       = table{"ipAddressTable", "1.3.6.1.2.1.4.34.1", "addresses", []uint32{3, 4, 5}}           // RFC 4293: ifIndex, type, prefix
	ipv6AddrTable        = table{"ipv6AddrTable", "1.3.6.1.2.1.55.1.8.1", "addresses", []uint32{2}}                // RFC 2465: prefix length
	cIpAddressTable      = table{"cIpAddressTable", "1.3.6.1.4.1.9.10.86.1.1.2.1", "addresses", []uint32{3, 4, 5}} // CISCO-IETF-IP-MIB, as ipAddressTable
	ipNetToMediaTable    = table{"ipNetToMediaTable", "1.3.6.1.2.1.4.22.1", "hosts", []uint32{2}}
	ipNetToPhysicalTable = table{"ipNetToPhysicalTable", "1.3.6.1.2.1.4.35.1", "hosts", []uint32{4}}
	ipv6NetToMediaTable  = table{"ipv6NetToMediaTable", "1.3.6.1.2.1.55.1.12.1", "hosts", []uint32{2}}
)

func (r *reader) addresses() {
	for _, row := range r.rows(ipAddrTable) {
		x := row.parts()
		addr := addressOf(x.octets(4))
		if x.full() {
			r.address(addr, row.number32(2), maskLength(row.bytes(3)))
		}
	}
	r.inetAddresses(r.rows(ipAddressTable))
	if r.isFrom(cisco) {
		r.inetAddresses(r.rows(cIpAddressTable))
	}
	for _, row := range r.rows(ipv6AddrTable) {
		x := row.parts()
		ifIndex := x.next()
		if len(x.rest) == 17 {
			x.next() // an agent that writes the length
		}
		addr := addressOf(x.octets(16))
		if length, ok := row.known(2); x.full() && ok && length <= 128 {
			r.address(addr, ifIndex, int32(length))
		}
	}
}

// inetAddresses takes rows of ipAddressTable, or of its draft.
func (r *reader) inetAddresses(rows []row) {
	for _, row := range rows {
		x := row.parts()
		addr := x.inet()
		if kind := row.number(4); !x.full() || kind == 3 { // broadcast
			continue
		}
		r.address(addr, row.number32(3), prefixLength(row.object(5), addr))
	}
}

// address adds an address, or what is new about one that is known.
func (r *reader) address(addr netip.Addr, ifIndex uint32, length int32) {
	if addr = usable(addr); !addr.IsValid() {
		return
	}
	for i := range r.f.Addresses {
		a := &r.f.Addresses[i]
		if a.Address == addr && (a.IfIndex == ifIndex || a.IfIndex == 0 || ifIndex == 0) {
			a.IfIndex = cmp.Or(a.IfIndex, ifIndex)
			if a.PrefixLength < 0 {
				a.PrefixLength = length
			}
			return
		}
	}
	r.f.Addresses = append(r.f.Addresses, telemetry.Address{Address: addr, PrefixLength: length, IfIndex: ifIndex})
}

// maskLength is the prefix length of a mask; -1 for what is none, such as ones behind zeros.
func maskLength(b []byte) int32 {
	if len(b) != 4 {
		return -1
	}
	mask := binary.BigEndian.Uint32(b)
	n := bits.LeadingZeros32(^mask)
	if mask<<n != 0 {
		return -1
	}
	return int32(n)
}

// prefixLength is the last index of the row of ipAddressPrefixTable that the pointer names; -1 when it
// names none.
func prefixLength(pointer oid.OID, addr netip.Addr) int32 {
	if len(pointer) < 8 {
		return -1
	}
	n := pointer[len(pointer)-1]
	if n > uint32(addr.BitLen()) || n == 0 {
		return -1
	}
	return int32(n)
}

func (r *reader) hosts() {
	seen := map[telemetry.Address]bool{}
	add := func(ifIndex uint32, addr netip.Addr, mac net.HardwareAddr) {
		at := telemetry.Address{Address: addr, IfIndex: ifIndex}
		if !usable(addr).IsValid() || !usableMAC(mac) || seen[at] || len(seen) > telemetry.MaxFacts("hosts") {
			return
		}
		seen[at] = true
		r.f.Hosts = append(r.f.Hosts, telemetry.Host{Address: addr, PhysAddress: mac, IfIndex: ifIndex})
	}
	for _, row := range r.rows(ipNetToPhysicalTable) {
		x := row.parts()
		ifIndex, addr := x.next(), x.inet()
		if x.full() {
			add(ifIndex, addr, row.mac(4))
		}
	}
	for _, row := range r.rows(ipNetToMediaTable) {
		x := row.parts()
		ifIndex, addr := x.next(), addressOf(x.octets(4))
		if x.full() {
			add(ifIndex, addr, row.mac(2))
		}
	}
	for _, row := range r.rows(ipv6NetToMediaTable) {
		x := row.parts()
		ifIndex, addr := x.next(), addressOf(x.octets(16))
		if x.full() {
			add(ifIndex, addr, row.mac(2))
		}
	}
}

// usableMAC leaves out what stands for no device: nobody and everybody.
func usableMAC(mac net.HardwareAddr) bool {
	if len(mac) == 0 {
		return false
	}
	for _, b := range mac[1:] {
		if b != mac[0] {
			return true
		}
	}
	return mac[0] != 0 && mac[0] != 0xff
}

func compareAddresses(a, b telemetry.Address) int {
	return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.IfIndex, b.IfIndex))
}

func compareHosts(a, b telemetry.Host) int {
	return cmp.Or(cmp.Compare(a.IfIndex, b.IfIndex), a.Address.Compare(b.Address))
}
