package icmp

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/agent/schedule"
	"ninewatch/internal/logging"
)

const (
	// clockStep is how far the wall clock may move before the slots follow it.
	clockStep = int64(500 * time.Millisecond)
	// maxLate is how long after its slot a probe may be sent, and half the interval if that is less.
	maxLate = int64(500 * time.Millisecond)
	// sendBurst probes at most are sent before replies are read again.
	sendBurst = 64
	// readBatches at most are read before probes are sent again.
	readBatches = 16
	// shortWait is for how long replies may lie in the socket: their time stamps are the kernel's, and reading
	// many in one call is cheaper.
	shortWait = 50 * time.Millisecond
	// together is for how long probes may wait for others to be sent in one go, one call each: waking up costs
	// ten times what sending does. And at most punctual of the interval: that is still on time.
	together = 50 * time.Millisecond
	punctual = 200
	longWait = time.Second
	// reopenAfter is the time between attempts to open a socket that could not be opened.
	reopenAfter = int64(time.Second)
)

// engine serves the targets of one address family from one goroutine.
type engine struct {
	v6     bool
	log    *slog.Logger
	quiet  *logging.Quiet
	m      proberMetrics
	clock  func() reading
	stamps func(int64) int64 // of a test that sets the clock: the kernel's stamps then; else nil
	report func(Result)
	random *rand.ChaCha8
	id     uint16

	sock     *socket // nil while it cannot be opened
	openedAt int64   // last attempt
	woken    chan struct{}
	timer    *time.Timer

	inbox   inbox
	targets []*target
	byName  map[string]*target
	wheel   *schedule.Wheel
	looks   lookQueue
	table   *table
	last    reading // when the clocks were last compared
	drops   uint32
	out     []byte // the longest echo
	pause   int64  // the shortest wait, ns
}

// run works until stop is asked for, and what is in flight then is decided.
func (e *engine) run() {
	e.last = e.clock()
	e.timer = time.NewTimer(0)
	defer e.timer.Stop()
	for {
		o := e.inbox.take()
		now := e.followClock()
		if o.changed {
			e.setTargets(o.targets, now)
		}
		for _, name := range o.looks {
			e.look(name, now)
		}
		if o.stopping && e.stopped() {
			return
		}
		more := e.sendDue()
		if e.receive() {
			more = true
		}
		if !more {
			e.wait()
		}
	}
}

// stopped sends nothing more, and tells whether nothing is in flight any more.
func (e *engine) stopped() bool {
	e.wheel, e.looks = schedule.NewWheel(nil), lookQueue{}
	return e.table.waiting == 0
}

// look begins a look at a target, if it is one of this engine.
func (e *engine) look(name string, now reading) {
	g := e.byName[name]
	if g == nil {
		return
	}
	if slot, ok := g.pace.look(g.Name, g.Interval, now.wall/1e6); ok {
		e.looks.push(due{g, slot})
		e.m.looks.Inc()
	}
}

// followClock moves the slots along when the wall clock was set.
func (e *engine) followClock() reading {
	now := e.clock()
	step := now.offset() - e.last.offset()
	e.last = now
	if step <= clockStep && step >= -clockStep {
		return now
	}
	e.wheel.MoveTo(now.wall / 1e6)
	e.looks = lookQueue{}
	for _, g := range e.targets {
		g.nextSlot, g.looksLeft, g.lookedAt = 0, 0, 0
	}
	e.m.steps.Inc()
	e.log.Info("wall clock was set, slots follow it", "step", time.Duration(step).String())
	return now
}

// setTargets replaces the targets; those that stay keep what is known of them.
func (e *engine) setTargets(targets []*target, now reading) {
	byName := make(map[string]*target, len(targets))
	entries := make([]schedule.Entry, len(targets))
	longest, known := minPayload, 0
	e.pause = int64(together)
	for i, g := range targets {
		if old := e.byName[g.Name]; old != nil && old.addr == g.addr && old.scope == g.scope {
			if old.Interval != g.Interval {
				old.nextSlot = 0
			}
			old.Target = g.Target
			targets[i] = old
		}
		byName[g.Name] = targets[i]
		entries[i] = schedule.Entry{Key: g.Name, Interval: g.Interval}
		longest = max(longest, g.Payload)
		e.pause = min(e.pause, int64(g.Interval)/punctual)
		known += int((e.table.timeout+remember)/int64(g.Interval)) + 1
	}
	for name, old := range e.byName {
		if byName[name] != old {
			old.looksLeft = 0
		}
	}
	e.table.reserve(min(known, maxTable))
	e.byName, e.out = byName, make([]byte, headerSize+longest)
	from := now.wall/1e6 + 1
	if slot, ok := e.wheel.Peek(); ok {
		from = min(from, slot) // what is due already is still to be sent
	}
	e.targets = targets
	e.wheel = schedule.NewWheel(entries)
	e.wheel.MoveTo(from)
}

