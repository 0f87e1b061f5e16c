package plan

import (
	"database/sql"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/capacity"
)

// office is a link of an office over some weeks: busy from 9 to 17 local time of working days.
func office(zone *time.Location, hours int) capacity.Series {
	s := capacity.Series{Start: time.Date(2026, 9, 28, 0, 0, 0, 0, zone).UnixMilli(), Step: hourMillis}
	for i := range hours {
		at := time.UnixMilli(s.Start + int64(i)*s.Step).In(zone)
		v := 10e6
		if at.Hour() >= 9 && at.Hour() < 17 && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
			v = 70e6
		}
		s.Values = append(s.Values, v+1e6*math.Sin(float64(i*i)))
	}
	return s
}

// hourly is the forecast from hours that end now.
func hourly(a Outlook, s capacity.Series, cal capacity.Calendar, now int64) HourlyForecast {
	h := hours{series: s}
	h.forecast(&capacity.Forecaster{}, a.Series, cal, dateIn(now, time.UTC), now, true)
	return h.show(a, now)
}

func TestHoursAheadFollowTheLocalClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	limit := 60e6
	a := Outlook{Resource: "circuit:lis-a", Series: "interface:sw1/Gi1", Limit: &limit}
	// Clocks went back on 25 October 2026, in the middle of these six weeks.
	s := office(zone, 6*hoursOfWeek+1)
	now := s.Start + int64(len(s.Values))*s.Step
	got := hourly(a, s, capacity.Calendar{Zone: zone}, now)
	if got.Withheld != "" || len(got.Hours) != hoursAhead || len(got.Past) != hoursShown {
		t.Fatalf("got %q, %d hours and %d of the past", got.Withheld, len(got.Hours), len(got.Past))
	}
	for _, h := range got.Hours {
		at, err := time.Parse(time.RFC3339, h.At)
		if err != nil {
			t.Fatal(err)
		}
		local := at.In(zone)
		want := 10e6
		if local.Hour() >= 9 && local.Hour() < 17 && local.Weekday() != time.Saturday && local.Weekday() != time.Sunday {
			want = 70e6
		}
		if math.Abs(h.P50-want) > 5e6 || h.P10 > h.P50 || h.P50 > h.P90 {
			t.Errorf("%s: got %+v, want about %g", local, h, want)
		}
	}
	// It ends on a Monday at midnight: the limit is reached at 9.
	if want := "2026-11-09T09:00:00Z"; got.Reached.P50 == nil || *got.Reached.P50 != want || *got.Reached.P90 != want {
		t.Errorf("reached at %v, want %s", got.Reached, want)
	}
	if late := hourly(a, s, capacity.Calendar{Zone: zone}, now+3*dayMillis); !strings.HasPrefix(late.Withheld, "no data since 2026-11-0") || late.Reached.P10 != nil {
		t.Errorf("nothing came for three days: %q, %v", late.Withheld, late.Reached)
	}
	if none := hourly(a, capacity.Series{Step: hourMillis}, capacity.Calendar{}, now); none.Withheld == "" || len(none.Hours)+len(none.Past) != 0 {
		t.Errorf("of nothing: %+v", none)
	}
}

// busy is a rig with the office link of a month, in 5 minutes, as of an hour of the day after.
func busy(t *testing.T, hour int) (*rig, capacity.Series) {
	t.Helper()
	r := newRig(t)
	s := office(time.UTC, 34*24) // its site is an hour ahead until 25 October
	r.now = time.UnixMilli(s.Start).AddDate(0, 0, 30).Add(time.Duration(hour) * time.Hour)
	r.carry(s, 0, 30*24+hour)
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	return r, s
}

