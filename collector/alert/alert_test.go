package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// rig is an engine over a real state store, with a clock that the test sets.
type rig struct {
	*Engine
	t    *testing.T
	path string
	db   *state.DB
	now  int64
	book *Book
	told []string // receiver, event, incident
	fail error    // of Deliver
}

func newRig(t *testing.T, book *Book) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "state.db"), now: t0, book: book}
	if r.book == nil {
		r.book = &Book{}
	}
	if r.book.Receivers == nil {
		r.book.Receivers = []ReceiverBook{{Name: "ops"}}
	}
	r.restart()
	t.Cleanup(func() { r.db.Close() })
	return r
}

// restart is what a kill and a start leave: what is stored.
func (r *rig) restart() {
	r.t.Helper()
	if r.db != nil {
		r.db.Close()
	}
	log := slog.New(slog.DiscardHandler)
	db, err := state.Open(context.Background(), state.Config{Path: r.path}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		r.t.Fatal(err)
	}
	r.db = db
	r.Engine = New(Deps{
		Log: log, Metrics: metrics.NewSet(), Read: db.Read(), Write: db.Write, Changed: func(Incident) {}, Now: func() time.Time { return time.UnixMilli(r.now) },
		Book: func() *Book { return r.book },
		Deliver: func(_ *sql.Tx, m Message) error {
			if r.fail != nil {
				return r.fail
			}
			for _, it := range m.Items {
				r.told = append(r.told, fmt.Sprintf("%s %s %s %s", m.Receiver, it.Event, it.Incident.Name(), it.Incident.Status))
			}
			return nil
		},
	})
}

func (r *rig) observe(findings ...Finding) {
	r.t.Helper()
	if err := r.Observe(r.t.Context(), findings); err != nil {
		r.t.Fatal(err)
	}
}

// wait lets time pass, with a step at its end.
func (r *rig) wait(d time.Duration) {
	r.t.Helper()
	r.now += d.Milliseconds()
	r.observe()
}

func (r *rig) wantTold(want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(r.told, want); diff != "" {
		r.t.Error(diff)
	}
	r.told = nil
}

