package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestQuantiles compares the weighted quantile with that of values repeated as often as they weigh.
func TestQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		weight := []float64{1, 2, 4}
		row := make([]residual, n)
		for i := range row {
			row[i] = residual{rapid.Float64Range(-9, 9).Draw(t, "e"), rapid.IntRange(0, 2).Draw(t, "origin")}
		}
		slices.SortFunc(row, func(a, b residual) int { return int(math.Copysign(1, a.e-b.e)) })
		without := rapid.IntRange(-1, 2).Draw(t, "without")
		var middles, values []float64 // of each value's weight in the sum of all
		sum := 0.0
		for _, v := range row {
			if v.from == without {
				continue
			}
			middles, values = append(middles, sum+weight[v.from]/2), append(values, v.e)
			sum += weight[v.from]
		}
		var got ranking
		got.fill(row, weight, without)
		if len(got.values) != len(values) {
			t.Fatalf("got %d values, want %d", len(got.values), len(values))
		}
		for i, middle := range middles {
			if q := got.quantile(middle / sum); math.Abs(q-values[i]) > 1e-9 {
				t.Fatalf("at %g of %g: got %g, want %g", middle, sum, q, values[i])
			}
		}
		if len(values) > 0 && (got.quantile(0) != values[0] || got.quantile(1) != values[len(values)-1]) {
			t.Fatal("the ends are the smallest and the largest")
		}
	})
}

func TestBySize(t *testing.T) {
	got := bySize(nil, []residual{{-3, 0}, {-1, 1}, {0, 2}, {2, 3}, {4, 4}})
	if want := []residual{{0, 2}, {1, 1}, {2, 3}, {3, 0}, {4, 4}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestLevel: where the errors of an origin have nothing in common, intervals for 80 % hold 80 % of another origin;
// where they share what went wrong at it, a wider level is needed.
func TestLevel(t *testing.T) {
	f := func(common float64) (level, held float64) {
		random := rand.New(rand.NewPCG(5, 5))
		const series, origins, steps = 100, 10, 40
		for range series {
			var r residuals
			r.reset([]int{steps}, origins)
			for i := range origins {
				shared := common * random.NormFloat64()
				for range steps {
					r.add(0, residual{shared + random.NormFloat64(), i})
				}
			}
			r.finish()
			level += r.level / series
			s, next := r.spread(), common*random.NormFloat64()
			for range steps {
				if e := next + random.NormFloat64(); s.low[0] <= e && e <= s.high[0] {
					held += 1.0 / series / steps
				}
			}
		}
		return level, held
	}
	if level, held := f(0); math.Abs(level-0.8) > 0.02 || math.Abs(held-0.8) > 0.03 {
		t.Errorf("independent errors: level %.3f holds %.3f", level, held)
	}
	if level, held := f(2); level < 0.82 || math.Abs(held-0.8) > 0.05 {
		t.Errorf("errors with much in common: level %.3f holds %.3f", level, held)
	}
}

func TestLevelFor(t *testing.T) {
	f := func(want float64, inside ...float64) {
		t.Helper()
		if got := levelFor([len(levels)]float64(inside), 8); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: got %g, want %g", inside, got, want)
		}
	}
	f(0.8, 6, 7, 8, 9, 9, 10, 10)
	f(0.75, 6, 7, 9, 9, 9, 10, 10) // half of the way from 0.7 to 0.8
	f(0.6, 9, 9, 9, 9, 9, 10, 10)  // narrower than any that was tried
	f(0.99, 1, 2, 3, 4, 5, 6, 7)   // wider than any
	f(0.96, 0, 0, 0, 0, 0, 8, 10)  // exactly enough
}
