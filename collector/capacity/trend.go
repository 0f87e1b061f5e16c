package capacity

import (
	"cmp"
	"math"
	"slices"
)

// shape is a form of growth, as a transformation in which it is a straight line.
type shape struct {
	name  string
	prior float64
	rate  float64 // of exp(rate x/span); 0 for the straight line
	log   bool    // a straight line of the logarithm: growth by a share of itself
}

// shapes are the forms that a segment may have grown in: nobody can tell from a few months which one it is, so
// that each has a say by how well it fits. Those that level off do so after half of, once and twice the
// span of the history.
var shapes = []shape{
	{name: "linear", prior: 1},
	{name: "exponential", prior: 1.5, log: true},
	{name: "levelling off", prior: 0.1, rate: -4},
	{name: "levelling off", prior: 0.1, rate: -2},
	{name: "levelling off", prior: 0.1, rate: -1},
}

// curve is a robust line through transformed points.
type curve struct {
	shape
	span, slope, level float64
	weight             float64
}

func (s shape) x(at, span float64) float64 {
	if s.rate == 0 {
		return at
	}
	return math.Expm1(s.rate*at/span) * span / s.rate
}

// at is the value of the curve at a place.
func (c curve) at(x float64) float64 {
	v := c.level + c.slope*c.x(x, c.span)
	if c.log {
		return math.Exp(min(v, maxLog))
	}
	return v
}

const maxLog = 300 // exp of more is near what a float can hold

// trend is the weighted median of the curves through the points of the last segment, with x in points; flat without
// curves.
type trend struct {
	curves []curve
	base   float64 // value where x is 0, the last point, when flat
}

func (t *trend) at(x float64) float64 {
	if len(t.curves) == 0 {
		return t.base
	}
	var v voices
	for _, c := range t.curves {
		v.add(c.at(x), c.weight)
	}
	return v.median()
}

const (
	maxTrendPoints = 60   // 1,770 pairs of slopes; more points are averaged in groups first
	longPairs      = 3    // share of the points that lie in a pair of a bent shape: near ones cost most and tell least
	minTrendPoints = 10   // fewer say nothing of a slope
	kendall5       = 1.96 // 5 %, two-sided
)

// fitTrend fits the curves to v, one value for each point up to the origin. It stays flat where Kendall's test
// sees no trend at 5 %, or where the last seasons (recent points each) run against it. A line is held at the
// anchor, its value before the first of v, if there is one.
func (f *fitter) fitTrend(v []float64, recent int, anchor float64) {
	t := &f.trend
	t.curves = t.curves[:0]
	t.base = f.latest(v, recent)
	x, y := f.groups(v)
	if len(y) < minTrendPoints {
		return
	}
	var slope float64
	if math.IsNaN(anchor) {
		slope, f.slopes = theilSen(x, y, 1, f.slopes)
	} else {
		slope = slopeFrom(x, y, -float64(len(v)), anchor)
	}
	level, rho, noise := f.lineResiduals(x, y, slope)
	if math.Abs(kendallZ(y, rho)) < kendall5 || f.contradicted(v, recent, slope, noise) {
		return
	}
	f.curves(x, y, slope, level, rho)
}

// latest is the median of the last values that are there.
func (f *fitter) latest(v []float64, count int) float64 {
	f.sorted = f.sorted[:0]
	for i := len(v) - 1; i >= 0 && len(f.sorted) < max(1, count); i-- {
		if !math.IsNaN(v[i]) {
			f.sorted = append(f.sorted, v[i])
		}
	}
	return medianOf(f.sorted)
}

// curves fits each shape to points and weighs it; the straight line is given.
func (f *fitter) curves(x, y []float64, slope, level, rho float64) {
	t := &f.trend
	t.curves = t.curves[:0]
	positive := true
	for _, value := range y {
		positive = positive && value > 0
	}
	span := -x[0]
	best := math.Inf(1)
	for _, s := range shapes {
		if s.log && !positive {
			continue
		}
		c := curve{shape: s, span: span, slope: slope, level: level}
		if s.rate != 0 || s.log {
			c.slope, c.level = f.fitShape(s, x, y, span)
		}
		for i := range x {
			c.weight += math.Abs(y[i] - c.at(x[i]))
		}
		best = min(best, c.weight)
		t.curves = append(t.curves, c)
	}
	total := 0.0
	for i := range t.curves {
		c := &t.curves[i]
		c.weight = c.prior * likelihood(c.weight, best, float64(len(x)), rho)
		total += c.weight
	}
	for i := range t.curves {
		t.curves[i].weight /= total
	}
}

