package capacity

import (
	"cmp"
	"math"
	"slices"
)

var (
	spanSeasons  = 2
	shiftShare   = 0.
	medianMix    = false
	maxOrigins   = 10  // of a back-test: more cost time and tell little, because they overlap
	sharpness    = 8.0 // how strongly a smaller error raises a weight
	worstCounted = 1.3 // candidates with an error larger than this times the best are left out
)

// trial is the rolling-origin back-test of one series: what each candidate said at earlier origins.
type trial struct {
	origins   []int
	reach     []int         // values after each origin that are known
	said      [][][]float64 // by origin, candidate, horizon
	combined  [][]float64   // by origin and horizon: with the weights that the other origins give
	scale     [][]float64   // by origin and horizon
	edges     []int         // ends of the buckets of horizons
	loss      [][][]float64 // by origin, candidate, bucket: sum of scaled absolute errors
	count     [][]float64   // by origin and bucket
	weights   [][]float64   // by bucket and candidate, from all origins
	errors    [][]float64   // by bucket: ascending scaled errors of combined
	naiveMASE float64
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

// originsOf are the origins of the back-test of n values, ascending: none leaves less than minTrain values to
// learn from.
func originsOf(n, m, horizon int) []int {
	train := max(2*m, minValues)
	if n < 3*m {
		train = max(m, minValues)
	}
	if m <= 7 {
		train = max(train, 4*m, n/3)
	}
	step := max(1, m/7)
	if m <= 7 {
		step = max(1, m/2)
	}
	room := n - train
	if room < step {
		return nil
	}
	span := min(room, horizon+maxOrigins*step+spanSeasons*m)
	step = max(step, (span+maxOrigins-1)/maxOrigins)
	var origins []int
	for o := n - step; o >= train && len(origins) < maxOrigins; o -= step {
		origins = append(origins, o)
	}
	slices.Reverse(origins)
	return origins
}

// run makes the back-test of the first n values.
func (t *trial) run(f *fitter, n, horizon int) {
	t.origins = originsOf(n, f.m, horizon)
	t.edges = edgesOf(f.m, horizon)
	t.said, t.scale, t.reach = t.said[:0], t.scale[:0], t.reach[:0]
	for _, o := range t.origins {
		reach := min(horizon, n-o)
		f.fit(o)
		said := make([][]float64, len(candidates))
		for c := range candidates {
			said[c] = make([]float64, reach)
			candidates[c].run(f, said[c])
		}
		scale := make([]float64, reach)
		for h := range scale {
			scale[h] = f.scale[f.phase[o+h]]
		}
		t.said, t.scale, t.reach = append(t.said, said), append(t.scale, scale), append(t.reach, reach)
	}
	t.losses(f)
	t.weights = t.weigh(-1)
	t.leaveOneOut(f)
}

func (t *trial) bucket(h int) int {
	b, _ := slices.BinarySearch(t.edges, h+1)
	return min(b, len(t.edges)-1)
}

func (t *trial) losses(f *fitter) {
	t.loss, t.count = t.loss[:0], t.count[:0]
	for i, o := range t.origins {
		loss := make([][]float64, len(candidates))
		for c := range loss {
			loss[c] = make([]float64, len(t.edges))
		}
		count := make([]float64, len(t.edges))
		for h := range t.reach[i] {
			y := f.raw[o+h]
			if math.IsNaN(y) {
				continue
			}
			b := t.bucket(h)
			count[b]++
			for c := range loss {
				loss[c][b] += robustLoss((y - t.said[i][c][h]) / t.scale[i][h])
			}
		}
		t.loss, t.count = append(t.loss, loss), append(t.count, count)
	}
}

// weigh gives each bucket of horizons the weights of the candidates by the errors at all origins but one. Where
// no back-test reaches, the candidate with a trend stands alone.
func (t *trial) weigh(without int) [][]float64 {
	out := make([][]float64, len(t.edges))
	for b := range out {
		w := make([]float64, len(candidates))
		out[b] = w
		n := 0.0
		for i := range t.origins {
			if i == without {
				continue
			}
			n += t.count[i][b]
			for c := range w {
				w[c] += t.loss[i][c][b]
			}
		}
		if n == 0 {
			clear(w)
			w[longRun] = 1
			continue
		}
		best := slices.Min(w)
		total := 0.0
		for c := range w {
			switch {
			case best == 0 && w[c] == 0:
				w[c] = 1
			case best == 0 || w[c] > worstCounted*best:
				w[c] = 0
			default:
				w[c] = math.Pow(best/w[c], sharpness)
			}
			total += w[c]
		}
		for c := range w {
			w[c] /= total
		}
	}
	return out
}

func (t *trial) mix(weights [][]float64, said [][]float64, h int) float64 {
	if medianMix {
		return weightedMedian(weights[t.bucket(h)], said, h)
	}
	v := 0.0
	for c, w := range weights[t.bucket(h)] {
		if w > 0 {
			v += w * said[c][h]
		}
	}
	return v
}

// leaveOneOut forecasts at each origin with the weights of the others, and keeps the errors.
func (t *trial) leaveOneOut(f *fitter) {
	t.combined = t.combined[:0]
	t.errors = make([][]float64, len(t.edges))
	for i, o := range t.origins {
		weights := t.weights
		if len(t.origins) > 1 {
			weights = t.weigh(i)
		}
		combined := make([]float64, t.reach[i])
		for h := range combined {
			combined[h] = t.mix(weights, t.said[i], h)
			if y := f.raw[o+h]; !math.IsNaN(y) && t.scale[i][h] > 0 {
				b := t.bucket(h)
				t.errors[b] = append(t.errors[b], (y-combined[h])/t.scale[i][h])
			}
		}
		t.combined = append(t.combined, combined)
	}
	for b := range t.errors {
		slices.Sort(t.errors[b])
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

func weightedMedian(w []float64, said [][]float64, h int) float64 {
	type p struct{ v, w float64 }
	ps := make([]p, 0, 12)
	for c := range w {
		if w[c] > 0 {
			ps = append(ps, p{said[c][h], w[c]})
		}
	}
	slices.SortFunc(ps, func(a, b p) int { return cmp.Compare(a.v, b.v) })
	sum := 0.0
	for i := range ps {
		mid := sum + ps[i].w/2
		if mid >= 0.5 {
			if i == 0 {
				return ps[0].v
			}
			pm := sum - ps[i-1].w/2
			return ps[i-1].v + (ps[i].v-ps[i-1].v)*(0.5-pm)/(mid-pm)
		}
		sum += ps[i].w
	}
	return ps[len(ps)-1].v
}