// carry stores hours of a series as those of a link.
func (r *rig) carry(s capacity.Series, from, to int) {
	r.t.Helper()
	rates := make([]float64, (to-from)*perHour)
	for i := range rates {
		rates[i] = math.Round(s.Values[from+i/perHour])
	}
	begin := s.Start + int64(from)*hourMillis
	if err := r.service.Import(r.t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: begin, Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) hourly(anew bool) HourlyForecast {
	r.t.Helper()
	got, err := r.service.Hourly(r.t.Context(), "circuit:lis-a", anew)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// TestHoursOfTheNight: the night's forecast of hours is told through the day, behind the hours that have come since,
// until somebody asks for a new one.
func TestHoursOfTheNight(t *testing.T) {
	r, s := busy(t, 1)
	night := r.now.Format(time.RFC3339)
	// The local day begins an hour before the first that came; October 28 began at midnight.
	got := r.hourly(false)
	if got.MadeAt != night || got.History != 30*24+1 || len(got.Hours) != hoursAhead || got.Hours[0].At != "2026-10-28T01:00:00Z" {
		t.Fatalf("got %d hours from %v, made at %s of %d", len(got.Hours), got.Hours[:min(1, len(got.Hours))], got.MadeAt, got.History)
	}
	r.now = r.now.Add(9 * time.Hour)
	r.carry(s, 30*24+1, 30*24+10)
	got = r.hourly(false)
	if got.MadeAt != night || len(got.Hours) != hoursAhead || got.Hours[0].At != "2026-10-28T10:00:00Z" || len(got.Past) != hoursShown || got.Past[hoursShown-1].At != "2026-10-28T09:00:00Z" {
		t.Errorf("at 10: %d hours from %v, past until %v, made at %s", len(got.Hours), got.Hours[0], got.Past[len(got.Past)-1], got.MadeAt)
	}
	anew := r.hourly(true)
	if anew.MadeAt != r.now.Format(time.RFC3339) || anew.History != 30*24+11 || anew.Hours[0].At != got.Hours[0].At || len(anew.Hours) != hoursAhead {
		t.Errorf("anew: %d hours from %v, made at %s of %d", len(anew.Hours), anew.Hours[0], anew.MadeAt, anew.History)
	}
	if after := r.hourly(false); after.MadeAt != night {
		t.Errorf("what was asked for once was kept: made at %s", after.MadeAt)
	}
	if _, err := r.service.Hourly(t.Context(), "circuit:none", false); err == nil {
		t.Error("an unknown resource has a forecast")
	}
}

// TestNightAddsADay: the second night reads the day that has ended and no other, and its row does not grow for ever.
func TestNightAddsADay(t *testing.T) {
	r, s := busy(t, 1)
	first := r.hourly(false)
	r.carry(s, 30*24+1, 31*24)
	if err := r.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM capacity_days WHERE day < 20261028`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.AddDate(0, 0, 1)
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	got := r.hourly(false)
	if got.History != first.History+24 || got.MadeAt != r.now.Format(time.RFC3339) || got.Hours[0].At != "2026-10-29T00:00:00Z" {
		t.Errorf("the night after: %d hours of history after %d, from %v, made at %s", got.History, first.History, got.Hours[0], got.MadeAt)
	}
	if got.Backtest != first.Backtest && *got.Backtest.MASE != *first.Backtest.MASE {
		t.Errorf("the back-test was made again: %v after %v", *got.Backtest.MASE, *first.Backtest.MASE)
	}
	var size int
	if err := r.db.Read().QueryRow(`SELECT length(body) FROM capacity_hours WHERE series = 'interface:sw1/Gi1'`).Scan(&size); err != nil || size > 12_000 {
		t.Errorf("it takes %d octets, %v", size, err)
	}
}

// TestLateHoursAreReadAgain: samples that come late for a day that is in are in the next forecast.
func TestLateHoursAreReadAgain(t *testing.T) {
	r, s := busy(t, 1)
	for i := 28 * 24; i < 29*24; i++ {
		s.Values[i] = 200e6
	}
	r.carry(s, 28*24, 29*24)
	got := r.hourly(false)
	found := false
	for _, p := range got.Past {
		found = found || p.At == "2026-10-26T12:00:00Z" && p.Mean != nil && *p.Mean == 200e6
	}
	if again := r.hourly(false); again.MadeAt != r.now.Format(time.RFC3339) {
		t.Errorf("made at %s", again.MadeAt)
	}
	made := got.MadeAt
	r.now = r.now.Add(time.Minute)
	if again := r.hourly(false); again.MadeAt != made {
		t.Errorf("what was forecast on demand was not kept: made at %s after %s", again.MadeAt, made)
	}
	if !found {
		t.Errorf("the past is that of before: %v", got.Past[len(got.Past)-48:])
	}
}

func TestSurprise(t *testing.T) {
	h := hours{series: capacity.Series{Start: t0.UnixMilli(), Step: hourMillis, Values: []float64{1, 1, 9, math.NaN(), 1, 9}}, origin: 2}
	h.quantiles = slices.Repeat([]capacity.Quantiles{{Q10: 0, Q50: 1, Q90: 2}}, 9)
	if !h.surprised() { // 9 and 9 outside, 1 inside
		t.Error("most came outside")
	}
	h.origin = 3
	if h.surprised() {
		t.Error("half came inside")
	}
}

// TestTrialsOfANight: when a night has made its back-tests, hours that have one use it, however old, and others wait.
func TestTrialsOfANight(t *testing.T) {
	s := office(time.UTC, 5*hoursOfWeek)
	today := dateIn(s.Start+int64(len(s.Values))*hourMillis, time.UTC)
	var f capacity.Forecaster
	h := hours{series: s}
	if !h.forecast(&f, "a", capacity.Calendar{}, today, 1, true) || h.trial == nil {
		t.Fatal("the first forecast needs a back-test")
	}
	trial := h.trial
	if h.forecast(&f, "a", capacity.Calendar{}, plus(today, 100), 1, false) || h.trial != trial {
		t.Error("it made one that it may not")
	}
	if !h.forecast(&f, "a", capacity.Calendar{}, plus(today, 100), 1, true) || h.trial == trial {
		t.Error("it used one of 100 days ago")
	}
	r, _ := busy(t, 1)
	w, err := r.service.look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM capacity_hours`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	none := 0
	if got, err := r.service.outcome(t.Context(), &f, w, "interface:sw1/Gi1", &none); err != nil || got.hours != nil || got.Resource != "circuit:lis-a" {
		t.Errorf("without any left: got hours %v, %v", got.hours, err)
	}
	one := 1
	if got, err := r.service.outcome(t.Context(), &f, w, "interface:sw1/Gi1", &one); err != nil || got.hours == nil || one != 0 {
		t.Errorf("with one: got hours %v, %d left, %v", got.hours, one, err)
	}
}

func TestStaysBelow(t *testing.T) {
	line := func(level, perDay float64) []float64 {
		out := make([]float64, 120)
		for i := range out {
			out[i] = level + perDay*float64(i)
		}
		return out
	}
	f := func(want bool, b, a []float64) {
		t.Helper()
		if got := staysBelow(b, a); got != want {
			t.Errorf("got %t, want %t", got, want)
		}
	}
	f(true, line(20, 0.1), line(50, 0.2))
	f(false, line(20, 0.2), line(50, 0.1)) // it may overtake
	f(false, line(45, 0), line(50, 0))     // it is about as high
	f(false, line(20, 0), line(80, -0.2))  // the higher one comes down
	late := line(20, 0)
	for i := 100; i < 120; i++ {
		late[i] += 5
	}
	fast := line(20, 0.2)
	copy(fast[60:], line(32, 0)[:60]) // grew early: as much as the other over all, nothing of late
	f(false, late, fast)
	f(false, line(math.NaN(), 0), line(50, 0.2))
}
