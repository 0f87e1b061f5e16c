package profile

import (
	"slices"
	"strings"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// Instance is one object of a device to poll in steady state, and the series that it feeds.
type Instance struct {
	OID      oid.OID
	Series   telemetry.Series
	Interval time.Duration // between two polls; 0: that of the device's sensors

	source *Source
	states States
	factor float64
}

// Value is what a poll of the instance read, in the unit of the profile; not ok when it is absent.
func (i *Instance) Value(vb snmpwire.VarBind) (telemetry.Value, bool) {
	if vb.Err != nil || !isValue(vb.Type) {
		return telemetry.Value{}, false
	}
	v := i.source.refine(ofBind(vb), i.states)
	if !v.ok || !v.isNum {
		return telemetry.Value{}, false
	}
	if plain := i.factor == 1 && i.source.Plus == 0 && i.source.Convert == "" && i.source.Match == "" && i.source.Map == nil; plain {
		switch vb.Type {
		case snmpwire.Counter32, snmpwire.Counter64, snmpwire.Gauge32, snmpwire.TimeTicks:
			return telemetry.UintValue(vb.Uint), true
		case snmpwire.Integer:
			return telemetry.IntValue(int64(v.number)), true
		}
	}
	f, ok := i.source.scaled(v.number, i.factor)
	return telemetry.FloatValue(f), ok
}

// instance is what has to be polled for a source in a row; its OID is nil when that is no object by itself.
func (rd *reader) instance(s *Source, r *row, every time.Duration, label, name string) Instance {
	i := Instance{Interval: every, source: s, states: rd.states(s.Map), Series: telemetry.Series{
		Name: metricName(s.Object), Labels: []telemetry.Label{{Name: label, Value: name}}}}
	if _, at, ok := rd.bind(s, r); ok && s.Sum == "" && s.Text == "" {
		i.OID, _ = oid.Parse(at)
	}
	var ok bool
	if i.factor, ok = rd.factor(s, r); !ok {
		i.OID = nil
	}
	return i
}

// planned adds what can be polled. A series that is there already is not polled twice: its label gets a number.
func (rd *reader) planned(list []Instance, derived []Derived) {
	rd.out.Derived = append(rd.out.Derived, derived...)
	for _, i := range list {
		if i.OID == nil || i.Series.Name == "" {
			continue
		}
		rd.out.Plan = append(rd.out.Plan, i)
	}
}

// distinct gives series of the same name and labels a number in the first label. An instance that is
// planned twice for one series stays once.
func distinct(plan []Instance) []Instance {
	names := unique{}
	seen := map[string]bool{}
	return slices.DeleteFunc(plan, func(i Instance) bool {
		var key strings.Builder
		key.WriteString(i.Series.Name)
		for _, l := range i.Series.Labels {
			key.WriteString("\x00" + l.Name + "\x00" + l.Value)
		}
		whole := key.String() + "\x00" + i.OID.String()
		if seen[whole] {
			return true
		}
		seen[whole] = true
		if n := names.name(key.String()); n != key.String() && len(i.Series.Labels) > 0 {
			i.Series.Labels[0].Value += n[len(key.String()):]
		}
		return false
	})
}

// metricName is an object's name as a metric may be called.
func metricName(object string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == ':':
			return r
		}
		return '_'
	}, object)
}
