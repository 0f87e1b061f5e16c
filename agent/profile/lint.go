package profile

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"ninewatch/internal/conf"
	"ninewatch/internal/oid"
)

// linter looks for the mistakes of one file.
type linter struct {
	p       *Profile
	columns map[string]Source // of the entry at hand
	table   string
}

func (l *linter) profile(at conf.Section) {
	for i, text := range l.p.SysObjectID {
		if _, err := parsePattern(text); err != nil {
			at.Item("sysobjectid", i).Problemf("", "%s", err)
		}
	}
	for i, m := range l.p.MatchesList {
		l.expression(at.Item("matches_list", i), "regex", m.Regex)
	}
	l.conditions(at, "when", l.p.When)
	for name, s := range l.p.States {
		l.states(at.In("states"), name, s, true)
	}
	l.identity(at.In("identity"))
	for i := range l.p.Processors {
		l.processor(at.Item("processors", i), &l.p.Processors[i])
	}
	for i := range l.p.Memory {
		l.capacity(at.Item("memory", i), &l.p.Memory[i])
	}
	for i := range l.p.Storage {
		l.capacity(at.Item("storage", i), &l.p.Storage[i])
	}
	for i := range l.p.Sensors {
		l.sensor(at.Item("sensors", i), &l.p.Sensors[i])
	}
	l.foreign(at)
}

func (l *linter) identity(at conf.Section) {
	for _, f := range l.p.Identity.fields() {
		for i := range *f.facts {
			fact, item := &(*f.facts)[i], at.Item(f.name, i)
			l.enter(item, fact.Table, "", nil)
			fact.read = fact.source()
			l.source(item, "", &fact.read)
			l.conditions(item, "where", fact.Where)
			if fact.Descr != "" && (fact.OID != "" || fact.Match != "") {
				item.Problemf("sysdescr", "it stands for OID and match: write it alone")
			}
		}
	}
	l.enter(at, "", "", nil)
}

// enter begins an entry: what stands in it may use its table and columns.
func (l *linter) enter(at conf.Section, table, rows string, columns map[string]Source) {
	l.table, l.columns = table, columns
	if table != "" {
		l.oid(at, "table", table)
	}
	l.column(at, "rows", rows)
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		s := columns[name]
		l.source(at.In("columns"), name, &s)
		columns[name] = s
	}
}

func (l *linter) processor(at conf.Section, p *Processor) {
	l.enter(at, p.Table, p.Rows, p.Columns)
	l.conditions(at, "where", p.Where)
	l.templates(at, "name", p.Name)
	l.polled(at, "usage", &p.Usage)
	l.polled(at, "idle", &p.Idle)
	if p.Usage.given() == p.Idle.given() {
		at.Problemf("", "a processor has either usage or idle: name the column of one of them")
	}
}

func (l *linter) capacity(at conf.Section, c *Capacity) {
	l.enter(at, c.Table, c.Rows, c.Columns)
	l.conditions(at, "where", c.Where)
	l.templates(at, "name", c.Name)
	given := 0
	for _, f := range []struct {
		key string
		s   *Source
	}{{"total", &c.Total}, {"used", &c.Used}, {"free", &c.Free}, {"percent", &c.Percent}} {
		l.polled(at, f.key, f.s)
		if f.s.given() && f.key != "percent" {
			given++
		}
	}
	l.source(at, "bytes", (*Source)(&c.Bytes))
	if given == 0 && !c.Percent.given() {
		at.Problemf("", "nothing says how full it is: name two of total, used and free, or percent")
	}
}

func (l *linter) sensor(at conf.Section, s *Sensor) {
	l.enter(at, s.Table, s.Rows, s.Columns)
	if len(s.Each) == 0 || s.Table != "" { // else each has its own table
		l.conditions(at, "where", s.Where)
		l.templates(at, "name", s.Name)
	}
	if c := s.Part.Constant; c != "" && c != PowerSupply && c != Fan {
		at.Problemf("part", "%q is no part: it is power_supply or fan", c)
	}
	l.source(at, "part", (*Source)(&s.Part))
	for i := range s.Each {
		l.sensor(at.Item("each", i), &s.Each[i])
	}
	if len(s.Each) > 0 {
		if s.Value.given() {
			at.Problemf("value", "a sensor with each has its values there: move this one into each")
		}
		return
	}
	l.class(at, s)
	l.source(at, "class", (*Source)(&s.Class))
	l.source(at, "unit", (*Source)(&s.Unit))
	l.polled(at, "value", &s.Value)
	if !s.Value.given() {
		at.Problemf("", "the sensor has no value: name the column or OID it is read from")
	}
	l.states(at, "states", s.States, true)
	l.source(at, "status", &s.Status)
	for _, f := range []struct {
		key string
		f   *Factor
	}{{"warning_high", &s.WarningHigh}, {"critical_high", &s.CriticalHigh}, {"warning_low", &s.WarningLow}, {"critical_low", &s.CriticalLow}} {
		l.source(at, f.key, (*Source)(f.f))
	}
}

func (l *linter) class(at conf.Section, s *Sensor) {
	classes := []string{s.Class.Constant}
	if s.Class.Map[named] == "" && len(s.Class.Map) > 0 {
		classes = slices.Sorted(maps.Values(s.Class.Map))
	}
	for _, c := range classes {
		if _, ok := units[c]; !ok && (c != "" || !s.Class.given()) {
			at.Problemf("class", "%q is no class of sensors%s", c, nearest(c, slices.Sorted(maps.Keys(units))))
		}
	}
	if s.Class.Constant == "state" && len(s.States) == 0 {
		at.Problemf("states", "a state needs states: what its values mean, such as {1: ok, 2: critical failed}")
	}
}

