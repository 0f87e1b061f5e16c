package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ninewatch/internal/conf"
)

// Resolved is a profile with all that it extends.
type Resolved struct {
	Name string

	profile    *Profile
	states     map[string]States
	identity   Identity
	processors []Processor
	memory     []Capacity
	storage    []Capacity
	sensors    []Sensor
	metrics    []Metric
	tags       []Tag
	static     []string
	metadata   []map[string]Field // of device, the profile's own first
}

// Resolve puts the profile of a name together. The error is conf.Problems where the files are at fault.
func (l *Library) Resolve(name string) (*Resolved, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resolveName(name)
}

func (l *Library) resolveName(name string) (*Resolved, error) {
	if r := l.resolved[name]; r != nil {
		return r, nil
	}
	p, err := l.profile(name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, fmt.Errorf("there is no profile %q", name)
	}
	var problems conf.Problems
	r, wrong := l.resolve(p, &problems)
	if wrong != nil {
		problems = append(problems, *wrong)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	l.resolved[name] = r
	return r, nil
}

// resolve puts p together; what is wrong with it is in problems, and what stops it in the error.
func (l *Library) resolve(p *Profile, problems *conf.Problems) (*Resolved, *conf.Problem) {
	chain, wrong := l.chain(p, nil, map[string]bool{})
	if wrong != nil {
		return nil, wrong
	}
	if !slices.ContainsFunc(chain, func(c *Profile) bool { return c.Name == Generic }) {
		generic, err := l.profile(Generic)
		if err != nil || generic == nil {
			return nil, &conf.Problem{File: p.doc.File, Text: fmt.Sprintf("the generic profile cannot be read: %v", err)}
		}
		base, wrong := l.chain(generic, nil, map[string]bool{})
		if wrong != nil {
			return nil, wrong
		}
		chain = append(base, chain...)
	}
	r := &Resolved{Name: p.Name, profile: p, states: map[string]States{}}
	for _, c := range chain {
		r.add(c)
	}
	r.link()
	r.check(p, p.doc.Section(problems))
	return r, nil
}

// chain is what p extends, bases first, then p, each once.
func (l *Library) chain(p *Profile, above []string, seen map[string]bool) ([]*Profile, *conf.Problem) {
	above = append(above, p.Name)
	var out []*Profile
	for i, text := range p.Extends {
		name := nameOf(text)
		var problems conf.Problems
		at := p.doc.Section(&problems).Item("extends", i)
		if slices.Contains(above, name) {
			w := at.Problem("", fmt.Sprintf("%s extends itself through %s: remove one of these", name, strings.Join(append(above, name), " > ")))
			return nil, &w
		}
		if seen[name] {
			continue
		}
		base, err := l.profile(name)
		if err != nil || base == nil {
			text := fmt.Sprintf("there is no profile %q to extend%s", name, l.nearest(name))
			if err != nil {
				text = fmt.Sprintf("profile %q cannot be read: %s", name, err)
			}
			w := at.Problem("", text)
			return nil, &w
		}
		bases, wrong := l.chain(base, above, seen)
		if wrong != nil {
			return nil, wrong
		}
		out = append(out, bases...)
	}
	seen[p.Name] = true
	return append(out, p), nil
}

func (l *Library) nearest(name string) string {
	all := slices.Collect(maps.Keys(l.own))
	all = append(all, slices.Collect(maps.Keys(l.bundled))...)
	slices.Sort(all)
	if best := conf.Nearest(name, all); best != "" {
		return fmt.Sprintf(", did you mean %q?", best)
	}
	return ": add the file"
}

// add puts p over what is there: entries of the same id are replaced, and those that p is without go.
func (r *Resolved) add(p *Profile) {
	for name, s := range p.States {
		r.states[name] = s
	}
	var flat []Sensor
	for i := range p.Sensors {
		flat = append(flat, p.Sensors[i].flat()...)
	}
	gone := map[string]bool{}
	for _, id := range p.Without {
		gone[id] = true
	}
	r.processors = over(r.processors, p.Processors, gone, func(e *Processor) *string { return &e.ID }, p.Name+".processors")
	r.memory = over(r.memory, p.Memory, gone, func(e *Capacity) *string { return &e.ID }, p.Name+".memory")
	r.storage = over(r.storage, p.Storage, gone, func(e *Capacity) *string { return &e.ID }, p.Name+".storage")
	r.sensors = over(r.sensors, flat, gone, func(e *Sensor) *string { return &e.ID }, p.Name+".sensors")
	mine, theirs := p.Identity.fields(), r.identity.fields()
	for i, f := range mine {
		*theirs[i].facts = append(slices.Clone(*f.facts), *theirs[i].facts...)
	}
	if device, ok := p.Metadata["device"]; ok {
		r.metadata = append([]map[string]Field{device.Fields}, r.metadata...)
	}
	if p.Device.Vendor != "" {
		r.metadata = append(r.metadata, map[string]Field{"vendor": {Value: p.Device.Vendor}})
	}
	r.metrics = append(r.metrics, p.Metrics...)
	r.tags = append(r.tags, p.MetricTags...)
	r.static = append(r.static, p.StaticTags...)
}

// over returns base without what is gone or has an id of mine, then mine. Entries without an id get one.
func over[E any](base, mine []E, gone map[string]bool, id func(*E) *string, prefix string) []E {
	replaced := maps.Clone(gone)
	for i := range mine {
		if name := *id(&mine[i]); name != "" {
			replaced[name] = true
		}
	}
	out := slices.DeleteFunc(slices.Clone(base), func(e E) bool { return replaced[*id(&e)] })
	for i := range mine {
		e := mine[i]
		if *id(&e) == "" {
			*id(&e) = fmt.Sprintf("%s[%d]", prefix, i)
		}
		out = append(out, e)
	}
	return out
}

// link turns instead_of into unless of the entries that it names.
func (r *Resolved) link() {
	instead := map[string]Words{}
	each(r, func(id string, _, insteadOf *Words) {
		for _, other := range *insteadOf {
			instead[other] = append(instead[other], id)
		}
	})
	each(r, func(id string, unless, _ *Words) {
		if more := instead[id]; len(more) > 0 {
			*unless = append(slices.Clone(*unless), more...)
		}
	})
}

// each calls f for every entry.
func each(r *Resolved, f func(id string, unless, insteadOf *Words)) {
	for i := range r.processors {
		f(r.processors[i].ID, &r.processors[i].Unless, &r.processors[i].InsteadOf)
	}
	for i := range r.memory {
		f(r.memory[i].ID, &r.memory[i].Unless, &r.memory[i].InsteadOf)
	}
	for i := range r.storage {
		f(r.storage[i].ID, &r.storage[i].Unless, &r.storage[i].InsteadOf)
	}
	for i := range r.sensors {
		f(r.sensors[i].ID, &r.sensors[i].Unless, &r.sensors[i].InsteadOf)
	}
}

// check reports names in p that nobody defines.
func (r *Resolved) check(p *Profile, at conf.Section) {
	ids := map[string]bool{}
	each(r, func(id string, _, _ *Words) { ids[id] = true })
	known := slices.Sorted(maps.Keys(ids))
	reference := func(item conf.Section, key string, names Words) {
		for i, name := range names {
			if !ids[name] && !slices.Contains(p.Without, name) {
				item.Item(key, i).Problemf("", "there is no entry %q%s", name, nearest(name, known))
			}
		}
	}
	state := func(item conf.Section, key string, s States) {
		if name, ok := s[named]; ok && r.states[name] == nil {
			item.Problemf(key, "there are no states %q%s", name, nearest(name, slices.Sorted(maps.Keys(r.states))))
		}
	}
	for i, e := range p.Processors {
		item := at.Item("processors", i)
		reference(item, "unless", e.Unless)
		reference(item, "instead_of", e.InsteadOf)
	}
	for i, e := range p.Memory {
		item := at.Item("memory", i)
		reference(item, "unless", e.Unless)
		reference(item, "instead_of", e.InsteadOf)
	}
	for i, e := range p.Storage {
		item := at.Item("storage", i)
		reference(item, "unless", e.Unless)
		reference(item, "instead_of", e.InsteadOf)
	}
	var sensors func(item conf.Section, s *Sensor)
	sensors = func(item conf.Section, s *Sensor) {
		reference(item, "unless", s.Unless)
		reference(item, "instead_of", s.InsteadOf)
		state(item, "states", s.States)
		state(item.In("status"), "map", s.Status.Map)
		state(item.In("value"), "map", s.Value.Map)
		for i := range s.Each {
			sensors(item.Item("each", i), &s.Each[i])
		}
	}
	for i := range p.Sensors {
		sensors(at.Item("sensors", i), &p.Sensors[i])
	}
}
