package uptime

import (
	"cmp"
	"slices"

	"ninewatch/collector/inventory"
)

// Probes tell of an outage that it began between the last look that was answered and the first that was not. What is
// here dates it within that time, to the moment at which the ports by which the device is reached went down, by what
// its parents say of them: in linkDown traps and in ifLastChange. It neither makes nor ends an outage.

// dating is when something began, and who tells.
type dating struct {
	at, unc int64 // ms
	by      string
}

// witness knows of a device what its probes do not. All times are ms.
type witness interface {
	// cut is when, in (lo, hi], the device was cut off.
	cut(lo, hi int64) (dating, bool)
	// started is when, in (lo, hi], it told first that it had started, and the name of the trap.
	started(lo, hi int64) (at int64, name string, ok bool)
}

// sighting is what is known of a port from a time (ms) on.
type sighting struct {
	at   int64
	up   bool
	unc  int64  // ms by which it may have been so before; less than nothing: since the poll before
	from string // who tells it
}

const (
	byTrap   = "a linkDown trap"
	byChange = "ifLastChange"
	byPoll   = "" // a poll that does not tell since when
)

// sightings puts traps and polls of one port in order of time.
func sightings(changes []StatusChange, traps []LinkTrap) []sighting {
	out := make([]sighting, 0, len(changes)+len(traps))
	for _, t := range traps {
		out = append(out, sighting{at: t.At, up: t.Oper == statusUp, unc: trapJitter, from: byTrap})
	}
	for _, c := range changes {
		s := sighting{at: c.At, unc: -1, from: byPoll}
		switch state, _ := c.state(); state {
		case Up, Degraded:
			s.up = true
		case Unknown:
			continue
		}
		if 0 < c.Changed && c.Changed <= c.At {
			out = append(out, sighting{c.Changed, s.up, 0, byChange})
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.at, b.at), -cmp.Compare(a.unc, b.unc), compareBool(a.up, b.up))
	})
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// went is when a port went down in (lo, hi] and stayed so. A device that starts brings its link back before it
// answers: if the port is up again at hi, the first time counts. With already the port was down before. Seen is in order.
func went(seen []sighting, lo, hi int64) (s sighting, already, ok bool) {
	var first, last sighting
	blurred := false
	for _, x := range seen {
		switch {
		case x.at > hi:
		case x.at <= lo:
			already = !x.up
		case x.up:
			last, blurred, already = sighting{}, false, false
		case x.unc < 0:
			blurred = true
		case last.at == 0 || last.from != byChange && x.from == byChange: // what the device itself says is exact
			last = x
			first = cmp.Or(first, x)
		}
	}
	switch {
	case last.at != 0:
		return last, false, true
	case already:
		return s, true, false
	}
	return first, false, first.at != 0 && !blurred
}

// cutOff is when, in (lo, hi], the last of some ports went down.
func cutOff(ports []inventory.Port, seen func(inventory.Port) []sighting, lo, hi int64) (out dating, ok bool) {
	for _, p := range ports {
		s, already, told := went(seen(p), lo, hi)
		switch {
		case already:
		case !told:
			return dating{}, false // for all that is known this way was open
		case !ok || s.at > out.at:
			out, ok = dating{s.at, min(s.unc, s.at-lo), s.from + " of " + p.Device + ", port " + p.Key}, true
		}
	}
	return out, ok
}

// dateOutages lets the outages in spans, which all streams of a device came to, begin when it was cut off.
func dateOutages(spans []span, all []evaluated, w witness) []span {
	if w == nil || !slices.ContainsFunc(spans, func(x span) bool { return x.state == Down && x.unc > 0 }) {
		return spans
	}
	out := make([]span, 0, len(spans))
	for _, x := range spans {
		if x.state == Down && x.unc > 0 {
			lo := x.from - x.unc
			for i := range all {
				lo = max(lo, all[i].answered(lo, x.from))
			}
			if d, ok := w.cut(lo, x.from); ok && worked(out, d.at, x.from) {
				for n := len(out); out[n-1].to > d.at; n = len(out) {
					if out[n-1].to = d.at; out[n-1].from >= d.at {
						out = out[:n-1]
					}
				}
				x.from, x.unc, x.dated = d.at, d.unc, d.by
			}
		}
		out = append(out, x)
	}
	return out
}

// worked tells whether spans, which end at to, say that the device worked in [from, to), and before.
func worked(spans []span, from, to int64) bool {
	for i := len(spans) - 1; i >= 0 && spans[i].to == to && working(spans[i].state); i-- {
		if to = spans[i].from; to < from {
			return true
		}
	}
	return false
}

// answered is the time of the last sample before end that was answered, or lo where there is none after it.
func (e *evaluated) answered(lo, end int64) int64 {
	for i := min(e.firstAt(end), len(e.samples)-1); i >= 0 && e.samples[i].last() > lo; i-- {
		s := e.samples[i]
		if n := s.within(end); n > 0 && (s.class > bad || s.class == refused) {
			return max(lo, s.t+(n-1)*s.every)
		}
	}
	return lo
}
