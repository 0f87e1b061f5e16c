package api

import (
	"slices"
	"testing"

	"ninewatch/collector/inventory"
)

// TestParentsOfADevice: those of the inventory, else those of topology, and of none what the caller may not see.
func TestParentsOfADevice(t *testing.T) {
	w := newWorld(t)
	f := func(role, from string, want ...string) {
		t.Helper()
		d := read[deviceDetail](w, role, "/api/v1/devices/lis-sw-1")
		if !slices.Equal(d.Parents, want) || d.ParentsFrom != from {
			t.Errorf("as %s: reached through %q by %q, want %q by %q", role, d.Parents, d.ParentsFrom, want, from)
		}
	}
	f("all", "")
	must(w.inventory.LearnParents(t.Context(), t0, map[string]inventory.Way{"lis-sw-1": {Parents: []string{"opo-sw-1"}, Since: t0 - 1000}}))
	f("all", "topology", "opo-sw-1")
	f("viewer", "")
	apply := func(text string) {
		t.Helper()
		inv, mistakes := inventory.Parse(inventory.File{Name: "parents.yaml", Data: []byte(text)})
		if err := mistakes.Err(); err != nil {
			t.Fatal(err)
		}
		must(w.inventory.Apply(t.Context(), inv, inventory.ApplyOptions{}))
	}
	apply("devices: [{name: lis-core-1, site: lisbon, address: 192.0.2.200}, {name: lis-sw-1, site: lisbon, address: 192.0.2.1, parents: [lis-core-1]}]")
	f("viewer", "inventory", "lis-core-1")
}
