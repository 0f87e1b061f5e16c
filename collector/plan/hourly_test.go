package plan

import (
	"math"
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

func TestHourlyReadsWhatIsStored(t *testing.T) {
	r := newRig(t)
	zone := time.UTC
	s := office(zone, 30*24)
	rates := make([]float64, len(s.Values)*perHour)
	for i := range rates {
		rates[i] = math.Round(s.Values[i/perHour])
	}
	r.now = time.UnixMilli(s.Start).AddDate(0, 0, 30).Add(time.Hour)
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: s.Start, Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
		t.Fatal(err)
	}
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	// The local day begins an hour before the first that came.
	got, err := r.service.Hourly(t.Context(), "circuit:lis-a")
	if err != nil || got.History != 30*24+1 || len(got.Hours) != hoursAhead || got.Hours[0].At != "2026-10-28T00:00:00Z" {
		t.Errorf("got %d hours from %v, %v", len(got.Hours), got.Hours[:min(1, len(got.Hours))], err)
	}
	if _, err := r.service.Hourly(t.Context(), "circuit:none"); err == nil {
		t.Error("an unknown resource has a forecast")
	}
}
