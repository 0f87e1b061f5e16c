package uptime

import (
	"testing"
)

// The defects of peers in ANALYTICS A.14, and the three cases of arithmetic: none may come back.

// TestPeerDowntimeAcrossAPeriod: negative or absurd times when a downtime meets a report period; an outage that
// outlasts the downtime is split wrongly (nagioscore 384, icinga-reports 59).
func TestPeerDowntimeAcrossAPeriod(t *testing.T) {
	// Down from 10 to 50, maintenance from 0 to 30, the period is [20, 40).
	line := []Interval{{From: 0, To: 10, State: Up}, {From: 10, To: 50, State: Down}, {From: 50, To: 60, State: Up}}
	s := Summarize(line, Terms{Period: Window{20, 40}, Maintenance: NewWindows(Window{0, 30})})
	if s.Maintenance != 10 || s.Down != 10 || s.Up != 0 || s.Agreed != 10 || len(s.Outages) != 1 {
		t.Fatalf("got %+v", s)
	}
	if o := s.Outages[0]; o.From != 10 || o.To != 50 || o.Raw != 40 || o.Counted != 10 || o.Started || o.Restored {
		t.Errorf("got %+v", o)
	}
}

// TestPeerCarryIn: more than 100 % from a last state that is carried in, and another result for one host depending
// on the filter (icingaweb2-module-idoreports 24, 61).
func TestPeerCarryIn(t *testing.T) {
	line := []Interval{{From: -1_000_000, To: 100, State: Up}, {From: 100, To: 200, State: Down}, {From: 200, To: 300, State: Up}}
	whole := Summarize(line, Terms{Period: Window{0, 300}})
	var parts Summary
	for _, w := range []Window{{0, 50}, {50, 150}, {150, 300}} {
		parts.add(Summarize(line, Terms{Period: w}))
	}
	if whole.Up != 200 || whole.Down != 100 || parts.Up != whole.Up || parts.Down != whole.Down || parts.Period != whole.Period {
		t.Errorf("whole %+v, parts %+v", whole, parts)
	}
	if a := whole.Availability(); a.Num > a.Den || a.Percent() != "66.6666" {
		t.Errorf("got %+v %s", a, a.Percent())
	}
}

// TestPeerDenominator: the denominator starts with the first event rather than with the time in service, and no
// data counts as up (icingadb 834, xymon 252, Nagios avail).
func TestPeerDenominator(t *testing.T) {
	line := []Interval{{From: 600, To: 700, State: Down}, {From: 700, To: 1000, State: Up}}
	s := Summarize(line, Terms{Period: Window{0, 1000}, Since: 200})
	if s.NotInService != 200 || s.Unknown != 400 || s.Down != 100 || s.Up != 300 || s.Availability().Percent() != "75.0000" || s.Low().Percent() != "37.5000" {
		t.Errorf("got %+v", s)
	}
}

// TestArithmeticOpenOutageInALongWindow: an outage that goes on counts up to now, in a window that ends later.
func TestArithmeticOpenOutageInALongWindow(t *testing.T) {
	day := int64(86_400)
	line := []Interval{{From: 0, To: 300 * day, State: Up}, {From: 300 * day, To: 301 * day, State: Down}}
	s := Summarize(line, Terms{Period: Window{0, 301 * day}})
	if s.Down != day || len(s.Outages) != 1 || !s.Outages[0].Ongoing || s.Outages[0].Counted != day || s.Outages[0].Restored || s.MTTR().Den != 0 {
		t.Errorf("got %+v", s)
	}
}

// TestArithmeticLongOutageAfterABlip: a blip just before does not hide the long outage, nor is it joined to it.
func TestArithmeticLongOutageAfterABlip(t *testing.T) {
	line := []Interval{
		{From: 0, To: 1000, State: Up}, {From: 1000, To: 1003, State: Down}, {From: 1003, To: 1010, State: Up},
		{From: 1010, To: 8210, State: Down}, {From: 8210, To: 10_000, State: Up},
	}
	s := Summarize(line, Terms{Period: Window{0, 10_000}})
	if s.Failures != 2 || s.Down != 7203 || s.Outages[0].Counted != 3 || s.Outages[1].Counted != 7200 || s.MTTR() != (Fraction{7203, 2}) {
		t.Errorf("got %+v", s)
	}
}

// TestArithmeticOneSecondIsVisible: one second in 30 days is 99.9999 %, never 100.
func TestArithmeticOneSecondIsVisible(t *testing.T) {
	month := int64(30 * 86_400)
	line := []Interval{{From: 0, To: 1_000_000, State: Up}, {From: 1_000_000, To: 1_000_001, State: Down}, {From: 1_000_001, To: month, State: Up}}
	hundred, _ := Objective("100")
	s := Summarize(line, Terms{Period: Window{0, month}, Objective: hundred})
	if s.Down != 1 || s.Availability().Percent() != "99.9999" || s.Verdict() != Breached {
		t.Errorf("got %+v %s %s", s, s.Availability().Percent(), s.Verdict())
	}
}
