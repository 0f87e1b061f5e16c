package uptime

import (
	"fmt"
	"strings"
	"testing"

	"ninewatch/internal/telemetry"
)

func (s *store) learn(device, parent string, from, until int64) {
	s.t.Helper()
	var end any
	if until > 0 {
		end = until
	}
	s.exec(`INSERT INTO learned_parents (device, parent, from_ms, until_ms) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms`, device, parent, from, end)
}

// spells is a timeline as state and seconds since start.
func spells(line []Interval) string {
	var out []string
	for _, x := range line {
		out = append(out, fmt.Sprintf("%s %d-%d", x.State, x.From-start/1000, x.To-start/1000))
	}
	return strings.Join(out, ", ")
}

// TestLearnedParents: two outages of a core and of what is behind it; only the one after topology had shown what
// is behind it is explained, and one that is explained stays so when topology shows others.
func TestLearnedParents(t *testing.T) {
	s := newStore(t)
	s.device("core", "lisbon")
	s.device("leaf", "lisbon")
	for _, name := range []string{"core", "leaf"} {
		for at, result := range []telemetry.Result{telemetry.OK, telemetry.Fail, telemetry.OK, telemetry.Fail, telemetry.OK} {
			s.run("a1", icmp(name, start+int64(at)*60_000, 60, result))
		}
	}
	s.now = start + 300_000
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	f := func(what, want string) {
		t.Helper()
		line, err := e.Timeline(t.Context(), "leaf", start/1000, start/1000+300)
		if err != nil {
			t.Fatal(err)
		}
		if got := spells(line); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	f("nothing is known", "up 0-60, down 60-120, up 120-180, down 180-240, up 240-300")
	s.learn("leaf", "core", start+130_000, 0)
	reload(t, e)
	f("learned between", "up 0-60, down 60-120, up 120-180, unreachable 180-240, up 240-300")
	s.learn("leaf", "core", start+130_000, start+200_000)
	reload(t, e)
	f("over while it was down", "up 0-60, down 60-120, up 120-180, unreachable 180-240, up 240-300")
	s.learn("leaf", "core", start+130_000, start+170_000)
	reload(t, e)
	f("over before", "up 0-60, down 60-120, up 120-180, down 180-240, up 240-300")
}

// TestLearnedParentsInARing: a device of a ring is cut off when both of its neighbors are down, and each of these
// has it as a parent too.
func TestLearnedParentsInARing(t *testing.T) {
	s := newStore(t)
	for _, name := range []string{"core", "east", "west", "far"} {
		s.device(name, "lisbon")
		s.run("a1", icmp(name, start, 60, telemetry.OK))
	}
	for _, p := range [][2]string{{"east", "core"}, {"east", "far"}, {"west", "core"}, {"west", "far"}, {"far", "east"}, {"far", "west"}} {
		s.learn(p[0], p[1], start-1000, 0)
	}
	s.run("a1", icmp("core", start+60_000, 60, telemetry.OK))
	for _, name := range []string{"east", "west", "far"} {
		s.run("a1", icmp(name, start+60_000, 60, telemetry.Fail))
	}
	s.now = start + 120_000
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	for name, want := range map[string]string{"east": "up 0-60, down 60-120", "west": "up 0-60, down 60-120", "far": "up 0-60, unreachable 60-120"} {
		line, err := e.Timeline(t.Context(), name, start/1000, start/1000+120)
		if got := spells(line); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

// TestLearnedParentsRevise: what was published of an outage is revised, with the reason, from where it changed.
func TestLearnedParentsRevise(t *testing.T) {
	s := newStore(t)
	s.device("core", "lisbon")
	s.device("leaf", "lisbon")
	for _, name := range []string{"core", "leaf"} {
		s.run("a1", icmp(name, start, 600, telemetry.OK))
		s.run("a1", icmp(name, start+600_000, 120, telemetry.Fail))
		s.run("a1", icmp(name, start+720_000, 7200, telemetry.OK))
	}
	s.now = start + 7_920_000
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	publish := func() {
		t.Helper()
		for range 3 {
			if err := e.Publish(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.now += 200_000
		}
	}
	publish()
	s.learn("leaf", "core", start+300_000, 0)
	reload(t, e)
	publish()
	var who, why, seconds string
	var from, to int64
	if err := s.db.QueryRow(`SELECT who, why, from_s, to_s, moved FROM ledger_revisions WHERE target = 'leaf'`).Scan(&who, &why, &from, &to, &seconds); err != nil {
		t.Fatal(err)
	}
	if who != "topology" || why != "topology shows that it is reached through core" || from != start/1000+600 || to != start/1000+720 ||
		seconds != `{"down":-120,"unreachable":120}` {
		t.Errorf("revision by %s, %q, %d to %d: %s", who, why, from-start/1000, to-start/1000, seconds)
	}
}
