package watch

import (
	"os"
	"slices"
	"testing"
	"time"

	"ninewatch/agent/icmp"
	"ninewatch/internal/telemetry"
)

// TestKilled: what a run grew since the last flush is recorded by the next agent.
func TestKilled(t *testing.T) {
	first := newRig(t)
	first.assign(t, at(unused(t)))
	for range 8 { // the first three are told at once
		first.echo(icmp.Reply)
	}
	if next := first.checkpoint(); next != time.Second {
		t.Errorf("the next checkpoint is due in %s, want 1 s", next)
	}
	second := newRig(t) // the first is gone without a word
	second.deps.Checkpoint = first.deps.Checkpoint
	if err := second.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	runs := runsOf(second.appended, telemetry.ProbeICMP)
	want := telemetry.Run{Device: "box", Probe: telemetry.ProbeICMP, From: begin.UnixMilli(), To: begin.Add(7 * time.Second).UnixMilli(), Every: 1000, Result: telemetry.OK}
	if !slices.Equal(runs, []telemetry.Run{want}) {
		t.Errorf("got %+v, want %+v", runs, want)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(second.deps.Checkpoint); !os.IsNotExist(err) {
		t.Errorf("after an orderly stop: got %v, want no file", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 9, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := readCheckpoint(data)
		if err == nil && len(data) > 0 && len(records) == 0 {
			t.Error("octets without records and without an error")
		}
		for _, r := range records {
			if len(r.Runs) == 0 {
				t.Error("a record without runs")
			}
		}
	})
}
