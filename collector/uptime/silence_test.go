package uptime

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/telemetry"
)

// contact records a sign of life as the collector does.
func (s *store) contact(agent string, at int64) {
	s.t.Helper()
	if err := s.write(s.t.Context(), func(tx *sql.Tx) error { return RecordContact(s.t.Context(), tx, agent, "boot", at) }); err != nil {
		s.t.Fatal(err)
	}
	s.heard(agent, at)
}

// deliver stores runs and shows them to the engine: nothing tells when the agent was heard.
func (s *store) deliver(e *Engine, agent string, runs ...telemetry.Run) []Verdict {
	s.t.Helper()
	for _, r := range runs {
		s.run(agent, r)
	}
	got, err := e.Observe(s.t.Context(), []telemetry.Entry{{Agent: agent, Record: telemetry.Record{Runs: runs}}})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func TestContactsAreRuns(t *testing.T) {
	s := newStore(t)
	for _, at := range []int64{0, 10_000, 20_000, 50_000, 80_001, 90_000} {
		s.contact("a1", start+at)
	}
	got, err := facts{db: s.db}.presence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][][2]int64{"a1": {{start, start + 50_000}, {start + 80_001, start + 90_000}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if gone := absences(got["a1"]); len(gone) != 1 || gone[0] != [2]int64{start + 50_001, start + 80_001} {
		t.Errorf("absences: %v", gone)
	}
}

// TestAwayIsWhatWasNotMeasured: an agent that is not heard but goes on measuring was not away.
func TestAwayIsWhatWasNotMeasured(t *testing.T) {
	silences := [][2]int64{{100_000, 200_000}}
	went := []Stream{{Probe: telemetry.ProbeICMP, Runs: []telemetry.Run{icmp("", 0, 300, telemetry.OK)}}}
	if got := Away(went, silences, 200_000); len(got) != 0 {
		t.Errorf("it went on: got %v", got)
	}
	killed := []Stream{
		{Probe: telemetry.ProbeICMP, Runs: []telemetry.Run{icmp("", 0, 106, telemetry.OK), icmp("", 190_000, 100, telemetry.OK)}},
		{Probe: telemetry.ProbeSNMP, Runs: []telemetry.Run{snmp("", 0, 2, telemetry.OK), snmp("", 190_000, 2, telemetry.OK)}},
	}
	if got := Away(killed, silences, 200_000); len(got) != 1 || got[0] != [2]int64{105_001, 190_000} {
		t.Errorf("killed at 105 s, back at 190 s: got %v", got)
	}
}

// TestKilledAgent: an agent that is killed and comes back leaves a hole that nothing may bridge, with its reason.
func TestKilledAgent(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	e := s.engine()
	reload(t, e)
	refresh := func() []Verdict {
		t.Helper()
		got, err := e.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for at := int64(0); at <= 120_000; at += 10_000 {
		s.contact("a1", start+at)
	}
	s.now = start + 121_000
	refresh()
	wantStates(t, s.deliver(e, "a1", snmp("sw1", start, 3, telemetry.OK)), "sw1 up 0") // it is asked by SNMP alone
	s.now = start + 160_000
	wantStates(t, refresh(), "sw1 unknown 120000")
	s.now = start + 230_000 // back, and the next poll is within the time that two samples may be apart
	s.contact("a1", s.now)
	wantStates(t, refresh(), "")
	wantStates(t, s.deliver(e, "a1", snmp("sw1", start+230_000, 1, telemetry.OK)), "sw1 up 230000")
	line, err := e.Timeline(t.Context(), "sw1", start/1000, start/1000+231)
	if err != nil {
		t.Fatal(err)
	}
	want := []Interval{
		{From: start / 1000, To: start/1000 + 120, State: Up},
		{From: start/1000 + 120, To: start/1000 + 230, State: Unknown, Why: whyAgent},
		{From: start/1000 + 230, To: start/1000 + 231, State: Up},
	}
	for i := range line {
		line[i].Uncertainty = 0
		if line[i].State != Unknown {
			line[i].Why = ""
		}
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a, err := e.Availability(t.Context(), "device:sw1", start/1000, start/1000+230, "")
	if err != nil || a.UnknownBy["agent"] != 110 || len(a.Gaps) != 1 || a.Gaps[0].Why != "agent" || !a.Gaps[0].RanOn || !strings.HasPrefix(a.Gaps[0].Text, "ran on") {
		t.Errorf("unknown by %v, gaps %+v, %v", a.UnknownBy, a.Gaps, err)
	}
	b, err := e.Availability(t.Context(), "agent:a1", start/1000, start/1000+230, "")
	if err != nil || b.Up != 120 || b.Unknown != 110 || b.Down != 0 {
		t.Errorf("the agent: %+v, %v", b, err)
	}
}

// TestReturnAfterALongAbsence: what an agent delivers of hours ago is no verdict on now.
func TestReturnAfterALongAbsence(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	e := s.engine()
	reload(t, e)
	s.now = start + 60_000
	s.contact("a1", s.now)
	s.deliver(e, "a1", icmp("sw1", start, 60, telemetry.OK))
	refresh := func() []Verdict {
		t.Helper()
		got, err := e.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	refresh()
	s.now = start + 100_000
	wantStates(t, refresh(), "sw1 unknown 60000")
	s.now = start + 3_600_000
	wantStates(t, refresh(), "sw1 unknown 60000 late")
	// It is heard again; its watermark is still that of an hour ago.
	s.contact("a1", s.now)
	s.exec(`UPDATE agents SET watermark_ms = ?`, start+60_000)
	wantStates(t, refresh(), "")
	if got := e.States(t.Context()); got[0].State != string(Unknown) {
		t.Errorf("got %+v, want unknown", got[0])
	}
	s.now += 1000
	s.contact("a1", s.now)
	refresh()
	wantStates(t, s.deliver(e, "a1", icmp("sw1", s.now, 1, telemetry.OK)), "sw1 up 3601000")
}

// TestCollectorAway: time that is lost because the collector was off is told as such.
func TestCollectorAway(t *testing.T) {
	x := []Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 400, State: Unknown, Why: whyNoData}, {From: 400, To: 500, State: Up}}
	silences := map[string][][2]int64{"a1": {{90_000, 300_000}}, CollectorAgent: {{200_000, 250_000}}}
	got := explainUnknown(x, []string{"a1"}, silences, 500)
	want := []Interval{
		{From: 0, To: 100, State: Up}, {From: 100, To: 200, State: Unknown, Why: "agent"}, {From: 200, To: 250, State: Unknown, Why: "collector"},
		{From: 250, To: 300, State: Unknown, Why: "agent"}, {From: 300, To: 400, State: Unknown, Why: "no_data"}, {From: 400, To: 500, State: Up},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestForensics: what sysUpTime says of an outage.
func TestForensics(t *testing.T) {
	s := newStore(t)
	s.object("site", "lisbon", "lisbon", `{"name": "lisbon", "time_zone": "Europe/Lisbon"}`)
	s.device("sw1", "lisbon")
	hour := int64(3_600_000)
	s.now = start + 4*hour // start is 08:00 in Lisbon too
	s.run("a1", icmp("sw1", start, 3600, telemetry.OK))
	s.run("a1", icmp("sw1", start+hour, 600, telemetry.Fail))
	s.run("a1", icmp("sw1", start+hour+600_000, 3000, telemetry.OK))
	s.run("a1", icmp("sw1", start+2*hour, 600, telemetry.Fail))
	s.run("a1", icmp("sw1", start+2*hour+600_000, 6600, telemetry.OK))
	s.run("a1", snmp("sw1", start, 60, telemetry.OK))
	s.run("a1", snmp("sw1", start+hour, 10, telemetry.Fail))
	s.run("a1", snmp("sw1", start+hour+600_000, 50, telemetry.OK))
	s.run("a1", snmp("sw1", start+2*hour, 10, telemetry.Fail))
	s.run("a1", snmp("sw1", start+2*hour+600_000, 110, telemetry.OK))
	s.exec(`INSERT INTO boots VALUES ('sw1', 'a1', ?, ?, ?, 1000000)`, start+2*hour+600_000, 6000, start+2*hour-60_000)
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	if _, err := e.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := e.Availability(t.Context(), "device:sw1", start/1000, start/1000+4*3600, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range a.Outages {
		got = append(got, fmt.Sprint(o.RawSeconds, " ", o.Evidence))
	}
	want := []string{"600 ran on without a restart", "600 rebooted at 10:09"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
