package profile

import (
	"fmt"
	"strings"
)

// sensed is a sensor that was read, with what it is a part of.
type sensed struct {
	SensorReading
	part string
}

// sensor reads the rows of an entry of sensors.
func (rd *reader) sensor(e *Sensor) (int, func()) {
	var out []sensed
	var plan []Instance
	var derived []Derived
	rd.rows(e.Table, e.Rows, e.Columns, e.Where, []*Source{&e.Value}, func(r *row) {
		s, ok := rd.sensorRow(e, r)
		if !ok {
			return
		}
		one := sensed{s, rd.eval((*Source)(&e.Part), r).text}
		out = append(out, one)
		derived = append(derived, rd.derivedSensor(e, r, one)...)
		if s.Value != nil {
			plan = append(plan, rd.instance(&e.Value, r, e.Interval, "sensor", s.Name))
		}
	})
	return len(out), func() {
		for _, s := range out {
			rd.out.Sensors = append(rd.out.Sensors, s.SensorReading)
			rd.partOf(s)
		}
		rd.planned(plan, derived)
	}
}

func (rd *reader) sensorRow(e *Sensor, r *row) (s SensorReading, ok bool) {
	s.Class = rd.eval((*Source)(&e.Class), r).text
	unit, ok := units[s.Class]
	if !ok {
		return s, false
	}
	s.Unit = firstOf(rd.eval((*Source)(&e.Unit), r).text, unit)
	v := rd.eval(&e.Value, r)
	switch {
	case !v.ok:
		return s, false
	case s.Class == "state":
		s.Severity, s.Status = state(rd.states(e.States), v)
		if v.isNum {
			s.Value = &v.number
		}
	case !v.isNum:
		return s, false
	default:
		s.Value = &v.number
		s.Severity = rd.judged(e, r, v.number)
		s.Status = s.Severity
	}
	s.Name = firstOf(rd.name(e.Name, r), strings.TrimSpace(fmt.Sprintf("%s %s", s.Class, r.index)))
	return s, true
}

// state is the severity and the word of a value.
func state(states States, v value) (severity, word string) {
	text, ok := states[v.text]
	if !ok {
		text, ok = states["*"]
	}
	if !ok {
		return "unknown", v.text
	}
	severity, word, _ = strings.Cut(text, " ")
	if word == "" && !v.isNum {
		word = v.text // a device that tells its states as texts
	}
	return severity, firstOf(word, severity)
}

// judged is the severity of a number: what the device says of it, else what the thresholds say.
func (rd *reader) judged(e *Sensor, r *row, f float64) string {
	if e.Status.given() {
		if severity := severityOf(rd.eval(&e.Status, r)); severity != "" {
			return severity
		}
	}
	return judge(rd.thresholds(e, r), f)
}

// severityOf is that of a status, or "" where the device does not know it.
func severityOf(v value) string {
	severity, _, _ := strings.Cut(v.text, " ")
	if severities[severity] && severity != "unknown" {
		return severity
	}
	return ""
}

// threshold is a number from which on, or down to which, a sensor is of a severity.
type threshold struct {
	bound    float64
	high     bool
	severity string
}

// thresholds are those that the device or the profile knows for a sensor, the worst first.
func (rd *reader) thresholds(e *Sensor, r *row) (out []threshold) {
	for _, t := range []struct {
		t        *Factor
		high     bool
		severity string
	}{{&e.CriticalHigh, true, "critical"}, {&e.CriticalLow, false, "critical"}, {&e.WarningHigh, true, "warning"}, {&e.WarningLow, false, "warning"}} {
		if !t.t.given() {
			continue
		}
		s := Source(*t.t)
		if s.Constant == "" && s.Multiply == nil && s.Divide == nil && s.Power10 == nil && s.Convert == "" {
			s.Multiply, s.Divide, s.Power10, s.Convert, s.Plus = e.Value.Multiply, e.Value.Divide, e.Value.Power10, e.Value.Convert, e.Value.Plus
		}
		if v := rd.eval(&s, r); v.ok && v.isNum {
			out = append(out, threshold{v.number, t.high, t.severity})
		}
	}
	return out
}

// judge is the severity of a number by thresholds; "" where there are none.
func judge(list []threshold, f float64) string {
	severity := ""
	for _, t := range list {
		if t.high && f >= t.bound || !t.high && f <= t.bound {
			return t.severity
		}
		severity = "ok"
	}
	return severity
}

// partOf lists a sensor of a power supply or fan there too. Sensors of one name are one part: its state
// and its speed.
func (rd *reader) partOf(s sensed) {
	list := &rd.out.PowerSupplies
	switch s.part {
	case PowerSupply:
	case Fan:
		list = &rd.out.Fans
	default:
		return
	}
	p := PartReading{Name: s.Name, Status: firstOf(s.Severity, "unknown")}
	if s.Class == "fanspeed" && s.Unit == "rpm" {
		p.RPM = s.Value
	}
	for i := range *list {
		if old := &(*list)[i]; old.Name == p.Name && (s.Class == "fanspeed") != (old.RPM != nil) {
			if old.RPM == nil {
				old.RPM = p.RPM
			}
			if old.Status == "unknown" {
				old.Status = p.Status
			}
			return
		}
	}
	*list = append(*list, p)
}

// parts ends with names that are unique in their section.
func (rd *reader) parts() {
	names := unique{}
	for i := range rd.out.Processors {
		rd.out.Processors[i].Name = names.name(rd.out.Processors[i].Name)
	}
	for _, list := range [][]CapacityReading{rd.out.Memory, rd.out.Storage} {
		names := unique{}
		for i := range list {
			list[i].Name = names.name(list[i].Name)
		}
	}
	for _, list := range [][]PartReading{rd.out.PowerSupplies, rd.out.Fans} {
		names := unique{}
		for i := range list {
			list[i].Name = names.name(list[i].Name)
		}
	}
}
