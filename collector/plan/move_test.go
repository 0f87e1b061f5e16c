package plan

import (
	"errors"
	"math"
	"testing"

	"ninewatch/collector/capacity"
)

// TestADepartmentMoves: one line is busy by day and another by night, so that 40 and 30 Mbit/s are 40, not 70.
func TestADepartmentMoves(t *testing.T) {
	r := newRig(t)
	const days, perDay = 50, 288
	r.now = t0.AddDate(0, 0, days)
	day, night := make([]float64, days*perDay), make([]float64, days*perDay)
	for i := range day {
		wobble := 0.1e6 * math.Sin(float64(i/perDay*7))
		if i%perDay < perDay/2 {
			day[i] = math.Round(40e6 + wobble)
		} else {
			night[i] = math.Round(30e6 + wobble)
		}
	}
	for series, rates := range map[string][]float64{"interface:sw1/Gi1": day, "interface:sw1/Gi2": night} {
		if err := r.service.Import(t.Context(), []Import{{Series: series, Capacity: 1e9, From: t0.UnixMilli(), Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	f := func(what WhatIf, want float64) {
		t.Helper()
		a, err := r.service.WhatIf(t.Context(), "circuit:lis-a", what)
		if err != nil || math.Abs(*a.P95-want) > 0.3e6 {
			t.Errorf("%+v: got %v, want %g, %v", what, *a.P95, want, err)
		}
	}
	f(WhatIf{}, 40e6)
	f(WhatIf{Plus: "interface:sw1/Gi2"}, 40e6)
	f(WhatIf{Plus: "interface:sw1/Gi2", Share: 200}, 60e6)
	f(WhatIf{Load: 130}, 52e6)
	if _, err := r.service.WhatIf(t.Context(), "circuit:lis-a", WhatIf{Plus: "circuit:lis-a"}); !errors.Is(err, ErrOther) {
		t.Errorf("on top of itself: %v", err)
	}
	if _, err := r.service.WhatIf(t.Context(), "circuit:lis-a", WhatIf{Plus: "circuit:x"}); !errors.Is(err, ErrUnknown) {
		t.Errorf("on top of nothing: %v", err)
	}
}

func TestWhereBucketsHaveGoneDaysAddUp(t *testing.T) {
	f := Feature{Lines: []capacity.Day{{P95: 40, Mean: 10, Coverage: 1}}}
	g := Feature{Lines: []capacity.Day{{P95: 30, Mean: 20, Coverage: 0.6}}}
	if got := together(f, g, day{}, day{}, 0, 0.5); got.P95 != 55 || got.Mean != 20 || got.Coverage != 0.6 {
		t.Errorf("got %+v", got)
	}
	if got := together(f, Feature{}, day{}, day{}, 0, 1); !math.IsNaN(got.P95) || got.Coverage != 0 {
		t.Errorf("nothing is known of the other: got %+v", got)
	}
}

func TestUpgradesLastLonger(t *testing.T) {
	r := newRig(t)
	rates := r.rising(60)
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: t0.UnixMilli(), Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
		t.Fatal(err)
	}
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	got, err := r.service.Upgrades(t.Context(), "circuit:lis-a")
	if err != nil || len(got) != 5 || got[1].Capacity != 200e6 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got[0].FullOn.P50 == nil || got[1].FullOn.P50 != nil && *got[1].FullOn.P50 <= *got[0].FullOn.P50 || got[4].FullOn.P50 != nil {
		t.Errorf("a larger line is full later: %v", got)
	}
}
