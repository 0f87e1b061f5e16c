package capacity

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var nan = math.NaN()

func daily(values ...float64) Series { return Series{Step: dayMillis, Values: values} }

// TestRefusals is the bad input of issue 7: a named refusal, and no date.
func TestRefusals(t *testing.T) {
	f := func(want string, values []float64) {
		t.Helper()
		s := daily(values...)
		r := new(Forecaster).Forecast(s, len(values), Options{Season: 7, Horizon: 60})
		if !strings.HasPrefix(r.Withheld, want) {
			t.Errorf("got %q, want %q", r.Withheld, want)
		}
		for h, q := range r.Quantiles {
			if math.IsNaN(q.Q10+q.Q50+q.Q90+q.Q95) || q.Q10 > q.Q50 || q.Q50 > q.Q90 || q.Q90 > q.Q95 {
				t.Fatalf("%s: step %d: got %+v", want, h, q)
			}
		}
		if c := r.Reaches(s, 1e9); !c.T10.Never() && r.Model == "" {
			t.Errorf("%s: got a date from nothing", want)
		}
	}
	f("empty", nil)
	f("all missing: none of 30 values is there", slices.Repeat([]float64{nan}, 30))
	f("not enough history: 3 values of at least 14", []float64{1, 2, 3})
	f("not enough history: 2 values", []float64{1, nan, 3, math.Inf(1), math.Inf(-1)})
	f("constant: every value is 42", slices.Repeat([]float64{42}, 100))
	gaps := slices.Repeat([]float64{nan}, 100)
	for i := 0; i < 100; i += 3 {
		gaps[i] = float64(i)
	}
	f("too many gaps: 34 of 100 values are there", gaps)
	f("not enough history for a back-test", simulated(14, 7, 1))
	full := simulated(180, 7, 3)
	for i := range full {
		full[i] = min(full[i], 52)
	}
	f("saturated: ", full)
}

// TestAnswers: odd input that can be answered is.
func TestAnswers(t *testing.T) {
	f := func(name string, values []float64) Result {
		t.Helper()
		r := new(Forecaster).Forecast(daily(values...), len(values), Options{Season: 7, Horizon: 180})
		if len(r.Quantiles) != 180 {
			t.Fatalf("%s: got %d steps", name, len(r.Quantiles))
		}
		for h, q := range r.Quantiles {
			if math.IsNaN(q.Q10+q.Q50+q.Q90+q.Q95) || math.IsInf(q.Q10+q.Q95, 0) || q.Q10 > q.Q50 || q.Q50 > q.Q90 || q.Q90 > q.Q95 {
				t.Fatalf("%s: step %d: got %+v", name, h, q)
			}
		}
		return r
	}
	negative := simulated(120, 7, 4)
	for i := range negative {
		negative[i] -= 200
	}
	if r := f("negative", negative); r.Quantiles[0].Q10 >= 0 {
		t.Errorf("a negative series may be negative: got %+v", r.Quantiles[0])
	}
	spikes := slices.Repeat([]float64{0}, 120)
	spikes[50], spikes[80] = 1e15, math.MaxFloat64/1e10
	if r := f("zero with freak values", spikes); r.Quantiles[0].Q10 < 0 || r.Quantiles[0].Q50 > 1 {
		t.Errorf("got %+v", r.Quantiles[0])
	}
	ends := simulated(120, 7, 5)
	for i := 100; i < 120; i++ {
		ends[i] = nan
	}
	f("nothing lately", ends)
	step := simulated(160, 7, 6)
	for i := 80; i < 160; i++ {
		step[i] += 60
	}
	r := f("step", step)
	if len(r.Shifts) != 1 || r.Shifts[0].At != 80 || math.Abs(r.Shifts[0].By-60) > 6 {
		t.Errorf("a step of 60 after 80 values: got %+v", r.Shifts)
	}
	kink := slices.Repeat([]float64{30}, 200)
	for i := range kink {
		kink[i] += 0.4*math.Max(0, float64(i-120)) + 0.5*math.Sin(float64(i)*1.7)
	}
	s := daily(kink...)
	r = f("kink", kink)
	// 30 + 0.4 (day-120) is 80 on day 245, 45 days after the last of 200.
	if c := r.Reaches(s, 80); r.Withheld != "" || len(r.Shifts) == 0 || math.Abs(float64(c.T50)-45) > 6 {
		t.Errorf("a slope from day 120 on: got %+v, %q, %v", r.Shifts, r.Withheld, c.T50)
	}
}

