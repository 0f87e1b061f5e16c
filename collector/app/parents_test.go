package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
	"ninewatch/internal/telemetry"
)

// chain is the topology of devices in a row; each tells its neighbors, and the first is the core.
func chain(names ...string) *live.View {
	inv, records := topology.Inventory{}, []topology.Record{}
	mac := func(i int) string { return fmt.Sprintf("02:00:00:00:00:%02x", i) }
	for i, name := range names {
		inv.Devices = append(inv.Devices, topology.Device{Name: name, Site: "lisbon"})
		f := telemetry.DeviceFacts{Device: name, Time: 1000, LocalChassis: telemetry.ChassisID{Subtype: "macAddress", ID: mac(i)}}
		for _, x := range []int{i - 1, i + 1} {
			if x >= 0 && x < len(names) {
				f.Neighbors = append(f.Neighbors, telemetry.Neighbor{Protocol: "lldp", LocalKey: "to-" + names[x], RemoteChassisID: mac(x),
					RemoteChassisSubtype: "macAddress", RemotePortID: "to-" + name, RemotePortSubtype: "interfaceName"})
			}
		}
		records = append(records, topology.Merge(topology.Record{}, f))
	}
	return &live.View{Network: topology.Build(inv, records), Cores: names[:1]}
}

// TestParentsAreLearned: by the ledger, the incidents and the agents alike, and not while those that would have to
// answer do not.
func TestParentsAreLearned(t *testing.T) {
	r := newRig(t)
	defer r.stop()
	inv, problems := inventory.Parse(inventory.File{Name: "i.yaml", Data: []byte(`
sites: [{name: lisbon}]
devices:
  - {name: core, site: lisbon, address: 192.0.2.1, role: core}
  - {name: dist, site: lisbon, address: 192.0.2.2}
  - {name: acc, site: lisbon, address: 192.0.2.3}
`)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.inventory.Apply(t.Context(), inv, inventory.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	states := map[string]topology.State{"core": topology.Up, "dist": topology.Up, "acc": topology.Up}
	view := chain("core", "dist", "acc")
	p := &parents{log: r.log, topology: func() *live.View { return view }, states: func(context.Context) map[string]topology.State { return states },
		known: r.inventory.Parents, learn: r.inventory.LearnParents, leads: r.inventory.LearnPorts, now: func() time.Time { return time.UnixMilli(5000) }}
	f := func(what, want string) {
		t.Helper()
		if err := p.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		known, err := r.inventory.Parents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().UnixMilli()
		if got := fmt.Sprintf("dist %v %v, acc %v %v", known.Now("dist"), known.Ports("dist", now), known.Now("acc"), known.Ports("acc", now)); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	f("learned", "dist [core] [{core to-dist}], acc [dist] [{dist to-acc}]")
	known, err := r.inventory.Parents(t.Context())
	if err != nil || fmt.Sprint(known.Ports("acc", 1000)) != "[{dist to-acc}]" || known.Ports("acc", 999) != nil {
		t.Errorf("ports that lead to acc as its link was first heard: got %v, before %v, %v", known.Ports("acc", 1000), known.Ports("acc", 999), err)
	}
	a, err := r.inventory.Assignment(t.Context(), "a1", "lisbon", true)
	if err != nil || len(a.Devices) != 3 || a.Devices[0].Name != "acc" || fmt.Sprint(a.Devices[0].Parents) != "[dist]" {
		t.Errorf("assignment: %+v, %v", a.Devices, err)
	}
	eventually(t, "the book of incidents has the parents", func() bool { return fmt.Sprint(r.books.current().Devices["acc"].Parents) == "[dist]" })
	view, states["dist"] = chain("core", "acc"), topology.Down
	view.Network.Nodes = append(view.Network.Nodes, topology.Node{ID: "dist", Kind: topology.DeviceNode, Site: "lisbon"})
	view.Network = view.Network.Part(func(topology.Node) bool { return true }) // it stays in the inventory, alone
	f("a parent is down, and seen no more", "dist [core] [{core to-dist}], acc [dist] [{dist to-acc}]")
	view, states["dist"] = chain("core", "acc", "dist"), topology.Up
	f("moved", "dist [acc] [{acc to-dist}], acc [core] [{core to-acc}]")
}
