package capacity

import (
	"math"
	"slices"
)

const (
	crossingDays = 7      // of the centred median that has to reach the limit: single peaks do not count
	normalTail   = 2.5758 // quantiles of 0.005 and 0.995: beyond, a probability is 0 or 1
)

// Days are whole days between the history and the day that crosses: the day after the last value is 0, now. NaN is
// never, within the horizon.
type Days float64

// Never is true when the limit is not reached within the horizon.
func (d Days) Never() bool { return math.IsNaN(float64(d)) }

// Now is true when the limit has been reached already.
func (d Days) Now() bool { return d == 0 }

// Crossing is when a series reaches a limit: the first day of which the centred 7-day median is at or above it,
// on the paths of the quantiles. Series of shorter steps are judged by the 95th percentile of each day.
type Crossing struct {
	T10, T50, T90 Days  // earliest plausible (the path of Q90), middle, latest plausible (the path of Q10)
	path          paths // for Probability
	limit         float64
}

// OrderBy is how many days are left to order what takes leadDays to arrive: negative is too late, and so is now.
// Not ok when the limit is not even reached by the earliest plausible path.
func (c Crossing) OrderBy(leadDays float64) (days float64, ok bool) {
	return float64(c.T10) - leadDays, !c.T10.Never()
}

// Reaches finds when the forecast r of s reaches the limit. It does not look at r.Withheld: who shows a date does.
func (r *Result) Reaches(s Series, limit float64) Crossing {
	p := r.paths(s)
	c, all := Crossing{path: p, limit: limit}, len(p.after)
	c.T10, c.T50, c.T90 = p.reaches(normal90, limit, all), p.reaches(0, limit, all), p.reaches(-normal90, limit, all)
	return c
}

// Probability is that of reaching the limit within some days; not ok when the forecast does not go that far.
func (c Crossing) Probability(days int) (p float64, ok bool) {
	if c.T50.Now() {
		return 1, true
	}
	if c.path.length() < float64(days) {
		return 0, false
	}
	values := int(float64(days)/max(c.path.day, 1e-9)) + 1
	within := func(z float64) bool {
		at := c.path.reaches(z, c.limit, values)
		return !at.Never() && float64(at) <= float64(days)
	}
	low, high := -normalTail, normalTail
	switch {
	case within(low):
		return 1, true
	case !within(high):
		return 0, true
	}
	for range 12 { // to a thousandth
		if middle := (low + high) / 2; within(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return math.Erfc(high/math.Sqrt2) / 2, true
}

// paths are the last days of a history and the quantiles of the days that follow.
type paths struct {
	day    float64 // days between values
	width  int     // values of the centred median
	before []float64
	after  []Quantiles
	sorted []float64
}

// paths makes one value of each day of a forecast.
func (r *Result) paths(s Series) paths {
	perDay := 1
	p := paths{day: float64(s.Step) / dayMillis}
	if s.Step > 0 && s.Step < dayMillis {
		perDay = int((dayMillis + s.Step/2) / s.Step)
		p.day = 1
	}
	p.width = max(1, int(math.Round(crossingDays/max(p.day, 1e-9))))
	p.width -= (p.width + 1) % 2
	for d := p.width; d > 0; d-- {
		if end := r.Origin - (d-1)*perDay; end-perDay >= 0 {
			p.before = append(p.before, dayValue(valid(s.Values[end-perDay:end])))
		}
	}
	column := make([]float64, perDay)
	pick := func(at int, of func(Quantiles) float64) float64 {
		for i := range column {
			column[i] = of(r.Quantiles[at+i])
		}
		return dayValue(slices.Clone(column))
	}
	for at := 0; at+perDay <= len(r.Quantiles); at += perDay {
		p.after = append(p.after, Quantiles{
			Q10: pick(at, func(q Quantiles) float64 { return q.Q10 }),
			Q50: pick(at, func(q Quantiles) float64 { return q.Q50 }),
			Q90: pick(at, func(q Quantiles) float64 { return q.Q90 }),
			Q95: pick(at, func(q Quantiles) float64 { return q.Q95 }),
		})
	}
	return p
}

// dayValue is the 95th percentile of the values of a day, which it reorders; NaN without any.
func dayValue(values []float64) float64 {
	switch len(values) {
	case 0:
		return math.NaN()
	case 1:
		return values[0]
	}
	return nth(values, Rank(len(values))-1)
}

func (p *paths) length() float64 { return float64(len(p.after)) * p.day }

// reaches is when the path at a normal quantile z gets to the limit, within so many values: the known quantiles
// stretched between.
func (p *paths) reaches(z, limit float64, within int) Days {
	half := p.width / 2
	if len(p.before) == p.width && p.median(p.before) >= limit {
		return 0
	}
	window := make([]float64, 0, p.width)
	for d := range p.after[:max(0, min(within, len(p.after)))] {
		window = window[:0]
		for i := d - half; i <= d+half; i++ {
			switch {
			case i < 0 && len(p.before)+i >= 0:
				window = append(window, p.before[len(p.before)+i])
			case i >= 0 && i < len(p.after):
				window = append(window, p.after[i].at(z))
			}
		}
		if p.median(window) >= limit {
			return Days(float64(d) * p.day)
		}
	}
	return Days(math.NaN())
}

func (p *paths) median(x []float64) float64 {
	p.sorted = p.sorted[:0]
	for _, v := range x {
		if !math.IsNaN(v) {
			p.sorted = append(p.sorted, v)
		}
	}
	return medianOf(p.sorted)
}

// at is the value at a normal quantile z.
func (q Quantiles) at(z float64) float64 {
	switch {
	case z <= 0:
		return q.Q50 + z/normal90*(q.Q50-q.Q10)
	case z <= normal90:
		return q.Q50 + z/normal90*(q.Q90-q.Q50)
	case z <= normal95:
		return q.Q90 + (z-normal90)/(normal95-normal90)*(q.Q95-q.Q90)
	}
	return q.Q95 + (z-normal95)/normal95*(q.Q95-q.Q50)
}

// Rebase turns utilizations that were measured against their speeds into shares of the speed of today, the last
// that is known, so that an upgrade is not taken for less traffic. Where a speed is unknown (0), so is the value.
func Rebase(utilization []float64, speeds []uint64) []float64 {
	out := make([]float64, len(utilization))
	today := uint64(0)
	for _, s := range speeds {
		if s > 0 {
			today = s
		}
	}
	for i, u := range utilization {
		out[i] = math.NaN()
		if i < len(speeds) && speeds[i] > 0 {
			out[i] = u * float64(speeds[i]) / float64(today)
		}
	}
	return out
}
