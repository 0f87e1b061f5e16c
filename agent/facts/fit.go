package facts

import (
	"fmt"
	"reflect"
	"strings"
)

// maxBytes is how much the facts of one device may take: internal/record has a limit of 4 MiB less 64 KiB.
const maxBytes = 3 << 20

// dispensable are the lists that are given up when the facts are too much for one record, in this order:
// what is longest, and missed least.
var dispensable = []string{"Hosts", "Stack", "Components", "STP", "Neighbors"}

// fit gives up lists until the rest can be sent.
func (r *reader) fit() {
	facts := reflect.ValueOf(r.f).Elem()
	for _, name := range dispensable {
		total := size(facts)
		if total <= maxBytes {
			return
		}
		list := facts.FieldByName(name)
		if list.Len() == 0 {
			continue
		}
		list.SetZero()
		lower := strings.ToLower(name)
		r.problem(lower, fmt.Errorf("the facts of this device take %d bytes, %d are possible: this list is left out", total, maxBytes))
		r.partial(lower)
	}
}

// size is what v takes on the wire, rounded up.
func size(v reflect.Value) int {
	n := 8 // a number, or the frame of what has parts
	switch v.Kind() {
	case reflect.String:
		n += v.Len()
	case reflect.Struct:
		if v.NumField() > 0 && !v.Type().Field(0).IsExported() { // netip.Addr
			return n + 16
		}
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				n += size(f)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return n + v.Len()
		}
		for i := range v.Len() {
			n += size(v.Index(i))
		}
	}
	return n
}
