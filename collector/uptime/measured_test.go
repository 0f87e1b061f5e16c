package uptime

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	samples "ninewatch/collector/store"
)

// TestQuality: an hour of a circuit, of which minutes 20 to 35 are down. The probe windows of a minute send 60 echoes;
// one in minute 50 is lost. What is lost while the circuit is down counts as unavailability, not as loss.
func TestQuality(t *testing.T) {
	s, e := scopeWorld(t)
	s.exec(`UPDATE objects SET spec = ? WHERE kind = 'circuit'`, `{"name": "wan", "provider": "telecom", "device": "sw2", "target": "192.0.2.1", "contract": {"availability": "99.5", "rtt": "20ms", "loss": "0.03"}}`)
	reload(t, e)
	series := func(name string, value func(minute int64) float64) samples.Samples {
		x := samples.Samples{Name: name, Labels: map[string]string{"agent": "a1"}}
		for m := range int64(61) {
			x.Times, x.Values = append(x.Times, start+m*60_000), append(x.Values, value(m))
		}
		return x
	}
	e.deps.Samples = shelf{"lisbon/circuit:wan": {
		series("ninewatch_icmp_sent_total", func(m int64) float64 { return float64(60 * m) }),
		series("ninewatch_icmp_received_total", func(m int64) float64 {
			got := 60*m - 60*max(0, min(m, 35)-20)
			if m >= 50 {
				got--
			}
			return float64(got)
		}),
		series("ninewatch_icmp_rtt_mean_seconds", func(m int64) float64 {
			switch {
			case m > 20 && m <= 35:
				return math.NaN()
			case m > 57:
				return 0.110
			}
			return 0.010
		}),
	}}
	c, err := e.Claim(t.Context(), "wan", start/1000, start/1000+3600)
	if err != nil {
		t.Fatal(err)
	}
	if c.Quality == nil {
		t.Fatal("nothing was measured")
	}
	// 45 windows of 60 echoes, one echo lost: 1/2700 = 0.0371 %, which is more than 0.03 %. 42 windows took 10 ms and
	// three 110 ms: (41*60+59)*10 ms + 180*110 ms over 2,699 replies are 16.669 ms.
	got := *c.Quality
	if math.Abs(*got.RTTSeconds-0.0166691) > 1e-6 || *got.RTTP50 != 0.010 || *got.RTTP95 != 0.110 {
		t.Errorf("got a mean of %v, median %v, 95th percentile %v", *got.RTTSeconds, *got.RTTP50, *got.RTTP95)
	}
	got.RTTSeconds, got.RTTP50, got.RTTP95 = nil, nil, nil
	want := Quality{Since: millis(start), Sent: 2700, Lost: 1, LossPercent: "0.0371", RTTVerdict: "met", LossVerdict: "breached"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	promised, q, err := e.Measured(t.Context(), "circuit:wan", start/1000, start/1000+3600)
	if err != nil || promised.RTTSeconds != "0.02" || promised.LossPercent != "0.03" || q.LossPercent != "0.0371" {
		t.Errorf("in a list: promised %+v, measured %+v, %v", promised, q, err)
	}
	if _, q, err = e.Measured(t.Context(), "provider:telecom", start/1000, start/1000+3600); err != nil || q.Sent != 2700 || *q.RTTP95 != 0.110 ||
		q.RTTVerdict != "met" || q.LossVerdict != "breached" {
		t.Errorf("of the provider: %+v, %v", q, err)
	}
	if _, _, err = e.Measured(t.Context(), "circuit:none", 0, 1); !errors.Is(err, ErrUnknownScope) {
		t.Errorf("of no circuit: %v", err)
	}

	e.deps.Samples = shelf{}
	if _, q, err = e.Measured(t.Context(), "provider:telecom", start/1000, start/1000+3600); err != nil || q != nil {
		t.Errorf("a provider without samples: got %+v, %v", q, err)
	}
	if c, err = e.Claim(t.Context(), "wan", start/1000, start/1000+3600); err != nil || c.Quality != nil {
		t.Errorf("without samples: got %+v, %v", c.Quality, err)
	}
}

// TestQualityLeavesOut: what tells nothing of a window is left out of it.
func TestQualityLeavesOut(t *testing.T) {
	good := Windows{{0, 10_000}}
	f := func(sent, received []float64, wantSent, wantLost float64) {
		t.Helper()
		m := measured{first: never}
		x := func(v []float64) samples.Samples {
			return samples.Samples{Times: []int64{0, 60_000, 120_000}[:len(v)], Values: v}
		}
		m.take(x(sent), x(received), samples.Samples{}, Window{0, 10_000}, good)
		if m.sent != wantSent || m.lost != wantLost {
			t.Errorf("%v %v: got %v of %v lost", sent, received, m.lost, m.sent)
		}
	}
	f([]float64{0, 60, 120}, []float64{0, 60, 119}, 120, 1)
	f([]float64{900, 0, 60}, []float64{900, 0, 58}, 60, 2)              // the agent began anew
	f([]float64{0, math.NaN(), 60}, []float64{0, math.NaN(), 60}, 0, 0) // the series ended
	f([]float64{0, 60, 120}, []float64{0, 60}, 60, 0)                   // the other counter was not read
	f([]float64{0, 60, 120}, []float64{0, 59, 120}, 120, 0)             // a reply in the window after
	f([]float64{60}, []float64{60}, 0, 0)
}

func TestPercentUp(t *testing.T) {
	for n, want := range map[int64]string{0: "0.0000", 1: "0.0001", 30_001: "0.3001", 10_000_000: "100.0000"} {
		if got := percentUp(n, 10_000_000); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
