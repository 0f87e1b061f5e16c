package watch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/snmptest"
	"ninewatch/internal/telemetry"
)

// pair is a first hop router with a power supply and a neighbour.
const pair = box + `1.3.6.1.2.1.68.1.3.1.3.1.7|2|3
1.3.6.1.2.1.68.1.3.1.5.1.7|2|100
1.3.6.1.2.1.68.1.4.1.2.1.7.192.0.2.254|2|1
1.3.6.1.2.1.47.1.1.1.1.5.1|2|6
1.3.6.1.2.1.47.1.1.1.1.7.1|4|PSU 1
1.3.6.1.2.1.47.1.4.1.0|67|100
1.0.8802.1.1.2.1.2.1.0|67|100
1.0.8802.1.1.2.1.4.1.1.4.0.1.7|2|4
1.0.8802.1.1.2.1.4.1.1.5.0.1.7|4x|0a0000000001
1.0.8802.1.1.2.1.4.1.1.9.0.1.7|4|sw2
`

// TestStates: what a device says of its redundancy is told within the poll that sees it change, not at the next
// discovery an hour later.
func TestStates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var view swapped
	set := func(changes ...string) {
		rec := recording(strings.NewReplacer(changes...).Replace(pair))
		view.Store(&rec)
	}
	set()
	r.assign(t, at(snmptest.Serve(t, recording(""), snmptest.Options{View: &view}).Addr))
	r.poll(t)
	poll := func(what string) *telemetry.DeviceFacts {
		t.Helper()
		r.pass(2 * time.Second)
		r.run(t, pollKey("box"))
		return factsOf(r.told())
	}
	if f := poll("nothing"); f != nil {
		t.Errorf("nothing has changed: got %+v", f)
	}
	backup := []string{"1.3.6.1.2.1.68.1.3.1.3.1.7|2|3", "1.3.6.1.2.1.68.1.3.1.3.1.7|2|2"}
	set(backup...)
	f := poll("the router became the backup")
	if f == nil || len(f.FHRPGroups) != 1 || f.FHRPGroups[0].State != "backup" || f.Time != r.clock().UnixMilli() ||
		len(f.Interfaces) != 2 || len(f.Neighbors) != 1 || len(f.Components) != 1 {
		t.Fatalf("the router became the backup: got %+v", f)
	}
	if f := poll("still"); f != nil {
		t.Errorf("told already: got %+v", f)
	}
	gone := append(backup, "1.0.8802.1.1.2.1.2.1.0|67|100", "1.0.8802.1.1.2.1.2.1.0|67|777", "1.0.8802.1.1.2.1.4.", "1.0.8802.1.1.2.1.99.")
	set(gone...)
	if f := poll("the neighbour went"); f == nil || len(f.Neighbors) != 0 || len(f.FHRPGroups) != 1 {
		t.Errorf("the neighbour went: got %+v", f)
	}
	set(append(gone, "1.3.6.1.2.1.47.1.4.1.0|67|100", "1.3.6.1.2.1.47.1.4.1.0|67|900", "1.3.6.1.2.1.47.1.1.", "1.3.6.1.2.1.47.99.")...)
	poll("a power supply was pulled")
	if got := r.wanted[len(r.wanted)-1]; got != inventoryKey("box") {
		t.Errorf("a power supply was pulled: got a trigger of %s, want one of the discovery", got)
	}
	r.run(t, inventoryKey("box"))
	if f := factsOf(r.told()); f == nil || len(f.Components) != 0 || slices.Contains(f.Partial, "components") {
		t.Errorf("a power supply was pulled: got %+v", f)
	}
}

// TestStatesBesideADiscovery: a poll does not wait for a discovery, and what changed meanwhile is not lost.
func TestStatesBesideADiscovery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var view swapped
	full := recording(pair)
	view.Store(&full)
	r.assign(t, at(snmptest.Serve(t, recording(""), snmptest.Options{View: &view}).Addr))
	r.poll(t)
	d := r.devices["box"]
	told := d.told
	changed := recording(strings.Replace(pair, "1.3.6.1.2.1.68.1.3.1.3.1.7|2|3", "1.3.6.1.2.1.68.1.3.1.3.1.7|2|2", 1))
	view.Store(&changed)
	d.reading.Lock() // as a discovery does
	r.run(t, pollKey("box"))
	d.reading.Unlock()
	if f := factsOf(r.told()); f != nil || d.told != told {
		t.Errorf("in the middle of a discovery: got %+v", f)
	}
	r.pass(2 * time.Second)
	r.run(t, pollKey("box"))
	if f := factsOf(r.told()); f == nil || f.FHRPGroups[0].State != "backup" {
		t.Errorf("at the next poll: got %+v", f)
	}
}

// TestNewRows: a session of BGP that is configured shows at the next poll beside others, and within five as the first;
// not at the next discovery an hour later.
func TestNewRows(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var view swapped
	set := func(more string) {
		rec := recording(pair + more)
		view.Store(&rec)
	}
	set("")
	r.assign(t, at(snmptest.Serve(t, recording(""), snmptest.Options{View: &view}).Addr))
	r.poll(t)
	appears := func(peers, polls int) {
		t.Helper()
		for range polls {
			r.pass(2 * time.Second)
			r.run(t, pollKey("box"))
			if f := factsOf(r.told()); f != nil {
				if len(f.BGPPeers) != peers || len(f.FHRPGroups) != 1 {
					t.Errorf("got %+v", f)
				}
				return
			}
		}
		t.Errorf("%d sessions do not show within %d polls", peers, polls)
	}
	const first = "1.3.6.1.2.1.15.3.1.2.192.0.2.1|2|6\n1.3.6.1.2.1.15.3.1.9.192.0.2.1|2|64500\n"
	set(first)
	appears(1, 5)
	set(first + "1.3.6.1.2.1.15.3.1.2.192.0.2.2|2|3\n1.3.6.1.2.1.15.3.1.9.192.0.2.2|2|64501\n")
	appears(2, 1)
	set(first)
	appears(1, 1)
}
