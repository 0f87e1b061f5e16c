package profile

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// MetricReading is a value of an entry of metrics.
type MetricReading struct {
	Series telemetry.Series
	Value  float64
}

// ownTables are read by the poller of interfaces itself, with the interface's key for a label.
var ownTables = []string{"1.3.6.1.2.1.2.2.1.", "1.3.6.1.2.1.31.1.1.1."}

// metrics reads the entries of metrics.
func (rd *reader) metrics() {
	for i := range rd.r.metrics {
		m := &rd.r.metrics[i]
		if m.Symbol.OID != "" {
			rd.metric(m, &m.Symbol, &row{n: 1}, strings.TrimPrefix(m.Symbol.OID, "."))
		}
		for j := range m.Symbols {
			rd.columnMetric(m, &m.Symbols[j])
		}
	}
	rd.out.Plan, rd.out.Derived = distinct(rd.out.Plan), apart(rd.out.Derived)
	rd.out.objects = rd.objects.names
}

func (rd *reader) columnMetric(m *Metric, s *Symbol) {
	at := strings.TrimPrefix(s.OID, ".")
	if s.own() {
		return
	}
	if s.ConstantValueOne {
		at = rd.anyColumn(m)
	}
	if at == "" {
		return
	}
	if counter, wide, ok := snmp.CounterNamed(s.Name); ok {
		rd.instead(m, s, at, snmp.Instead{Counter: counter, Wide: wide})
		return
	}
	for n, index := range rd.column(at, s.Name).order {
		rd.metric(m, s, &row{index: index, n: n + 1}, at+"."+index.String())
	}
}

// own tells whether s is in one of ownTables.
func (s Symbol) own() bool {
	return slices.ContainsFunc(ownTables, func(t string) bool { return strings.HasPrefix(strings.TrimPrefix(s.OID, ".")+".", t) })
}

// anyColumn is one whose rows a constant may follow: that of another symbol or of a tag.
func (rd *reader) anyColumn(m *Metric) string {
	for _, s := range m.Symbols {
		if s.OID != "" {
			return strings.TrimPrefix(s.OID, ".")
		}
	}
	for _, t := range m.MetricTags {
		if column := t.column(); column.OID != "" && len(t.IndexTransform) == 0 {
			return strings.TrimPrefix(column.OID, ".")
		}
	}
	return ""
}

// metric reads one instance.
func (rd *reader) metric(m *Metric, s *Symbol, r *row, at string) {
	name := metricName(s.Name)
	i := Instance{Interval: every(m, s), source: s.source(), factor: 1,
		Series: telemetry.Series{Name: name, Labels: rd.labels(m, r)}}
	i.OID, _ = oid.Parse(at)
	if s.ConstantValueOne {
		rd.out.Metrics = append(rd.out.Metrics, MetricReading{i.Series, 1})
		return
	}
	if s.ScaleFactor != 0 {
		i.factor = s.ScaleFactor
	}
	vb, ok := rd.instanceOf(at, r)
	if !ok || name == "" || i.OID == nil {
		return
	}
	v := i.source.refine(s.converted(ofBind(vb)), nil)
	if !v.ok || !v.isNum {
		return
	}
	f, ok := i.source.scaled(v.number, i.factor)
	if !ok {
		return
	}
	rd.out.Metrics = append(rd.out.Metrics, MetricReading{i.Series, f})
	rd.out.Plan = append(rd.out.Plan, i)
}

func (rd *reader) instanceOf(at string, r *row) (vb snmpwire.VarBind, ok bool) {
	if r.index == nil {
		return rd.scalar(at)
	}
	vb, ok = rd.column(strings.TrimSuffix(at, "."+r.index.String()), "").rows[r.index.String()]
	return vb, ok
}

func every(m *Metric, s *Symbol) time.Duration {
	switch {
	case s.Interval > 0:
		return s.Interval
	case s.PollTimeSec > 0:
		return time.Duration(s.PollTimeSec) * time.Second
	}
	return m.Interval
}

// source says how the number of a symbol is read.
func (s *Symbol) source() *Source {
	out := &Source{Object: s.Name}
	switch {
	case s.ExtractValue != "":
		out.Match, out.expression = s.ExtractValue, compiled(s.ExtractValue)
	case strings.HasPrefix(s.Conversion, "regexp:"):
		out.Match = strings.TrimPrefix(s.Conversion, "regexp:")
		out.expression = compiled(out.Match)
	case strings.HasPrefix(s.Conversion, "hextoint:LittleEndian"):
		out.Convert = "octets_little"
	case strings.HasPrefix(s.Conversion, "hextoint"):
		out.Convert = "octets"
	case s.Conversion == "to_one":
		out.Map = States{"*": "1"}
	}
	return out
}