func TestCrossing(t *testing.T) {
	values := make([]float64, 100)
	for i := range values {
		values[i] = 20 + 0.5*float64(i) + 0.5*math.Sin(float64(i)*1.7)
	}
	s := daily(values...)
	r := new(Forecaster).Forecast(s, 100, Options{Season: 7, Horizon: 180})
	c := r.Reaches(s, 100) // 20 + day/2 is 100 on day 160
	if math.Abs(float64(c.T50)-60) > 4 || c.T10 > c.T50 || !(c.T90 >= c.T50 || c.T90.Never()) {
		t.Errorf("got %v, %v, %v; want 60 in the middle", c.T10, c.T50, c.T90)
	}
	for _, want := range []struct {
		days      int
		low, high float64
	}{{30, 0, 0.05}, {90, 0.9, 1}, {180, 0.9, 1}} {
		if p, ok := c.Probability(want.days); !ok || p < want.low || p > want.high {
			t.Errorf("within %d days: got %g %t, want %g to %g", want.days, p, ok, want.low, want.high)
		}
	}
	if _, ok := c.Probability(181); ok {
		t.Error("a probability beyond the horizon")
	}
	if days, ok := c.OrderBy(30); !ok || math.Abs(days-(float64(c.T10)-30)) > 1e-9 {
		t.Errorf("order by: got %g %t", days, ok)
	}
	if now := r.Reaches(s, 60); !now.T50.Now() || !now.T90.Now() {
		t.Errorf("above already: got %v", now.T50)
	}
	if never := r.Reaches(s, 1e6); !never.T10.Never() {
		t.Errorf("out of reach: got %v", never.T10)
	}
	rising := Result{Origin: 7, Quantiles: []Quantiles{{1, 1, 1, 1}, {9, 9, 9, 9}, {1, 1, 1, 1}, {9, 9, 9, 9}, {9, 9, 9, 9}, {9, 9, 9, 9}, {9, 9, 9, 9}}}
	// Around day 2, from -1 to 5, 4 of 7 values are 9; around day 1 only 3 are.
	got := rising.Reaches(daily(0, 0, 0, 0, 0, 0, 0), 9)
	if got.T50 != 2 {
		t.Errorf("single peaks do not count: got day %v, want 2", got.T50)
	}
}

// TestNoLookAhead: what comes after an origin never changes the forecast from it.
func TestNoLookAhead(t *testing.T) {
	base := simulateHourly("freaks", 1, 900)
	want := new(Forecaster).Forecast(Series{Step: hourMillis, Values: base}, 700, Options{Season: 168, Horizon: 168})
	var f Forecaster // reused: what it has seen before does not matter either
	rapid.Check(t, func(t *rapid.T) {
		values := slices.Clone(base)
		later := rapid.SliceOfN(rapid.Float64(), 1, 9).Draw(t, "later")
		for i := 700; i < len(values); i++ {
			values[i] = later[i%len(later)]
		}
		f.Forecast(Series{Step: hourMillis, Values: values}, 900, Options{Season: 168, Horizon: 24})
		got := f.Forecast(Series{Step: hourMillis, Values: values}, 700, Options{Season: 168, Horizon: 168})
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// TestScale: a series in other units has its forecast in those units.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := simulated(rapid.IntRange(40, 200).Draw(t, "n"), 7, rapid.Uint64().Draw(t, "seed"))
		factor := math.Ldexp(1, rapid.IntRange(-10, 30).Draw(t, "exponent")) // exact, so that rounding tips no decision
		scaled := slices.Clone(values)
		for i := range scaled {
			scaled[i] *= factor
		}
		o := Options{Season: 7, Horizon: 60}
		a := new(Forecaster).Forecast(daily(values...), len(values), o)
		b := new(Forecaster).Forecast(daily(scaled...), len(values), o)
		for h := range a.Quantiles {
			if x, y := a.Quantiles[h], b.Quantiles[h]; math.Abs(x.Q50*factor-y.Q50) > 1e-6*factor || math.Abs(x.Q95*factor-y.Q95) > 1e-6*factor {
				t.Fatalf("step %d: got %+v, and %+v times %g", h, y, x, factor)
			}
		}
	})
}

// TestShift: a series on another base has its forecast on that base. Growth by a share of itself is no such thing,
// so that this series does not grow.
func TestShift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := simulated(rapid.IntRange(40, 200).Draw(t, "n"), 7, rapid.Uint64().Draw(t, "seed"))
		for i := range values {
			values[i] += 100 - 20*float64(i)/float64(len(values))
		}
		base := rapid.Float64Range(0, 1000).Draw(t, "base")
		moved := slices.Clone(values)
		for i := range moved {
			moved[i] += base
		}
		o := Options{Season: 7, Horizon: 60}
		a := new(Forecaster).Forecast(daily(values...), len(values), o)
		b := new(Forecaster).Forecast(daily(moved...), len(values), o)
		for h := range a.Quantiles {
			x, y := a.Quantiles[h], b.Quantiles[h]
			if off := math.Abs(x.Q50 + base - y.Q50); off > 0.5*(x.Q90-x.Q10) {
				t.Fatalf("step %d: got %+v, and %+v with %g more", h, y, x, base)
			}
		}
	})
}

