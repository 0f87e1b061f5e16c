package uptime

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// world is two sites with all that a scope can name: an hour of evidence, of which sw2 missed ten minutes.
func scopeWorld(t *testing.T) (*store, *Engine) {
	t.Helper()
	s := newStore(t)
	s.object("site", "lisbon", "lisbon", `{"name": "lisbon", "region": "south"}`)
	s.object("site", "porto", "porto", `{"name": "porto", "region": "north"}`)
	s.object("device", "sw1", "lisbon", `{"name": "sw1", "site": "lisbon", "role": "core", "tags": ["a"]}`)
	s.object("device", "sw2", "lisbon", `{"name": "sw2", "site": "lisbon", "role": "core", "credential": "c", "interfaces": {"monitor": ["Gi0/*"]}}`)
	s.object("device", "sw3", "porto", `{"name": "sw3", "site": "porto"}`)
	s.object("service", "mail", "lisbon", `{"name": "mail", "site": "lisbon", "needs": {"all_of": ["device:sw1", {"any_of": ["device:sw2", "device:sw3"]}]}, "objective": {"availability": "99.9"}}`)
	s.object("service", "both", "", `{"name": "both", "needs": {"all_of": ["device:sw1", "device:sw2"]}}`)
	s.object("service", "circle", "", `{"name": "circle", "needs": "service:circle2"}`)
	s.object("service", "circle2", "", `{"name": "circle2", "needs": {"any_of": ["service:circle"]}}`)
	s.object("circuit", "wan", "", `{"name": "wan", "provider": "telecom", "device": "sw2", "target": "192.0.2.1", "contract": {"availability": "99.5"}}`)
	hour := int64(3_600_000)
	s.now = start + hour
	s.run("a1", icmp("sw1", start, 3600, telemetry.OK))
	s.run("a1", icmp("sw2", start, 1200, telemetry.OK))
	s.run("a1", icmp("sw2", start+1_200_000, 600, telemetry.Fail))
	s.run("a1", icmp("sw2", start+1_800_000, 1800, telemetry.OK))
	s.run("a1", icmp("sw3", start, 3600, telemetry.OK))
	s.run("a1", icmp("circuit:wan", start, 1200, telemetry.OK))
	s.run("a1", icmp("circuit:wan", start+1_200_000, 900, telemetry.Fail)) // five minutes longer than its device
	s.run("a1", icmp("circuit:wan", start+2_100_000, 1500, telemetry.OK))
	s.heard("a1", s.now)
	e := s.engine()
	reload(t, e)
	if _, err := e.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, e
}

func TestScopes(t *testing.T) {
	_, e := scopeWorld(t)
	f := func(scope, want string) {
		t.Helper()
		a, err := e.Availability(t.Context(), scope, start/1000, start/1000+3600, "")
		if err != nil {
			t.Errorf("%s: %v", scope, err)
			return
		}
		if sum := a.Up + a.Degraded + a.Down + a.Unreachable + a.Unknown + a.Maintenance + a.Outside + a.NotInService + a.AdminDown; sum != a.PeriodSeconds {
			t.Errorf("%s: the seconds sum to %d of %d", scope, sum, a.PeriodSeconds)
		}
		verdict := ""
		if a.Verdict != nil {
			verdict = " " + *a.Verdict
		}
		got := fmt.Sprintf("up %d degraded %d down %d unknown %d of %d%s", a.Up, a.Degraded, a.Down, a.Unknown, a.PeriodSeconds, verdict)
		if got != want {
			t.Errorf("%s: got %s, want %s", scope, got, want)
		}
	}
	f("device:sw1", "up 3600 degraded 0 down 0 unknown 0 of 3600")
	f("device:sw2", "up 3000 degraded 0 down 600 unknown 0 of 3600")
	f("site:lisbon", "up 3000 degraded 600 down 0 unknown 0 of 3600") // any of its core devices
	f("service:mail", "up 3000 degraded 600 down 0 unknown 0 of 3600 met")
	f("service:both", "up 3000 degraded 0 down 600 unknown 0 of 3600")
	f("circuit:wan", "up 2700 degraded 0 down 300 unknown 600 of 3600 breached") // while its device was down nothing is said of it
	f("path:a1/sw2", "up 3000 degraded 0 down 600 unknown 0 of 3600")
	f("region:south", "up 3000 degraded 600 down 0 unknown 0 of 3600")
	f("company", "up 6600 degraded 600 down 0 unknown 0 of 7200")
	f("all@porto", "up 3600 degraded 0 down 0 unknown 0 of 3600")
	f("role:core", "up 6600 degraded 0 down 600 unknown 0 of 7200")
	f("tag:a", "up 3600 degraded 0 down 0 unknown 0 of 3600")
	f("provider:telecom", "up 2700 degraded 0 down 300 unknown 600 of 3600")
	for _, scope := range []string{"device:x", "interface:sw1/Gi9", "interface:sw1", "site:x", "service:x", "circuit:x", "path:nobody/sw1", "path:a1/x", "region:x", "provider:x", "agent:x", "x"} {
		if _, err := e.Availability(t.Context(), scope, start/1000, start/1000+1, ""); !errors.Is(err, ErrUnknownScope) {
			t.Errorf("%s: got %v, want %v", scope, err, ErrUnknownScope)
		}
	}
	if _, err := e.Availability(t.Context(), "service:circle", start/1000, start/1000+1, ""); err == nil || !strings.Contains(err.Error(), "circle > circle2 > circle") {
		t.Errorf("a service in itself: got %v", err)
	}
}

