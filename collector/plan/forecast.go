package plan

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"ninewatch/collector/capacity"
)

const (
	week        = 7
	dayMillis   = 24 * 3_600_000
	idleShare   = 0.01 // of the limit: below, what a resource carries decides nothing
	steadyShare = 2e-3 // of the value: what differs by less stands still
	warnAt      = 0.5  // chance within the lead time (analytics B.6)
	criticalAt  = 0.9
	saveAtOnce  = 200 // forecasts of one transaction
	trendWindow = 91  // days ahead over which the trend is told
)

// Forecast computes the forecasts of a scope from what is known up to the end of yesterday.
func (s *Service) Forecast(ctx context.Context, scope Scope) error {
	s.forecasting.Lock()
	defer s.forecasting.Unlock()
	began := time.Now()
	w, err := s.look(ctx)
	if err != nil {
		return err
	}
	list, err := s.series(ctx)
	if err != nil {
		return err
	}
	var f capacity.Forecaster
	var fresh []outcome
	trials := maxTrials
	seen := map[string]bool{}
	for _, series := range list {
		r, ok := w.resource(series, 0)
		if !ok || !scope.takes(r) {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		seen[series] = true
		a, err := s.outcome(ctx, &f, w, series, &trials)
		if err != nil {
			return err
		}
		if fresh = append(fresh, a); len(fresh) >= saveAtOnce {
			if err := s.keep(ctx, fresh); err != nil {
				return err
			}
			fresh = fresh[:0]
		}
	}
	if err := s.keep(ctx, fresh); err != nil {
		return err
	}
	s.drop(w, scope, seen)
	s.m.duration.UpdateDuration(began)
	return nil
}

// drop forgets the answers of a scope whose devices have gone.
func (s *Service) drop(w *world, scope Scope, seen map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for series, a := range s.answers {
		_, there := w.resource(series, 0)
		if !there && !seen[series] && scope.takes(Resource{Name: a.Resource, Series: series, Site: a.Site, Device: a.Device}) {
			delete(s.answers, series)
		}
	}
}

// outcome is the forecast of a resource with that of its hours, which is nil when none is to be stored.
type outcome struct {
	Outlook
	hours *hours
	until capacity.Date // the last day of the hours
}

// outcome forecasts the days of a series, and its hours unless what it carries decides nothing. When no more back-tests
// are to be made in a night, hours that have none wait for the next, and others use theirs a day longer.
func (s *Service) outcome(ctx context.Context, f *capacity.Forecaster, w *world, series string, trials *int) (outcome, error) {
	a, err := s.answer(ctx, f, w, series)
	if err != nil || a.Idle {
		return outcome{Outlook: a}, err
	}
	zone := w.zone(a.Site)
	today := dateIn(a.made.UnixMilli(), zone)
	h, fresh, err := s.nextHours(ctx, a, zone, today)
	if err != nil || fresh {
		return outcome{Outlook: a}, err
	}
	if h.trial == nil && *trials <= 0 {
		return outcome{Outlook: a}, nil
	}
	h.trim()
	if h.forecast(f, series, capacity.Calendar{Zone: zone, Holidays: w.holidays[a.Site]}, today, a.made.UnixMilli(), *trials > 0) {
		*trials--
	}
	return outcome{a, &h, plus(today, -1)}, nil
}

// keep stores answers and then gives them.
func (s *Service) keep(ctx context.Context, list []outcome) error {
	if len(list) == 0 {
		return nil
	}
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		for _, a := range list {
			if err := save(ctx, tx, a.Outlook); err != nil {
				return err
			}
			if a.hours == nil {
				continue
			}
			if err := saveHours(ctx, tx, a.Series, a.until, *a.hours); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range list {
		s.m.forecasts.Inc()
		if a.Withheld != "" {
			s.m.withheld.Inc()
		}
		s.answers[a.Series] = a.Outlook
	}
	return nil
}

// answer forecasts one series.
func (s *Service) answer(ctx context.Context, f *capacity.Forecaster, w *world, series string) (Outlook, error) {
	r, _ := w.resource(series, 0)
	now := s.deps.Now()
	today := dateIn(now.UnixMilli(), w.zone(r.Site))
	p, err := s.past(ctx, series, today)
	if err != nil {
		return Outlook{}, err
	}
	r, _ = w.resource(series, sizeOf(p))
	best := assess(f, r, p, capacity.Calendar{Holidays: w.holidays[r.Site]}, today, s.cfg.Horizon, WhatIf{})
	best.made, best.MadeAt, best.Day = now, now.UTC().Format(time.RFC3339), dateText(today)
	s.mu.RLock()
	before, ok := s.answers[series]
	s.mu.RUnlock()
	best.Held = held(before, ok, best)
	return best, nil
}

// sizeOf is what the resource could carry when it was read last.
func sizeOf(p past) float64 {
	for i := len(p.days) - 1; i >= 0; i-- {
		if p.days[i].Capacity > 0 {
			return p.days[i].Capacity
		}
	}
	return 0
}

// assessLine forecasts one direction.
func assessLine(f *capacity.Forecaster, r Resource, direction string, values []float64, first capacity.Date, cal capacity.Calendar, today capacity.Date, horizon int, what WhatIf) (a Outlook) {
	r = what.resource(r)
	a = Outlook{
		Resource: r.Name, Kind: r.Kind, Title: r.Title, Site: r.Site, Device: r.Device, Interface: r.Interface, Provider: r.Provider, Series: r.Series,
		Direction: direction, Unit: r.Unit, LimitPercent: r.Limit, LeadDays: r.LeadDays,
		Forecast: []Expected{}, Probability: []Chance{}, Shifts: []Rebase{},
	}
	if r.Capacity > 0 {
		limit := r.Capacity * r.Limit / 100
		a.Capacity, a.Limit = &r.Capacity, &limit
	}
	if r.Min > 0 {
		limit := -r.Min
		a.Limit, a.LimitPercent, a.Minimum = &limit, 0, true
		defer a.upright()
	}
	for len(values) > 0 && math.IsNaN(values[len(values)-1]) && between(plus(first, len(values)-1), today) > 1 {
		values = values[:len(values)-1] // nothing came of late: the forecast begins behind what did
	}
	a.HistoryDays = len(values)
	level := median(values[max(0, len(values)-week):])
	a.P95 = known(level * what.load())
	if quiet(values, a.Limit) {
		a.Idle, a.Withheld = true, "it carries less than 1 % of its limit"
		return a
	}
	if steady(values, a.Limit) {
		a.Idle, a.Withheld = true, "it is always the same"
		return a
	}
	series := capacity.Series{Start: noon(first).Add(-12 * time.Hour).UnixMilli(), Step: dayMillis, Values: values}
	res := f.Forecast(series, len(values), capacity.Options{Season: week, Horizon: horizon, Calendar: cal})
	a.Model, a.Withheld, a.Coverage = res.Model, res.Withheld, res.Coverage
	a.Idle = res.Model == "constant"
	a.Backtest = Backtest{known(res.Backtest.MASE), known(res.Backtest.NaiveMASE), known(res.Backtest.Coverage80), res.Backtest.N}
	for _, shift := range res.Shifts {
		kind := "level"
		if shift.Kink {
			kind = "slope"
		}
		a.Shifts = append(a.Shifts, Rebase{dateText(plus(first, shift.At)), known0(shift.By), kind})
	}
	next := plus(first, len(values))
	if gone := between(next, today); gone > 7 && a.Withheld == "" {
		a.Withheld = fmt.Sprintf("no data since %s", dateText(plus(next, -1)))
	}
	what.apply(&series, &res)
	a.path(res.Quantiles, next, level)
	a.dates(&res, series, next, today)
	return a
}

// upright gives what must not fall below its limit its own sign again.
func (a *Outlook) upright() {
	for _, v := range []*float64{a.P95, a.Limit, a.TrendPerDay} {
		if v != nil {
			*v = -*v
		}
	}
	for i, e := range a.Forecast {
		a.Forecast[i] = Expected{e.Date, -e.P90, -e.P50, -e.P10}
	}
	for i := range a.Shifts {
		a.Shifts[i].By = -a.Shifts[i].By
	}
}

// quiet tells whether a resource never carried anything that matters.
func quiet(values []float64, limit *float64) bool {
	if limit == nil || *limit < 0 {
		return false
	}
	some := false
	for _, v := range values {
		if v >= *limit*idleShare {
			return false
		}
		some = some || !math.IsNaN(v)
	}
	return some
}

// steady tells whether a resource has stood at one value below its limit: there is nothing to forecast, and it is not
// full either. A tenth of the days may differ.
func steady(values []float64, limit *float64) bool {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if limit == nil || len(v) < 2*week {
		return false
	}
	slices.Sort(v)
	low, high := v[len(v)/20], v[len(v)-1-len(v)/20]
	return high < *limit && high-low <= steadyShare*math.Abs(high)
}

// path is the forecast as medians of 7 days, each week, and the trend.
func (a *Outlook) path(q []capacity.Quantiles, next capacity.Date, level float64) {
	of := func(from, to int, get func(capacity.Quantiles) float64) float64 {
		var v []float64
		for _, x := range q[max(0, from):min(to, len(q))] {
			v = append(v, get(x))
		}
		return median(v)
	}
	p50 := func(x capacity.Quantiles) float64 { return x.Q50 }
	for i := week / 2; i < len(q); i += week {
		a.Forecast = append(a.Forecast, Expected{
			Date: dateText(plus(next, i)),
			P10:  of(i-3, i+4, func(x capacity.Quantiles) float64 { return x.Q10 }),
			P50:  of(i-3, i+4, p50),
			P90:  of(i-3, i+4, func(x capacity.Quantiles) float64 { return x.Q90 }),
		})
	}
	if n := min(trendWindow, len(q)); n >= 2*week {
		a.TrendPerDay = known((of(n-week, n, p50) - of(0, week, p50)) / float64(n-week))
	}
}

// dates are when the limit is reached and until when to order, unless they are withheld. What is over its limit
// now is told in any case.
func (a *Outlook) dates(res *capacity.Result, series capacity.Series, next, today capacity.Date) {
	if a.Limit == nil {
		if a.Withheld == "" {
			a.Withheld = "its capacity is not known: the device tells no speed; set the bandwidth of its circuit or link"
		}
		return
	}
	if since, ok := over(series.Values, *a.Limit); ok {
		text := dateText(plus(next, since-len(series.Values)))
		day := dateText(today)
		a.OverSince, a.FullOn, a.OrderBy, a.Overdue = &text, FullOn{&day, &day, &day}, &day, true
		a.Probability = []Chance{{int(a.LeadDays), 1}, {30, 1}, {90, 1}, {180, 1}}
		return
	}
	if a.Withheld != "" || len(res.Quantiles) == 0 {
		return
	}
	c := res.Reaches(series, *a.Limit)
	on := func(d capacity.Days) *string {
		if d.Never() {
			return nil
		}
		text := dateText(plus(next, int(d)))
		return &text
	}
	a.FullOn = FullOn{on(c.T10), on(c.T50), on(c.T90)}
	if left, ok := c.OrderBy(a.LeadDays); ok {
		by := plus(next, int(math.Floor(left)))
		text := dateText(by)
		a.OrderBy, a.Overdue = &text, between(today, by) < 0
	}
	a.Beyond = !c.T50.Never() && float64(c.T50) > 2*float64(a.HistoryDays)
	for _, days := range []int{int(a.LeadDays), 30, 90, 180} {
		if p, ok := c.Probability(days); ok {
			a.Probability = append(a.Probability, Chance{days, known0(p)})
		}
	}
}

// over is the first of the last days in a row whose centred 7-day median is at or above the limit; at the end it is
// that of the last 7 days, so that a weekend does not hide it.
func over(values []float64, limit float64) (since int, ok bool) {
	for i := len(values) - 1; i >= 0; i-- {
		end := min(len(values), i+4)
		m := median(values[max(0, end-week):end])
		if !(m >= limit) {
			return i + 1, i+1 < len(values)
		}
	}
	return 0, len(values) > 0
}

// median of what is there; NaN without.
func median(values []float64) float64 {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// held counts the evaluations in a row, one a day, in which the chance within the lead time was large.
func held(last Outlook, ok bool, a Outlook) HeldCounts {
	p := 0.0
	if len(a.Probability) > 0 && a.Probability[0].Days == int(a.LeadDays) {
		p = a.Probability[0].P
	}
	count := func(before int, at float64) int {
		switch {
		case p < at:
			return 0
		case ok && last.Day == a.Day:
			return max(before, 1)
		}
		return before + 1
	}
	return HeldCounts{count(last.Held.Warning, warnAt), count(last.Held.Critical, criticalAt)}
}
