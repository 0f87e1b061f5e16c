package capacity

import (
	"math"
	"slices"
)

// Quantiles are what a value may be: with these probabilities it is not larger.
type Quantiles struct{ Q10, Q50, Q90, Q95 float64 }

// spread is how far values were from the forecast, in scales of their slot, by bucket of horizons: empirical
// quantiles of errors that the forecast had not seen (split conformal). Half of each is that of the absolute
// errors, because skewness of a few dozen errors is mostly chance.
type spread struct {
	edges []int
	low   []float64
	high  []float64
	top   []float64
	last  int     // bucket that the back-test reached last, -1 if none
	power float64 // of the growth beyond it
}

// Normal quantiles, for series too short for any back-test.
const (
	normal90 = 1.2816
	normal95 = 1.6449
)

// newSpread makes the spread of ascending errors by bucket. Beyond what was tried, it grows with the root of
// the horizon, and with the horizon itself where a trend may be wrong.
func newSpread(errors [][]float64, edges []int, trending bool) spread {
	n := len(edges)
	s := spread{edges: edges, low: make([]float64, n), high: make([]float64, n), top: make([]float64, n), last: -1, power: 0.5}
	if trending {
		s.power = 1
	}
	var abs []float64
	for b, e := range errors {
		if len(e) == 0 {
			continue
		}
		abs = abs[:0]
		for _, v := range e {
			abs = append(abs, math.Abs(v))
		}
		slices.Sort(abs)
		wide, widest := quantileSorted(abs, 0.8), quantileSorted(abs, 0.9)
		s.low[b] = min(0, (quantileSorted(e, 0.1)-wide)/2)
		s.high[b] = max(0, (quantileSorted(e, 0.9)+wide)/2)
		s.top[b] = max(s.high[b], (quantileSorted(e, 0.95)+widest)/2)
		s.last = b
	}
	return s
}

// around is the quantiles of the value h steps after the origin.
func (s spread) around(middle, scale float64, h int, floor float64) Quantiles {
	low, high, top := -normal90, normal90, normal95
	far := float64(h + 1)
	if s.last >= 0 {
		b, _ := slices.BinarySearch(s.edges, h+1)
		b = min(b, s.last)
		low, high, top = s.low[b], s.high[b], s.top[b]
		far /= float64(s.edges[s.last])
	}
	if far > 1 {
		wider := math.Pow(far, s.power) * scale
		return quantiles(middle+low*wider, middle, middle+high*wider, middle+top*wider, floor)
	}
	return quantiles(middle+low*scale, middle, middle+high*scale, middle+top*scale, floor)
}

func quantiles(q10, q50, q90, q95, floor float64) Quantiles {
	return Quantiles{max(q10, floor), max(q50, floor), max(q90, floor), max(q95, floor)}
}
