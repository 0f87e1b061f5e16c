package profile

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// TestSensors: how numbers come out, one line a way.
func TestSensors(t *testing.T) {
	const table = `1.3.6.1.4.1.5.1.1.1|4|Inlet
1.3.6.1.4.1.5.1.1.2|4|
1.3.6.1.4.1.5.1.2.1|2|235
1.3.6.1.4.1.5.1.2.2|2|-1
1.3.6.1.4.1.5.1.3.1|2|9
1.3.6.1.4.1.5.1.3.2|2|8
1.3.6.1.4.1.5.1.4.1|4|12 Volts
1.3.6.1.4.1.5.1.4.2|4x|41bc0000
1.3.6.1.4.1.5.1.5.1|2|10
1.3.6.1.4.1.5.1.5.2|2|0
1.3.6.1.4.1.5.9.0|4|5 Secs ( 40.8140%)
`
	f := func(sensor string, want ...SensorReading) {
		t.Helper()
		got, errs := read(t, "sensors:\n- "+sensor, table)
		if len(errs) > 0 {
			t.Errorf("%s: %v", sensor, errs)
		}
		if diff := cmp.Diff(want, got.Sensors); diff != "" {
			t.Errorf("%s: want -, got +\n%s", sensor, diff)
		}
	}
	n := func(v float64) *float64 { return &v }
	const at = "{table: 1.3.6.1.4.1.5.1, name: ['{1}', 'Row {index}'], "
	f(at+"class: temperature, value: {column: 2, object: o, absent: -1, divide: 10}}",
		SensorReading{Class: "temperature", Name: "Inlet", Value: n(23.5), Unit: "celsius"})
	f(at+"class: temperature, value: {column: 2, object: o, power10: {column: 3, plus: -9}}}",
		SensorReading{Class: "temperature", Name: "Inlet", Value: n(235), Unit: "celsius"},
		SensorReading{Class: "temperature", Name: "Row 2", Value: n(-0.1), Unit: "celsius"})
	f(at+"class: {column: 3, map: {9: voltage}}, value: 2 o}", SensorReading{Class: "voltage", Name: "Inlet", Value: n(235), Unit: "volt"})
	f(at+"class: voltage, value: {column: 4, object: o, match: '^([0-9.]+) Volts'}}", SensorReading{Class: "voltage", Name: "Inlet", Value: n(12), Unit: "volt"})
	f(at+"class: voltage, value: {column: 4, object: o, convert: hex_float}, where: {column: 3, is: 8}}", SensorReading{Class: "voltage", Name: "Row 2", Value: n(23.5), Unit: "volt"})
	f(at+"class: percent, value: {column: 2, object: o, divide: {column: 5}}}", // a division by zero is nothing
		SensorReading{Class: "percent", Name: "Inlet", Value: n(23.5), Unit: "percent"})
	f(at+"class: count, value: {column: 2, object: o, unsigned: true}, where: {column: 3, below: 9}}",
		SensorReading{Class: "count", Name: "Row 2", Value: n(4294967295), Unit: "1"})
	f("{class: load, name: CPU, value: {OID: 1.3.6.1.4.1.5.9.0, object: o, match: '([0-9.]+)%'}}", SensorReading{Class: "load", Name: "CPU", Value: n(40.814), Unit: "percent"})
	f(at+"class: state, value: 3 o, states: {9: ok up, 8: critical down}, where: {column: 1, matches: .}}",
		SensorReading{Class: "state", Name: "Inlet", Value: n(9), Status: "up", Severity: "ok"})
	f(at+"class: temperature, value: 2 o, critical_high: 200, where: {column: 2, above: 0}}",
		SensorReading{Class: "temperature", Name: "Inlet", Value: n(235), Unit: "celsius", Status: "critical", Severity: "critical"})
	f(at+"class: temperature, value: {column: 2, object: o, divide: 10}, warning_high: {column: 3, multiply: 3}, where: {column: 2, above: 0}}",
		SensorReading{Class: "temperature", Name: "Inlet", Value: n(23.5), Unit: "celsius", Status: "ok", Severity: "ok"})
	f("{class: count, name: Sum, value: {column: 1.3.6.1.4.1.5.1.3, object: o, sum: sum}}", SensorReading{Class: "count", Name: "Sum", Value: n(17), Unit: "1"})
	f("{class: count, name: Nothing, value: 1.3.6.1.4.1.77.0 o}")
	f("{table: 1.3.6.1.4.1.77.1, class: count, name: Nothing, value: 1 o}")
}

