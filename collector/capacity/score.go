package capacity

import "math"

// Score measures forecasts against what came (analytics B.7). NaN is what could not be measured.
type Score struct {
	MASE       float64 // mean absolute error of the median, in mean absolute seasonal differences of the history
	NaiveMASE  float64 // that of the seasonal naive forecast
	Pinball    float64 // mean of the four quantiles, in the same unit
	Coverage80 float64 // share of values from Q10 to Q90
	N          int     // values that were there to compare
}

func (s *Score) add(y float64, q Quantiles, naive, unit float64) {
	s.N++
	s.MASE += math.Abs(y-q.Q50) / unit
	s.NaiveMASE += math.Abs(y-naive) / unit
	s.Pinball += (pinball(0.1, y, q.Q10) + pinball(0.5, y, q.Q50) + pinball(0.9, y, q.Q90) + pinball(0.95, y, q.Q95)) / 4 / unit
	if q.Q10 <= y && y <= q.Q90 {
		s.Coverage80++
	}
}

func (s *Score) finish() {
	n := float64(s.N)
	s.MASE, s.NaiveMASE, s.Pinball, s.Coverage80 = s.MASE/n, s.NaiveMASE/n, s.Pinball/n, s.Coverage80/n
}

// Measure scores forecasts from origins, each of what follows the first origin values.
func Measure(values []float64, season int, origins []int, forecasts [][]Quantiles) Score {
	var s Score
	for i, o := range origins {
		unit := naiveScale(values[:o], season)
		if !(unit > 0) {
			continue
		}
		for h, q := range forecasts[i] {
			if o+h >= len(values) {
				break
			}
			naive := lastSeason(values[:o], season, h)
			if y := values[o+h]; !math.IsNaN(y) && !math.IsNaN(naive) {
				s.add(y, q, naive, unit)
			}
		}
	}
	s.finish()
	return s
}

func pinball(tau, y, q float64) float64 { return max(tau*(y-q), (tau-1)*(y-q)) }

// naiveScale is the mean absolute difference of values a season apart, NaN without any.
func naiveScale(y []float64, m int) float64 {
	sum, n := 0.0, 0
	for i := m; i < len(y); i++ {
		if d := math.Abs(y[i] - y[i-m]); !math.IsNaN(d) {
			sum += d
			n++
		}
	}
	return sum / float64(n)
}

// lastSeason is the value of the same place in the last season that has one; NaN without any.
func lastSeason(y []float64, m, h int) float64 {
	for at := len(y) - m + h%m; at >= 0; at -= m {
		if !math.IsNaN(y[at]) {
			return y[at]
		}
	}
	return math.NaN()
}
