package observe

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// slotsOf are the slots of a trace's frame, and checks that the value of each is its slot as nanoseconds.
func slotsOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, f *telemetry.Frame) []int64 {
	t.Helper()
	if f == nil {
		return nil
	}
	var slots []int64
	for _, p := range f.Polls {
		if got, want := p.Values[0].Float64(), float64(p.Time)/1e9; got != want {
			t.Fatalf("slot %d: got %v, want %v", p.Time, got, want)
		}
		slots = append(slots, p.Time)
	}
	return slots
}

func numbered(slot, every int64, result telemetry.Result) Echo {
	return Echo{Slot: slot, Every: every, Result: result, RTT: time.Duration(slot)}
}

func TestTraceAroundAnOutage(t *testing.T) {
	var tr Trace
	s := Subject{Device: "sw1", Labels: []telemetry.Label{{Name: "circuit", Value: "mpls-1"}}}
	var told []int64
	tell := func() {
		f := tr.Frame(s, false)
		told = append(told, slotsOf(t, f)...)
		if f != nil && (f.Device != "sw1" || f.Template[0].Labels[0].Value != "mpls-1" || !f.Template[0].Vantage) {
			t.Errorf("got %+v", f)
		}
	}
	for sec := int64(1); sec <= 1000; sec++ {
		result := telemetry.OK
		if sec >= 500 && sec < 530 {
			result = telemetry.Fail
		}
		tr.Add(numbered(sec*1000, 1000, result))
		if sec == 502 || sec == 530 {
			tr.Want()
		}
		tell()
	}
	// Two minutes of slots until the outage was confirmed at 502 s, all until 650 s, without the 30 that were lost.
	if n := len(told); n != 650-382-30 || told[0] != 383_000 || told[n-1] != 650_000 {
		t.Errorf("told %d slots, from %d to %d", n, told[0], told[n-1])
	}
}

func TestTraceFollowsTheClock(t *testing.T) {
	var tr Trace
	for sec := range int64(100) {
		tr.Add(numbered(3_600_000+sec*1000, 1000, telemetry.OK))
	}
	tr.Want()
	tr.Frame(Subject{}, true)
	for sec := range int64(10) { // set back by an hour
		tr.Add(numbered(100_500+sec*1000, 1000, telemetry.OK))
	}
	if got := slotsOf(t, tr.Frame(Subject{}, true)); len(got) != 10 || got[0] != 100_500 {
		t.Errorf("got %v, want the ten slots since", got)
	}
}

// TestTraceTellsEachProbeOnce compares a trace with a plain list of replies.
func TestTraceTellsEachProbeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr Trace
		every := rapid.SampledFrom([]int64{50, 1000, 30_000}).Draw(t, "every")
		slot, until, ring := every, int64(0), int64(0)
		replies := map[int64]bool{} // wanted and not told
		kept := []int64{}           // replies in the trace
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			result := rapid.SampledFrom([]telemetry.Result{telemetry.OK, telemetry.OK, telemetry.Fail, telemetry.ProberFault}).Draw(t, "result")
			tr.Add(numbered(slot, every, result))
			ring = slot - int64(len(tr.rtts)-1)*every
			if result == telemetry.OK {
				kept = append(kept, slot)
				if slot <= until {
					replies[slot] = true
				}
			}
			if rapid.IntRange(0, 20).Draw(t, "want") == 0 {
				tr.Want()
				until = slot + traceSpan
				for _, k := range kept {
					if k >= ring && k > tr.told {
						replies[k] = true
					}
				}
			}
			for _, s := range slotsOf(t, tr.Frame(Subject{}, rapid.Bool().Draw(t, "all"))) {
				if !replies[s] {
					t.Fatalf("slot %d was told, and not wanted or told before", s)
				}
				delete(replies, s)
			}
			slot += every * rapid.SampledFrom([]int64{1, 1, 1, 2, 7}).Draw(t, "step")
		}
		for _, s := range slotsOf(t, tr.Frame(Subject{}, true)) {
			delete(replies, s)
		}
		for s := range replies {
			if s >= ring && s > tr.last-traceChunk {
				t.Fatalf("slot %d was wanted and not told", s)
			}
		}
	})
}
