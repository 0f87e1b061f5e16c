package snmp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// refusedPause is how long a refused port is left alone before the next attempt.
const refusedPause = 500 * time.Millisecond

// errRefused is what the network says with ICMP on the way back: no such port, prohibited.
var errRefused = errors.New("refused")

// datagrams holds buffers of the largest UDP payload; they are lent for one exchange.
var datagrams = sync.Pool{New: func() any { b := make([]byte, 1<<16); return &b }}

func firstID() uint32 { return rand.Uint32() & 0x3fffffff }

// nextID is the next request-id: positive, never 0, which careless agents answer with.
func (c *Client) nextID() int32 {
	c.id++
	if c.id > 0x7fffffff {
		c.id = 1
	}
	return int32(c.id)
}

// exchange sends pdu and returns the reply's PDU, which shares no memory with the datagram. accept looks
// at a PDU that passed all other checks; a rejected error from it makes the wait go on.
func (c *Client) exchange(ctx context.Context, pdu *snmpwire.PDU, accept func(*snmpwire.PDU) error) (*snmpwire.PDU, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { c.turn <- struct{}{} }()
	if c.dev.Meter != nil {
		before := c.Counts()
		defer func() { c.dev.Meter.add(before, c.Counts()) }()
	}

	pdu.RequestID = c.nextID()
	w := &wait{c: c, ctx: ctx, accept: accept}
	defer w.watch()()
	if u, ok := c.sec.(*usm); ok {
		return c.exchangeUSM(w, u, pdu)
	}
	return w.run(pdu)
}

// wait is one request and the wait for its reply.
type wait struct {
	c        *Client
	ctx      context.Context
	accept   func(*snmpwire.PDU) error
	replayed bool       // a reply was rejected for its engine's clock
	mu       sync.Mutex // keeps a deadline from being set after the context's end
}

// watch makes a blocked read return when the context ends.
func (w *wait) watch() (stop func() bool) {
	return context.AfterFunc(w.ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.c.conn.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // fails on a closed socket only
	})
}

func (w *wait) setDeadline(at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ctx.Err(); err != nil {
		return err
	}
	return w.c.conn.SetReadDeadline(at)
}

// run sends pdu up to Retries+1 times. errAgain from security makes a fresh datagram of the same request.
func (w *wait) run(pdu *snmpwire.PDU) (*snmpwire.PDU, error) {
	datagram, err := w.c.sec.encode(pdu)
	if err != nil {
		return nil, err
	}
	attempts := 1 + max(0, w.c.dev.Retries)
	refused, again := false, 0
	for n := 0; n < attempts; n++ {
		reply, err := w.attempt(datagram, n > 0)
		switch {
		case err == nil:
			return reply, nil
		case errors.Is(err, errAgain) && again < 2: // engine id, then clock
			again++
			n--
			if datagram, err = w.c.sec.encode(pdu); err != nil {
				return nil, err
			}
		case errors.Is(err, errAgain):
			return nil, w.c.fail(Engine, "the engine keeps changing its id or clock")
		case errors.Is(err, errRefused):
			w.c.count(func(c *Counts) { c.Refused++ })
			refused = true
			if err := w.pause(min(refusedPause, w.c.dev.Timeout)); err != nil {
				return nil, err
			}
		case errors.Is(err, os.ErrDeadlineExceeded) && w.ctx.Err() == nil:
			refused = false
		default:
			return nil, w.failure(err)
		}
	}
	if refused {
		return nil, w.c.fail(Refused, "nothing listens at this port, or it is prohibited; asked %d times", attempts)
	}
	w.c.count(func(c *Counts) { c.Timeouts++ })
	if w.replayed {
		return nil, w.c.fail(Engine, "the engine's clock went back: its replies are taken for replays")
	}
	return nil, w.c.fail(Timeout, "no answer to %d attempts of %s", attempts, w.c.dev.Timeout)
}

func (w *wait) failure(err error) error {
	if ctxErr := w.ctx.Err(); ctxErr != nil {
		return fmt.Errorf("%s: %w", w.c.dev.Addr, ctxErr)
	}
	var known *Error
	if errors.As(err, &known) {
		known.Addr = w.c.dev.Addr.String()
		return known
	}
	return fmt.Errorf("%s: %w", w.c.dev.Addr, err)
}

func (w *wait) pause(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-w.ctx.Done():
		return w.failure(w.ctx.Err())
	}
}

// write sends a datagram. What the network said of an earlier one comes up here too, once; what remains is
// a fault on our side: no route, not permitted.
func (w *wait) write(datagram []byte) error {
	_, err := w.c.conn.Write(datagram)
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) {
		_, err = w.c.conn.Write(datagram)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return errRefused
	}
	return err
}

// attempt sends the datagram once and reads until a reply passes or the time is up.
func (w *wait) attempt(datagram []byte, retry bool) (*snmpwire.PDU, error) {
	if err := w.setDeadline(time.Now().Add(w.c.dev.Timeout)); err != nil {
		return nil, err
	}
	w.c.count(func(c *Counts) {
		c.Requests++
		if retry {
			c.Retries++
		}
	})
	if err := w.write(datagram); err != nil {
		return nil, err
	}
	buf := datagrams.Get().(*[]byte)
	defer datagrams.Put(buf)
	var m snmpwire.Message
	for {
		n, err := w.c.conn.Read(*buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
			return nil, fmt.Errorf("%w: %w", errRefused, err)
		}
		if err != nil {
			return nil, err
		}
		err = w.c.sec.open((*buf)[:n], &m)
		if err == nil {
			err = w.accept(&m.PDU)
		}
		if reason, ok := errors.AsType[rejected](err); ok {
			w.c.count(func(c *Counts) { c.Rejected[string(reason)]++ })
			w.replayed = w.replayed || reason == rejectedClock
			continue
		}
		if err != nil {
			return nil, err
		}
		reply := clonePDU(&m.PDU)
		if w.c.dev.Observe != nil {
			w.c.dev.Observe(reply.VarBinds)
		}
		return reply, nil
	}
}

// clonePDU copies p out of the datagram: names and octets of one reply share one allocation each.
func clonePDU(p *snmpwire.PDU) *snmpwire.PDU {
	numbers, octets := 0, 0
	for i := range p.VarBinds {
		vb := &p.VarBinds[i]
		numbers += len(vb.OID) + len(vb.Object)
		octets += len(vb.Bytes)
	}
	names, bytes := make(oid.OID, 0, numbers), make([]byte, 0, octets)
	copyName := func(o oid.OID) oid.OID {
		if o == nil {
			return nil
		}
		start := len(names)
		names = append(names, o...)
		return names[start:len(names):len(names)]
	}
	out := *p
	out.VarBinds = make([]snmpwire.VarBind, len(p.VarBinds))
	for i, vb := range p.VarBinds {
		vb.OID, vb.Object = copyName(vb.OID), copyName(vb.Object)
		if vb.Bytes != nil {
			start := len(bytes)
			bytes = append(bytes, vb.Bytes...)
			vb.Bytes = bytes[start:len(bytes):len(bytes)]
		}
		out.VarBinds[i] = vb
	}
	return &out
}
