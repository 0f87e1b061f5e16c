package topology

import (
	"bytes"
	"strconv"
	"strings"

	"ninewatch/internal/telemetry"
)

// ifTypes of interfaces that no cable ends at (IANAifType-MIB).
var virtualTypes = map[uint32]bool{
	24: true, 53: true, 131: true, 135: true, 136: true, 142: true, 150: true, // softwareLoopback, propVirtual, tunnel, l2vlan, l3ipvlan, ipForward, mplsTunnel
	161: true, 209: true, // ieee8023adLag, bridge
}

// match is what a port description fits.
type match struct {
	port  int  // position in the device's interfaces; -1: none, or more than one
	lag   int  // position of the LAG that was named instead of its member; -1: none
	many  bool // fits several ports
	byMAC bool // what fits several is a MAC address
}

// resolvePort finds the port that a neighbor says it sends from. The subtype says what the id means; where
// it fits none, the other readings are tried, then the description. Only a unique fit counts.
func resolvePort(f *telemetry.DeviceFacts, lags map[uint32]bool, n telemetry.Neighbor) match {
	out := match{port: -1, lag: -1}
	id, descr := strings.TrimSpace(n.RemotePortID), strings.TrimSpace(n.RemotePortDescr)
	for _, read := range readings(n.RemotePortSubtype, id, descr) {
		fits := read.fits(f.Interfaces)
		if len(fits) > 1 && descr != "" {
			if both := among(f.Interfaces, fits, descr); len(both) == 1 {
				fits = both
			}
		}
		switch {
		case len(fits) == 0:
		case len(fits) > 1:
			out.many, out.byMAC = true, read.mac != nil
		case lags[f.Interfaces[fits[0]].IfIndex]:
			return match{port: -1, lag: fits[0]}
		case virtualTypes[f.Interfaces[fits[0]].IfType]:
		default:
			return match{port: fits[0], lag: -1}
		}
	}
	return out
}

// reading is one way to understand a port id.
type reading struct {
	field func(*telemetry.Interface) string
	text  string
	short bool // Gi1/0/1 for GigabitEthernet1/0/1
	mac   []byte
	index uint32
}

func ifName(i *telemetry.Interface) string  { return i.IfName }
func ifDescr(i *telemetry.Interface) string { return i.IfDescr }
func ifAlias(i *telemetry.Interface) string { return i.IfAlias }

func readings(subtype, id, descr string) []reading {
	var out []reading
	mac := reading{mac: parseMAC(id)}
	names := []reading{{field: ifName, text: id}, {field: ifDescr, text: id}, {field: ifName, text: id, short: true}, {field: ifDescr, text: id, short: true}}
	alias := reading{field: ifAlias, text: id}
	var index reading
	if n, err := strconv.ParseUint(id, 10, 32); err == nil {
		index.index = uint32(n)
	}
	switch subtype {
	case "macAddress":
		out = []reading{mac}
	case "interfaceAlias":
		out = append([]reading{alias}, names...)
	case "local", "":
		out = append(append(out, names...), index, alias, mac)
	default:
		out = append(append(out, names...), alias, index, mac)
	}
	if descr != "" {
		out = append(out, reading{field: ifName, text: descr}, reading{field: ifDescr, text: descr}, reading{field: ifAlias, text: descr})
	}
	return out
}

func (r reading) fits(interfaces []telemetry.Interface) (out []int) {
	for i := range interfaces {
		if r.fit(&interfaces[i]) {
			out = append(out, i)
		}
	}
	return out
}

func (r reading) fit(i *telemetry.Interface) bool {
	switch {
	case r.mac != nil:
		return bytes.Equal(r.mac, i.IfPhysAddress) && !virtualTypes[i.IfType]
	case r.index > 0:
		return i.IfIndex == r.index
	case r.text == "":
		return false
	case r.short:
		return sameShort(r.field(i), r.text)
	}
	return strings.EqualFold(r.field(i), r.text)
}

func among(interfaces []telemetry.Interface, fits []int, descr string) (out []int) {
	for _, at := range fits {
		if i := &interfaces[at]; strings.EqualFold(i.IfDescr, descr) || strings.EqualFold(i.IfName, descr) || strings.EqualFold(i.IfAlias, descr) {
			out = append(out, at)
		}
	}
	return out
}

// sameShort tells whether two names differ only in how far the word before the number is written out.
func sameShort(a, b string) bool {
	wordA, numberA := splitName(a)
	wordB, numberB := splitName(b)
	if numberA == "" || numberA != numberB || len(wordA) < 2 || len(wordB) < 2 {
		return false
	}
	short, long := strings.ToLower(wordA), strings.ToLower(wordB)
	if len(short) > len(long) {
		short, long = long, short
	}
	return strings.HasPrefix(long, short)
}

func splitName(s string) (word, number string) {
	at := strings.IndexAny(s, "0123456789")
	if at < 0 {
		return s, ""
	}
	return strings.TrimSpace(s[:at]), s[at:]
}
