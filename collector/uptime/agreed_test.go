package uptime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/inventory"
)

func utc(t *testing.T, text string) int64 {
	t.Helper()
	x, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return x.Unix()
}

// shown lists windows as people read them.
func shown(in []Planned) []string {
	var out []string
	for _, p := range in {
		x := time.Unix(p.From, 0).UTC().Format("01-02 15:04") + " to " + time.Unix(p.To, 0).UTC().Format("01-02 15:04")
		if p.Retroactive {
			x += fmt.Sprintf(" retroactive, counts: %t", p.Counts())
		}
		out = append(out, x)
	}
	return out
}

func TestPlanned(t *testing.T) {
	period := Window{utc(t, "2026-03-01T00:00:00Z"), utc(t, "2026-05-01T00:00:00Z")}
	f := func(m inventory.Maintenance, known, feed string, want ...string) {
		t.Helper()
		s, err := newSchedule(m, utc(t, known), feed)
		if err != nil {
			t.Error(err)
			return
		}
		if diff := cmp.Diff(want, shown(s.planned(period))); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", m, diff)
		}
	}
	// The last Sunday of March is when Berlin's clocks go from 02:00 to 03:00: the window begins at the change.
	f(inventory.Maintenance{RRule: "FREQ=MONTHLY;BYDAY=-1SU", From: "2026-01-25T02:30:00+01:00", Duration: inventory.Duration(2 * time.Hour), TimeZone: "Europe/Berlin"},
		"2026-01-01T00:00:00Z", "", "03-29 01:00 to 03-29 03:00", "04-26 00:30 to 04-26 02:30")
	f(inventory.Maintenance{RRule: "FREQ=WEEKLY;COUNT=2", From: "2026-02-28T23:00:00Z", Duration: inventory.Duration(90 * time.Minute)},
		"2026-01-01T00:00:00Z", "", "02-28 23:00 to 03-01 00:30", "03-07 23:00 to 03-08 00:30")
	f(inventory.Maintenance{From: "2026-03-10T03:00:00Z", To: "2026-03-10T04:00:00Z"}, "2026-03-10T03:30:00Z", "",
		"03-10 03:00 to 03-10 04:00 retroactive, counts: false")
	f(inventory.Maintenance{From: "2026-03-10T03:00:00Z", To: "2026-03-10T04:00:00Z", Reason: "power"}, "2026-03-10T03:30:00Z", "",
		"03-10 03:00 to 03-10 04:00 retroactive, counts: true")
	f(inventory.Maintenance{From: "2020-01-01T00:00:00Z", To: "2020-01-02T00:00:00Z"}, "2019-01-01T00:00:00Z", "") // past
	f(inventory.Maintenance{RRule: "FREQ=DAILY", From: "2026-04-29T22:00:00Z", Duration: inventory.Duration(time.Hour)}, "2026-01-01T00:00:00Z", "",
		"04-29 22:00 to 04-29 23:00", "04-30 22:00 to 04-30 23:00") // endless
	feed := strings.ReplaceAll(`BEGIN:VCALENDAR
BEGIN:VEVENT
UID:a
SUMMARY:Core
DTSTART;TZID=Europe/Berlin:20260328T030000
DURATION:PT1H
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=Europe/Berlin:20260404T030000
END:VEVENT
BEGIN:VEVENT
UID:a
RECURRENCE-ID;TZID=Europe/Berlin:20260411T030000
DTSTART:20260412T100000Z
DURATION:PT30M
END:VEVENT
BEGIN:VEVENT
UID:b
DTSTART;VALUE=DATE:20260329
END:VEVENT
BEGIN:VEVENT
UID:c
STATUS:CANCELLED
DTSTART:20260401T000000Z
DURATION:PT1H
END:VEVENT
END:VCALENDAR`, "\n", "\r\n")
	f(inventory.Maintenance{ICal: "https://calendar.example.net/x.ics", TimeZone: "Europe/Berlin"}, "2026-01-01T00:00:00Z", feed,
		"03-28 02:00 to 03-28 03:00", "03-28 23:00 to 03-29 22:00", "04-12 10:00 to 04-12 10:30", "04-18 01:00 to 04-18 02:00")
	f(inventory.Maintenance{ICal: "https://calendar.example.net/x.ics"}, "2026-01-01T00:00:00Z", "") // not read yet
}

func TestScheduleSaysWhatIsWrong(t *testing.T) {
	for want, m := range map[string]inventory.Maintenance{
		"IANA":                  {From: "2026-03-10T03:00:00Z", To: "2026-03-10T04:00:00Z", TimeZone: "Europe/Nowhere"},
		"lies after it":         {From: "2026-03-10T04:00:00Z", To: "2026-03-10T03:00:00Z"},
		"a to that lies":        {From: "2026-03-10T04:00:00Z"},
		"needs from":            {To: "2026-03-10T04:00:00Z"},
		"a duration of up to":   {RRule: "FREQ=DAILY", From: "2026-03-10T04:00:00Z"},
		"DAILY, WEEKLY":         {RRule: "FREQ=NEVER", From: "2026-03-10T04:00:00Z", Duration: inventory.Duration(time.Hour)},
		"when it first begins,": {RRule: "FREQ=DAILY", Duration: inventory.Duration(time.Hour)},
	} {
		m.Name = "m1"
		if _, err := newSchedule(m, 0, ""); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"m1"`) {
			t.Errorf("%+v: got %v, want %q", m, err, want)
		}
	}
	for want, c := range map[string]inventory.Calendar{
		"IANA":           {TimeZone: "Moon/Base"},
		"2026-12-24":     {Holidays: []string{"24.12."}},
		"mon-fri":        {Hours: []inventory.Hours{{Days: []string{"work"}}}},
		"00:00 to 24:00": {Hours: []inventory.Hours{{From: "25:00"}}},
	} {
		c.Name = "c1"
		if _, err := newCalendar(c); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"c1"`) {
			t.Errorf("%+v: got %v, want %q", c, err, want)
		}
	}
}

// TestCalendarOfTheInventory: office hours of Berlin, without a holiday of that year and one of every year.
func TestCalendarOfTheInventory(t *testing.T) {
	c, err := newCalendar(inventory.Calendar{TimeZone: "Europe/Berlin", Holidays: []string{"2026-05-14", "05-01"},
		Hours: []inventory.Hours{{Days: []string{"mon-fri"}, From: "08:00", To: "18:00"}}})
	if err != nil {
		t.Fatal(err)
	}
	// May 2026 has 21 working days; 1 May is a Friday, 14 May a Thursday.
	if got := c.Within(LocalMonth(c.Zone, 2026, time.May)).Seconds(); got != 19*36_000 {
		t.Errorf("May 2026: got %d s, want %d", got, 19*36_000)
	}
	always, err := newCalendar(inventory.Calendar{})
	if err != nil {
		t.Fatal(err)
	}
	if got := always.Within(Window{0, 86_400}).Seconds(); got != 86_400 {
		t.Errorf("without hours: got %d s of a day", got)
	}
	weekend, err := newHours(inventory.Hours{Days: []string{"sat-mon"}})
	if err != nil || !cmp.Equal(weekend.Days, []int{6, 7, 1}) {
		t.Errorf("sat-mon: got %v, %v", weekend.Days, err)
	}
}
