package profile

import "strings"

// instances are the scalars that a profile reads, so that they can be asked for together.
func (r *Resolved) instances() []string {
	var out []string
	seen := map[string]bool{}
	add := func(at string) {
		if at = strings.TrimPrefix(at, "."); at != "" && !seen[at] {
			seen[at] = true
			out = append(out, at)
		}
	}
	var source func(s *Source)
	source = func(s *Source) {
		add(s.OID)
		for _, list := range []Factors{s.Minus, s.Multiply, s.Divide, s.Power10} {
			for i := range list {
				source((*Source)(&list[i]))
			}
		}
	}
	entry := func(columns map[string]Source, where Conditions, sources ...*Source) {
		for _, name := range sortedKeys(columns) {
			s := columns[name]
			source(&s)
		}
		for _, c := range where {
			add(c.OID)
		}
		for _, s := range sources {
			source(s)
		}
	}
	for i := range r.processors {
		e := &r.processors[i]
		entry(e.Columns, e.Where, &e.Usage, &e.Idle)
	}
	for _, list := range [][]Capacity{r.memory, r.storage} {
		for i := range list {
			e := &list[i]
			entry(e.Columns, e.Where, &e.Total, &e.Used, &e.Free, &e.Percent, (*Source)(&e.Bytes))
		}
	}
	for i := range r.sensors {
		e := &r.sensors[i]
		entry(e.Columns, e.Where, &e.Value, &e.Status, (*Source)(&e.WarningHigh), (*Source)(&e.CriticalHigh),
			(*Source)(&e.WarningLow), (*Source)(&e.CriticalLow))
	}
	for _, f := range r.identity.fields() {
		for i := range *f.facts {
			fact := &(*f.facts)[i]
			entry(nil, fact.Where, &fact.read)
		}
	}
	for i := range r.metrics {
		add(r.metrics[i].Symbol.OID)
	}
	return out
}
