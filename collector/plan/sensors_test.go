package plan

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"ninewatch/collector/capacity"
	"ninewatch/collector/inventory"
	"ninewatch/collector/store"
)

// ofRules is a world of one device with rules.
func ofRules(rules ...inventory.Capacity) (*world, inventory.Device) {
	d := inventory.Device{Name: "ups1", Site: "lisbon"}
	return &world{devices: map[string]inventory.Device{"ups1": d}, rules: rules}, d
}

// gauges are samples of an hour, one a minute.
func gauges(name string, labels map[string]string, of func(minute int) float64) store.Samples {
	s := store.Samples{Name: name, Labels: labels}
	for i := range 60 {
		s.Times, s.Values = append(s.Times, t0.UnixMilli()+int64(i)*60_000), append(s.Values, of(i))
	}
	return s
}

func constantly(v float64) func(int) float64 { return func(int) float64 { return v } }

func TestSeriesOfProfilesAreRead(t *testing.T) {
	w, d := ofRules(
		inventory.Capacity{Match: inventory.CapacityMatch{Resource: []string{"sensor"}, Name: []string{"Battery runtime"}}, Min: 15},
		inventory.Capacity{Match: inventory.CapacityMatch{Resource: []string{"sensor"}, Name: []string{"Inlet*"}}, Max: 40},
		inventory.Capacity{Match: inventory.CapacityMatch{Resource: []string{"power"}, Name: []string{"PoE 1"}}, Limit: "60"},
	)
	r := newReadings()
	r.sensor = func(class, name string) (gauged, bool) { return w.sensor(d, class, name) }
	named := func(name string) map[string]string { return map[string]string{"name": name} }
	sensor := func(name, class string) map[string]string { return map[string]string{"sensor": name, "class": class} }
	for _, s := range []store.Samples{
		gauges("ninewatch_cpu_usage_ratio", named("cpu0"), constantly(0.5)),
		gauges("ninewatch_cpu_usage_ratio", named("cpu1"), constantly(0.3)),
		gauges("hrProcessorLoad", named("cpu0"), constantly(99)),
		gauges("ninewatch_memory_used_bytes", named("Memory"), constantly(3e9)),
		gauges("ninewatch_memory_total_bytes", named("Memory"), constantly(4e9)),
		gauges("ninewatch_memory_usage_ratio", named("Memory"), constantly(0.75)),
		gauges("ninewatch_storage_usage_ratio", named("flash"), constantly(0.2)),
		gauges("hrStorageUsed", named("other"), constantly(7)),
		gauges("ninewatch_sensor_value", sensor("Battery runtime", "runtime"), func(i int) float64 { return 30 - float64(i%5) }),
		gauges("ninewatch_sensor_value", sensor("Inlet", "temperature"), constantly(25)),
		gauges("ninewatch_sensor_value", sensor("Outlet", "temperature"), constantly(35)),
		gauges("ninewatch_sensor_value", sensor("Session table", "load"), constantly(12)),
		gauges("ninewatch_sensor_value", sensor("Output 1", "load"), constantly(55)),
		gauges("upsOutputPercentLoad", map[string]string{"sensor": "Output 1"}, constantly(55)),
		gauges("pethMainPsePower", map[string]string{"sensor": "PoE 1 budget"}, constantly(370)),
		gauges("pethMainPseConsumptionPower", map[string]string{"sensor": "PoE 1 consumption"}, constantly(185)),
	} {
		r.take(s)
	}
	got := r.pieces("ups1", span{t0.UnixMilli(), t0.UnixMilli() + hourMillis})
	want := map[string]float64{ // mean of each bucket
		"processor:ups1": 40, "memory:ups1/Memory": 3e9, "storage:ups1/flash": 20, "min-sensor:ups1/runtime/Battery runtime": -28,
		"sensor:ups1/temperature/Inlet": 25, "sensor:ups1/load/Session table": 12, "power:ups1/Output 1": 55, "power:ups1/PoE 1": 185,
	}
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Fatalf("got %q, want %q", g, w)
	}
	for series, v := range want {
		if g := got[series].lines[0].rate[3]; math.Abs(g-v) > 1e-9*math.Abs(v) {
			t.Errorf("%s: got %g, want %g", series, g, v)
		}
	}
	if g := got["min-sensor:ups1/runtime/Battery runtime"].lines[0].peak[3]; g != -26 {
		t.Errorf("the lowest runtime of a bucket is %g, want 26", -g)
	}
	f := func(series string, size float64, want Resource) {
		t.Helper()
		r, ok := w.resource(series, size)
		if !ok || r.Limit != want.Limit || r.Min != want.Min || r.Unit != want.Unit || r.Kind != want.Kind || r.Title != want.Title {
			t.Errorf("%s: got %+v %t, want %+v", series, r, ok, want)
		}
	}
	f("power:ups1/PoE 1", 370, Resource{Kind: KindPower, Limit: 60, Unit: "watts", Title: "ups1 power PoE 1"})
	f("storage:ups1/flash", 100, Resource{Kind: KindStorage, Limit: 90, Unit: "percent", Title: "ups1 flash"})
	f("memory:ups1/Memory", 4e9, Resource{Kind: KindMemory, Limit: 90, Unit: "bytes", Title: "ups1 Memory"})
	f("min-sensor:ups1/runtime/Battery runtime", 0, Resource{Kind: KindSensor, Limit: 100, Min: 15, Unit: "minutes", Title: "ups1 Battery runtime"})
	f("sensor:ups1/temperature/Inlet", 0, Resource{Kind: KindSensor, Limit: 100, Unit: "celsius", Title: "ups1 Inlet"})
	if _, ok := w.resource("sensor:ups1/temperature/Outlet", 0); ok {
		t.Error("a sensor without a limit is no resource")
	}
}

// TestAFallingRuntimeHasADate: a battery of which the runtime falls by a minute in ten days.
func TestAFallingRuntimeHasADate(t *testing.T) {
	w, _ := ofRules(inventory.Capacity{Match: inventory.CapacityMatch{Resource: []string{"sensor"}}, Min: 15})
	r, ok := w.resource("min-sensor:ups1/runtime/Battery runtime", 0)
	if !ok {
		t.Fatal("no resource")
	}
	values := make([]float64, 120)
	for i := range values {
		values[i] = -(30 - float64(i)/10 + 0.05*math.Sin(float64(i)*1.7))
	}
	first := dateIn(t0.UnixMilli(), time.UTC)
	today := plus(first, len(values))
	a := assessLine(&capacity.Forecaster{}, r, "", values, first, capacity.Calendar{}, today, 365, WhatIf{})
	// 30 - day/10 is 15 on day 150, 30 days on.
	if a.Withheld != "" || a.FullOn.P50 == nil || !a.Minimum || *a.Limit != 15 || a.Capacity != nil {
		t.Fatalf("got %+v", a)
	}
	if full, _ := time.Parse(time.DateOnly, *a.FullOn.P50); full.Sub(noon(plus(today, 30))).Abs() > 5*24*time.Hour {
		t.Errorf("below 15 minutes on %s, want about %s", *a.FullOn.P50, dateText(plus(today, 30)))
	}
	if *a.P95 < 18 || *a.P95 > 19 || *a.TrendPerDay > -0.05 || a.Forecast[0].P10 > a.Forecast[0].P90 || a.Forecast[0].P50 < 16 {
		t.Errorf("got %g falling by %g, then %+v", *a.P95, *a.TrendPerDay, a.Forecast[0])
	}
	if a.OrderBy == nil || *a.FullOn.P10 > *a.FullOn.P50 {
		t.Errorf("got %+v", a.FullOn)
	}
}
