package snmp

import (
	"fmt"
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// syntax is what a MIB says of the type of an object, as far as it matters to a reader.
type syntax uint8

const (
	octets    syntax = iota // OCTET STRING
	whole                   // Integer32, Gauge32, Unsigned32: agents mix them up, the number is the same
	counter32               // counters are read as what they are, or not at all: the width is in the name
	counter64
	ticks
	name
)

func (s syntax) matches(t snmpwire.Type) bool {
	switch s {
	case octets:
		return t == snmpwire.OctetString
	case whole:
		return t == snmpwire.Integer || t == snmpwire.Gauge32
	case counter32:
		return t == snmpwire.Counter32
	case counter64:
		return t == snmpwire.Counter64
	case ticks:
		return t == snmpwire.TimeTicks
	}
	return t == snmpwire.ObjectIdentifier
}

// exception tells whether t says that the object or instance is not there.
func exception(t snmpwire.Type) bool {
	return t == snmpwire.NoSuchObject || t == snmpwire.NoSuchInstance || t == snmpwire.EndOfMibView
}

// object is a scalar (then at ends in .0) or a column.
type object struct {
	name   string
	at     oid.OID
	syntax syntax
	words  uint64 // of an enumeration: its values are 1 to words; 0: any number
}

// Scalars of SNMPv2-MIB (RFC 3418) and IF-MIB (RFC 2863).
var (
	sysDescr          = object{"sysDescr", oid.MustParse("1.3.6.1.2.1.1.1.0"), octets, 0}
	sysObjectID       = object{"sysObjectID", oid.MustParse("1.3.6.1.2.1.1.2.0"), name, 0}
	sysUpTime         = object{"sysUpTime", oid.MustParse("1.3.6.1.2.1.1.3.0"), ticks, 0}
	sysContact        = object{"sysContact", oid.MustParse("1.3.6.1.2.1.1.4.0"), octets, 0}
	sysName           = object{"sysName", oid.MustParse("1.3.6.1.2.1.1.5.0"), octets, 0}
	sysLocation       = object{"sysLocation", oid.MustParse("1.3.6.1.2.1.1.6.0"), octets, 0}
	ifNumber          = object{"ifNumber", oid.MustParse("1.3.6.1.2.1.2.1.0"), whole, 0}
	ifTableLastChange = object{"ifTableLastChange", oid.MustParse("1.3.6.1.2.1.31.1.5.0"), ticks, 0}
)

//go:noinline
func column(name, table string, number uint32, s syntax) object {
	return object{name: name, at: oid.MustParse(table).Append(number), syntax: s}
}

func enumeration(name, table string, number uint32, words uint64) object {
	o := column(name, table, number, whole)
	o.words = words
	return o
}

const (
	ifEntry  = "1.3.6.1.2.1.2.2.1"
	ifXEntry = "1.3.6.1.2.1.31.1.1.1"
)

// Columns of ifTable and ifXTable that tell what an interface is.
var (
	ifDescr       = column("ifDescr", ifEntry, 2, octets)
	ifType        = column("ifType", ifEntry, 3, whole)
	ifMtu         = column("ifMtu", ifEntry, 4, whole)
	ifSpeed       = column("ifSpeed", ifEntry, 5, whole)
	ifPhysAddress = column("ifPhysAddress", ifEntry, 6, octets)
	ifAdminStatus = enumeration("ifAdminStatus", ifEntry, 7, 3)
	ifOperStatus  = enumeration("ifOperStatus", ifEntry, 8, 7)
	ifLastChange  = column("ifLastChange", ifEntry, 9, ticks)
	ifName        = column("ifName", ifXEntry, 1, octets)
	ifHighSpeed   = column("ifHighSpeed", ifXEntry, 15, whole)
	ifAlias       = column("ifAlias", ifXEntry, 18, octets)

	ifCounterDiscontinuityTime = column("ifCounterDiscontinuityTime", ifXEntry, 19, ticks)
)

// Counter is one of the things that IF-MIB counts, with both widths; either may have no object.
type Counter int

// The counters of an interface.
const (
	InOctets Counter = iota
	OutOctets
	InUcastPkts
	OutUcastPkts
	InMulticastPkts
	OutMulticastPkts
	InBroadcastPkts
	OutBroadcastPkts
	InErrors
	OutErrors
	InDiscards
	OutDiscards
	counters
)

// ifCounters are the objects of the counters, with 64 and with 32 bits. Those of ifTable are older.
var ifCounters = objectsOf([counters]counterColumns{
	InOctets:         {"InOctets", 6, 10, ifEntry},
	OutOctets:        {"OutOctets", 10, 16, ifEntry},
	InUcastPkts:      {"InUcastPkts", 7, 11, ifEntry},
	OutUcastPkts:     {"OutUcastPkts", 11, 17, ifEntry},
	InMulticastPkts:  {"InMulticastPkts", 8, 2, ifXEntry},
	OutMulticastPkts: {"OutMulticastPkts", 12, 4, ifXEntry},
	InBroadcastPkts:  {"InBroadcastPkts", 9, 3, ifXEntry},
	OutBroadcastPkts: {"OutBroadcastPkts", 13, 5, ifXEntry},
	InErrors:         {"InErrors", 0, 14, ifEntry},
	OutErrors:        {"OutErrors", 0, 20, ifEntry},
	InDiscards:       {"InDiscards", 0, 13, ifEntry},
	OutDiscards:      {"OutDiscards", 0, 19, ifEntry},
})

type counterColumns struct {
	name         string // behind if, ifHC
	wide, narrow uint32 // columns; wide 0: there is none
	table        string // of narrow
}

func objectsOf(list [counters]counterColumns) (out [counters]struct{ wide, narrow object }) {
	for i, c := range list {
		if out[i].narrow = column("if"+c.name, c.table, c.narrow, counter32); c.wide > 0 {
			out[i].wide = column("ifHC"+c.name, ifXEntry, c.wide, counter64)
		}
	}
	return out
}

// maxText is the longest text kept of a device (internal/record has the same limit).
const maxText = 4096

// Text is an octet string as people may read it: up to the first NUL, valid UTF-8 (what is not is taken
// for ISO 8859-1, which older devices speak), without control characters, runs of which become one space.
func Text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			b = b[:i]
			break
		}
	}
	s := string(b)
	if !utf8.Valid(b) {
		latin1 := make([]rune, len(b))
		for i, c := range b {
			latin1[i] = rune(c)
		}
		s = string(latin1)
	}
	fields := strings.FieldsFunc(s, unprintable)
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	s = strings.TrimSpace(strings.Join(fields, " "))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// unprintable includes the marks that turn the direction of a line around.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
}

