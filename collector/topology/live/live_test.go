package live

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// t0 is Wed 18 Nov 2026 14:32:00 UTC, in Unix ms.
const t0 = 1_795_012_320_000

const code = `
sites:
  - {name: lisbon, users: 200}
  - {name: porto, users: 10}
devices:
  - {name: edge, site: lisbon, address: 192.0.2.1, role: edge}
  - {name: core-1, site: lisbon, address: 192.0.2.2, role: core}
  - {name: core-2, site: lisbon, address: 192.0.2.3, role: core}
  - {name: acc-1, site: lisbon, address: 192.0.2.4, role: access}
  - {name: acc-2, site: lisbon, address: 192.0.2.5, role: access, department: Stores}
links:
  - {a: acc-1/up, b: acc-2/up, bandwidth: 1G}
circuits:
  - {name: wan-a, provider: Nordlink, device: edge, interface: wan1, bandwidth: 1G}
  - {name: wan-b, provider: Meridian, device: edge, interface: wan2, bandwidth: 500M}
services:
  - {name: scanning, site: lisbon, needs: {all_of: [acc-2]}}
  - {name: mail, site: lisbon, needs: {any_of: [core-1, core-2]}}
redundancy_groups:
  - {name: wan, members: ["circuit:wan-a", "circuit:wan-b"], mode: active_backup}
risk_groups:
  - {name: duct, kind: duct, members: ["circuit:wan-a", "circuit:wan-b"]}
`

// rig is a service over real stores, a clock that stands, and a ledger that says what the test wants.
type rig struct {
	t       testing.TB
	s       *Service
	inv     *inventory.Store
	db      *state.DB
	now     int64
	devices map[string]topology.State
	lines   map[string][]topology.Stretch[topology.State]
	traffic map[string]float64
	days    map[string][]topology.Carried
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := newRigOf(t, code)
	for _, d := range []string{"edge", "core-1", "core-2", "acc-1", "acc-2"} {
		r.devices[d] = topology.Up
	}
	r.start()
	return r
}