func TestRollUp(t *testing.T) {
	_, e := scopeWorld(t)
	a, err := e.Availability(t.Context(), "role:core", start/1000, start/1000+3600, "99")
	if err != nil {
		t.Fatal(err)
	}
	m := a.Members
	if m.Of != "devices" || m.Count != 2 || m.Met != 1 || m.Breached != 1 || *m.ShareMet != "50.0000" || *m.Median != "83.3333" || m.Worst[0].Scope != "device:sw2" ||
		a.Weighting != "time-weighted over devices" || *a.Availability != "91.6666" || *a.Verdict != Breached || len(a.Outages) != 1 {
		t.Errorf("got %+v and %+v", m, a)
	}
	l, err := e.List(t.Context(), []string{"device:sw1", "device:sw2", "device:gone", "service:mail"}, start/1000, start/1000+3600, "")
	if err != nil || len(l) != 3 || l[1].OutageCount != 1 || len(l[1].Outages) != 0 || *l[2].Verdict != Met {
		t.Errorf("list: %+v, %v", l, err)
	}
	scopes, err := e.Scopes(t.Context(), "service")
	if err != nil || !slices.Equal(scopes, []string{"service:both", "service:circle", "service:circle2", "service:mail"}) {
		t.Errorf("scopes: %v, %v", scopes, err)
	}
}

