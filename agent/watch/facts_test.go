package watch

import (
	"testing"
	"time"

	"ninewatch/internal/telemetry"
)

// TestFactsAreSentWhenTheyAreNews: what only counts and ages is not sent again, except once a day.
func TestFactsAreSentWhenTheyAreNews(t *testing.T) {
	start := time.UnixMilli(1_700_000_000_000)
	d := &device{}
	f := func(what string, after time.Duration, upTime uint64, serial string, want bool) {
		t.Helper()
		at := start.Add(after)
		facts := &telemetry.DeviceFacts{Device: "sw1", Time: at.UnixMilli(), System: telemetry.System{SysUpTime: upTime},
			Components: []telemetry.Component{{Index: 1, Serial: serial}}}
		if got := d.news(facts, at); got != want {
			t.Errorf("%s: got %t, want %t", what, got, want)
		}
	}
	f("the first", 0, 1, "A", true)
	f("an hour later", time.Hour, 360_000, "A", false)
	f("a part was exchanged", 2*time.Hour, 720_000, "B", true)
	f("and stays", 3*time.Hour, 1_080_000, "B", false)
	f("a day after they were sent", 26*time.Hour, 9_360_000, "B", true)
	f("which counts from then", 27*time.Hour, 9_720_000, "B", false)
}
