package alert

import (
	"fmt"
	"slices"
	"strings"
)

// others places the problems that are no outages of devices: each has an incident of its own, or joins the one
// that explains it.
func (w *World) others(b *Book, now int64) {
	down := w.down()
	list := w.sorted(func(p *Problem) bool { return p.Kind != DeviceDown && p.holds() && !p.Dismissed })
	broken := w.broken(list, down)
	for _, p := range list {
		i := w.live(p)
		by := explainedBy(p, down)
		if by == 0 {
			by = w.broke(p, broken)
		}
		switch {
		case i != nil && !p.Hidden && w.yields(i, p, by, down):
			w.yield(i, p, by, now)
		case i != nil && (!p.Hidden || by == i.ID):
			if !p.Hidden {
				w.refresh(i, p)
			}
		case by != 0:
			w.join(p, by, now)
		case w.told(p) != 0: // the outage that it looks back on is over
			w.look(p, w.told(p), now)
		case i != nil && p.Loose == 0: // what explained it is over: it has a while to end too
			p.Loose = now
			w.changed[p.Key] = true
		case i != nil && now < p.Loose+w.pol.Grace.Milliseconds():
		default:
			i := w.open(p, now)
			if i.Status == Pending {
				i.Settles = now + w.pol.Hold[p.Kind].Milliseconds()
			}
			w.attach(p, i.ID, false)
			w.refresh(i, p)
			broken.add(p, i.ID)
		}
	}
}

// refresh brings the words of an incident up to what its problem says.
func (w *World) refresh(i *Incident, p *Problem) {
	cause := strings.Join(p.Evidence, "; ")
	severity := worse(i.Severity, p.Severity)
	if i.Summary == p.Summary && i.Cause == cause && i.Severity == severity {
		return
	}
	w.moved[i.ID] = true
	if i.Severity != severity && i.Status != Pending && i.Summary != "" {
		i.Revision++
		w.event(i, Event{Time: p.Detected, Type: EventUpdated, Text: fmt.Sprintf("now %s: %s", severity, p.Summary)})
	}
	i.Summary, i.Cause, i.Severity, i.Evidence = p.Summary, cause, severity, slices.Clone(p.Evidence)
}

// open begins an incident with p as its root, or goes on with one that ended a short while ago.
func (w *World) open(p *Problem, now int64) *Incident {
	for _, id := range w.ids() {
		i := w.incidents[id]
		if i.Status == Resolved && i.key() == p.Key && i.MergedInto == 0 && now-i.Ended <= w.pol.Reopen.Milliseconds() {
			w.reopen(i, p, now)
			return i
		}
	}
	w.last++
	i := &Incident{
		ID: w.last, Kind: p.Kind, Severity: p.Severity, Status: Pending, Site: p.Site, Device: p.Device, Object: p.Object,
		Started: p.Since, UncertaintyMS: p.Unc, Detected: p.Detected, Demo: p.Demo,
		More: More{Role: p.Role, Team: p.Team, Rule: p.Rule, Labels: p.Labels, Settles: now},
	}
	w.incidents[i.ID] = i
	w.flip(i, now)
	w.event(i, Event{Time: p.Detected, Type: EventDetected, Text: strings.Join(p.Evidence, "; ")})
	return i
}

// reopen goes on with an incident: what failed again so soon is no new one.
func (w *World) reopen(i *Incident, p *Problem, now int64) {
	i.Status, i.Ended, i.ByHand, i.Owner, i.AcknowledgedAt = Open, 0, false, "", 0
	i.Reopened++
	w.flip(i, now)
	if i.Opened == 0 {
		i.Status, i.Settles = Pending, now
		return
	}
	if w.flaps(i) {
		w.flap(i, now)
		return
	}
	w.event(i, Event{Time: max(p.Detected, p.Since), Type: EventOpened, Text: "again: " + strings.Join(p.Evidence, "; ")})
}

func (w *World) flaps(i *Incident) bool { return len(i.Flips) >= w.pol.FlapChanges }

func (w *World) flap(i *Incident, now int64) {
	i.Status, i.Ended = Flapping, 0
	i.Revision++
	w.event(i, Event{Time: now, Type: EventUpdated, Text: fmt.Sprintf("flaps: %d changes within %s; told again when it is steady", len(i.Flips), w.pol.FlapWindow)})
}

// clock does what time does to incidents: it opens those that have settled, and resolves those whose problems
// are over.
func (w *World) clock(b *Book, now int64) {
	holding, cleared := w.tally()
	for _, id := range w.ids() {
		i := w.incidents[id]
		switch {
		case i.Status == Resolved:
			if now-i.Ended > w.pol.Reopen.Milliseconds() && !w.moved[id] {
				delete(w.incidents, id)
			}
		case i.Status == Flapping:
			w.steady(i, holding[id], cleared[id], now)
		case holding[id] == 0 && i.Status != Pending && w.flaps(i):
			w.flap(i, now)
		case holding[id] == 0:
			w.over(i, cleared[id], now)
		case i.Status == Pending && now >= i.Settles:
			i.Status, i.Opened = Open, now
			w.event(i, Event{Time: now, Type: EventOpened, Text: i.Cause})
		case i.Status != Pending && w.flaps(i):
			w.flap(i, now)
		}
	}
}

// tally counts the problems of incidents that hold, and when the last of the others ended: the last of what is
// hidden counts only where nothing else ended.
func (w *World) tally() (holding map[int64]int, cleared map[int64]int64) {
	holding, cleared = map[int64]int{}, map[int64]int64{}
	hidden := map[int64]int64{}
	for _, p := range w.problems {
		switch {
		case p.holds() && !p.Dismissed:
			holding[p.Incident]++
		case p.Hidden:
			hidden[p.Incident] = max(hidden[p.Incident], p.Cleared)
		default:
			cleared[p.Incident] = max(cleared[p.Incident], p.Cleared)
		}
	}
	for id, at := range hidden {
		if cleared[id] == 0 {
			cleared[id] = at
		}
	}
	return holding, cleared
}

// over resolves i, or drops it when nobody could know of it yet.
func (w *World) over(i *Incident, cleared, now int64) {
	was := i.Status
	i.Status, i.Ended = Resolved, max(cleared, i.Started)
	if cleared == 0 {
		i.Ended = now
	}
	if was == Pending {
		w.event(i, Event{Time: now, Type: EventDropped, Text: "it was over before its extent was known: nobody was told"})
		return
	}
	w.event(i, Event{Time: now, Type: EventResolved, Text: w.ending(i)})
}

// ending says how i ended, in words.
func (w *World) ending(i *Incident) string {
	text := "it is over"
	if i.Kind == DeviceDown {
		text = i.Device + " answers again"
		if i.Behind > 0 {
			text += ", and so do " + plural(i.Behind, "device") + " behind it"
		}
	}
	if p := w.problems[i.key()]; p != nil && !p.holds() && len(p.Evidence) > 0 {
		text += ": " + p.Evidence[0]
	}
	return text
}

// steady ends flapping after a time without changes.
func (w *World) steady(i *Incident, holding int, cleared, now int64) {
	if now-i.Quiet < w.pol.FlapQuiet.Milliseconds() {
		return
	}
	i.Flips = nil
	if holding == 0 {
		w.over(i, cleared, now)
		return
	}
	i.Status = Open
	if i.AcknowledgedAt != 0 {
		i.Status = Acknowledged
	}
	i.Revision++
	w.event(i, Event{Time: now, Type: EventUpdated, Text: "no longer flaps: it stays"})
}

func (w *World) ids() []int64 {
	out := make([]int64, 0, len(w.incidents))
	for id := range w.incidents {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
