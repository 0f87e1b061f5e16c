package alert

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"
)

// branch is a core with devices behind it, and one device beside it.
func branch(n int) (*Book, []string) {
	b := &Book{Devices: map[string]Place{"core-1": {Site: "porto", Role: "core"}, "alone": {Site: "porto", Role: "access"}}}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("sw-%04d", i)
		b.Devices[names[i]] = Place{Site: "porto", Role: "access", Parents: []string{"core-1"}}
	}
	return b, names
}

func says(device string, s State, at int64) Finding {
	return Finding{Site: "porto", Device: device, State: s, Since: at, Detected: at + 2000, Evidence: "3 echo requests lost"}
}

// TestStorm: 5,000 devices behind one core that fails are one incident and one message with all of them in it, told
// within 10 s; so is the recovery. A failure of its own among them gets its own.
func TestStorm(t *testing.T) {
	b, names := branch(5000)
	r := newRig(t, b)
	var impact []int
	r.deps.Deliver = func(_ *sql.Tx, m Message) error {
		for _, it := range m.Items {
			r.told = append(r.told, fmt.Sprintf("%s %s", it.Event, it.Incident.Name()))
			impact = append(impact, len(it.Incident.Hidden))
		}
		return nil
	}
	up := []Finding{says("core-1", Up, t0-9000), says("alone", Up, t0-9000)}
	for _, name := range names {
		up = append(up, says(name, Up, t0-9000))
	}
	r.observe(up...)
	began := time.Now()
	r.observe(says("core-1", Down, t0))
	r.wantTold() // what lies behind it is not known yet
	for part := range slices.Chunk(names, 500) {
		r.now += 300
		var in []Finding
		for _, name := range part {
			in = append(in, says(name, Unreachable, t0+100))
		}
		r.observe(in...)
	}
	r.wantTold("opened INC-1")
	if r.now-t0 > 10_000 || impact[0] != 5000 {
		t.Errorf("told after %d ms with %d devices, want at most 10 s and 5000", r.now-t0, impact[0])
	}
	r.observe(says("alone", Down, r.now))
	r.wantTold("opened INC-2")
	r.restart()
	r.deps.Deliver = func(_ *sql.Tx, m Message) error {
		r.told = append(r.told, fmt.Sprintf("%s %s %d", m.Items[0].Event, m.Items[0].Incident.Name(), len(m.Items[0].Incident.Hidden)))
		return nil
	}
	back := r.now + 60_000
	r.now = back
	r.observe(says("core-1", Up, back))
	r.wantTold() // what was behind it is looked at again first
	for part := range slices.Chunk(names, 1000) {
		r.now += 500
		var in []Finding
		for _, name := range part {
			if name != "sw-0042" {
				in = append(in, says(name, Up, back+200))
			}
		}
		r.observe(in...)
	}
	r.wantTold()
	r.observe(says("sw-0042", Down, back)) // it has a fault of its own, seen since
	r.wantTold("resolved INC-1 4999", "opened INC-3 0")
	t.Logf("all steps of 5,000 devices took %s", time.Since(began))
}

// TestARootWaitsForWhatLiesBehindIt five seconds at most.
func TestARootWaitsForWhatLiesBehindIt(t *testing.T) {
	b, names := branch(3)
	r := newRig(t, b)
	r.observe(says("core-1", Up, t0-9000), says(names[0], Up, t0-9000), says(names[1], Up, t0-9000), says(names[2], Up, t0-9000))
	r.observe(says("core-1", Down, t0), says(names[0], Unreachable, t0))
	r.wait(4900 * time.Millisecond)
	r.wantTold()
	r.wait(200 * time.Millisecond)
	r.wantTold("ops opened INC-1 open")
	i, _ := r.get(1)
	if i.Behind != 1 || i.Impact != "1 device behind it" {
		t.Errorf("got %d, %q", i.Behind, i.Impact)
	}
}

// TestOneCauseAfterAll: a child that was told alone is merged into the incident of its parent.
func TestOneCauseAfterAll(t *testing.T) {
	b, names := branch(1)
	r := newRig(t, b)
	r.observe(says("core-1", Up, t0-9000))
	r.observe(says(names[0], Down, t0))
	r.observe(says("core-1", Down, t0))
	i, _ := r.get(1)
	if i.Device != "core-1" || i.Behind != 1 || i.Status != Open {
		t.Errorf("got %+v", i)
	}
	r.wantTold("ops opened INC-1 open")
}

// TestRedundancyJoinsTheOutage that explains it, and is told of when it outlasts it.
func TestRedundancyJoinsTheOutage(t *testing.T) {
	b, _ := branch(0)
	r := newRig(t, b)
	lost := Finding{Kind: RedundancyLost, Site: "porto", Object: "uplinks", State: Down, Since: t0, Summary: "uplinks has no spare", Members: []string{"core-1"}}
	r.observe(says("core-1", Down, t0), lost)
	r.wantTold("ops opened INC-1 open")
	r.now += 60_000
	r.observe(says("core-1", Up, r.now))
	r.wantTold()
	r.wait(31 * time.Second)
	r.wantTold("ops resolved INC-1 resolved", "ops opened INC-2 open")
}

// TestUsersOfAnOutage are those of the devices that are cut off, not all of their sites.
func TestUsersOfAnOutage(t *testing.T) {
	b, names := branch(2)
	for n, name := range append([]string{"core-1"}, names...) {
		p := b.Devices[name]
		p.Users = []float64{0, 40.5, 60}[n]
		b.Devices[name] = p
	}
	r := newRig(t, b)
	r.observe(says("core-1", Down, t0), says(names[0], Unreachable, t0), says(names[1], Up, t0))
	r.wait(6 * time.Second)
	if i, _ := r.get(1); i.Impact != "1 device behind it; 41 users" {
		t.Errorf("got %q", i.Impact)
	}
}