// TestGapsAndFreaks: single values that are missing or absurd move the forecast by no more
// than half of the range of the others.
func TestGapsAndFreaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := simulated(140, 7, rapid.Uint64().Draw(t, "seed"))
		broken := slices.Clone(values)
		for k := range 5 { // apart: three in a row on one side would be another level, and are meant to move it
			at := 28*k + rapid.IntRange(0, 20).Draw(t, "at")
			broken[at] = rapid.SampledFrom([]float64{nan, 0, 1e4, 1e12}).Draw(t, "value")
		}
		o := Options{Season: 7, Horizon: 60}
		a := new(Forecaster).Forecast(daily(values...), len(values), o)
		b := new(Forecaster).Forecast(daily(broken...), len(values), o)
		for h := range a.Quantiles {
			x, y := a.Quantiles[h], b.Quantiles[h]
			if off := math.Abs(x.Q50 - y.Q50); off > (slices.Max(values)-slices.Min(values))/2 {
				t.Fatalf("step %d: got %+v, without them %+v", h, y, x)
			}
		}
	})
}

// TestSlots: the hour of the week is that of the local clock, and a holiday is a Sunday.
func TestSlots(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	s := Series{Start: time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC).UnixMilli(), Step: hourMillis}
	got, week := slots(s, 168, 5, Calendar{Zone: zone})
	// Saturday 23:00, Sunday 00:00, then 02:00: 01:00 does not exist on 29 March. Monday 00:00 is slot 0.
	if want := []int32{143, 144, 146, 147, 148}; !week || !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.Start = time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC).UnixMilli() // a Friday
	got, _ = slots(s, 168, 2, Calendar{Zone: zone, Holidays: map[Date]bool{{2026, 12, 25}: true}})
	if want := []int32{144, 145}; !slices.Equal(got, want) {
		t.Errorf("a holiday: got %v, want %v", got, want)
	}
	s = Series{Start: time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC).UnixMilli(), Step: dayMillis}
	if got, _ = slots(s, 7, 3, Calendar{Zone: zone}); !slices.Equal(got, []int32{5, 6, 0}) {
		t.Errorf("days: got %v, want Saturday, Sunday, Monday", got)
	}
	if got, week = slots(s, 5, 6, Calendar{}); week || !slices.Equal(got, []int32{0, 1, 2, 3, 4, 0}) {
		t.Errorf("no calendar: got %v", got)
	}
}

func TestRebase(t *testing.T) {
	got := Rebase([]float64{0.8, 0.8, 0.1}, []uint64{1e9, 0, 10e9})
	if got[0] != 0.08 || !math.IsNaN(got[1]) || got[2] != 0.1 {
		t.Errorf("got %v, want 0.08, unknown, 0.1", got)
	}
}

func TestBand(t *testing.T) {
	values := simulated(4*168, 168, 9)
	s := Series{Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).UnixMilli(), Step: hourMillis, Values: values}
	b, ok := NewBand(s, len(values), 168, Calendar{}, 3)
	if !ok {
		t.Fatal("four weeks are enough")
	}
	outside := 0
	for i := 3 * 168; i < len(values); i++ {
		if b.Unusual(s.Start+int64(i)*hourMillis, values[i]) != 0 {
			outside++
		}
	}
	if outside > 17 { // a tenth; three deviations of few values each are no exact science
		t.Errorf("%d of 168 usual values are unusual", outside)
	}
	at := s.Start + 4*weekMillis
	if b.Unusual(at, 1000) < 1 || b.Unusual(at, -1000) > -1 || b.Unusual(at, nan) != 0 || b.Unusual(s.Start-1, 1000) != 0 {
		t.Error("what is far outside is unusual, what is missing or earlier is not")
	}
	if _, ok := NewBand(s, 300, 168, Calendar{}, 3); ok {
		t.Error("less than two seasons are not enough")
	}
}

func TestTheilSen(t *testing.T) {
	x, y := []float64{0, 1, 2, 3, 4, 5, 6, 7}, []float64{1, 3, 5, 7, 9, 11, 1000, -900}
	slope, _ := theilSen(x, y, 1, nil)
	if slope != 2 {
		t.Errorf("got %g, want 2 in spite of two freak values", slope)
	}
	// Kendall's S of 1..8 is 28, its variance 8·7·21/18 = 65.33.
	if z := kendallZ([]float64{1, 2, 3, 4, 5, 6, 7, 8}, 0); math.Abs(z-28/math.Sqrt(8.0*7*21/18)) > 1e-12 {
		t.Errorf("got z %g", z)
	}
}

// TestSelection compares with sorting.
func TestSelection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 100).Draw(t, "x")
		k := rapid.IntRange(0, len(x)-1).Draw(t, "k")
		sorted := slices.Sorted(slices.Values(x))
		middle := (sorted[(len(x)-1)/2] + sorted[len(x)/2]) / 2
		if got := nth(slices.Clone(x), k); got != sorted[k] {
			t.Fatalf("number %d: got %g, want %g", k, got, sorted[k])
		}
		if got := medianOf(x); got != middle {
			t.Fatalf("median: got %g, want %g", got, middle)
		}
	})
}
