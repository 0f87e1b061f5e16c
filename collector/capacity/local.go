package capacity

import (
	"math"
	"sort"
)

// clock lays a series on the local clock, on which people work: an hour that comes twice is one step, the mean of
// both, and one that is left out is a gap. On this clock a week is a week across changes of it, so that neither seasons
// nor lags slip.
type clock struct {
	place  []int // local step of each value, and of each step ahead
	series Series
	origin int
	steps  int // ahead
}

// onClock lays the first origin values of s and some steps ahead on the clock of cal. Not ok when that changes nothing.
func onClock(s Series, origin int, o Options) (c clock, ok bool) {
	if o.Calendar.Zone == nil || s.Step <= 0 || s.Step >= dayMillis || o.Season <= 1 || origin == 0 {
		return clock{}, false
	}
	c.place = make([]int, origin+max(0, o.Horizon))
	var first, offset, until int64 = 0, 0, math.MinInt64
	changes := false
	for i := range c.place {
		at := s.Start + int64(i)*s.Step
		if at >= until {
			offset, until = zoneOffset(o.Calendar.Zone, at)
			if i == 0 {
				first = offset
			}
			changes = changes || offset != first
		}
		c.place[i] = i + int(math.Round(float64(offset-first)/float64(s.Step)))
	}
	if !changes {
		return clock{}, false
	}
	c.lay(s, origin, first)
	return c, true
}

func (c *clock) lay(s Series, origin int, offset int64) {
	last := 0
	for _, p := range c.place[:origin] {
		last = max(last, p)
	}
	c.origin = last + 1
	for _, p := range c.place[origin:] {
		c.steps = max(c.steps, p-last)
	}
	c.series = Series{Start: s.Start + offset, Step: s.Step, Values: make([]float64, c.origin)}
	for i := range c.series.Values {
		c.series.Values[i] = math.NaN()
	}
	counts := make([]float64, c.origin)
	for i, v := range s.Values[:origin] {
		p := c.place[i]
		switch {
		case math.IsNaN(v):
		case counts[p] == 0:
			c.series.Values[p], counts[p] = v, 1
		default:
			counts[p]++
			c.series.Values[p] += (v - c.series.Values[p]) / counts[p]
		}
	}
}

// back gives the forecast of the local clock to the steps of the series.
func (c *clock) back(r *Result, origin int) {
	r.Origin = origin
	if len(r.Quantiles) > 0 {
		local := r.Quantiles
		r.Quantiles = make([]Quantiles, len(c.place)-origin)
		for h := range r.Quantiles {
			r.Quantiles[h] = local[min(max(0, c.place[origin+h]-c.origin), len(local)-1)]
		}
	}
	for i, shift := range r.Shifts {
		r.Shifts[i].At = sort.Search(origin, func(k int) bool { return c.place[k] >= shift.At })
	}
}
