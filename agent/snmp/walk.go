package snmp

import (
	"context"
	"errors"
	"fmt"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Limits bounds one walk. Its time is bounded by the context.
type Limits struct {
	Rows  int // 0: DefaultLimits
	Bytes int // of names and values; 0: DefaultLimits
}

// DefaultLimits is more than any table that ninewatch reads has: 20,000 interfaces (internal/record).
func DefaultLimits() Limits { return Limits{Rows: 20_000, Bytes: 8 << 20} }

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Rows <= 0 {
		l.Rows = d.Rows
	}
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	return l
}

// Walk reads all that is below root, by GetBulkRequest or, of SNMPv1, by GetNextRequest. The error says
// why rows are missing (ErrCut, *Error, the context's) or what is odd about them (ErrDisorder); the rows
// that come with it are good.
func (c *Client) Walk(ctx context.Context, root oid.OID, max Limits) ([]snmpwire.VarBind, error) {
	return c.walk(root, max).whole(ctx)
}

func (c *Client) walk(root oid.OID, max Limits) *walk {
	return &walk{c: c, root: root, at: root, max: max.orDefault(), next: c.version == snmpwire.V1}
}

// whole goes on to the end of the table.
func (w *walk) whole(ctx context.Context) ([]snmpwire.VarBind, error) {
	for !w.done {
		if err := w.step(ctx); err != nil {
			return w.rows, w.upTo(err)
		}
	}
	return w.rows, w.odd
}

// upTo says with err which rows there are, where it does not say so itself.
func (w *walk) upTo(err error) error {
	n := len(w.rows)
	if n == 0 || errors.Is(err, ErrCut) {
		return err
	}
	return fmt.Errorf("%w; %d rows came, up to %s", err, n, w.rows[n-1].OID)
}

type walk struct {
	c     *Client
	root  oid.OID
	at    oid.OID // the name asked for next
	max   Limits
	next  bool // GetNextRequest only
	rows  []snmpwire.VarBind
	bytes int
	done  bool
	odd   error               // ErrDisorder once it was seen
	seen  map[string]struct{} // names of rows, made at the first disorder
}

// step makes one request and takes its rows.
func (w *walk) step(ctx context.Context) error {
	pdu := &snmpwire.PDU{Type: snmpwire.GetBulkRequest, MaxRepetitions: w.c.bulk(), VarBinds: nulls([]oid.OID{w.at})}
	if w.next {
		pdu.Type, pdu.MaxRepetitions = snmpwire.GetNextRequest, 0
	}
	reply, err := w.c.exchange(ctx, pdu, func(p *snmpwire.PDU) error { return w.accept(p) })
	if err != nil {
		if KindOf(err) == Timeout && len(w.rows) > 0 && w.fewer(fewBulk) {
			return nil // a device that loses large replies may still give small ones
		}
		return err
	}
	if reply.ErrorStatus != snmpwire.NoError {
		return w.refused(reply.ErrorStatus)
	}
	asked := 1
	if !w.next {
		asked = int(pdu.MaxRepetitions)
	}
	return w.take(reply.VarBinds, asked)
}

// accept rejects a reply that cannot belong to the request: a first name that is the one asked for would
// be the answer of a GetRequest.
func (w *walk) accept(p *snmpwire.PDU) error {
	if p.ErrorStatus == snmpwire.NoError && len(p.VarBinds) == 0 {
		return &Error{Kind: Protocol, Err: fmt.Errorf("%w: reply without any value after %s", ErrCut, w.at)}
	}
	return nil
}

// fewer lowers max-repetitions to at most n, and tells whether that is less than was asked.
func (w *walk) fewer(n int32) bool {
	if w.next || w.c.bulk() <= n {
		return false
	}
	w.c.setBulk(n)
	return true
}

// bulk is how many values the device gives at once.
func (c *Client) bulk() int32 {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return c.pace.bulk
}

func (c *Client) setBulk(n int32) {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	c.pace.bulk = n
}

