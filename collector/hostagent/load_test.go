package hostagent

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestLoads(t *testing.T) {
	var h history
	f := func(second int, all []processor, want ...load) {
		t.Helper()
		h.add(noon.Add(time.Duration(second)*time.Second), all)
		if diff := cmp.Diff(want, h.loads(), cmp.AllowUnexported(load{})); diff != "" {
			t.Errorf("after %d s: %s", second, diff)
		}
	}
	if got := h.loads(); got != nil {
		t.Errorf("without a sample: got %v", got)
	}
	f(0, []processor{{0, 100, 300}}, load{0, 25})                                 // since boot
	f(5, []processor{{0, 600, 300}, {1, 1, 99}}, load{0, 100}, load{1, 1})        // a CPU was added
	f(10, []processor{{0, 600, 300}}, load{0, 100})                               // and taken away
	f(30, []processor{{0, 600, 2800}}, load{0, 17})                               // 500 of 3000
	f(60, []processor{{0, 600, 5800}}, load{0, 8})                                // 500 of 6000, one minute
	f(65, []processor{{0, 600, 6300}, {1, 1, 6099}}, load{0, 0}, load{1, 0})      // the busy time is over a minute ago
	f(70, []processor{{0, 700, 6200}, {1, 6001, 6099}}, load{0, 2}, load{1, 100}) // an idle time that fell
	f(200, []processor{{0, 700, 6200}}, load{0, 0})                               // the VM stood still
}

// TestHistoryIsTheLastMinute compares the base of a load with a search through all samples ever taken.
func TestHistoryIsTheLastMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h history
		var ever []sample
		at, p := noon, processor{}
		for range rapid.IntRange(1, 40).Draw(t, "samples") {
			at = at.Add(time.Duration(rapid.IntRange(1, 90_000).Draw(t, "ms")) * time.Millisecond)
			p.busy += rapid.Uint64Range(0, 500).Draw(t, "busy")
			p.idle += rapid.Uint64Range(0, 500).Draw(t, "idle")
			h.add(at, []processor{p})
			ever = append(ever, sample{at, []processor{p}})

			base := processor{}
			for i, s := range ever[:len(ever)-1] {
				if i == 0 || at.Sub(s.at) >= loadWindow { // the newest that is a minute old
					base = s.all[0]
				}
			}
			want := 0.0
			if all := p.busy + p.idle - base.busy - base.idle; all > 0 {
				want = 100 * float64(p.busy-base.busy) / float64(all)
			}
			if got := h.loads()[0].percent; math.Abs(float64(got)-want) > 0.5 {
				t.Fatalf("got %d, want %f", got, want)
			}
		}
		if oldest := h.samples[min(1, len(h.samples)-1)]; len(h.samples) > 1 && at.Sub(oldest.at) >= loadWindow {
			t.Fatalf("%d samples are kept, the second is %s old", len(h.samples), at.Sub(oldest.at))
		}
	})
}