// macAddress is an octet string as a hardware address; nil when it is none (a text, an IP address).
func macAddress(b []byte) net.HardwareAddr {
	if len(b) != 6 && len(b) != 8 {
		return nil
	}
	return net.HardwareAddr(b)
}

// checked tells why vb cannot be used as o; nil for a good value. What is not there is errAbsent.
func (o object) checked(vb snmpwire.VarBind) error {
	switch {
	case vb.Err != nil:
		return vb.Err
	case exception(vb.Type):
		return errAbsent
	case !o.syntax.matches(vb.Type):
		return fmt.Errorf("%w: type 0x%02x", errType, byte(vb.Type))
	}
	if n, ok := number64(vb); o.words > 0 && (!ok || n < 1 || n > o.words) {
		return fmt.Errorf("%w: %d", errWord, int64(n))
	}
	return nil
}

// fits is checked for a value of a Batch. problem is what its Answer says of it.
func (o *object) fits(v snmpwire.Value, problem error) error {
	switch {
	case problem != nil:
		return problem
	case exception(v.Type):
		return errAbsent
	case !o.syntax.matches(v.Type):
		return fmt.Errorf("%w: type 0x%02x", errType, byte(v.Type))
	case o.words > 0 && (v.Bits < 1 || v.Bits > o.words):
		return fmt.Errorf("%w: %d", errWord, v.Int())
	}
	return nil
}

// number64 is the value of vb; not ok when it is negative.
func number64(vb snmpwire.VarBind) (n uint64, ok bool) {
	if vb.Type == snmpwire.Integer {
		return uint64(vb.Int), vb.Int >= 0
	}
	return vb.Uint, true
}
