package snmp

import (
	"math"
	"time"
)

// Bounds of what a device is asked at once. 55 names of 14 octets with counters, or 60 values of a GETBULK,
// are about 1,400 octets, which fit an Ethernet frame.
const (
	maxGet    = 55
	firstBulk = 25
	mostBulk  = 40
	fewBulk   = 5
	maxFlight = 2

	leastGap    = 10 * time.Millisecond
	longestGap  = 500 * time.Millisecond
	slowRTT     = 250 * time.Millisecond
	raiseEvery  = 256 // requests after which a limit that the device set is tried again
	cleanFlight = 32  // answers in a row after which a second request may be in flight again
)

// Learnt is what polling has shown of the limits of a device. The zero value is a device that has shown none.
// It may be kept over restarts.
type Learnt struct {
	Names  int           // most names in one GetRequest
	Rows   int           // most values in the answer to one GetBulkRequest
	Gap    time.Duration // pause between two requests
	Single bool          // at most one request in flight
	Below  int           // as many names were too many
}

// pace decides how much one device is asked, and how fast: additive increase, multiplicative decrease.
type pace struct {
	names  int32 // per GetRequest
	below  int32 // so many are too many; 0: not known
	bulk   int32 // values per GetBulkRequest
	single bool
	clean  int32 // answers since the last trouble
	gap    time.Duration
	rtt    time.Duration // smoothed
	least  time.Duration // least RTT
}

func newPace(l Learnt) pace {
	bound := func(n, most, otherwise int) int32 {
		if n < 1 || n > most {
			n = otherwise
		}
		return int32(n)
	}
	return pace{names: bound(l.Names, maxGet, maxGet), bulk: bound(l.Rows, mostBulk, firstBulk), below: bound(l.Below, maxGet+1, 0),
		single: l.Single, gap: min(max(0, l.Gap), longestGap), least: math.MaxInt64}
}

// learnt is p as far as it differs from a device without limits.
func (p *pace) learnt() Learnt {
	l := Learnt{Gap: p.gap, Single: p.single, Below: int(p.below)}
	if p.names != maxGet {
		l.Names = int(p.names)
	}
	if p.bulk < firstBulk {
		l.Rows = int(p.bulk)
	}
	return l
}

func (p *pace) flight() int32 {
	if p.single {
		return 1
	}
	return maxFlight
}

// answered learns from a reply. Asked is how many names the request had; a retry says nothing of the time.
func (p *pace) answered(asked int32, rtt time.Duration, retry bool) {
	p.clean++
	if !retry {
		p.measure(rtt)
	}
	if p.gap > 0 {
		if p.gap -= p.gap / 8; p.gap < leastGap/8 {
			p.gap = 0
		}
	}
	if p.single && p.clean >= cleanFlight && p.rtt < slowRTT {
		p.single = false
	}
	if p.below > 0 && p.clean%raiseEvery == 0 {
		p.below = min(p.below+1, maxGet+1)
	}
	if asked >= p.names && p.names < maxGet && (p.below == 0 || p.names+1 < p.below) {
		p.names++
	}
}

// measure follows the round-trip time. One that grows to many times the least is a queue, in the device or
// before it.
func (p *pace) measure(rtt time.Duration) {
	if p.rtt == 0 {
		p.rtt = rtt
	}
	p.rtt += (rtt - p.rtt) / 8
	p.least = min(p.least, rtt)
	if p.rtt > slowRTT && p.rtt/8 > p.least && !p.single {
		p.single, p.clean = true, 0
	}
}

// lost learns from an attempt without an answer.
func (p *pace) lost(asked int32) {
	p.clean = 0
	p.gap = min(max(leastGap, 2*p.gap), longestGap)
	p.single = true
	if asked > 1 {
		p.names = max(1, min(p.names, asked)*3/4)
	}
}

// shrink asks for less after a request that was too much, or without any answer at all.
func (p *pace) shrink(asked, by int32) {
	p.clean = 0
	p.names = max(1, min(p.names, asked/by))
}

// tooBig learns from what a device says itself.
func (p *pace) tooBig(asked int32) {
	p.clean = 0
	p.names = max(1, min(p.names, asked-max(1, asked/8)))
	p.below = asked
}
