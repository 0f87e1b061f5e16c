package capacity

import (
	"math"
)

const medianDays = 7 // the centred median that has to cross: single peaks do not count
// Crossing is when a series reaches a limit. Days are from the last value of the history; the first value after
// it is day 0.
type Crossing struct {
	T10, T50, T90  float64 // NaN is never within the horizon
	P30, P90, P180 float64
}

func crossDay(hist, path []float64, limit float64, width int) float64 {
	half := width / 2
	buf := make([]float64, 0, width)
	for d := range path {
		buf = buf[:0]
		for i := d - half; i <= d+half; i++ {
			switch {
			case i < 0:
				if k := len(hist) + i; k >= 0 && !math.IsNaN(hist[k]) {
					buf = append(buf, hist[k])
				}
			case i < len(path):
				buf = append(buf, path[i])
			}
		}
		if medianOf(buf) >= limit {
			return float64(d)
		}
	}
	return math.NaN()
}
