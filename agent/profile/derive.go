package profile

import (
	"cmp"
	"time"

	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// The series of ours, which are the same for all makers. Shares are from 0 to 1.
const (
	seriesCPU          = "ninewatch_cpu_usage_ratio"
	seriesSensor       = "ninewatch_sensor_value"
	seriesSensorStatus = "ninewatch_sensor_status"
)

// roomSeries are those of memory or storage.
type roomSeries struct{ used, total, usage string }

var (
	seriesMemory  = roomSeries{"ninewatch_memory_used_bytes", "ninewatch_memory_total_bytes", "ninewatch_memory_usage_ratio"}
	seriesStorage = roomSeries{"ninewatch_storage_used_bytes", "ninewatch_storage_total_bytes", "ninewatch_storage_usage_ratio"}
)

// statusNumber is the value of ninewatch_sensor_status.
var statusNumber = map[string]uint64{"ok": 0, "warning": 1, "critical": 2, "unknown": 3, "absent": 4}

// Derived is a series of ours, worked out of objects of a device at each poll of them.
type Derived struct {
	Series   telemetry.Series
	Interval time.Duration // between two polls; 0: that of the device's sensors

	objects []int // places in Reading.objects
	value   func(read func(object int) snmpwire.VarBind) (telemetry.Value, bool)
}

// labels makes labels of names and values, sorted by name as a frame wants them; empty values are left out.
func labels(pairs ...string) []telemetry.Label {
	var out []telemetry.Label
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, telemetry.Label{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	order.Sort(out, func(a, b telemetry.Label) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// derivedCPU is the share of a processor that is busy.
func (rd *reader) derivedCPU(e *Processor, s *Source, r *row, name string) []Derived {
	f := rd.formula(s, r)
	if f == nil {
		return nil
	}
	idle := s == &e.Idle
	return []Derived{{Interval: e.Interval, objects: f.needs(), Series: telemetry.Series{Name: seriesCPU, Labels: labels("name", name)},
		value: func(read func(int) snmpwire.VarBind) (telemetry.Value, bool) {
			v := f.eval(read)
			usage := v.number
			if idle {
				usage = 100 - v.number
			}
			return telemetry.FloatValue(rounded(usage / 100)), v.ok && v.isNum && usage >= 0 && usage <= 100
		}}}
}

// room is an entry of memory or storage in one row.
type room struct{ used, free, total, percent, bytes *formula }

// at is what a poll says of it.
func (m *room) at(read func(int) snmpwire.VarBind) (c CapacityReading, ok bool) {
	amount := func(f *formula) *float64 {
		if f == nil {
			return nil
		}
		v := f.eval(read)
		if !v.ok || !v.isNum || v.number < 0 {
			return nil
		}
		return &v.number
	}
	unit := 1.0
	if m.bytes != nil {
		unit = m.bytes.eval(read).number
	}
	return capacityOf(amount(m.used), amount(m.free), amount(m.total), amount(m.percent), unit)
}

// derivedRoom are the series of an entry of memory or storage: those that it can be said of.
func (rd *reader) derivedRoom(e *Capacity, r *row, c CapacityReading, series roomSeries) []Derived {
	formulaOf := func(s *Source) *formula {
		if !s.given() {
			return nil
		}
		return rd.formula(s, r)
	}
	m := &room{used: formulaOf(&e.Used), free: formulaOf(&e.Free), total: formulaOf(&e.Total), percent: formulaOf(&e.Percent), bytes: formulaOf((*Source)(&e.Bytes))}
	needs := needsOf(m.used, m.free, m.total, m.percent, m.bytes)
	if e.Bytes.given() && m.bytes == nil || len(needs) == 0 {
		return nil
	}
	var out []Derived
	add := func(name string, there bool, of func(CapacityReading) (telemetry.Value, bool)) {
		if !there {
			return
		}
		out = append(out, Derived{Interval: e.Interval, objects: needs, Series: telemetry.Series{Name: name, Labels: labels("name", c.Name)},
			value: func(read func(int) snmpwire.VarBind) (telemetry.Value, bool) {
				c, ok := m.at(read)
				if !ok {
					return telemetry.Value{}, false
				}
				return of(c)
			}})
	}
	octets := func(n *uint64) (telemetry.Value, bool) {
		if n == nil {
			return telemetry.Value{}, false
		}
		return telemetry.UintValue(*n), true
	}
	add(series.used, c.UsedBytes != nil, func(c CapacityReading) (telemetry.Value, bool) { return octets(c.UsedBytes) })
	add(series.total, c.TotalBytes != nil, func(c CapacityReading) (telemetry.Value, bool) { return octets(c.TotalBytes) })
	add(series.usage, c.UsagePercent != nil, func(c CapacityReading) (telemetry.Value, bool) {
		if c.UsagePercent == nil {
			return telemetry.Value{}, false
		}
		return telemetry.FloatValue(rounded(*c.UsagePercent / 100)), true
	})
	return out
}

// derivedSensor are the value and the status of a sensor: of a state only the status.
func (rd *reader) derivedSensor(e *Sensor, r *row, s sensed) []Derived {
	f := rd.formula(&e.Value, r)
	if f == nil {
		return nil
	}
	names := labels("sensor", s.Name, "class", s.Class, "part", s.part)
	if s.Class == "state" {
		states := rd.states(e.States)
		return []Derived{{Interval: e.Interval, objects: f.needs(), Series: telemetry.Series{Name: seriesSensorStatus, Labels: names},
			value: func(read func(int) snmpwire.VarBind) (telemetry.Value, bool) {
				v := f.eval(read)
				severity, _ := state(states, v)
				n, known := statusNumber[severity]
				return telemetry.UintValue(n), v.ok && known
			}}}
	}
	out := []Derived{{Interval: e.Interval, objects: f.needs(), Series: telemetry.Series{Name: seriesSensor, Labels: labels("sensor", s.Name, "class", s.Class, "part", s.part, "unit", s.Unit)},
		value: func(read func(int) snmpwire.VarBind) (telemetry.Value, bool) {
			v := f.eval(read)
			return telemetry.FloatValue(v.number), v.ok && v.isNum
		}}}
	var told *formula
	if e.Status.given() {
		told = rd.formula(&e.Status, r)
	}
	bounds := rd.thresholds(e, r)
	if told == nil && len(bounds) == 0 {
		return out
	}
	return append(out, Derived{Interval: e.Interval, objects: needsOf(f, told), Series: telemetry.Series{Name: seriesSensorStatus, Labels: names},
		value: func(read func(int) snmpwire.VarBind) (telemetry.Value, bool) {
			v := f.eval(read)
			severity := ""
			if told != nil {
				severity = severityOf(told.eval(read))
			}
			if severity == "" {
				severity = judge(bounds, v.number)
			}
			n, known := statusNumber[severity]
			return telemetry.UintValue(n), v.ok && v.isNum && known
		}})
}

// apart gives series of the same name and labels a number in the label that names the thing, alike for the
// series of one thing.
func apart(list []Derived) []Derived {
	names := unique{}
	for i := range list {
		s := &list[i].Series
		key := s.Name
		for _, l := range s.Labels {
			key += "\x00" + l.Name + "\x00" + l.Value
		}
		if n := names.name(key); n != key {
			s.Labels = append([]telemetry.Label{}, s.Labels...)
			s.Labels[thing(s.Labels)].Value += n[len(key):]
		}
	}
	return list
}

// thing is which of labels names what is measured: sensor, or name.
func thing(labels []telemetry.Label) int {
	for i, l := range labels {
		if l.Name == "sensor" || l.Name == "name" {
			return i
		}
	}
	return 0
}
