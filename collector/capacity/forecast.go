package capacity

import (
	"math"
	"slices"
)

const minValues = 14 // B.4: below, there is not enough history

// Options say what to forecast.
type Options struct {
	Season   int // steps after which the pattern repeats; 1 without any
	Horizon  int // steps
	Calendar Calendar
}

// Result is a forecast from the first Origin values.
type Result struct {
	Origin    int
	Model     string // the candidate with the largest weight
	Quantiles []Quantiles
	Backtest  Score
	Shifts    []Shift
	History   int     // values
	Coverage  float64 // share of them that are there
	Withheld  string  // why no date may be given; empty when one may

	first  float64
	points []float64
}

// Forecaster makes forecasts one after another and reuses its memory. The zero Forecaster is ready; it is not
// for several goroutines at once.
type Forecaster struct {
	fit   fitter
	trial trial
	said  [][]float64
}

// Forecast says what follows the first origin values of s. Later values are not looked at.
func (f *Forecaster) Forecast(s Series, origin int, o Options) Result {
	r := Result{Origin: origin, History: origin}
	values := make([]float64, origin)
	for i, v := range s.Values[:origin] {
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		values[i] = v
	}
	there := valid(values)
	r.Coverage = float64(len(there)) / float64(max(1, origin))
	m := max(1, o.Season)
	slot, week := slots(s, m, origin+o.Horizon, o.Calendar)
	f.fit.use(values, slot, m, week, int64(m)*s.Step == dayMillis)
	f.trial.run(&f.fit, origin, o.Horizon)
	f.fit.fit(origin)
	if len(f.said) == 0 {
		f.said = make([][]float64, len(candidates))
	}
	for c := range candidates {
		f.said[c] = grow(f.said[c], o.Horizon)
		candidates[c].run(&f.fit, f.said[c])
	}
	spread := f.trial.spreads()
	r.Quantiles = make([]Quantiles, o.Horizon)
	floor := math.Inf(-1)
	if len(there) > 0 && slices.Min(there) >= 0 {
		floor = 0
	}
	for h := range r.Quantiles {
		middle := f.trial.mix(f.trial.weights, f.said, h)
		r.Quantiles[h] = spread.around(middle, f.fit.scale[f.fit.phase[origin+h]], h, f.trial.edges, floor)
	}
	return r
}

// spread is how far values were from the forecast, by bucket of horizons, in scales of their slot.
type spread [][4]float64

func (t *trial) spreads() spread {
	out := make(spread, len(t.edges))
	last := -1
	for b, e := range t.errors {
		if len(e) == 0 {
			if last < 0 {
				out[b] = [4]float64{-1.2816, 0, 1.2816, 1.6449}
				continue
			}
			grow := math.Sqrt(float64(t.edges[b]) / float64(t.edges[last]))
			for k := range out[b] {
				out[b][k] = out[last][k] * grow
			}
			continue
		}
		abs := make([]float64, len(e))
		for i, v := range e {
			abs[i] = math.Abs(v)
		}
		slices.Sort(abs)
		out[b] = [4]float64{
			(quantileSorted(e, 0.1) - quantileSorted(abs, 0.8)) / 2,
			quantileSorted(e, 0.5) * shiftShare,
			(quantileSorted(e, 0.9) + quantileSorted(abs, 0.8)) / 2,
			(quantileSorted(e, 0.95) + quantileSorted(abs, 0.9)) / 2,
		}
		last = b
	}
	return out
}

func (s spread) around(middle, scale float64, h int, edges []int, floor float64) Quantiles {
	b, _ := slices.BinarySearch(edges, h+1)
	w := s[min(b, len(s)-1)]
	q := Quantiles{middle + w[0]*scale, middle + w[1]*scale, middle + w[2]*scale, middle + w[3]*scale}
	q.Q10, q.Q50, q.Q90, q.Q95 = max(q.Q10, floor), max(q.Q50, floor), max(q.Q90, floor), max(q.Q95, floor)
	q.Q10, q.Q90 = min(q.Q10, q.Q50), max(q.Q90, q.Q50)
	q.Q95 = max(q.Q95, q.Q90)
	return q
}
