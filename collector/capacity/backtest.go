package capacity

import (
	"math"
	"slices"
)

const (
	fade         = 0.9 // of the weight of an origin beside the next: series change
	maxOrigins   = 10  // of a back-test: more cost time and tell little, because they overlap
	sharpness    = 8.0 // how strongly a smaller error raises a weight
	worstCounted = 1.3 // candidates with an error larger than this times the best are left out
	planDays     = 14  // as far ahead and farther, only the candidate with a trend has a say, unless it was clearly wrong (B.4)
)

// trial is the rolling-origin back-test of one series: what each candidate said at earlier origins, knowing
// nothing of later values.
type trial struct {
	plan    int   // steps ahead at which planning begins
	edges   []int // ends of the buckets of horizons
	origins []origin
	weights [][]float64 // by bucket and candidate, from all origins
	errors  residuals
	loss    []float64
}

// origin is one place from which the candidates have forecast.
type origin struct {
	at    int
	reach int         // values after it that are known
	said  [][]float64 // by candidate and horizon
	mixed []float64   // by horizon: with the weights that the other origins give
	scale []float64   // by horizon
	loss  [][]float64 // by candidate and bucket: sum of scaled errors
	count []float64   // by bucket
	naive float64     // mean seasonal difference before it: the unit of MASE
}

// edgesOf are the ends of the buckets of horizons: an eighth of a season, doubled until the horizon.
func edgesOf(m, horizon int) []int {
	var edges []int
	for e := float64(m) / 8; ; e *= 2 {
		edge := int(math.Ceil(e))
		if len(edges) > 0 && edge <= edges[len(edges)-1] {
			continue
		}
		if edge >= horizon {
			return append(edges, horizon)
		}
		edges = append(edges, edge)
	}
}

// originsOf are the origins of the back-test of n values, ascending. None leaves less to learn from than two
// seasons (one where there are hardly more), or a third of the values where seasons are short. They go back two
// seasons more than the horizon and their own width; six where a season is a day, to see days of all kinds.
func originsOf(n, m, horizon int) []int {
	week := m > 7 && m%7 == 0
	train, step, extra := max(2*m, minValues), max(1, m/7), 6*m
	switch {
	case m <= 7:
		train, step, extra = max(4*m, minValues, n/3), max(1, m/2), 2*m
	case n < 3*m:
		train = max(m, minValues)
	}
	if week {
		extra = 2 * m
	}
	room := n - train
	if room < step {
		return nil
	}
	span := min(room, horizon+maxOrigins*step+extra)
	step = max(step, (span+maxOrigins-1)/maxOrigins)
	var origins []int
	for o := n - step; o >= train && len(origins) < maxOrigins; o -= step {
		origins = append(origins, o)
	}
	slices.Reverse(origins)
	return origins
}

// run makes the back-test of the first n values.
func (t *trial) run(f *fitter, n, horizon int, step int64) {
	t.plan = max(2*f.m, int(planDays*dayMillis/max(step, 1)))
	t.edges = edgesOf(f.m, horizon)
	at := originsOf(n, f.m, horizon)
	for len(t.origins) < len(at) && len(t.origins) < cap(t.origins) {
		t.origins = t.origins[:len(t.origins)+1]
	}
	for len(t.origins) < len(at) {
		t.origins = append(t.origins, origin{})
	}
	t.origins = t.origins[:len(at)]
	for i := range t.origins {
		t.origins[i].forecast(f, at[i], min(horizon, n-at[i]))
		t.measure(f, &t.origins[i])
	}
	t.weights = t.weigh(t.weights, -1)
	t.leaveOneOut(f)
}

func (o *origin) forecast(f *fitter, at, reach int) {
	o.at, o.reach = at, reach
	f.fit(at)
	o.said = growRows(o.said, len(candidates), reach)
	for c := range candidates {
		candidates[c].run(f, o.said[c])
	}
	o.scale = grow(o.scale, reach)
	for h := range o.scale {
		o.scale[h] = f.scale[f.phase[at+h]]
	}
	o.naive = naiveScale(f.raw[:at], f.m)
}

func (t *trial) bucket(h int) int { return bucketOf(t.edges, h) }

// bucketOf is the bucket of a step ahead.
func bucketOf(edges []int, h int) int {
	b, _ := slices.BinarySearch(edges, h+1)
	return min(b, len(edges)-1)
}

