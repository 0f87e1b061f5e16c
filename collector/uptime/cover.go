package uptime

import (
	"ninewatch/internal/telemetry"
	"slices"
)

// span is a piece of one stream's or one device's time, in milliseconds.
type span struct {
	from, to int64
	state    State
	why      string
	unc      int64  // ms since the evidence before from
	dated    string // by whom, where not by the probes
}

// Stream is what one agent saw of one device with one kind of probe. Runs may come in any order, overlap
// and repeat samples.
type Stream struct {
	Probe telemetry.Probe
	Agent string
	Runs  []telemetry.Run
	// Away lists when the agent is known to have been away, as [from, to) in ms: a sample taken before
	// does not vouch into it. Samples taken meanwhile and delivered later count as any other.
	Away [][2]int64
}

// evaluated is a stream after confirmation.
type evaluated struct {
	Stream
	samples []judged
	spans   []span
}

// evaluate judges one stream up to asOf (ms). With edge (ms) the newest sample vouches up to asOf while it is
// no older than that or the hold: that is what can be said before the next sample is due.
func evaluate(s Stream, pol Policy, asOf, edge int64) evaluated {
	p := pol.probe(s.Probe)
	e := evaluated{Stream: s, samples: confirm(mergeRuns(s.Runs, pol.DegradedPPM, asOf), p)}
	e.spans = cover(e.samples, p, asOf, edge)
	for _, away := range s.Away {
		until := asOf
		if i := e.firstAt(away[0]); i < len(e.samples) {
			until, _ = e.samples[i].next(away[0])
		}
		e.spans = carve(e.spans, away[0], until)
	}
	return e
}

// cover tells for which time each sample vouches: until the next where no more than the hold lies between,
// else for one interval.
func cover(in []judged, p ProbePolicy, asOf, edge int64) []span {
	var out []span
	for i, s := range in {
		end := s.last() + p.lone(s.every)
		if i+1 < len(in) {
			if next := in[i+1]; next.t-s.last() <= p.hold(s.every, next.every) {
				end = next.t
			}
		} else if wait := s.last() + max(edge, p.hold(s.every, s.every)); edge > 0 && asOf <= wait {
			end = asOf
		}
		x := span{from: s.t, to: min(end, asOf), state: s.state, why: s.why}
		if i > 0 && len(out) > 0 && out[len(out)-1].to == s.t {
			x.unc = s.t - in[i-1].last()
		}
		if s.class.evidence() && s.state == Unknown {
			x.why = whyUnconfirmed
		}
		out = appendSpan(out, x)
	}
	return out
}

func appendSpan(out []span, x span) []span {
	if x.from >= x.to {
		return out
	}
	if n := len(out); n > 0 && out[n-1].to == x.from && out[n-1].state == x.state && (x.state != Unknown || out[n-1].why == x.why) {
		out[n-1].to = x.to
		return out
	}
	return append(out, x)
}

// carve takes [from, to) out of spans, which it may change in place.
func carve(in []span, from, to int64) []span {
	i := spanAt(in, from)
	var rest [2]span
	n, j := 0, i
	for ; j < len(in) && in[j].from < to; j++ {
		if x := in[j]; x.from < from {
			x.to = from
			rest[n] = x
			n++
		}
		if x := in[j]; x.to > to {
			x.from, x.unc = to, 0
			rest[n] = x
			n++
		}
	}
	if from >= to || i == j {
		return in
	}
	return slices.Replace(in, i, j, rest[:n]...)
}

// spanAt is the index of the first span that ends after t.
func spanAt(in []span, t int64) int {
	i, _ := slices.BinarySearchFunc(in, t, func(x span, t int64) int {
		if x.to <= t {
			return -1
		}
		return 1
	})
	return i
}

// firstAt is the index of the first series that has a sample at or after t.
func (e *evaluated) firstAt(t int64) int {
	i, _ := slices.BinarySearchFunc(e.samples, t, func(s judged, t int64) int {
		if s.last() < t {
			return -1
		}
		return 1
	})
	return i
}
