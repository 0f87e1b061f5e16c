package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"ninewatch/collector/auth"
)

func TestNextHolder(t *testing.T) {
	agents := []auth.Agent{
		{ID: "a", Site: "lisbon", LastSeen: 100},
		{ID: "b", Site: "lisbon", LastSeen: 200},
		{ID: "c", Site: "porto", LastSeen: 200},
		{ID: "d", Site: "lisbon", LastSeen: 200, Revoked: 150},
	}
	f := func(holder string, since int64, want string) {
		t.Helper()
		if got := nextHolder(holder, "lisbon", agents, since); got != want {
			t.Errorf("%s since %d: got %s, want %s", holder, since, got, want)
		}
	}
	f("b", 100, "b") // it is heard, so it stays, although a is heard too
	f("a", 150, "b") // a fell silent
	f("a", 300, "a") // so did everybody
	f("d", 150, "b") // revoked
	f("x", 100, "a") // unknown
}

func TestALeaseMovesOnce(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_000)
	agents := []auth.Agent{{ID: "a", Site: "lisbon", LastSeen: now.UnixMilli()}, {ID: "b", Site: "lisbon", LastSeen: now.UnixMilli()}}
	changes := 0
	l := &leases{
		log: slog.New(slog.DiscardHandler), holders: map[string]string{}, changed: func() { changes++ }, now: func() time.Time { return now },
		agents: func(context.Context) ([]auth.Agent, error) { return agents, nil },
	}
	if !l.holds("a", "lisbon") || l.holds("b", "lisbon") || !l.holds("b", "porto") {
		t.Fatal("the first that asks holds the lease of its site, nobody else")
	}
	l.check(t.Context())
	now = now.Add(91 * time.Second)
	agents[1].LastSeen = now.UnixMilli()
	l.check(t.Context())
	l.check(t.Context())
	if l.holds("a", "lisbon") || !l.holds("b", "lisbon") || changes != 1 {
		t.Errorf("after 91 s of silence: a holds %t, b holds %t, %d changes; want b and one change", l.holds("a", "lisbon"), l.holds("b", "lisbon"), changes)
	}
}
