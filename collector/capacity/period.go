package capacity

import "math"

const (
	periodReach = 0.04 // how far the true period is looked for: a stated step that is wrong, or a drifting clock
	periodGain  = 0.7  // differences at the period found must fall to this share of those at the stated season
	maxPeriods  = 4    // seasons over which it is measured: more give a finer answer than a step
)

// findPeriod sets the phase of the season. Where the first n values repeat after clearly another time than the
// stated season, within 4 % of it, that time is the season from here on: else each season would smear the next.
func (f *fitter) findPeriod() {
	f.period = float64(f.m)
	f.phase = f.slot
	reach := int(periodReach * float64(f.m))
	if reach < 1 || f.n < 2*f.m {
		return
	}
	found, best := f.bestLag(f.m, reach)
	if math.IsInf(best, 1) {
		return
	}
	period, stated := float64(found), f.lagError(f.m)
	for k := 2; k <= maxPeriods; k++ {
		middle := int(math.Round(period * float64(k)))
		if f.n < max(middle, k*f.m)+f.m {
			break
		}
		further, err := f.bestLag(middle, k)
		if math.IsInf(err, 1) {
			break
		}
		found, best = further, err
		period, stated = float64(found)/float64(k), f.lagError(k*f.m)
	}
	if !(best < periodGain*stated) {
		return
	}
	f.period = period
	f.own = f.own[:0]
	for i := range f.slot {
		turns := (float64(i) + 0.5) / f.period
		f.own = append(f.own, int32((turns-math.Floor(turns))*float64(f.m)))
	}
	f.phase = f.own
}

func (f *fitter) bestLag(middle, reach int) (lag int, err float64) {
	err = math.Inf(1)
	for l := middle - reach; l <= middle+reach; l++ {
		if e := f.lagError(l); e < err {
			lag, err = l, e
		}
	}
	return lag, err
}

// lagError is the mean absolute difference of values that are lag steps apart, over the last seasons.
func (f *fitter) lagError(lag int) float64 {
	sum, n := 0.0, 0
	for i := max(lag, f.n-maxPeriods*f.m); i < f.n; i++ {
		if d := math.Abs(f.raw[i] - f.raw[i-lag]); d == d {
			sum += d
			n++
		}
	}
	if 4*n < f.m {
		return math.Inf(1)
	}
	return sum / float64(n)
}

// lagged is the index of the value k seasons (at least 1) before step h after the origin, at the period found.
func (f *fitter) lagged(h, k int) int {
	turns := math.Ceil(float64(h+1)/f.period) + float64(k-1)
	return f.n + h - int(math.Round(turns*f.period))
}
