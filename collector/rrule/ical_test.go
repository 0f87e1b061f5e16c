package rrule

import (
	"strings"
	"testing"
	"time"
)

const maintenance = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Lisbon\r\nBEGIN:STANDARD\r\nDTSTART:19701025T020000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Core swit\r\n ch\\, phase 2\r\nDTSTART;TZID=\"Europe/Lisbon\":20261129T030000\r\nDTEND;TZID=Europe/Lisbon:20261129T050000\r\nRRULE:FREQ=MONTHLY;BYDAY=-1SU\r\n" +
	"EXDATE;TZID=Europe/Lisbon:20261227T030000\r\nBEGIN:VALARM\r\nDTSTART:20000101T000000\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTART;VALUE=DATE:20261224\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20270131T030000Z\r\nDTSTART:20270201T030000Z\r\nDURATION:PT1H30M\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nSUMMARY:broken\r\nDTSTART:20270201T030000Z\r\nRRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestParseCalendar(t *testing.T) {
	got, err := ParseCalendar(strings.NewReader(maintenance))
	if err == nil || !strings.Contains(err.Error(), `event "broken"`) {
		t.Errorf("error: got %v", err)
	}
	if len(got) != 3 {
		t.Fatalf("got %d events, want 3: %+v", len(got), got)
	}
	e := got[0]
	if e.Summary != "Core switch, phase 2" || e.Start.Zone != "Europe/Lisbon" || e.Length != 2*time.Hour || e.Rule == nil || len(e.Except) != 1 {
		t.Errorf("recurring: %+v", e)
	}
	if e := got[1]; !e.Days || e.Length != 24*time.Hour || !e.Cancelled {
		t.Errorf("whole day: %+v", e)
	}
	if e := got[2]; e.Replaces == nil || !e.Start.UTC || e.Length != 90*time.Minute {
		t.Errorf("moved: %+v", e)
	}
}

func TestParseCalendarSaysWhatIsWrong(t *testing.T) {
	event := func(text string) string {
		return "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + text + "\nEND:VEVENT\nEND:VCALENDAR"
	}
	for text, want := range map[string]string{
		"<html>":                  "BEGIN:VCALENDAR",
		event("SUMMARY:x"):        "DTSTART is missing",
		event("DTSTART:20261301"): "want a time",
		event("DTSTART:20261101T000000\nDTEND:20261031T000000"):       "ends before it begins",
		event("DTSTART:20261101T000000\nDTEND:20261131T000000"):       "want a time",
		event("DTSTART:20261101T000000Z\nDTEND:20261102T000000"):      "another zone",
		event("DTSTART:20261101T000000\nDURATION:2h"):                 "PT2H",
		event("DTSTART:20261101T000000\nEXRULE:FREQ=DAILY"):           "EXDATE",
		event("DTSTART:20261101T000000\nRRULE:FREQ=DAILY\nRRULE:X=Y"): "more than one",
		"BEGIN:VCALENDAR\nBEGIN:VEVENT":                               "cut off",
	} {
		if _, err := ParseCalendar(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, err := ParseCalendar(strings.NewReader("BEGIN:VCALENDAR\n" + strings.Repeat("X:y\n", 1<<20))); err == nil {
		t.Error("a calendar of 4 MiB: want an error")
	}
}

func FuzzParseCalendar(f *testing.F) {
	f.Add(maintenance)
	f.Fuzz(func(t *testing.T, text string) {
		events, _ := ParseCalendar(strings.NewReader(text))
		for _, e := range events {
			if e.Length < 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
