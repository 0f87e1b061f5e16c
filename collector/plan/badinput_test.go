package plan

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/capacity"
	"ninewatch/collector/store"
)

// TestBadInputHasNoMadeUpDate is the bad input of issue 7, by a resource of 100: an answer or a named refusal, never
// a date from nothing.
func TestBadInputHasNoMadeUpDate(t *testing.T) {
	nan := math.NaN()
	first := capacity.Date{Year: 2026, Month: 1, Day: 5}
	f := func(name string, values []float64, size float64, refusal string) Outlook {
		t.Helper()
		r := Resource{Name: "interface:a/b", Series: "interface:a/b", Kind: KindInterface, Capacity: size, Limit: 80, LeadDays: 30, Unit: "bit/s"}
		a := assessLine(&capacity.Forecaster{}, r, "in", values, first, capacity.Calendar{}, plus(first, len(values)), 365, WhatIf{})
		if !strings.Contains(a.Withheld, refusal) || refusal == "" && a.Withheld != "" {
			t.Errorf("%s: got %q, want %q", name, a.Withheld, refusal)
		}
		if a.Withheld != "" && a.OverSince == nil && (a.FullOn != FullOn{} || a.OrderBy != nil || len(a.Probability) > 0) {
			t.Errorf("%s: withheld, and yet %+v", name, a)
		}
		return a
	}
	wobbling := func(n int, of func(i int) float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = of(i) + 0.5*math.Sin(float64(i*i))
		}
		return out
	}
	f("constant", slices.Repeat([]float64{42}, 100), 100, "always the same")
	f("empty", nil, 100, "empty")
	f("three points", []float64{10, 20, 30}, 100, "not enough history")
	f("all missing", slices.Repeat([]float64{nan}, 60), 100, "all missing")
	f("speed unknown", wobbling(100, func(i int) float64 { return 30 }), 0, "capacity is not known")
	f("no number among the rest", slices.Replace(wobbling(100, func(i int) float64 { return 30 + 0.3*float64(i) }), 50, 52, nan, math.Inf(1)), 100, "")
	if a := f("negative", wobbling(100, func(i int) float64 { return -30 }), 100, "less than 1 %"); a.OrderBy != nil {
		t.Errorf("negative: %+v", a)
	}
	if a := f("at the speed", wobbling(100, func(i int) float64 { return 99 }), 100, ""); a.OverSince == nil || !a.Overdue {
		t.Errorf("saturated is full now: %+v", a)
	}
	// A line of 100 becomes one of 1,000: what it carries goes on, and is held against the new speed.
	carried := wobbling(120, func(i int) float64 { return 60 + 0.1*float64(i) })
	if a := f("before the speed changed", carried, 100, ""); a.FullOn.P50 == nil {
		t.Errorf("80 of 100 is near: %+v", a.FullOn)
	}
	if a := f("after the speed changed", carried, 1000, ""); a.FullOn.P50 != nil {
		t.Errorf("800 of 1,000 is far: %+v", a.FullOn)
	}
}

// TestClocksThatJumpMakeNoTraffic: the clock of an agent goes back an hour, and forth again.
func TestClocksThatJumpMakeNoTraffic(t *testing.T) {
	r := newReadings()
	r.maxGap = 150_000
	r.speed = func(string) uint64 { return 1e9 }
	s := store.Samples{Name: "ifHCInOctets", Labels: map[string]string{"ifName": "Gi1"}}
	for i := range 180 {
		at := t0.UnixMilli() + int64(i)*60_000
		if i >= 60 && i < 120 {
			at -= 10_000 // ten seconds late for an hour: pairs of 50 and of 70 seconds
		}
		s.Times, s.Values = append(s.Times, at), append(s.Values, float64(i)*40e6/8*60)
	}
	r.take(s)
	p := r.pieces("sw1", span{t0.UnixMilli(), t0.UnixMilli() + 3*hourMillis})["interface:sw1/Gi1"]
	for b, v := range p.lines[0].rate {
		if math.IsNaN(v) || v < 38e6 || v > 42e6 || p.lines[0].peak[b] > 48.1e6 {
			t.Errorf("bucket %d: got %g, peak %g; want 40e6", b, v, p.lines[0].peak[b])
		}
	}
}

