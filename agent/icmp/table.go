package icmp

import (
	"math"
	"net/netip"
	"time"
)

const (
	minTable = 1 << 10
	// maxTable is as many probes as the 16-bit sequence number tells apart.
	maxTable = 1 << 16
	// remember is how long a probe is known after its timeout, to tell duplicates, late replies and errors
	// from foreign packets: the kernel gives up ARP after three seconds and reports it then.
	remember = int64(3 * time.Second)
)

type state uint8

const (
	pending state = iota
	replied
	lost
	fault
)

// probe is an echo request that was sent, or was to be sent.
type probe struct {
	target   *target
	slot     int64 // Unix ms
	sent     reading
	nonce    uint64
	next     uint64 // number of the next probe of the same target, 0 while there is none
	rtt      uint32 // ns, when replied: maxTimeout fits
	every    uint32 // ms between the probes of its kind
	checksum uint16
	state    state
	reason   faultCode // when fault
	look     bool
}

// target is what the prober knows of a Target.
type target struct {
	Target
	addr  netip.Addr // unmapped, without zone
	scope uint32

	oldest, newest uint64 // numbers of its probes that are not reported; 0: none
	highest        uint64 // number of its latest probe that was answered

	duplicates, late, reordered uint16 // since the last report

	pace

	reason  string // of the latest ICMP error
	hop     netip.Addr
	errSent int64 // when the probe was sent that the error is about
}

// table holds the probes of one address family by number: those in flight, and for a while those decided.
// Numbers count up from 1, time stamps never go back: so the table is a ring, and expiry is a walk along it.
// It reports the probes of each target in the order in which they were added.
type table struct {
	timeout int64
	report  func(*probe)

	ring   []probe // number n lies at n modulo length, a power of two
	oldest uint64  // still known
	expire uint64  // the first that may be pending
	next   uint64  // will be added next
	unsure uint64  // of probes below this, a missing reply may be our own fault

	waiting int // probes that are pending
}

func newTable(timeout time.Duration, report func(*probe)) *table {
	return &table{
		timeout: int64(timeout), report: report,
		ring: make([]probe, minTable), oldest: 1, expire: 1, next: 1,
	}
}

func (t *table) at(number uint64) *probe { return &t.ring[number&uint64(len(t.ring)-1)] }

// shot is a probe that is to be sent.
type shot struct {
	slot, every int64 // Unix ms, ms
	look        bool
}

// add makes a new probe for g. When the table is full, the oldest makes room.
func (t *table) add(g *target, s shot, sent reading, nonce uint64) (uint64, *probe) {
	t.waiting++
	if int(t.next-t.oldest) == len(t.ring) {
		t.makeRoom(sent.mono)
	}
	number := t.next
	t.next++
	p := t.at(number)
	*p = probe{target: g, slot: s.slot, every: uint32(min(s.every, math.MaxUint32)), look: s.look, sent: sent, nonce: nonce}
	if g.oldest == 0 {
		g.oldest = number
	} else {
		t.at(g.newest).next = number
	}
	g.newest = number
	return number, p
}

func (t *table) makeRoom(now int64) {
	for t.oldest < t.expire && t.at(t.oldest).sent.mono+t.timeout+remember <= now {
		t.forget()
	}
	if int(t.next-t.oldest) < len(t.ring) {
		return
	}
	if len(t.ring) < maxTable {
		t.reserve(2 * len(t.ring))
		return
	}
	if t.oldest == t.expire {
		t.fault(t.at(t.oldest), faultOverload)
		t.expire++
	}
	t.forget()
}

// reserve makes room for n probes at once, as far as there may be so many.
func (t *table) reserve(n int) {
	size := len(t.ring)
	for size < n && size < maxTable {
		size *= 2
	}
	if size == len(t.ring) {
		return
	}
	old := *t
	t.ring = make([]probe, size)
	for n := t.oldest; n < t.next; n++ {
		*t.at(n) = *old.at(n)
	}
}

// forget drops the oldest probe, which is decided and reported.
func (t *table) forget() {
	*t.at(t.oldest) = probe{}
	t.oldest++
}

// find returns the probe that e is about, or nil when there is none.
func (t *table) find(e echo) *probe {
	number := e.number
	if !e.full { // the latest with this sequence number
		number = t.next - 1 - uint64(uint16(t.next-1)-e.seq)
	}
	if number < t.oldest || number >= t.next || uint16(number) != e.seq {
		return nil
	}
	p := t.at(number)
	if e.full && e.nonce != p.nonce || !e.full && e.checksum != p.checksum {
		return nil
	}
	return p
}

// reply decides p, which is pending.
func (t *table) reply(p *probe, rtt int64) {
	p.state, p.rtt = replied, uint32(rtt)
	t.waiting--
	p.target.reason = ""
	t.flush(p.target)
}

// fault decides p, unless it is decided.
func (t *table) fault(p *probe, reason faultCode) {
	if p.state == pending {
		p.state, p.reason = fault, reason
		t.waiting--
		t.flush(p.target)
	}
}

// doubt turns the losses among the probes that are in flight now into faults: the kernel has dropped packets.
func (t *table) doubt() { t.unsure = t.next }

// expireUntil decides what was sent a timeout or more before now: all packets that came until now are read.
func (t *table) expireUntil(now int64) {
	for ; t.expire < t.next; t.expire++ {
		p := t.at(t.expire)
		if p.sent.mono+t.timeout > now {
			return
		}
		switch {
		case p.state != pending:
		case t.expire < t.unsure:
			t.fault(p, faultOverrun)
		default:
			p.state = lost
			t.waiting--
			t.flush(p.target)
		}
	}
}

// deadline is when the next probe expires, false when none is in flight.
func (t *table) deadline() (int64, bool) {
	for t.expire < t.next && t.at(t.expire).state != pending {
		t.expire++
	}
	if t.expire == t.next {
		return 0, false
	}
	return t.at(t.expire).sent.mono + t.timeout, true
}

// flush reports what is decided of g, up to its first pending probe.
func (t *table) flush(g *target) {
	for g.oldest != 0 {
		p := t.at(g.oldest)
		if p.state == pending {
			return
		}
		t.report(p)
		g.oldest = p.next
	}
}

// explains tells whether the latest ICMP error about the target of p explains that p was lost: it is about
// p, or about a probe shortly before or after.
func (p *probe) explained() bool {
	g := p.target
	if g.reason == "" {
		return false
	}
	age := p.sent.mono - g.errSent
	return age < remember+int64(time.Second) && -age < remember+int64(time.Second)
}
