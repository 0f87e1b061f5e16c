package uptime

import (
	"math/big"
	"time"
)

const weighting = "time-weighted over devices"

// Answer is the availability of a scope as the API says it. Its seconds are integers and add up to
// PeriodSeconds; with several devices they are device-seconds. Percentages are floored, null without data.
type Answer struct {
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
	Verdict           *string        `json:"verdict"`
	BudgetSeconds     *int64         `json:"budget_seconds"`      // floored
	BudgetLeftSeconds *int64         `json:"budget_left_seconds"` // negative when overspent
	Outages           []OutageAnswer `json:"outages"`
	Failures          int64          `json:"failures"`
	MTBFSeconds       *int64         `json:"mtbf_seconds"`
	MTTRSeconds       *int64         `json:"mttr_seconds"`
	AsOf              string         `json:"as_of"`
	Revision          int            `json:"revision"`
	Weighting         string         `json:"weighting"`
	Devices           int            `json:"devices"`

	summary Summary
}

// OutageAnswer is one outage of an Answer.
type OutageAnswer struct {
	Device             string  `json:"device"`
	From               string  `json:"from"`
	To                 *string `json:"to"` // null: not over
	RawSeconds         int64   `json:"raw_seconds"`
	CountedSeconds     int64   `json:"counted_seconds"`
	Cause              string  `json:"cause"`
	UncertaintySeconds int64   `json:"uncertainty_seconds"`
	Incident           *string `json:"incident"`
}

func stamp(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }

func (a *Answer) add(device string, s Summary) {
	a.summary.add(s)
	for _, o := range s.Outages {
		x := OutageAnswer{
			Device: device, From: stamp(o.From), RawSeconds: o.Raw, CountedSeconds: o.Counted,
			Cause: o.Cause, UncertaintySeconds: o.Uncertainty,
		}
		if !o.Ongoing {
			to := stamp(o.To)
			x.To = &to
		}
		a.Outages = append(a.Outages, x)
	}
}

// add puts the seconds of another target to those of s.
func (s *Summary) add(o Summary) {
	s.Period, s.Agreed = s.Period+o.Period, s.Agreed+o.Agreed
	s.Up, s.Degraded, s.Down = s.Up+o.Up, s.Degraded+o.Degraded, s.Down+o.Down
	s.Unreachable, s.Unknown = s.Unreachable+o.Unreachable, s.Unknown+o.Unknown
	s.Maintenance, s.Outside, s.NotInService = s.Maintenance+o.Maintenance, s.Outside+o.Outside, s.NotInService+o.NotInService
	s.Outages = append(s.Outages, o.Outages...)
	s.Failures += o.Failures
}

// finish forms from the sums what is only formed last.
func (a *Answer) finish() {
	s := a.summary
	a.PeriodSeconds, a.AgreedSeconds = s.Period, s.Agreed
	a.Up, a.Degraded, a.Down, a.Unreachable, a.Unknown = s.Up, s.Degraded, s.Down, s.Unreachable, s.Unknown
	a.Maintenance, a.Outside, a.NotInService = s.Maintenance, s.Outside, s.NotInService
	a.Availability, a.AvailabilityLow, a.AvailabilityHigh = text(s.Availability().Percent()), text(s.Low().Percent()), text(s.High().Percent())
	a.Coverage, a.Verdict = text(s.Coverage().Percent()), text(s.Verdict())
	a.Failures, a.MTBFSeconds, a.MTTRSeconds = s.Failures, whole64(s.MTBF()), whole64(s.MTTR())
	if b := s.Budget(); b != nil {
		total := floorRat(b)
		left := floorRat(new(big.Rat).Sub(b, new(big.Rat).SetInt64(s.D())))
		a.BudgetSeconds, a.BudgetLeftSeconds = &total, &left
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

// floorRat is the greatest integer not above r.
func floorRat(r *big.Rat) int64 {
	return new(big.Int).Div(r.Num(), r.Denom()).Int64()
}
