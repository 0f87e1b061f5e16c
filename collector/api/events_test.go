package api

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/alert"
	"ninewatch/collector/uptime"
)

// watch opens an event stream and returns a function that waits for the next event, as "topic data".
func (w *world) watch(role string) (next func() string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	w.t.Cleanup(cancel)
	r := must(http.NewRequestWithContext(ctx, "GET", w.server.URL+"/api/v1/events", nil))
	r.Header.Set("Authorization", "Bearer "+w.tokens[role])
	answer := must(http.DefaultClient.Do(r))
	w.t.Cleanup(func() { answer.Body.Close() })
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		w.t.Fatalf("events: got %d %s", answer.StatusCode, kind)
	}
	lines := bufio.NewScanner(answer.Body)
	return func() string {
		w.t.Helper()
		topic := ""
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				topic = name
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return topic + " " + data
			}
		}
		w.t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
}

// nextOf skips the signs of life.
func nextOf(next func() string) string {
	for {
		if e := next(); !strings.HasPrefix(e, "watermark ") {
			return e
		}
	}
}

// TestStreamIsCut: a reader hears of its own sites, and of nothing else.
func TestStreamIsCut(t *testing.T) {
	w := newWorld(t)
	if status, _ := w.ask("", "GET", "/api/v1/events", ""); status != 401 {
		t.Errorf("as nobody: got %d, want 401", status)
	}
	viewer, all := w.watch("viewer"), w.watch("all")
	for _, next := range []func() string{viewer, all} {
		if got := next(); got != `watermark {"watermark":"2026-11-18T14:31:58.000Z"}` {
			t.Errorf("first event: got %s", got)
		}
	}
	w.events.State(uptime.Verdict{Device: "opo-sw-1", Site: "porto", State: "up", Since: t0})
	w.events.Incident(alert.Incident{ID: 2, Site: "porto", Device: "opo-sw-1"})
	w.events.State(uptime.Verdict{Device: "lis-sw-1", Site: "lisbon", State: "up", Since: t0})
	w.events.Inventory()
	lisbon := `state {"device":"lis-sw-1","since":"2026-11-18T14:32:00.000Z","site":"lisbon","state":"up"}`
	for i, want := range []string{lisbon, "inventory {}"} {
		if got := nextOf(viewer); got != want {
			t.Errorf("viewer, event %d: got %s, want %s", i, got, want)
		}
	}
	if got, want := nextOf(all), `state {"device":"opo-sw-1","since":"2026-11-18T14:32:00.000Z","site":"porto","state":"up"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := nextOf(all); !strings.HasPrefix(got, `incident {"id":"INC-2"`) {
		t.Errorf("got %s", got)
	}
	if got := nextOf(all); got != lisbon {
		t.Errorf("got %s", got)
	}
}

// TestSlowReaderIsDropped: nobody waits for a reader whose queue is full, and the others lose nothing.
func TestSlowReaderIsDropped(t *testing.T) {
	e := NewEvents(metrics.NewSet())
	slow, _ := e.open()
	quick, _ := e.open()
	for i := range queueLength + 1 {
		e.State(uptime.Verdict{Device: fmt.Sprint(i)})
		<-quick.queue
	}
	select {
	case <-slow.slow:
	default:
		t.Error("the slow reader is still there")
	}
	select {
	case <-quick.slow:
		t.Error("the quick reader is gone")
	default:
	}
	e.State(uptime.Verdict{})
	if len(slow.queue) != queueLength || len(quick.queue) != 1 || len(e.streams) != 1 || e.dropped.Get() != 1 {
		t.Errorf("got queues of %d and %d, %d streams, %d dropped", len(slow.queue), len(quick.queue), len(e.streams), e.dropped.Get())
	}
	e.close(quick)
	e.close(slow)
}

func TestStreamsAreBounded(t *testing.T) {
	e := NewEvents(metrics.NewSet())
	for range maxStreams {
		if _, ok := e.open(); !ok {
			t.Fatal("refused below the limit")
		}
	}
	if _, ok := e.open(); ok {
		t.Error("no limit")
	}
}
