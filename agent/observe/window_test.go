package observe

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// text shows the values of a frame by series, what is absent as "-".
func text(f *telemetry.Frame) map[string]string {
	out := map[string]string{}
	for i, s := range f.Template {
		name := s.Name
		for _, l := range s.Labels {
			name += fmt.Sprintf("{%s=%s}", l.Name, l.Value)
		}
		out[name] = "-"
		if v := f.Polls[0].Values[i]; v.Kind != telemetry.Absent {
			out[name] = fmt.Sprint(v.Float64())
		}
	}
	return out
}

func ok(slot int64, rtt time.Duration) Echo {
	return Echo{Slot: slot, Every: 1000, Result: telemetry.OK, RTT: rtt}
}

func bad(slot int64, result telemetry.Result, reason string) Echo {
	return Echo{Slot: slot, Every: 1000, Result: result, Reason: reason}
}

func TestWindow(t *testing.T) {
	w := NewWindow(Subject{Device: "sw1"}, time.Minute)
	add := func(e Echo) {
		t.Helper()
		if f := w.Add(e); f != nil {
			t.Fatalf("slot %d finished a window", e.Slot)
		}
	}
	add(ok(60_193, 4*time.Millisecond))
	add(ok(61_193, 2*time.Millisecond))
	add(bad(62_193, telemetry.Fail, "timeout"))
	add(bad(63_193, telemetry.Fail, "host-unreachable"))
	add(bad(64_193, telemetry.ProberFault, "no-route"))
	add(bad(65_193, telemetry.Fail, "timeout"))
	last := ok(66_193, 3*time.Millisecond)
	last.Duplicates = 2
	add(last)
	f := w.Add(ok(120_193, 8*time.Millisecond))
	if f == nil || f.Device != "sw1" || len(f.Polls) != 1 || f.Polls[0].Time != 120_000 || !f.Template[0].Vantage {
		t.Fatalf("got frame %+v", f)
	}
	want := map[string]string{
		"ninewatch_icmp_sent_total": "6", "ninewatch_icmp_received_total": "3", "ninewatch_icmp_duplicates_total": "2",
		"ninewatch_icmp_rtt_seconds{quantile=0}": "0.002", "ninewatch_icmp_rtt_seconds{quantile=0.05}": "0.0021",
		"ninewatch_icmp_rtt_seconds{quantile=0.25}": "0.0025", "ninewatch_icmp_rtt_seconds{quantile=0.5}": "0.003",
		"ninewatch_icmp_rtt_seconds{quantile=0.75}": "0.0035", "ninewatch_icmp_rtt_seconds{quantile=0.95}": "0.0039",
		"ninewatch_icmp_rtt_seconds{quantile=1}": "0.004", "ninewatch_icmp_rtt_mean_seconds": "0.003",
		"ninewatch_icmp_ipdv_seconds": "0.002", "ninewatch_icmp_longest_loss_probes": "2",
		"ninewatch_icmp_lost_total{reason=timeout}": "2", "ninewatch_icmp_lost_total{reason=host-unreachable}": "1",
		"ninewatch_icmp_faults_total{reason=no-route}": "1",
	}
	if diff := cmp.Diff(want, text(f)); diff != "" {
		t.Errorf("first window (-want +got):\n%s", diff)
	}
	if f := w.Flush(184_999); f != nil {
		t.Error("flushed a window that may still get results")
	}
	got := text(w.Flush(185_000))
	for name, want := range map[string]string{
		"ninewatch_icmp_sent_total": "7", "ninewatch_icmp_received_total": "4", "ninewatch_icmp_rtt_seconds{quantile=0.5}": "0.008",
		"ninewatch_icmp_ipdv_seconds": "-", "ninewatch_icmp_longest_loss_probes": "0", "ninewatch_icmp_lost_total{reason=timeout}": "2",
	} {
		if got[name] != want {
			t.Errorf("second window, %s: got %s, want %s", name, got[name], want)
		}
	}
	if f := w.Flush(1_000_000); f != nil {
		t.Error("flushed an empty window")
	}
}

func TestWindowAllLost(t *testing.T) {
	w := NewWindow(Subject{Device: "sw1"}, time.Minute)
	w.Add(bad(0, telemetry.Fail, "timeout"))
	w.Add(bad(1000, telemetry.Fail, "timeout"))
	got := text(w.Flush(65_000))
	for _, q := range quantiles {
		if name := "ninewatch_icmp_rtt_seconds{quantile=" + q.label + "}"; got[name] != "-" {
			t.Errorf("%s: got %s, want absent", name, got[name])
		}
	}
	if got["ninewatch_icmp_rtt_mean_seconds"] != "-" || got["ninewatch_icmp_longest_loss_probes"] != "2" || got["ninewatch_icmp_received_total"] != "0" {
		t.Errorf("got %v", got)
	}
}

func TestWindowStragglersAndClock(t *testing.T) {
	w := NewWindow(Subject{Device: "sw1"}, time.Minute)
	w.Add(ok(59_000, time.Millisecond))
	if f := w.Add(ok(60_000, time.Millisecond)); f == nil || f.Polls[0].Time != 60_000 {
		t.Fatalf("got %+v, want the window that ends at 60000", f)
	}
	if f := w.Add(ok(59_500, time.Millisecond)); f != nil {
		t.Error("a straggler finished the window")
	}
	f := w.Add(ok(1_000, time.Millisecond)) // the clock went back
	if f == nil || f.Polls[0].Time != 120_000 || f.Polls[0].Values[1].Bits != 3 {
		t.Errorf("got %+v, want the window that ends at 120000 with 3 received", f)
	}
}

