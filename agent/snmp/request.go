package snmp

import (
	"errors"
	"fmt"
	"time"

	"ninewatch/internal/snmpwire"
)

// refusedPause is how long a refused port is left alone before the next attempt.
const refusedPause = 500 * time.Millisecond

// maxAgain is how often a request is encoded anew for an engine: for its id, then for its clock.
const maxAgain = 2

// request is one PDU in flight: a part of a run, or the PDU of an exchange.
type request struct {
	client *Client
	timer  timer
	id     int32 // request-id and, in SNMPv3, message id

	run  *run // either this
	span span
	list []byte // of its names, encoded

	pdu    *snmpwire.PDU // or that
	accept func(*snmpwire.PDU) error
	result chan outcome

	attempt  int
	again    int
	sent     int64 // when the attempt began, ns of the engine
	first    int64 // when the first did
	expires  int64 // when the attempt is over
	expected bool  // counts toward the lane's window
	unsent   bool  // the socket had no room
	refused  bool  // the network refused this attempt
	replayed bool  // a reply was rejected for its engine's clock
	looking  bool  // looks for the SNMPv3 engine
	proving  bool  // asks, after silence, whether the engine is there at all
}

// outcome is what an exchange waits for.
type outcome struct {
	pdu *snmpwire.PDU
	err error
}

func (l *lane) newRequest(c *Client) *request {
	if n := len(l.spare); n > 0 {
		r := l.spare[n-1]
		l.spare = l.spare[:n-1]
		r.client = c
		return r
	}
	r := &request{client: c}
	r.timer.request = r
	return r
}

// launch sends r for the first time.
func (l *lane) launch(r *request) {
	c := r.client
	c.flying++
	if !l.place(r) {
		r.id = 0
		l.finish(r, nil, errors.New("too many requests are in flight"))
		return
	}
	l.transmit(r)
}

// transmit encodes and sends r, and sets its timer.
func (l *lane) transmit(r *request) {
	c, now := r.client, l.e.now()
	r.sent = now
	if r.attempt == 0 && r.again == 0 {
		r.first = now
	}
	r.refused, r.unsent = false, false
	r.expires = now + int64(c.dev.Timeout)
	b, err := l.encode(r)
	if err == nil {
		c.sent(r)
		err = l.send(b, c)
	}
	c.next = now + int64(c.pace.gap)
	if err == errFull {
		r.unsent, r.expires, err = true, now+int64(tick), nil
	}
	if err != nil {
		l.finish(r, nil, fmt.Errorf("%s: %w", c.addr, err))
		return
	}
	if !r.expected && !c.silent {
		r.expected = true
		l.expected++
	}
	l.arm(&r.timer, min(r.expires, now+int64(lateReply+2*c.pace.rtt)))
}

// forgo stops to expect the reply of r soon.
func (l *lane) forgo(r *request) {
	if r.expected {
		r.expected = false
		l.expected--
	}
}

// expired is the end of an attempt, or of the time in which most replies come.
func (l *lane) expired(r *request) {
	c := r.client
	l.forgo(r)
	if l.e.now() < r.expires {
		l.arm(&r.timer, r.expires)
		l.serve()
		return
	}
	if r.unsent {
		l.transmit(r)
		return
	}
	if !r.refused {
		c.pace.lost(r.span.count)
	}
	if r.attempt++; r.attempt >= c.attempts() || r.proving {
		l.unanswered(r)
		return
	}
	if r.attempt == c.attempts()-1 && r.run != nil && !r.run.answer.Heard && r.span.count > 1 {
		r.run.cheapen(r) // the last attempt asks for little: that the device is there counts for more
		l.unplace(r)
		l.place(r)
	}
	l.transmit(r)
}

// unanswered ends a request whose attempts are over, or makes one more where that tells more.
func (l *lane) unanswered(r *request) {
	c := r.client
	switch {
	case r.refused:
		l.finish(r, nil, c.fail(Refused, "nothing listens at this port, or it is prohibited; asked %d times", c.attempts()))
	case r.proving:
		r.proving = false
		l.silence(r)
	case c.usm != nil && c.usm.unproven() && !r.looking:
		r.proving = true
		l.transmit(r)
	default:
		l.silence(r)
	}
}

func (l *lane) silence(r *request) {
	c := r.client
	c.timedOut(r)
	if r.replayed {
		l.finish(r, nil, c.fail(Engine, "the engine's clock went back: its replies are taken for replays"))
		return
	}
	l.finish(r, nil, c.fail(Timeout, "no answer to %d attempts of %s", c.attempts(), c.dev.Timeout))
}

// refused is what the network says about a request of c that is in flight. The next attempt waits.
func (l *lane) refused(c *Client) {
	for _, r := range l.table {
		if r == nil || r.client != c || r.refused {
			continue
		}
		r.refused = true
		c.wasRefused()
		r.expires = l.e.now() + int64(min(refusedPause, c.dev.Timeout))
		l.forgo(r)
		l.arm(&r.timer, r.expires)
	}
}

// renew sends r once more, encoded for what was learned of the engine.
func (l *lane) renew(r *request) {
	if r.proving {
		l.finish(r, nil, r.client.fail(Credentials, "user %q: the engine answers, but not to this user's requests: "+
			"wrong privacy passphrase or protocol, most likely", r.client.dev.Credential.Username))
		return
	}
	if r.again++; r.again > maxAgain {
		l.finish(r, nil, r.client.fail(Engine, "the engine keeps changing its id or clock"))
		return
	}
	l.unplace(r)
	l.place(r)
	l.transmit(r)
}

// finish takes r out of flight and hands its outcome to who waits.
func (l *lane) finish(r *request, pdu *snmpwire.PDU, err error) {
	c := r.client
	if known, ok := err.(*Error); ok && known.Addr == "" {
		known.Addr = c.addr.String()
	}
	c.silent = silenced(c.silent, err)
	run, s, result := r.run, r.span, r.result
	l.drop(r)
	if run != nil {
		l.settle(run, s, err)
	} else {
		result <- outcome{pdu, err} // has room for one
	}
	l.pump(c)
	l.serve()
}

// drop takes r out of flight.
func (l *lane) drop(r *request) {
	if r.id != 0 {
		l.unplace(r)
	}
	l.clock.stop(&r.timer)
	l.forgo(r)
	r.client.flying--
	if r.run != nil {
		r.run.leave(r)
	}
	l.recycle(r)
}

func (l *lane) recycle(r *request) {
	run := r.run
	*r = request{list: r.list[:0]}
	if run != nil && len(l.spare) < spares {
		r.timer.request = r
		l.spare = append(l.spare, r)
	}
}

// spares is how many requests, runs and slices of values a lane keeps to use them again.
const spares = 256

// silenced tells whether a device is taken for dead after an outcome.
func silenced(before bool, err error) bool {
	switch kind := KindOf(err); {
	case kind == Timeout, kind == Refused:
		return true
	case err == nil, kind != "":
		return false
	}
	return before // says nothing of the device
}

// encode makes the datagram of r in the lane's buffer.
func (l *lane) encode(r *request) (b []byte, err error) {
	c := r.client
	if r.run == nil {
		r.pdu.RequestID = r.id
	}
	switch {
	case c.usm != nil:
		err = c.usm.encode(l, r)
	case r.run != nil:
		l.buf = snmpwire.AppendGetMessage(l.buf[:0], c.version, c.community, r.run.kind, r.id, r.list)
	default:
		m := snmpwire.Message{Version: c.version, Community: c.community, PDU: *r.pdu}
		l.buf = snmpwire.Append(l.buf[:0], &m)
	}
	return l.buf, err
}
