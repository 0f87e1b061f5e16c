package capacity

import (
	"math"
	"testing"
	"time"
)

// TestDaysOfClockChanges: people come at nine by the clock on the wall, before and after it changes, in both
// directions, and where it changes by half an hour.
func TestDaysOfClockChanges(t *testing.T) {
	f := func(name string, from time.Time, weeks int) {
		t.Helper()
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		usual := func(at int64) float64 {
			local := time.UnixMilli(at).In(zone)
			if local.Hour() >= 9 && local.Hour() < 17 && local.Weekday()%6 != 0 {
				return 70
			}
			return 10
		}
		s := Series{Start: from.UnixMilli(), Step: hourMillis}
		for i := range weeks * 168 {
			s.Values = append(s.Values, usual(s.Start+int64(i)*hourMillis)+math.Sin(float64(i*i)))
		}
		r := new(Forecaster).Forecast(s, len(s.Values), Options{Season: 168, Horizon: 336, Calendar: Calendar{Zone: zone}})
		if r.Origin != len(s.Values) || len(r.Quantiles) != 336 || r.Withheld != "" {
			t.Fatalf("%s: got %d steps from %d, %q", name, len(r.Quantiles), r.Origin, r.Withheld)
		}
		wrong := 0
		for h, q := range r.Quantiles {
			if math.Abs(q.Q50-usual(s.Start+int64(len(s.Values)+h)*hourMillis)) > 10 {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s from %s: %d of 336 hours are forecast by another clock", name, from.Format(time.DateOnly), wrong)
		}
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	f("Europe/Lisbon", day(2026, 9, 28), 6)   // back on 25 October, two weeks before the end
	f("Europe/Lisbon", day(2026, 9, 7), 6)    // back in the second week ahead
	f("Europe/Lisbon", day(2026, 3, 2), 6)    // forth on 29 March
	f("America/New_York", day(2026, 2, 2), 6) // forth on 8 March
	f("Africa/Cairo", day(2026, 4, 6), 6)     // forth at midnight of 24 April
	f("UTC", day(2026, 9, 28), 6)
}

// TestTheLocalClock: on the day with 25 hours the one that comes twice is one step, on that with 23 one is missing.
func TestTheLocalClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Season: 24, Horizon: 2, Calendar: Calendar{Zone: zone}}
	s := Series{Start: time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC).UnixMilli(), Step: hourMillis, Values: []float64{1, 2, 4, 5}} // 00, 01, 01, 02 o'clock
	c, ok := onClock(s, 4, o)
	if !ok || len(c.series.Values) != 3 || c.series.Values[1] != 3 || c.series.Values[2] != 5 || c.steps != 2 {
		t.Errorf("back: got %+v, %t", c, ok)
	}
	s.Start = time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC).UnixMilli() // 00, 02, 03, 04 o'clock
	if c, ok = onClock(s, 4, o); !ok || len(c.series.Values) != 5 || !math.IsNaN(c.series.Values[1]) || c.series.Values[4] != 5 {
		t.Errorf("forth: got %+v, %t", c, ok)
	}
	s.Start = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	if _, ok = onClock(s, 4, o); ok {
		t.Error("in summer no clock changes")
	}
}
