package capacity

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestForm: on a line that grows, weekdays of 1.2 times the level stay 1.2 times the level, and weekdays of 10 more
// than it stay 10 more.
func TestForm(t *testing.T) {
	f := func(name string, value func(level float64, weekend bool) float64) {
		t.Helper()
		values := make([]float64, 180+90)
		for d := range values {
			values[d] = value(30+0.2*float64(d), d%7 >= 5) + 0.2*math.Sin(float64(d)*1.7)
		}
		r := new(Forecaster).Forecast(daily(values...), 180, Options{Season: 7, Horizon: 90})
		for h := 60; h < 90; h++ {
			if got, want := r.Quantiles[h].Q50, values[180+h]; math.Abs(got-want) > 1 {
				t.Errorf("%s: day %d: got %.2f, want %.2f", name, h, got, want)
			}
		}
	}
	f("a part of the level", func(level float64, weekend bool) float64 {
		if weekend {
			return level * 0.5
		}
		return level * 1.2
	})
	f("added to the level", func(level float64, weekend bool) float64 {
		if weekend {
			return level - 25
		}
		return level + 10
	})
}

// TestVoices: with equal weights it is the median, and no order of adding changes it.
func TestVoices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 16).Draw(t, "x")
		var a, b voices
		for i := range x {
			a.add(x[i], 1/float64(len(x)))
			b.add(x[len(x)-1-i], 1/float64(len(x)))
		}
		if got, want := a.median(), medianOf(x); math.Abs(got-want) > 1e-9 || math.Abs(b.median()-want) > 1e-9 {
			t.Fatalf("got %g and %g, want %g", got, b.median(), want)
		}
	})
}
