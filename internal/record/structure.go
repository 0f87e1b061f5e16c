package record

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strings"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// The structural lists of DeviceFacts have some hundred fields, all of the same few kinds, and go over the
// wire once an hour at most. They are translated by the names of their fields: those of telemetry.proto are
// the JSON names of internal/telemetry. A test fails when one is missing.

// maxNested is how many entries a list within a row may have: ports of a spanning tree, members of a LAG.
const maxNested = 10_000

var addrType = reflect.TypeFor[netip.Addr]()

// byHand are the fields of DeviceFacts that are translated by hand: the interfaces go into the assignment too.
var byHand = map[string]bool{"Device": true, "Time": true, "System": true, "Interfaces": true}

// structureToWire copies the structural lists of facts, or all of a scan, into the message w points to.
func structureToWire(facts, w any) {
	eachPair(reflect.ValueOf(facts).Elem(), reflect.ValueOf(w).Elem(), pairToWire) //nolint:errcheck // it makes none
}

// structureFromWire is the way back.
func structureFromWire(w, facts any) error {
	return eachPair(reflect.ValueOf(facts).Elem(), reflect.ValueOf(w).Elem(), func(name string, f, m reflect.Value) error {
		if err := fromWire(m, f); err != nil {
			return invalid(name, "%s", err)
		}
		return nil
	})
}

// match finds, for each field of a value, the field of the message that has its name; -1 for those that are
// translated by hand.
func match(value, message reflect.Type) []int {
	out := make([]int, value.NumField())
	for i := range out {
		field := value.Field(i)
		if out[i] = -1; value == reflect.TypeFor[telemetry.DeviceFacts]() && byHand[field.Name] {
			continue
		}
		camel := strings.ReplaceAll(jsonName(field), "_", "")
		m, _ := message.FieldByNameFunc(func(s string) bool { return s[0] <= 'Z' && strings.EqualFold(s, camel) })
		out[i] = m.Index[0]
	}
	return out
}

// eachPair calls do for the fields of a value and those of the message that match them.
func eachPair(value, message reflect.Value, do func(name string, f, m reflect.Value) error) error {
	return eachMatch(value, message, match(value.Type(), message.Type()), do)
}

func eachMatch(value, message reflect.Value, fields []int, do func(name string, f, m reflect.Value) error) error {
	for i, at := range fields {
		if at < 0 {
			continue
		}
		if err := do(jsonName(value.Type().Field(i)), value.Field(i), message.Field(at)); err != nil {
			return err
		}
	}
	return nil
}

// ScanToWire returns what is asked of an agent as a message.
func ScanToWire(s telemetry.Scan) *telemetryv1.Scan {
	w := &telemetryv1.Scan{}
	structureToWire(&s, w)
	return w
}

// ScanFromWire is the way back. The error wraps ErrInvalid.
func ScanFromWire(w *telemetryv1.Scan) (s telemetry.Scan, err error) {
	var c checker
	if w.GetPort() > math.MaxUint16 {
		c.failf("port", "%d is none", w.GetPort())
	}
	if err := structureFromWire(w, &s); err != nil {
		return s, err
	}
	c.value("scan", reflect.ValueOf(s))
	return s, c.err
}

func toWire(f, m reflect.Value) {
	switch {
	case f.Type() == addrType:
		if a := f.Interface().(netip.Addr); a.IsValid() {
			m.SetBytes(a.AsSlice())
		}
	case f.Kind() == reflect.Struct:
		if f.IsZero() {
			return
		}
		m.Set(reflect.New(m.Type().Elem()))
		eachPair(f, m.Elem(), pairToWire) //nolint:errcheck // it makes none
	case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
		if f.Len() == 0 {
			return
		}
		m.Set(reflect.MakeSlice(m.Type(), f.Len(), f.Len()))
		var fields []int
		for i := range f.Len() {
			if f.Type().Elem() == addrType {
				toWire(f.Index(i), m.Index(i))
				continue
			}
			if i == 0 {
				fields = match(f.Type().Elem(), m.Type().Elem().Elem())
			}
			m.Index(i).Set(reflect.New(m.Type().Elem().Elem()))
			eachMatch(f.Index(i), m.Index(i).Elem(), fields, pairToWire) //nolint:errcheck // it makes none
		}
	default:
		m.Set(f.Convert(m.Type()))
	}
}

func pairToWire(_ string, f, m reflect.Value) error {
	toWire(f, m)
	return nil
}

func pairFromWire(_ string, f, m reflect.Value) error { return fromWire(m, f) }

func fromWire(m, f reflect.Value) error {
	switch {
	case f.Type() == addrType:
		addr, ok := netip.AddrFromSlice(m.Bytes())
		if !ok && m.Len() > 0 {
			return fmt.Errorf("IP address of %d bytes", m.Len())
		}
		f.Set(reflect.ValueOf(addr))
	case f.Kind() == reflect.Struct:
		if m.IsNil() {
			return nil
		}
		return eachPair(f, m.Elem(), pairFromWire)
	case f.Kind() == reflect.Slice && m.Len() == 0: // stays nil
	case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
		f.Set(reflect.MakeSlice(f.Type(), m.Len(), m.Len()))
		var fields []int
		for i := range m.Len() {
			var err error
			if f.Type().Elem() == addrType {
				err = fromWire(m.Index(i), f.Index(i))
			} else {
				if i == 0 {
					fields = match(f.Type().Elem(), m.Type().Elem().Elem())
				}
				err = eachMatch(f.Index(i), m.Index(i).Elem(), fields, pairFromWire)
			}
			if err != nil {
				return err
			}
		}
	default:
		f.Set(m.Convert(f.Type()))
	}
	return nil
}

// structure checks the structural lists of f.
func (c *checker) structure(f *telemetry.DeviceFacts) {
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if field := v.Type().Field(i); !byHand[field.Name] {
			c.value(jsonName(field), v.Field(i))
		}
	}
}

// value checks the text, the addresses and the length of the lists in v.
func (c *checker) value(name string, v reflect.Value) {
	switch {
	case c.err != nil:
	case v.Type() == addrType:
		if a := v.Interface().(netip.Addr); a.Zone() != "" {
			c.failf(name, "address %s has a zone", a)
		}
	case v.Kind() == reflect.String:
		c.text(name, v.String())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			c.value(name+"."+jsonName(v.Type().Field(i)), v.Field(i))
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if v.Len() > maxPhysAddress {
			c.failf(name, "%d bytes, the limit is %d", v.Len(), maxPhysAddress)
		}
	case v.Kind() == reflect.Slice:
		limit := telemetry.MaxFacts(name)
		if limit == 0 {
			limit = maxNested
		}
		if v.Len() > limit {
			c.failf(name, "%d, the limit is %d", v.Len(), limit)
			return
		}
		for i := range v.Len() {
			c.value(name, v.Index(i))
		}
	}
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