// TestTheOutageTellsTheRedundancy that is lost with it: nobody sees that by himself while the service is up.
func TestTheOutageTellsTheRedundancy(t *testing.T) {
	b, _ := branch(0)
	r := newRig(t, b)
	lost := func(group string, severity Severity) Finding {
		return Finding{Kind: RedundancyLost, Site: "porto", Object: group, Severity: severity, State: Down, Since: r.now, Summary: group + " has no spare", Members: []string{"core-1"}}
	}
	r.observe(says("core-1", Down, t0), lost("uplinks", Major))
	r.wantTold("ops opened INC-1 open")
	i, events := r.get(1)
	if want := "without redundancy: uplinks"; i.Impact != want || i.Summary != "core-1 does not answer" {
		t.Errorf("got %q of %q, want %q", i.Impact, i.Summary, want)
	}
	if want := []string{EventDetected, EventUpdated, EventOpened}; !slices.Equal(events, want) {
		t.Errorf("got %q, want %q", events, want)
	}
	r.now += 90_000
	r.observe(lost("routers", Critical)) // more is lost: that is told
	r.wantTold("ops updated INC-1 open")
	r.restart()
	r.now += 90_000
	ended := lost("uplinks", Major)
	ended.State = Up
	r.observe(ended)
	r.wantTold() // less is lost
	if i, _ = r.get(1); i.Impact != "without redundancy: routers" || i.Severity != Critical {
		t.Errorf("got %q, %s", i.Impact, i.Severity)
	}
}

// TestRedundancyIsToldBeforeItsCause: the neighbour of a device says that its port is down before the device is missed.
func TestRedundancyIsToldBeforeItsCause(t *testing.T) {
	b, _ := branch(0)
	r := newRig(t, b)
	long := Finding{Kind: RedundancyLost, Site: "porto", Object: "power", State: Down, Since: t0 - 3_600_000, Summary: "power has no spare", Members: []string{"core-1"}}
	soon := Finding{Kind: RedundancyLost, Site: "porto", Object: "uplinks", State: Down, Since: t0, Summary: "uplinks has no spare", Members: []string{"core-1"}}
	r.observe(long, soon)
	r.wantTold("ops opened INC-1 open", "ops opened INC-2 open")
	r.now += 4000
	r.observe(says("core-1", Down, r.now))
	r.wait(6 * time.Second)
	r.wantTold("ops resolved INC-2 resolved", "ops opened INC-3 open")
	if i, _ := r.get(2); i.MergedInto != 3 {
		t.Errorf("it ended as %+v", i)
	}
	if i, _ := r.get(3); i.Impact != "without redundancy: uplinks" {
		t.Errorf("got %q", i.Impact)
	}
	if i, _ := r.get(1); i.Status != Open { // of an hour before: that has a cause of its own
		t.Errorf("it is %s", i.Status)
	}
}

// TestOneCableIsOneIncident: a link that is down, a group of routers over it and another group are told once, whichever
// is known first; and what is left when the first is mended has an incident of its own.
func TestOneCableIsOneIncident(t *testing.T) {
	const cable = "core-1/te1"
	about := func(kind, object string, since int64, causes ...string) Finding {
		return Finding{Kind: kind, Site: "porto", Object: object, State: Down, Since: since, Summary: object + " is not well", Causes: causes}
	}
	r := newRig(t, nil)
	r.observe(about(InterfaceDown, "link", t0, "acc-1/te9", cable))
	r.now += 5000
	r.observe(about(RedundancyLost, "routers", t0+4000, cable), about(RedundancyLost, "elsewhere", t0, "core-2/te1"))
	r.restart()
	r.now += 5000
	r.observe(about(RedundancyLost, "uplinks", t0, cable))
	r.wantTold("ops opened INC-1 open", "ops opened INC-2 open")
	i, _ := r.get(1)
	if i.Kind != InterfaceDown || i.Impact != "without redundancy: routers, uplinks" {
		t.Errorf("got %s, %q", i.Kind, i.Impact)
	}
	r.now += 100_000
	mended := about(InterfaceDown, "link", r.now, cable)
	mended.State = Up
	r.observe(mended)
	r.wait(31 * time.Second)
	r.told = nil
	r.wait(time.Second)
	if i, _ := r.get(3); i.Kind != RedundancyLost || i.Object != "routers" || i.Impact != "without redundancy: uplinks" || i.Status != Open {
		t.Errorf("got %+v", i)
	}
	if i, _ := r.get(1); i.Status != Resolved {
		t.Errorf("the mended link is %s", i.Status)
	}
}

// TestTwoIncidentsTurnOutToBeOne: two groups are told, and then that they lack the same. A loss of long before stays alone.
func TestTwoIncidentsTurnOutToBeOne(t *testing.T) {
	lost := func(object string, since int64, causes ...string) Finding {
		return Finding{Kind: RedundancyLost, Site: "porto", Object: object, State: Down, Since: since, Summary: object + " is not well", Causes: causes}
	}
	r := newRig(t, nil)
	r.observe(lost("a", t0, "x"), lost("b", t0+20_000, "y"), lost("c", t0-3_600_000, "z"))
	r.now += 1000
	r.observe(lost("b", t0+20_000, "x", "y"), lost("c", t0-3_600_000, "x", "z"))
	if i, _ := r.get(2); i.Status != Resolved || i.MergedInto != 1 {
		t.Errorf("got %+v", i)
	}
	if i, _ := r.get(1); i.Impact != "without redundancy: b" {
		t.Errorf("got %+v", i)
	}
	if i, _ := r.get(3); i.Status != Open {
		t.Errorf("got %+v", i)
	}
}