func (r *rig) get(id int64) (Incident, []string) {
	r.t.Helper()
	i, events, err := r.Incident(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	var types []string
	for _, ev := range events {
		types = append(types, ev.Type)
	}
	return i, types
}

// TestLife walks an incident from open to resolved, with every finding told twice and a restart between.
func TestLife(t *testing.T) {
	r := newRig(t, nil)
	twice := func(f Finding) { r.observe(f, f) }
	twice(finding(Down, t0))
	r.restart()
	twice(finding(Down, t0))
	r.now = t0 + 10_000
	if _, err := r.Acknowledge(t.Context(), 1, "m.duarte"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Comment(t.Context(), 1, "m.duarte", "power is back at 14:20"); err != nil {
		t.Fatal(err)
	}
	twice(finding(Unknown, t0+20_000))
	r.restart()
	twice(finding(Up, t0+30_000))
	r.wantTold("ops opened INC-1 open", "ops acknowledged INC-1 acknowledged", "ops resolved INC-1 resolved")
	i, events := r.get(1)
	if i.Owner != "m.duarte" || i.AcknowledgedAt != t0+10_000 || i.Ended != t0+30_000 || i.Summary != "opo-dist-1 does not answer" || i.Cause != "3 echo requests lost" || i.Severity != Critical {
		t.Errorf("got %+v", i)
	}
	if diff := cmp.Diff(events, []string{"detected", "opened", "acknowledged", "comment", "resolved"}); diff != "" {
		t.Error(diff)
	}
	if _, err := r.Acknowledge(t.Context(), 1, "x"); !errors.Is(err, ErrResolved) {
		t.Errorf("got %v, want ErrResolved", err)
	}
	if _, err := r.Acknowledge(t.Context(), 99, "x"); !errors.Is(err, ErrUnknownIncident) {
		t.Errorf("got %v, want ErrUnknownIncident", err)
	}
}

// TestAgainSoonIsTheSameIncident, and later is a new one.
func TestAgainSoonIsTheSameIncident(t *testing.T) {
	r := newRig(t, nil)
	r.observe(finding(Down, t0))
	r.now = t0 + 60_000
	r.observe(finding(Up, t0+60_000))
	r.now = t0 + 120_000
	r.observe(finding(Down, t0+120_000))
	r.wantTold("ops opened INC-1 open", "ops resolved INC-1 resolved", "ops opened INC-1 open")
	r.now = t0 + 180_000
	r.observe(finding(Up, t0+180_000))
	r.now += (10*time.Minute + time.Second).Milliseconds()
	r.observe(finding(Down, r.now))
	r.wantTold("ops resolved INC-1 resolved", "ops opened INC-2 open")
}

// TestFlappingIsOneIncident: six changes in half an hour are flapping; it is told once, and once more when it is steady.
func TestFlappingIsOneIncident(t *testing.T) {
	r := newRig(t, nil)
	for n := range int64(20) {
		s := Down
		if n%2 == 1 {
			s = Up
		}
		r.now = t0 + n*60_000
		r.observe(finding(s, r.now))
		if n%7 == 3 {
			r.restart()
		}
	}
	if i, _ := r.get(1); i.Status != Flapping {
		t.Errorf("got %s, want flapping", i.Status)
	}
	r.wait(10 * time.Minute)
	if i, _ := r.get(1); i.Status != Resolved || i.Ended != t0+19*60_000 {
		t.Errorf("got %s, ended %d, want resolved at %d", i.Status, i.Ended, t0+19*60_000)
	}
	r.wantTold("ops opened INC-1 open", "ops resolved INC-1 resolved", "ops opened INC-1 open", "ops resolved INC-1 resolved", "ops opened INC-1 open",
		"ops updated INC-1 flapping", "ops resolved INC-1 resolved")
}

// TestLateAndUnknownOpenNothing, and late evidence of an end resolves.
func TestLateAndUnknownOpenNothing(t *testing.T) {
	r := newRig(t, nil)
	late := finding(Down, t0)
	late.Late = true
	r.observe(late, finding(Unknown, t0), finding(Up, t0), finding(Degraded, t0), finding(Maintenance, t0))
	r.wait(time.Hour)
	r.wantTold()
	r.observe(finding(Down, r.now))
	over := finding(Up, r.now+1000)
	over.Late = true
	r.observe(over)
	r.wantTold("ops opened INC-1 open", "ops resolved INC-1 resolved")
}

// TestAResolvedByHandStaysClosedWhileItLasts.
func TestAResolvedByHandStaysClosedWhileItLasts(t *testing.T) {
	r := newRig(t, nil)
	r.observe(finding(Down, t0))
	if _, err := r.Resolve(t.Context(), 1, "m.duarte", "known"); err != nil {
		t.Fatal(err)
	}
	r.restart()
	r.observe(finding(Down, t0), finding(Unreachable, t0), finding(Down, t0))
	r.wait(time.Hour)
	r.wantTold("ops opened INC-1 open", "ops resolved INC-1 resolved")
	r.observe(finding(Up, r.now))
	r.observe(finding(Down, r.now+1000))
	r.wantTold("ops opened INC-2 open")
}

// TestChangeAndNotificationAreOne: when the notification cannot be queued, there is no incident either, and the
// next step makes both.
func TestChangeAndNotificationAreOne(t *testing.T) {
	full := errors.New("disk full")
	r := newRig(t, nil)
	r.fail = full
	if err := r.Observe(t.Context(), []Finding{finding(Down, t0)}); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	if list, err := r.List(t.Context(), Filter{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v; want none", list, err)
	}
	r.fail = nil
	r.observe()
	r.wantTold("ops opened INC-1 open")
}

func TestList(t *testing.T) {
	r := newRig(t, nil)
	other := finding(Down, t0)
	other.Site, other.Device = "lisbon", "lis-core-1"
	r.observe(finding(Down, t0))
	r.observe(other)
	r.observe(finding(Up, t0+5000))
	f := func(filter Filter, want ...string) {
		t.Helper()
		filter.Limit = 10
		list, err := r.List(t.Context(), filter)
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
	f(Filter{Severity: "critical", Kind: "device_down"}, "INC-2", "INC-1")
}

// TestRebootedOrNot: what a device did in its outage is known after the resolve. The incident says it, without being
// opened again and without a message; so it does over restarts, and once only.
func TestRebootedOrNot(t *testing.T) {
	r := newRig(t, nil)
	known := map[Outage]string{}
	learn := func() {
		t.Helper()
		r.deps.Passed = func(o Outage) (string, bool) { words, ok := known[o]; return words, ok }
		if err := r.Learn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.observe(finding(Down, t0))
	learn()
	r.now = t0 + 60_000
	r.observe(finding(Up, t0+60_000))
	learn()
	r.wantTold("ops opened INC-1 open", "ops resolved INC-1 resolved")
	if i, events := r.get(1); len(events) != 3 || len(i.Passed) != 0 {
		t.Errorf("before it is known: got %q, %+v", events, i)
	}
	r.restart()
	r.now += 1_800_000 // SNMP is slow to come, and the incident could not be opened again any more
	known[Outage{"opo-dist-1", t0, t0 + 60_000}] = "was rebooted at 14:12:53 UTC"
	learn()
	learn()
	r.restart()
	learn()
	r.observe()
	r.wantTold()
	i, events := r.get(1)
	if i.Status != Resolved || i.Ended != t0+60_000 || i.Cause == "" || i.Cause[len(i.Cause)-len("; opo-dist-1 was rebooted at 14:12:53 UTC"):] != "; opo-dist-1 was rebooted at 14:12:53 UTC" {
		t.Errorf("got %+v", i)
	}
	if diff := cmp.Diff([]string{"detected", "opened", "resolved", "evidence"}, events); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	x, err := r.Explain(t.Context(), 1)
	if err != nil || len(x.Inputs) != 1 || x.Inputs[0].Passed != "was rebooted at 14:12:53 UTC" {
		t.Errorf("explained by %+v, %v", x.Inputs, err)
	}
}

// TestRebootedIsSaidOfTheIncidentThatOpensAgain, and in the messages of it.
func TestRebootedIsSaidOfTheIncidentThatOpensAgain(t *testing.T) {
	r := newRig(t, nil)
	r.observe(finding(Down, t0))
	r.now = t0 + 60_000
	r.observe(finding(Up, t0+60_000))
	r.deps.Passed = func(o Outage) (string, bool) { return "was rebooted at 14:12:53 UTC", o.To == t0+60_000 }
	if err := r.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	var causes []string
	r.deps.Deliver = func(_ *sql.Tx, m Message) error { causes = append(causes, m.Items[0].Incident.Cause); return nil }
	r.now = t0 + 120_000
	r.observe(finding(Down, t0+120_000))
	if diff := cmp.Diff([]string{"3 echo requests lost; opo-dist-1 was rebooted at 14:12:53 UTC"}, causes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if i, _ := r.get(1); i.Reopened != 1 || i.Status != Open {
		t.Errorf("got %+v, want it open again", i)
	}
}
