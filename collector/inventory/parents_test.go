package inventory

import (
	"fmt"
	"math"
	"testing"
)

const family = `
sites:
  - {name: lisbon}
devices:
  - {name: core, site: lisbon, address: 192.0.2.1}
  - {name: d1, site: lisbon, address: 192.0.2.2}
  - {name: d2, site: lisbon, address: 192.0.2.3}
  - {name: acc, site: lisbon, address: 192.0.2.4}
  - {name: leaf, site: lisbon, address: 192.0.2.5, parents: [acc]}
`

func (f fixture) learn(t *testing.T, now int64, ways map[string]Way) bool {
	t.Helper()
	changed, err := f.LearnParents(t.Context(), now, ways)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestParentsOverTime(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, family, ApplyOptions{})
	f := func(device string, at int64, want ...string) {
		t.Helper()
		p, err := fx.Parents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("parents of %s at %d", device, at), p.At(device, at), want)
	}
	f("acc", 1000)
	f("leaf", 1000, "acc")
	if !fx.learn(t, 5000, map[string]Way{"acc": {Parents: []string{"d1"}, Since: 2000}, "leaf": {Parents: []string{"d1"}}}) {
		t.Error("nothing was learned")
	}
	f("acc", 1999)
	f("acc", 2000, "d1")
	f("leaf", 6000, "acc") // a person said so
	if fx.learn(t, 6000, map[string]Way{"acc": {Parents: []string{"d1"}, Since: 1000}}) {
		t.Error("the same was learned again")
	}
	fx.learn(t, 7000, map[string]Way{"acc": {Parents: []string{"d1", "d2"}, Since: 2500}})
	f("acc", 6999, "d1")
	f("acc", 7000, "d1", "d2")
	fx.learn(t, 8000, map[string]Way{"acc": {}})
	f("acc", 7999, "d1", "d2")
	f("acc", 8000)
	f("acc", math.MaxInt64-1)

	fx.apply(t, "devices:\n  - {name: acc, site: lisbon, address: 192.0.2.4, parents: [core]}\n", ApplyOptions{})
	f("acc", 3000, "core")
	fx.apply(t, "devices:\n  - {name: dist-1, renamed_from: d1, site: lisbon, address: 192.0.2.2}\n  - {name: acc, site: lisbon, address: 192.0.2.4}\n", ApplyOptions{})
	f("acc", 3000, "dist-1")
}

// TestParentsInACircle: what is only reached through itself is explained by nothing.
func TestParentsInACircle(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, family, ApplyOptions{})
	fx.learn(t, 1000, map[string]Way{"acc": {Parents: []string{"leaf"}}, "d1": {Parents: []string{"core", "d2"}}, "d2": {Parents: []string{"core", "d1"}}})
	p, err := fx.Parents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "acc, reached through its own child", p.At("acc", 1000), []string(nil))
	same(t, "leaf, as a person said", p.At("leaf", 1000), []string{"acc"})
	same(t, "leaf, before that was learned", p.At("leaf", 999), []string{"acc"})
	same(t, "d1 of a ring", p.At("d1", 1000), []string{"core", "d2"})
}

func TestAssignmentHasLearnedParents(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, family, ApplyOptions{})
	changed := fx.Changed()
	before, err := fx.Assignment(t.Context(), "a1", "lisbon", true)
	if err != nil {
		t.Fatal(err)
	}
	fx.learn(t, 5000, map[string]Way{"acc": {Parents: []string{"d1", "d2"}}})
	select {
	case <-changed:
	default:
		t.Error("agents are not told")
	}
	after, err := fx.Assignment(t.Context(), "a1", "lisbon", true)
	if err != nil || after.N != before.N+1 {
		t.Errorf("revision %d after %d, %v", after.N, before.N, err)
	}
	for _, d := range after.Devices {
		if d.Name == "acc" {
			same(t, "parents for the agent", d.Parents, []string{"d1", "d2"})
		}
	}
}

// TestPortsOverTime: the ports that lead to a device are those of all its parents, or none.
func TestPortsOverTime(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, family, ApplyOptions{})
	port := func(device, key string) Port { return Port{device, key} }
	f := func(device string, at int64, want ...Port) {
		t.Helper()
		p, err := fx.Parents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("ports that lead to %s at %d", device, at), p.Ports(device, at), want)
	}
	learn := func(now int64, device string, want bool, leads ...Lead) {
		t.Helper()
		changed, err := fx.LearnPorts(t.Context(), now, map[string][]Lead{device: leads})
		if err != nil || changed != want {
			t.Fatalf("ports of %s: changed %v, %v; want %v", device, changed, err, want)
		}
	}
	fx.learn(t, 2000, map[string]Way{"acc": {Parents: []string{"d1", "d2"}}})
	learn(3000, "acc", true, Lead{port("d1", "Gi1"), 2500})
	f("acc", 2600) // that of d2 is not known
	learn(4000, "acc", true, Lead{port("d1", "Gi1"), 2500}, Lead{port("d2", "Gi9"), 0})
	learn(4000, "acc", false, Lead{port("d2", "Gi9"), 0}, Lead{port("d1", "Gi1"), 2500})
	f("acc", 2499)
	f("acc", 2500, port("d1", "Gi1"), port("d2", "Gi9"))
	learn(5000, "acc", true, Lead{port("d1", "Gi2"), 100}, Lead{port("d2", "Gi9"), 0}) // now, for until now Gi1 was shown
	f("acc", 4999, port("d1", "Gi1"), port("d2", "Gi9"))
	f("acc", 5000, port("d1", "Gi2"), port("d2", "Gi9"))
	learn(6000, "leaf", true, Lead{port("acc", "1"), 0})
	f("leaf", 1, port("acc", "1"))
	fx.apply(t, "devices:\n  - {name: access, renamed_from: acc, site: lisbon, address: 192.0.2.4}\n", ApplyOptions{})
	f("leaf", 6000, port("access", "1"))
	f("access", 5000, port("d1", "Gi2"), port("d2", "Gi9"))
}