// TestMaintenanceOfWhat: a window of a component is no excuse for the service on it; one of its site is. Both
// numbers are told.
func TestMaintenanceOfWhat(t *testing.T) {
	s, e := scopeWorld(t)
	s.now = start - 1000
	s.object("maintenance", "sw2", "", fmt.Sprintf(`{"name": "sw2", "scope": ["device:sw2"], "from": %q, "to": %q}`, stamp(start/1000+1200), stamp(start/1000+1500)))
	s.now = start + 3_600_000
	s.object("maintenance", "late", "", fmt.Sprintf(`{"name": "late", "scope": ["device:sw1"], "from": %q, "to": %q}`, stamp(start/1000), stamp(start/1000+60)))
	reload(t, e)
	a, err := e.Availability(t.Context(), "device:sw2", start/1000, start/1000+3600, "99")
	if err != nil {
		t.Fatal(err)
	}
	// An outage that began before the end of the window counts from there on.
	if a.Maintenance != 300 || a.Down != 300 || a.AgreedSeconds != 3300 || *a.Availability != "90.9090" || a.Outages[0].RawSeconds != 600 || a.Outages[0].CountedSeconds != 300 {
		t.Errorf("sw2: %+v", a)
	}
	if w := a.WithoutMaintenance; w == nil || w.Down != 600 || *w.Availability != "83.3333" || len(a.Windows) != 1 || a.Windows[0].Retroactive {
		t.Errorf("sw2 without maintenance: %+v, %+v", w, a.Windows)
	}
	if a, err := e.Availability(t.Context(), "service:both", start/1000, start/1000+3600, ""); err != nil || a.Down != 600 || a.Maintenance != 0 {
		t.Errorf("the service: %+v, %v", a, err)
	}
	b, err := e.Availability(t.Context(), "device:sw1", start/1000, start/1000+3600, "")
	if err != nil || b.Maintenance != 0 || len(b.Windows) != 1 || !b.Windows[0].Retroactive || b.Windows[0].Counts || len(b.Notes) != 1 || !strings.Contains(b.Notes[0], "gives no reason") {
		t.Errorf("sw1: %+v, %v", b, err)
	}
	shown, err := e.Shown(t.Context(), "sw2", start/1000+1100, start/1000+1600)
	want := []Interval{
		{From: start/1000 + 1100, To: start/1000 + 1200, State: Up}, {From: start/1000 + 1200, To: start/1000 + 1500, State: Maintenance},
		{From: start/1000 + 1500, To: start/1000 + 1600, State: Down},
	}
	if diff := cmp.Diff(want, statesOnly(shown)); diff != "" || err != nil {
		t.Errorf("shown (-want +got):\n%s%v", diff, err)
	}
}

// TestObjectives at the ends of what can be asked.
func TestObjectives(t *testing.T) {
	_, e := scopeWorld(t)
	a, err := e.Availability(t.Context(), "service:both", start/1000, start/1000+3600, "100")
	if err != nil || *a.Verdict != Breached || *a.BudgetSeconds != 0 || *a.BudgetLeftSeconds != -600 || len(a.Notes) != 1 || !strings.Contains(a.Notes[0], "leaves no budget") {
		t.Errorf("100 %%: %+v, %v", a, err)
	}
	for _, b := range a.Burn {
		if b.Rate != nil {
			t.Errorf("100 %%: burn rate %+v, want none", b)
		}
	}
	if a, err = e.Availability(t.Context(), "service:both", start/1000, start/1000+3600, "0"); err != nil || *a.Verdict != Met || *a.BudgetSeconds != 3600 {
		t.Errorf("0 %%: %+v, %v", a, err)
	}
}

func TestBurns(t *testing.T) {
	s, e := scopeWorld(t)
	s.now = start + 1_800_000
	got, err := e.Burns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The evidence of the far end is 3600 s old by the end; the circuit of 99.5 % lost 300 s: too fast for both looks.
	for _, b := range got {
		if b.Scope != "circuit:wan" || b.Objective != "99.5" {
			t.Errorf("got %+v", b)
		}
	}
	line := []Interval{{From: 0, To: 1_000_000, State: Up}, {From: 1_000_000, To: 1_000_720, State: Down}}
	o, _ := Objective("99.9")
	f, fires := burning(line, o, 2_592_000, 1_000_720)
	if !fires || f.Severity != "page" || f.Long != 3600 || f.Short != 300 || f.Rate != "200.0" {
		t.Errorf("12 minutes at 99.9 %%: got %+v, %t", f, fires)
	}
	if !f.Alone || f.Newest != (Window{1_000_000, 1_000_720}) {
		t.Errorf("12 minutes at 99.9 %%: by %+v, alone %t", f.Newest, f.Alone)
	}
	// Unknown time does not divide an outage; half an hour later another is lost: neither is it alone.
	line = []Interval{{From: 0, To: 1_000_000, State: Up}, {From: 1_000_000, To: 1_000_300, State: Down}, {From: 1_000_300, To: 1_000_360, State: Unknown},
		{From: 1_000_360, To: 1_000_720, State: Down}, {From: 1_000_720, To: 1_002_520, State: Up}}
	if f, fires = burning(line, o, 2_592_000, 1_000_800); !fires || !f.Alone || f.Newest != (Window{1_000_000, 1_000_720}) {
		t.Errorf("over unknown time: got %+v, %t", f, fires)
	}
	line = append(line, Interval{From: 1_002_520, To: 1_002_820, State: Down})
	if f, fires = burning(line, o, 2_592_000, 1_002_820); !fires || f.Alone || f.Newest != (Window{1_002_520, 1_002_820}) {
		t.Errorf("the second of two: got %+v, %t", f, fires)
	}
	if f, fires := burning(line[:1], o, 2_592_000, 1_000_000); fires {
		t.Errorf("nothing lost: got %+v", f)
	}
}

