package uptime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestLocal(t *testing.T) {
	f := func(name string, d Date, second int64, want string) {
		t.Helper()
		got := time.Unix(Local(zone(t, name), d, second), 0).UTC().Format(time.RFC3339)
		if got != want {
			t.Errorf("%s %s second %d: got %s, want %s", name, d, second, got, want)
		}
	}
	f("Europe/Berlin", Date{2026, 3, 29}, 2*3600+1800, "2026-03-29T01:00:00Z")  // in the gap: its end
	f("Europe/Berlin", Date{2026, 3, 29}, 3*3600, "2026-03-29T01:00:00Z")       // the first instant after it
	f("Europe/Berlin", Date{2026, 10, 25}, 2*3600+1800, "2026-10-25T00:30:00Z") // in the fold: the earlier
	f("Europe/Berlin", Date{2026, 10, 25}, 3*3600, "2026-10-25T02:00:00Z")      // after the fold
	f("Africa/Cairo", Date{2026, 4, 24}, 0, "2026-04-23T22:00:00Z")             // there is no midnight
	f("Asia/Beirut", Date{2026, 3, 29}, 0, "2026-03-28T22:00:00Z")              // nor here
	f("Australia/Lord_Howe", Date{2026, 10, 4}, 2*3600, "2026-10-03T15:30:00Z") // half an hour forward
	f("Pacific/Apia", Date{2011, 12, 30}, 12*3600, "2011-12-30T10:00:00Z")      // a day that was left out
	f("Asia/Kathmandu", Date{2026, 1, 1}, 86_400, "2026-01-01T18:15:00Z")       // 24:00
	f("America/New_York", Date{2026, 11, 1}, 3600+1800, "2026-11-01T05:30:00Z") // fold, west of Greenwich
}

func TestLocalDay(t *testing.T) {
	f := func(name string, d Date, want int64) {
		t.Helper()
		w := LocalDay(zone(t, name), d)
		if got := w.To - w.From; got != want {
			t.Errorf("%s %s: got %d s, want %d", name, d, got, want)
		}
	}
	f("Europe/Berlin", Date{2026, 3, 29}, 82_800)
	f("Europe/Berlin", Date{2026, 10, 25}, 90_000)
	f("Australia/Lord_Howe", Date{2026, 10, 4}, 84_600)
	f("Australia/Lord_Howe", Date{2026, 4, 5}, 88_200)
	f("Africa/Cairo", Date{2026, 4, 24}, 82_800)
	f("Pacific/Apia", Date{2011, 12, 30}, 0)
	f("UTC", Date{2026, 2, 28}, 86_400)
}

// TestDaysTile: the days of a zone leave no second out and share none.
func TestDaysTile(t *testing.T) {
	zones := []string{"Europe/Berlin", "Africa/Cairo", "Asia/Beirut", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"}
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		d := Date{rapid.IntRange(1990, 2037).Draw(rt, "year"), time.Month(rapid.IntRange(1, 12).Draw(rt, "month")), rapid.IntRange(1, 28).Draw(rt, "day")}
		second := rapid.Int64Range(0, 86_399).Draw(rt, "second")
		if a, b := LocalDay(z, d), LocalDay(z, d.Add(1)); a.To != b.From || a.From > a.To {
			rt.Fatalf("%s and the next: %v, %v", d, a, b)
		}
		// By definition: the first instant whose clock is not before the wall time.
		got, wall := Local(z, d, second), d.utc().Unix()+second
		clock := func(at int64) int64 { _, off := time.Unix(at, 0).In(z).Zone(); return at + int64(off) }
		if clock(got) < wall {
			rt.Fatalf("%s second %d: the clock shows an earlier time", d, second)
		}
		for at := got - 1; at > got-200_000; at -= 450 {
			if clock(at) >= wall {
				rt.Fatalf("%s second %d: %d was earlier", d, second, at)
			}
		}
	})
}

func TestParsePeriod(t *testing.T) {
	f := func(s, name, from, to string) {
		t.Helper()
		got, err := ParsePeriod(s, zone(t, name))
		if err != nil {
			t.Fatal(err)
		}
		text := [2]string{time.Unix(got.From, 0).UTC().Format(time.RFC3339), time.Unix(got.To, 0).UTC().Format(time.RFC3339)}
		if want := [2]string{from, to}; text != want {
			t.Errorf("%s in %s: got %v, want %v", s, name, text, want)
		}
	}
	f("2026-03", "Europe/Berlin", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z")
	f("2026-Q4", "UTC", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z")
	f("2026-12-31", "UTC", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z")
	f("2026", "Asia/Tokyo", "2025-12-31T15:00:00Z", "2026-12-31T15:00:00Z")
	for _, bad := range []string{"", "2026-Q5", "2026-13", "yesterday", "2026-Q1x"} {
		if _, err := ParsePeriod(bad, time.UTC); err == nil {
			t.Errorf("period %q: want an error", bad)
		}
	}
}

func TestCalendar(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	night := Hours{Days: []int{6, 0}, From: 22 * 3600, To: 6 * 3600}
	at := func(s string) int64 {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x.Unix()
	}
	f := func(name string, c *Calendar, from, to string, want ...string) {
		t.Helper()
		var got []string
		for _, w := range c.Within(Window{at(from), at(to)}) {
			got = append(got, time.Unix(w.From, 0).UTC().Format(time.RFC3339), time.Unix(w.To, 0).UTC().Format(time.RFC3339))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	f("nights of the weekend in which the clock goes forward", &Calendar{Zone: berlin, Weekly: []Hours{night}},
		"2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z",
		"2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z", "2026-03-29T20:00:00Z", "2026-03-30T04:00:00Z")
	f("a holiday takes the windows that start on it, not the one that reaches into it",
		&Calendar{Zone: berlin, Weekly: []Hours{night}, Holidays: map[Date]bool{{2026, 3, 29}: true}},
		"2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z")
	f("whole days touch", &Calendar{Zone: berlin, Weekly: []Hours{{Days: []int{1, 2, 3, 4, 5, 6, 7}, From: 0, To: 86_400}}},
		"2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z", "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z")
	f("a window that began before the period", &Calendar{Zone: berlin, Weekly: []Hours{night}},
		"2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z")
}

func TestParseClock(t *testing.T) {
	f := func(s string, want int64, ok bool) {
		t.Helper()
		if got, err := ParseClock(s); (err == nil) != ok || ok && got != want {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
	f("08:00", 28_800, true)
	f("24:00", 86_400, true)
	f("23:59:59", 86_399, true)
	f("24:01", 0, false)
	f("8", 0, false)
	f("12:60", 0, false)
	f("-1:00", 0, false)
	f("08:00pm", 0, false)
}
