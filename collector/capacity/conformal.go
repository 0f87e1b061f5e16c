package capacity

import (
	"math"
	"slices"
)

const (
	wanted = 0.8 // share of values that intervals are to hold
	recent = 0.8 // weight of the errors at an origin beside those at the next: a series is most like it was lately
)

// levels are the nominal shares between which the level of the intervals is looked for.
var levels = [...]float64{0.6, 0.7, 0.8, 0.86, 0.92, 0.96, 0.99}

// residual is an error in scales of its slot, and the number of the origin that it was made at.
type residual struct {
	e    float64
	from int
}

// residuals are the errors of the back-test, from which intervals are made (weighted split conformal; Barber,
// Candès, Ramdas and Tibshirani 2023). Errors of one origin are much alike, so that an origin says more of itself
// than of the next: the level is the one at which the intervals made of the other origins hold the share wanted of
// each (cross-conformal), instead of being the share itself.
type residuals struct {
	edges  []int
	rows   [][]residual // by bucket of horizons: ascending
	sizes  [][]residual // the same by their size
	weight []float64    // by origin
	level  float64
	tried  [][len(levels)]spread // by origin that is left out
	own    ranking
	size   ranking
}

func (r *residuals) reset(edges []int, origins int) {
	r.edges = edges
	r.rows, r.sizes = emptyRows(r.rows, len(edges)), emptyRows(r.sizes, len(edges))
	r.weight = grow(r.weight, origins)
	for i := range r.weight {
		r.weight[i] = math.Pow(recent, float64(origins-1-i))
	}
}

func (r *residuals) add(bucket int, v residual) { r.rows[bucket] = append(r.rows[bucket], v) }

// finish takes the errors as complete.
func (r *residuals) finish() {
	r.cutFreaks()
	for b, row := range r.rows {
		slices.SortFunc(row, byError)
		r.sizes[b] = bySize(r.sizes[b], row)
	}
	r.calibrate()
}

func byError(a, b residual) int {
	switch {
	case a.e < b.e:
		return -1
	case a.e > b.e:
		return 1
	}
	return 0
}

// bySize appends ascending residuals in the order of their sizes.
func bySize(out, row []residual) []residual {
	high, _ := slices.BinarySearchFunc(row, residual{}, byError)
	low := high - 1
	for low >= 0 || high < len(row) {
		if high == len(row) || low >= 0 && -row[low].e < row[high].e {
			out = append(out, residual{-row[low].e, row[low].from})
			low--
			continue
		}
		out = append(out, row[high])
		high++
	}
	return out
}

// cutFreaks draws in errors that are far beyond all but the largest: one absurd reading must not widen every
// interval of its bucket.
func (r *residuals) cutFreaks() {
	const usual, times, least = 0.95, 3, 10
	var all []float64
	for _, row := range r.rows {
		for _, v := range row {
			all = append(all, math.Abs(v.e))
		}
	}
	if len(all) == 0 {
		return
	}
	reach := max(least, times*nth(all, int(usual*float64(len(all)-1))))
	for _, row := range r.rows {
		for i := range row {
			row[i].e = min(max(row[i].e, -reach), reach)
		}
	}
}

// calibrate finds the level.
func (r *residuals) calibrate() {
	r.level = wanted
	if len(r.weight) < 2 {
		return
	}
	var inside [len(levels)]float64
	total := 0.0
	for len(r.tried) < len(r.weight) {
		r.tried = append(r.tried, [len(levels)]spread{})
	}
	for i, w := range r.weight {
		tried := &r.tried[i]
		r.spreads(tried[:], levels[:], i)
		for b := range r.rows[:tried[0].last+1] {
			for _, v := range r.rows[b] {
				if v.from != i {
					continue
				}
				total += w
				for l := range tried {
					if s := &tried[l]; s.low[b] <= v.e && v.e <= s.high[b] {
						inside[l] += w
					}
				}
			}
		}
	}
	if total > 0 {
		r.level = levelFor(inside, wanted*total)
	}
}

// levelFor is the level at which as much as is needed is inside, on the lines between those that were tried.
func levelFor(inside [len(levels)]float64, needed float64) float64 {
	for l, have := range inside {
		switch {
		case have < needed:
		case l == 0 || have == inside[l-1]:
			return levels[l]
		default:
			return levels[l] - (levels[l]-levels[l-1])*(have-needed)/(have-inside[l-1])
		}
	}
	return levels[len(levels)-1]
}

// spread is what the origins say of intervals.
func (r *residuals) spread() spread {
	var out [1]spread
	r.spreads(out[:], []float64{r.level}, -1)
	return out[0]
}

// spreadWithout is what the other origins say of intervals at one, on the lines between the levels that were tried;
// its own where it is the only one.
func (r *residuals) spreadWithout(origin int) spread {
	if len(r.weight) < 2 {
		return r.spread()
	}
	l := 1
	for l < len(levels)-1 && levels[l] < r.level {
		l++
	}
	below, above := &r.tried[origin][l-1], &r.tried[origin][l]
	share := (r.level - levels[l-1]) / (levels[l] - levels[l-1])
	out := spread{edges: r.edges, last: below.last, power: below.power}
	between := func(a, b []float64) []float64 {
		mixed := make([]float64, len(a))
		for i := range a {
			mixed[i] = a[i] + share*(b[i]-a[i])
		}
		return mixed
	}
	out.low, out.high, out.top = between(below.low, above.low), between(below.high, above.high), between(below.top, above.top)
	return out
}

// spreads fills out with the spreads at some ascending levels. Half of each bound is that of the sizes of the
// errors, because skewness of a few dozen errors is mostly chance.
func (r *residuals) spreads(out []spread, levels []float64, without int) {
	for l := range out {
		s := &out[l]
		n := len(r.edges)
		s.edges, s.last, s.power = r.edges, -1, 0.5
		s.low, s.high, s.top = grow(s.low, n), grow(s.high, n), grow(s.top, n)
		clear(s.low)
		clear(s.high)
		clear(s.top)
	}
	for b := range r.rows {
		r.own.fill(r.rows[b], r.weight, without)
		r.size.fill(r.sizes[b], r.weight, without)
		if len(r.own.values) == 0 {
			continue
		}
		for l, level := range levels {
			tail := (1 - level) / 2
			wide, s := r.size.quantile(level), &out[l]
			s.low[b] = min(0, (r.own.quantile(tail)-wide)/2)
			s.high[b] = max(0, (r.own.quantile(1-tail)+wide)/2)
			s.top[b] = max(s.high[b], (r.own.quantile(1-tail/2)+r.size.quantile(1-tail))/2)
			s.last = b
		}
	}
}

// ranking is ascending values, each in the middle of its weight.
type ranking struct {
	values, at []float64
	total      float64
}

func (k *ranking) fill(row []residual, weight []float64, without int) {
	k.values, k.at, k.total = k.values[:0], k.at[:0], 0
	for _, v := range row {
		if v.from != without {
			w := weight[v.from]
			k.values, k.at = append(k.values, v.e), append(k.at, k.total+w/2)
			k.total += w
		}
	}
}

// quantile is linear between neighbours.
func (k *ranking) quantile(q float64) float64 {
	target := q * k.total
	i, _ := slices.BinarySearch(k.at, target)
	switch i {
	case 0:
		return k.values[0]
	case len(k.at):
		return k.values[i-1]
	}
	return k.values[i-1] + (k.values[i]-k.values[i-1])*(target-k.at[i-1])/(k.at[i]-k.at[i-1])
}
