package uptime

import (
	"cmp"
	"slices"
	"sort"
)

// Window is a half-open piece of time, in Unix seconds.
type Window struct{ From, To int64 }

// Windows is a set of seconds: sorted, without overlap or touching neighbours.
type Windows []Window

// NewWindows is the union of what it is given.
func NewWindows(in ...Window) Windows { return merged(in, 0) }

// merged joins windows whose distance is at most gap.
func merged(in []Window, gap int64) Windows {
	in = slices.DeleteFunc(slices.Clone(in), func(w Window) bool { return w.From >= w.To })
	slices.SortFunc(in, func(a, b Window) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var out Windows
	for _, w := range in {
		if n := len(out); n > 0 && w.From-out[n-1].To <= gap {
			out[n-1].To = max(out[n-1].To, w.To)
			continue
		}
		out = append(out, w)
	}
	return out
}

// Intersect is the seconds that are in both.
func (s Windows) Intersect(o Windows) Windows {
	var out Windows
	for i, j := 0, 0; i < len(s) && j < len(o); {
		from, to := max(s[i].From, o[j].From), min(s[i].To, o[j].To)
		if from < to {
			out = append(out, Window{from, to})
		}
		if s[i].To < o[j].To {
			i++
		} else {
			j++
		}
	}
	return out
}

// Minus is the seconds of s that are not in o.
func (s Windows) Minus(o Windows) Windows {
	var out Windows
	j := 0
	for _, w := range s {
		for j < len(o) && o[j].To <= w.From {
			j++
		}
		at := w.From
		for k := j; k < len(o) && o[k].From < w.To; k++ {
			if at < o[k].From {
				out = append(out, Window{at, o[k].From})
			}
			at = max(at, o[k].To)
		}
		if at < w.To {
			out = append(out, Window{at, w.To})
		}
	}
	return out
}

// clip is the part of s in w.
func (s Windows) clip(w Window) Windows {
	i := sort.Search(len(s), func(i int) bool { return s[i].To > w.From })
	j := sort.Search(len(s), func(j int) bool { return s[j].From >= w.To })
	if i >= j {
		return Windows{}
	}
	out := slices.Clone(s[i:j])
	out[0].From = max(out[0].From, w.From)
	out[len(out)-1].To = min(out[len(out)-1].To, w.To)
	return out
}

// Seconds is how many seconds s holds.
func (s Windows) Seconds() int64 {
	var n int64
	for _, w := range s {
		n += w.To - w.From
	}
	return n
}

// during is the seconds in which a timeline has one of the states.
func during(timeline []Interval, states ...State) Windows {
	var out []Window
	for _, x := range timeline {
		if slices.Contains(states, x.State) {
			out = append(out, Window{x.From, x.To})
		}
	}
	return NewWindows(out...)
}
