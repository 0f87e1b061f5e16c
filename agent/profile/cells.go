package profile

import (
	"context"
	"errors"
	"fmt"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// cells are the values of a device that have been asked for: each column is walked once, each scalar read
// once. Trouble goes to errs; what could not be read is absent.
type cells struct {
	ctx    context.Context
	s      snmp.Session
	limits snmp.Limits

	columns map[string]*column
	scalars map[string]snmpwire.VarBind
	errs    []snmp.PartError
	silent  int   // columns without an answer, one after the other
	stopped error // set: no more requests
}

// column is what was read below an OID, by index.
type column struct {
	rows  map[string]snmpwire.VarBind
	order []oid.OID // indexes as the device gave them
}

// silentColumns: so many without an answer, and the device is left alone.
const silentColumns = 2

func newCells(ctx context.Context, s snmp.Session, limits snmp.Limits) *cells {
	return &cells{ctx: ctx, s: s, limits: limits, columns: map[string]*column{}, scalars: map[string]snmpwire.VarBind{}}
}

func (c *cells) problem(part string, err error) {
	c.errs = append(c.errs, snmp.PartError{Part: part, Err: err})
}

// column walks at, or returns what an earlier walk of it gave. name is for messages.
func (c *cells) column(at, name string) *column {
	if col, ok := c.columns[at]; ok {
		return col
	}
	col := &column{rows: map[string]snmpwire.VarBind{}}
	c.columns[at] = col
	root, err := oid.Parse(at)
	if err != nil || c.stopped != nil {
		return col
	}
	binds, err := c.s.Walk(c.ctx, root, c.limits)
	if err != nil {
		c.problem(partName(name, at), err)
	}
	c.judge(err)
	for _, vb := range binds {
		if len(vb.OID) <= len(root) || vb.Err != nil || !isValue(vb.Type) {
			continue
		}
		index := vb.OID[len(root):]
		key := index.String()
		if _, ok := col.rows[key]; !ok {
			col.order = append(col.order, index)
		}
		col.rows[key] = vb
	}
	return col
}

func partName(name, at string) string {
	if name != "" {
		return name
	}
	return at
}

func isValue(t snmpwire.Type) bool {
	return t != snmpwire.Null && t != snmpwire.NoSuchObject && t != snmpwire.NoSuchInstance && t != snmpwire.EndOfMibView
}

// judge decides after a request whether to go on.
func (c *cells) judge(err error) {
	switch kind := snmp.KindOf(err); {
	case err != nil && c.ctx.Err() != nil:
		c.stop(errors.New("the time for this device is over"))
	case kind == snmp.Timeout, kind == snmp.Refused:
		if c.silent++; c.silent >= silentColumns {
			c.stop(errors.New("the device stopped answering"))
		}
	case kind == snmp.Credentials, kind == snmp.Engine:
		c.stop(err)
	default:
		c.silent = 0
	}
}

func (c *cells) stop(err error) {
	if c.stopped == nil {
		c.stopped = err
		c.problem("profile", fmt.Errorf("the rest is not read: %w", err))
	}
}

// prefetch reads instances together.
func (c *cells) prefetch(instances []string) {
	var names []oid.OID
	var keys []string
	for _, text := range instances {
		if _, ok := c.scalars[text]; ok {
			continue
		}
		c.scalars[text] = snmpwire.VarBind{Type: snmpwire.NoSuchObject}
		if name, err := oid.Parse(text); err == nil {
			names, keys = append(names, name), append(keys, text)
		}
	}
	if len(names) == 0 || c.stopped != nil {
		return
	}
	binds, err := c.s.Get(c.ctx, names...)
	if err != nil {
		c.problem("scalars", err)
	}
	c.judge(err)
	for i, vb := range binds[:min(len(binds), len(keys))] {
		c.scalars[keys[i]] = vb
	}
}

// scalar is one instance; not ok when it is not there or cannot be used.
func (c *cells) scalar(at string) (snmpwire.VarBind, bool) {
	if _, ok := c.scalars[at]; !ok {
		c.prefetch([]string{at})
	}
	vb := c.scalars[at]
	return vb, vb.Err == nil && isValue(vb.Type)
}

// under tells whether the device has anything at or below at.
func (c *cells) under(at string) bool {
	root, err := oid.Parse(at)
	if err != nil || c.stopped != nil {
		return false
	}
	binds, err := c.s.Walk(c.ctx, root, snmp.Limits{Rows: 1})
	if len(binds) == 0 {
		c.judge(err)
		vb, ok := c.scalar(at)
		return ok && isValue(vb.Type)
	}
	return true
}
