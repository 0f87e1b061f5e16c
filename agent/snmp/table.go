package snmp

import (
	"context"
	"errors"
	"fmt"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

var (
	errAbsent = errors.New("not there")
	errType   = errors.New("type is not that of the MIB")
	errWord   = errors.New("value is not one of the MIB")
)

// tables reads columns one by one, so that what goes wrong with one costs that one alone.
type tables struct {
	ctx     context.Context
	s       Session
	limits  Limits
	errs    []PartError
	invalid int // values that were not used
	silent  int // columns in a row that timed out
	stopped error
}

// silentColumns in a row without an answer mean that the device is gone, not that a column is too much for it.
const silentColumns = 2

func (t *tables) problem(part string, err error) {
	t.errs = append(t.errs, PartError{part, err})
}

// cells are the values of some columns: cells[object name][index].
// What reads them is not inlined: that would take more room than time.
type cells map[string]map[uint32]snmpwire.VarBind

//go:noinline
func (c cells) at(o object, index uint32) (snmpwire.VarBind, bool) {
	vb, ok := c[o.name][index]
	return vb, ok
}

//go:noinline
func (c cells) text(o object, index uint32) string {
	vb, _ := c.at(o, index)
	return Text(vb.Bytes)
}

// number is a value from 0 to 2^32-1, or 0 for what is not known.
//
//go:noinline
func (c cells) number(o object, index uint32) uint32 {
	vb, _ := c.at(o, index)
	n, ok := number64(vb)
	if !ok || n > 1<<32-1 {
		return 0
	}
	return uint32(n)
}

// read walks the columns of a table whose rows have one number as index. It tells whether every row of
// every column came.
func (t *tables) read(table string, into cells, columns ...object) (whole bool) {
	whole = true
	next := WalkColumns(t.ctx, t.s, t.limits, places(columns)...)
	for _, o := range columns {
		part := table + "." + o.name
		if t.stopped != nil {
			t.problem(part, fmt.Errorf("not read: %w", t.stopped))
			whole = false
			continue
		}
		rows, err := next()
		if err != nil {
			t.problem(part, err)
			whole = whole && complete(err)
		}
		t.judge(err)
		into[o.name] = t.rows(part, o, rows)
	}
	return whole
}

func places(columns []object) []oid.OID {
	out := make([]oid.OID, len(columns))
	for i, o := range columns {
		out[i] = o.at
	}
	return out
}

// judge decides after a column whether to go on.
func (t *tables) judge(err error) {
	switch {
	case ended(t.ctx, err):
		t.stopped = errors.New("the time for this device is over")
	case KindOf(err) == Timeout, KindOf(err) == Refused:
		if t.silent++; t.silent >= silentColumns {
			t.stopped = errors.New("the device stopped answering")
		}
	case KindOf(err) == Credentials, KindOf(err) == Engine:
		t.stopped = err
	default:
		t.silent = 0
	}
}

// rows sorts the values of a column by index, and counts those that cannot be used.
func (t *tables) rows(part string, o object, binds []snmpwire.VarBind) map[uint32]snmpwire.VarBind {
	out := make(map[uint32]snmpwire.VarBind, len(binds))
	bad := 0
	var first error
	for _, vb := range binds {
		index, err := rowIndex(o.at, vb.OID)
		if err == nil {
			err = o.checked(vb)
		}
		switch {
		case err == nil:
			out[index] = vb
		case vb.Err == nil && vb.Type == snmpwire.Null, errors.Is(err, errAbsent): // nothing is there
		default:
			if bad++; first == nil {
				first = fmt.Errorf("%s: %w", vb.OID, err)
			}
		}
	}
	if bad > 0 {
		t.invalid += bad
		t.problem(part, fmt.Errorf("%d values cannot be used, the first: %w", bad, first))
	}
	return out
}

func rowIndex(column, instance oid.OID) (uint32, error) {
	if len(instance) != len(column)+1 {
		return 0, fmt.Errorf("index of %d numbers where one is expected", len(instance)-len(column))
	}
	return instance[len(column)], nil
}
