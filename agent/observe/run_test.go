package observe

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

func run(from, to int64, result telemetry.Result, reason string) telemetry.Run {
	return telemetry.Run{Device: "sw1", Probe: telemetry.ProbeICMP, From: from, To: to, Every: 1000, Result: result, Reason: reason}
}

func TestBuilder(t *testing.T) {
	b := NewBuilder("sw1", telemetry.ProbeICMP)
	f := func(slot int64, result telemetry.Result, reason string, want ...telemetry.Run) {
		t.Helper()
		got := b.Add(nil, Sample{Slot: slot, Every: 1000, Result: result, Reason: reason})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("slot %d (-want +got):\n%s", slot, diff)
		}
	}
	flush := func(want ...telemetry.Run) {
		t.Helper()
		if diff := cmp.Diff(want, b.Flush(nil)); diff != "" {
			t.Errorf("flush (-want +got):\n%s", diff)
		}
	}
	flush()
	f(1193, telemetry.OK, "", run(1193, 1193, telemetry.OK, ""))
	flush()
	f(2193, telemetry.OK, "", run(1193, 2193, telemetry.OK, ""))
	f(3193, telemetry.OK, "", run(1193, 3193, telemetry.OK, "")) // settled: from now on in steps
	f(3193, telemetry.OK, "")                                    // the same slot again
	flush()
	f(4193, telemetry.OK, "")
	flush(run(1193, 4193, telemetry.OK, ""))
	f(5193, telemetry.OK, "")
	f(6193, telemetry.Fail, "timeout", run(1193, 5193, telemetry.OK, ""), run(6193, 6193, telemetry.Fail, "timeout"))
	f(7193, telemetry.Fail, "host-unreachable", run(6193, 7193, telemetry.Fail, "host-unreachable")) // a reason is no other result
	f(8193, telemetry.Fail, "timeout", run(6193, 8193, telemetry.Fail, "host-unreachable"))
	f(9193, telemetry.Fail, "timeout")
	flush(run(6193, 9193, telemetry.Fail, "host-unreachable"))
	f(10193, telemetry.OK, "", run(10193, 10193, telemetry.OK, ""))
	f(12193, telemetry.OK, "", run(12193, 12193, telemetry.OK, "")) // a slot was skipped
	f(13193, telemetry.OK, "", run(12193, 13193, telemetry.OK, ""))
	f(3000, telemetry.OK, "", run(3000, 3000, telemetry.OK, "")) // the clock went back
}

func TestBuilderIntervalAndLoss(t *testing.T) {
	b := NewBuilder("sw1", telemetry.ProbeSNMP)
	f := func(s Sample, want int) {
		t.Helper()
		if got := b.Add(nil, s); len(got) != want {
			t.Errorf("%+v: got %v, want %d runs", s, got, want)
		}
	}
	f(Sample{Slot: 0, Every: 60, Result: telemetry.Loss, LossPPM: 200_000}, 1)
	f(Sample{Slot: 60, Every: 60, Result: telemetry.Loss, LossPPM: 200_000}, 1)
	f(Sample{Slot: 120, Every: 60, Result: telemetry.Loss, LossPPM: 200_000}, 1)
	f(Sample{Slot: 180, Every: 60, Result: telemetry.Loss, LossPPM: 200_000}, 0)
	f(Sample{Slot: 240, Every: 60, Result: telemetry.Loss, LossPPM: 400_000}, 2)
	f(Sample{Slot: 300, Every: 30, Result: telemetry.Loss, LossPPM: 400_000}, 1)
}

