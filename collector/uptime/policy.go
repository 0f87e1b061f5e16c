package uptime

import (
	"errors"
	"fmt"

	"ninewatch/internal/telemetry"
)

// Confirm says how many bad samples make an outage: N in a row, or, where M is set, K among the last M.
type Confirm struct{ N, K, M int }

// ProbePolicy is how the samples of one kind of probe are weighed. Times are milliseconds.
type ProbePolicy struct {
	// Interval is how long a lone sample vouches. 0: the interval that its run says; two neighbours with
	// different intervals are then measured by the longer one.
	Interval int64
	// Hold is the longest time between two samples that still leaves no hole. 0: 2.5 intervals.
	Hold int64
	Down Confirm
	Up   int // good samples in a row that end an outage
}

// Policy is how evidence becomes a timeline.
type Policy struct {
	ICMP, SNMP  ProbePolicy
	DegradedPPM uint32 // a sample that lost as many per million is degraded

	// Sharpen lets the finer ICMP stream of an agent date the transitions of its SNMP stream. Over a
	// confirmed ICMP outage in which no SNMP reply was seen, an older SNMP reply vouches for nothing: so a
	// cut is down from the first lost echo, not degraded until the next SNMP poll. When echoes
	// return, an older SNMP failure likewise vouches for nothing. "snmpd stopped, ICMP answers" stays
	// degraded, and so does "ICMP filtered, SNMP answers".
	Sharpen bool
	// Settle is how long (ms) an outage that only ICMP has seen waits for a fresh SNMP sample before an
	// older reply stops to count. Agents poll at once on the first lost echo.
	Settle int64

	Skew          int64 // seconds by which polls of parent and child may be apart; 0: the larger interval
	RebootAssumed int64 // seconds a reboot takes that no probe saw
}

// DefaultPolicy suits echoes each second and SNMP each minute (a poll that fails was retried by the agent).
func DefaultPolicy() Policy {
	return Policy{
		ICMP:          ProbePolicy{Down: Confirm{N: 3}, Up: 2},
		SNMP:          ProbePolicy{Down: Confirm{N: 2}, Up: 1},
		DegradedPPM:   200_000,
		Sharpen:       true,
		Settle:        5_000,
		Skew:          60,
		RebootAssumed: 90,
	}
}

// Validate says what in p cannot be used.
func (p Policy) Validate() error {
	return errors.Join(p.ICMP.validate("icmp"), p.SNMP.validate("snmp"))
}

func (p ProbePolicy) validate(kind string) error {
	var errs []error
	switch {
	case p.Down.M > 0 && (p.Down.K < 1 || p.Down.K > p.Down.M || p.Down.M > maxConfirm):
		errs = append(errs, fmt.Errorf("%s: confirm down %d of %d: want 1 ≤ k ≤ m ≤ %d", kind, p.Down.K, p.Down.M, maxConfirm))
	case p.Down.M <= 0 && (p.Down.N < 1 || p.Down.N > maxConfirm):
		errs = append(errs, fmt.Errorf("%s: confirm down after %d samples: want 1 to %d", kind, p.Down.N, maxConfirm))
	}
	if p.Up < 1 || p.Up > maxConfirm {
		errs = append(errs, fmt.Errorf("%s: confirm up after %d samples: want 1 to %d", kind, p.Up, maxConfirm))
	}
	if p.Interval < 0 || p.Hold < 0 {
		errs = append(errs, fmt.Errorf("%s: interval and hold must not be negative", kind))
	}
	return errors.Join(errs...)
}

// maxConfirm bounds the work for each run: its first samples are looked at one by one.
const maxConfirm = 1000

func (p Policy) probe(k telemetry.Probe) ProbePolicy {
	if k == telemetry.ProbeSNMP {
		return p.SNMP
	}
	return p.ICMP
}

// depth is after how many equal samples without a hole the confirmation has settled.
func (p ProbePolicy) depth() int64 { return int64(max(p.Down.N, p.Down.M, p.Up)) }

// lone is how long a sample of the given interval vouches without a neighbour.
func (p ProbePolicy) lone(every int64) int64 {
	if p.Interval > 0 {
		return p.Interval
	}
	return every
}

// hold is the longest distance at which two neighbours of these intervals leave no hole.
func (p ProbePolicy) hold(every, next int64) int64 {
	if p.Hold > 0 {
		return p.Hold
	}
	return max(p.lone(every), p.lone(next)) * 5 / 2
}
