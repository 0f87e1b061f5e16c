package alert

import (
	"cmp"
	"slices"
)

// live is the incident that p is a part of, where it is not resolved.
func (w *World) live(p *Problem) *Incident {
	if i := w.incidents[p.Incident]; i != nil && i.Status != Resolved {
		return i
	}
	return nil
}

// down is the incidents of devices that are down.
func (w *World) down() map[string]int64 {
	out := map[string]int64{}
	for k, p := range w.problems {
		if i := w.live(p); k.Kind == DeviceDown && p.holds() && i != nil {
			out[k.Device] = i.ID
		}
	}
	return out
}

// explainedBy is the open incident that explains p: that of its own device, or of one that it stands on.
func explainedBy(p *Problem, down map[string]int64) int64 {
	if !joins(p.Kind) {
		return 0
	}
	if id := down[p.Device]; id != 0 {
		return id
	}
	for _, m := range p.Members {
		if id := down[m]; id != 0 {
			return id
		}
	}
	return 0
}

// breaks is the incident that tells of a thing that failed: the oldest of several.
type breaks map[string]int64

func (b breaks) add(p *Problem, id int64) {
	for _, c := range p.Causes {
		if b[c] == 0 || id < b[c] {
			b[c] = id
		}
	}
}

// broken is what problems rest on that are told in an incident of their own, or with the outage of a device.
func (w *World) broken(list []*Problem, down map[string]int64) breaks {
	out := breaks{}
	for _, p := range list {
		by := explainedBy(p, down)
		if i := w.live(p); by == 0 && i != nil && !p.Hidden {
			by = i.ID
		}
		if by != 0 {
			out.add(p, by)
		}
	}
	return out
}

// broke is the incident that tells already of what p rests on; 0: none before its own.
func (w *World) broke(p *Problem, broken breaks) (by int64) {
	for _, c := range p.Causes {
		if id := broken[c]; id != 0 && (by == 0 || id < by) {
			by = id
		}
	}
	if by == p.Incident && !p.Hidden {
		return 0
	}
	return by
}

// yields tells whether p, which was told in i, has one cause with incident by that became known later, or of which it
// became known later that it shares what failed. What began at another time has a cause of its own.
func (w *World) yields(i *Incident, p *Problem, by int64, down map[string]int64) bool {
	into := w.incidents[by]
	if into == nil || into == i {
		return false
	}
	skew := w.pol.Skew.Milliseconds()
	if explainedBy(p, down) == by {
		return p.Since >= into.Started-skew
	}
	return by < i.ID && p.Since >= into.Started-skew && p.Since <= into.Started+skew
}

// yield ends incident i, which is of p alone: it goes on as a part of another.
func (w *World) yield(i *Incident, p *Problem, by, now int64) {
	kind, into := EventResolved, w.incidents[by]
	if i.Status == Pending {
		kind = EventDropped // nobody knows of it
	}
	i.Status, i.Ended, i.MergedInto = Resolved, max(now, i.Started), by
	w.event(i, Event{Time: now, Type: kind, Text: "one cause with " + into.Name() + ", which goes on"})
	w.join(p, by, now)
}

// join makes p a part of the incident that explains it. Redundancy that is lost is told there: nobody sees it by himself
// while the service is up.
func (w *World) join(p *Problem, by, now int64) {
	w.attach(p, by, true)
	text := "explains, and hides: " + p.Summary
	if p.Kind == RedundancyLost {
		text = "redundancy is lost with it: " + p.Summary
	}
	w.event(w.incidents[by], Event{Time: now, Type: EventUpdated, Text: text})
}

// told is the incident that told of the outage that p looks back on; 0: none did, or p is about more than that.
func (w *World) told(p *Problem) (id int64) {
	if p.Lapse[1] == 0 {
		return 0
	}
	skew := w.pol.Skew.Milliseconds()
	for _, i := range w.incidents {
		of := i.Kind == DeviceDown && (slices.Contains(p.Members, i.Device) || slices.ContainsFunc(p.Members, func(m string) bool { return slices.Contains(i.Roots, m) })) ||
			i.Kind == InterfaceDown && slices.Contains(p.Causes, i.Device+"/"+i.Object)
		over := i.Status == Resolved && i.Ended < p.Lapse[0]-skew
		if of && i.Opened != 0 && !over && i.Started <= p.Lapse[1]+skew {
			id = max(id, i.ID)
		}
	}
	return id
}

// look notes in incident id what p says of its outage: that is no incident of its own.
func (w *World) look(p *Problem, id, now int64) {
	if p.Incident != id {
		w.event(w.incidents[id], Event{Time: now, Type: EventUpdated, Text: "explains, and hides: " + p.Summary})
	}
	w.dismiss(p, id)
}

// spares writes into incidents which redundancy is lost with what they tell of, the worst first. More of it is worth an
// update.
func (w *World) spares() {
	lost := map[int64][]string{}
	list := w.sorted(func(p *Problem) bool { return p.Kind == RedundancyLost && p.Hidden && p.holds() && !p.Dismissed })
	slices.SortStableFunc(list, func(a, b *Problem) int { return cmp.Compare(b.Severity.rank(), a.Severity.rank()) })
	for _, p := range list {
		i := w.live(p)
		if i == nil {
			continue
		}
		lost[i.ID] = append(lost[i.ID], p.object())
		if severity := worse(i.Severity, p.Severity); severity != i.Severity {
			i.Severity = severity
			w.moved[i.ID] = true
		}
	}
	for _, id := range w.ids() {
		i := w.incidents[id]
		if i.Status == Resolved || slices.Equal(i.Spares, lost[id]) {
			continue
		}
		if i.Status != Pending && slices.ContainsFunc(lost[id], func(name string) bool { return !slices.Contains(i.Spares, name) }) {
			i.Revision++
		}
		i.Spares = lost[id]
		i.Impact = i.wholeImpact()
		w.moved[id] = true
	}
}