// newRigOf is a rig over an inventory, in which no device answers yet.
func newRigOf(t testing.TB, code string) *rig {
	t.Helper()
	r := &rig{t: t, now: t0, devices: map[string]topology.State{}, lines: map[string][]topology.Stretch[topology.State]{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	clock := func() time.Time { return time.UnixMilli(r.now) }
	dir := t.TempDir()
	var err error
	if r.db, err = state.Open(t.Context(), state.Config{Path: filepath.Join(dir, "state.db")}, state.Deps{Log: log, Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.db.Close() })
	r.inv, err = inventory.Open(t.Context(), inventory.Config{KeyFile: filepath.Join(dir, "key")}, inventory.Deps{DB: r.db, Log: log, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	parsed, problems := inventory.Parse(inventory.File{Name: "code", Data: []byte(code)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.inv.Apply(t.Context(), parsed, inventory.ApplyOptions{Source: inventory.SourceApply}); err != nil {
		t.Fatal(err)
	}
	r.start()
	return r
}

// start makes a new service over what is stored.
func (r *rig) start() {
	r.t.Helper()
	s, err := New(DefaultConfig(), Deps{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: metrics.NewSet(), Now: func() time.Time { return time.UnixMilli(r.now) },
		Read: r.db.Read(), Write: r.db.Write, Inventory: r.inv, Changed: func() {}, Traffic: r,
		Days:   func(_ context.Context, port string) ([]topology.Carried, error) { return r.days[port], nil },
		States: func(context.Context) map[string]topology.State { return r.devices },
		Lines: func(_ context.Context, scope string, from, to int64) ([]topology.Stretch[topology.State], error) {
			var out []topology.Stretch[topology.State]
			for _, x := range r.lines[scope] {
				x.From, x.To = max(x.From, from), min(x.To, to)
				if x.From < x.To {
					out = append(out, x)
				}
			}
			return out, nil
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := s.Load(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.s = s
}

func (r *rig) Together(_ context.Context, ports []string, _ time.Duration) (float64, float64, bool, error) {
	rate, ok := r.traffic[ports[0]]
	return rate, 1, ok, nil
}

func (r *rig) Now(context.Context, []string) (map[string]float64, error) { return r.traffic, nil }

// tell is a poll: the facts arrive, and are judged.
func (r *rig) tell(all ...telemetry.DeviceFacts) {
	r.t.Helper()
	r.now += 15_000
	for i := range all {
		all[i].Time = r.now
	}
	r.s.Facts(all)
	if err := r.s.step(r.t.Context(), false); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) class(group string, want topology.Class) {
	r.t.Helper()
	for _, g := range r.s.View().Groups {
		if g.Name == group {
			if g.Verdict.Class != want {
				r.t.Errorf("%s: got %s (%s), want %s", group, g.Verdict.Class, g.Words, want)
			}
			return
		}
	}
	var names []string
	for _, g := range r.s.View().Groups {
		names = append(names, g.Name)
	}
	r.t.Errorf("there is no group %q, only %q", group, names)
}

func port(index uint32, key string, up bool) telemetry.Interface {
	status := uint32(1)
	if !up {
		status = 2
	}
	return telemetry.Interface{IfIndex: index, Key: key, IfName: key, IfType: 6, SpeedBps: 10e9, IfAdminStatus: 1, IfOperStatus: status,
		IfPhysAddress: []byte{2, 0, 0, 0, 0, byte(index)}}
}

func heardAt(key string, index uint32, name, remotePort string) telemetry.Neighbor {
	return telemetry.Neighbor{Protocol: "lldp", LocalIfIndex: index, LocalKey: key, RemoteChassisID: name, RemoteChassisSubtype: "local", RemoteName: name,
		RemotePortID: remotePort, RemotePortSubtype: "interfaceName", Capabilities: []string{"bridge"}}
}

// core is a core switch with a bundle of two ports to the other, a line to an access switch, two power supplies
// and a place in a VRRP group.
func core(name, other string, second bool, supplies []string, state string) telemetry.DeviceFacts {
	member := "distributing"
	if !second {
		member = "selected"
	}
	f := telemetry.DeviceFacts{Device: name, System: telemetry.System{SysName: name}, LocalChassis: telemetry.ChassisID{Subtype: "local", ID: name},
		Interfaces: []telemetry.Interface{port(1, "te1", true), port(2, "te2", second), port(3, "te3", true), port(4, "te4", true), {IfIndex: 9, Key: "po1", IfName: "po1", IfType: 161, SpeedBps: 20e9, IfOperStatus: 1}},
		LAGs:       []telemetry.LAG{{IfIndex: 9, Key: "po1", Name: "po1", Members: []telemetry.LAGMember{{IfIndex: 1, Key: "te1", State: "distributing"}, {IfIndex: 2, Key: "te2", State: member}}}},
		Neighbors:  []telemetry.Neighbor{heardAt("te1", 1, other, "te1"), heardAt("te2", 2, other, "te2"), heardAt("te4", 4, "edge", "to-"+name)},
		FHRPGroups: []telemetry.FHRPGroup{{Protocol: "vrrp", IfIndex: 3, Key: "te3", Group: 10, VirtualAddress: netip.MustParseAddr("192.0.2.254"), State: state, Priority: 100}},
	}
	if name == "core-1" {
		f.Neighbors = append(f.Neighbors, heardAt("te3", 3, "acc-1", "g1"))
	}
	for i, s := range supplies {
		f.Components = append(f.Components, telemetry.Component{Index: uint32(100 + i), Key: s, Class: "powerSupply", Name: s})
	}
	return f
}

func edge(wan2 bool) telemetry.DeviceFacts {
	return telemetry.DeviceFacts{Device: "edge", System: telemetry.System{SysName: "edge"}, LocalChassis: telemetry.ChassisID{Subtype: "local", ID: "edge"},
		Interfaces: []telemetry.Interface{port(1, "wan1", true), port(2, "wan2", wan2), port(3, "to-core-1", true), port(4, "to-core-2", true)},
		Neighbors:  []telemetry.Neighbor{heardAt("to-core-1", 3, "core-1", "te4"), heardAt("to-core-2", 4, "core-2", "te4")}}
}

func access() telemetry.DeviceFacts {
	return telemetry.DeviceFacts{Device: "acc-1", System: telemetry.System{SysName: "acc-1"}, LocalChassis: telemetry.ChassisID{Subtype: "local", ID: "acc-1"},
		Interfaces: []telemetry.Interface{port(1, "g1", true), port(2, "up", true)}, Neighbors: []telemetry.Neighbor{heardAt("g1", 1, "core-1", "te3")}}
}

var both = []string{"PSU 1", "PSU 2"}

func (r *rig) all() {
	r.t.Helper()
	r.tell(core("core-1", "core-2", true, both, "master"), core("core-2", "core-1", true, both, "backup"), edge(true), access())
}

const (
	bundleName = "core-1/po1"
	vrrpName   = "vrrp 192.0.2.254 group 10"
)

// TestOneFailureOneClass pulls one thing at a time: each changes the class of its group at the next poll, and
// makes one finding.
func TestOneFailureOneClass(t *testing.T) {
	f := func(what, group, words string, pull func() []telemetry.DeviceFacts) {
		t.Run(what, func(t *testing.T) {
			r := newRig(t)
			r.all()
			for _, g := range []string{bundleName, "core-1/psu", "core-2/psu", vrrpName, "wan"} {
				r.class(g, topology.Full)
			}
			if got := r.s.Findings(t.Context()); len(got) != 0 {
				t.Fatalf("findings while all is well: %+v", got)
			}
			r.tell(pull()...)
			r.class(group, topology.AtRisk)
			got := r.s.Findings(t.Context())
			if len(got) != 1 || got[0].Object != group || got[0].Severity != "minor" || got[0].Site != "lisbon" || got[0].Kind != RedundancyLost || got[0].Since != r.now {
				t.Fatalf("findings: %+v", got)
			}
			if got[0].Words != words {
				t.Errorf("got %q\nwant %q", got[0].Words, words)
			}
			r.all()
			r.class(group, topology.Full)
			if got := r.s.Findings(t.Context()); len(got) != 0 {
				t.Errorf("findings after the mend: %+v", got)
			}
		})
	}
	f("a member of the bundle", bundleName, "core-1 po1 to core-2 is at risk: 1 of 2 up, 1 needed; gone: te2", func() []telemetry.DeviceFacts {
		return []telemetry.DeviceFacts{core("core-1", "core-2", false, both, "master"), core("core-2", "core-1", false, both, "backup")}
	})
	f("a power supply", "core-2/psu", "core-2 power is at risk: 1 of 2 up, 1 needed; gone: PSU 2", func() []telemetry.DeviceFacts {
		return []telemetry.DeviceFacts{core("core-2", "core-1", true, both[:1], "backup")}
	})
	f("an uplink", "wan", "wan is at risk: 1 of 2 up, 1 needed; gone: wan-b", func() []telemetry.DeviceFacts { return []telemetry.DeviceFacts{edge(false)} })
	f("the standby router", vrrpName, "VRRP 10 of 192.0.2.254 is at risk: active core-1; out of it core-2; none stands by", func() []telemetry.DeviceFacts {
		return []telemetry.DeviceFacts{core("core-2", "core-1", true, both, "initialize")}
	})
}

func TestTimeWithoutRedundancyOutlivesARestart(t *testing.T) {
	r := newRig(t)
	r.all()
	began := r.now
	r.tell(core("core-2", "core-1", true, both[:1], "backup"))
	lost := r.now
	r.now += 3_600_000
	r.sweep()
	r.start() // at once: no gap
	r.class("core-2/psu", topology.AtRisk)
	if got := r.s.Findings(t.Context()); len(got) != 1 || got[0].Since != lost {
		t.Fatalf("after a restart: %+v, want one since %d", got, lost)
	}
	r.all()
	mended := r.now
	r.now += 1000
	groups, sites, err := r.s.Times(t.Context(), began/1000, r.now/1000+60, func(name string, _ []string) bool { return name == "core-2/psu" })
	if err != nil || len(groups) != 1 {
		t.Fatalf("%+v, %v", groups, err)
	}
	want := (mended - lost) / 1000
	if g := groups[0]; g.Without != want || len(g.Losses) != 1 || g.Restored != 1 || g.MTTR != float64(want) || g.Losses[0].State != topology.AtRisk {
		t.Errorf("got %+v, want one loss of %d s", g.Account, want)
	}
	if len(sites) != 1 || sites[0].Site != "lisbon" || sites[0].Without != want {
		t.Errorf("sites: %+v", sites)
	}
	changes, err := r.s.Changes(t.Context(), 0, r.now+1, 10, func(c Change) bool { return c.Object == "core-2/psu" })
	if err != nil || len(changes) != 2 || changes[1].Words != "core-2 power was full, and is at risk: 1 of 2 up, 1 needed; gone: PSU 2" {
		t.Errorf("changes: %+v, %v", changes, err)
	}
}

// TestGapIsUnknown: while no collector ran, nobody judged what only facts tell.
func TestGapIsUnknown(t *testing.T) {
	r := newRig(t)
	r.all()
	r.sweep()
	stopped := r.now
	r.now += 10 * 3_600_000
	r.start()
	r.class("core-1/psu", topology.Full)
	r.sweep()
	groups, _, err := r.s.Times(t.Context(), stopped/1000, r.now/1000, func(name string, _ []string) bool { return name == "core-1/psu" })
	if err != nil || len(groups) != 1 {
		t.Fatalf("%+v, %v", groups, err)
	}
	if g := groups[0]; g.Without != 0 || g.Seconds[topology.ClassUnknown] < 9*3600 {
		t.Errorf("a gap of ten hours is told as known: %+v", g.Account)
	}
}

// TestLedgerTellsThePast: a new group of circuits is judged back as far as the ledger knows both.
func TestLedgerTellsThePast(t *testing.T) {
	r := newRig(t)
	s := int64(t0 / 1000)
	r.lines["circuit:wan-a"] = []topology.Stretch[topology.State]{{From: s - 86_400, To: s + 86_400, State: topology.Up}}
	r.lines["circuit:wan-b"] = []topology.Stretch[topology.State]{{From: s - 86_400, To: s - 7200, State: topology.Up}, {From: s - 7200, To: s - 3600, State: topology.Down}, {From: s - 3600, To: s + 86_400, State: topology.Up}}
	r.forget("wan")
	r.start()
	r.class("wan", topology.Full)
	groups, _, err := r.s.Times(t.Context(), s-86_400, s, func(name string, _ []string) bool { return name == "wan" })
	if err != nil || len(groups) != 1 {
		t.Fatalf("%+v, %v", groups, err)
	}
	if g := groups[0]; g.Without != 3600 || g.Restored != 1 || g.Seconds[topology.Full] != 86_400-3600 {
		t.Errorf("got %+v, want an hour at risk", g.Account)
	}
}

func TestWhatIf(t *testing.T) {
	r := newRig(t)
	r.all()
	v := r.s.View()
	w, err := v.WhatIf("device:acc-1")
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Lost) != 1 || w.Lost[0] != (Lost{"acc-2", true, true}) || v.Users(w.Lost) != 100 || w.Certain {
		t.Errorf("acc-1 takes %+v, certain %t; want acc-2 with 100 users, not certain: acc-2 tells nothing", w.Lost, w.Certain)
	}
	if len(w.Services) != 1 || w.Services[0].Name != "scanning" {
		t.Errorf("services: %+v", w.Services)
	}
	if len(w.Mend) == 0 || w.Mend[0].What != "A second link from acc-2 to core-1." {
		t.Errorf("mends: %+v", w.Mend)
	}
	edge, err := v.WhatIf("device:edge")
	if err != nil || len(edge.Lost) != 4 || edge.Lost[0].Core || !edge.Lost[0].Outside {
		t.Errorf("edge takes %+v, %v; want the way to the outside from four", edge.Lost, err)
	}
	one, err := v.WhatIf("circuit:wan-a")
	if err != nil || len(one.Lost) != 0 || len(one.Groups) != 1 {
		t.Errorf("one circuit takes %+v of groups %d, %v", one.Lost, len(one.Groups), err)
	}
	duct, err := v.WhatIf("risk:duct")
	if err != nil || len(duct.Lost) != 5 {
		t.Errorf("the duct takes %+v, %v; want the outside from all five", duct.Lost, err)
	}
	for _, wrong := range []string{"device:nobody", "link:x", "circuit:x", "risk:x", "planet:earth", ""} {
		if _, err := v.WhatIf(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

func TestTopologyOfAnotherDay(t *testing.T) {
	r := newRig(t)
	r.all()
	v, err := r.s.At(t.Context(), t0-86_400_000)
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, l := range v.Network.Links {
		if slices.Contains(l.Sources, "lldp") {
			links++
		}
	}
	if links != 0 {
		t.Errorf("the day before has %d links that were heard", links)
	}
}

func TestN1(t *testing.T) {
	r := newRig(t)
	r.all()
	r.traffic = map[string]float64{"edge/wan1": 450e6}
	r.s.readLoads(t.Context())
	got := r.s.N1(t.Context(), r.s.View())
	if len(got) != 1 || got[0].Group.Name != "wan" {
		t.Fatalf("%+v", got)
	}
	// 450 Mbit/s on the 500 that are left without wan-a: 90 %, above the limit of 80.
	if x := got[0]; x.Holds || x.Worst.Scenario != "member:wan-a" && x.Worst.Scenario != "srlg:duct" {
		t.Errorf("%+v", x)
	}
}

// sweep judges everything, as each minute does.
func (r *rig) sweep() {
	r.t.Helper()
	if err := r.s.step(r.t.Context(), true); err != nil {
		r.t.Fatal(err)
	}
}

// forget removes what is stored of a group.
func (r *rig) forget(group string) {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`DELETE FROM redundancy_classes WHERE name = ?`, group); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM redundancy_timelines WHERE name = ?`, group)
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
}

// TestGuardedPorts: a port is told by its group at both ends of its link; one without a spare is not.
func TestGuardedPorts(t *testing.T) {
	r := newRig(t)
	r.all()
	got := keys(r.s.View().Guarded())
	want := []string{"core-1/po1", "core-1/te1", "core-1/te2", "core-2/po1", "core-2/te1", "core-2/te2", "edge/wan1", "edge/wan2", "stub:circuit wan-a", "stub:circuit wan-b"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
