package snmp

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"ninewatch/internal/snmpwire"
)

// Client is a Session of a Manager with one device.
type Client struct {
	e         *Manager
	own       bool // the Manager is for this Client alone
	lane      *lane
	dev       Device
	addr      netip.AddrPort
	socket    unix.Sockaddr
	version   snmpwire.Version // of the PDU's rules: V1 or V2c
	community []byte
	usm       *usm // of SNMPv3, else nil
	same      *Client
	timer     timer

	// Guarded by the lane.
	closed  bool
	queued  bool // waits for the lane's window
	silent  bool // did not answer when it was last asked
	flying  int32
	next    int64 // not to be asked before, ns of the engine
	pace    pace
	waiting []*request
	runs    []*run
	counts  Counts
	twin    string
}

func newClient(e *Manager, l *lane, d Device) *Client {
	if d.Timeout <= 0 {
		d.Timeout = DefaultTimeout
	}
	if d.Retries == 0 {
		d.Retries = DefaultRetries
	}
	c := &Client{e: e, lane: l, dev: d, version: snmpwire.V2c, pace: newPace(d.Learnt),
		addr: netip.AddrPortFrom(d.Addr.Addr().Unmap(), d.Addr.Port())}
	var zone uint32
	if name := c.addr.Addr().Zone(); name != "" {
		if i, err := net.InterfaceByName(name); err == nil {
			zone = uint32(i.Index)
		}
	}
	c.socket = sockaddr(c.addr, zone)
	switch d.Credential.Version {
	case "3":
		c.usm = newUSM(d.Credential)
	case "1":
		c.version = snmpwire.V1
		fallthrough
	default:
		c.community = []byte(d.Credential.Community.Reveal())
	}
	c.timer.client = c
	l.mu.Lock()
	defer l.mu.Unlock()
	c.same = l.byAddr[c.addr]
	l.byAddr[c.addr] = c
	return c
}

// Close ends what is in flight.
func (c *Client) Close() error {
	l := c.lane
	l.mu.Lock()
	if c.closed {
		l.mu.Unlock()
		return nil
	}
	c.closed = true
	l.clock.stop(&c.timer)
	l.abandon(c)
	for _, r := range l.table {
		if r != nil && r.client == c {
			l.finish(r, nil, errClosed)
		}
	}
	l.remove(c)
	l.unlock()
	if c.usm != nil {
		c.e.forget(c, string(c.usm.engineID))
	}
	if c.own {
		return c.e.Close()
	}
	return nil
}

// abandon ends what c has to ask.
func (l *lane) abandon(c *Client) {
	for _, r := range c.waiting {
		r.result <- outcome{nil, errClosed}
	}
	c.waiting = nil
	for len(c.runs) > 0 {
		l.end(c.runs[0], errClosed)
	}
}

// remove takes c out of the list of clients with its address.
func (l *lane) remove(c *Client) {
	first := l.byAddr[c.addr]
	switch {
	case first == c && c.same == nil:
		delete(l.byAddr, c.addr)
	case first == c:
		l.byAddr[c.addr] = c.same
	default:
		for ; first != nil; first = first.same {
			if first.same == c {
				first.same = c.same
			}
		}
	}
}

// Learnt is what polling has shown of the limits of the device, for Device.Learnt after a restart.
func (c *Client) Learnt() Learnt {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return c.pace.learnt()
}

// Twin is the name of another device with the same SNMPv3 engine id, or empty.
func (c *Client) Twin() string {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return c.twin
}

// Counts returns a copy of the counters.
func (c *Client) Counts() Counts {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	out := c.counts
	out.Rejected = maps.Clone(c.counts.Rejected)
	if out.Rejected == nil {
		out.Rejected = map[string]uint64{}
	}
	return out
}

func (c *Client) fail(kind ErrKind, format string, args ...any) error {
	return &Error{Addr: c.addr.String(), Kind: kind, Err: fmt.Errorf(format, args...)}
}

func (c *Client) attempts() int { return 1 + max(0, c.dev.Retries) }

// sent counts a datagram.
func (c *Client) sent(r *request) {
	c.counts.Requests++
	c.dev.Meter.request()
	if r.attempt > 0 {
		c.counts.Retries++
		c.dev.Meter.retry()
	}
	if r.run != nil {
		r.run.answer.Requests++
		if r.attempt > 0 {
			r.run.answer.Retries++
		}
	}
}

func (c *Client) timedOut(r *request) {
	c.counts.Timeouts++
	c.dev.Meter.timeout()
	if r.run != nil {
		r.run.answer.Timeouts++
	}
}

func (c *Client) wasRefused() {
	c.counts.Refused++
	c.dev.Meter.refuse()
}

// reject counts a datagram that was not taken, by reason.
//
//go:noinline
func (c *Client) reject(reason rejected) {
	if c.counts.Rejected == nil {
		c.counts.Rejected = map[string]uint64{}
	}
	c.counts.Rejected[string(reason)]++
	c.dev.Meter.reject(string(reason))
}

// room tells whether one more request may be in flight to the device. An engine has to be known before
// several can be.
func (c *Client) room() bool {
	if c.usm != nil && !c.usm.known() {
		return c.flying == 0
	}
	return c.flying < c.pace.flight()
}

// pump sends what c has to ask, as far as the device and the lane bear it.
func (l *lane) pump(c *Client) {
	for !c.closed && !l.closed && !c.queued && c.room() {
		run := c.asking()
		if run == nil && len(c.waiting) == 0 {
			return
		}
		if c.pace.gap > 0 && l.e.now() < c.next {
			l.arm(&c.timer, c.next)
			return
		}
		if l.expected >= l.window && !c.silent { // a dead device neither waits nor takes room
			l.wait(c, run == nil || run.answer.Heard)
			return
		}
		if len(c.waiting) > 0 { // first: somebody waits for it
			r := c.waiting[0]
			c.waiting = c.waiting[1:]
			l.launch(r)
			continue
		}
		l.launch(l.part(run))
	}
}

// asking is the first run of c that has something to ask now, or nil.
func (c *Client) asking() *run {
	for _, r := range c.runs {
		if len(r.todo) > 0 && !(r.cautious() && r.flying()) {
			return r
		}
	}
	return nil
}

// exchange sends pdu and returns the reply's PDU, which shares no memory with the datagram. accept looks at a
// PDU that passed all other checks; a rejected error from it makes the wait go on. It runs under the lane's
// lock.
func (c *Client) exchange(ctx context.Context, pdu *snmpwire.PDU, accept func(*snmpwire.PDU) error) (*snmpwire.PDU, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := c.lane
	result := make(chan outcome, 1) // r is empty once it has ended
	r := &request{client: c, pdu: pdu, accept: accept, result: result}
	r.timer.request = r
	l.mu.Lock()
	if c.closed || l.closed {
		l.mu.Unlock()
		return nil, errClosed
	}
	c.waiting = append(c.waiting, r)
	l.pump(c)
	l.unlock()
	select {
	case o := <-result:
		return o.pdu, o.err
	case <-ctx.Done():
	}
	l.withdraw(c, r)
	return nil, fmt.Errorf("%s: %w", c.addr, ctx.Err())
}

// withdraw ends a request that nobody waits for any more.
func (l *lane) withdraw(c *Client, r *request) {
	l.mu.Lock()
	defer l.unlock()
	for i, w := range c.waiting {
		if w == r {
			c.waiting = append(c.waiting[:i], c.waiting[i+1:]...)
			return
		}
	}
	if r.client != nil && r.id != 0 {
		l.finish(r, nil, context.Canceled)
	}
}
