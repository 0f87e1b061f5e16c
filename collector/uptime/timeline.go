package uptime

import (
	"cmp"
	"slices"
)

// Timeline judges the streams of one device with the facts known at asOf (ms), and returns a partition of
// [from, to) (Unix seconds) into maximal intervals. A sample at t ms counts from second ⌊t/1000⌋.
//
// Streams are combined as a three-valued OR: up if any is up (degraded if another is down or lossy),
// unknown if none is up and any is unknown, else down. A stream that nobody watched at that time has no
// voice; a stream that looked in vain (prober fault, wrong credentials, not yet confirmed) has.
func Timeline(streams []Stream, pol Policy, from, to, asOf int64) []Interval {
	return clip(toSeconds(combine(streams, pol, asOf, 0)), from, to)
}

// combine judges all streams of a device, in milliseconds. Time in which no stream has a voice is left out.
func combine(streams []Stream, pol Policy, asOf, edge int64) []span {
	return combineEvaluated(evaluateAll(streams, pol, asOf, edge), pol, asOf)
}

func evaluateAll(streams []Stream, pol Policy, asOf, edge int64) []evaluated {
	all := make([]evaluated, 0, len(streams))
	for _, s := range streams {
		all = append(all, evaluate(s, pol, asOf, edge))
	}
	return all
}

func combineEvaluated(all []evaluated, pol Policy, asOf int64) []span {
	if pol.Sharpen {
		sharpen(all, pol, asOf)
	}
	lists := make([][]span, 0, len(all))
	for _, e := range all {
		lists = append(lists, e.spans)
	}
	return or(lists)
}

// or sweeps over the boundaries of all lists.
func or(lists [][]span) []span {
	if len(lists) == 1 {
		return lists[0]
	}
	var cuts []int64
	for _, l := range lists {
		for _, x := range l {
			cuts = append(cuts, x.from, x.to)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	pos := make([]int, len(lists))
	var out []span
	for i := 1; i < len(cuts); i++ {
		from, to := cuts[i-1], cuts[i]
		var voices []span
		for k, l := range lists {
			for pos[k] < len(l) && l[pos[k]].to <= from {
				pos[k]++
			}
			if pos[k] < len(l) && l[pos[k]].from <= from {
				voices = append(voices, l[pos[k]])
			}
		}
		if len(voices) > 0 {
			out = appendSpan(out, decide(voices, from, to))
		}
	}
	return out
}

// decide is the three-valued OR of what the streams say over [from, to).
func decide(voices []span, from, to int64) span {
	var n [5]int
	for _, v := range voices {
		n[weight(v.state)]++
	}
	x := span{from: from, to: to}
	switch {
	case n[4] > 0 && n[4] == len(voices)-n[2]:
		x.state = Up
	case n[4]+n[3] > 0:
		x.state = Degraded
	case n[2] > 0:
		x.state = Unknown
	case n[0] == len(voices):
		x.state = AdminDown
	default:
		x.state = Down
	}
	x.why, x.unc, x.dated = reason(voices, x.state, from)
	return x
}

func weight(s State) int {
	switch s {
	case Up:
		return 4
	case Degraded:
		return 3
	case Unknown:
		return 2
	case AdminDown:
		return 0
	}
	return 1
}

// reason takes the words of the stream that decides, and how long before from it had looked.
func reason(voices []span, st State, from int64) (why string, unc int64, dated string) {
	v := slices.MinFunc(voices, func(a, b span) int {
		return cmp.Or(cmp.Compare(distance(a.state, st), distance(b.state, st)), -cmp.Compare(a.from, b.from), cmp.Compare(a.why, b.why))
	})
	if v.from == from {
		unc, dated = v.unc, v.dated
	}
	return v.why, unc, dated
}

// distance orders the voices of a verdict: for degraded the failing one speaks, else one that agrees.
func distance(voice, verdict State) int {
	if voice == verdict {
		return 0
	}
	if verdict == Degraded && voice == Down {
		return 1
	}
	return 2
}

// toSeconds puts spans on the grid of the ledger.
func toSeconds(in []span) []Interval {
	out := make([]Interval, 0, len(in))
	for _, x := range in {
		out = append(out, Interval{
			From: floorSecond(x.from), To: floorSecond(x.to), State: x.state, Why: x.why,
			Uncertainty: (x.unc + 999) / 1000, Dated: x.dated,
		})
	}
	return coalesce(out)
}

func floorSecond(ms int64) int64 {
	if ms < 0 {
		return -((-ms + 999) / 1000)
	}
	return ms / 1000
}
