package uptime

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	samples "ninewatch/collector/store"
	"ninewatch/internal/telemetry"
)

// shelf is a Samples that has what a test puts into it, by device.
type shelf map[string][]samples.Samples

func (s shelf) Read(_ context.Context, site, device string, names []string, from, to int64, take func(samples.Samples)) error {
	for _, x := range s[site+"/"+device] {
		if !slices.Contains(names, x.Name) {
			continue
		}
		out := samples.Samples{Name: x.Name, Labels: x.Labels}
		for i, at := range x.Times {
			if from <= at && at <= to {
				out.Times, out.Values = append(out.Times, at), append(out.Values, x.Values[i])
			}
		}
		if len(out.Times) > 0 {
			take(out)
		}
	}
	return nil
}

// counter is a series with a sample every minute from start on, but for the minutes in [gapFrom, gapTo).
func counter(name, port string, perMinute float64, minutes, gapFrom, gapTo int64) samples.Samples {
	x := samples.Samples{Name: name, Labels: map[string]string{"ifName": port}}
	for m := range minutes {
		if m < gapFrom || m >= gapTo {
			x.Times, x.Values = append(x.Times, start+m*60_000), append(x.Values, perMinute*float64(m))
		}
	}
	return x
}

// TestGapForensics: nobody looked for half an hour. The device ran on, and 400 MB a minute came in at its two ports;
// their aggregate counts them again.
func TestGapForensics(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	s.now = start + 7_200_000
	for _, at := range []int64{start, start + 4_800_000} {
		s.run("a1", icmp("sw1", at, 2400, telemetry.OK))
		s.run("a1", snmp("sw1", at, 40, telemetry.OK))
	}
	for key, kind := range map[string]int{"Gi1": 6, "Gi2": 6, "Po1": 161} {
		s.exec(`INSERT INTO interfaces VALUES ('sw1', ?, 1, ?, 0, 0)`, key, fmt.Sprintf(`{"if_type": %d}`, kind))
	}
	s.heard("a1", s.now)
	e := s.engine()
	e.deps.Samples = shelf{"lisbon/sw1": {
		counter("ifHCInOctets", "Gi1", 3e8, 120, 40, 80), counter("ifHCInOctets", "Gi2", 1e8, 120, 40, 80), counter("ifHCInOctets", "Po1", 4e8, 120, 40, 80),
		counter("ifHCOutOctets", "Gi1", 3e8, 120, 40, 80),
	}}
	reload(t, e)
	a, err := e.Availability(t.Context(), "device:sw1", start/1000, start/1000+7200, "")
	if err != nil {
		t.Fatal(err)
	}
	// Readings lie at minutes 39 and 80: 41 minutes of 400 MB are 16.4 GB.
	want := []GapAnswer{{Scope: "device:sw1", From: stamp(start/1000 + 2400), To: stamp(start/1000 + 4800), Seconds: 2400, CountedSeconds: 2400,
		Why: "no_data", RanOn: true, Text: "ran on without a restart; 16 GB passed"}}
	if diff := cmp.Diff(want, a.Gaps, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".window" }, cmp.Ignore())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a.Unknown != 2400 {
		t.Errorf("got %d s unknown, want 2400", a.Unknown)
	}
}

func TestAcross(t *testing.T) {
	nan := math.NaN()
	f := func(times []int64, values []float64, want float64, known bool) {
		t.Helper()
		got, ok := across(samples.Samples{Times: times, Values: values}, 100, 200)
		if ok != known || ok && got != want {
			t.Errorf("%v %v: got %v, %v, want %v, %v", times, values, got, ok, want, known)
		}
	}
	f([]int64{50, 100, 200, 260}, []float64{1, 5, 9, 50}, 4, true)
	f([]int64{90, 150, 210}, []float64{5, 7, 5}, 0, false) // it began anew
	f([]int64{90, 210}, []float64{5, 4}, 0, false)
	f([]int64{90, 210, 211}, []float64{5, nan, 6}, 1, true)
	f([]int64{90}, []float64{5}, 0, false)
	f([]int64{201}, []float64{5}, 0, false)
	f([]int64{40, 60, 210}, []float64{9, 2, 7}, 5, true) // anew before the window: no matter
	f(nil, nil, 0, false)
}

func TestOctetsInWords(t *testing.T) {
	for n, want := range map[float64]string{1: "1 B", 999: "999 B", 1000: "1.0 kB", 12.4e9: "12 GB", 1.96e6: "2.0 MB", 9.96e6: "10 MB", 999.6e6: "1.0 GB", 5e18: "5000 PB"} {
		if got := octetsInWords(n); got != want {
			t.Errorf("%g: got %s, want %s", n, got, want)
		}
	}
}

// TestRollUpTellsBoth: of a group, too, unknown time is listed, and planned work once with and once without.
func TestRollUpTellsBoth(t *testing.T) {
	s, e := scopeWorld(t)
	// Ten minutes of Porto are planned work; of the last twenty nothing is known, at both sites.
	s.now = start + 4_800_000
	s.heard("a1", s.now)
	s.object("maintenance", "m", "", fmt.Sprintf(`{"name": "m", "scope": ["site:porto"], "from": %q, "to": %q, "reason": "fibre"}`, stamp(start/1000+600), stamp(start/1000+1200)))
	reload(t, e)
	a, err := e.Availability(t.Context(), "company", start/1000, start/1000+4800, "99.9")
	if err != nil {
		t.Fatal(err)
	}
	if a.Maintenance != 600 || len(a.Windows) != 1 || a.Windows[0].Name != "m" || a.WithoutMaintenance == nil || a.WithoutMaintenance.AgreedSeconds != a.AgreedSeconds+600 {
		t.Errorf("got %d s of planned work, windows %v, without %+v", a.Maintenance, a.Windows, a.WithoutMaintenance)
	}
	var counted int64
	for _, g := range a.Gaps {
		counted += g.CountedSeconds
	}
	if counted != a.Unknown || a.Unknown < 2000 || len(a.Gaps) != 2 {
		t.Errorf("gaps of %d s, unknown %d s", counted, a.Unknown)
	}
}

// TestGapsBeginInService: what was not watched yet is not in service, and no gap.
func TestGapsBeginInService(t *testing.T) {
	w := whole{line: []Interval{{From: 0, To: 500, State: Unknown}, {From: 500, To: 900, State: Up}, {From: 900, To: 1000, State: Unknown}}, asOf: 1000}
	f := func(since, to int64, want ...Window) {
		t.Helper()
		var got []Window
		for _, g := range gaps(subject{}, w, Terms{Period: Window{0, to}, Since: since}) {
			got = append(got, g.window)
		}
		if !slices.Equal(got, want) {
			t.Errorf("since %d, to %d: got %v, want %v", since, to, got, want)
		}
	}
	f(0, 1000, Window{0, 500}, Window{900, 1000})
	f(400, 1000, Window{400, 500}, Window{900, 1000})
	f(400, 300)
	f(500, 1000, Window{900, 1000})
}
