package plan

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"ninewatch/collector/capacity"
)

const (
	hoursAhead = 14 * 24 // of an hourly forecast (analytics B.4)
	hoursShown = 7 * 24  // of the past beside it
)

// HourlyForecast is what a resource carries in each hour of the next two weeks, from what was known last midnight of its
// site, or now.
type HourlyForecast struct {
	Resource  string         `json:"resource"`
	Direction string         `json:"direction,omitempty"`
	Unit      string         `json:"unit"`
	Limit     *float64       `json:"limit" doc:"in the unit"`
	Minimum   bool           `json:"minimum,omitempty" doc:"the limit is what it must not fall below"`
	Hours     []ExpectedHour `json:"hours" nullable:"false"`
	Past      []PastHour     `json:"past" nullable:"false" doc:"the last week"`
	Reached   ReachedHour    `json:"reached" doc:"the first hour whose mean is at the limit"`
	Backtest  Backtest       `json:"backtest"`
	Model     string         `json:"model"`
	Withheld  string         `json:"withheld,omitempty" doc:"why no hour is named"`
	History   int            `json:"history_hours"`
	Coverage  float64        `json:"coverage" doc:"share of hours with data"`
	MadeAt    string         `json:"made_at"`
}

// ExpectedHour is the forecast of the mean of an hour.
type ExpectedHour struct {
	At  string  `json:"at"`
	P10 float64 `json:"p10"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
}

// PastHour is the mean of an hour that is over.
type PastHour struct {
	At   string   `json:"at"`
	Mean *float64 `json:"mean"`
}

// ReachedHour is when a limit is reached: earliest plausible, middle, latest plausible; null is not in two weeks.
type ReachedHour struct {
	P10 *string `json:"p10"`
	P50 *string `json:"p50"`
	P90 *string `json:"p90"`
}

// Hourly gives the hours of a resource that the last night forecast. Where it had none, or samples came late since, they
// are forecast and kept; anew is from what is known now, and is not kept.
func (s *Service) Hourly(ctx context.Context, resource string, anew bool) (HourlyForecast, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 {
		return HourlyForecast{}, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	a := found[0]
	w, err := s.look(ctx)
	if err != nil {
		return HourlyForecast{}, err
	}
	zone, now := w.zone(a.Site), s.deps.Now()
	today := dateIn(now.UnixMilli(), zone)
	h, stored, err := s.nextHours(ctx, a, zone, today)
	if err != nil {
		return HourlyForecast{}, err
	}
	since, err := s.hours(ctx, a.Series, h.line, today, plus(today, 1), zone)
	if err != nil {
		return HourlyForecast{}, err
	}
	var f capacity.Forecaster
	cal := capacity.Calendar{Zone: zone, Holidays: w.holidays[a.Site]}
	switch {
	case anew:
		h.add(since)
		h.trim()
		h.forecast(&f, a.Series, cal, today, now.UnixMilli(), true)
		return h.show(a, now.UnixMilli()), nil
	case !stored:
		h.trim()
		h.forecast(&f, a.Series, cal, today, now.UnixMilli(), true)
		if err := s.deps.Write(ctx, func(tx *sql.Tx) error { return saveHours(ctx, tx, a.Series, plus(today, -1), h) }); err != nil {
			return HourlyForecast{}, err
		}
	}
	h.add(since)
	return h.show(a, now.UnixMilli()), nil
}

// show tells the last week of hours that are known, and what is forecast behind them.
func (h *hours) show(a Outlook, now int64) HourlyForecast {
	out := HourlyForecast{Resource: a.Resource, Direction: a.Direction, Unit: a.Unit, Limit: a.Limit, Minimum: a.Minimum, Hours: []ExpectedHour{}, Past: []PastHour{}}
	out.Model, out.Withheld, out.History, out.Coverage = h.model, h.withheld, h.origin, h.coverage
	if h.trial != nil {
		b := h.trial.Score
		out.Backtest = Backtest{known(b.MASE), known(b.NaiveMASE), known(b.Coverage80), b.N}
	}
	out.MadeAt = time.UnixMilli(h.made).UTC().Format(time.RFC3339)
	values := h.series.Values
	n := len(values)
	for n > 0 && math.IsNaN(values[n-1]) {
		n--
	}
	sign := signOf(a.Series)
	at := func(i int) string {
		return time.UnixMilli(h.series.Start + int64(i)*hourMillis).UTC().Format(time.RFC3339)
	}
	for i := max(0, n-hoursShown); i < n; i++ {
		out.Past = append(out.Past, PastHour{at(i), known(sign * values[i])})
	}
	if late := now - (h.series.Start + int64(n)*hourMillis); n > 0 && late > dayMillis && out.Withheld == "" {
		out.Withheld = "no data since " + at(n)
	}
	for i, q := range h.quantiles {
		if h.origin+i < n || len(out.Hours) == hoursAhead {
			continue
		}
		e := ExpectedHour{at(h.origin + i), q.Q10, q.Q50, q.Q90}
		if sign < 0 {
			e.P10, e.P50, e.P90 = -q.Q90, -q.Q50, -q.Q10
		}
		out.Hours = append(out.Hours, e)
		if a.Limit != nil && out.Withheld == "" {
			out.Reached.by(e.At, q, sign**a.Limit)
		}
	}
	return out
}

// by notes the first hour of each path that is at the limit.
func (r *ReachedHour) by(at string, q capacity.Quantiles, limit float64) {
	first := func(to **string, v float64) {
		if *to == nil && v >= limit {
			*to = &at
		}
	}
	first(&r.P10, q.Q90)
	first(&r.P50, q.Q50)
	first(&r.P90, q.Q10)
}
