package uptime

import (
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Terms is what a timeline is measured against.
type Terms struct {
	Period      Window
	Calendar    *Calendar // nil: always
	Open        Windows   // where not nil: what Calendar says over the period or more, worked out before
	Maintenance Windows
	Since       int64 // the target is in service from here; before is not_in_service
	// UnreachableCounts counts unreachable as down (paths, sites, services) rather than leaving it out.
	UnreachableCounts bool
	Objective         *big.Rat // of 1; nil: none
	Brief             bool     // count outages without listing them
}

// Outage is a maximal run of down seconds; unknown seconds inside do not end it, and do not count.
type Outage struct {
	From, To    int64 // To is where it was last known to be down
	Raw         int64 // down seconds
	Counted     int64 // of these, in agreed time of the period
	Started     bool  // in the period
	Restored    bool  // in the period
	Ongoing     bool  // the target has not been seen up since
	Cause       string
	Uncertainty int64  // how many seconds earlier it may have begun
	Dated       string // by whom, where not by the probes
}

// Summary is a timeline in integers. They add up:
// Up+Degraded+Down+Unreachable+Unknown+Maintenance+Outside+NotInService+AdminDown = Period.
type Summary struct {
	Period, Agreed                           int64
	Up, Degraded, Down, Unreachable, Unknown int64               // within agreed time
	UnknownBy                                [unknownSlots]int64 // Unknown, by UnknownReasons
	Maintenance, Outside, NotInService       int64
	AdminDown                                int64 // switched off by whoever runs it
	Outages                                  []Outage
	OutageCount                              int
	Failures                                 int64 // outages that began in the period and count

	repair            Fraction // counted seconds of the failures that were restored, and their number
	unreachableCounts bool
	objective         *big.Rat
}

// Summarize measures a timeline, which should reach beyond the period: so outages that cross its borders
// are known in full.
func Summarize(timeline []Interval, t Terms) Summary { return NewLedger(timeline).Measure(t) }

// outages finds the maximal runs of down seconds in a whole timeline.
func outages(timeline []Interval, unreachableCounts bool) []Outage {
	var out []Outage
	open := false
	for _, x := range timeline {
		failed := x.State == Down || unreachableCounts && x.State == Unreachable
		switch {
		case failed && !open:
			out = append(out, Outage{From: x.From, To: x.To, Ongoing: true, Cause: x.Why, Uncertainty: x.Uncertainty, Dated: x.Dated})
			open = true
		case failed:
			out[len(out)-1].To = x.To
		case x.State != Unknown && open:
			out[len(out)-1].Ongoing = false
			open = false
		}
	}
	return out
}

// U is the seconds in service, D the seconds out of service.
func (s Summary) U() int64 { return s.Up + s.Degraded }

// D is the seconds that count as down.
func (s Summary) D() int64 {
	if s.unreachableCounts {
		return s.Down + s.Unreachable
	}
	return s.Down
}

// Fraction is an exact share of seconds. It has no value when Den is 0.
type Fraction struct{ Num, Den int64 }

// Availability is U/(U+D): what was seen.
func (s Summary) Availability() Fraction { return Fraction{s.U(), s.U() + s.D()} }

// Low counts unknown as down.
func (s Summary) Low() Fraction { return Fraction{s.U(), s.U() + s.D() + s.Unknown} }

// High counts unknown as up.
func (s Summary) High() Fraction { return Fraction{s.U() + s.Unknown, s.U() + s.D() + s.Unknown} }

// Coverage is the share of agreed time in which the state is known.
func (s Summary) Coverage() Fraction { return Fraction{s.Agreed - s.Unknown, s.Agreed} }

// Percent is f in percent with four decimals, floored, or "" without a value.
func (f Fraction) Percent() string {
	if f.Den <= 0 || f.Num < 0 {
		return ""
	}
	high, low := bits.Mul64(uint64(f.Num), 1_000_000)
	if high >= uint64(f.Den) {
		return ""
	}
	n, _ := bits.Div64(high, low, uint64(f.Den))
	b := make([]byte, 0, 16)
	b = strconv.AppendUint(b, n/10_000, 10)
	b = append(b, '.')
	for unit := uint64(1000); unit > 0; unit /= 10 {
		b = append(b, byte('0'+n/unit%10))
	}
	return string(b)
}

// less compares two fractions that have a value.
func (f Fraction) less(o Fraction) bool {
	h1, l1 := bits.Mul64(uint64(f.Num), uint64(o.Den))
	h2, l2 := bits.Mul64(uint64(o.Num), uint64(f.Den))
	return h1 < h2 || h1 == h2 && l1 < l2
}

// cmp compares f, which has a value, with an exact share of 1.
func (f Fraction) cmp(o *big.Rat) int {
	if !o.Num().IsInt64() || !o.Denom().IsInt64() {
		return f.rat().Cmp(o)
	}
	share := Fraction{o.Num().Int64(), o.Denom().Int64()}
	switch {
	case f.less(share):
		return -1
	case share.less(f):
		return 1
	}
	return 0
}

func (f Fraction) rat() *big.Rat { return big.NewRat(f.Num, f.Den) }

// The verdicts on an objective.
const (
	Met          = "met"
	Breached     = "breached"
	NoData       = "no_data"
	Undetermined = "undetermined"
)

// Verdict compares the bounds with the objective; it is empty without one.
func (s Summary) Verdict() string {
	switch {
	case s.objective == nil:
		return ""
	case s.U()+s.D() == 0:
		return NoData
	case s.Low().cmp(s.objective) >= 0:
		return Met
	case s.High().cmp(s.objective) < 0:
		return Breached
	}
	return Undetermined
}

// MTBF is U/F (IEC 60050-192), without a value when nothing failed.
func (s Summary) MTBF() Fraction { return Fraction{s.U(), s.Failures} }

// MTTR is the mean counted time of the failures that were restored in the period.
func (s Summary) MTTR() Fraction { return s.repair }

// Budget is the time that may be lost in the agreed time, or nil without an objective.
func (s Summary) Budget() *big.Rat {
	if s.objective == nil {
		return nil
	}
	b := new(big.Rat).Sub(big.NewRat(1, 1), s.objective)
	return b.Mul(b, new(big.Rat).SetInt64(s.Agreed))
}

// Objective reads a percentage such as 99.9 as an exact share of 1.
func Objective(percent string) (*big.Rat, bool) {
	if len(percent) > 20 || strings.Trim(percent, "0123456789.") != "" {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(percent)
	if !ok || r.Cmp(big.NewRat(100, 1)) > 0 {
		return nil, false
	}
	return r.Quo(r, big.NewRat(100, 1)), true
}