func TestCapacities(t *testing.T) {
	const data = `1.3.6.1.4.1.5.1.1.1|2|1000
1.3.6.1.4.1.5.1.1.2|2|-294967296
1.3.6.1.4.1.5.1.1.3|2|0
1.3.6.1.4.1.5.1.2.1|2|250
1.3.6.1.4.1.5.1.2.2|2|4000000
1.3.6.1.4.1.5.1.2.3|2|0
1.3.6.1.4.1.5.1.3.1|2|0
1.3.6.1.4.1.5.1.3.2|2|1024
1.3.6.1.4.1.5.1.4.1|2|90
`
	f := func(entry string, want ...CapacityReading) {
		t.Helper()
		got, _ := read(t, "memory:\n- {table: 1.3.6.1.4.1.5.1, name: 'Row {index}', "+entry+"}", data)
		if diff := cmp.Diff(want, got.Memory); diff != "" {
			t.Errorf("%s: want -, got +\n%s", entry, diff)
		}
	}
	n := func(v uint64) *uint64 { return &v }
	p := func(v float64) *float64 { return &v }
	big := CapacityReading{Name: "Row 2", UsedBytes: n(4_096_000_000), TotalBytes: n(4_096_000_000_000), UsagePercent: p(0.1)}
	f("total: {column: 1, object: t, unsigned: true}, used: 2 u, bytes: {column: 3}", // a unit of 0 leaves the share
		CapacityReading{Name: "Row 1", UsagePercent: p(25)}, big)
	f("total: {column: 1, object: t}, free: 2 u, bytes: 1024", // a negative size is nothing
		CapacityReading{Name: "Row 1", UsedBytes: n(768000), TotalBytes: n(1024000), UsagePercent: p(75)})
	f("used: 1 t, free: 2 u", CapacityReading{Name: "Row 1", UsedBytes: n(1000), TotalBytes: n(1250), UsagePercent: p(80)})
	f("percent: 4 p", CapacityReading{Name: "Row 1", UsagePercent: p(90)})
	f("total: 1 t, percent: 4 p", CapacityReading{Name: "Row 1", UsedBytes: n(900), TotalBytes: n(1000), UsagePercent: p(90)})
	f("total: 2 t, used: 1 u, where: {column: 3, is: 0}", CapacityReading{Name: "Row 1", UsedBytes: n(1000), TotalBytes: n(250)}) // more than there is: no share
}

// TestGivingWay: of entries that tell the same only one is listed.
func TestGivingWay(t *testing.T) {
	const hr = "1.3.6.1.2.1.25.3.3.1.2.1|2|7\n"
	f := func(profile, recording string, want ...ProcessorReading) {
		t.Helper()
		got, _ := read(t, profile, recording)
		if diff := cmp.Diff(want, got.Processors); diff != "" {
			t.Errorf("%s: want -, got +\n%s", profile, diff)
		}
	}
	mine := "processors:\n- {id: mine, name: Mine, usage: 1.3.6.1.4.1.5.0 x, instead_of: hrProcessor}"
	f(mine, hr+"1.3.6.1.4.1.5.0|2|50\n", ProcessorReading{"Mine", 50})
	f(mine, hr, ProcessorReading{"cpu0", 7})
	f("without: [hrProcessor]", hr)
	f("processors:\n- {id: hrProcessor, name: Mine, idle: 1.3.6.1.4.1.5.0 x}", hr+"1.3.6.1.4.1.5.0|2|60\n", ProcessorReading{"Mine", 40})
	f("processors:\n- {id: a, usage: 1.3.6.1.4.1.5.0 x, unless: b, name: A}\n- {id: b, usage: 1.3.6.1.4.1.5.0 x, unless: a, name: B}", // a circle ends
		"1.3.6.1.4.1.5.0|2|60\n", ProcessorReading{"B", 60})
	f("processors:\n- {id: a, usage: 1.3.6.1.4.1.5.0 x}", "1.3.6.1.4.1.5.0|2|101\n") // no percentage
}

