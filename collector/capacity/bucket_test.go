package capacity

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSpread(t *testing.T) {
	pairs := []Pair{
		{From: 0, To: 100_000, Status: StatusOK, Octets: 100, Elapsed: 100_000},
		{From: 100_000, To: 200_000, Status: StatusRestart},
		{From: 200_000, To: 400_000, Status: StatusOK, Octets: 1000, Elapsed: 200_000},
		{From: 400_000, To: 1_000_000, Status: StatusOK, Octets: 6000, Elapsed: 600_000},
	}
	buckets := Spread(pairs, 10_000, 900_000, 300_000, 250_000)
	if len(buckets) != 3 {
		t.Fatalf("got %d buckets, want 3", len(buckets))
	}
	f := func(i int, octets, volume int64, covered int64, low, high float64, valid bool) {
		t.Helper()
		b := &buckets[i]
		if b.Octets.Cmp(big.NewRat(octets, 1)) != 0 || b.Volume.Cmp(big.NewRat(volume, 1)) != 0 || b.Covered != covered || b.Min != low || b.Max != high || b.Valid() != valid {
			t.Errorf("bucket %d: got %+v", i, b)
		}
	}
	f(0, 600, 600, 200_000, 8, 40, true)
	f(1, 500, 2500, 100_000, 40, 40, false) // a third is covered: the pair of 600 s is too long for a rate
	f(2, 0, 3000, 0, 0, 0, false)
	if rate, ok := buckets[0].Rate(); !ok || rate != 24 { // 8·600/200
		t.Errorf("got %g, want 24", rate)
	}
	day := RollUp(buckets, []int64{0, 600_000, 900_000})
	if day[0].Octets.Cmp(big.NewRat(1100, 1)) != 0 || day[0].Covered != 300_000 || day[0].Max != 40 || day[0].Min != 8 {
		t.Errorf("got %+v", day[0])
	}
}

// TestSpreadKeepsOctets: whatever the times, no octet is lost or made.
func TestSpreadKeepsOctets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pairs []Pair
		at := rapid.Int64Range(-1e7, 1e7).Draw(t, "start")
		from := at
		want := new(big.Rat)
		for range rapid.IntRange(1, 20).Draw(t, "pairs") {
			length := rapid.Int64Range(1, 1e6).Draw(t, "length")
			octets := rapid.Uint64().Draw(t, "octets")
			pairs = append(pairs, Pair{From: at, To: at + length, Status: StatusOK, Octets: octets, Elapsed: uint64(length)})
			want.Add(want, new(big.Rat).SetInt(new(big.Int).SetUint64(octets)))
			at += length
		}
		got, covered := new(big.Rat), int64(0)
		buckets := Spread(pairs, from, at, rapid.Int64Range(1000, 1e6).Draw(t, "width"), 0)
		for i := range buckets {
			got.Add(got, &buckets[i].Octets)
			covered += buckets[i].Covered
		}
		if got.Cmp(want) != 0 || covered != at-from {
			t.Fatalf("got %s octets over %d ms, want %s over %d", got, covered, want, at-from)
		}
	})
}

func TestBounds(t *testing.T) {
	f := func(name, from string, get func(int64, int64, *time.Location) []int64, hours ...float64) {
		t.Helper()
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, from)
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, h := range hours {
			total += h
		}
		bounds := get(at.UnixMilli(), at.UnixMilli()+int64(total*3600_000), zone)
		for i, h := range hours {
			if got := float64(bounds[i+1]-bounds[i]) / 3600_000; got != h {
				t.Errorf("%s from %s: span %d has %g h, want %g", name, from, i, got, h)
			}
		}
	}
	f("Europe/Berlin", "2026-03-27T23:00:00Z", DayBounds, 24, 23, 24)
	f("Europe/Berlin", "2026-10-23T22:00:00Z", DayBounds, 24, 25, 24)
	f("Australia/Lord_Howe", "2026-04-03T13:00:00Z", DayBounds, 24, 24.5) // the clock goes back by half an hour
	f("Africa/Cairo", "2026-04-22T22:00:00Z", DayBounds, 24, 23, 24)      // midnight of the 24th does not exist
	f("Europe/Berlin", "2026-02-28T23:00:00Z", MonthBounds, 743, 720)     // March loses an hour
}

func TestPercentiles(t *testing.T) {
	f := func(n, rank int) {
		t.Helper()
		if got := Rank(n); got != rank {
			t.Errorf("rank of %d: got %d, want %d", n, got, rank)
		}
	}
	f(8640, 8208) // B.3
	f(20, 19)
	f(19, 19) // fewer than 20 discard nothing
	f(1, 1)
	f(0, 0)
	nan := math.NaN()
	b := NewBill([]float64{1, nan, 3, 9}, []float64{5, 2, 2, 1}, false)
	if b.In.N != 3 || b.In.Missing != 1 || b.In.Value != 9 || b.In.At != 3 || b.In.Coverage() != 0.75 {
		t.Errorf("in: got %+v", b.In)
	}
	if b.Value(MaxOfP95) != 9 || b.Value(P95OfMax) != 9 || b.Value(P95OfSum) != 10 || b.Max.N != 3 {
		t.Errorf("got %+v", b)
	}
	if filled := NewBill([]float64{nan, nan}, []float64{nan, 4}, true); filled.In.N != 2 || filled.In.Value != 0 {
		t.Errorf("zero filled by contract: got %+v", filled.In)
	}
	if none := NewBill(nil, nil, false); !math.IsNaN(none.Value(MaxOfP95)) {
		t.Errorf("nothing to bill: got %g", none.Value(MaxOfP95))
	}
	sum := Coincident([]float64{1, 2, nan}, []float64{10, 20, 30})
	if sum[0] != 11 || sum[1] != 22 || !math.IsNaN(sum[2]) {
		t.Errorf("got %v", sum)
	}
}

func TestDayFeatures(t *testing.T) {
	buckets := make([]float64, 100) // 1 to 100, and a busy hour of 4 buckets at the end: 97 to 100
	for i := range buckets {
		buckets[i] = float64(i + 1)
	}
	got := DayFeatures(buckets, 250, 4)
	want := Day{P95: 95, P99: 99, Max: 250, Mean: 50.5, BusyHour: 98.5, Coverage: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if none := DayFeatures([]float64{math.NaN()}, math.NaN(), 12); none.Coverage != 0 || !math.IsNaN(none.P95) {
		t.Errorf("a day without values: got %+v", none)
	}
}

// TestSketch: merged sketches are within 1 % of the percentile of all values.
func TestSketch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e12), 1, 200).Draw(t, "values")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		var a, b Sketch
		for _, v := range values[:cut] {
			a.Add(v)
		}
		for _, v := range values[cut:] {
			b.Add(v)
		}
		a.Merge(&b)
		slices.Sort(values)
		for _, percent := range []int{1, 50, 95, 99, 100} {
			want := values[rankOf(len(values), percent)-1]
			got, err := a.Percentile(percent)
			if err != nil || math.Abs(got-want) > 0.01*want+sketchTiny {
				t.Fatalf("p%d: got %g %v, want %g", percent, got, err, want)
			}
		}
	})
	if _, err := new(Sketch).Percentile(95); err != ErrEmpty {
		t.Errorf("an empty sketch: got %v", err)
	}
}
