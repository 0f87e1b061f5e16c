package uptime

import (
	"math"

	"ninewatch/internal/telemetry"
)

// slack is how much earlier than the echoes (ms) an SNMP poll may be stamped that failed for the same
// reason: it carries the time at which it began, and takes some seconds to fail.
const slack = 10_000

// sharpen lets the echo stream of each agent correct what its SNMP stream says only by extrapolation.
func sharpen(all []evaluated, pol Policy, asOf int64) {
	for i := range all {
		if all[i].Probe != telemetry.ProbeICMP {
			continue
		}
		for j := range all {
			if all[j].Probe == telemetry.ProbeSNMP && all[j].Agent == all[i].Agent {
				all[j].sharpenBy(&all[i], pol, asOf)
			}
		}
	}
}

// sharpenBy corrects the spans of the slower stream s by the outages of the finer stream fine. Every
// correction looks no further than the next poll, so that the past settles.
func (s *evaluated) sharpenBy(fine *evaluated, pol Policy, asOf int64) {
	for k, out := range fine.spans {
		if out.state != Down {
			continue
		}
		last := k == len(fine.spans)-1
		if fine.finerThan(s, out.from) {
			s.fell(out, pol, last && asOf-out.from < pol.Settle)
		}
		s.agree(out.from, out.to, fine)
		if !last && fine.spans[k+1].from == out.to && working(fine.spans[k+1].state) && fine.finerThan(s, out.to) {
			s.recovered(out.to, pol)
		}
	}
}

// fell removes what an old reply says of the time after echoes were lost, up to the next poll, unless that
// one was answered too. While the outage is young it waits for that poll.
func (e *evaluated) fell(out span, pol Policy, young bool) {
	next, known := e.poll(out.from, pol)
	known = known && next.t < out.to
	if !known && young || known && next.class != bad {
		return
	}
	e.dropDown(out.from-slack, out.from, true)
	e.spans = carve(e.spans, out.from, min(out.to, e.nextAt(out.from)))
}

// finerThan tells whether the stream looked more often than other around t.
func (e *evaluated) finerThan(other *evaluated, t int64) bool {
	i, j := e.around(t), other.around(t)
	return i >= 0 && j >= 0 && e.samples[i].every < other.samples[j].every
}

// around is the index of the series that holds t, or ended last before it, or else comes first.
func (e *evaluated) around(t int64) int {
	i := e.firstAt(t)
	if i > 0 && (i == len(e.samples) || e.samples[i].t > t) {
		i--
	}
	return min(i, len(e.samples)-1)
}

// poll is the first sample at or after t, if no hole lies between it and the one before t.
func (e *evaluated) poll(t int64, pol Policy) (judged, bool) {
	i := e.firstAt(t)
	if i == len(e.samples) {
		return judged{}, false
	}
	s := e.samples[i]
	at, _ := s.next(t)
	before, every := at-s.every, s.every
	if at == s.t {
		if i == 0 {
			return judged{}, false
		}
		before, every = e.samples[i-1].last(), e.samples[i-1].every
	}
	s.t = at
	return s, at-before <= pol.probe(e.Probe).hold(every, s.every)
}

// agree takes back what the stream says from its failures in [from, to) on, up to its next sample that is
// none: the failures confirm the outage, as does the other stream.
func (e *evaluated) agree(from, to int64, fine *evaluated) {
	for i := e.firstAt(from); i < len(e.samples); i++ {
		s := e.samples[i]
		at, ok := s.next(from)
		if !ok || at >= to {
			return
		}
		if s.class != bad || fine.samples[fine.around(at)].every >= s.every {
			continue
		}
		end := to
		if i+1 < len(e.samples) {
			end = min(to, e.samples[i+1].t)
		}
		e.spans = carve(e.spans, at, end)
	}
}

// dropDown removes down time in [from, to): with starting, only that of an outage that starts there.
func (e *evaluated) dropDown(from, to int64, starting bool) {
	var drop []span
	for i := spanAt(e.spans, from); i < len(e.spans) && e.spans[i].from < to; i++ {
		if x := e.spans[i]; x.state == Down && (!starting || x.from >= from) {
			drop = append(drop, span{from: max(x.from, from), to: min(x.to, to)})
		}
	}
	for _, x := range drop {
		e.spans = carve(e.spans, x.from, x.to)
	}
}

// recovered removes what an old failure says of the time after echoes returned at t, up to the next poll.
func (e *evaluated) recovered(t int64, pol Policy) {
	if next, known := e.poll(t, pol); !known || next.class != bad {
		e.dropDown(t, e.nextAt(t), false)
	}
}

// nextAt is the time of the first sample at or after t.
func (e *evaluated) nextAt(t int64) int64 {
	i := e.firstAt(t)
	if i == len(e.samples) {
		return math.MaxInt64
	}
	at, _ := e.samples[i].next(t)
	return at
}
