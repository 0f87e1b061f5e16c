package profile

import (
	"testing"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/telemetry"
)

// TestGroups: what is worked out at a poll is what the Reading said, from the values of the poll.
func TestGroups(t *testing.T) {
	const recording = "1.3.6.1.4.1.5.2.1.0|2|75\n1.3.6.1.4.1.5.3.1.0|2|1000\n1.3.6.1.4.1.5.3.2.0|2|400\n1.3.6.1.4.1.5.3.3.0|2|100\n" +
		"1.3.6.1.4.1.5.1.1.1|4|A\n1.3.6.1.4.1.5.1.1.2|4|A\n1.3.6.1.4.1.5.1.2.1|2|33\n1.3.6.1.4.1.5.1.2.2|2|50\n1.3.6.1.4.1.5.1.3.1|2|60\n1.3.6.1.4.1.5.1.3.2|2|60\n" +
		"1.3.6.1.4.1.5.4.0|2|2\n"
	got, errs := read(t, `
processors:
- {name: CPU, idle: 1.3.6.1.4.1.5.2.1.0 acmeIdle, interval: 15s}
memory:
- {name: RAM, total: 1.3.6.1.4.1.5.3.1.0 acmeTotal, used: {OID: 1.3.6.1.4.1.5.3.2.0, object: acmeUsed, minus: {OID: 1.3.6.1.4.1.5.3.3.0}}, bytes: 1024}
sensors:
- {table: 1.3.6.1.4.1.5.1, class: voltage, name: '{1}', value: {column: 2, object: acmeVolts, divide: 10}, critical_high: {column: 3}}
- {name: PSU, class: state, part: power_supply, value: 1.3.6.1.4.1.5.4.0 acmeState, states: {1: ok, 2: critical failed, 3: absent}, interval: 5m}
`, recording)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	groups, left := got.Groups("box", time.Minute)
	if len(groups) != 3 || left != 0 || groups[0].Interval != 15*time.Second || groups[1].Interval != time.Minute || groups[2].Interval != 5*time.Minute {
		t.Fatalf("got %d groups, %d series left", len(groups), left)
	}
	f := func(what string, g *Group, recording string, want map[string]any) {
		t.Helper()
		d := deviceOf("")
		d.tree = snmpagent.ParseRecording([]byte(recording)).Tree
		frame, _, err := g.Poll(t.Context(), d, time.Unix(1, 0))
		if err != nil || frame == nil {
			t.Fatal(err)
		}
		values := map[string]any{}
		for i, v := range frame.Polls[0].Values {
			name := frame.Template[i].Name
			for _, l := range frame.Template[i].Labels {
				name += " " + l.Value
			}
			if v.Kind == telemetry.Stale {
				values[name] = "stale"
			} else if v.Kind != telemetry.Absent {
				values[name] = v.Float64()
			}
		}
		if len(values) != len(want) {
			t.Errorf("%s: got %v, want %v", what, values, want)
		}
		for name, v := range want {
			if values[name] != v {
				t.Errorf("%s: %s: got %v, want %v", what, name, values[name], v)
			}
		}
	}
	f("processor", groups[0], recording, map[string]any{"acmeIdle CPU": 75.0, "ninewatch_cpu_usage_ratio CPU": 0.25})
	f("a load that is none", groups[0], "1.3.6.1.4.1.5.2.1.0|2|101\n", map[string]any{"acmeIdle CPU": 101.0, "ninewatch_cpu_usage_ratio CPU": "stale"})
	f("told once", groups[0], "1.3.6.1.4.1.5.2.1.0|2|101\n", map[string]any{"acmeIdle CPU": 101.0})
	f("memory and sensors", groups[1], recording, map[string]any{
		"acmeTotal RAM": 1000.0, "acmeUsed RAM": 400.0, // the object is the raw number
		"ninewatch_memory_used_bytes RAM": 307200.0, "ninewatch_memory_total_bytes RAM": 1024000.0, "ninewatch_memory_usage_ratio RAM": 0.3,
		"acmeVolts A": 3.3, "acmeVolts A#2": 5.0,
		"ninewatch_sensor_value voltage A volt": 3.3, "ninewatch_sensor_value voltage A#2 volt": 5.0,
		"ninewatch_sensor_status voltage A": 0.0, "ninewatch_sensor_status voltage A#2": 0.0, // 6.0 V is critical
	})
	f("state", groups[2], recording, map[string]any{"acmeState PSU": 2.0, "ninewatch_sensor_status state power_supply PSU": 2.0})
	f("plugged out", groups[2], "1.3.6.1.4.1.5.4.0|2|3\n", map[string]any{"acmeState PSU": 3.0, "ninewatch_sensor_status state power_supply PSU": 4.0})
}