// nextDue is the next slot, of a look or a regular one.
func (e *engine) nextDue() (slot int64, look, ok bool) {
	slot, ok = e.wheel.Peek()
	if d, any := e.looks.peek(); any && (!ok || d.slot < slot) {
		return d.slot, true, true
	}
	return slot, false, ok
}

// sendDue sends what is due, and tells whether there is more.
func (e *engine) sendDue() bool {
	for range sendBurst {
		slot, look, ok := e.nextDue()
		if !ok {
			return false
		}
		now := e.clock()
		late := now.wall - slot*1e6
		if late < 0 {
			return false
		}
		if look {
			e.sendLook(slot, late, now)
			continue
		}
		i, _ := e.wheel.Next()
		g := e.targets[i]
		if late > min(maxLate, int64(g.Interval)/2) {
			e.m.missed.Inc()
			continue
		}
		if every, ok := g.take(g.Interval, slot, now.mono); ok {
			e.send(g, shot{slot: slot, every: every}, now)
		}
	}
	return true
}

func (e *engine) sendLook(slot, late int64, now reading) {
	d, _ := e.looks.peek()
	if d.target.looksLeft > 0 && late <= maxLate {
		e.send(d.target, shot{slot: slot, every: lookEvery, look: true}, now)
	}
	e.looks.pop()
}

// send sends one probe.
func (e *engine) send(g *target, s shot, now reading) {
	if e.sock == nil {
		e.reopen(now.mono)
	}
	nonce := e.random.Uint64()
	number, p := e.table.add(g, s, now, nonce)
	if e.sock == nil {
		e.table.fault(p, faultNoSocket)
		return
	}
	out := e.out[:headerSize+max(g.Payload, minPayload)]
	p.checksum = putEcho(out, e.v6, e.sock.id, number, nonce)
	p.sent = e.clock()
	err := e.sock.send(out, g)
	if err != nil && !e.sock.raw {
		err = e.sendAgain(out, g, p)
	}
	if err != nil {
		e.table.fault(p, faultOf(err))
		e.logFault(g, err)
		return
	}
	e.m.sent.Inc()
}

// sendAgain repeats a send that failed on a datagram socket: the error may be the pending one of another
// probe, which the kernel hands to whatever call comes next.
func (e *engine) sendAgain(out []byte, g *target, p *probe) (err error) {
	for range 3 {
		e.receiveErrors()
		p.sent = e.clock()
		if err = e.sock.send(out, g); err == nil {
			return nil
		}
	}
	return err
}

func (e *engine) reopen(now int64) {
	if now-e.openedAt < reopenAfter {
		return
	}
	e.openedAt = now
	var err error
	if e.sock, err = openSocket(e.v6, e.id); err != nil {
		e.sock = nil
		if suppressed, ok := e.quiet.Allow("open"); ok {
			e.log.Warn("no ICMP socket, results are prober faults", "err", err, "suppressed", suppressed)
		}
	}
}

func (e *engine) logFault(g *target, err error) {
	if suppressed, ok := e.quiet.Allow(g.Name); ok {
		e.log.Warn("cannot send a probe, its result is a prober fault", "device", g.Name, "addr", g.Addr.String(), "err", err, "suppressed", suppressed)
	}
}

// receive reads what came and expires what did not, and tells whether there may be more to read.
func (e *engine) receive() (more bool) {
	horizon := e.clock().mono // all that came before it is read below
	if e.sock != nil {
		var latest int64
		if latest, more = e.readAll(); more {
			horizon = latest
		}
	}
	e.table.expireUntil(horizon)
	return more
}

// readAll empties the socket. Under a flood it stops early: more is then true, and all that came before
// latest is read.
func (e *engine) readAll() (latest int64, more bool) {
	if !e.sock.raw {
		e.receiveErrors()
	}
	var err error
	for range readBatches {
		var n int
		n, err = e.sock.receive(false)
		if errors.Is(err, unix.EAGAIN) {
			return 0, false
		}
		if err != nil { // interrupted, or the pending error of a probe: both are gone now
			continue
		}
		now := e.clock()
		for i := range n {
			p := e.sock.packet(i)
			if e.stamps != nil {
				p.stamp = e.stamps(p.stamp)
			}
			if p.stamp != 0 {
				latest = arrived(p.stamp, now)
			}
			e.handle(p, now)
		}
		if n < batch {
			return 0, false
		}
	}
	if err != nil {
		e.giveUp(err)
		return 0, false
	}
	return latest, true
}

