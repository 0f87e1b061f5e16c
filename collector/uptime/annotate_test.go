package uptime

import (
	"errors"
	"testing"

	"ninewatch/internal/telemetry"
)

// TestAnnotation: ten minutes in which nobody looked are said to be down, taken back, and said again; evidence that
// comes later is stronger.
func TestAnnotation(t *testing.T) {
	s := newStore(t)
	s.device("a", "lisbon")
	s.device("b", "porto")
	s.object("site", "lisbon", "lisbon", `{"name": "lisbon"}`)
	e := s.engine()
	if _, err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.now = start + 3*3_600_000
	for _, name := range []string{"a", "b"} {
		s.observe(e, "g", false, icmp(name, start, 3600, telemetry.OK), icmp(name, start+4_200_000, 6600, telemetry.OK))
	}
	says := func(what, scope string, up, down, unknown int64) {
		t.Helper()
		a, err := e.Availability(t.Context(), scope, start/1000, s.now/1000, "")
		if err != nil || a.Up != up || a.Down != down || a.Unknown != unknown {
			t.Errorf("%s: %s: got %d up, %d down, %d unknown, %v; want %d, %d, %d", what, scope, a.Up, a.Down, a.Unknown, err, up, down, unknown)
		}
	}
	says("at first", "device:a", 10_200, 0, 600)
	hole := Annotation{Scope: "site:lisbon", From: start / 1000, To: start/1000 + 7200, State: Down, Reason: "The electrician had cut the power.", Who: "ana"}
	made, err := e.Annotate(t.Context(), hole)
	if err != nil {
		t.Fatal(err)
	}
	says("said", "device:a", 10_200, 600, 0)
	says("of another site", "device:b", 10_200, 0, 600)
	if again := s.engine(); true {
		if _, err := again.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := again.Availability(t.Context(), "device:a", start/1000, s.now/1000, ""); err != nil || got.Down != 600 || len(got.Notes) != 1 {
			t.Errorf("after a restart: got %d s down, notes %q, %v", got.Down, got.Notes, err)
		}
	}
	if _, err := e.Withdraw(t.Context(), made.ID, "ana"); err != nil {
		t.Fatal(err)
	}
	says("taken back", "device:a", 10_200, 0, 600)
	if _, err := e.Withdraw(t.Context(), made.ID, "ana"); !errors.Is(err, ErrAnnotation) {
		t.Errorf("taken back twice: got %v", err)
	}
	hole.State = Up
	if _, err := e.Annotate(t.Context(), hole); err != nil {
		t.Fatal(err)
	}
	says("said again", "device:a", 10_800, 0, 0)
	s.observe(e, "g", true, icmp("a", start+3_600_000, 600, telemetry.Fail))
	says("evidence came", "device:a", 10_200, 600, 0)
	if all := e.Annotations(0, never); len(all) != 2 || all[1].WithdrawnBy != "ana" || all[1].Withdrawn != s.now {
		t.Errorf("on record: got %+v", all)
	}
}

func TestAnnotationIsRefused(t *testing.T) {
	s := newStore(t)
	s.device("a", "lisbon")
	e := s.engine()
	if _, err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := Annotation{Scope: "device:a", From: start/1000 - 100, To: start/1000 - 50, State: Up, Reason: "seen", Who: "ana"}
	for what, change := range map[string]func(*Annotation){
		"annotation refused: scope \"role:core\" is none of device:NAME, site:NAME, circuit:NAME": func(a *Annotation) { a.Scope = "role:core" },
		"annotation refused: state \"unknown\" is neither up nor down":                            func(a *Annotation) { a.State = Unknown },
		"annotation refused: from has to lie before to":                                           func(a *Annotation) { a.From = a.To },
		"annotation refused: to lies in the future: say what was, not what will be":               func(a *Annotation) { a.To = start/1000 + 1 },
		"annotation refused: a reason is needed: it stands in every report of this time":          func(a *Annotation) { a.Reason = " " },
		"scope \"device:b\": unknown scope":                                                       func(a *Annotation) { a.Scope = "device:b" },
	} {
		a := good
		change(&a)
		if _, err := e.Annotate(t.Context(), a); err == nil || err.Error() != what {
			t.Errorf("got %v, want %s", err, what)
		}
	}
}