func (t *trial) measure(f *fitter, o *origin) {
	o.loss = growRows(o.loss, len(candidates), len(t.edges))
	for c := range o.loss {
		clear(o.loss[c])
	}
	o.count = grow(o.count, len(t.edges))
	clear(o.count)
	b := 0
	for h := range o.reach {
		if h >= t.edges[b] {
			b++
		}
		y := f.raw[o.at+h]
		if math.IsNaN(y) {
			continue
		}
		o.count[b]++
		for c := range o.loss {
			o.loss[c][b] += robustLoss((y - o.said[c][h]) / o.scale[h])
		}
	}
}

// robustLoss is |e|, less steep beyond what only a freak value can be: no candidate foresees those, and their
// size would drown who is right about the rest.
func robustLoss(e float64) float64 {
	const freak = 8
	e = math.Abs(e)
	if e > freak {
		return freak + math.Log1p(e-freak)
	}
	return e
}

// weigh gives each bucket of horizons the weights of the candidates by the errors at all origins but one. Where
// no back-test reaches, the candidate with a trend stands alone.
func (t *trial) weigh(out [][]float64, without int) [][]float64 {
	out = growRows(out, len(t.edges), len(candidates))
	for b, w := range out {
		clear(w)
		t.loss = grow(t.loss, len(candidates))
		clear(t.loss)
		n := 0.0
		for i := range t.origins {
			if i == without {
				continue
			}
			age := math.Pow(fade, float64(len(t.origins)-1-i))
			n += t.origins[i].count[b]
			for c := range t.loss {
				t.loss[c] += age * t.origins[i].loss[c][b]
			}
		}
		best := slices.Min(t.loss)
		far := b > 0 && t.edges[b-1] >= t.plan
		if n == 0 || far && t.loss[longRun] <= worstCounted*best {
			w[longRun] = 1
			continue
		}
		total := 0.0
		for c, loss := range t.loss {
			switch {
			case c > 0 && loss == t.loss[0] && loss > best:
				// it says the same as the seasonal naive: one vote is enough
			case best == 0 && loss == 0:
				w[c] = 1
			case best > 0 && loss <= worstCounted*best:
				w[c] = math.Pow(best/loss, sharpness)
			}
			total += w[c]
		}
		for c := range w {
			w[c] /= total
		}
	}
	return out
}

// mix is the weighted median of what the candidates say of a horizon.
func mix(weights []float64, said [][]float64, h int) float64 {
	var v voices
	for c, w := range weights {
		if !(w <= 0) {
			v.add(said[c][h], w)
		}
	}
	return v.median()
}

// leaveOneOut forecasts at each origin with the weights of the others, and keeps the errors for the intervals.
func (t *trial) leaveOneOut(f *fitter) {
	t.errors.reset(t.edges, len(t.origins))
	var weights [][]float64
	for i := range t.origins {
		o := &t.origins[i]
		use := t.weights
		if len(t.origins) > 1 {
			weights = t.weigh(weights, i)
			use = weights
		}
		o.mixed = grow(o.mixed, o.reach)
		for h := range o.mixed {
			b := t.bucket(h)
			o.mixed[h] = mix(use[b], o.said, h)
			if y := f.raw[o.at+h]; !math.IsNaN(y) {
				t.errors.add(b, residual{(y - o.mixed[h]) / o.scale[h], i})
			}
		}
	}
	t.errors.finish()
}

// score measures the forecasts at the origins, each with intervals from the other origins.
func (t *trial) score(f *fitter, s *Score, floor float64) {
	*s = Score{}
	if len(t.origins) == 0 {
		*s = Score{MASE: math.NaN(), NaiveMASE: math.NaN(), Pinball: math.NaN(), Coverage80: math.NaN()}
		return
	}
	for i := range t.origins {
		o := &t.origins[i]
		if !(o.naive > 0) {
			continue
		}
		intervals := t.errors.spreadWithout(i)
		for h := range o.reach {
			naive := lastSeason(f.raw[:o.at], f.m, h)
			if y := f.raw[o.at+h]; !math.IsNaN(y) && !math.IsNaN(naive) {
				s.add(y, intervals.around(o.mixed[h], o.scale[h], h, floor), naive, o.naive)
			}
		}
	}
	s.finish()
}

// growRows makes rows of n values; what they hold is left over.
func growRows(rows [][]float64, count, n int) [][]float64 {
	for len(rows) < count {
		rows = append(rows, nil)
	}
	rows = rows[:count]
	for i := range rows {
		rows[i] = grow(rows[i], n)
	}
	return rows
}

func emptyRows[T any](rows [][]T, count int) [][]T {
	for len(rows) < count {
		rows = append(rows, nil)
	}
	rows = rows[:count]
	for i := range rows {
		rows[i] = rows[i][:0]
	}
	return rows
}
