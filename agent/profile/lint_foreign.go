package profile

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"ninewatch/internal/conf"
)

// foreign checks the keys that Datadog and Kentik define.
func (l *linter) foreign(at conf.Section) {
	for _, name := range slices.Sorted(maps.Keys(l.p.Metadata)) {
		fields := at.In("metadata").In(name).In("fields")
		for _, field := range slices.Sorted(maps.Keys(l.p.Metadata[name].Fields)) {
			f, section := l.p.Metadata[name].Fields[field], fields.In(field)
			l.symbol(section.In("symbol"), &f.Symbol, false)
			for i := range f.Symbols {
				l.symbol(section.Item("symbols", i), &f.Symbols[i], true)
			}
		}
	}
	l.tags(at, l.p.MetricTags)
	for i := range l.p.Metrics {
		l.metric(at.Item("metrics", i), &l.p.Metrics[i])
	}
}

func (l *linter) metric(at conf.Section, m *Metric) {
	if m.Symbol.OID == "" && m.OID != "" { // the older form
		m.Symbol.OID, m.Symbol.Name = m.OID, m.Name
	}
	l.oid(at.In("table"), "OID", m.Table.OID)
	if m.Symbol.OID == "" && len(m.Symbols) == 0 {
		at.Problemf("", "the metric reads nothing: add symbol with the OID of a scalar, or table and symbols")
	}
	if m.Symbol.OID != "" {
		l.symbol(at.In("symbol"), &m.Symbol, true)
	}
	for i := range m.Symbols {
		l.symbol(at.Item("symbols", i), &m.Symbols[i], true)
	}
	for _, t := range []struct{ key, text string }{{"metric_type", m.MetricType}, {"forced_type", m.ForcedType}} {
		if t.text != "" && !slices.Contains(metricTypes, t.text) {
			at.Problemf(t.key, "%q is no type of metrics%s", t.text, nearest(t.text, metricTypes))
		}
	}
	l.tags(at, m.MetricTags)
}

var metricTypes = []string{"gauge", "rate", "monotonic_count", "monotonic_count_and_rate", "flag_stream", "counter", "percent"}

func (l *linter) symbol(at conf.Section, s *Symbol, required bool) {
	l.oid(at, "OID", s.OID)
	if s.OID == "" && required && !s.ConstantValueOne {
		at.Problemf("", "%q has no OID: names alone are not looked up in MIBs, add it", s.Name)
	}
	if s.OID != "" && s.Name == "" && required {
		at.Problemf("name", "the object has no name: add the one that its MIB gives it")
	}
	l.expression(at, "extract_value", s.ExtractValue)
	l.expression(at, "match_pattern", s.MatchPattern)
	if s.MetricType != "" && !slices.Contains(metricTypes, s.MetricType) {
		at.Problemf("metric_type", "%q is no type of metrics%s", s.MetricType, nearest(s.MetricType, metricTypes))
	}
	name, argument, _ := strings.Cut(s.Conversion, ":")
	if s.Conversion != "" && !slices.Contains(kentikConversions, name) {
		at.Problemf("conversion", "%q is no conversion%s", s.Conversion, nearest(name, kentikConversions))
	}
	if name == "regexp" {
		l.expression(at, "conversion", argument)
	}
}

var kentikConversions = []string{"hwaddr", "hextoint", "hextoip", "powerset_status", "regexp", "to_one"}

func (l *linter) tags(at conf.Section, tags []Tag) {
	for i := range tags {
		t, item := &tags[i], at.Item("metric_tags", i)
		l.oid(item, "OID", t.OID)
		l.symbol(item.In("column"), &t.Column, false)
		l.symbol(item.In("symbol"), &t.Symbol, false)
		l.expression(item, "match", t.Match)
		if t.fixed == "" && t.OID == "" && t.Column.OID == "" && t.Symbol.OID == "" && t.Index == 0 && len(t.IndexTransform) == 0 {
			item.Problemf("", "the tag has no source: add column or symbol with an OID, or index")
		}
		for j, x := range t.IndexTransform {
			if x.End < x.Start && x.DropRight == 0 {
				item.Item("index_transform", j).Problemf("end", "%s comes before start %s", strconv.Itoa(int(x.End)), strconv.Itoa(int(x.Start)))
			}
		}
	}
}