// TestRunsAreTheSamples expands what a Builder hands out, the later copy of a run in place of the earlier,
// and compares it with the samples; at every moment the latest result must be known.
func TestRunsAreTheSamples(t *testing.T) {
	type key struct{ slot, every int64 }
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder("sw1", telemetry.ProbeICMP)
		told := map[int64]telemetry.Run{}
		tell := func(runs []telemetry.Run) {
			for _, r := range runs {
				if old, ok := told[r.From]; ok && r.To <= old.To {
					t.Fatalf("run %+v is told again as %+v", old, r)
				}
				told[r.From] = r
			}
		}
		samples := map[key]telemetry.Result{}
		slot, every, runs := int64(0), int64(10), 0
		var last Sample
		for range rapid.IntRange(0, 40).Draw(t, "samples") {
			if rapid.IntRange(0, 5).Draw(t, "change interval") == 0 {
				every = rapid.SampledFrom([]int64{10, 20}).Draw(t, "every")
			}
			slot += every * rapid.SampledFrom([]int64{1, 1, 1, 2}).Draw(t, "step")
			s := Sample{Slot: slot, Every: every, Result: telemetry.Result(rapid.IntRange(1, 2).Draw(t, "result"))}
			if last.Every == 0 || s.Result != last.Result || s.Every != last.Every || s.Slot != last.Slot+s.Every {
				runs++
			}
			last = s
			samples[key{slot, every}] = s.Result
			tell(b.Add(nil, s))
			newest := telemetry.Run{From: -1}
			for _, r := range told {
				if r.From > newest.From {
					newest = r
				}
			}
			if newest.Result != s.Result {
				t.Fatalf("slot %d: the result %s is not told at once", slot, s.Result)
			}
			if rapid.IntRange(0, 4).Draw(t, "flush") == 0 {
				tell(b.Flush(nil))
			}
		}
		tell(b.Flush(nil))
		got := map[key]telemetry.Result{}
		for _, r := range told {
			for s := r.From; s <= r.To; s += r.Every {
				got[key{s, r.Every}] = r.Result
			}
		}
		if diff := cmp.Diff(samples, got); diff != "" {
			t.Fatalf("samples (-want +got):\n%s", diff)
		}
		if len(told) != runs {
			t.Fatalf("runs: got %d, want %d", len(told), runs)
		}
	})
}

func TestBurst(t *testing.T) {
	const ok, fail, fault = telemetry.OK, telemetry.Fail, telemetry.ProberFault
	f := func(want string, results ...telemetry.Result) {
		t.Helper()
		var b Burst
		got := ""
		for _, r := range results {
			if b.Add(r) {
				got += "!"
			} else {
				got += "."
			}
		}
		if got != want {
			t.Errorf("%v: got %s, want %s", results, got, want)
		}
	}
	f(".", fail)
	f("..!..", ok, ok, fail, fail, ok)
	f("..!", ok, fault, fail)
	f(".!.!", ok, fail, ok, fail)
	f("...", fault, fail, fault)
}

// TestReasonNamesTheHop: who told why an echo was lost is part of the reason of a run; another router on the same
// way does not split it. The counters of a window know the reason alone.
func TestReasonNamesTheHop(t *testing.T) {
	r := NewRecorder(time.Minute)
	hop := func(last byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, last}) }
	var reasons []string
	for i := range int64(3) {
		records, _ := r.Echo("sw1", Echo{
			Slot: 1000 * i, Every: 1000, Result: telemetry.Fail, Reason: "ttl-exceeded", Hop: hop(byte(9 + i)),
		})
		for _, run := range records[0].Runs {
			reasons = append(reasons, run.Reason)
		}
	}
	want := []string{"ttl-exceeded from 192.0.2.9", "ttl-exceeded from 192.0.2.9", "ttl-exceeded from 192.0.2.9"}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("reasons of runs (-want +got):\n%s", diff)
	}
	var labels []string
	for _, rec := range r.Close(time.UnixMilli(60_000)) {
		if rec.Frame == nil {
			continue
		}
		for _, s := range rec.Frame.Template {
			for _, l := range s.Labels {
				if l.Name == "reason" {
					labels = append(labels, l.Value)
				}
			}
		}
	}
	if diff := cmp.Diff([]string{"ttl-exceeded"}, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}
