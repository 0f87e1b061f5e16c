package uptime

import "ninewatch/internal/telemetry"

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

// sharpenBy corrects the spans of the slower stream s by the outages of the finer stream fine.
func (s *evaluated) sharpenBy(fine *evaluated, pol Policy, asOf int64) {
	for k, out := range fine.spans {
		if out.state != Down || !fine.finerThan(s, out.from) {
			continue
		}
		replied, looked := s.during(out.from, out.to)
		if replied {
			continue // the device answers SNMP while echoes are lost: both are right
		}
		last := k == len(fine.spans)-1
		if !looked && last && asOf-out.from < pol.Settle {
			continue
		}
		s.dropDown(out.from-slack, out.from, true)
		s.spans = carve(s.spans, out.from, out.to)
		if !last && fine.spans[k+1].from == out.to && working(fine.spans[k+1].state) {
			s.recovered(out.to)
		}
	}
}

// finerThan tells whether the stream looked more often than other around t.
func (e *evaluated) finerThan(other *evaluated, t int64) bool {
	i, j := e.firstAt(t), other.firstAt(t)
	if i == len(e.samples) || len(other.samples) == 0 {
		return false
	}
	j = min(j, len(other.samples)-1)
	return e.samples[i].every < other.samples[j].every
}

// during tells whether the device replied in [from, to), and whether the stream looked at all.
func (e *evaluated) during(from, to int64) (replied, looked bool) {
	for i := e.firstAt(from); i < len(e.samples); i++ {
		x := e.samples[i]
		if t, ok := x.next(from); !ok || t >= to {
			break
		}
		switch x.class {
		case faulty:
		case bad:
			looked = true
		default:
			return true, true
		}
	}
	return false, looked
}

// dropDown removes down time in [from, to): with starting, only that of an outage that starts there.
func (e *evaluated) dropDown(from, to int64, starting bool) {
	for _, x := range e.spans {
		if x.state != Down || x.to <= from || x.from >= to || starting && x.from < from {
			continue
		}
		e.spans = carve(e.spans, max(x.from, from), min(x.to, to))
	}
}

// recovered removes what an old failure says of the time after echoes returned at t, up to the next sample.
func (e *evaluated) recovered(t int64) {
	i := e.firstAt(t)
	if i == len(e.samples) {
		e.dropDown(t, 1<<62, false)
		return
	}
	at, _ := e.samples[i].next(t)
	if e.samples[i].class != bad {
		e.dropDown(t, at, false)
	}
}