// giveUp closes a socket that cannot be read: what is in flight are faults, and another one is opened.
func (e *engine) giveUp(err error) {
	e.log.Error("cannot read the ICMP socket, will open another", "err", err)
	e.table.doubt()
	e.sock.close()
	e.sock, e.openedAt, e.drops = nil, e.clock().mono, 0
}

func (e *engine) handle(p packet, now reading) {
	if p.hasDrops && p.drops != e.drops {
		e.m.drops.Add(int(p.drops - e.drops))
		e.drops = p.drops
		e.table.doubt()
	}
	var m message
	var ok bool
	switch {
	case e.v6:
		m, ok = parseICMPv6(p.data)
	case e.sock.raw:
		m, ok = parseIPv4(p.data, p.whole)
	default:
		m, ok = parseICMP(p.data, p.whole)
	}
	switch {
	case !ok:
		e.m.invalid.Inc()
	case m.id != e.sock.id:
		e.m.foreign.Inc()
	case m.reason != "":
		e.explain(m.echo, m.dst, m.reason, p.src)
	default:
		e.answer(m.echo, p, now)
	}
}

func (e *engine) answer(m echo, p packet, now reading) {
	sent := e.table.find(m)
	if sent == nil || sent.target.addr != p.src {
		e.m.foreign.Inc()
		return
	}
	g, rtt := sent.target, roundTrip(sent.sent, now, p.stamp)
	switch {
	case sent.state == replied:
		e.m.duplicates.Inc()
		g.duplicates++
	case sent.state != pending || rtt > e.table.timeout:
		e.m.late.Inc()
		g.late++
	default:
		if m.number < g.highest {
			e.m.reordered.Inc()
			g.reordered++
		}
		g.highest = max(g.highest, m.number)
		e.table.reply(sent, rtt)
	}
}

// explain notes an ICMP error about a probe to dst.
func (e *engine) explain(m echo, dst netip.Addr, reason string, hop netip.Addr) {
	p := e.table.find(m)
	if p == nil || p.target.addr != dst {
		e.m.foreign.Inc()
		return
	}
	e.m.icmpErrors.Inc()
	if p.state == replied {
		return
	}
	p.target.reason, p.target.hop, p.target.errSent = reason, hop, p.sent.mono
}

// receiveErrors empties the error queue of a datagram socket.
func (e *engine) receiveErrors() {
	for range readBatches {
		n, err := e.sock.receive(true)
		if err != nil {
			return
		}
		for i := range n {
			p := e.sock.packet(i)
			if !p.extended || p.fromLocal || len(p.data) < headerSize {
				continue
			}
			reason := reasonICMP(p.kind, p.code)
			if e.v6 {
				reason = reasonICMPv6(p.kind, p.code)
			}
			e.explain(parseEcho(p.data), p.src, reason, p.hop)
		}
	}
}

// emit turns a decided probe into a result.
func (e *engine) emit(p *probe) {
	g := p.target
	r := Result{
		Target: g.Name, Slot: time.UnixMilli(p.slot).UTC(), Interval: time.Duration(p.every) * time.Millisecond, Look: p.look,
		Duplicates: int(g.duplicates), Late: int(g.late), Reordered: int(g.reordered),
	}
	g.duplicates, g.late, g.reordered = 0, 0, 0
	switch p.state {
	case replied:
		g.alive()
		r.Outcome, r.RTT = Reply, time.Duration(p.rtt)
		e.m.replies.Inc()
	case lost:
		g.dead(p.sent.mono)
		r.Outcome, r.Reason = Lost, ReasonTimeout
		if p.explained() {
			r.Reason, r.Hop = g.reason, g.hop
		}
		e.m.lost.Inc()
	default:
		r.Outcome, r.Reason = Fault, p.reason.String()
		e.m.faults.Inc()
	}
	e.report(r)
}

// wait sleeps until the next slot or deadline, or until it is woken. Replies do not wake it: it looks for them
// every now and then while something is in flight. It waits for a timer, and not in a system call, as each of
// those sets the runtime's monitor to work.
func (e *engine) wait() {
	now := e.clock()
	idle := int64(longWait)
	if slot, _, ok := e.nextDue(); ok {
		idle = min(idle, slot*1e6-now.wall)
	}
	if deadline, inFlight := e.table.deadline(); inFlight {
		idle = min(idle, deadline-now.mono, int64(shortWait))
	}
	e.timer.Reset(time.Duration(max(idle, e.pause)))
	select {
	case <-e.timer.C:
	case <-e.woken:
	}
}
