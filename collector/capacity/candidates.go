package capacity

import "math"

// candidate is a way to forecast: at fills out with the values that follow the first n.
type candidate struct {
	name string
	run  func(f *fitter, out []float64)
}

// candidates are tried against each other on the past of each series. The one at longRun goes on where no
// back-test reaches.
var candidates = []candidate{
	{"seasonal naive", (*fitter).seasonalNaive},
	{"seasonal median and level", (*fitter).seasonalMedian},
	{"season, segment and trend", (*fitter).combined},
	{"weighted seasons", (*fitter).weightedSeasons},
	{"last period", (*fitter).lastPeriod},
	{"same days of the weeks", (*fitter).weekdays},
	{"ETS(A,N,A) slow", func(f *fitter, out []float64) { f.exponential(out, smoothing{level: 1, season: 0.1}) }},
	{"ETS(A,N,A) fast", func(f *fitter, out []float64) { f.exponential(out, smoothing{level: 4, season: 0.3}) }},
	{"Holt-Winters damped", func(f *fitter, out []float64) {
		f.exponential(out, smoothing{level: 2, season: 0.2, trend: 0.3, damping: 0.8})
	}},
}

const longRun = 2

// extrapolate times the length of the history is as far as a trend goes on.
const extrapolate = 2

// seasonalNaive repeats the last season, freak values drawn in; a gap takes the season before, and at last the
// usual value.
func (f *fitter) seasonalNaive(out []float64) {
	for h := range out {
		out[h] = math.NaN()
		for at := f.n - f.m + h%f.m; at >= 0; at -= f.m {
			if !math.IsNaN(f.y[at]) {
				out[h] = f.y[at]
				break
			}
		}
		if math.IsNaN(out[h]) {
			out[h] = f.inSeason(f.trend.base, f.n+h)
		}
	}
}

// seasonalMedian is the usual value of the slot on the level of the last season.
func (f *fitter) seasonalMedian(out []float64) {
	level := f.recentLevel(f.m)
	for h := range out {
		out[h] = f.inSeason(level, f.n+h)
	}
}

func (f *fitter) recentLevel(steps int) float64 {
	f.blocks = f.blocks[:0]
	for i := max(0, f.n-steps); i < f.n; i++ {
		f.blocks = append(f.blocks, f.outOfSeason(i))
	}
	level := f.median(f.blocks)
	if math.IsNaN(level) {
		return f.trend.base
	}
	return level
}

// combined is the season on the trend of the last segment, which stands still after twice the history.
func (f *fitter) combined(out []float64) {
	for h := range out {
		x := (float64(min(h+1, extrapolate*f.n)) + float64(f.block-1)/2) / float64(f.block)
		out[h] = f.inSeason(f.trend.at(x), f.n+h)
	}
}

// lastPeriod repeats the last season at the period that was found.
func (f *fitter) lastPeriod(out []float64) {
	for h := range out {
		out[h] = f.inSeason(f.trend.base, f.n+h)
		for k := 1; f.lagged(h, k) >= 0; k++ {
			if v := f.y[f.lagged(h, k)]; !math.IsNaN(v) {
				out[h] = v
				break
			}
		}
	}
}

// weightedSeasons averages the last seasons, each with half of the weight of the next.
func (f *fitter) weightedSeasons(out []float64) {
	const seasons = 4
	for h := range out {
		sum, weights, w := 0.0, 0.0, 1.0
		for k := 1; k <= seasons; k++ {
			at := f.lagged(h, k)
			if at < 0 {
				break
			}
			if !math.IsNaN(f.y[at]) {
				sum += w * f.y[at]
				weights += w
			}
			w /= 2
		}
		if weights == 0 {
			out[h] = f.inSeason(f.trend.base, f.n+h)
			continue
		}
		out[h] = sum / weights
	}
}

// weekdays averages the last weeks, each with half of the weight of the next, on the level of today, where a
// season is a day: a day of the week is like itself.
func (f *fitter) weekdays(out []float64) {
	const weeks = 3
	week := 7 * f.m
	if !f.day || f.n < week+f.m {
		f.weightedSeasons(out)
		return
	}
	for h := range out {
		sum, weights, w := 0.0, 0.0, 1.0
		for k := range weeks {
			at := f.n + h - week*(h/week+1+k)
			if at < 0 {
				break
			}
			if !math.IsNaN(f.y[at]) {
				sum += w * f.y[at]
				weights += w
			}
			w /= 2
		}
		if weights == 0 {
			out[h] = f.inSeason(f.trend.base, f.n+h)
			continue
		}
		out[h] = sum / weights
	}
	f.toLevel(out)
}

// toLevel moves a forecast of weeks to the level of the last week.
func (f *fitter) toLevel(out []float64) {
	week := 7 * f.m
	if f.n < 2*week {
		return
	}
	now := f.mean(f.y[f.n-week : f.n])
	then, weights, w := 0.0, 0.0, 1.0
	for k := 0; k < 3 && f.n-week*(k+1) >= 0; k++ {
		if level := f.mean(f.y[f.n-week*(k+1) : f.n-week*k]); !math.IsNaN(level) {
			then += w * level
			weights += w
		}
		w /= 2
	}
	if shift := now - then/weights; !math.IsNaN(shift) {
		for h := range out {
			out[h] += shift
		}
	}
}

// smoothing are the rates of exponential smoothing per season: how much of the level, the trend and each
// slot is renewed while a season goes by, and how much of the trend is left after it.
type smoothing struct{ level, season, trend, damping float64 }

// exponential is additive Holt-Winters with a damped trend, or ETS(A,N,A) without a trend. It starts from the
// medians and runs over the last seasons.
func (f *fitter) exponential(out []float64, s smoothing) {
	m := float64(f.m)
	alpha := 1 - math.Exp(-s.level/m)
	if f.m == 1 {
		alpha = s.level / 8
	}
	beta := s.trend / m
	phi := 1.0
	if s.damping > 0 {
		phi = math.Pow(s.damping, 1/m)
	}
	const seasons = 10
	from := max(0, f.n-seasons*f.m)
	state := append(f.ets[:0], f.season...)
	f.ets = state
	level := f.firstLevel(from)
	slope := 0.0
	for i := from; i < f.n; i++ {
		expected := level + phi*slope
		j := f.phase[i]
		if e := f.y[i] - expected - state[j]; !math.IsNaN(e) {
			level = expected + alpha*e
			if s.trend > 0 {
				slope = phi*slope + alpha*beta*e
			}
			state[j] += s.season * (1 - alpha) * e
		} else {
			level, slope = expected, phi*slope
		}
	}
	ahead, power := 0.0, 1.0
	for h := range out {
		power *= phi
		ahead += power
		out[h] = level + slope*ahead + state[f.phase[f.n+h]]
	}
}

func (f *fitter) firstLevel(from int) float64 {
	f.blocks = f.blocks[:0]
	for i := from; i < min(f.n, from+f.m); i++ {
		f.blocks = append(f.blocks, f.y[i]-f.season[f.phase[i]])
	}
	level := f.median(f.blocks)
	if math.IsNaN(level) {
		return f.trend.base
	}
	return level
}