// TestBurnsOfAgreedTime: what a service loses outside its hours spends nothing; a finding names what its scope stands on.
func TestBurnsOfAgreedTime(t *testing.T) {
	s, e := scopeWorld(t)
	s.object("calendar", "none", "", `{"name": "none", "time_zone": "UTC", "hours": [{"days": ["sun"], "from": "03:00", "to": "03:01"}]}`)
	s.object("service", "always", "lisbon", `{"name": "always", "site": "lisbon", "needs": {"all_of": ["device:sw2", "circuit:wan"]}, "objective": {"availability": "99.9"}}`)
	s.object("service", "sundays", "lisbon", `{"name": "sundays", "site": "lisbon", "needs": {"all_of": ["device:sw2"]}, "objective": {"availability": "99.9", "calendar": "none"}}`)
	reload(t, e)
	s.now = start + 1_800_000
	got, err := e.Burns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]BurnFinding{}
	for _, b := range got {
		found[b.Scope] = b
	}
	if b, ok := found["service:always"]; !ok || !slices.Equal(b.Devices, []string{"sw2"}) || b.Newest.From != start/1000+1200 {
		t.Errorf("got %+v of %+v", b, got)
	}
	if b, ok := found["service:sundays"]; ok {
		t.Errorf("outside its hours: got %+v", b)
	}
}

func TestClaim(t *testing.T) {
	_, e := scopeWorld(t)
	c, err := e.Claim(t.Context(), "wan", start/1000, start/1000+3600)
	if err != nil {
		t.Fatal(err)
	}
	// 0.5 % of 3600 s are 18 s; 300 s were lost.
	if c.Provider != "telecom" || c.Contract.Availability != "99.5" || c.Owed != 282 || len(c.Evidence) == 0 || c.Cut {
		t.Errorf("got %+v", c)
	}
	for _, x := range c.Evidence {
		if x.Target != "circuit:wan" && x.Target != "sw2" {
			t.Errorf("evidence of %s", x.Target)
		}
	}
}

