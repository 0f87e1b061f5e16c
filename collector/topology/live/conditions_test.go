package live

import (
	"context"
	"testing"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// through is a sink that takes all.
type through struct{ entries int }

func (*through) Name() string                           { return "through" }
func (*through) Cursor(context.Context) (uint64, error) { return 0, nil }
func (x *through) Apply(_ context.Context, e []telemetry.Entry) error {
	x.entries += len(e)
	return nil
}

// sense is a poll of the sensors of a device: name to the value of ninewatch_sensor_status.
func (r *rig) sense(device, part string, values map[string]uint64) {
	r.t.Helper()
	r.now += 15_000
	f := &telemetry.Frame{Device: device, Polls: []telemetry.Poll{{Time: r.now}}}
	for _, sensor := range keys(values) {
		f.Template = append(f.Template, telemetry.Series{Name: "ninewatch_sensor_status", Labels: []telemetry.Label{
			{Name: "class", Value: "state"}, {Name: "part", Value: part}, {Name: "sensor", Value: sensor}}})
		v := telemetry.UintValue(values[sensor])
		if values[sensor] == stale {
			v = telemetry.Value{Kind: telemetry.Stale}
		}
		f.Polls[0].Values = append(f.Polls[0].Values, v)
	}
	r.enter(f)
}

const stale = 99

func (r *rig) enter(f *telemetry.Frame) {
	r.t.Helper()
	beneath := &through{}
	sink := r.s.Sensing(beneath)
	if err := sink.Apply(r.t.Context(), []telemetry.Entry{{Record: telemetry.Record{Frame: f}}}); err != nil || beneath.entries != 1 {
		r.t.Fatalf("the sink beneath got %d entries, %v", beneath.entries, err)
	}
	if err := r.s.step(r.t.Context(), false); err != nil {
		r.t.Fatal(err)
	}
}

// TestSensorsTellOfParts: a supply that is still listed, and whose sensor is critical, is lost; and back with it.
func TestSensorsTellOfParts(t *testing.T) {
	r := newRig(t)
	r.all()
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": 0, "PSU 2": 1})
	r.class("core-1/psu", topology.Full) // warned is up
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": 0, "PSU 2": 2})
	r.class("core-1/psu", topology.AtRisk)
	got := r.s.Findings(t.Context())
	if len(got) != 1 || got[0].Words != "core-1 power is at risk: 1 of 2 up, 1 needed; gone: PSU 2" || got[0].Since != r.now {
		t.Fatalf("findings: %+v", got)
	}
	r.start() // it is remembered
	r.class("core-1/psu", topology.AtRisk)
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": 0, "PSU 2": 3}) // not known: the list decides
	r.class("core-1/psu", topology.Full)
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": 2, "PSU 2": 4}) // it was ok, and is absent now
	r.class("core-1/psu", topology.Failed)
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": stale, "PSU 2": stale})
	r.class("core-1/psu", topology.Full)
}

// TestSensorOfAnotherName: what is broken counts, though nobody can tell which of the listed parts it is.
func TestSensorOfAnotherName(t *testing.T) {
	r := newRig(t)
	r.all()
	r.sense("core-1", "power_supply", map[string]uint64{"left": 0, "right": 2})
	r.class("core-1/psu", topology.AtRisk)
	if got := r.s.Findings(t.Context()); len(got) != 1 || got[0].Words != "core-1 power is at risk: 1 of 2 up, 1 needed; gone: right" {
		t.Errorf("findings: %+v", got)
	}
	r.sense("core-1", "power_supply", map[string]uint64{"left": 0, "right": 0})
	r.class("core-1/psu", topology.Full)
}

// TestPartsBySensorsAlone: a device without ENTITY-MIB, one of whose places was always empty.
func TestPartsBySensorsAlone(t *testing.T) {
	r := newRig(t)
	r.all()
	r.sense("edge", "fan", map[string]uint64{"Fan 1": 0, "Fan 2": 0, "Fan 3": 4})
	r.class("edge/fan", topology.Full)
	r.sense("edge", "fan", map[string]uint64{"Fan 1": 0, "Fan 2": 2, "Fan 3": 4})
	r.class("edge/fan", topology.AtRisk)
}

// TestEmptyPlaceIsNoSpare: a listed place whose sensor has only ever said absent is no member.
func TestEmptyPlaceIsNoSpare(t *testing.T) {
	r := newRig(t)
	r.all()
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": 0, "PSU 2": 4})
	for _, g := range r.s.View().Groups {
		if g.Name == "core-1/psu" {
			t.Errorf("a group of one: %+v", g.Members)
		}
	}
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 1": 0, "PSU 2": 0})
	r.class("core-1/psu", topology.Full)
}

// TestLateSensors: an older poll that comes later changes nothing, nor does one that comes again.
func TestLateSensors(t *testing.T) {
	r := newRig(t)
	r.all()
	r.sense("core-1", "power_supply", map[string]uint64{"PSU 2": 2})
	late := &telemetry.Frame{Device: "core-1", Template: []telemetry.Series{{Name: "ninewatch_sensor_status", Labels: []telemetry.Label{{Name: "part", Value: "power_supply"}, {Name: "sensor", Value: "PSU 2"}}}},
		Polls: []telemetry.Poll{{Time: r.now - 60_000, Values: []telemetry.Value{telemetry.UintValue(0)}}}}
	r.enter(late)
	r.class("core-1/psu", topology.AtRisk)
	late.Polls[0].Values = nil // a poll without values
	r.enter(late)
	r.class("core-1/psu", topology.AtRisk)
}

// TestPartThatThePastKnew: facts of the past that a backlog brings after newer ones tell of the parts that were there.
func TestPartThatThePastKnew(t *testing.T) {
	r := newRig(t)
	now := core("core-2", "core-1", true, both[:1], "backup")
	r.tell(now)
	past := core("core-2", "core-1", true, both, "backup")
	past.Time = r.now - 3_600_000
	r.s.Facts([]telemetry.DeviceFacts{past})
	if err := r.s.step(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.class("core-2/psu", topology.AtRisk)
	old := core("core-2", "core-1", true, append([]string{"PSU 3"}, both...), "backup")
	old.Time = r.now - 91*24*3_600_000
	r.s.Facts([]telemetry.DeviceFacts{old})
	if err := r.s.step(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.class("core-2/psu", topology.AtRisk) // the third is forgotten
}

func TestPartNamed(t *testing.T) {
	named := func(names ...string) (out []component) {
		for _, n := range names {
			out = append(out, component{Name: n})
		}
		return out
	}
	f := func(sensor string, want int, parts ...string) {
		t.Helper()
		if got := partNamed(named(parts...), sensor); got != want {
			t.Errorf("%q among %q: got %d, want %d", sensor, parts, got, want)
		}
	}
	f("Power Supply 2", 1, "Power Supply 1", "Power Supply 2")
	f("power supply 2 state", 1, "Power Supply 1", "Power Supply 2")
	f("PSU 2", 1, "Power Supply 1", "Power Supply 2")
	f("PS12", -1, "Power Supply 1", "Power Supply 2")
	f("Unit 1 power supply 2", 1, "PSU 1/1", "PSU 1/2")
	f("Fan 01", 0, "Fan Tray 1", "Fan Tray 2")
	f("right", -1, "Power Supply 1", "Power Supply 2")
	f("PSU", -1, "", "")
	f("PSU 1", -1, "Supply 1", "Supply 1 of the other") // both fit
}
