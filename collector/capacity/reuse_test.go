package capacity

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestTrialIsUsedAgain: with the trial of the same origin nothing changes; a day later the forecast is that of a new
// trial but for chance; a trial of something else is not used.
func TestTrialIsUsedAgain(t *testing.T) {
	s := Series{Step: hourMillis, Values: simulateHourly("steady", 7, 1200)}
	o := Options{Season: 168, Horizon: 168}
	var f Forecaster
	first := f.Forecast(s, 1000, o)
	o.Trial = first.Trial
	if diff := cmp.Diff(first, f.Forecast(s, 1000, o), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("of the same origin (-new +again):\n%s", diff)
	}
	again := f.Forecast(s, 1024, o)
	o.Trial = nil
	anew := f.Forecast(s, 1024, o)
	if again.Backtest != first.Backtest || again.Trial != first.Trial {
		t.Errorf("the back-test is told anew: %+v, of the first %+v", again.Backtest, first.Backtest)
	}
	a := Measure(s.Values, 168, []int{1024}, [][]Quantiles{again.Quantiles})
	b := Measure(s.Values, 168, []int{1024}, [][]Quantiles{anew.Quantiles})
	if math.Abs(a.MASE-b.MASE) > 0.1*b.MASE {
		t.Errorf("a day later: MASE %.3f, with a new trial %.3f", a.MASE, b.MASE)
	}
	for name, of := range map[string]Options{
		"another season":     {Season: 24, Horizon: 168, Trial: first.Trial},
		"other buckets":      {Season: 168, Horizon: 24, Trial: first.Trial},
		"no origin was used": {Season: 168, Horizon: 168, Trial: &Trial{Season: 168}},
	} {
		used := f.Forecast(s, 1000, of)
		of.Trial = nil
		if diff := cmp.Diff(f.Forecast(s, 1000, of), used, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-without +with):\n%s", name, diff)
		}
	}
}
