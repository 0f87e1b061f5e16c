package app

import (
	"testing"
	"time"

	"ninewatch/collector/plan"
	"ninewatch/collector/topology/live"
)

// TestEndsOf: two uplinks with 300 Mbit/s together, of which the ports say 200 + 200: a peak of one is no peak of the
// other. They grow by a half by the third day, so that the load of 450 that one link takes is reached then.
func TestEndsOf(t *testing.T) {
	port := func(key string, p95 float64, days ...float64) plan.Outlook {
		o := plan.Outlook{Device: "edge", Interface: key, P95: &p95}
		for i, d := range days {
			o.Forecast = append(o.Forecast, plan.Expected{Date: time.Date(2026, 11, 28+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), P50: d})
		}
		return o
	}
	withheld := port("wan3", 200e6, 900e6)
	withheld.Withheld = "not enough history"
	all := []plan.Outlook{port("wan1", 200e6, 210e6, 250e6, 300e6, 400e6), port("wan2", 200e6, 210e6, 260e6, 300e6, 300e6), withheld,
		{Device: "edge", Resource: "processor:edge"}}
	got := endsOf(all, []live.Growing{
		{Ports: []string{"edge/wan1", "edge/wan2"}, Rate: 300e6, Most: 450e6},
		{Ports: []string{"edge/wan1", "edge/wan2"}, Rate: 300e6, Most: 1e9},   // not within the horizon
		{Ports: []string{"edge/wan1", "edge/wan3"}, Rate: 300e6, Most: 310e6}, // one of them has no forecast
		{Ports: []string{"edge/wan1", "core/te1"}, Rate: 300e6, Most: 310e6},  // nobody knows the other
		{},
	})
	want := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	if !got[0].Equal(want) {
		t.Errorf("got %s, want %s", got[0], want)
	}
	for i, at := range got[1:] {
		if !at.IsZero() {
			t.Errorf("load %d: got %s, want none", i+1, at)
		}
	}
}
