package schedule

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite"

	"ninewatch/collector/inventory"
)

// TestEnded: periods end by the clock of their zone, and their report is due at six that morning, also on days on
// which the clocks change.
func TestEnded(t *testing.T) {
	f := func(kind, zone, now, from, to, due string) {
		t.Helper()
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		at := func(text string) time.Time {
			v, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		p, err := Ended(kind, z, at(now))
		if err != nil || p.From != at(from).Unix() || p.To != at(to).Unix() || p.Due != at(due).Unix() {
			t.Errorf("%s in %s at %s: got %s to %s due %s, %v", kind, zone, now, rfc3339(p.From), rfc3339(p.To), rfc3339(p.Due), err)
		}
	}
	f("day", "UTC", "2026-11-21T06:00:00Z", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-21T06:00:00Z")
	f("day", "UTC", "2026-11-21T05:59:59Z", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-20T06:00:00Z")
	// Kathmandu is 5:45 ahead; its Monday 23 November began at 18:15 UTC.
	f("week", "Asia/Kathmandu", "2026-11-23T00:15:00Z", "2026-11-15T18:15:00Z", "2026-11-22T18:15:00Z", "2026-11-23T00:15:00Z")
	// Berlin's clocks went back on 25 October 2026: that month has an hour more.
	f("month", "Europe/Berlin", "2026-11-01T05:00:00Z", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", "2026-11-01T05:00:00Z")
	f("quarter", "UTC", "2026-02-03T00:00:00Z", "2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z")
	f("year", "UTC", "2026-01-01T05:00:00Z", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2025-01-01T06:00:00Z")
	// On 29 March 2026 the clocks of Berlin went forward at two: six o'clock is four in UTC.
	f("day", "Europe/Berlin", "2026-03-29T04:00:00Z", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z")
}

// desk is a Service with what it needs, and what it handed on.
type desk struct {
	db     *sql.DB
	dir    string
	list   []inventory.Schedule
	told   []string // receiver and period
	broken error
}

func newDesk(t *testing.T, list ...inventory.Schedule) *desk {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	text, err := os.ReadFile("../../state/migrations/00008_ledger_annotations.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(text)); err != nil {
		t.Fatal(err)
	}
	return &desk{db: db, dir: t.TempDir(), list: list}
}

func (d *desk) service() *Service {
	return New(Deps{
		Log: slog.New(slog.DiscardHandler), Read: d.db, Now: time.Now, Dir: d.dir, Link: "https://watch.example.net", Wake: func() {},
		Write: func(ctx context.Context, f func(*sql.Tx) error) error {
			tx, err := d.db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if err := f(tx); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			return tx.Commit()
		},
		Schedules: func(context.Context) ([]inventory.Schedule, error) { return d.list, nil },
		Make: func(_ context.Context, o Order) (Made, error) {
			out := Made{Title: "All sites", Signed: []byte(`{"signature":"x"}`)}
			for _, f := range o.Formats {
				out.Files = append(out.Files, File{o.Kind + "-" + o.Scope + "-" + o.Period.Name + "." + f, []byte("report")})
			}
			return out, d.broken
		},
		Queue: func(_ *sql.Tx, receiver, kind string, body []byte) error {
			var m message
			if err := json.Unmarshal(body, &m); err != nil {
				return err
			}
			d.told = append(d.told, receiver+" "+m.Report.Scope+" "+m.Report.From+" "+string(m.Report.Signed))
			return nil
		},
	})
}

// run lets a service of its own run for some time.
func (d *desk) run(t *testing.T, long time.Duration) {
	t.Helper()
	s := d.service()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(long)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestOncePerPeriod: time in a bubble begins at midnight of 1 January 2000, UTC. A schedule begins with the day that
// runs, tells once each morning, over restarts too, and of days on which nothing ran when it runs again.
func TestOncePerPeriod(t *testing.T) {
	d := newDesk(t, inventory.Schedule{Name: "daily", Report: "sla", Period: "day", Scope: inventory.Scopes{"site:lisbon"}, Receivers: []string{"desk"}})
	synctest.Test(t, func(t *testing.T) {
		d.run(t, 29*time.Hour) // until five in the morning of the second
		if len(d.told) > 0 {
			t.Errorf("before six: got %v", d.told)
		}
		d.run(t, 2*time.Hour)
		d.run(t, 5*time.Hour) // a restart
		want := []string{`desk site:lisbon 2000-01-01T00:00:00Z {"signature":"x"}`}
		if !slices.Equal(d.told, want) {
			t.Errorf("after the first day: got %v, want %v", d.told, want)
		}
		time.Sleep(48 * time.Hour) // nothing runs
		d.broken = errors.New("not now")
		d.run(t, time.Hour)
		d.broken = nil
		d.run(t, time.Hour)
		want = append(want, `desk site:lisbon 2000-01-02T00:00:00Z {"signature":"x"}`, `desk site:lisbon 2000-01-03T00:00:00Z {"signature":"x"}`)
		if !slices.Equal(d.told, want) {
			t.Errorf("after days off: got %v, want %v", d.told, want)
		}
	})
}

// TestFolder: without receivers the files lie in a folder of the schedule.
func TestFolder(t *testing.T) {
	d := newDesk(t, inventory.Schedule{Name: "sla/monthly", Report: "sla", Period: "month", Formats: []string{"pdf", "csv"}})
	synctest.Test(t, func(t *testing.T) {
		d.run(t, time.Minute)
		time.Sleep(31 * 24 * time.Hour)
		d.run(t, 7*time.Hour)
	})
	found, err := filepath.Glob(filepath.Join(d.dir, "sla-monthly", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = strings.TrimPrefix(found[i], d.dir+"/")
	}
	if want := []string{"sla-monthly/sla-company-2000-01.csv", "sla-monthly/sla-company-2000-01.pdf"}; !slices.Equal(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
}
