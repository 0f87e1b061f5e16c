package alert

import "testing"

// chain is devices in a row: each is the parent of the next.
func chain(names ...string) *Book {
	b := &Book{Devices: map[string]Place{}}
	for n, name := range names {
		p := Place{Site: "porto", Role: "access"}
		if n > 0 {
			p.Parents = []string{names[n-1]}
		}
		b.Devices[name] = p
	}
	return b
}

func about(device string, s State, since int64) Finding {
	return Finding{Site: "porto", Device: device, State: s, Since: since, Detected: since + 2000, Evidence: "lost"}
}

// TestOutagesThatComeApart: when the device between two outages answers again, one of them goes on with the incident,
// the other gets one of its own after the grace.
func TestOutagesThatComeApart(t *testing.T) {
	b := chain("d0", "d1", "d2") // with a device that answers behind d1, and one behind d2
	b.Devices["d3"] = Place{Site: "porto", Role: "access", Parents: []string{"d1"}}
	b.Devices["d4"] = Place{Site: "porto", Role: "access", Parents: []string{"d2"}}
	w := NewWorld(DefaultPolicy(), 0)
	w.Step([]Finding{about("d0", Up, t0), about("d1", Up, t0), about("d2", Up, t0), about("d3", Up, t0), about("d4", Up, t0)}, b, t0)
	w.Step([]Finding{about("d1", Down, t0)}, b, t0)
	w.Step([]Finding{about("d0", Down, t0)}, b, t0)
	w.Step([]Finding{about("d2", Down, t0)}, b, t0)
	w.Step([]Finding{about("d1", Up, t0)}, b, t0)
	if i := w.incidents[1]; i.Device != "d0" || len(i.Roots) != 1 {
		t.Errorf("got INC-1 of %s with roots %q, want d0 alone", i.Device, i.Roots)
	}
	if p := w.outage("d2"); p.Loose != int64(t0) {
		t.Errorf("got d2 loose since %d, want %d: when it came apart", p.Loose, int64(t0))
	}
	now := t0 + DefaultPolicy().Grace.Milliseconds()
	w.Step(nil, b, now)
	if a, c := w.outage("d0").Incident, w.outage("d2").Incident; a != 1 || c != 2 {
		t.Errorf("got d0 in INC-%d and d2 in INC-%d, want 1 and 2", a, c)
	}
}

// TestEndIsThatOfTheRoot: what lay behind the root and answered later does not make the outage longer.
func TestEndIsThatOfTheRoot(t *testing.T) {
	b := chain("d0", "d1", "d2", "d3")
	for range 20 { // in whatever order a map gives them
		w := NewWorld(DefaultPolicy(), 0)
		w.Step([]Finding{about("d0", Down, t0), about("d1", Unreachable, t0), about("d2", Unreachable, t0), about("d3", Unreachable, t0)}, b, t0)
		w.Step(nil, b, t0+20_000)
		w.Step([]Finding{about("d0", Up, t0+30_000), about("d1", Up, t0+31_000), about("d2", Up, t0+32_000), about("d3", Up, t0+33_000)}, b, t0+34_000)
		if i := w.incidents[1]; i.Status != Resolved || i.Ended != t0+30_000 {
			t.Fatalf("got %s, ended %d ms after it began, want resolved after 30000", i.Status, i.Ended-t0)
		}
	}
}