// TestWindowIsASum compares a Window with sums over the echoes themselves.
func TestWindowIsASum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := NewWindow(Subject{Device: "sw1"}, 10*time.Second)
		var echoes []Echo
		var frames []*telemetry.Frame
		slot := int64(3)
		for range rapid.IntRange(1, 60).Draw(t, "echoes") {
			slot += 1000 * rapid.SampledFrom([]int64{1, 1, 1, 2, 25}).Draw(t, "step")
			e := Echo{Slot: slot, Every: 1000, Result: rapid.SampledFrom([]telemetry.Result{telemetry.OK, telemetry.OK, telemetry.Fail, telemetry.ProberFault}).Draw(t, "result")}
			if e.Result == telemetry.OK {
				e.RTT = time.Duration(rapid.IntRange(1, 1e9).Draw(t, "rtt"))
			} else {
				e.Reason = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "reason")
			}
			echoes = append(echoes, e)
			if f := w.Add(e); f != nil {
				frames = append(frames, f)
			}
		}
		if f := w.Flush(slot + 20_000); f != nil {
			frames = append(frames, f)
		}
		for _, f := range frames {
			checkWindow(t, echoes, f)
		}
		if f := frames[len(frames)-1]; f.Polls[0].Time <= slot {
			t.Fatalf("the last frame ends at %d, before the last slot %d", f.Polls[0].Time, slot)
		}
	})
}

func checkWindow(t *rapid.T, echoes []Echo, f *telemetry.Frame) {
	end := f.Polls[0].Time
	var sent, received, lossRun, longest, pairs int
	var rtts []float64
	var sum, ipdv float64
	for i, e := range echoes {
		if e.Slot >= end {
			break
		}
		inside := e.Slot >= end-10_000
		if e.Result != telemetry.ProberFault {
			sent++
		}
		if e.Result != telemetry.Fail || !inside {
			lossRun = 0
		}
		if e.Result == telemetry.OK {
			received++
			if inside {
				rtts = append(rtts, e.RTT.Seconds())
				sum += e.RTT.Seconds()
				if i > 0 && echoes[i-1].Result == telemetry.OK && e.Slot-echoes[i-1].Slot == 1000 {
					ipdv += math.Abs(e.RTT.Seconds() - echoes[i-1].RTT.Seconds())
					pairs++
				}
			}
		}
		if e.Result == telemetry.Fail && inside {
			lossRun++
			longest = max(longest, lossRun)
		}
	}
	want := map[string]float64{
		"ninewatch_icmp_sent_total": float64(sent), "ninewatch_icmp_received_total": float64(received),
		"ninewatch_icmp_longest_loss_probes": float64(longest),
	}
	slices.Sort(rtts)
	if n := len(rtts); n > 0 {
		want["ninewatch_icmp_rtt_seconds{quantile=0}"], want["ninewatch_icmp_rtt_seconds{quantile=1}"] = rtts[0], rtts[n-1]
		want["ninewatch_icmp_rtt_mean_seconds"] = sum / float64(n)
	}
	if pairs > 0 {
		want["ninewatch_icmp_ipdv_seconds"] = ipdv / float64(pairs)
	}
	got := text(f)
	for name, w := range want {
		var g float64
		if _, err := fmt.Sscan(got[name], &g); err != nil || math.Abs(g-w) > 1e-12 {
			t.Fatalf("window to %d, %s: got %s, want %v", end, name, got[name], w)
		}
	}
	if (got["ninewatch_icmp_ipdv_seconds"] == "-") != (pairs == 0) || (got["ninewatch_icmp_rtt_mean_seconds"] == "-") != (len(rtts) == 0) {
		t.Fatalf("window to %d: ipdv %s of %d pairs, mean %s of %d", end, got["ninewatch_icmp_ipdv_seconds"], pairs, got["ninewatch_icmp_rtt_mean_seconds"], len(rtts))
	}
}

func TestWindowLeavesLooksToTheRuns(t *testing.T) {
	r := NewRecorder(time.Minute)
	for slot := int64(0); slot < 60_000; slot += 1000 {
		r.Echo("sw1", ok(slot, time.Millisecond))
	}
	look := bad(30_100, telemetry.Fail, "timeout")
	look.Look = true
	r.Echo("sw1", look)
	f := r.Close(time.UnixMilli(59_500))[0].Frame
	got := text(f)
	if f.Polls[0].Time != 59_500 || got["ninewatch_icmp_sent_total"] != "60" || got["ninewatch_icmp_received_total"] != "60" {
		t.Errorf("at %d got %v, want the regular echoes until the close", f.Polls[0].Time, got)
	}
}

func TestWindowCountsLateAndReordered(t *testing.T) {
	w := NewWindow(Subject{Device: "lis-r1", Labels: []telemetry.Label{{Name: "reference", Value: "dns"}}}, time.Minute)
	e := ok(1000, time.Millisecond)
	e.Late, e.Reordered = 2, 1
	w.Add(e)
	got := text(w.Flush(65_000))
	for series, want := range map[string]string{
		"ninewatch_icmp_late_total{reference=dns}": "2", "ninewatch_icmp_reordered_total{reference=dns}": "1",
		"ninewatch_icmp_rtt_seconds{quantile=1}{reference=dns}": "0.001",
	} {
		if got[series] != want {
			t.Errorf("%s: got %q, want %s; all: %v", series, got[series], want, got)
		}
	}
	w.Add(bad(61_000, telemetry.Fail, "timeout"))
	w.Relabel(Subject{Device: "lis-r2"})
	if f := w.Flush(125_000); f.Device != "lis-r2" || text(f)["ninewatch_icmp_sent_total"] != "2" {
		t.Errorf("got %+v", f)
	}
}
