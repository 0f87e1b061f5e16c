package capacity

import "math"

// Shift is where a series began to behave otherwise: a step, another slope, or both, such as an upgrade or a
// new customer. What was before it is not fitted.
type Shift struct {
	At   int     // index of the first value after it
	By   float64 // change of the level; 0 for a kink
	Kink bool    // the slope changed, the level did not
}

const minSegmentPts = 7

// shiftPenalty times the logarithm of the number of points is what a shift must gain: its place, and one or two
// parameters more (BIC), with room for noise that is correlated.
var shiftPenalty = [...]float64{kinkShift: 4, stepShift: 4, bothShift: 5}

const (
	kinkShift = iota // one slope before, one after, no jump
	stepShift        // one slope, a jump
	bothShift        // two lines
)

// segments finds the change points of v by binary segmentation: the best split by squared errors, taken when
// the sum of absolute errors falls by more than a BIC-like penalty below that of one curve. It looks on in the
// later part only, because only the last segment is fitted. The anchor is the value at the start of the last
// segment where that is a kink, else NaN.
func (f *fitter) segments(v []float64) (start int, anchor float64) {
	f.shifts = f.shifts[:0]
	anchor = math.NaN()
	for {
		s, ok := f.split(v[start:])
		if !ok {
			return start, anchor
		}
		start += s.at
		anchor = math.NaN()
		if s.kind == kinkShift {
			anchor = s.value
		}
		f.shifts = append(f.shifts, Shift{At: start, By: s.by, Kink: s.kind == kinkShift})
	}
}

type cut struct {
	at, kind  int
	by, value float64 // of the level; of the line at the cut
}

// split is the best place and kind to cut v, if that is worth it.
func (f *fitter) split(v []float64) (best cut, ok bool) {
	if len(v) < 2*minSegmentPts {
		return best, false
	}
	f.prefix(v)
	n := f.sums[len(v)].n
	if n < 2*minSegmentPts {
		return best, false
	}
	cheapest := math.Inf(1)
	for kind := range shiftPenalty {
		least, at := math.Inf(1), 0
		for k := minSegmentPts; k <= len(v)-minSegmentPts; k++ {
			if rss := f.solve(k, kind).rss; rss < least {
				least, at = rss, k
			}
		}
		if at == 0 {
			continue
		}
		model := f.solve(at, kind)
		if cost := n*math.Log(max(f.lad(v, model, at, kind), 1e-300)) + shiftPenalty[kind]*math.Log(n); cost < cheapest {
			cheapest = cost
			best = cut{at: at, kind: kind, by: model.jump, value: f.base + model.level + model.slope*float64(at)}
		}
	}
	line := f.solve(0, stepShift)
	whole := f.lad(v, line, 0, stepShift)
	if best.at == 0 || whole <= 0 || n*math.Log(whole) < cheapest {
		return best, false
	}
	x, y := f.groups(v)
	slope, slopes := theilSen(x, y, 1, f.slopes)
	f.slopes = slopes
	level, rho, _ := f.lineResiduals(x, y, slope)
	f.curves(x, y, slope, level, rho)
	return best, n*math.Log(max(min(whole, f.bestCurve(v)), 1e-300)) > cheapest
}

// moments are sums up to a point, for the errors of lines through any part in constant time.
type moments struct{ n, x, y, xx, xy, yy float64 }

func (f *fitter) prefix(v []float64) {
	f.sums = append(f.sums[:0], moments{})
	base := f.median(v)
	m := moments{}
	for i, y := range v {
		if !math.IsNaN(y) {
			x := float64(i)
			y -= base
			m.n++
			m.x += x
			m.y += y
			m.xx += x * x
			m.xy += x * y
			m.yy += y * y
		}
		f.sums = append(f.sums, m)
	}
	f.base = base
}

// split lines: level + slope x, and after the cut jump + bend (x - cut) more.
type bent struct{ level, slope, jump, bend, rss float64 }

// solve fits by least squares from the sums.
func (f *fitter) solve(k, kind int) bent {
	all := f.sums[len(f.sums)-1]
	if k == 0 {
		slope, level, rss := line(all)
		return bent{level: level, slope: slope, rss: rss}
	}
	p := f.sums[k]
	late := moments{all.n - p.n, all.x - p.x, all.y - p.y, all.xx - p.xx, all.xy - p.xy, all.yy - p.yy}
	if p.n < 2 || late.n < 2 {
		return bent{rss: math.Inf(1)}
	}
	if kind == bothShift {
		s1, l1, r1 := line(p)
		s2, l2, r2 := line(late)
		at := float64(k)
		return bent{level: l1, slope: s1, jump: l2 + s2*at - l1 - s1*at, bend: s2 - s1, rss: r1 + r2}
	}
	// The third regressor z is 1 or x-k after the cut.
	at := float64(k)
	z, xz, zz, zy := late.n, late.x, late.n, late.y
	if kind == kinkShift {
		z = late.x - at*late.n
		xz = late.xx - at*late.x
		zz = late.xx - 2*at*late.x + at*at*late.n
		zy = late.xy - at*late.y
	}
	n := all.n
	sxx, sxz, szz := all.xx-all.x*all.x/n, xz-all.x*z/n, zz-z*z/n
	sxy, szy, syy := all.xy-all.x*all.y/n, zy-z*all.y/n, all.yy-all.y*all.y/n
	det := sxx*szz - sxz*sxz
	if det <= 1e-9*sxx*szz {
		return bent{rss: math.Inf(1)}
	}
	slope := (sxy*szz - szy*sxz) / det
	extra := (szy*sxx - sxy*sxz) / det
	b := bent{slope: slope, level: (all.y - slope*all.x - extra*z) / n, rss: max(0, syy-slope*sxy-extra*szy)}
	if kind == kinkShift {
		b.bend = extra
	} else {
		b.jump = extra
	}
	return b
}

// line is the least squares line through the points of sums.
func line(m moments) (slope, level, rss float64) {
	if m.n < 2 {
		return 0, 0, 0
	}
	sxx := m.xx - m.x*m.x/m.n
	sxy := m.xy - m.x*m.y/m.n
	syy := m.yy - m.y*m.y/m.n
	if sxx <= 0 {
		return 0, m.y / m.n, max(0, syy)
	}
	slope = sxy / sxx
	return slope, (m.y - slope*m.x) / m.n, max(0, syy-slope*sxy)
}

// lad is the sum of absolute errors of a fit.
func (f *fitter) lad(v []float64, b bent, at, kind int) float64 {
	sum := 0.0
	for i, y := range v {
		if math.IsNaN(y) {
			continue
		}
		fit := f.base + b.level + b.slope*float64(i)
		if at > 0 && i >= at {
			fit += b.jump + b.bend*float64(i-at)
		}
		sum += math.Abs(y - fit)
	}
	return sum
}

// bestCurve is the least sum of absolute errors of the curves of growth over all of v: what bends by itself
// has no shift.
func (f *fitter) bestCurve(v []float64) float64 {
	best := math.Inf(1)
	for _, c := range f.trend.curves {
		sum := 0.0
		for i, y := range v {
			if !math.IsNaN(y) {
				sum += math.Abs(y - c.at(float64(i-len(v)+1)))
			}
		}
		best = min(best, sum)
	}
	return best
}
