package uptime

import (
	"database/sql"
	"testing"

	"ninewatch/internal/telemetry"
)

// TestMaintenanceOfAPublishedCalendar: its events are windows of all that lies in the scope.
func TestMaintenanceOfAPublishedCalendar(t *testing.T) {
	s := newStore(t)
	s.now = start + 3_600_000
	s.object("device", "sw1", "lisbon", `{"name": "sw1", "site": "lisbon"}`)
	s.object("site", "lisbon", "lisbon", `{"name": "lisbon"}`)
	s.object("maintenance", "feed", "lisbon", `{"name": "feed", "scope": ["site:lisbon"], "ical": "https://calendar.example.net/a.ics", "reason": "patches"}`)
	s.run("a1", icmp("sw1", start, 3600, telemetry.OK))
	s.heard("a1", s.now)
	at := func(ms int64) string {
		return millis(ms)[0:4] + millis(ms)[5:7] + millis(ms)[8:13] + millis(ms)[14:16] + millis(ms)[17:19] + "Z"
	}
	body := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:" + at(start+600_000) + "\r\nDTEND:" + at(start+900_000) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	store := func(body, problem string) {
		t.Helper()
		if err := s.write(t.Context(), func(tx *sql.Tx) error {
			return StoreCalendar(t.Context(), tx, "feed", "https://calendar.example.net/a.ics", body, problem, s.now)
		}); err != nil {
			t.Fatal(err)
		}
	}
	e := s.engine()
	for _, problem := range []string{"", "read calendar: the server says 503 Service Unavailable"} { // what was read stays
		store(body, problem)
		reload(t, e)
		a, err := e.Availability(t.Context(), "device:sw1", start/1000, start/1000+3600, "")
		if err != nil || a.Maintenance != 300 || len(a.Windows) != 1 || a.Windows[0].Reason != "patches" {
			t.Errorf("with %q: %d s of maintenance in %+v, %v", problem, a.Maintenance, a.Windows, err)
		}
		body = ""
	}
}
