package uptime

import (
	"math/big"
	"math/bits"
	"time"
)

// Answer is the availability of a scope as the API says it. Its seconds are integers and add up to
// PeriodSeconds; those of a group are added up over its members. Percentages are floored, null without data.
type Answer struct {
	Scope             string         `json:"scope"`
	Site              string         `json:"site,omitempty"`
	From              string         `json:"from"`
	To                string         `json:"to"`
	PeriodSeconds     int64          `json:"period_seconds"`
	AgreedSeconds     int64          `json:"agreed_seconds"`
	Up                int64          `json:"up"`
	Degraded          int64          `json:"degraded"`
	Down              int64          `json:"down"`
	Unreachable       int64          `json:"unreachable"`
	Unknown           int64          `json:"unknown"`
	Maintenance       int64          `json:"maintenance"`
	Outside           int64          `json:"outside"`
	NotInService      int64          `json:"not_in_service"`
	AdminDown         int64          `json:"admin_down"`
	Availability      *string        `json:"availability"`
	AvailabilityLow   *string        `json:"availability_low"`
	AvailabilityHigh  *string        `json:"availability_high"`
	Coverage          *string        `json:"coverage"`
	Objective         *string        `json:"objective"`
	Verdict           *string        `json:"verdict"`
	BudgetSeconds     *int64         `json:"budget_seconds"`      // floored
	BudgetLeftSeconds *int64         `json:"budget_left_seconds"` // negative when overspent
	Outages           []OutageAnswer `json:"outages"`
	OutageCount       int            `json:"outage_count"`
	Failures          int64          `json:"failures"`
	MTBFSeconds       *int64         `json:"mtbf_seconds"`
	MTTRSeconds       *int64         `json:"mttr_seconds"`
	MTTDMillis        *int64         `json:"mttd_ms"`      // from the start to the confirmation, over the incidents of these outages
	MTTASeconds       *int64         `json:"mtta_seconds"` // over the incidents that were acknowledged
	Unacknowledged    int            `json:"unacknowledged"`
	AsOf              string         `json:"as_of"`
	Revision          int            `json:"revision"`
	Weighting         string         `json:"weighting,omitempty"`   // of a group: which figure this is
	Composition       string         `json:"composition,omitempty"` // of a site or service: what it consists of
	Devices           int            `json:"devices"`
	UnreachableIsDown bool           `json:"unreachable_is_down"`

	Contract *Promise `json:"contract,omitempty"` // of a circuit in a list with quality
	Quality  *Quality `json:"quality,omitempty"`  // of circuits and providers, where it is asked for

	UnknownBy          map[string]int64 `json:"unknown_by,omitempty"` // seconds by reason
	WithoutMaintenance *Figure          `json:"without_maintenance,omitempty"`
	Windows            []WindowAnswer   `json:"maintenance_windows,omitempty"`
	Members            *Distribution    `json:"members,omitempty"`
	Gaps               []GapAnswer      `json:"gaps,omitempty"`
	Flaps              *FlapsAnswer     `json:"flaps,omitempty"`
	Burn               []BurnAnswer     `json:"burn,omitempty"`
	Calendar           string           `json:"calendar,omitempty"`
	TimeZoneData       string           `json:"time_zone_data,omitempty"`
	Notes              []string         `json:"notes,omitempty"`

	summary   Summary
	unplanned Summary // as if there had been no maintenance
}

// Figure is the availability under other terms: as if there had been no maintenance.
type Figure struct {
	AgreedSeconds    int64   `json:"agreed_seconds"`
	Down             int64   `json:"down"`
	Unknown          int64   `json:"unknown"`
	Availability     *string `json:"availability"`
	AvailabilityLow  *string `json:"availability_low"`
	AvailabilityHigh *string `json:"availability_high"`
	Verdict          *string `json:"verdict"`
}

// WindowAnswer is a window of maintenance that touches the period.
type WindowAnswer struct {
	Name        string `json:"name"`
	From        string `json:"from"`
	To          string `json:"to"`
	Reason      string `json:"reason,omitempty"`
	Retroactive bool   `json:"retroactive"` // made or changed after it began
	Counts      bool   `json:"counts"`      // its seconds are left out of agreed time
}

// Distribution is how the members of a group fared, each for itself.
type Distribution struct {
	Of           string   `json:"of"` // sites, circuits or devices
	Count        int      `json:"count"`
	Met          int      `json:"met"`
	Breached     int      `json:"breached"`
	Undetermined int      `json:"undetermined"`
	NoData       int      `json:"no_data"`
	ShareMet     *string  `json:"share_met"` // percent of all members
	Median       *string  `json:"median"`    // availability; the lower of two in the middle
	Worst        []Member `json:"worst"`     // at most ten
}

// Member is one member of a group.
type Member struct {
	Scope        string  `json:"scope"`
	Availability *string `json:"availability"`
	Verdict      *string `json:"verdict"`
}

// GapAnswer is a time of which nothing is known, and what is known all the same.
type GapAnswer struct {
	Scope          string `json:"scope"` // of which it is not known
	From           string `json:"from"`
	To             string `json:"to"`
	Ongoing        bool   `json:"ongoing,omitempty"` // it lasts to as_of
	Seconds        int64  `json:"seconds"`
	CountedSeconds int64  `json:"counted_seconds"` // in agreed time of the period: what widens the bounds
	Why            string `json:"why"`
	RanOn          bool   `json:"ran_on"` // sysUpTime went on through it: the device ran, whether or not it could be reached
	Text           string `json:"text"`

	window Window
}

