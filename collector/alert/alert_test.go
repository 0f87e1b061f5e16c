package alert

import (
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/state"
)

const t0 = 1_790_000_000_000

func finding(s State, since int64) Finding {
	return Finding{Site: "porto", Device: "opo-dist-1", Role: "core", State: s, Since: since, UncertaintyMS: 500, Evidence: "3 echo requests lost", Detected: since + 3000}
}

func TestDecide(t *testing.T) {
	open := &Incident{ID: 7, Kind: DeviceDown, Severity: Critical, Status: Acknowledged, Device: "opo-dist-1", Started: t0}
	late := finding(Down, t0)
	late.Late = true
	f := func(open *Incident, in Finding, wantEvent string) {
		t.Helper()
		c, ok := Decide(open, in)
		if ok != (wantEvent != "") || c.Event.Type != wantEvent {
			t.Errorf("%v, %s: got %t %q, want %q", open, in.State, ok, c.Event.Type, wantEvent)
		}
	}
	f(nil, finding(Down, t0), EventOpened)
	f(nil, late, "")
	f(nil, finding(Up, t0), "")
	f(nil, finding(Degraded, t0), "")
	f(nil, finding(Unknown, t0), "")
	f(nil, finding(Unreachable, t0), "")
	f(nil, finding(Maintenance, t0), "")
	f(open, finding(Down, t0), "")
	f(open, finding(Unknown, t0), "")
	f(open, finding(Unreachable, t0), "")
	f(open, finding(Up, t0+60_000), EventResolved)
	f(open, finding(Degraded, t0+60_000), EventResolved)
}

func TestDecideSaysWhatHappened(t *testing.T) {
	c, _ := Decide(nil, finding(Down, t0))
	want := Incident{
		Kind: "device_down", Severity: "critical", Status: "open", Site: "porto", Device: "opo-dist-1", Summary: "opo-dist-1 does not answer",
		Cause: "3 echo requests lost", Started: t0, UncertaintyMS: 500, Detected: t0 + 3000,
	}
	if diff := cmp.Diff(c.Incident, want); diff != "" {
		t.Error(diff)
	}
	c, _ = Decide(&want, finding(Up, t0+25_000))
	if c.Incident.Status != Resolved || c.Incident.Ended != t0+25_000 || c.Event.Text != "opo-dist-1 answers again: 3 echo requests lost" {
		t.Errorf("got %+v", c)
	}
}

type notified struct {
	Event, Name string
	Status      Status
}

func newEngine(t *testing.T, path string, notify func(*sql.Tx, string, Incident) error) *Engine {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := state.Open(t.Context(), state.Config{Path: path}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return New(Deps{
		Log: log, Metrics: metrics.NewSet(), Read: db.Read(), Write: db.Write, Notify: notify,
		Changed: func(Incident) {}, Now: func() time.Time { return time.UnixMilli(t0 + 10_000) },
	})
}

// TestLife walks an incident from open to resolved, with every finding told twice and a restart between.
func TestLife(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	var told []notified
	notify := func(_ *sql.Tx, event string, i Incident) error {
		told = append(told, notified{event, i.Name(), i.Status})
		return nil
	}
	e := newEngine(t, path, notify)
	observe := func(f Finding) {
		t.Helper()
		if err := e.Observe(t.Context(), []Finding{f, f}); err != nil {
			t.Fatal(err)
		}
	}
	observe(finding(Down, t0))
	e = newEngine(t, path, notify)
	observe(finding(Down, t0))
	if _, err := e.Acknowledge(t.Context(), 1, "m.duarte"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Comment(t.Context(), 1, "m.duarte", "power is back at 14:20"); err != nil {
		t.Fatal(err)
	}
	observe(finding(Unknown, t0+20_000))
	observe(finding(Up, t0+30_000))
	observe(finding(Down, t0+90_000))
	want := []notified{{"opened", "INC-1", "open"}, {"acknowledged", "INC-1", "acknowledged"}, {"resolved", "INC-1", "resolved"}, {"opened", "INC-2", "open"}}
	if diff := cmp.Diff(told, want); diff != "" {
		t.Error(diff)
	}
	i, events, err := e.Incident(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if i.Owner != "m.duarte" || i.AcknowledgedAt != t0+10_000 || i.Ended != t0+30_000 {
		t.Errorf("got %+v", i)
	}
	var types []string
	for _, ev := range events {
		types = append(types, ev.Type)
	}
	if diff := cmp.Diff(types, []string{"opened", "acknowledged", "comment", "resolved"}); diff != "" {
		t.Error(diff)
	}
	if _, err := e.Acknowledge(t.Context(), 1, "x"); !errors.Is(err, ErrResolved) {
		t.Errorf("got %v, want ErrResolved", err)
	}
	if _, err := e.Acknowledge(t.Context(), 99, "x"); !errors.Is(err, ErrUnknownIncident) {
		t.Errorf("got %v, want ErrUnknownIncident", err)
	}
}

// TestChangeAndNotificationAreOne: when the notification cannot be queued, there is no incident either.
func TestChangeAndNotificationAreOne(t *testing.T) {
	full := errors.New("disk full")
	e := newEngine(t, filepath.Join(t.TempDir(), "state.db"), func(*sql.Tx, string, Incident) error { return full })
	if err := e.Observe(t.Context(), []Finding{finding(Down, t0)}); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	if list, err := e.List(t.Context(), Filter{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v; want none", list, err)
	}
}

func TestList(t *testing.T) {
	e := newEngine(t, filepath.Join(t.TempDir(), "state.db"), func(*sql.Tx, string, Incident) error { return nil })
	other := finding(Down, t0)
	other.Site, other.Device = "lisbon", "lis-core-1"
	if err := e.Observe(t.Context(), []Finding{finding(Down, t0), other, finding(Up, t0+5000)}); err != nil {
		t.Fatal(err)
	}
	f := func(filter Filter, want ...string) {
		t.Helper()
		filter.Limit = 10
		list, err := e.List(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range list {
			got = append(got, i.Name())
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%+v: %s", filter, diff)
		}
	}
	f(Filter{Status: "all"}, "INC-2", "INC-1")
	f(Filter{Status: "open"}, "INC-2")
	f(Filter{Status: "resolved"}, "INC-1")
	f(Filter{Sites: []string{"porto"}}, "INC-1")
	f(Filter{Sites: []string{}})
	f(Filter{Before: 2}, "INC-1")
	f(Filter{Since: t0 + 5001}, "INC-2")
	f(Filter{Device: "lis-core-1"}, "INC-2")
}