// converted is the text of a value in the format that a symbol asks for.
func (s *Symbol) converted(v value) value {
	name := map[string]string{"mac_address": "mac", "ip_address": "ip", "hex": "hex_text"}[s.Format]
	switch s.Conversion {
	case "hwaddr":
		name = "mac"
	case "hextoip":
		name = "ip"
	}
	if convert := conversions[name]; convert != nil && v.octets != nil {
		if text, ok := convert(v.octets); ok {
			return ofText(text)
		}
	}
	return v
}

// reserved labels say whose sample it is: a profile cannot set them.
var reserved = []string{"site", "device", "agent", "__name__"}

// labels are the tags of a row. The index stands in where the tags do not tell rows apart.
func (rd *reader) labels(m *Metric, r *row) []telemetry.Label {
	tags := map[string]string{}
	fixed := func(list []string) {
		for _, text := range list {
			if name, text, ok := strings.Cut(text, ":"); ok {
				tags[name] = text
			}
		}
	}
	fixed(rd.r.static)
	fixed(m.StaticTags)
	for i := range m.MetricTags {
		rd.tag(&m.MetricTags[i], r, tags)
	}
	if len(r.index) > 0 && len(m.MetricTags) == 0 {
		tags["index"] = r.index.String()
	}
	var out []telemetry.Label
	for _, name := range sortedKeys(tags) {
		label := strings.ReplaceAll(metricName(name), ":", "_")
		if slices.Contains(reserved, label) || label == "" || label[0] <= '9' {
			label = "tag_" + label
		}
		out = append(out, telemetry.Label{Name: label, Value: tags[name]})
	}
	// What a name becomes may stand elsewhere than the name, or be another's: the first one of a name stays.
	order.Sort(out, func(a, b telemetry.Label) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b telemetry.Label) bool { return a.Name == b.Name })
}

// column is where a tag's text comes from: its name in Datadog's older and newer form.
func (t *Tag) column() Symbol {
	switch {
	case t.Column.OID != "":
		return t.Column
	case t.Symbol.OID != "":
		return t.Symbol
	}
	return Symbol{OID: t.OID, Name: t.Symbol.Name}
}

// tag adds what a tag says of a row.
func (rd *reader) tag(t *Tag, r *row, tags map[string]string) {
	if name, text, ok := strings.Cut(t.fixed, ":"); ok {
		tags[name] = text
		return
	}
	name := firstOf(t.Tag, t.column().Tag, t.column().Name, t.Name)
	text := ""
	if column := t.column(); t.Index > 0 {
		if int(t.Index) <= len(r.index) {
			text = strconv.FormatUint(uint64(r.index[t.Index-1]), 10)
		}
	} else if column.OID != "" {
		text = rd.tagText(t, column, r)
	}
	for word, n := range t.column().Enum {
		if text == strconv.FormatInt(n, 10) {
			text = word
			break
		}
	}
	if word, ok := t.Mapping[text]; ok {
		text = word
	}
	if t.Match != "" {
		x := compiled(t.Match)
		for name, replace := range t.Tags {
			v := (&Source{expression: x, Replace: pythonGroups.ReplaceAllString(replace, "$${$1}")}).extract(text)
			if v.ok {
				tags[name] = v.text
			}
		}
		return
	}
	if text != "" && name != "" {
		tags[name] = text
	}
}

func (rd *reader) tagText(t *Tag, column Symbol, r *row) string {
	if strings.HasSuffix(column.OID, ".0") {
		vb, _ := rd.scalar(column.OID)
		return column.converted(ofBind(vb)).text
	}
	index := r.index
	if len(t.IndexTransform) > 0 {
		index = nil
		for _, x := range t.IndexTransform {
			end := int(x.End) + 1
			if x.DropRight > 0 {
				end = len(r.index) - int(x.DropRight)
			}
			if int(x.Start) >= end || end > len(r.index) {
				return ""
			}
			index = append(index, r.index[x.Start:end]...)
		}
	}
	v := ofBind(rd.column(strings.TrimPrefix(column.OID, "."), column.Name).rows[index.String()])
	if v = column.converted(v); column.ExtractValue != "" {
		v = (&Source{expression: compiled(column.ExtractValue)}).extract(v.text)
	}
	return v.text
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
