package plan

import (
	"strings"
	"testing"
)

// TestBillsRestOnTheirBuckets: a month is billed from all of its buckets or not at all, and the days are kept for good.
func TestBillsRestOnTheirBuckets(t *testing.T) {
	r := newRig(t) // it is 19 Nov 2026
	from := t0.AddDate(0, 0, -109)
	rates := make([]float64, 109*288) // from 1 Aug up to 17 Nov
	for i := range rates {
		rates[i] = 100e6 + float64(i%288)*1e5
	}
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi2", Capacity: 1e9, From: from.UnixMilli(), Rates: [][]float64{rates, rates}, Peaks: [][]float64{rates, rates}}}); err != nil {
		t.Fatal(err)
	}
	if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
		t.Fatal(err)
	}
	if err := r.service.clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	// 62 days before 19 Nov is 18 Sep: September is kept as a whole, of August nothing.
	kept, err := r.service.Bill(t.Context(), "interface:sw1/Gi2", "2026-09", "max_of_p95", false)
	if err != nil || kept.Withheld != "" || kept.In.N != 30*288 || kept.Value == nil {
		t.Errorf("September: %+v, %v", kept, err)
	}
	gone, err := r.service.Bill(t.Context(), "interface:sw1/Gi2", "2026-08", "max_of_p95", false)
	if err != nil || gone.Value != nil || !strings.HasPrefix(gone.Withheld, "the buckets of 31 days of this month are kept no longer: those of interfaces for 62 days") {
		t.Errorf("August: %+v, %v", gone, err)
	}
	future, err := r.service.Bill(t.Context(), "interface:sw1/Gi2", "2026-12", "max_of_p95", false)
	if err != nil || future.Value != nil || future.Withheld != "the month has not begun" {
		t.Errorf("December: %+v, %v", future, err)
	}
	days, err := r.service.month(t.Context(), "interface:sw1/Gi2", 202608)
	if err != nil || len(days) != 31 || days[31].Lines[0].Max < 128.6e6 {
		t.Errorf("the features of August: %d days, %v", len(days), err)
	}
}
