package simulate

import (
	"slices"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// column is one object type: its instances are name.rows[i], and read gives the value of row i.
type column struct {
	name oid.OID
	rows []oid.OID // sorted
	read func(m *machine, at time.Time, row int, vb *snmpwire.VarBind)
}

func (c *column) row(name oid.OID) (int, bool) {
	return slices.BinarySearchFunc(c.rows, name[len(c.name):], oid.OID.Compare)
}

// view is what a machine shows at one instant: a snmpagent.View.
type view struct {
	m  *machine
	at time.Time
}

// Get is snmpagent.View.Get.
func (v view) Get(name oid.OID) snmpwire.VarBind {
	c := v.column(name)
	if c < 0 {
		return snmpwire.VarBind{OID: name, Type: snmpwire.NoSuchObject}
	}
	col := &v.m.table[c]
	row, found := col.row(name)
	if !found {
		return snmpwire.VarBind{OID: name, Type: snmpwire.NoSuchInstance}
	}
	vb := snmpwire.VarBind{OID: name}
	col.read(v.m, v.at, row, &vb)
	return vb
}

// Next is snmpagent.View.Next.
func (v view) Next(name oid.OID) snmpwire.VarBind {
	if c := v.column(name); c >= 0 {
		col := &v.m.table[c]
		row, found := col.row(name)
		if found {
			row++
		}
		if row < len(col.rows) {
			return v.instance(col, row)
		}
	}
	next, _ := slices.BinarySearchFunc(v.m.table, name, func(c column, name oid.OID) int {
		if c.name.Compare(name) <= 0 {
			return -1
		}
		return 1
	})
	for ; next < len(v.m.table); next++ {
		if col := &v.m.table[next]; len(col.rows) > 0 {
			return v.instance(col, 0)
		}
	}
	return snmpwire.VarBind{OID: name, Type: snmpwire.EndOfMibView}
}

func (v view) instance(col *column, row int) snmpwire.VarBind {
	vb := snmpwire.VarBind{OID: col.name.Append(col.rows[row]...)}
	col.read(v.m, v.at, row, &vb)
	return vb
}

// column finds the column that name is in, or -1.
func (v view) column(name oid.OID) int {
	i, found := slices.BinarySearchFunc(v.m.table, name, func(c column, name oid.OID) int {
		return c.name.Compare(name)
	})
	switch {
	case found:
		return i
	case i > 0 && name.HasPrefix(v.m.table[i-1].name):
		return i - 1
	}
	return -1
}