// TestClaimByInterface: where the interface alone tells the outage, what it said is the evidence, and the outage has
// the uncertainty of the polls.
func TestClaimByInterface(t *testing.T) {
	s, e := scopeWorld(t)
	s.object("device", "edge", "porto", `{"name": "edge", "site": "porto"}`)
	s.object("circuit", "line", "porto", `{"name": "line", "device": "edge", "interface": "wan1", "contract": {"availability": "99.5"}}`)
	s.run("a1", telemetry.Run{Device: "edge", Probe: telemetry.ProbeICMP, From: start, To: start + 600_000, Every: 1000, Result: telemetry.OK})
	past := []PastPolls{{Device: "edge", Agent: "a1", Runs: []PollRun{{From: start, To: start + 600_000, Every: 30_000}}, Changes: map[string][]StatusChange{"wan1": {
		{At: start, Admin: 1, Oper: 1}, {At: start + 120_000, Previous: start + 90_000, Admin: 1, Oper: 2}, {At: start + 300_000, Previous: start + 270_000, Admin: 1, Oper: 1}}}}}
	if err := s.write(t.Context(), func(tx *sql.Tx) error { return StorePast(t.Context(), tx, past) }); err != nil {
		t.Fatal(err)
	}
	reload(t, e)
	c, err := e.Claim(t.Context(), "line", start/1000, start/1000+600)
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Availability.Outages; len(o) != 1 || o[0].CountedSeconds != 180 || o[0].UncertaintySeconds != 30 {
		t.Errorf("got outages %+v, want one of 180 s that may have begun 30 s earlier", o)
	}
	var got []Evidence
	for _, x := range c.Evidence {
		if x.Target == "edge/wan1" {
			got = append(got, x)
		}
	}
	piece := func(from, to int64, result, why string) Evidence {
		return Evidence{Target: "edge/wan1", Probe: "ifOperStatus", Agent: "a1", From: millis(start + from), To: millis(start + to), Every: 30_000, Result: result, Reason: why}
	}
	want := []Evidence{piece(0, 90_000, "up", ""), piece(120_000, 270_000, "down", "ifOperStatus down"), piece(300_000, 600_000, "up", "")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMonitored: what is named, what leads somewhere, and nothing that is ignored.
func TestMonitored(t *testing.T) {
	s, e := scopeWorld(t)
	s.object("device", "sw4", "porto", `{"name": "sw4", "site": "porto", "interfaces": {"ignore": ["Gi3"]}}`)
	s.object("link", "l1", "", `{"name": "l1", "a": "sw4/Gi1", "b": "sw3/Gi1"}`)
	for _, key := range []string{"Gi0/1", "Gi1/1"} {
		s.exec(`INSERT INTO interfaces VALUES ('sw2', ?, 1, '{}', 0, 0)`, key)
	}
	for _, key := range []string{"Gi1", "Gi2", "Gi3", "Po1", "Gi5", "Gi6", "Gi7"} {
		s.exec(`INSERT INTO interfaces VALUES ('sw4', ?, 1, '{}', 0, 0)`, key)
	}
	part := func(list, key, facts string) {
		s.exec(`INSERT INTO device_parts (device, list, part, from_ms, seen_ms, facts) VALUES ('sw4', ?, ?, 0, 0, ?)`, list, key, facts)
	}
	part(inventory.ListNeighbors, "1", `{"local_key": "Gi2", "remote_name": "SW1.example.net"}`)
	part(inventory.ListNeighbors, "2", `{"local_key": "Gi3", "capabilities": ["bridge"]}`)
	part(inventory.ListNeighbors, "3", `{"local_key": "Gi6", "capabilities": ["bridge", "telephone"], "remote_name": "phone7"}`)
	part(inventory.ListLAGs, "1", `{"key": "Po1", "members": [{"key": "Gi5"}]}`)
	reload(t, e)
	got, err := e.Monitored(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range got {
		names = append(names, i.Device+" "+i.Key)
	}
	if want := []string{"sw2 Gi0/1", "sw4 Gi1", "sw4 Gi2", "sw4 Gi5", "sw4 Po1"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

// TestInterfaceScope follows a port: seen, down, and unknown with its device.
func TestInterfaceScope(t *testing.T) {
	s, e := scopeWorld(t)
	s.exec(`INSERT INTO interfaces VALUES ('sw2', 'Gi0/1', 1, '{}', 0, 0)`)
	sink := s.sink()
	for i := range int64(60) {
		at, status := start+i*60_000, [2]uint8{1, 1}
		if i >= 20 && i < 30 {
			continue // the device is down
		}
		if i >= 40 && i < 45 {
			status[1] = 2
		}
		x := statusEntry(uint64(i+1), "sw2", poller{"a1", at, status})
		x.Record.Frame.Template[0].Labels[0].Value = "Gi0/1"
		if err := sink.Apply(t.Context(), []telemetry.Entry{x}); err != nil {
			t.Fatal(err)
		}
	}
	a, err := e.Availability(t.Context(), "interface:sw2/Gi0/1", start/1000, start/1000+3600, "99")
	if err != nil {
		t.Fatal(err)
	}
	if a.Up != 2700 || a.Down != 300 || a.Unknown != 600 || *a.Verdict != Breached || a.Flaps.Seen != 2 || len(a.Outages) != 1 || a.Outages[0].Device != "sw2" {
		t.Errorf("got %+v, flaps %+v", a, a.Flaps)
	}
	now, err := e.Interfaces(t.Context(), "sw2")
	if err != nil || len(now) != 1 || now[0].State != Up || !now[0].Monitored || now[0].Since != start+45*60_000 {
		t.Errorf("now: %+v, %v", now, err)
	}
}
