package profile

import (
	"slices"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// formula is a source in one row as it can be worked out again from a poll: the objects that it needs are known,
// and factors are what they were when the device was read.
type formula struct {
	source *Source
	states States
	object int      // place in objects; below 0: none
	inner  *formula // a column of the entry that has a name
	fixed  value    // neither
	factor float64
	minus  []*formula
}

// objects are the instances that formulas of a reading need, each once.
type objects struct {
	names []oid.OID
	at    map[string]int
}

func (o *objects) place(text string) (int, bool) {
	if i, ok := o.at[text]; ok {
		return i, true
	}
	name, err := oid.Parse(text)
	if err != nil {
		return 0, false
	}
	if o.at == nil {
		o.at = map[string]int{}
	}
	o.at[text] = len(o.names)
	o.names = append(o.names, name)
	return len(o.names) - 1, true
}

// formula is nil when the source cannot be followed by asking for a few objects.
func (rd *reader) formula(s *Source, r *row) *formula {
	f := &formula{source: s, states: rd.states(s.Map), object: -1}
	named, isNamed := r.columns[s.Column]
	switch {
	case s.Text != "" || s.Sum != "":
		return nil
	case s.OID == "" && s.Column != "" && isNamed:
		within := *r
		if within.depth++; within.depth >= maxDepth {
			return nil
		}
		if f.inner = rd.formula(&named, &within); f.inner == nil {
			return nil
		}
	case s.OID != "" || s.Column != "":
		_, at, ok := rd.bind(s, r)
		if ok {
			f.object, ok = rd.objects.place(at)
		}
		if !ok {
			return nil
		}
	default:
		f.fixed = ofText(s.Constant)
	}
	var ok bool
	if f.factor, ok = rd.factor(s, r); !ok {
		return nil
	}
	for i := range s.Minus {
		if m := rd.formula((*Source)(&s.Minus[i]), r); m != nil {
			f.minus = append(f.minus, m)
		}
	}
	return f
}

// eval is evaluator.eval with values that a poll has read.
func (f *formula) eval(read func(object int) snmpwire.VarBind) value {
	v := f.fixed
	if f.inner != nil {
		v = f.inner.eval(read)
	} else if f.object >= 0 {
		if vb := read(f.object); vb.Err == nil && isValue(vb.Type) {
			v = ofBind(vb)
		}
	}
	v = f.source.refine(v, f.states)
	if !v.ok || !v.isNum || f.source.plain() {
		return v
	}
	number := v.number
	for _, m := range f.minus {
		if n := m.eval(read); n.ok && n.isNum {
			number -= n.number
		}
	}
	n, ok := f.source.scaled(number, f.factor)
	if !ok {
		return value{}
	}
	return ofNumber(n)
}

// needs are the objects that f is worked out of.
func (f *formula) needs() []int {
	if f == nil {
		return nil
	}
	var out []int
	if f.object >= 0 {
		out = append(out, f.object)
	}
	out = append(out, f.inner.needs()...)
	for _, m := range f.minus {
		out = append(out, m.needs()...)
	}
	return out
}

// needsOf are those of several formulas, each once.
func needsOf(list ...*formula) []int {
	var out []int
	for _, f := range list {
		for _, n := range f.needs() {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}
