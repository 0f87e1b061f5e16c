package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTorture: a receiver that misbehaves in every way, one after the other, and at last takes all. In between the
// service is built anew, as after a kill: each message comes in its order, at least once, with its id.
func TestTorture(t *testing.T) {
	var step int
	var got []string
	faults := []func(w http.ResponseWriter){
		func(w http.ResponseWriter) { w.WriteHeader(500) },
		func(w http.ResponseWriter) { w.Header().Set("Retry-After", "1"); w.WriteHeader(429) },
		func(w http.ResponseWriter) { hijack(w, "") },                          // resets
		func(w http.ResponseWriter) { hijack(w, "\x00\x01garbage\r\n\r\n") },   // is no HTTP
		func(w http.ResponseWriter) { hijack(w, "HTTP/1.1 200 OK\r\nConte") },  // cut off
		func(w http.ResponseWriter) { hijack(w, "HTTP/1.1 999999 x\r\n\r\n") }, // no status
		func(w http.ResponseWriter) { w.WriteHeader(503) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if step < len(faults) {
			step++
			faults[step-1](w)
			return
		}
		got = append(got, r.Header.Get("webhook-id"))
	}))
	defer server.Close()
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), server.URL)
	notify(t, s, db, "opened", "acknowledged", "resolved")
	for round := range 30 {
		again := &Service{cfg: s.cfg, deps: s.deps, log: s.log, quiet: s.quiet, client: s.client, awake: make(chan struct{}, 1), busy: map[string]bool{},
			rest: map[string]breaker{}, delivered: s.delivered, failed: s.failed, dead: s.dead}
		list, err := again.due(t.Context(), time.Now().Add(2*time.Hour).UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 1 {
			t.Fatalf("round %d: %d of one incident are due at once", round, len(list))
		}
		again.serve(t.Context(), "ops", list)
	}
	if diff := cmp.Diff(got, []string{"msg_i_1", "msg_i_2", "msg_i_3"}); diff != "" {
		t.Error(diff)
	}
	_, attempts, err := s.Request(t.Context(), 1)
	if err != nil || len(attempts) != len(faults)+1 || attempts[0].Code != 500 || attempts[2].Code != 0 || attempts[len(faults)].Code != 200 {
		t.Errorf("got %+v, %v", attempts, err)
	}
}

func hijack(w http.ResponseWriter, text string) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	c.Write([]byte(text)) //nolint:errcheck // the other end may have gone
	c.Close()
}

// TestKillAtEveryStep: the result of an attempt is lost before it is stored. The message comes again, under its id.
func TestKillAtEveryStep(t *testing.T) {
	r := &receiver{code: func(int) int { return 200 }, got: make(chan struct{}, 10)}
	server := httptest.NewServer(r)
	defer server.Close()
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), server.URL)
	notify(t, s, db, "opened", "resolved")
	write, killed := s.deps.Write, errors.New("killed")
	for n := range 4 {
		s.deps.Write = write
		if n%2 == 0 { // the answer came, and then the power went
			s.deps.Write = func(context.Context, func(*sql.Tx) error) error { return killed }
		}
		list, err := s.due(t.Context(), time.Now().UnixMilli())
		if err != nil || len(list) != 1 {
			t.Fatalf("due: got %d, %v", len(list), err)
		}
		s.serve(t.Context(), "ops", list)
	}
	if diff := cmp.Diff(r.seen, []string{"msg_i_1 incident.opened", "msg_i_1 incident.opened", "msg_i_2 incident.resolved", "msg_i_2 incident.resolved"}); diff != "" {
		t.Error(diff)
	}
}

// TestBreaker: after five failures in a row a receiver rests, and only then is it tried once more.
func TestBreaker(t *testing.T) {
	s, _ := newService(t, filepath.Join(t.TempDir(), "s.db"), "http://127.0.0.1:1")
	now := time.Unix(1_790_000_000, 0)
	s.deps.Now = func() time.Time { return now }
	for n := range 5 {
		if got := fmt.Sprint(s.resting()); got != "[]" {
			t.Errorf("after %d failures: %s rests", n, got)
		}
		s.trouble(t.Context(), "ops", result{again: true})
	}
	if got := fmt.Sprint(s.resting()); got != "[ops]" {
		t.Errorf("got %s", got)
	}
	now = now.Add(31 * time.Second)
	if got := fmt.Sprint(s.resting()); got != "[]" {
		t.Errorf("after its rest: %s", got)
	}
	s.trouble(t.Context(), "ops", result{again: true})
	now = now.Add(59 * time.Second)
	if got := fmt.Sprint(s.resting()); got != "[ops]" {
		t.Errorf("the second rest is longer: got %s", got)
	}
	s.trouble(t.Context(), "ops", result{code: 200})
	if got := fmt.Sprint(s.resting()); got != "[]" {
		t.Errorf("it answers: %s", got)
	}
}

// TestATemplateThatFailsIsADeadLetter: the incident is stored all the same.
func TestATemplateThatFailsIsADeadLetter(t *testing.T) {
	s, db := newService(t, filepath.Join(t.TempDir(), "s.db"), "http://127.0.0.1:1")
	s.deps.Shape = func(string) Shape { return Shape{Format: Template, Template: "{{.Incident.Nothing}}"} }
	notify(t, s, db, "opened")
	log, err := s.Find(t.Context(), Filter{Limit: 1, Status: "dead", Receiver: "ops"})
	if err != nil || len(log) != 1 || log[0].Error == "" {
		t.Errorf("got %+v, %v", log, err)
	}
}
