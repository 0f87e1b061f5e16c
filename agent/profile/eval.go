package profile

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// evaluator reads the entries of a profile.
type evaluator struct {
	*cells
	r *Resolved
}

// row is where an entry stands: a row of a table, or nowhere for scalars.
type row struct {
	index   oid.OID
	n       int // position among the rows that count, from 1
	table   string
	columns map[string]Source
	depth   int // of named columns, which may refer to each other
}

// maxDepth ends columns that refer to each other in a circle.
const maxDepth = 8

// whole is the OID of a column as an entry writes it.
func (r *row) whole(column string) string {
	if at, ok := known[column]; ok {
		return at
	}
	if isWhole(column) || r.table == "" {
		return strings.TrimPrefix(column, ".")
	}
	return strings.TrimPrefix(r.table, ".") + "." + column
}

// bind is the instance that a source reads, with its OID.
func (e *evaluator) bind(s *Source, r *row) (vb snmpwire.VarBind, at string, ok bool) {
	if s.OID != "" {
		at = strings.TrimPrefix(s.OID, ".")
		vb, ok = e.scalar(at)
		return vb, at, ok
	}
	index := r.index.String()
	if s.At != "" {
		if index, ok = e.text(s.At, r); !ok {
			return vb, "", false
		}
	}
	column := r.whole(s.Column)
	vb, ok = e.column(column, s.Object).rows[strings.TrimPrefix(index, ".")]
	return vb, column + "." + index, ok
}

// eval is the value of a source in a row, with its factors.
func (e *evaluator) eval(s *Source, r *row) value {
	v := e.raw(s, r)
	if !v.ok || !v.isNum || s.plain() {
		return v // a serial number of digits keeps its zeros
	}
	factor, ok := e.factor(s, r)
	if !ok {
		return value{}
	}
	number := v.number
	for i := range s.Minus {
		if m := e.eval((*Source)(&s.Minus[i]), r); m.ok && m.isNum {
			number -= m.number
		}
	}
	f, ok := s.scaled(number, factor)
	if !ok {
		return value{}
	}
	if f == v.number {
		return v
	}
	return ofNumber(f)
}

// raw is the value of a source without its factors.
func (e *evaluator) raw(s *Source, r *row) value {
	var v value
	switch {
	case s.Text != "":
		text, _ := e.text(s.Text, r)
		v = ofText(text)
	case s.OID != "", s.Column != "" && s.Sum == "":
		if named, ok := r.columns[s.Column]; ok && s.Column != "" {
			inner := *r
			if inner.depth++; inner.depth < maxDepth {
				v = e.eval(&named, &inner)
			}
		} else if vb, _, ok := e.bind(s, r); ok {
			v = ofBind(vb)
		}
	case s.Column != "":
		v = e.summed(s, r)
	default:
		v = ofText(s.Constant)
	}
	return s.refine(v, e.states(s.Map))
}

// summed is one number of a whole column.
func (e *evaluator) summed(s *Source, r *row) value {
	var n, sum, top float64
	for _, vb := range e.column(r.whole(s.Column), s.Object).rows {
		v := ofBind(vb)
		if !v.ok || s.isAbsent(v) || !v.isNum && s.Sum != "count" {
			continue
		}
		if n++; n == 1 || v.number > top {
			top = v.number
		}
		sum += v.number
	}
	switch {
	case n == 0:
		return value{}
	case s.Sum == "count":
		return ofNumber(n)
	case s.Sum == "average":
		return ofNumber(sum / n)
	case s.Sum == "max":
		return ofNumber(top)
	}
	return ofNumber(sum)
}

// factor is what the number of a source is multiplied by.
func (e *evaluator) factor(s *Source, r *row) (float64, bool) {
	factor, exponent := 1.0, 0.0
	number := func(f *Factor) (float64, bool) {
		v := e.eval((*Source)(f), r)
		return v.number, v.ok && v.isNum
	}
	for i := range s.Multiply {
		f, ok := number(&s.Multiply[i])
		if !ok {
			return 0, false
		}
		factor *= f
	}
	for i := range s.Divide {
		f, ok := number(&s.Divide[i])
		if !ok || f == 0 {
			return 0, false
		}
		factor /= f
	}
	for i := range s.Power10 {
		f, ok := number(&s.Power10[i])
		if !ok {
			return 0, false
		}
		exponent += f
	}
	return factor * math.Pow(10, exponent), true
}

func (e *evaluator) states(s States) States {
	if name, ok := s[named]; ok {
		return e.r.states[name]
	}
	return s
}

// text fills a template; not ok when a placeholder has no text.
func (e *evaluator) text(text string, r *row) (string, bool) {
	if text == "" {
		return "", false
	}
	t, err := parseTemplate(text)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.literal)
		if p.alternatives == nil {
			continue
		}
		filled := false
		for _, a := range p.alternatives {
			if text, ok := e.placeholder(a, r); ok && text != "" {
				b.WriteString(text)
				filled = true
				break
			}
		}
		if !filled {
			return "", false
		}
	}
	return strings.TrimSpace(b.String()), true
}

func (e *evaluator) placeholder(name string, r *row) (string, bool) {
	if part, ok := parseIndexPart(name); ok {
		return part.of(r.index)
	}
	if name == "n" {
		return strconv.Itoa(r.n), true
	}
	v := e.eval(&Source{Column: name}, r)
	return v.text, v.ok
}

// name is the first of templates that has a text.
func (e *evaluator) name(templates Words, r *row) string {
	for _, t := range templates {
		if text, ok := e.text(t, r); ok && text != "" {
			return text
		}
	}
	return ""
}

// holds tells whether all conditions do.
func (e *evaluator) holds(list Conditions, r *row) bool {
	return !slices.ContainsFunc(list, func(c Condition) bool { return !e.hold(&c, r) })
}

func (e *evaluator) hold(c *Condition, r *row) bool {
	if c.Under != "" {
		return e.under(c.Under) != c.Absent
	}
	v := e.eval(&Source{Column: c.Column, OID: c.OID, Text: c.Text, At: c.At, Sum: c.Sum}, r)
	switch {
	case !v.ok:
		return c.Absent || c.Optional
	case c.Absent:
		return false
	case len(c.Is) > 0 && !(&Source{Absent: c.Is}).isAbsent(v):
		return false
	case (&Source{Absent: c.Not}).isAbsent(v):
		return false
	case c.matches != nil && !c.matches.MatchString(v.text), c.unlike != nil && c.unlike.MatchString(v.text):
		return false
	case c.Above != nil && (!v.isNum || v.number <= *c.Above), c.Below != nil && (!v.isNum || v.number >= *c.Below):
		return false
	}
	return true
}

// rows calls f for each row that counts, or once for an entry without a table. by are the sources of
// which the first that is a column of the table says which rows there are.
func (e *evaluator) rows(table, rows string, columns map[string]Source, where Conditions, by []*Source, f func(r *row)) {
	r := row{table: table, columns: columns}
	if rows == "" {
		for _, s := range by {
			if _, named := columns[s.Column]; s.Column != "" && s.At == "" && s.Sum == "" && !named {
				rows = s.Column
				break
			}
		}
	}
	if rows == "" {
		if r.n = 1; e.holds(where, &r) {
			f(&r)
		}
		return
	}
	for _, index := range e.column(r.whole(rows), "").order {
		r.index = index
		r.n++
		if e.holds(where, &r) {
			f(&r)
		} else {
			r.n--
		}
	}
}
