package icmp

import (
	"time"

	"ninewatch/agent/schedule"
)

// Probes of a look: five in two seconds, beside the regular ones, the first after lookEvery.
const (
	looks     = 5
	lookEvery = 400 // ms
	// lookAgain is how long after a look another one of the same target is refused: a way that loses a part of
	// the packets would be looked at all the time.
	lookAgain = 10_000 // ms
)

// slower is how much less often a target is probed that has been dead for so long.
var slower = [...]struct{ after, every time.Duration }{
	{time.Hour, 5 * time.Minute},
	{10 * time.Minute, time.Minute},
	{5 * time.Minute, 30 * time.Second},
}

// pace is what decides when a target is probed, beside its interval. Times are those of the monotonic clock in
// ns, slots Unix ms.
type pace struct {
	deadSince int64 // send time of the first loss since the last reply; 0: it answers
	nextSlot  int64 // regular slots before it are left out; 0: none
	looksLeft uint8
	lookedAt  int64 // when the last look began, Unix ms
}

// every is the ms between the regular slots of a target of the given interval at time now: a multiple of the
// interval.
func (p *pace) every(interval time.Duration, now int64) int64 {
	own := max(1, interval.Milliseconds())
	if p.deadSince == 0 {
		return own
	}
	dead := time.Duration(now - p.deadSince)
	for _, s := range slower {
		if dead >= s.after {
			return (max(own, s.every.Milliseconds()) + own - 1) / own * own
		}
	}
	return own
}

// take tells whether a probe is to be sent in the regular slot, and with which interval.
func (p *pace) take(interval time.Duration, slot, now int64) (every int64, ok bool) {
	if slot < p.nextSlot {
		return 0, false
	}
	every = p.every(interval, now)
	p.nextSlot = slot + every
	return every, true
}

// alive ends slower probing.
func (p *pace) alive() { p.deadSince, p.nextSlot = 0, 0 }

// dead notes a loss.
func (p *pace) dead(sent int64) {
	if p.deadSince == 0 {
		p.deadSince = max(sent, 1)
	}
}

// look begins a look and returns its first slot, or false when there is one, or was one just now. Its slots
// are never regular ones: a run is named by its first slot.
func (p *pace) look(name string, interval time.Duration, now int64) (slot int64, ok bool) {
	own := max(1, interval.Milliseconds())
	if own <= lookEvery || now-p.lookedAt < lookAgain && now >= p.lookedAt {
		return 0, false
	}
	p.looksLeft, p.lookedAt = looks, now
	phase := schedule.Phase(name, interval).Milliseconds()
	for slot = now + lookEvery; ; slot++ { // not at once: it would see the same moment as the next regular probe
		if !meets(slot-phase, own) {
			return slot, true
		}
	}
}

// meets tells whether one of the slots of a look lies on a multiple of own.
func meets(slot, own int64) bool {
	for i := range int64(looks) {
		if (slot+i*lookEvery)%own == 0 {
			return true
		}
	}
	return false
}

// due is the next slot of a look.
type due struct {
	target *target
	slot   int64 // Unix ms
}

// lookQueue holds what looks are to send next, in the order of time: each look comes back after the same time.
type lookQueue struct {
	list []due
	head int
}

func (q *lookQueue) push(d due) {
	if 2*q.head >= len(q.list) { // what is done makes room for as much again
		q.list, q.head = q.list[:copy(q.list, q.list[q.head:])], 0
	}
	q.list = append(q.list, d)
}

func (q *lookQueue) peek() (due, bool) {
	if q.head == len(q.list) {
		return due{}, false
	}
	return q.list[q.head], true
}

// pop takes the first away, and has the rest of its look come later.
func (q *lookQueue) pop() {
	d := q.list[q.head]
	q.list[q.head].target = nil
	q.head++
	if d.target.looksLeft > 0 {
		d.target.looksLeft--
	}
	if d.target.looksLeft > 0 {
		q.push(due{d.target, d.slot + lookEvery})
	}
}
