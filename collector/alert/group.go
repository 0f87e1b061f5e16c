package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology"
)

// component is one set of devices that went down together.
type component struct {
	topology.Incident
	cause    topology.Cause
	isolated bool
	incident int64
}

// group explains all outages: one incident for each connected set of devices that are down.
func (w *World) group(b *Book, now int64) {
	state := make(map[string]topology.State, len(w.alive)+len(w.problems))
	for name, alive := range w.alive {
		if alive {
			state[name] = topology.Up
		}
	}
	down := 0
	for k, p := range w.problems {
		if k == (Key{DeviceDown, k.Device, ""}) && p.holds() && !p.Dismissed {
			state[k.Device] = topology.Down
			down++
		}
	}
	if down == 0 {
		return
	}
	s := b.situation(state)
	causes := topology.RootCauses(s)
	awaited := awaited(s, causes.UpBehind)
	list := make([]*component, len(causes.Incidents))
	for n, i := range causes.Incidents {
		c := &component{Incident: i}
		for _, v := range causes.Isolated {
			c.isolated = c.isolated || v == vantageOf(b.Devices[i.Roots[0]].Site)
		}
		c.cause = w.narrow(c, b)
		list[n] = c
	}
	w.claim(list)
	for _, c := range list {
		w.place(c, b, slices.ContainsFunc(c.Nodes(), func(name string) bool { return awaited[name] }), now)
	}
}

// awaited marks what is next to devices that answered last, and cannot any more as the network is known: they
// have not been looked at since.
func awaited(s topology.Situation, behind []string) map[string]bool {
	out := map[string]bool{}
	if len(behind) == 0 {
		return out
	}
	soon := map[string]bool{}
	for _, name := range behind {
		soon[name] = true
	}
	for _, e := range s.Edges {
		if soon[e[0]] {
			out[e[1]] = true
		}
		if soon[e[1]] {
			out[e[0]] = true
		}
	}
	return out
}

func (w *World) outage(device string) *Problem { return w.problems[Key{DeviceDown, device, ""}] }

// claim gives each component the incident that it goes on with: the oldest of those whose root it holds, and that
// no component before it has. Another component with devices of that incident gets none: its devices are loose.
func (w *World) claim(list []*component) {
	taken := map[int64]bool{}
	for _, c := range list {
		for _, name := range c.Nodes() {
			p := w.outage(name)
			i := w.incidents[p.Incident]
			if i != nil && i.Status != Resolved && i.Kind == DeviceDown && !taken[i.ID] && w.leads(i, p) && (c.incident == 0 || i.ID < c.incident) {
				c.incident = i.ID
			}
		}
		taken[c.incident] = true
	}
}

// leads tells whether p is what i goes on with: its root, or any of its roots once the first is back.
func (w *World) leads(i *Incident, p *Problem) bool {
	if p.Hidden {
		return false
	}
	first := w.outage(i.Device)
	return p.Device == i.Device || first == nil || !first.holds()
}

// place makes c the extent of its incident.
func (w *World) place(c *component, b *Book, awaits bool, now int64) {
	if c.incident == 0 && !w.judged(c, now) {
		return
	}
	i := w.incidents[c.incident]
	if i == nil {
		i = w.open(w.outage(c.cause.Candidates[0]), now)
		if i.Status == Pending && awaits {
			i.Settles = now + w.pol.Settle.Milliseconds()
		}
	} else {
		w.merge(c, i, now)
	}
	if i.Status == Pending && !awaits {
		i.Settles = min(i.Settles, now)
	}
	if i.Status == Pending && i.Settles > now {
		w.later(i.Settles)
	}
	for _, name := range c.Roots {
		w.attach(w.outage(name), i.ID, false)
	}
	for _, name := range c.Suppressed {
		w.attach(w.outage(name), i.ID, true)
	}
	w.describe(i, c, b, now)
}

// judged tells whether what c holds is known to be down by itself. What lay behind a root that is back is
// looked at again first: it is news when it failed since, or still does after a while.
func (w *World) judged(c *component, now int64) bool {
	ok := false
	for _, name := range c.Nodes() {
		p := w.outage(name)
		i := w.incidents[p.Incident]
		if i == nil || i.Status == Resolved {
			ok = ok || !p.Explained || now-p.Detected >= w.pol.Explained.Milliseconds() || p.Detected == 0
			if p.Explained {
				w.later(p.Detected + w.pol.Explained.Milliseconds())
			}
			continue
		}
		if p.Loose == 0 {
			p.Loose = now
			w.changed[p.Key] = true
		}
		wait := w.pol.Grace
		if p.Explained {
			wait = w.pol.Explained
		}
		root := w.outage(i.Device)
		fresh := !p.Explained && root != nil && !root.holds() && p.Since >= root.Cleared
		if end := p.Loose + wait.Milliseconds(); !fresh && now < end {
			w.later(end)
			continue
		}
		ok = true
	}
	return ok
}

