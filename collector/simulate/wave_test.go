package simulate

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC) // a Wednesday

// TestWaveTotalIsTheIntegral compares the closed form with a sum over small steps.
func TestWaveTotalIsTheIntegral(t *testing.T) {
	f := func(w wave) {
		t.Helper()
		const step = 100 * time.Millisecond
		sum := 0.0
		for at := noon; at.Before(noon.Add(3 * time.Hour)); at = at.Add(step) {
			sum += w.rate(at.Add(step/2)) * step.Seconds()
		}
		if got := w.total(noon, noon.Add(3*time.Hour)); math.Abs(got-sum) > 1e-4*sum {
			t.Errorf("%+v: got %f, want %f", w, got, sum)
		}
	}
	f(wave{mean: 1000})
	f(wave{mean: 5, shift: 3333})
	f(wave{mean: 1000, growth: 1e-5, since: noon.Add(-time.Hour)})
}

func TestWaveFollowsDaysAndWeeks(t *testing.T) {
	w := wave{mean: 100}
	day := func(at time.Time) float64 { return w.total(at, at.Add(613*time.Second)) / 613 } // one of the short swings
	if afternoon, night := day(noon.Add(2*time.Hour)), day(noon.Add(14*time.Hour)); afternoon < 2*night {
		t.Errorf("got %.0f in the afternoon, %.0f at night, want more than twice as much", afternoon, night)
	}
	if wednesday, sunday := day(noon), day(noon.Add(4*24*time.Hour)); wednesday < sunday+15 {
		t.Errorf("got %.0f on Wednesday, %.0f on Sunday, want it quieter", wednesday, sunday)
	}
}

// TestCountersOnlyGrow: whatever the time and however small the step, within one boot.
func TestCountersOnlyGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := machine{seed: rapid.Int64().Draw(t, "seed"), number: rapid.IntRange(0, 1<<24).Draw(t, "number")}
		m.boot = yearly(m.seed, m.number)
		w := wave{mean: rapid.Float64Range(1e-4, 1e10).Draw(t, "mean"), shift: rapid.Float64Range(0, 1e5).Draw(t, "shift")}
		at := time.UnixMilli(rapid.Int64Range(1.5e12, 2.5e12).Draw(t, "at"))
		before := m.counter(w, at, m.scale("in", 3))
		later := at.Add(time.Duration(rapid.Int64Range(10, 1e6).Draw(t, "ms")) * time.Millisecond)
		if m.boot(later) != m.boot(at) {
			t.Skip("restart in between")
		}
		if after := m.counter(w, later, m.scale("in", 3)); after < before {
			t.Fatalf("fell from %d to %d", before, after)
		}
	})
}

func TestYearly(t *testing.T) {
	const period = 400 * 24 * time.Hour
	f := func(at time.Time) {
		t.Helper()
		boot := yearly(7, 3)(at)
		if up := at.Sub(boot); up < 0 || up >= period {
			t.Errorf("at %s up for %s", at, up)
		}
		if again := yearly(7, 3)(boot); again != boot {
			t.Errorf("at its boot, %s, the boot is %s", boot, again)
		}
		if other := yearly(7, 4)(at); other == boot {
			t.Errorf("two devices booted at %s", boot)
		}
	}
	f(noon)
	f(noon.Add(period))
	f(noon.Add(9 * period / 7))
}

func TestChance(t *testing.T) {
	if a, b := chance(1, "loss", 5), chance(1, "loss", 5); a != b {
		t.Errorf("the same question: %v and %v", a, b)
	}
	const n = 20000
	below, sum := 0, 0.0
	for i := range n {
		x := chance(3, "dead", i)
		if x < 0 || x >= 1 {
			t.Fatalf("got %v", x)
		}
		sum += x
		if x < 0.1 {
			below++
		}
	}
	if mean := sum / n; math.Abs(mean-0.5) > 0.01 {
		t.Errorf("mean: got %v, want 0.5", mean)
	}
	if share := float64(below) / n; math.Abs(share-0.1) > 0.01 {
		t.Errorf("share below 0.1: got %v", share)
	}
}
