package profile

import (
	"path"
	"strings"

	"ninewatch/internal/conf"
)

// Parse reads one file, and reports every mistake that shows without the other files. The profile is
// usable only when there is none.
func Parse(file string, data []byte) (*Profile, conf.Problems) {
	docs, problems := conf.Parse(file, data)
	if len(problems) > 0 {
		return nil, problems
	}
	if len(docs) == 0 {
		return nil, conf.Problems{{File: file, Line: 1, Column: 1, Text: "the file is empty, a profile has at least metrics or sensors"}}
	}
	if len(docs) > 1 {
		docs[1].Section(&problems).Problemf("", "a second document begins here, a file holds one profile")
	}
	p := &Profile{doc: docs[0], Name: nameOf(file)}
	problems = append(problems, p.doc.Decode(p)...)
	if p.Name = nameOf(file); p.Name == "" {
		problems = append(problems, conf.Problem{File: file, Text: "the file has no name"})
	}
	for i := range p.Sensors {
		p.Sensors[i].inherit()
	}
	var more conf.Problems
	l := linter{p: p}
	l.profile(p.doc.Section(&more))
	return p, append(problems, problems.Beside(more)...)
}

// nameOf is what extends calls a file.
func nameOf(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	for _, end := range []string{".yaml", ".yml"} {
		base = strings.TrimSuffix(base, end)
	}
	return base
}

// inherit gives the sensors of Each what they do not say themselves.
func (s *Sensor) inherit() {
	for i := range s.Each {
		c := &s.Each[i]
		take(&c.ID, s.ID)
		take(&c.MIB, s.MIB)
		take(&c.Table, s.Table)
		take(&c.Rows, s.Rows)
		takeList(&c.Unless, s.Unless)
		takeList(&c.InsteadOf, s.InsteadOf)
		takeList(&c.Name, s.Name)
		if c.Columns == nil {
			c.Columns = s.Columns
		}
		if c.States == nil {
			c.States = s.States
		}
		if c.Interval == 0 {
			c.Interval = s.Interval
		}
		if !c.Class.given() {
			c.Class = s.Class
		}
		if !c.Unit.given() {
			c.Unit = s.Unit
		}
		if !c.Part.given() {
			c.Part = s.Part
		}
		if !c.Status.given() {
			c.Status = s.Status
		}
		c.Where = append(c.Where[:len(c.Where):len(c.Where)], s.Where...)
		c.inherit()
	}
}

func take(to *string, from string) {
	if *to == "" {
		*to = from
	}
}

func takeList(to *Words, from Words) {
	if *to == nil {
		*to = from
	}
}

// flat is s without Each, then what was in it.
func (s *Sensor) flat() []Sensor {
	if len(s.Each) == 0 {
		return []Sensor{*s}
	}
	var out []Sensor
	for i := range s.Each {
		out = append(out, s.Each[i].flat()...)
	}
	return out
}
