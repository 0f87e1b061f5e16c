package plan

import (
	"errors"
	"math"
	"testing"
	"time"
)

// TestQuality: a line that tells 1 Gbit/s and carries 2, of which ten packets in 1,010 are broken.
func TestQuality(t *testing.T) {
	r := newRig(t)
	for object, bps := range map[string]float64{"ifHCInOctets": 2e9, "ifHCOutOctets": 1e6, "ifHCInUcastPkts": 8 * 900, "ifHCInMulticastPkts": 8 * 100, "ifInErrors": 8 * 10, "ifOutDiscards": 0} {
		r.poll(object, t0, t0.Add(25*time.Hour), time.Minute, 1000, bps)
	}
	r.collect()
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	q, err := r.service.Quality(t.Context(), "circuit:lis-a")
	if err != nil {
		t.Fatal(err)
	}
	if !q.SpeedSuspect || q.Speed == nil || *q.Speed != 1e9 {
		t.Errorf("2 of 1 Gbit/s: %+v", q)
	}
	if q.In.Errors == nil || math.Abs(*q.In.Errors-10.0/1010) > 1e-4 || q.In.Discards != nil {
		t.Errorf("received: %+v", q.In)
	}
	if q.Out.Errors != nil || q.Out.Discards != nil || q.Out.Packets != 0 { // nothing moved: there is no share of nothing
		t.Errorf("sent: %+v", q.Out)
	}
	if _, err := r.service.Quality(t.Context(), "expression:leases/lisbon//"); !errors.Is(err, ErrUnknown) {
		t.Errorf("what is no line: %v", err)
	}
}