func TestChoice(t *testing.T) {
	l := library(t, map[string]string{
		"any.yaml":    "sysobjectid: 1.3.6.1.4.1.55555.*",
		"one.yaml":    "sysobjectid: 1.3.6.1.4.1.55555.1.7",
		"branch.yaml": "sysobjectid: 1.3.6.1.4.1.55555.1.*",
		"linux.yaml":  "sysobjectid: 1.3.6.1.4.1.55555.2.*\nwhen: {OID: 1.3.6.1.2.1.1.1.0, matches: Linux}",
		"nas.yaml":    "sysobjectid: 1.3.6.1.4.1.55555.2.*\nwhen: {under: 1.3.6.1.4.1.6}",
		"rest.yaml":   "sysobjectid: 1.3.6.1.4.1.55555.2.*",
		"by.yaml":     "sysobjectid: 1.3.6.1.4.1.55555.3\nmatches_list: [{regex: 'model x', target: one.yaml}]",
	})
	f := func(objectID, recording, want string) {
		t.Helper()
		d := deviceOf(recording)
		got, errs := l.Read(t.Context(), d, DefaultLimits(), systemOf(objectID, ofBind(d.tree.Get(oid.MustParse(sysDescr))).text))
		if got.Profile != want || len(errs) > 0 {
			t.Errorf("%s: got %s, %v; want %s", objectID, got.Profile, errs, want)
		}
	}
	f("1.3.6.1.4.1.55555.1.7", "", "one")
	f("1.3.6.1.4.1.55555.1.7.1", "", "branch")
	f("1.3.6.1.4.1.55555.1.8", "", "branch")
	f("1.3.6.1.4.1.55555.9", "", "any")
	f("1.3.6.1.4.1.55555", "", "any")
	f("1.3.6.1.4.1.5555", "", "generic")
	f("", "", "generic")
	f("1.3.6.1.4.1.55555.2.1", "", "rest")
	f("1.3.6.1.4.1.55555.2.1", "1.3.6.1.2.1.1.1.0|4|Linux x\n", "linux")
	f("1.3.6.1.4.1.55555.2.1", "1.3.6.1.4.1.6.1.0|2|1\n", "nas")
	f("1.3.6.1.4.1.55555.3", "1.3.6.1.2.1.1.1.0|4|Model X\n", "one")
}