// TestDaysOfClockChangesAreWhole: days of 23 and 25 hours have as many buckets, and none is lost or counted twice.
func TestDaysOfClockChangesAreWhole(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	f := func(month time.Month, d int, hours int) {
		t.Helper()
		date := capacity.Date{Year: 2026, Month: month, Day: d}
		from, to := dayBounds(date, zone)
		if to-from != int64(hours)*hourMillis {
			t.Errorf("%s has %d hours, want %d", dateText(date), (to-from)/hourMillis, hours)
		}
		if _, before := dayBounds(plus(date, -1), zone); before != from {
			t.Errorf("%s begins at %d, the day before ends at %d", dateText(date), from, before)
		}
	}
	f(3, 29, 23)
	f(10, 25, 25)
	f(10, 26, 24)
	r := newRig(t)
	r.now = time.Date(2026, 10, 27, 12, 0, 0, 0, time.UTC)
	begin := time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC) // midnight in Lisbon
	r.poll("ifHCInOctets", begin, begin.Add(25*time.Hour+time.Minute), time.Minute, 0, 40e6)
	p := r.collect()
	if got := p.days[0].Lines[0]; p.date(0).Day != 25 || got.Coverage != 1 || !near(got.Mean, 40e6) {
		t.Errorf("the day of 25 hours: %s %+v", dateText(p.date(0)), got)
	}
}

// TestWhatWasSaidIsComparedWithWhatCame: 10 points a week apart, of which 8 lie within what was said.
func TestWhatWasSaidIsComparedWithWhatCame(t *testing.T) {
	first := capacity.Date{Year: 2026, Month: 1, Day: 1}
	values := make([]float64, 80)
	for i := range values {
		values[i] = 100
	}
	old := Outlook{MadeAt: "2026-01-01T00:00:00Z"}
	for i := range 10 {
		e := Expected{Date: dateText(plus(first, 3+7*i)), P10: 90, P50: 95, P90: 110}
		if i >= 8 {
			e = Expected{Date: e.Date, P10: 120, P50: 125, P90: 130}
		}
		old.Forecast = append(old.Forecast, e)
	}
	old.Forecast = append(old.Forecast, Expected{Date: dateText(plus(first, 200)), P50: 1}, Expected{Date: "soon"})
	c := compared(old, values, first)
	if c == nil || c.N != 10 || c.Inside80 != 0.8 || math.Abs(c.MedianError-0.05) > 1e-12 || len(c.Points) != 10 {
		t.Errorf("got %+v, want 8 of 10 inside and 5 %% too low", c)
	}
	if compared(old, nil, first) != nil {
		t.Error("nothing has come yet, so that there is nothing to compare")
	}
}

// TestLastQuarterIsWhatIsCompared: of several forecasts the newest that is two months old, else the oldest of two weeks.
func TestLastQuarterIsWhatIsCompared(t *testing.T) {
	r := newRig(t)
	const days, perDay = 150, 288
	rates := make([]float64, days*perDay)
	for i := range rates {
		d := i / perDay
		rates[i] = math.Round(30e6 + 0.1e6*float64(d) + 1e6*math.Sin(float64(d*d)))
	}
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: t0.UnixMilli(), Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
		t.Fatal(err)
	}
	for _, day := range []int{60, 75, 100, 140, 149} {
		r.now = t0.AddDate(0, 0, day)
		if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
			t.Fatal(err)
		}
	}
	a, err := r.service.Detail(t.Context(), "circuit:lis-a")
	if err != nil || a.Compared == nil {
		t.Fatalf("got %+v, %v", a.Compared, err)
	}
	// On 16 April 2027 the newest that is two months old is the first of February, of the 75th day.
	if want := t0.AddDate(0, 0, 75).Format(time.DateOnly); !strings.HasPrefix(a.Compared.MadeAt, want) {
		t.Errorf("compared with that of %s, want %s", a.Compared.MadeAt, want)
	}
	if a.Compared.N < 8 || math.Abs(a.Compared.MedianError) > 0.1 {
		t.Errorf("a straight line is foreseen: %+v", a.Compared)
	}
}