// merge ends other incidents whose devices turn out to belong to c.
func (w *World) merge(c *component, into *Incident, now int64) {
	for _, name := range c.Nodes() {
		other := w.incidents[w.outage(name).Incident]
		if other == nil || other == into || other.Status == Resolved || other.Kind != DeviceDown || !w.only(other, c) {
			continue
		}
		kind := EventResolved
		if other.Status == Pending {
			kind = EventDropped // nobody knows of it
		}
		other.Status, other.Ended, other.MergedInto = Resolved, now, into.ID
		w.event(other, Event{Time: now, Type: kind, Text: "one cause with " + into.Name() + ", which goes on"})
		w.event(into, Event{Time: now, Type: EventUpdated, Text: other.Name() + " has the same cause, and is hidden here"})
		for _, p := range w.problems {
			if p.Incident == other.ID {
				w.attach(p, into.ID, true)
			}
		}
	}
}

// only tells whether every outage of i that holds lies in c.
func (w *World) only(i *Incident, c *component) bool {
	nodes := c.Nodes()
	for _, p := range w.problems {
		if p.Incident == i.ID && p.Kind == DeviceDown && p.holds() {
			if _, in := slices.BinarySearch(nodes, p.Device); !in {
				return false
			}
		}
	}
	return true
}

func (w *World) narrow(c *component, b *Book) topology.Cause {
	e := topology.Evidence{Start: map[string]int64{}, Skew: int64(w.pol.Skew.Seconds()), Risks: b.Risks}
	for _, name := range c.Roots {
		e.Start[name] = w.outage(name).Since / 1000
	}
	return topology.Narrow(c.Incident, e)
}

// describe writes what is known of c into i, and remembers when it is worth an update.
func (w *World) describe(i *Incident, c *component, b *Book, now int64) {
	root := w.outage(i.Device)
	if root == nil || !root.holds() || !slices.Contains(c.Roots, i.Device) {
		root = w.outage(c.cause.Candidates[0])
	}
	before := i.copy()
	i.Device, i.Site, i.Role, i.Team, i.Demo = root.Device, root.Site, root.Role, root.Team, root.Demo
	i.Summary = root.Summary
	if n := len(c.Roots) - 1; n > 0 {
		i.Summary = fmt.Sprintf("%s and %s do not answer", root.Device, plural(n, "other device"))
	}
	i.Roots, i.Behind = slices.Clone(c.Roots), len(c.Suppressed)
	i.Evidence = slices.Clone(root.Evidence)
	if len(c.Roots) > 1 || c.isolated && i.Behind > 0 {
		i.Evidence = append(i.Evidence, c.cause.Words)
	}
	if c.isolated && len(c.Roots) > 1 {
		i.Evidence = append(i.Evidence, fmt.Sprintf("no device next to the agent of %s answers: look at its own connection too", i.Site))
	}
	i.Evidence = append(i.Evidence, i.Passed...)
	i.Cause = strings.Join(i.Evidence, "; ")
	i.Reach = impact(c.Nodes(), i, b)
	i.Impact = i.wholeImpact()
	severity := root.Severity
	for _, name := range c.Roots {
		severity = worse(severity, w.outage(name).Severity)
	}
	switch {
	case i.Behind >= 10:
		severity = Critical
	case i.Behind > 0:
		severity = worse(severity, Major)
	}
	i.Severity = worse(i.Severity, severity)
	if i.Device == before.Device && i.Behind == before.Behind && slices.Equal(i.Roots, before.Roots) && i.Severity == before.Severity && i.Summary == before.Summary {
		i.Cause, i.Evidence = cmp.Or(before.Cause, i.Cause), before.Evidence
		if len(i.Evidence) == 0 {
			i.Evidence = slices.Clone(root.Evidence)
		}
		return
	}
	w.moved[i.ID] = true
	if i.Status != Pending && before.Summary != "" && (i.Behind > before.Behind || len(i.Roots) > len(before.Roots) || i.Device != before.Device) {
		i.Revision++
		w.event(i, Event{Time: now, Type: EventUpdated, Text: "now " + i.Summary + joined("; ", i.Impact)})
	}
}