// slopeFrom is the slope of the line through a given point with the least absolute errors: the median of the
// slopes to all points, weighted by how far they are.
func slopeFrom(x, y []float64, x0, y0 float64) float64 {
	type slope struct{ by, weight float64 }
	slopes := make([]slope, 0, len(x))
	total := 0.0
	for i := range x {
		if d := x[i] - x0; d > 0 {
			slopes = append(slopes, slope{(y[i] - y0) / d, d})
			total += d
		}
	}
	slices.SortFunc(slopes, func(a, b slope) int { return cmp.Compare(a.by, b.by) })
	for _, s := range slopes {
		if total -= 2 * s.weight; total <= 0 {
			return s.by
		}
	}
	return 0
}

// likelihood of a curve with a sum of absolute residuals beside the best one, for Laplace noise of which
// neighbours are correlated by rho.
func likelihood(sum, best, n, rho float64) float64 {
	if best <= 0 {
		if sum <= 0 {
			return 1
		}
		return 0
	}
	rho = min(max(rho, 0), 0.9)
	return math.Pow(best/sum, n*(1-rho)/(1+rho))
}

func (f *fitter) fitShape(s shape, x, y []float64, span float64) (slope, level float64) {
	tx, ty := f.tx[:0], f.ty[:0]
	for i := range x {
		tx = append(tx, s.x(x[i], span))
		if s.log {
			ty = append(ty, math.Log(y[i]))
		} else {
			ty = append(ty, y[i])
		}
	}
	f.tx, f.ty = tx, ty
	slope, f.slopes = theilSen(tx, ty, max(1, len(tx)/longPairs), f.slopes)
	for i := range ty {
		ty[i] -= slope * tx[i]
	}
	return slope, medianOf(ty)
}

// groups averages v in at most maxTrendPoints groups of equal size, counted from the end, with their places on
// an axis on which the last value of v is 0. NaN are left out.
func (f *fitter) groups(v []float64) (x, y []float64) {
	size := groupSize(len(v))
	x, y = f.gx[:0], f.gy[:0]
	first := len(v) % max(1, size)
	for at := first; at < len(v); at += size {
		sum, n := 0.0, 0
		for _, value := range v[at : at+size] {
			if !math.IsNaN(value) {
				sum += value
				n++
			}
		}
		if n > 0 {
			x = append(x, float64(at)+float64(size-1)/2-float64(len(v)-1))
			y = append(y, sum/float64(n))
		}
	}
	f.gx, f.gy = x, y
	return x, y
}

// groupSize is how many of n values are averaged to a point of the trend.
func groupSize(n int) int { return (n + maxTrendPoints - 1) / maxTrendPoints }

// lineResiduals gives the level of a line with the slope, the correlation of neighbouring residuals, and their scale.
func (f *fitter) lineResiduals(x, y []float64, slope float64) (level, rho, noise float64) {
	r := f.ty[:0]
	for i := range x {
		r = append(r, y[i]-slope*x[i])
	}
	f.ty = r
	level = f.median(r)
	var sum, lagged float64
	for i := range r {
		r[i] -= level
		sum += r[i] * r[i]
		if i > 0 {
			lagged += r[i] * r[i-1]
		}
	}
	if sum > 0 {
		rho = lagged / sum
	}
	f.sorted = append(f.sorted[:0], r...)
	return level, rho, madScale * madOf(f.sorted)
}

// contradicted is true when the level of the last two seasons has moved against the slope by more than noise
// (of groups) explains, from that of the two before.
func (f *fitter) contradicted(v []float64, recent int, slope, noise float64) bool {
	two := 2 * recent
	if len(v) < 2*two || two == 0 {
		return false
	}
	now, before := f.median(v[len(v)-two:]), f.median(v[len(v)-2*two:len(v)-two])
	moved := now - before
	return moved*slope < 0 && math.Abs(moved) > 2*1.25*noise*math.Sqrt(2*float64(groupSize(len(v)))/float64(two))
}

// median of the values that are there; x is left as it is.
func (f *fitter) median(x []float64) float64 {
	f.sorted = f.sorted[:0]
	for _, v := range x {
		if !math.IsNaN(v) {
			f.sorted = append(f.sorted, v)
		}
	}
	return medianOf(f.sorted)
}