// TestForeignProfile is a profile in the shape of Datadog's and Kentik's.
func TestForeignProfile(t *testing.T) {
	got, errs := read(t, `
sysobjectid: 1.3.6.1.4.1.55555.*
metadata:
  device:
    fields:
      vendor: {value: acme}
      version: {symbol: {OID: 1.3.6.1.2.1.1.1.0, name: sysDescr, match_pattern: 'Release (\d+)\.(\d+)', match_value: '$1-$2'}}
      serial_number: {symbols: [{OID: 1.3.6.1.4.1.5.8.0, name: a}, {OID: 1.3.6.1.4.1.5.9.0, name: b}]}
metric_tags: [{OID: 1.3.6.1.2.1.1.5.0, symbol: sysName, tag: snmp_host}]
static_tags: ['lab:yes']
metrics:
- MIB: ACME-MIB
  symbol: {OID: 1.3.6.1.4.1.5.1.0, name: acmeLoad, scale_factor: 0.5}
- MIB: ACME-MIB
  table: {OID: 1.3.6.1.4.1.5.2, name: acmeTable}
  symbols:
  - {OID: 1.3.6.1.4.1.5.2.1.2, name: acmeState, poll_time_sec: 60}
  metric_tags:
  - {tag: slot, index: 1}
  - {tag: kind, column: {OID: 1.3.6.1.4.1.5.2.1.3, name: acmeKind}, mapping: {1: fan, 2: psu}}
  - {column: {OID: 1.3.6.1.4.1.5.3.1.1, name: acmeName}, tag: name, index_transform: [{start: 1, end: 1}]}
`, `1.3.6.1.2.1.1.1.0|4|Acme Release 4.7
1.3.6.1.2.1.1.5.0|4|box
1.3.6.1.4.1.5.1.0|2|9
1.3.6.1.4.1.5.2.1.2.3.8|66|5
1.3.6.1.4.1.5.2.1.3.3.8|2|2
1.3.6.1.4.1.5.3.1.1.8|4|eight
1.3.6.1.4.1.5.9.0|4|S-1
`)
	if len(errs) > 0 {
		t.Error(errs)
	}
	if want := (Found{Vendor: "acme", Version: "4-7", Serial: "S-1"}); got.Identity != want {
		t.Errorf("got %+v, want %+v", got.Identity, want)
	}
	want := []MetricReading{
		{telemetry.Series{Name: "acmeLoad", Labels: []telemetry.Label{{Name: "lab", Value: "yes"}}}, 4.5},
		{telemetry.Series{Name: "acmeState", Labels: []telemetry.Label{{Name: "kind", Value: "psu"}, {Name: "lab", Value: "yes"},
			{Name: "name", Value: "eight"}, {Name: "slot", Value: "3"}}}, 5},
	}
	if diff := cmp.Diff(want, got.Metrics); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// TestPlan: what is polled in steady state comes out as the reading did.
func TestPlan(t *testing.T) {
	got, _ := read(t, "sensors:\n- {table: 1.3.6.1.4.1.5.1, class: voltage, name: '{1}', value: {column: 2, object: acmeVolts, divide: 10, absent: -1}, interval: 60s}",
		"1.3.6.1.4.1.5.1.1.1|4|A\n1.3.6.1.4.1.5.1.1.2|4|A\n1.3.6.1.4.1.5.1.2.1|2|33\n1.3.6.1.4.1.5.1.2.2|2|50\n")
	if len(got.Plan) != 2 {
		t.Fatalf("got %+v", got.Plan)
	}
	for i, label := range []string{"A", "A#2"} {
		p := got.Plan[i]
		want := telemetry.Series{Name: "acmeVolts", Labels: []telemetry.Label{{Name: "sensor", Value: label}}}
		if diff := cmp.Diff(want, p.Series); diff != "" || p.Interval.Seconds() != 60 {
			t.Errorf("want -, got +\n%s%v", diff, p.Interval)
		}
	}
	value := func(vb snmpwire.VarBind) any {
		v, ok := got.Plan[0].Value(vb)
		if !ok {
			return nil
		}
		return math.Float64frombits(v.Bits)
	}
	if v := value(snmpwire.VarBind{Type: snmpwire.Integer, Int: 34}); v != 3.4 {
		t.Errorf("got %v, want 3.4", v)
	}
	for _, vb := range []snmpwire.VarBind{{Type: snmpwire.Integer, Int: -1}, {Type: snmpwire.NoSuchInstance}, {Type: snmpwire.Integer, Err: errors.New("damaged")}} {
		if v := value(vb); v != nil {
			t.Errorf("got %v for what is absent", v)
		}
	}
}

// TestEachColumnOnce: what several entries need is asked for once, and absent tables cost one request.
func TestEachColumnOnce(t *testing.T) {
	d := deviceOf("1.3.6.1.2.1.25.2.3.1.3.1|4|Physical memory\n")
	if _, errs := NewLibrary().Read(t.Context(), d, DefaultLimits(), systemOf("", "")); len(errs) > 0 {
		t.Error(errs)
	}
	for root, n := range d.walks {
		if n > 1 {
			t.Errorf("%s was walked %d times", root, n)
		}
	}
	if d.gets > 3 {
		t.Errorf("scalars took %d requests", d.gets)
	}
}
