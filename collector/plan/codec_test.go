package plan

import (
	"math"
	"testing"

	"ninewatch/collector/capacity"
)

func TestDayKeepsItsBuckets(t *testing.T) {
	nan := math.NaN()
	f := func(d day) {
		t.Helper()
		b, err := encodeDay(d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeDay(b)
		if err != nil || len(got.lines) != len(d.lines) || got.fine != d.fine {
			t.Fatalf("got %+v, %v; want %+v", got, err, d)
		}
		for i, l := range d.lines {
			for k, v := range l.rate {
				if g := got.lines[i].rate[k]; g != v && !(math.IsNaN(g) && math.IsNaN(v)) {
					t.Errorf("line %d bucket %d: got %v, want %v", i, k, g, v)
				}
			}
		}
	}
	f(day{lines: []line{{[]float64{0, nan, 1e9, 3}, []float64{0, nan, 2e9, 3}}, {[]float64{nan, nan, nan, 7}, []float64{nan, nan, nan, 8}}}})
	f(day{fine: true, lines: []line{{[]float64{99.125, 0.5}, []float64{100, 0.5}}}})
}

func TestMonthKeepsItsDays(t *testing.T) {
	want := map[int]Feature{
		1:  {Capacity: 1e9, Lines: []capacity.Day{{P95: 8, P99: 9, Max: 10, Mean: 4, BusyHour: 7, Coverage: 1}, {P95: 2, Max: 3, Coverage: 0.5}}},
		31: {Lines: []capacity.Day{{P95: 1}}},
	}
	got, err := decodeMonth(encodeMonth(want))
	if err != nil || len(got) != 2 || got[1].Lines[0] != want[1].Lines[0] || got[1].Lines[1] != want[1].Lines[1] || got[31].Lines[0].P95 != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOverIsByMediansOfAWeek(t *testing.T) {
	f := func(values []float64, want int, wantOK bool) {
		t.Helper()
		if since, ok := over(values, 80); ok != wantOK || ok && since != want {
			t.Errorf("over(%v) = %d, %t; want %d, %t", values, since, ok, want, wantOK)
		}
	}
	f([]float64{70, 70, 70, 70, 95, 70, 70, 70}, 0, false) // a single peak
	f([]float64{90, 90, 90, 90, 90, 90, 90, 90}, 0, true)
	f([]float64{90, 90, 90, 90, 90, 60, 60}, 0, true) // a weekend
	f(nil, 0, false)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 0, 3})
	f.Add(encodeMonth(map[int]Feature{3: {Lines: []capacity.Day{{P95: 1}}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := decodeDay(b); err == nil && len(d.lines) > maxLines {
			t.Errorf("%d lines", len(d.lines))
		}
		if days, err := decodeMonth(b); err == nil && len(days) > 31 {
			t.Errorf("%d days", len(days))
		}
	})
}
