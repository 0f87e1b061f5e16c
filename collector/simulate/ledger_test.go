package simulate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/uptime"
	"ninewatch/internal/telemetry"
)

// TestLedgerOfTheHistory: the engine reads the episodes out of the runs, to the second.
func TestLedgerOfTheHistory(t *testing.T) {
	d := testDemo()
	f := func(device string, want map[uptime.State]int64) {
		t.Helper()
		var streams []uptime.Stream
		for _, probe := range []telemetry.Probe{telemetry.ProbeICMP, telemetry.ProbeSNMP} {
			if runs := history(t, d, device, probe); runs != nil {
				streams = append(streams, uptime.Stream{Probe: probe, Agent: "demo", Runs: runs})
			}
		}
		from, to := noon.Add(-80*day).Unix(), noon.Add(-time.Hour).Unix()
		got := map[uptime.State]int64{}
		for _, i := range uptime.Timeline(streams, uptime.DefaultPolicy(), from, to, noon.UnixMilli()) {
			got[i.State] += i.To - i.From
		}
		if got[uptime.Up]+got[uptime.Degraded]+got[uptime.Down]+got[uptime.Unknown] != to-from {
			t.Errorf("%s: the parts of %v do not sum to %d", device, got, to-from)
		}
		// How much of a time without an agent is unknown depends on how long a sample vouches.
		if got[uptime.Unknown] == 0 {
			t.Errorf("%s: nothing is unknown", device)
		}
		delete(got, uptime.Up)
		delete(got, uptime.Unknown)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", device, diff)
		}
	}
	f("opo-edge-1", map[uptime.State]int64{uptime.Down: 38*60 + 12, uptime.Degraded: 45 * 60})
	f("lis-acc-1", map[uptime.State]int64{uptime.Down: 200 + 125 + 288})
	f("lis-srv-1", map[uptime.State]int64{uptime.Degraded: 130 * 60})
	f("opo-ups-1", map[uptime.State]int64{uptime.Down: 17*60 + 38*60 + 12 + 3}) // by SNMP alone: in steps of 15 s
	f("opo-srv-1", map[uptime.State]int64{uptime.Down: 38*60 + 12})
	f("lis-core-2", map[uptime.State]int64{uptime.Down: 11 * 60})
	f("lis-edge-1", map[uptime.State]int64{})
}
