package snmp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Errors that VarBind.Err wraps, besides snmpwire.ErrValue.
var (
	errNotInReply = errors.New("the reply leaves this name out")
	errStatus     = errors.New("the device reports an error")
	errNotRead    = errors.New("not read")
)

// Get reads names, in as many requests as it takes. An error that is told for one name belongs to that
// name alone. When the device stops answering on the way, the values before come with the error.
func (c *Client) Get(ctx context.Context, names ...oid.OID) ([]snmpwire.VarBind, error) {
	var out []snmpwire.VarBind
	var err error
	ended := c.read(ctx, NewBatch(names), snmpwire.GetRequest, func(a *Answer) {
		if err = a.Err; !a.Heard || KindOf(err) == Credentials {
			return
		}
		out = make([]snmpwire.VarBind, len(names))
		for i := range names {
			out[i] = a.VarBind(i, names[i])
		}
	})
	if ended != nil {
		return nil, ended
	}
	return out, err
}

func nulls(names []oid.OID) []snmpwire.VarBind {
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = snmpwire.VarBind{OID: n, Type: snmpwire.Null}
	}
	return out
}

var statusNames = [...]string{"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
	"wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue",
	"resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable", "inconsistentName"}

func statusName(status int32) string {
	if status >= 0 && int(status) < len(statusNames) {
		return statusNames[status]
	}
	return fmt.Sprintf("error-status %d", status)
}

// Reader is a Session that can read a Batch without decoding names. A Client is one.
type Reader interface {
	Read(ctx context.Context, b Batch, use func(*Answer)) error
}

var _ Reader = (*Client)(nil)

// Read reads b and gives use the Answer. The error is that of a context which had ended before; what happened on
// the way is in Answer.Err.
func (c *Client) Read(ctx context.Context, b Batch, use func(*Answer)) error {
	return c.read(ctx, b, snmpwire.GetRequest, use)
}

// ReadBatch reads b by any Session.
func ReadBatch(ctx context.Context, s Session, b Batch, use func(*Answer)) error {
	if r, ok := s.(Reader); ok {
		return r.Read(ctx, b, use)
	}
	names := make([]oid.OID, b.n)
	for i := range names {
		names[i] = b.Name(i)
	}
	before, start := s.Counts(), time.Now()
	got, err := s.Get(ctx, names...)
	after := s.Counts()
	r := &run{n: len(names), values: make([]snmpwire.Value, len(names))}
	r.answer = Answer{Err: err, Heard: len(got) > 0, RTT: time.Since(start), Requests: after.Requests - before.Requests,
		Retries: after.Retries - before.Retries, Timeouts: after.Timeouts - before.Timeouts, run: r}
	for i := range got {
		r.set(int32(i), &got[i])
	}
	use(&r.answer)
	return nil
}

// Follower is a Session that can tell what follows the names of a Batch. A Client is one.
type Follower interface {
	Next(ctx context.Context, b Batch) ([]snmpwire.VarBind, error)
}

var _ Follower = (*Client)(nil)

// Next reads what follows each name of b in the order of the device. What is not there has no OID, be it that nothing
// follows or, with Err, that it is not known.
func (c *Client) Next(ctx context.Context, b Batch) (out []snmpwire.VarBind, err error) {
	ended := c.read(ctx, b, snmpwire.GetNextRequest, func(a *Answer) {
		if err = a.Err; !a.Heard {
			return
		}
		out = make([]snmpwire.VarBind, b.n)
		for i := range out {
			if out[i] = a.VarBind(i, a.run.names[i]); exception(out[i].Type) {
				out[i].OID = nil
			}
		}
	})
	return out, errors.Join(ended, err)
}
