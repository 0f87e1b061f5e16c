package capacity

import (
	"math"
	"slices"
)

// Quantiles are what a value may be: with these probabilities it is not larger.
type Quantiles struct{ Q10, Q50, Q90, Q95 float64 }

// spread is how far values were from the forecast, in scales of their slot, by bucket of horizons: empirical
// quantiles of errors that the forecast had not seen. Beyond what was tried, it grows with the root of the horizon,
// and with the horizon itself where a trend may be wrong.
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
