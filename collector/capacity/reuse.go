package capacity

import "slices"

// Trial is what a back-test found: how much each candidate has to say, and how wide intervals have to be. With it the
// forecasts of the next days take a tenth of the time.
type Trial struct {
	Season         int
	Weights        [][]float64 // by bucket of horizons and candidate
	Low, High, Top []float64   // by bucket, in scales of the slots
	Last           int         // bucket that was reached
	Score          Score
}

// found copies what the trial of a season says.
func (t *trial) found(season int, score Score) *Trial {
	s := t.errors.spread()
	out := &Trial{Season: season, Low: s.low, High: s.high, Top: s.top, Last: s.last, Score: score}
	for _, w := range t.weights {
		out.Weights = append(out.Weights, slices.Clone(w))
	}
	return out
}

// fits tells whether the trial is one of such forecasts: of the same season, buckets and candidates.
func (t *Trial) fits(season, buckets int) bool {
	if t == nil || t.Season != season || t.Score.N == 0 || len(t.Weights) != buckets || t.Last >= buckets {
		return false
	}
	if len(t.Low) != buckets || len(t.High) != buckets || len(t.Top) != buckets {
		return false
	}
	return !slices.ContainsFunc(t.Weights, func(w []float64) bool { return len(w) != len(candidates) })
}

// spread is how wide intervals are, with the ends of the buckets.
func (t *Trial) spread(edges []int, trending bool) spread {
	s := spread{edges: edges, low: t.Low, high: t.High, top: t.Top, last: t.Last, power: 0.5}
	if trending {
		s.power = 1
	}
	return s
}
