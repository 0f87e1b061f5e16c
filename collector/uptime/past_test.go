package uptime

import (
	"database/sql"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"ninewatch/internal/telemetry"
)

// TestPastPolls: what is stored of a past is judged as what was polled, and sparse samples of the same time, which
// the sink takes afterwards, change nothing.
func TestPastPolls(t *testing.T) {
	s := newStore(t)
	s.object("device", "sw-past", "lisbon", `{"name": "sw-past", "credential": "c", "snmp": {"interval": "10s"}}`)
	past := []PastPolls{{
		Device: "sw-past", Agent: "a",
		Runs: []PollRun{{From: start, To: start + 60_000, Every: 10_000}, {From: start + 100_000, To: start + 120_000, Every: 10_000}},
		Changes: map[string][]StatusChange{"Gi1": {
			{At: start, Admin: 1, Oper: 1},
			{At: start + 20_000, Previous: start + 10_000, Admin: 1, Oper: 2},
			{At: start + 50_000, Previous: start + 40_000, Admin: 1, Oper: 1},
			{At: start + 100_000, Admin: 1, Oper: 1},
		}},
	}}
	for range 2 { // again is the same
		if err := s.write(t.Context(), func(tx *sql.Tx) error { return StorePast(t.Context(), tx, past) }); err != nil {
			t.Fatal(err)
		}
	}
	sink := s.sink()
	for i, at := range []int64{start + 30_000, start + 110_000} {
		if err := sink.Apply(t.Context(), []telemetry.Entry{statusEntry(uint64(i+1), "sw-past", poller{"a", at, [2]uint8{1, 1}})}); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := facts{db: s.db}.interfaceSince(t.Context(), "sw-past", "Gi1", 0)
	if err != nil {
		t.Fatal(err)
	}
	end := int64(start/1000 + 140)
	var want []Interval
	for _, i := range []struct {
		from, to int64
		state    State
	}{{0, 20, Up}, {20, 50, Down}, {50, 70, Up}, {70, 100, Unknown}, {100, 130, Up}, {130, 140, Unknown}} {
		want = append(want, Interval{From: start/1000 + i.from, To: start/1000 + i.to, State: i.state})
	}
	var line []Interval
	for _, i := range byState(clip(got.line(end*1000, 0), start/1000, end)) {
		line = append(line, Interval{From: i.From, To: i.To, State: i.State})
	}
	if diff := gocmp.Diff(want, line); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
