package facts

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
)

// row is one row of a table. What a column does not hold, or holds in a type that no MIB allows, is absent.
type row struct {
	index oid.OID
	cells []snmpwire.VarBind // some columns, in any order
	at    int                // where in a name the number of the column stands
	bad   *refused
}

// assemble sorts values into rows, in the order of their indexes.
func assemble(entry oid.OID, binds []snmpwire.VarBind, bad *refused) []row {
	at := len(entry)
	binds = slices.DeleteFunc(binds, func(vb snmpwire.VarBind) bool { return len(vb.OID) < at+2 })
	order.Sort(binds, func(a, b snmpwire.VarBind) int {
		return a.OID[at+1:].Compare(b.OID[at+1:])
	})
	var rows []row
	for start := 0; start < len(binds); {
		end := start + 1
		for end < len(binds) && binds[end].OID[at+1:].Equal(binds[start].OID[at+1:]) {
			end++
		}
		rows = append(rows, row{binds[start].OID[at+1:], binds[start:end:end], at, bad})
		start = end
	}
	return rows
}

// cell is the value of a column, when it has one of the types.
func (r row) cell(column uint32, types ...snmpwire.Type) (snmpwire.VarBind, bool) {
	for _, vb := range r.cells {
		if vb.OID[r.at] != column {
			continue
		}
		if vb.Err == nil && slices.Contains(types, vb.Type) {
			return vb, true
		}
		if vb.Err == nil && (vb.Type == snmpwire.Null || vb.Type >= snmpwire.NoSuchObject) {
			return vb, false
		}
		if r.bad.n++; r.bad.first == nil {
			r.bad.first = fmt.Errorf("%s: type 0x%02x is not that of the MIB", vb.OID, byte(vb.Type))
			if vb.Err != nil {
				r.bad.first = fmt.Errorf("%s: %w", vb.OID, vb.Err)
			}
		}
		return vb, false
	}
	return snmpwire.VarBind{}, false
}

func (r row) bytes(column uint32) []byte {
	vb, _ := r.cell(column, snmpwire.OctetString, snmpwire.IPAddress)
	return vb.Bytes
}

func (r row) text(column uint32) string { return snmp.Text(r.bytes(column)) }

// number is a value from 0 to 2^64-1; 0 for what is not known.
func (r row) number(column uint32) uint64 {
	n, _ := r.known(column)
	return n
}

func (r row) number32(column uint32) uint32 {
	if n := r.number(column); n < 1<<32 {
		return uint32(n)
	}
	return 0
}

func (r row) known(column uint32) (uint64, bool) {
	vb, ok := r.cell(column, snmpwire.Integer, snmpwire.Gauge32, snmpwire.Counter32, snmpwire.Counter64, snmpwire.TimeTicks)
	if !ok {
		return 0, false
	}
	return number(vb)
}

func number(vb snmpwire.VarBind) (uint64, bool) {
	switch vb.Type {
	case snmpwire.Integer:
		return uint64(vb.Int), vb.Int >= 0
	case snmpwire.Gauge32, snmpwire.Counter32, snmpwire.Counter64, snmpwire.TimeTicks:
		return vb.Uint, true
	}
	return 0, false
}

func (r row) object(column uint32) oid.OID {
	vb, _ := r.cell(column, snmpwire.ObjectIdentifier)
	return vb.Object
}

// word is the name of a value of an enumeration that counts from 1; empty for what is not one of it.
func (r row) word(column uint32, names []string) string { return word(r.number(column), names) }

func word(n uint64, names []string) string {
	if n >= 1 && n <= uint64(len(names)) {
		return names[n-1]
	}
	return ""
}

// address is an InetAddress (RFC 4001), an IpAddress, or the text of one; zero when it is none.
func (r row) address(column uint32) netip.Addr { return addressOf(r.bytes(column)) }

func addressOf(b []byte) netip.Addr {
	if len(b) == 8 || len(b) == 20 { // ipv4z, ipv6z: the zone is an ifIndex of the device, and told apart
		b = b[:len(b)-4]
	}
	addr, ok := netip.AddrFromSlice(b)
	if !ok && len(b) > 4 && len(b) < 64 {
		addr, _ = netip.ParseAddr(snmp.Text(b))
	}
	return addr.WithZone("")
}

// usable leaves out the unspecified address, by which devices say that there is none.
func usable(a netip.Addr) netip.Addr {
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// mac is a hardware address, as octets or as text; nil when it is none.
func (r row) mac(column uint32) net.HardwareAddr { return macOf(r.bytes(column)) }

func macOf(b []byte) net.HardwareAddr {
	if len(b) == 6 || len(b) == 8 {
		return slices.Clone(b)
	}
	if len(b) < 11 || len(b) > 24 {
		return nil
	}
	text := strings.ReplaceAll(strings.ReplaceAll(snmp.Text(b), " ", ":"), "-", ":")
	if parts := strings.Split(text, ":"); len(parts) == 6 {
		for i := range parts { // as 0:1b:21:b:e6:f0
			parts[i] = strings.Repeat("0", max(0, 2-len(parts[i]))) + parts[i]
		}
		text = strings.Join(parts, "")
	}
	if mac, err := hex.DecodeString(strings.ReplaceAll(text, ".", "")); err == nil && len(mac) == 6 {
		return mac
	}
	return nil
}

// index takes an index apart from its front. After the first part that is not there, all are zero.
type index struct {
	rest oid.OID
	bad  bool
}

func (r row) parts() *index { return &index{rest: r.index} }

func (x *index) next() uint32 {
	if len(x.rest) == 0 {
		x.bad = true
		return 0
	}
	n := x.rest[0]
	x.rest = x.rest[1:]
	return n
}

// octets takes n numbers that are octets.
func (x *index) octets(n int) []byte {
	if n < 0 || n > len(x.rest) {
		x.bad = true
		return nil
	}
	b := make([]byte, n)
	for i, v := range x.rest[:n] {
		if v > 255 {
			x.bad = true
			return nil
		}
		b[i] = byte(v)
	}
	x.rest = x.rest[n:]
	return b
}

// inet takes an InetAddressType and an InetAddress, whose length some agents leave out. ipv4z and ipv6z
// have the ifIndex of their zone behind the address.
func (x *index) inet() netip.Addr {
	size := [...]int{1: 4, 2: 16, 3: 8, 4: 20}
	t := x.next()
	if t == 0 || int(t) >= len(size) {
		x.bad = true
		return netip.Addr{}
	}
	n := size[t]
	if t > 2 && (len(x.rest) == n-4 || len(x.rest) == n-3) {
		n -= 4 // agents that leave out the zone
	}
	if len(x.rest) > n && int(x.rest[0]) == n {
		x.next()
	}
	return addressOf(x.octets(n))
}

// full tells whether the index was exactly what was taken from it.
func (x *index) full() bool { return !x.bad && len(x.rest) == 0 }
