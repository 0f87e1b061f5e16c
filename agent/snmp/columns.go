package snmp

import (
	"context"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// mostColumns are asked for by one GetBulkRequest.
const mostColumns = 12

// WalkColumns returns a function that gives, call by call, what Session.Walk gives of each column. A Client reads
// the columns of a table together, which takes fewer requests; what is odd about one of them it reads alone.
// Nothing is read that is not called for, except together.
func WalkColumns(ctx context.Context, s Session, max Limits, columns ...oid.OID) func() ([]snmpwire.VarBind, error) {
	c, ok := s.(*Client)
	if !ok || c.version == snmpwire.V1 {
		return func() ([]snmpwire.VarBind, error) {
			column := columns[0]
			columns = columns[1:]
			return s.Walk(ctx, column, max)
		}
	}
	var walks []*walk
	return func() ([]snmpwire.VarBind, error) {
		if len(walks) == 0 {
			for _, column := range columns[:min(len(columns), mostColumns)] {
				walks = append(walks, c.walk(column, max))
			}
			columns = columns[len(walks):]
			together(ctx, walks)
		}
		w := walks[0]
		walks = walks[1:]
		return w.whole(ctx)
	}
}

// together walks columns side by side until all are at their end, or something is odd: then each goes on alone
// from where it stands.
func together(ctx context.Context, walks []*walk) {
	for {
		var active []*walk
		for _, w := range walks {
			if !w.done {
				active = append(active, w)
			}
		}
		if len(active) < 2 || !abreast(ctx, active) {
			return
		}
	}
}

// abreast makes one request for all columns and takes its rows. It is false when they have to go on alone.
func abreast(ctx context.Context, walks []*walk) bool {
	c := walks[0].c
	names := make([]oid.OID, len(walks))
	for i, w := range walks {
		names[i] = w.at
	}
	pdu := &snmpwire.PDU{Type: snmpwire.GetBulkRequest, VarBinds: nulls(names)}
	bulk := c.bulk()
	pdu.MaxRepetitions = max(1, bulk/int32(len(walks)))
	if bulk < int32(len(walks)) {
		return false // the device does not bear so much
	}
	reply, err := c.exchange(ctx, pdu, walks[0].accept)
	if err != nil || reply.ErrorStatus != snmpwire.NoError {
		if KindOf(err) == Timeout {
			walks[0].fewer(fewBulk)
		}
		return false
	}
	asked := int(pdu.MaxRepetitions) * len(walks)
	if len(reply.VarBinds) > asked {
		return false
	}
	shares := make([][]snmpwire.VarBind, len(walks))
	for i, vb := range reply.VarBinds {
		w := i % len(walks)
		if !walks[w].follows(shares[w], vb) {
			return false
		}
		shares[w] = append(shares[w], vb)
	}
	fresh := false
	for i, w := range walks {
		if len(shares[i]) == 0 {
			continue
		}
		before := len(w.rows)
		if w.take(shares[i], len(shares[i])) != nil {
			return false
		}
		fresh = fresh || w.done || len(w.rows) > before
	}
	if len(reply.VarBinds) == asked && bulk == c.bulk() {
		c.setBulk(min(mostBulk, bulk+5))
	}
	return fresh
}

// follows tells whether vb may come after the rows before it in the answer to a request for several columns: a
// row of the column, further on, or what ends it. Anything else is for a walk of the column alone to judge.
func (w *walk) follows(rows []snmpwire.VarBind, vb snmpwire.VarBind) bool {
	last := w.at
	if n := len(rows); n > 0 {
		last = rows[n-1].OID
	}
	switch vb.Type {
	case snmpwire.EndOfMibView:
		return true
	case snmpwire.NoSuchObject, snmpwire.NoSuchInstance:
		return false
	}
	return vb.OID.Compare(last) > 0
}
