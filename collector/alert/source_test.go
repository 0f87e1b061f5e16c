package alert

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func sourceOf(name string, list ...Finding) NamedSource {
	return NamedSource{Name: name, Source: SourceFunc(func(context.Context) ([]Finding, error) { return list, nil })}
}

// TestOnlyTheLedgerTellsOutages: a source that says that a device is down is refused as a whole.
func TestOnlyTheLedgerTellsOutages(t *testing.T) {
	f := func(kind string) {
		t.Helper()
		r := newRig(t, nil)
		err := r.Poll(t.Context(), sourceOf("guess", Finding{Kind: NinewatchTrouble, Object: "disk", State: Down}, Finding{Kind: kind, Device: "sw1", State: Down, Summary: "sw1 seems away"}))
		if want := `findings of guess: "sw1 seems away" is told as device_down, which only the ledger may`; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if err := r.Step(t.Context()); err != nil || len(r.world.problems) != 0 {
			t.Errorf("got %d problems, %v", len(r.world.problems), err)
		}
	}
	f(DeviceDown)
	f("")
}

// TestASourceThatFailsEndsNothing: what it said before stays until it says otherwise, over a restart too.
func TestASourceThatFailsEndsNothing(t *testing.T) {
	r := newRig(t, nil)
	poll := func(s NamedSource) {
		t.Helper()
		if err := r.Poll(t.Context(), s); err != nil && !strings.Contains(err.Error(), "no answer") {
			t.Fatal(err)
		}
		if err := r.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	status := func(want Status) {
		t.Helper()
		list, err := r.List(t.Context(), Filter{Status: "all", Limit: 10})
		if err != nil || len(list) != 1 || list[0].Status != want {
			t.Errorf("got %+v, %v; want one %s", list, err, want)
		}
	}
	disk := Finding{Kind: NinewatchTrouble, Object: "disk", State: Down, Since: t0, Summary: "disk is short"}
	fails := NamedSource{Name: "collector", Source: SourceFunc(func(context.Context) ([]Finding, error) { return nil, errors.New("no answer") })}
	poll(sourceOf("collector", disk))
	status(Open)
	poll(fails)
	status(Open)
	r.restart()
	poll(fails)
	status(Open)
	unknown := disk
	unknown.State = Unknown
	poll(sourceOf("collector", unknown))
	status(Open)
	r.restart()
	poll(sourceOf("other"))
	status(Open)
	poll(sourceOf("collector"))
	status(Resolved)
}
