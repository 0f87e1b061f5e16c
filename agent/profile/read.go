package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// DefaultLimits bounds one column of a table.
func DefaultLimits() snmp.Limits { return snmp.Limits{Rows: 20_000, Bytes: 4 << 20} }

// Read chooses the profile for a device and reads it. Trouble with a part is in the errors; an error ends
// it only when no profile can be used at all, which is a mistake in a file of the user.
func (l *Library) Read(ctx context.Context, s snmp.Session, limits snmp.Limits, system telemetry.System) (*Reading, []PartError) {
	c := newCells(ctx, s, limits)
	r, err := l.choose(c, system)
	if err != nil {
		c.problem("profile", err)
		if r, err = l.Resolve(Generic); err != nil {
			return &Reading{}, c.errs
		}
	}
	return r.read(c)
}

// Read reads a device by this profile.
func (r *Resolved) Read(ctx context.Context, s snmp.Session, limits snmp.Limits) (*Reading, []PartError) {
	return r.read(newCells(ctx, s, limits))
}

// choose finds the most specific profile whose conditions hold.
func (l *Library) choose(c *cells, system telemetry.System) (*Resolved, error) {
	list, err := l.candidatesFor(system.SysObjectID)
	if err != nil {
		return nil, err
	}
	for len(list) > 0 {
		level := 1 // candidates as specific as the first: those with conditions are asked first
		for level < len(list) && list[level].pattern.compare(list[0].pattern) == 0 && list[level].own == list[0].own {
			level++
		}
		for _, conditional := range []bool{true, false} {
			for _, candidate := range list[:level] {
				p, err := l.profileOf(candidate.name)
				if err != nil {
					return nil, err
				}
				if p != nil && (len(p.When) > 0) == conditional && (&evaluator{c, &Resolved{}}).holds(p.When, &row{}) {
					return l.Resolve(p.match(system.SysDescr))
				}
			}
		}
		list = list[level:]
	}
	return l.Resolve(Generic)
}

// candidatesFor and profileOf hold the library only for themselves: conditions ask the device, which may take long.
func (l *Library) candidatesFor(sysObjectID string) ([]candidate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.candidates(sysObjectID)
}

func (l *Library) profileOf(name string) (*Profile, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.profile(name)
}

// match is the profile that a Kentik profile hands the device on to, or its own name.
func (p *Profile) match(sysDescr string) string {
	for _, m := range p.MatchesList {
		if found(m.Regex, sysDescr) {
			return nameOf(m.Target)
		}
	}
	for _, regex := range sortedKeys(p.Matches) {
		if found(regex, sysDescr) {
			return nameOf(p.Matches[regex])
		}
	}
	return p.Name
}

// reader reads all entries of a profile, each once.
type reader struct {
	evaluator
	out     *Reading
	objects objects
	jobs    []*job
	byID    map[string][]*job
}

// job is one entry. Its result goes to out only when all are read, in the order of the profile.
type job struct {
	id     string
	unless Words
	state  jobState
	run    func() int // how many rows it gave
	rows   int
}

type jobState int

const (
	waiting jobState = iota
	running
	done
)

func (r *Resolved) read(c *cells) (*Reading, []PartError) {
	rd := &reader{evaluator: evaluator{c, r}, out: &Reading{Profile: r.Name}, byID: map[string][]*job{}}
	c.prefetch(r.instances())
	var emits []func()
	add := func(id string, unless Words, run func() (int, func())) {
		j := &job{id: id, unless: unless}
		j.run = func() int {
			n, emit := run()
			emits[slices.Index(rd.jobs, j)] = emit
			return n
		}
		emits = append(emits, nil)
		rd.jobs = append(rd.jobs, j)
		rd.byID[id] = append(rd.byID[id], j)
	}
	for i := range r.processors {
		e := &r.processors[i]
		add(e.ID, e.Unless, func() (int, func()) { return rd.processor(e) })
	}
	for i := range r.memory {
		e := &r.memory[i]
		add(e.ID, e.Unless, func() (int, func()) { return rd.capacity(e, seriesMemory, &rd.out.Memory) })
	}
	for i := range r.storage {
		e := &r.storage[i]
		add(e.ID, e.Unless, func() (int, func()) { return rd.capacity(e, seriesStorage, &rd.out.Storage) })
	}
	for i := range r.sensors {
		e := &r.sensors[i]
		add(e.ID, e.Unless, func() (int, func()) { return rd.sensor(e) })
	}
	for _, j := range rd.jobs {
		rd.do(j)
	}
	for _, emit := range emits {
		if emit != nil {
			emit()
		}
	}
	rd.identity()
	rd.parts()
	rd.metrics()
	return rd.out, c.errs
}

// do runs a job after those that it gives way to, and tells how many rows it gave. Jobs that give way to
// each other in a circle run in the order of the profile.
func (rd *reader) do(j *job) int {
	if j.state != waiting {
		return j.rows
	}
	j.state = running
	for _, id := range j.unless {
		for _, other := range rd.byID[id] {
			if rd.do(other) > 0 {
				j.state = done
				return 0
			}
		}
	}
	j.rows = j.run()
	j.state = done
	return j.rows
}

// unique gives each name of a section its own: the second "Fan" is "Fan#2".
type unique map[string]int

func (u unique) name(name string) string {
	u[name]++
	if n := u[name]; n > 1 {
		return u.name(fmt.Sprintf("%s#%d", name, n))
	}
	return name
}

func firstOf(names ...string) string {
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			return n
		}
	}
	return ""
}
