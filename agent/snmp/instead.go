package snmp

import (
	"slices"

	"ninewatch/internal/oid"
	"ninewatch/internal/telemetry"
)

// Instead is an object of a vendor's MIB that counts for an interface what IF-MIB does not: the profile of the device
// says so.
type Instead struct {
	IfIndex uint32
	Counter Counter
	Wide    bool // a Counter64
	OID     oid.OID
	Value   uint64 // as it was found
}

// CounterNamed finds the counter of IF-MIB that has a name.
func CounterNamed(name string) (c Counter, wide, ok bool) {
	for c := range counters {
		if wide = ifCounters[c].wide.name == name; wide || ifCounters[c].narrow.name == name {
			return c, wide, name != ""
		}
	}
	return 0, false, false
}

// Names are those of IF-MIB in whose place i stands.
//
//go:noinline
func (i *Instead) Names() (names []oid.OID) {
	for _, o := range []object{ifCounters[i.Counter].wide, ifCounters[i.Counter].narrow} {
		if o.at != nil {
			names = append(names, o.at.Append(i.IfIndex))
		}
	}
	return names
}

// Instead is p with some counters read from other objects, under the name that they have in IF-MIB. p stays as it is.
func (p *Plan) Instead(list []Instead, interfaces []telemetry.Interface) *Plan {
	if len(list) == 0 {
		return p
	}
	q := *p
	q.items, q.template = slices.Clone(p.items), slices.Clone(p.template)
	q.names = make([]oid.OID, p.batch.n)
	for i := range q.names {
		q.names[i] = p.batch.Name(i)
	}
	for i := range list {
		q.replace(&list[i], interfaces)
	}
	q.gone = make([]bool, len(q.template))
	q.batch, q.names = NewBatch(q.names), nil
	return &q
}

// replace has one counter read from elsewhere, of an interface that is polled.
func (p *Plan) replace(i *Instead, interfaces []telemetry.Interface) {
	o := &ifCounters[i.Counter].narrow
	if i.Wide {
		o = &ifCounters[i.Counter].wide
	}
	for _, name := range i.Names() {
		if at := slices.IndexFunc(p.names, name.Equal); at >= 0 {
			p.names[at], p.items[at].object = i.OID, o
			p.template[p.items[at].series].Name = o.name
			return
		}
	}
	known := slices.IndexFunc(interfaces, func(f telemetry.Interface) bool { return f.IfIndex == i.IfIndex })
	if known < 0 {
		return
	}
	l := labels("ifName", interfaces[known].Key)
	if slices.ContainsFunc(p.template, func(s telemetry.Series) bool { return slices.Equal(s.Labels, l) }) {
		p.add(o, i.OID, l)
	}
}
