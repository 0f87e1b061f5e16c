package live

import (
	"slices"
	"strings"
	"testing"

	"ninewatch/collector/topology"
)

// TestADuctIsLeft: both circuits of the rig are led through one duct. It is mended by either of them going another way.
func TestADuctIsLeft(t *testing.T) {
	r := newRig(t)
	r.all()
	w, err := r.s.View().WhatIf("risk:duct")
	if err != nil || len(w.Lost) == 0 {
		t.Fatalf("%+v, %v", w, err)
	}
	if len(w.Mend) != 2 || w.Mend[0].What != "Lead wan-a another way than through duct." || w.Mend[1].What != "Lead wan-b another way than through duct." {
		t.Fatalf("got %+v", w.Mend)
	}
	for _, m := range w.Mend {
		if !strings.HasPrefix(m.Effect, "Removes 1 of ") {
			t.Errorf("got %q", m.Effect)
		}
	}
}

// TestALineAlone: the one way to a switch is mended by a second one, also where no other device is there to lead to.
func TestALineAlone(t *testing.T) {
	r := newRigOf(t, `
sites: [{name: porto, users: 10}]
devices:
  - {name: dist, site: porto, address: 192.0.2.1, role: core}
  - {name: acc, site: porto, address: 192.0.2.2, role: access}
links: [{a: dist/1, b: acc/1}]
`)
	r.devices["dist"], r.devices["acc"] = topology.Up, topology.Up
	r.sweep()
	w, err := r.s.View().WhatIf("link:acc/1--dist/1")
	if want := "A second link beside it, from acc to dist by another way."; err != nil || len(w.Mend) != 1 || w.Mend[0].What != want || !strings.HasPrefix(w.Mend[0].Effect, "Removes 1 of ") {
		t.Errorf("got %+v, %v; want %s", w.Mend, err, want)
	}
	w, err = r.s.View().WhatIf("device:dist")
	if want := "A second device beside dist, with the same links."; err != nil || !slices.ContainsFunc(w.Mend, func(m Mend) bool { return m.What == want }) {
		t.Errorf("got %+v, %v; want %s", w.Mend, err, want)
	}
}

// TestALinkIsNamedByEitherEnd, and by a port.
func TestALinkIsNamedByEitherEnd(t *testing.T) {
	r := newRig(t)
	r.all()
	for _, of := range []string{"link:acc-1/up--acc-2/up", "link:acc-2/up--acc-1/up", "interface:acc-2/up"} {
		if w, err := r.s.View().WhatIf(of); err != nil || w.Of != "link:acc-1/up--acc-2/up" || len(w.Lost) != 1 || w.Lost[0].Device != "acc-2" {
			t.Errorf("%s: got %+v, %v", of, w, err)
		}
	}
}
