package live

import (
	"strings"
	"testing"
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
