package app

import (
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/state"
	"ninewatch/collector/uptime"
)

const publishedCalendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\n" +
	"DTSTART:20261105T220000Z\r\nDTEND:20261105T230000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

// TestCalendarsTellWhatCannotBeRead: what was read stays, the trouble is kept until it is over, and the URL, which may
// hold a key, is in none of it.
func TestCalendarsTellWhatCannotBeRead(t *testing.T) {
	var status int
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // the test tells
	}))
	log := slog.New(slog.DiscardHandler)
	db, err := state.Open(t.Context(), state.Config{Path: filepath.Join(t.TempDir(), "s.db")}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := &calendars{log: log, client: server.Client(), write: db.Write, now: func() time.Time { return time.UnixMilli(7000) }, told: map[string]string{}}
	url := server.URL + "/a?key=hidden-in-the-url"
	f := func(code int, text string, stored bool, problem string) {
		t.Helper()
		status, body = code, text
		if got := c.read(t.Context(), "feed", url); got != stored {
			t.Errorf("%d %.20q: stored %t, want %t", code, text, got, stored)
		}
		var kept, told string
		if err := db.Read().QueryRow(`SELECT body, problem FROM maintenance_feeds WHERE name = 'feed'`).Scan(&kept, &told); err != nil {
			t.Fatal(err)
		}
		if kept != publishedCalendar || told != problem || strings.Contains(told, "hidden") {
			t.Errorf("%d %.20q: kept %.30q with the trouble %q, want %q", code, text, kept, told, problem)
		}
	}
	f(200, publishedCalendar, true, "")
	f(404, "no", false, "read calendar: the server says 404 Not Found")
	f(200, "<html>", false, "calendar: does not begin with BEGIN:VCALENDAR: want an iCalendar file (RFC 5545)")
	f(200, publishedCalendar, true, "")
	f(503, "", false, "read calendar: the server says 503 Service Unavailable")
	server.Close()
	unread := func() []uptime.Unread {
		t.Helper()
		list, err := uptime.UnreadCalendars(t.Context(), db.Read())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := unread(); len(got) != 0 {
		t.Errorf("of a maintenance that is gone: %+v", got)
	}
	if err := db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO objects (kind, name, site, spec, source, created_ms, updated_ms) VALUES ('maintenance', 'feed', 'lisbon', '{}', 'apply', 0, 0)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []uptime.Unread{{Name: "feed", Site: "lisbon", Problem: "read calendar: the server says 503 Service Unavailable", At: 7000}}
	if diff := cmp.Diff(want, unread()); diff != "" {
		t.Error(diff)
	}
}
