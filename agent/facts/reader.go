package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// table is a conceptual table of a MIB: its entry, and the list of DeviceFacts that its rows end in. The entry is text
// until it is read, so that a hundred tables need no code to build them.
type table struct {
	name    string
	entry   string // OID
	list    string
	columns []uint32 // that are read, one by one; nil: all, at once
}

// silentTables in a row without an answer mean that the device is gone, not that a table is too much for it.
const silentTables = 2

// reader reads tables one after the other, so that what goes wrong with one costs that one alone.
type reader struct {
	ctx     context.Context
	s       snmp.Session
	f       *telemetry.DeviceFacts
	o       Options
	ports   *ports
	errs    []snmp.PartError
	refused []*refused
	states  []named
	silent  int
	stopped error
}

// refused counts the values of a table that its MIB does not allow.
type refused struct {
	table string
	n     int
	first error
}

func newReader(ctx context.Context, s snmp.Session, f *telemetry.DeviceFacts, o Options) *reader {
	return &reader{ctx: ctx, s: s, f: f, o: o, ports: newPorts(f.Interfaces)}
}

func (r *reader) problem(part string, err error) {
	r.errs = append(r.errs, snmp.PartError{Part: part, Err: err})
}

// partial says that a list has rows missing.
func (r *reader) partial(list string) { r.f.Partial = append(r.f.Partial, list) }

func (r *reader) surplus(list string, n, limit int) {
	r.problem(list, fmt.Errorf("%d rows are too many for one device, the first %d are kept", n, limit))
	r.partial(list)
}

// rows reads a table. What came is good, also when it is not all.
func (r *reader) rows(t table) []row {
	return r.rowsOf(r.s, t)
}

func (r *reader) rowsOf(s snmp.Session, t table) []row {
	entry := oid.MustParse(t.entry)
	roots := []oid.OID{entry}
	if t.columns != nil {
		roots = roots[:0]
		for _, c := range t.columns {
			roots = append(roots, entry.Append(c))
		}
	}
	var binds []snmpwire.VarBind
	for _, root := range roots {
		got, ok := r.walk(s, t, root)
		binds = append(binds, got...)
		if !ok {
			break
		}
	}
	re := &refused{table: t.name}
	r.refused = append(r.refused, re)
	return assemble(entry, binds, re)
}

// walk reads what is below root. Not ok: the rest of the table is not worth a try.
func (r *reader) walk(s snmp.Session, t table, root oid.OID) ([]snmpwire.VarBind, bool) {
	if r.stopped != nil {
		r.problem(t.name, fmt.Errorf("not read: %w", r.stopped))
		r.partial(t.list)
		return nil, false
	}
	got, err := s.Walk(r.ctx, root, r.o.Limits)
	r.judge(err)
	if err == nil {
		return got, true
	}
	r.problem(t.name, err)
	if !errors.Is(err, snmp.ErrDisorder) {
		r.partial(t.list)
		return got, false
	}
	return got, true
}

// get reads scalars; what is not there or not usable has no type.
func (r *reader) get(s snmp.Session, list, part string, names ...oid.OID) []snmpwire.VarBind {
	none := make([]snmpwire.VarBind, len(names))
	if r.stopped != nil {
		r.problem(part, fmt.Errorf("not read: %w", r.stopped))
		r.partial(list)
		return none
	}
	got, err := s.Get(r.ctx, names...)
	r.judge(err)
	if err != nil {
		r.problem(part, err)
		r.partial(list)
		return none
	}
	for i := range got {
		if got[i].Err != nil || got[i].Type >= snmpwire.NoSuchObject {
			got[i] = snmpwire.VarBind{}
		}
	}
	return got
}

// judge decides after a request whether to go on.
func (r *reader) judge(err error) {
	switch kind := snmp.KindOf(err); {
	case err == nil:
		r.silent = 0
	case r.ctx.Err() != nil:
		r.stopped = errors.New("the time for this device is over")
	case kind == snmp.Timeout, kind == snmp.Refused:
		if r.silent++; r.silent >= silentTables {
			r.stopped = errors.New("the device stopped answering")
		}
	case kind == snmp.Engine:
		r.stopped = err
	default: // a view that leaves out a table is an answer too
		r.silent = 0
	}
}

// tellRefused makes one error a table of the values that could not be used.
func (r *reader) tellRefused() {
	for _, re := range r.refused {
		if re.n > 0 {
			r.problem(re.table, fmt.Errorf("%d values cannot be used, the first: %w", re.n, re.first))
		}
	}
}

func compare(a, b uint32) int { return cmp.Compare(a, b) }
