package simulate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPolls: polls go on but where the device did not answer SNMP, and ports say when their lines were dead.
func TestPolls(t *testing.T) {
	d := testDemo()
	polls := d.Polls(90)
	if len(polls) != len(d.Devices()) {
		t.Fatalf("%d devices were polled, want all %d", len(polls), len(d.Devices()))
	}
	away := map[string]time.Duration{}   // by device: between two runs
	seen := map[string][]time.Duration{} // by port: how long it was down
	for _, p := range polls {
		for i, r := range p.Runs[1:] {
			away[p.Device] += time.Duration(r.From-p.Runs[i].To-r.Every) * time.Millisecond
		}
		down := map[string]int64{}
		for _, c := range p.Changes {
			switch name := p.Device + "/" + c.Port; {
			case c.Previous == 0:
			case c.Oper == 2:
				down[name] = c.At
			default:
				seen[name] = append(seen[name], time.Duration(c.At-down[name])*time.Millisecond)
			}
		}
	}
	if got := away["opo-dist-1"]; got < 44*time.Minute || got > 45*time.Minute { // the outage of the site, and the fault of its prober
		t.Errorf("the ports of opo-dist-1 were not read for %s", got)
	}
	// As polls every 15 s see them: 9:12 min, 82:40 min and 26 min.
	want := map[string][]time.Duration{
		"lis-edge-1/wan2": {9*time.Minute + 15*time.Second, 82*time.Minute + 45*time.Second},
		"opo-edge-1/wan2": {26 * time.Minute},
	}
	within := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() <= demoSNMPInterval })
	if diff := cmp.Diff(want, seen, within); diff != "" {
		t.Error(diff)
	}
}

// TestDeadLinesCarryNothing: what capacity planning is given of the past agrees with the ledger.
func TestDeadLinesCarryNothing(t *testing.T) {
	d := testDemo()
	at := noon.Add(-12*day - 4*time.Hour) // an hour into the fault
	for _, s := range d.Features(14) {
		rate := s.Rates[0][(at.UnixMilli()-s.From)/featureBucket.Milliseconds()]
		switch s.Name {
		case "interface:lis-edge-1/wan2":
			if rate != 0 {
				t.Errorf("the dead line carried %g bit/s", rate)
			}
		case "interface:lis-edge-1/wan1":
			if rate == 0 {
				t.Error("the line beside it carried nothing")
			}
		}
	}
}