// FlapsAnswer is how often an interface changed: as polls saw it, and by ifLastChange what they missed.
type FlapsAnswer struct {
	Seen   int          `json:"seen"`
	Missed []FlapAnswer `json:"missed"`
}

// FlapAnswer is a change that no poll saw. It was down for up to so many seconds, which count as nothing.
type FlapAnswer struct {
	At            string `json:"at"`
	WithinSeconds int64  `json:"within_seconds"`
}

// BurnAnswer is how fast an objective's budget is spent over a look-back, as a multiple of what it allows.
type BurnAnswer struct {
	WindowSeconds int64   `json:"window_seconds"`
	Rate          *string `json:"rate"` // null: undetermined
}

// OutageAnswer is one outage of an Answer.
type OutageAnswer struct {
	Device             string  `json:"device"`          // that failed, where it is one
	Scope              string  `json:"scope,omitempty"` // whose outage it is
	From               string  `json:"from"`
	To                 *string `json:"to"` // null: not over
	RawSeconds         int64   `json:"raw_seconds"`
	CountedSeconds     int64   `json:"counted_seconds"`
	Cause              string  `json:"cause"`
	UncertaintySeconds int64   `json:"uncertainty_seconds"`
	Incident           *string `json:"incident"`
	Evidence           string  `json:"evidence,omitempty"` // what else is known of it, for people
}

func stamp(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }

// add puts the seconds of another target to those of s.
func (s *Summary) add(o Summary) {
	s.Period, s.Agreed = s.Period+o.Period, s.Agreed+o.Agreed
	s.Up, s.Degraded, s.Down = s.Up+o.Up, s.Degraded+o.Degraded, s.Down+o.Down
	s.Unreachable, s.Unknown = s.Unreachable+o.Unreachable, s.Unknown+o.Unknown
	for i := range s.UnknownBy {
		s.UnknownBy[i] += o.UnknownBy[i]
	}
	s.Maintenance, s.Outside, s.NotInService = s.Maintenance+o.Maintenance, s.Outside+o.Outside, s.NotInService+o.NotInService
	s.AdminDown += o.AdminDown
	s.Outages = append(s.Outages, o.Outages...)
	s.OutageCount += o.OutageCount
	s.Failures += o.Failures
	s.repair.Num, s.repair.Den = s.repair.Num+o.repair.Num, s.repair.Den+o.repair.Den
	s.unreachableCounts = s.unreachableCounts || o.unreachableCounts
}

// finish forms from the sums what is only formed last.
func (a *Answer) finish() {
	s := a.summary
	a.PeriodSeconds, a.AgreedSeconds = s.Period, s.Agreed
	a.Up, a.Degraded, a.Down, a.Unreachable, a.Unknown = s.Up, s.Degraded, s.Down, s.Unreachable, s.Unknown
	a.Maintenance, a.Outside, a.NotInService, a.AdminDown = s.Maintenance, s.Outside, s.NotInService, s.AdminDown
	a.UnreachableIsDown = s.unreachableCounts
	f := figure(s)
	a.Availability, a.AvailabilityLow, a.AvailabilityHigh, a.Verdict = f.Availability, f.AvailabilityLow, f.AvailabilityHigh, f.Verdict
	a.Coverage = text(s.Coverage().Percent())
	a.Failures, a.MTBFSeconds, a.MTTRSeconds = s.Failures, whole64(s.MTBF()), whole64(s.MTTR())
	a.OutageCount = s.OutageCount
	if s.objective != nil {
		total := s.wholeBudget()
		left := total - s.D() // as D is whole, this is the floor of the exact rest
		a.BudgetSeconds, a.BudgetLeftSeconds = &total, &left
	}
	for i, n := range s.UnknownBy {
		if n > 0 {
			if a.UnknownBy == nil {
				a.UnknownBy = map[string]int64{}
			}
			a.UnknownBy[UnknownReasons[i]] = n
		}
	}
}

func figure(s Summary) *Figure {
	return &Figure{
		AgreedSeconds: s.Agreed, Down: s.D(), Unknown: s.Unknown,
		Availability: text(s.Availability().Percent()), AvailabilityLow: text(s.Low().Percent()),
		AvailabilityHigh: text(s.High().Percent()), Verdict: text(s.Verdict()),
	}
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func whole64(f Fraction) *int64 {
	if f.Den <= 0 {
		return nil
	}
	n := f.Num / f.Den
	return &n
}

// wholeBudget is Budget, floored.
func (s Summary) wholeBudget() int64 {
	num, den := s.objective.Num(), s.objective.Denom()
	if !num.IsInt64() || !den.IsInt64() {
		return floorRat(s.Budget())
	}
	q := den.Uint64()
	high, low := bits.Mul64(uint64(s.Agreed), q-num.Uint64())
	if high >= q {
		return floorRat(s.Budget())
	}
	n, _ := bits.Div64(high, low, q)
	return int64(n)
}

// floorRat is the greatest integer not above r.
func floorRat(r *big.Rat) int64 {
	return new(big.Int).Div(r.Num(), r.Denom()).Int64()
}
