package webhook

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/alert"
)

// inbox is a receiver that notes what reaches it.
type inbox struct {
	mu  sync.Mutex
	got []body
}

func (b *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var m body
	if err := json.Unmarshal(text, &m); err != nil {
		m.Type = err.Error()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, m)
}

// take waits for n messages, and returns all that came.
func (b *inbox) take(t *testing.T, n int) []body {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		got := b.got
		if len(got) >= n {
			b.got = nil
		}
		b.mu.Unlock()
		if len(got) >= n {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %d messages, got %d", n, len(got))
		}
	}
}

func told(list []body) (out []string) {
	for _, m := range list {
		out = append(out, fmt.Sprintf("%s %s %s +%d", m.Type, m.Incident.ID, m.Incident.Device, len(m.Incident.Suppressed)))
	}
	return out
}

// TestStormThroughTheOutbox: 5,000 devices behind one core that fails, from the findings to the receiver: one
// incident, one message with all of them in it, decided within 10 s of the failure; so is the recovery. A device
// beside them that fails meanwhile is told by itself, and so is one of them that does not come back.
func TestStormThroughTheOutbox(t *testing.T) {
	const began = 1_790_000_000_000
	box := &inbox{}
	server := httptest.NewServer(box)
	defer server.Close()
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), server.URL)
	now := int64(began)
	book := &alert.Book{
		Devices:   map[string]alert.Place{"core-1": {Site: "porto", Role: "core"}, "alone": {Site: "porto", Role: "access"}},
		Receivers: []alert.ReceiverBook{{Name: "ops"}},
	}
	names := make([]string, 5000)
	for n := range names {
		names[n] = fmt.Sprintf("sw-%04d", n)
		book.Devices[names[n]] = alert.Place{Site: "porto", Role: "access", Parents: []string{"core-1"}}
	}
	engine := alert.New(alert.Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Read: db.Read(), Write: db.Write, Deliver: s.Deliver,
		Changed: func(alert.Incident) { s.Wake() }, Book: func() *alert.Book { return book }, Now: func() time.Time { return time.UnixMilli(now) },
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop(t.Context()) //nolint:errcheck // the test ends
	say := func(state alert.State, since int64, devices ...string) {
		t.Helper()
		var in []alert.Finding
		for _, d := range devices {
			in = append(in, alert.Finding{Device: d, State: state, Since: since, Detected: now, Evidence: "3 echo requests lost"})
		}
		if err := engine.Observe(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	want := func(n int, lines ...string) []body {
		t.Helper()
		got := box.take(t, n)
		if diff := cmp.Diff(lines, told(got)); diff != "" {
			t.Errorf("after %d ms (-want +got):\n%s", now-began, diff)
		}
		return got
	}
	say(alert.Up, began-9000, slices.Concat(names, []string{"core-1", "alone"})...)
	say(alert.Down, began, "core-1")
	for part := range slices.Chunk(names, 500) {
		now += 300
		say(alert.Unreachable, began+100, part...)
	}
	got := want(1, "incident.opened INC-1 core-1 +5000")
	if now-began > 10_000 {
		t.Errorf("decided after %d ms, want at most 10 s", now-began)
	}
	if diff := cmp.Diff(names, got[0].Incident.Suppressed); diff != "" {
		t.Errorf("what it hides (-want +got):\n%s", diff)
	}
	say(alert.Down, now, "alone")
	want(1, "incident.opened INC-2 alone +0")

	back := now + 600_000
	now = back
	say(alert.Up, back, "core-1")
	for part := range slices.Chunk(names[1:], 1000) {
		now += 500
		say(alert.Up, back+200, part...)
	}
	say(alert.Down, back, names[0]) // it is no part of INC-1 any more
	want(2, "incident.resolved INC-1 core-1 +4999", "incident.opened INC-3 sw-0000 +0")
	if now-back > 10_000 {
		t.Errorf("its end was decided after %d ms, want at most 10 s", now-back)
	}
	list, err := s.Find(t.Context(), Filter{Limit: 10})
	if err != nil || len(list) != 4 {
		t.Errorf("%d deliveries, %v; want 4: nothing else was queued", len(list), err)
	}
}
