package uptime

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/telemetry"
)

// TestLooks: the newest results of each stream that are equal, back to the first of them.
func TestLooks(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "porto")
	s.device("sw2", "lisbon")
	e := s.engine()
	reload(t, e)
	s.now = start + 600_000
	s.observe(e, "a1", false,
		snmp("sw1", start, 3, telemetry.OK), snmp("sw1", start+180_000, 2, telemetry.Credentials), snmp("sw1", start+360_000, 5, telemetry.Credentials),
		icmp("sw1", start, 600, telemetry.OK), icmp("sw2", start, 60, telemetry.ProberFault))
	s.observe(e, "a2", false, snmp("sw1", start+5_000, 2, telemetry.OK))
	var got []string
	for _, l := range e.Looks() {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %d to %d", l.Site, l.Device, l.Probe, l.Agent, l.Result, (l.Since-start)/1000, (l.To-start)/1000))
	}
	want := []string{
		"porto sw1 icmp a1 ok 0 to 599", "porto sw1 snmp a1 credentials 180 to 600", "porto sw1 snmp a2 ok 5 to 65", "lisbon sw2 icmp a1 prober_fault 0 to 59",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRebootsThatNobodySaw: between two polls a device starts anew. Without echoes nobody saw it; with an outage of
// echoes that was told; and where echoes came all the time only its SNMP agent began anew.
func TestRebootsThatNobodySaw(t *testing.T) {
	s := newStore(t)
	polled := snmp("", start, 11, telemetry.OK)
	for _, device := range []string{"unseen", "seen", "agent"} {
		s.device(device, "porto")
		r := polled
		r.Device = device
		s.run("a1", r) // it answered at 240 s with an uptime of eleven days, and at 300 s with one of 30 s
		s.exec(`INSERT INTO boots VALUES (?, 'a1', ?, 3000, ?, 100000000)`, device, start+300_000, start+240_000)
	}
	for _, r := range []telemetry.Run{
		icmp("seen", start, 245, telemetry.OK), icmp("seen", start+245_000, 40, telemetry.Fail), icmp("seen", start+285_000, 315, telemetry.OK), icmp("agent", start, 600, telemetry.OK),
	} {
		s.run("a1", r)
	}
	s.now = start + 600_000
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	got := e.Reboots(t.Context(), start)
	if len(got) != 1 || got["unseen"].Kind != Reboot || got["unseen"].At != start/1000+270 {
		t.Errorf("got %+v, want that of unseen at 270 s", got)
	}
	if got := e.Reboots(t.Context(), start+271_000); len(got) != 0 {
		t.Errorf("later: got %+v, want none", got)
	}
}

// TestMeanwhile: after an outage of echoes from 245 s to 285 s the next poll, at 300 s, tells whether the device
// restarted in it or ran on. Before that poll, and without SNMP, neither is known.
func TestMeanwhile(t *testing.T) {
	s := newStore(t)
	for device, polls := range map[string]int64{"rebooted": 11, "ran": 11, "early": 5, "echoes": 0} {
		s.device(device, "porto")
		s.run("a1", icmp(device, start, 245, telemetry.OK))
		s.run("a1", icmp(device, start+245_000, 40, telemetry.Fail))
		s.run("a1", icmp(device, start+285_000, 315, telemetry.OK))
		if polls > 0 {
			s.run("a1", snmp(device, start, polls, telemetry.OK))
		}
	}
	s.exec(`INSERT INTO boots VALUES ('rebooted', 'a1', ?, 3000, ?, 100000000)`, start+300_000, start+240_000)
	s.now = start + 600_000
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	f := func(device string, wantAt int64, wantKnown bool) {
		t.Helper()
		if at, known := e.Meanwhile(device, start+245_000, start+285_000); at != wantAt || known != wantKnown {
			t.Errorf("%s: got %d, %v, want %d, %v", device, at, known, wantAt, wantKnown)
		}
	}
	f("rebooted", start+270_000, true)
	f("ran", 0, true)
	f("early", 0, false)
	f("echoes", 0, false)
	f("nobody", 0, false)
}
