package alert

import (
	"slices"
	"testing"
	"time"
)

// burn is a budget that is spent too fast since an outage of the server that the service stands on.
func burn(from, to int64) Finding {
	return Finding{Kind: SLOBurn, Site: "porto", Object: "service:orders", Severity: Critical, State: Down, Since: from, Detected: to,
		Summary: "service orders spends its budget 18.3 times too fast", Members: []string{"opo-dist-1"}, Causes: []string{"opo-dist-1/wan1"}, Lapse: [2]int64{from, to}}
}

// TestABurnThatLooksBackIsNoIncident: a rate over the last minutes is still too high when the outage that it tells of
// is over, and its incident was told.
func TestABurnThatLooksBackIsNoIncident(t *testing.T) {
	const minute = int64(60_000)
	f := func(name string, steps func(r *rig), told ...string) {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.observe(finding(Down, t0))
			r.wait(10 * time.Second)
			steps(r)
			r.wantTold(append([]string{"ops opened INC-1 open"}, told...)...)
		})
	}
	resolved := "ops resolved INC-1 resolved"
	f("it was hidden while the outage went on", func(r *rig) {
		r.observe(burn(t0, t0+minute))
		r.restart()
		r.now = t0 + 2*minute
		r.observe(finding(Up, t0+2*minute))
		r.restart()
		r.observe(burn(t0, t0+2*minute))
		r.wait(10 * time.Minute)
		if i, _ := r.get(1); i.Status != Resolved || i.Ended != t0+2*minute {
			r.t.Errorf("the outage is %s since %d", i.Status, i.Ended)
		}
	}, resolved)
	f("it comes when the outage is over", func(r *rig) {
		r.now = t0 + minute
		r.observe(finding(Up, t0+minute))
		r.wait(time.Minute)
		r.observe(burn(t0, t0+minute))
		r.restart()
		r.wait(10 * time.Minute)
		if _, events := r.get(1); !slices.Contains(events, EventUpdated) {
			r.t.Errorf("the outage does not say what it cost: %q", events)
		}
	}, resolved)
	f("more is lost, of which nobody was told", func(r *rig) {
		r.now = t0 + minute
		r.observe(finding(Up, t0+minute))
		r.observe(burn(t0, t0+minute))
		r.now = t0 + 20*minute
		r.observe(burn(t0+18*minute, t0+19*minute))
		r.wait(time.Minute)
	}, resolved, "ops opened INC-2 open")
	f("several outages are more than each of them", func(r *rig) {
		r.now = t0 + minute
		r.observe(finding(Up, t0+minute))
		several := burn(t0, t0+minute)
		several.Lapse = [2]int64{}
		r.observe(several)
		r.wait(time.Minute)
	}, resolved, "ops opened INC-2 open")
	f("it tells of another device", func(r *rig) {
		r.now = t0 + minute
		r.observe(finding(Up, t0+minute))
		other := burn(t0, t0+minute)
		other.Members = []string{"opo-dist-2"}
		r.observe(other)
		r.wait(time.Minute)
	}, resolved, "ops opened INC-2 open")
}

// TestABurnOfACircuitIsWithItsPort: what failed is told once, while it is down and afterwards.
func TestABurnOfACircuitIsWithItsPort(t *testing.T) {
	r := newRig(t, nil)
	port := Finding{Kind: InterfaceDown, Site: "porto", Device: "opo-dist-1", Object: "wan1", State: Down, Since: t0, Detected: t0, Summary: "wan1 of opo-dist-1 is down", Causes: []string{"opo-dist-1/wan1"}}
	r.observe(port)
	r.wait(time.Minute)
	r.observe(burn(t0, t0+60_000))
	r.wait(time.Minute)
	port.State, port.Since = Up, t0+120_000
	r.observe(port)
	r.observe(burn(t0, t0+120_000))
	r.wait(10 * time.Minute)
	r.wantTold("ops opened INC-1 open", "ops resolved INC-1 resolved")
}
