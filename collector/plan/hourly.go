package plan

import (
	"context"
	"fmt"
	"math"
	"time"

	"ninewatch/collector/capacity"
)

const (
	hoursAhead = 14 * 24 // of an hourly forecast (analytics B.4)
	hoursShown = 7 * 24  // of the past beside it
)

// HourlyForecast is what a resource carries in each hour of the next two weeks, from what is known now.
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

// Hourly forecasts the hourly means of a resource for two weeks from the hours that are kept.
func (s *Service) Hourly(ctx context.Context, resource string) (HourlyForecast, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 {
		return HourlyForecast{}, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	a := found[0]
	w, err := s.look(ctx)
	if err != nil {
		return HourlyForecast{}, err
	}
	zone := w.zone(a.Site)
	tomorrow := plus(dateIn(s.deps.Now().UnixMilli(), zone), 1)
	series, err := s.hours(ctx, a.Series, lineOf(a.Direction), plus(tomorrow, -s.cfg.BucketDays), tomorrow, zone)
	if err != nil {
		return HourlyForecast{}, err
	}
	return hourly(a, series, capacity.Calendar{Zone: zone, Holidays: w.holidays[a.Site]}, s.deps.Now().UnixMilli()), nil
}

// hourly forecasts from the last hour that is known.
func hourly(a Outlook, series capacity.Series, cal capacity.Calendar, now int64) HourlyForecast {
	out := HourlyForecast{Resource: a.Resource, Direction: a.Direction, Unit: a.Unit, Limit: a.Limit, Minimum: a.Minimum, Hours: []ExpectedHour{}, Past: []PastHour{}}
	n := len(series.Values)
	for n > 0 && math.IsNaN(series.Values[n-1]) {
		n--
	}
	series.Values = series.Values[:n]
	var f capacity.Forecaster
	res := f.Forecast(series, n, capacity.Options{Season: hoursOfWeek, Horizon: hoursAhead, Calendar: cal})
	out.Model, out.Withheld, out.History, out.Coverage = res.Model, res.Withheld, n, res.Coverage
	out.Backtest = Backtest{known(res.Backtest.MASE), known(res.Backtest.NaiveMASE), known(res.Backtest.Coverage80), res.Backtest.N}
	sign := signOf(a.Series)
	at := func(i int) string {
		return time.UnixMilli(series.Start + int64(i)*series.Step).UTC().Format(time.RFC3339)
	}
	for i := max(0, n-hoursShown); i < n; i++ {
		out.Past = append(out.Past, PastHour{at(i), known(sign * series.Values[i])})
	}
	if late := now - (series.Start + int64(n)*series.Step); n > 0 && late > dayMillis && out.Withheld == "" {
		out.Withheld = "no data since " + at(n)
	}
	for i, q := range res.Quantiles {
		e := ExpectedHour{at(n + i), q.Q10, q.Q50, q.Q90}
		if sign < 0 {
			e.P10, e.P50, e.P90 = -q.Q90, -q.Q50, -q.Q10
		}
		out.Hours = append(out.Hours, e)
		if a.Limit != nil && out.Withheld == "" {
			limit := sign * *a.Limit
			out.Reached.by(e.At, q, limit)
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
