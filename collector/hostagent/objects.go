package hostagent

import (
	"math"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// firstProcessor is the hrDeviceIndex of CPU 0, as in net-snmp.
const firstProcessor = 3 << 16

var (
	mib2 = oid.MustParse("1.3.6.1.2.1")
	zero = oid.OID{0, 0}
)

// objects is r as an SNMP agent shows it.
func (r *reading) objects() []snmpwire.VarBind {
	var o objects
	r.system(&o)
	o.integer(int64(len(r.links)), 2, 1, 0)
	o.number(snmpwire.TimeTicks, r.change, 31, 1, 5, 0)
	for i := range r.links {
		r.links[i].ifEntry(&o)
		r.links[i].ifXEntry(&o)
	}
	r.hostResources(&o)
	return o.all
}

// objects collects objects of MIB-2.
type objects struct{ all []snmpwire.VarBind }

func (o *objects) integer(n int64, name ...uint32) {
	o.all = append(o.all, snmpwire.VarBind{OID: mib2.Append(name...), Type: snmpwire.Integer, Int: n})
}

func (o *objects) text(s string, name ...uint32) {
	o.all = append(o.all, snmpwire.VarBind{OID: mib2.Append(name...), Type: snmpwire.OctetString, Bytes: []byte(s)})
}

func (o *objects) name(value oid.OID, name ...uint32) {
	o.all = append(o.all, snmpwire.VarBind{OID: mib2.Append(name...), Type: snmpwire.ObjectIdentifier, Object: value})
}

// number adds a value of a type without sign; a Counter32 wraps, a Gauge32 sticks to its highest value.
func (o *objects) number(t snmpwire.Type, n uint64, name ...uint32) {
	switch t {
	case snmpwire.Counter32:
		n %= 1 << 32
	case snmpwire.Gauge32:
		n = min(n, math.MaxUint32)
	}
	o.all = append(o.all, snmpwire.VarBind{OID: mib2.Append(name...), Type: t, Uint: n})
}

func (r *reading) system(o *objects) {
	const host = 72 // sysServices: end-to-end (4) and applications (7), 2^(L-1) each
	o.text(r.descr, 1, 1, 0)
	o.name(objectID, 1, 2, 0)
	o.number(snmpwire.TimeTicks, ticks(r.upTime), 1, 3, 0)
	o.text("", 1, 4, 0)
	o.text(r.name, 1, 5, 0)
	o.text("", 1, 6, 0)
	o.integer(host, 1, 7, 0)
}

// ifEntry is a row of ifTable.
func (l *link) ifEntry(o *objects) {
	at := func(column uint32) []uint32 { return []uint32{2, 2, 1, column, l.index} }
	o.integer(int64(l.index), at(1)...)
	o.text(l.name, at(2)...)
	o.integer(l.kind, at(3)...)
	o.integer(l.mtu, at(4)...)
	o.number(snmpwire.Gauge32, l.speed*1e6, at(5)...)
	o.text(string(l.mac), at(6)...)
	o.integer(l.admin, at(7)...)
	o.integer(l.oper, at(8)...)
	o.number(snmpwire.TimeTicks, l.lastChange, at(9)...)
	if !l.counted {
		return
	}
	c := &l.counters
	o.number(snmpwire.Counter32, c.inOctets, at(10)...)
	o.number(snmpwire.Counter32, c.unicasts(), at(11)...)
	o.number(snmpwire.Counter32, c.inDrops, at(13)...)
	o.number(snmpwire.Counter32, c.inErrors, at(14)...)
	o.number(snmpwire.Counter32, c.outOctets, at(16)...)
	o.number(snmpwire.Counter32, c.outPackets, at(17)...)
	o.number(snmpwire.Counter32, c.outDrops, at(19)...)
	o.number(snmpwire.Counter32, c.outErrors, at(20)...)
}

// ifXEntry is a row of ifXTable.
func (l *link) ifXEntry(o *objects) {
	at := func(column uint32) []uint32 { return []uint32{31, 1, 1, 1, column, l.index} }
	o.text(l.name, at(1)...)
	o.number(snmpwire.Gauge32, l.speed, at(15)...)
	o.integer(truth(l.promiscuous), at(16)...)
	o.integer(truth(l.connector), at(17)...)
	o.text(l.alias, at(18)...)
	o.number(snmpwire.TimeTicks, l.discontinuity, at(19)...)
	if !l.counted {
		return
	}
	c := &l.counters
	o.number(snmpwire.Counter32, c.inMulticasts, at(2)...)
	o.number(snmpwire.Counter64, c.inOctets, at(6)...)
	o.number(snmpwire.Counter64, c.unicasts(), at(7)...)
	o.number(snmpwire.Counter64, c.inMulticasts, at(8)...)
	o.number(snmpwire.Counter64, c.outOctets, at(10)...)
	o.number(snmpwire.Counter64, c.outPackets, at(11)...)
}

// truth is a TruthValue (RFC 2579).
func truth(yes bool) int64 {
	if yes {
		return 1
	}
	return 2
}

// hostResources is HOST-RESOURCES-MIB.
func (r *reading) hostResources(o *objects) {
	if r.bootKnown {
		o.number(snmpwire.TimeTicks, ticks(r.upTime), 25, 1, 1, 0)
	}
	if r.memory.total > 0 {
		o.integer(int64(min(r.memory.total, math.MaxInt32)), 25, 2, 2, 0)
	}
	for _, s := range r.stores {
		at := func(column uint32) []uint32 { return []uint32{25, 2, 3, 1, column, s.index} }
		o.integer(int64(s.index), at(1)...)
		o.name(s.kind, at(2)...)
		o.text(s.descr, at(3)...)
		o.integer(int64(s.unit), at(4)...)
		o.integer(int64(s.size), at(5)...)
		o.integer(int64(s.used), at(6)...)
	}
	for _, l := range r.loads {
		o.name(zero, 25, 3, 3, 1, 1, firstProcessor+l.number)
		o.integer(l.percent, 25, 3, 3, 1, 2, firstProcessor+l.number)
	}
}
