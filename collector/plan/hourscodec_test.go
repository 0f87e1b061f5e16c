package plan

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ninewatch/collector/capacity"
)

func someHours() hours {
	return hours{
		line: 1, series: capacity.Series{Start: t0.UnixMilli(), Step: hourMillis, Values: []float64{1, math.NaN(), 3.5}}, made: t0.Add(time.Hour).UnixMilli(),
		origin: 3, coverage: 0.5, model: "seasonal naive", withheld: "it is a test", quantiles: []capacity.Quantiles{{Q10: 1, Q50: 2, Q90: 4, Q95: 4}},
		tested: capacity.Date{Year: 2026, Month: 11, Day: 17},
		trial: &capacity.Trial{Season: 168, Weights: [][]float64{{0.5, 0.25}, {1, 0}}, Low: []float64{-1, -2}, High: []float64{1, 2}, Top: []float64{2, 3}, Last: 1,
			Score: capacity.Score{MASE: 0.75, NaiveMASE: 1, Pinball: 0.25, Coverage80: 0.8125, N: 99}},
	}
}

func TestHoursCodec(t *testing.T) {
	f := func(want hours) {
		t.Helper()
		got, err := decodeHours(encodeHours(want))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(hours{}), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	h := someHours()
	f(h)
	h.trial = nil
	f(h)
	f(hours{series: capacity.Series{Step: hourMillis}, tested: dateOf(0)})
	for n := range encodeHours(h) {
		if _, err := decodeHours(encodeHours(h)[:n]); err == nil {
			t.Fatalf("the first %d octets are taken for all", n)
		}
	}
	if _, err := decodeHours(append(encodeHours(h), 0)); err == nil {
		t.Error("what is behind is taken")
	}
}

func FuzzDecodeHours(f *testing.F) {
	f.Add(encodeHours(someHours()))
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHours(b)
		if err != nil {
			return
		}
		again, err := decodeHours(encodeHours(h))
		if err != nil || !slices.EqualFunc(again.series.Values, h.series.Values, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("%v after what was read is written again", err)
		}
		h.show(Outlook{}, t0.UnixMilli()) // nothing that can be read breaks what shows it
	})
}
