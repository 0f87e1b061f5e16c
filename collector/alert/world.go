package alert

import (
	"cmp"
	"maps"
	"slices"
)

// World is all that the engine remembers of what is open. Its methods are the pure core: what they do follows
// from the findings, the Book, the Policy and the time that they are given, and from nothing else.
type World struct {
	pol       Policy
	problems  map[Key]*Problem
	incidents map[int64]*Incident // open ones, and those that may open again
	alive     map[string]bool     // devices that answered when last heard; not kept over restarts
	last      int64               // the highest number given

	dirty   bool // the outages have to be grouped anew
	again   int64
	changed map[Key]bool
	gone    map[goneKey]bool
	moved   map[int64]bool
	events  map[int64][]Event
	learnt  []Problem // of which more is known, though they may be over
}

type goneKey struct {
	Key
	incident int64
}

// NewWorld is a world in which nothing is wrong; numbers are given after last.
func NewWorld(pol Policy, last int64) *World {
	w := &World{pol: pol, problems: map[Key]*Problem{}, incidents: map[int64]*Incident{}, alive: map[string]bool{}, last: last, dirty: true}
	w.forget()
	return w
}

func (w *World) forget() {
	w.changed, w.gone, w.moved, w.events, w.learnt = map[Key]bool{}, map[goneKey]bool{}, map[int64]bool{}, map[int64][]Event{}, nil
}

// Change is an incident as it is now, with what happened to it.
type Change struct {
	Incident Incident
	Events   []Event
}

// Outcome is what a step changes of what is kept.
type Outcome struct {
	Changes  []Change
	Problems []Problem
	Gone     []Problem // no longer kept: key and incident
}

// Step takes findings in, and judges all that is open at now (Unix ms).
func (w *World) Step(in []Finding, b *Book, now int64) Outcome {
	for _, f := range in {
		w.take(b.complete(f), now)
	}
	if w.dirty || w.again != 0 && now >= w.again {
		w.dirty, w.again = false, 0
		w.group(b, now)
	}
	w.others(b, now)
	w.spares()
	w.clock(b, now)
	return w.outcome()
}

// Touch makes the next step group anew: the network has changed.
func (w *World) Touch() { w.dirty = true }

// take records one finding.
func (w *World) take(f Finding, now int64) {
	k := f.key()
	if k.Kind == DeviceDown && (f.State == Up || f.State == Degraded || f.State == Unknown) {
		if alive := f.State != Unknown; alive != w.alive[f.Device] {
			w.alive[f.Device] = alive
			w.dirty = true
		}
	}
	wrong, known := f.holds()
	if !known {
		return
	}
	p := w.problems[k]
	switch {
	case wrong && (p == nil || !p.holds()):
		if f.Late {
			return
		}
		w.began(f, p, now)
	case wrong:
		if !f.Late && k.Kind != DeviceDown && !slices.Equal(p.Causes, f.Causes) {
			p.Causes = f.Causes
			w.touch(p)
		}
		if !f.Late && p.Lapse != f.Lapse {
			if p.Dismissed && p.Lapse[0] != f.Lapse[0] { // more was lost since
				p.Dismissed = false
			}
			p.Lapse = f.Lapse
			w.touch(p)
		}
		if explained := f.State == Unreachable; p.Explained != explained || p.Since != f.Since || !f.Late && p.Severity != problemOf(f).Severity {
			fresh := problemOf(f)
			p.Explained, p.Since, p.Severity, p.Evidence, p.Detected = explained, f.Since, fresh.Severity, fresh.Evidence, f.Detected
			w.touch(p)
		}
	case p != nil && p.holds():
		w.ended(f, p, now)
	}
}

func (w *World) began(f Finding, old *Problem, now int64) {
	p := problemOf(f)
	if p.Kind == DeviceDown {
		delete(w.alive, f.Device)
	}
	if old != nil {
		p.Incident, p.Hidden, p.Loose, p.Dismissed = old.Incident, old.Hidden, 0, false
		if old.Dismissed {
			p.Incident = 0
		}
		if i := w.incidents[p.Incident]; i != nil && !p.Hidden {
			w.flip(i, now)
		}
	}
	w.problems[p.Key] = p
	w.touch(p)
}