// refused deals with an error-status: the end in SNMPv1, too much asked, or trouble with one row.
func (w *walk) refused(status int32) error {
	switch {
	case status == snmpwire.NoSuchName:
		w.done = true
		return nil
	case status == authorizationError || status == noAccess:
		return w.c.fail(Credentials, "no access to %s: %s", w.at, statusName(status))
	case !w.next && w.c.bulk() > 1:
		w.fewer(max(1, w.c.bulk()/4))
		return nil
	case !w.next:
		w.next = true // the last that can help: one row without GETBULK
		return nil
	}
	return w.c.fail(Protocol, "%w: %s after %s", ErrCut, statusName(status), w.at)
}

// Error-status values that mean missing rights (RFC 3416, section 3).
const (
	noAccess           = 6
	authorizationError = 16
)

// take adds the rows of one reply.
func (w *walk) take(binds []snmpwire.VarBind, asked int) error {
	fresh := false
	for i, vb := range binds {
		if i == asked {
			w.odd = fmt.Errorf("%w: %d values where %d were asked for", ErrDisorder, len(binds), asked)
			break
		}
		switch vb.Type {
		case snmpwire.EndOfMibView:
			w.done = true
			return nil
		case snmpwire.NoSuchObject, snmpwire.NoSuchInstance:
			if w.done = len(w.rows) == 0; w.done {
				return nil // how some agents say that there is no such table
			}
			return w.c.fail(Protocol, "%w: noSuchObject within the table, after %s", ErrCut, w.at)
		}
		if !vb.OID.HasPrefix(w.root) || vb.OID.Equal(w.root) {
			return w.leave(vb.OID)
		}
		isNew, err := w.add(vb)
		if err != nil {
			return err
		}
		fresh = fresh || isNew
	}
	if !fresh {
		return w.c.fail(Protocol, "%w: the device repeats itself after %s", ErrCut, w.at)
	}
	w.at = w.rows[len(w.rows)-1].OID
	if last := binds[min(len(binds), asked)-1].OID; w.odd != nil && last.HasPrefix(w.root) {
		w.at = last // go on where the agent stands, in its own order
	}
	w.learn(len(binds), asked)
	return nil
}

// leave ends the walk at a name outside the table. A name before the table means that the agent's order
// cannot be relied on.
func (w *walk) leave(name oid.OID) error {
	w.done = true
	if name.Compare(w.root) <= 0 && w.odd == nil {
		w.odd = fmt.Errorf("%w: %s follows %s", ErrDisorder, name, w.at)
	}
	return nil
}

// add takes vb unless it was there before, and tells whether it was new.
func (w *walk) add(vb snmpwire.VarBind) (bool, error) {
	if n := len(w.rows); n > 0 && vb.OID.Compare(w.rows[n-1].OID) <= 0 || w.seen != nil {
		if w.seen == nil {
			w.odd = fmt.Errorf("%w: %s follows %s", ErrDisorder, vb.OID, w.rows[n-1].OID)
			w.remember()
		}
		if _, ok := w.seen[vb.OID.String()]; ok {
			return false, nil
		}
		w.seen[vb.OID.String()] = struct{}{}
	}
	w.bytes += vb.Size()
	if len(w.rows) >= w.max.Rows || w.bytes > w.max.Bytes {
		return false, w.c.fail(Protocol, "%w: more than %d rows or %d bytes below %s", ErrCut, w.max.Rows, w.max.Bytes, w.root)
	}
	w.rows = append(w.rows, vb)
	return true, nil
}

func (w *walk) remember() {
	w.seen = make(map[string]struct{}, len(w.rows))
	for i := range w.rows {
		w.seen[w.rows[i].OID.String()] = struct{}{}
	}
}

// learn asks for more next time when all that was asked for came.
func (w *walk) learn(got, asked int) {
	if bulk := w.c.bulk(); !w.next && got >= asked && int32(asked) == bulk {
		w.c.setBulk(min(mostBulk, bulk+5))
	}
}

// complete tells whether a walk with this error has all rows.
func complete(err error) bool { return err == nil || errors.Is(err, ErrDisorder) }
