package snmp

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Answer is what came of reading a Batch.
type Answer struct {
	Err      error         // why values are missing
	Heard    bool          // at least one valid reply came
	RTT      time.Duration // of the first
	Requests uint64        // datagrams, retries among them
	Retries  uint64
	Timeouts uint64

	run *run
}

// Value is that of the name i; its Type is 0 when none came.
func (a *Answer) Value(i int) snmpwire.Value {
	if a.run.values == nil {
		return snmpwire.Value{}
	}
	return a.run.values[i]
}

// Problem says why there is no value of the name i, where it is that name's own fault.
func (a *Answer) Problem(i int) error { return a.run.problems[int32(i)] }

// VarBind is the value of the name i in the form of a Session, with memory of its own.
func (a *Answer) VarBind(i int, name oid.OID) snmpwire.VarBind {
	v := a.Value(i)
	vb := snmpwire.VarBind{OID: name, Type: v.Type, Err: a.Problem(i)}
	switch v.Type {
	case 0:
		vb.Type = snmpwire.Null
		if vb.Err == nil {
			vb.Err = errNotRead
		}
	case snmpwire.Integer:
		vb.Int = v.Int()
	case snmpwire.ObjectIdentifier:
		vb.Object, _ = snmpwire.DecodeOID(v.Octets(a.run.store))
	default:
		if v.Inline() {
			vb.Uint = v.Bits
		} else {
			vb.Bytes = append([]byte{}, v.Octets(a.run.store)...)
		}
	}
	return vb
}

// run is one reading of a batch.
type run struct {
	client   *Client
	kind     snmpwire.PDUType // GetRequest or GetNextRequest
	serial   uint64
	packed   string
	n        int
	values   []snmpwire.Value // from the first reply on
	names    []oid.OID        // of values, where kind is GetNextRequest
	store    []byte           // octets of values
	problems map[int32]error
	todo     []span
	parts    [maxFlight]*request // in flight
	shrunk   int                 // times that a part was asked for in smaller ones after silence
	timer    timer
	done     func(*Answer)
	answer   Answer
}

// Start reads b, and calls done when all values are there or it is known why not, within budget where that is
// not 0. done has to be quick, it runs where replies are received; it may Start again. Its Answer is valid
// until it returns.
func (c *Client) Start(b Batch, budget time.Duration, done func(*Answer)) {
	l := c.lane
	l.mu.Lock()
	l.start(c, b, snmpwire.GetRequest, budget, done)
	l.unlock()
}

func (l *lane) start(c *Client, b Batch, kind snmpwire.PDUType, budget time.Duration, done func(*Answer)) (r *run, serial uint64) {
	if n := len(l.runs); n > 0 {
		r = l.runs[n-1]
		l.runs = l.runs[:n-1]
	} else {
		r = &run{}
		r.timer.run, r.answer.run = r, r
	}
	r.client, r.kind, r.packed, r.n, r.done = c, kind, b.packed.Value(), b.n, done
	r.serial++
	c.runs = append(c.runs, r)
	switch {
	case c.closed || l.closed:
		l.end(r, errClosed)
		return r, r.serial
	case b.n == 0:
		l.end(r, nil)
		return r, r.serial
	}
	r.todo = append(r.todo, span{0, int32(b.n)})
	if budget > 0 {
		l.arm(&r.timer, l.e.now()+int64(budget))
	}
	l.pump(c)
	return r, r.serial
}

// read is Start that waits. use gets the Answer.
func (c *Client) read(ctx context.Context, b Batch, kind snmpwire.PDUType, use func(*Answer)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	over := make(chan struct{})
	l := c.lane
	l.mu.Lock()
	r, serial := l.start(c, b, kind, 0, func(a *Answer) {
		use(a)
		close(over)
	})
	l.unlock()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	if r.serial == serial && r.client == c {
		l.end(r, fmt.Errorf("%s: %w", c.addr, ctx.Err()))
	}
	l.unlock()
	<-over
	return nil
}

func (l *lane) overdue(r *run) {
	l.end(r, fmt.Errorf("%s: %w", r.client.addr, context.DeadlineExceeded))
}

// cautious: the device was silent; one name is asked for, until that is answered.
func (r *run) cautious() bool { return r.client.silent && !r.answer.Heard }

// part is the next request of r.
func (l *lane) part(r *run) *request {
	c := r.client
	limit := c.pace.names
	if r.cautious() {
		limit = 1
	}
	at := len(r.todo) - 1
	part, _ := r.todo[at].split(limit)
	q := l.newRequest(c)
	q.run = r
	r.write(q, part)
	if _, rest := r.todo[at].split(q.span.count); rest.count > 0 {
		r.todo[at] = rest
	} else {
		r.todo = r.todo[:at]
	}
	for i := range r.parts {
		if r.parts[i] == nil {
			r.parts[i] = q
			break
		}
	}
	return q
}

func (r *run) flying() bool {
	for _, q := range r.parts {
		if q != nil {
			return true
		}
	}
	return false
}

func (r *run) leave(q *request) {
	for i := range r.parts {
		if r.parts[i] == q {
			r.parts[i] = nil
		}
	}
}

// cheapen leaves one name to q.
func (r *run) cheapen(q *request) {
	first, rest := q.span.split(1)
	r.todo = append(r.todo, rest)
	r.write(q, first)
}

// write makes q ask for s, or for as much of it as fits.
func (r *run) write(q *request, s span) {
	q.list, q.span.count = expand(q.list[:0], r.packed, s)
	q.span.from = s.from
}

// heard notes a valid reply, and makes room for values.
func (l *lane) heard(r *run, q *request) {
	if r.answer.Heard {
		return
	}
	r.answer.Heard = true
	r.answer.RTT = time.Duration(l.e.now() - q.first)
	if r.kind == snmpwire.GetNextRequest {
		r.names = make([]oid.OID, r.n)
	}
	if n := len(l.values); n > 0 && cap(l.values[n-1]) >= r.n {
		r.values = l.values[n-1][:r.n]
		l.values = l.values[:n-1]
		clear(r.values)
		return
	}
	r.values = make([]snmpwire.Value, r.n)
}

// settle goes on after a part of r has ended.
func (l *lane) settle(r *run, s span, err error) {
	switch {
	case err == nil:
	case KindOf(err) == Timeout && r.answer.Heard && s.count > 1 && r.shrunk < maxShrinks:
		r.shrunk++ // a device that loses large replies may still give small ones
		r.client.silent = false
		r.client.pace.shrink(s.count, 4)
		r.todo = append(r.todo, s)
	default:
		l.end(r, err)
		return
	}
	if len(r.todo) == 0 && !r.flying() {
		l.end(r, nil)
	}
}

// maxShrinks bounds how long a run asks for less and less.
const maxShrinks = 3

// end ends r, and has it told.
func (l *lane) end(r *run, err error) {
	c := r.client
	for _, q := range r.parts {
		if q != nil {
			l.drop(q)
		}
	}
	l.clock.stop(&r.timer)
	if i := slices.Index(c.runs, r); i >= 0 {
		c.runs = slices.Delete(c.runs, i, i+1)
	}
	r.serial++
	r.answer.Err = err
	l.ended = append(l.ended, r)
}

// reclaim takes back what has been told.
func (l *lane) reclaim(r *run) {
	if r.values != nil && len(l.values) < spares {
		l.values = append(l.values, r.values)
	}
	r.values = nil
	if len(l.runs) < spares {
		*r = run{serial: r.serial, todo: r.todo[:0], store: r.store[:0]}
		r.timer.run, r.answer.run = r, r
		l.runs = append(l.runs, r)
	}
}