func (w *World) ended(f Finding, p *Problem, now int64) {
	p.Cleared, p.Loose = max(f.Since, p.Since, 1), 0
	if len(f.Evidence) > 0 {
		p.Evidence = []string{f.Evidence}
	}
	w.touch(p)
	if i := w.incidents[p.Incident]; i != nil && !p.Hidden {
		w.flip(i, now)
	}
	if p.Incident == 0 || w.incidents[p.Incident] == nil {
		w.drop(p)
	}
}

// flip remembers that an object of i went or came back.
func (w *World) flip(i *Incident, now int64) {
	i.Flips = append(slices.DeleteFunc(slices.Clone(i.Flips), func(t int64) bool { return t < now-w.pol.FlapWindow.Milliseconds() }), now)
	i.Quiet = now
	if over := len(i.Flips) - 50; over > 0 {
		i.Flips = i.Flips[over:]
	}
	w.moved[i.ID] = true
}

func (w *World) touch(p *Problem) {
	w.changed[p.Key] = true
	if p.Kind == DeviceDown {
		w.dirty = true
	}
}

func (w *World) drop(p *Problem) {
	w.gone[goneKey{p.Key, p.Incident}] = true
	delete(w.problems, p.Key)
	delete(w.changed, p.Key)
	if p.Kind == DeviceDown {
		w.dirty = true
	}
}

// attach makes p a part of incident id.
func (w *World) attach(p *Problem, id int64, hidden bool) {
	if p.Incident == id && p.Hidden == hidden && p.Loose == 0 {
		return
	}
	if p.Incident != id {
		w.gone[goneKey{p.Key, p.Incident}] = true
	}
	delete(w.gone, goneKey{p.Key, id})
	p.Incident, p.Hidden, p.Loose = id, hidden, 0
	w.changed[p.Key] = true
}

func (w *World) event(i *Incident, e Event) {
	w.moved[i.ID] = true
	w.events[i.ID] = append(w.events[i.ID], e)
}

// later asks for another look at the outages at t.
func (w *World) later(t int64) {
	if w.again == 0 || t < w.again {
		w.again = t
	}
}

// outcome is what has changed since the last one, in a fixed order.
func (w *World) outcome() Outcome {
	var out Outcome
	for _, id := range slices.Sorted(maps.Keys(w.moved)) {
		out.Changes = append(out.Changes, Change{w.incidents[id].copy(), w.events[id]})
	}
	for k := range w.changed {
		out.Problems = append(out.Problems, *w.problems[k])
	}
	out.Problems = append(out.Problems, w.learnt...)
	for g := range w.gone {
		out.Gone = append(out.Gone, Problem{Key: g.Key, Incident: g.incident})
	}
	byKey := func(a, b Problem) int { return compareKeys(a.Key, b.Key) }
	slices.SortFunc(out.Problems, byKey)
	slices.SortFunc(out.Gone, byKey)
	for id, i := range w.incidents {
		if i.Status == Resolved && w.moved[id] {
			w.release(id)
		}
	}
	w.forget()
	return out
}

// release forgets the problems of a resolved incident, but for those that a person dismissed.
func (w *World) release(id int64) {
	for k, p := range w.problems {
		if p.Incident == id && !p.Dismissed {
			delete(w.problems, k)
		}
	}
}

func (i *Incident) copy() Incident {
	c := *i
	c.Flips, c.Roots, c.Evidence, c.Passed = slices.Clone(i.Flips), slices.Clone(i.Roots), slices.Clone(i.Evidence), slices.Clone(i.Passed)
	c.Spares = slices.Clone(i.Spares)
	return c
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Object, b.Object))
}

// sorted is the problems that fit, by their keys.
func (w *World) sorted(fits func(*Problem) bool) []*Problem {
	var out []*Problem
	for _, p := range w.problems {
		if fits(p) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *Problem) int { return compareKeys(a.Key, b.Key) })
	return out
}
