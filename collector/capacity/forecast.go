package capacity

import (
	"fmt"
	"math"
	"slices"
)

const (
	absurd      = 1e150
	minValues   = 14   // B.4: below, there is not enough history
	minCoverage = 0.6  // of the back-test's 80 % intervals, below which no date is given (B.7)
	minThere    = 0.5  // share of the values of the history
	saturated   = 0.1  // share of values at the largest one: a line that is full, not a level
	atTheTop    = 2e-3 // how close to the largest value is at it
)

// Options say what to forecast.
type Options struct {
	Season   int // steps after which the pattern repeats; 1 without any
	Horizon  int // steps
	Calendar Calendar
	Trial    *Trial // of a forecast of the same kind some days ago, to use instead of a new one; nil tries anew
}

// Result is a forecast of what follows the first Origin values.
type Result struct {
	Origin    int
	Season    int         // that was used: a shorter one, or 1, where the history has no two of those asked for
	Model     string      // the candidate with the largest weight
	Quantiles []Quantiles // by step; empty when there is not enough to say anything
	Backtest  Score       // at earlier origins, by what was known there
	Shifts    []Shift     // what was before the last one is not fitted
	Coverage  float64     // share of the history's values that are there
	Withheld  string      // why no date may be given; empty when one may
	Trial     *Trial      // behind the forecast; nil when there is nothing to try
}

// Forecaster makes forecasts one after another and reuses its memory. The zero Forecaster is ready; it is not
// for several goroutines at once.
type Forecaster struct {
	fit    fitter
	trial  trial
	said   [][]float64
	values []float64
	sorted []float64
}

// Forecast says what follows the first origin values of s. Later values are not looked at.
func (f *Forecaster) Forecast(s Series, origin int, o Options) Result {
	origin = min(max(origin, 0), len(s.Values))
	if c, ok := onClock(s, origin, o); ok {
		o.Calendar.Zone, o.Horizon = nil, c.steps
		r := f.Forecast(c.series, c.origin, o)
		c.back(&r, origin)
		return r
	}
	r := Result{Origin: origin, Season: usableSeason(s, origin, o.Season)}
	r.Backtest = Score{MASE: math.NaN(), NaiveMASE: math.NaN(), Pinball: math.NaN(), Coverage80: math.NaN()}
	f.take(s.Values[:origin])
	if refusal := f.unusable(origin); refusal != "" {
		r.Withheld = refusal
		r.Coverage = float64(len(f.sorted)) / float64(max(1, origin))
		return r
	}
	r.Coverage = float64(len(f.sorted)) / float64(origin)
	if lowest, highest := f.sorted[0], f.sorted[len(f.sorted)-1]; lowest == highest {
		r.Model, r.Withheld = "constant", fmt.Sprintf("constant: every value is %g", lowest)
		r.Quantiles = slices.Repeat([]Quantiles{{lowest, lowest, lowest, lowest}}, o.Horizon)
		return r
	}
	f.forecast(s, &r, o)
	r.Withheld = f.doubt(&r)
	return r
}

// usableSeason is m where the history holds two of them, else a day where it holds two of those, else none.
func usableSeason(s Series, n, m int) int {
	m = max(1, m)
	if n >= 2*m {
		return m
	}
	if day := int(dayMillis / max(1, s.Step)); day > 1 && day < m && m%day == 0 && n >= 2*day {
		return day
	}
	return 1
}

// take copies the history; what is not finite, or so large that its square is not, is missing.
func (f *Forecaster) take(values []float64) {
	f.values = append(f.values[:0], values...)
	f.sorted = f.sorted[:0]
	for i, v := range f.values {
		if !(math.Abs(v) < absurd) {
			f.values[i] = math.NaN()
			continue
		}
		f.sorted = append(f.sorted, v)
	}
	slices.Sort(f.sorted)
}

func (f *Forecaster) unusable(n int) string {
	there := len(f.sorted)
	switch {
	case n == 0:
		return "empty: no values"
	case there == 0:
		return fmt.Sprintf("all missing: none of %d values is there", n)
	case there < minValues:
		return fmt.Sprintf("not enough history: %d values of at least %d", there, minValues)
	case float64(there) < minThere*float64(n):
		return fmt.Sprintf("too many gaps: %d of %d values are there, at least half have to be", there, n)
	}
	return ""
}

// forecast fills r with what the candidates say, weighed by the back-test.
func (f *Forecaster) forecast(s Series, r *Result, o Options) {
	slot, week := slots(s, r.Season, r.Origin+o.Horizon, o.Calendar)
	f.fit.use(f.values, slot, r.Season, week, int64(r.Season)*s.Step == dayMillis)
	floor := math.Inf(-1)
	if f.sorted[0] >= 0 {
		floor = 0
	}
	edges := edgesOf(r.Season, o.Horizon)
	r.Trial = o.Trial
	if !o.Trial.fits(r.Season, len(edges)) {
		f.trial.run(&f.fit, r.Origin, o.Horizon, s.Step)
		f.trial.score(&f.fit, &r.Backtest, floor)
		r.Trial = f.trial.found(r.Season, r.Backtest)
	}
	r.Backtest = r.Trial.Score
	f.fit.fit(r.Origin)
	f.said = growRows(f.said, len(candidates), o.Horizon)
	for c := range candidates {
		candidates[c].run(&f.fit, f.said[c])
	}
	spread := r.Trial.spread(edges, len(f.fit.trend.curves) > 0)
	r.Quantiles = make([]Quantiles, o.Horizon)
	votes := make([]float64, len(candidates))
	for h := range r.Quantiles {
		weights := r.Trial.Weights[bucketOf(edges, h)]
		r.Quantiles[h] = spread.around(mix(weights, f.said, h), f.fit.scale[f.fit.phase[r.Origin+h]], h, floor)
		for c, w := range weights {
			votes[c] += w
		}
	}
	r.Model = modelName(votes)
	for _, shift := range f.fit.shifts {
		shift.At = r.Origin%f.fit.block + shift.At*f.fit.block
		r.Shifts = append(r.Shifts, shift)
	}
}

// modelName is the candidate with more than half of the votes, or that they were averaged.
func modelName(votes []float64) string {
	best, total := 0, 0.0
	for c, v := range votes {
		total += v
		if v > votes[best] {
			best = c
		}
	}
	if 2*votes[best] > total {
		return candidates[best].name
	}
	return "average, most of it " + candidates[best].name
}

// doubt is why a forecast is not good enough for a date.
func (f *Forecaster) doubt(r *Result) string {
	b := r.Backtest
	switch share := f.shareAtTop(); {
	case share >= saturated:
		return fmt.Sprintf("saturated: %.0f %% of the values stand at the largest, %g, and what was wanted beyond it cannot be seen",
			100*share, f.sorted[len(f.sorted)-1])
	case b.N == 0:
		return "not enough history for a back-test"
	case b.MASE > b.NaiveMASE:
		return fmt.Sprintf("the back-test loses to the seasonal naive forecast: MASE %.3f against %.3f", b.MASE, b.NaiveMASE)
	case b.Coverage80 < minCoverage:
		return fmt.Sprintf("the back-test's 80 %% intervals held %.0f %% of the values, at least 60 %% are needed", 100*b.Coverage80)
	}
	return ""
}

func (f *Forecaster) shareAtTop() float64 {
	highest := f.sorted[len(f.sorted)-1]
	reach := atTheTop * (highest - f.sorted[0])
	below, _ := slices.BinarySearch(f.sorted, highest-reach)
	return float64(len(f.sorted)-below) / float64(len(f.sorted))
}
