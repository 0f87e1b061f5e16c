package profile

import (
	"slices"
	"strconv"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// Replaces tells whether the profile of a name or, without a name, one for a sysObjectID may have other objects in
// place of counters of IF-MIB.
func (l *Library) Replaces(name, sysObjectID string) bool {
	if p, err := l.profileOf(name); p != nil && err == nil {
		return l.replaces(p, maxDepth)
	}
	list, _ := l.candidatesFor(sysObjectID)
	return slices.ContainsFunc(list, func(c candidate) bool {
		p, err := l.profileOf(c.name)
		return p != nil && err == nil && l.replaces(p, maxDepth)
	})
}

func (l *Library) replaces(p *Profile, depth int) bool {
	for _, m := range p.Metrics {
		if slices.ContainsFunc(m.Symbols, Symbol.replaces) {
			return true
		}
	}
	return depth > 0 && slices.ContainsFunc(p.Extends, func(name string) bool {
		more, err := l.profileOf(nameOf(name))
		return more != nil && err == nil && l.replaces(more, depth-1)
	})
}

// replaces tells whether a counter of IF-MIB has the name of s, which is not in IF-MIB.
func (s Symbol) replaces() bool {
	_, _, ok := snmp.CounterNamed(s.Name)
	return ok && !s.own()
}

// instead reads a column of a vendor's table that counts what a counter of IF-MIB should. Where that one stands at 0,
// or is not there, the vendor's takes its place.
func (rd *reader) instead(m *Metric, s *Symbol, at string, one snmp.Instead) {
	kind := snmpwire.Counter32
	if one.Wide {
		kind = snmpwire.Counter64
	}
	column := rd.column(at, s.Name)
	var found []snmp.Instead
	var asked []string
	for _, index := range column.order {
		vb := column.rows[index.String()]
		if vb.Type != kind || index == nil {
			continue
		}
		one.IfIndex, one.OID, one.Value = index[len(index)-1], vb.OID, vb.Uint
		for _, l := range rd.labels(m, &row{index: index}) {
			if n, err := strconv.ParseUint(l.Value, 10, 32); l.Name == "ifIndex" && err == nil {
				one.IfIndex = uint32(n)
			}
		}
		found = append(found, one)
		for _, name := range one.Names() {
			asked = append(asked, name.String())
		}
	}
	if rd.prefetch(asked); rd.stopped != nil {
		return
	}
	for _, i := range found {
		if slices.ContainsFunc(i.Names(), func(name oid.OID) bool {
			vb, ok := rd.scalar(name.String())
			return ok && vb.Uint > 0
		}) {
			continue
		}
		rd.out.Instead = append(rd.out.Instead, i)
		rd.out.Metrics = append(rd.out.Metrics, MetricReading{telemetry.Series{Name: s.Name,
			Labels: []telemetry.Label{{Name: "ifIndex", Value: strconv.FormatUint(uint64(i.IfIndex), 10)}}}, float64(i.Value)})
	}
}