// states checks values of the form "SEVERITY" or "SEVERITY WORD".
func (l *linter) states(at conf.Section, key string, s States, severity bool) {
	if name, ok := s[named]; ok {
		_ = name // looked up when the profiles are put together
		return
	}
	for value, text := range s {
		word, _, _ := strings.Cut(text, " ")
		if severity && !severities[word] {
			at.In(key).Problemf(value, "%q does not begin with ok, warning, critical, unknown or absent", text)
		}
	}
}

// polled is a source whose object becomes a metric: it needs the name that the MIB gives it.
func (l *linter) polled(at conf.Section, key string, s *Source) {
	l.source(at, key, s)
	if (s.Column != "" || s.OID != "") && s.Object == "" {
		at.Problemf(key, "the name of the object is missing: write it after the column, as in \"5 hrStorageSize\", or as object")
	}
}

func (l *linter) source(at conf.Section, key string, s *Source) {
	if key != "" {
		at = at.In(key)
	}
	if set := count(s.Column != "", s.OID != "", s.Text != ""); set > 1 {
		at.Problemf("", "column, OID and text exclude each other: keep one")
	}
	l.column(at, "column", s.Column)
	l.oid(at, "OID", s.OID)
	l.templates(at, "at", Words{s.At})
	l.templates(at, "text", Words{s.Text})
	s.expression = l.expression(at, "match", s.Match)
	if s.Convert != "" && conversions[s.Convert] == nil && numberConversions[s.Convert] == nil {
		names := slices.Sorted(maps.Keys(conversions))
		names = append(names, slices.Sorted(maps.Keys(numberConversions))...)
		at.Problemf("convert", "%q is no conversion%s", s.Convert, nearest(s.Convert, names))
	}
	if s.Sum != "" && !slices.Contains(sums, s.Sum) {
		at.Problemf("sum", "%q is none of %s", s.Sum, strings.Join(sums, ", "))
	}
	for _, f := range []struct {
		key     string
		factors Factors
	}{{"minus", s.Minus}, {"multiply", s.Multiply}, {"divide", s.Divide}, {"power10", s.Power10}} {
		for i := range f.factors {
			l.source(at.Item(f.key, i), "", (*Source)(&f.factors[i]))
		}
	}
}

var sums = []string{"sum", "average", "count", "max"}

func count(set ...bool) (n int) {
	for _, s := range set {
		if s {
			n++
		}
	}
	return n
}

func (l *linter) conditions(at conf.Section, key string, list Conditions) {
	for i := range list {
		c, item := &list[i], at.Item(key, i)
		l.column(item, "column", c.Column)
		if c.Sum != "" && !slices.Contains(sums, c.Sum) {
			item.Problemf("sum", "%q is none of %s", c.Sum, strings.Join(sums, ", "))
		}
		l.oid(item, "OID", c.OID)
		l.oid(item, "under", c.Under)
		l.templates(item, "text", Words{c.Text})
		l.templates(item, "at", Words{c.At})
		c.matches = l.expression(item, "matches", c.Matches)
		c.unlike = l.expression(item, "unlike", c.Unlike)
		if count(c.Column != "", c.OID != "", c.Text != "", c.Under != "") != 1 {
			item.Problemf("", "a condition is about one of column, OID, text and under")
		}
	}
}

func (l *linter) column(at conf.Section, key, column string) {
	switch {
	case column == "":
	case isDotted(column):
		l.oid(at, key, column)
		if !isWhole(column) && l.table == "" {
			at.Problemf(key, "column %q is a number below a table, but no table is named: add table, or write the whole OID", column)
		}
	case known[column] != "":
	default:
		if _, ok := l.columns[column]; !ok {
			at.Problemf(key, "%q is neither a number nor one of the columns of this entry", column)
		}
	}
}

// isWhole tells an OID from the root from numbers below a table.
func isWhole(column string) bool {
	return strings.HasPrefix(column, "1.3.") || strings.HasPrefix(column, ".1.3.") || strings.HasPrefix(column, "1.0.") || strings.HasPrefix(column, "1.2.")
}

func (l *linter) oid(at conf.Section, key, text string) {
	if text == "" {
		return
	}
	if _, err := oid.Parse(text); err != nil {
		at.Problemf(key, "%s", err)
	}
}

func (l *linter) expression(at conf.Section, key, text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	x, err := regexp.Compile(text)
	if err != nil {
		at.Problemf(key, "%s: write a regular expression in the syntax of RE2", err)
	}
	return x
}

func (l *linter) templates(at conf.Section, key string, texts Words) {
	for i, text := range texts {
		item := at.Item(key, i)
		t, err := parseTemplate(text)
		if err != nil {
			item.Problemf("", "%s", err)
			continue
		}
		for _, name := range t.columns() {
			l.column(item, "", name)
		}
	}
}

// nearest is an addition to a message.
func nearest(word string, list []string) string {
	if best := conf.Nearest(word, list); best != "" {
		return ", did you mean \"" + best + "\"?"
	}
	return ", known are " + strings.Join(list, ", ")
}
