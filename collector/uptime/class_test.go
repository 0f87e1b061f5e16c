package uptime

import (
	"testing"

	"ninewatch/internal/telemetry"
)

// TestClassDecidesWhenAnOutageIsConfirmed loses echoes of a core, of a printer, and of one for which a number is set.
// The ordinary rule is three in a row, that of printers five.
func TestClassDecidesWhenAnOutageIsConfirmed(t *testing.T) {
	for _, c := range []struct {
		spec string
		lost int64
		want State
	}{
		{`{"name": "a", "role": "core"}`, 2, Up},
		{`{"name": "a", "role": "core"}`, 3, Down},
		{`{"name": "a", "role": "printer"}`, 4, Up},
		{`{"name": "a", "role": "printer"}`, 5, Down},
		{`{"name": "a", "role": "printer", "icmp": {"confirm": 2}}`, 2, Down},
		{`{"name": "a", "icmp": {"confirm": 8}}`, 7, Up},
	} {
		s := newStore(t)
		s.object("device", "a", "lisbon", c.spec)
		e := s.engine()
		if _, err := e.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.now = start + 60_000 + c.lost*1000
		s.observe(e, "g", false, icmp("a", start, 60, telemetry.OK), icmp("a", start+60_000, c.lost, telemetry.Fail))
		if got := e.States(t.Context()); len(got) != 1 || got[0].State != string(c.want) {
			t.Errorf("%s, %d lost: got %+v, want %s", c.spec, c.lost, got, c.want)
		}
	}
}

// TestChangeOfClassRevises turns a device into one of another class: what its evidence says is worked out again.
func TestChangeOfClassRevises(t *testing.T) {
	s := newStore(t)
	s.object("device", "a", "lisbon", `{"name": "a", "role": "printer"}`)
	e := s.engine()
	if _, err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.now = start + 100_000
	s.observe(e, "g", false, icmp("a", start, 60, telemetry.OK), icmp("a", start+60_000, 4, telemetry.Fail), icmp("a", start+64_000, 36, telemetry.OK))
	down := func() int64 {
		t.Helper()
		a, err := e.Availability(t.Context(), "device:a", start/1000, s.now/1000, "")
		if err != nil {
			t.Fatal(err)
		}
		return a.Down
	}
	if got := down(); got != 0 {
		t.Errorf("as a printer: got %d s down, want 0", got)
	}
	s.exec(`UPDATE objects SET spec = '{"name": "a", "role": "core"}' WHERE name = 'a'`)
	if _, err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := down(); got != 4 {
		t.Errorf("as a core: got %d s down, want 4", got)
	}
}
