package plan

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"ninewatch/collector/capacity"
)

const (
	hourDays   = bandDays // of hours that a forecast of hours learns from
	nightHours = 24       // that pass until the next night: so many more are forecast
	trialDays  = 7        // for which a back-test is used again
	maxTrials  = 2_000    // back-tests of hours in a night: 10,000 resources have theirs in five nights, and each week anew
)

// hours are the means of the direction of a resource that fills up first, and their forecast.
type hours struct {
	line   int
	series capacity.Series // hourly means up to the end of a day

	made      int64 // Unix ms; 0 never
	origin    int   // values of the series behind which the forecast begins
	coverage  float64
	model     string
	withheld  string
	quantiles []capacity.Quantiles // without Q95
	tested    capacity.Date        // of the trial
	trial     *capacity.Trial
}

// add puts later hours behind, or in the place of those that are there; hours between are gaps.
func (h *hours) add(more capacity.Series) {
	if len(more.Values) == 0 {
		return
	}
	if len(h.series.Values) == 0 || more.Start < h.series.Start || (more.Start-h.series.Start)%hourMillis != 0 {
		h.series = capacity.Series{Start: more.Start, Step: hourMillis}
	}
	v := h.series.Values
	n := int((more.Start - h.series.Start) / hourMillis)
	for len(v) < n {
		v = append(v, math.NaN())
	}
	h.series.Values = append(v[:n:n], more.Values...)
}

// trim drops what is older than hourDays before the end.
func (h *hours) trim() {
	if old := len(h.series.Values) - hourDays*24; old > 0 {
		h.series.Values = h.series.Values[old:]
		h.series.Start += int64(old) * hourMillis
		h.origin = max(0, h.origin-old)
	}
}

// forecast says what follows the hours that are known, and whether it made a new back-test. That of the last days is
// used again, unless it may be made and most of what came since the last forecast came otherwise.
func (h *hours) forecast(f *capacity.Forecaster, series string, cal capacity.Calendar, today capacity.Date, now int64, may bool) bool {
	n := len(h.series.Values)
	for n > 0 && math.IsNaN(h.series.Values[n-1]) {
		n--
	}
	o := capacity.Options{Season: hoursOfWeek, Horizon: hoursAhead + nightHours, Calendar: cal}
	if age := between(h.tested, today); h.trial != nil && (!may || age >= 0 && age < trialDays && !h.surprised()) {
		o.Trial = h.trial
	}
	known := h.series
	known.Values = known.Values[:n]
	res := f.Forecast(known, n, o)
	tried := res.Trial != nil && res.Trial != o.Trial
	if tried {
		h.tested = today
		if h.trial == nil { // not all on the same day again
			h.tested = plus(today, -int(hashOf(series)%trialDays))
		}
	}
	h.made, h.origin, h.coverage, h.model, h.withheld = now, n, res.Coverage, res.Model, res.Withheld
	h.quantiles, h.trial = res.Quantiles, res.Trial
	return tried
}

// surprised tells whether of a day's hours behind the origin more came outside of the 80 % band than inside.
func (h *hours) surprised() bool {
	inside, outside := 0, 0
	for i, q := range h.quantiles[:min(len(h.quantiles), nightHours)] {
		if h.origin+i >= len(h.series.Values) {
			break
		}
		switch v := h.series.Values[h.origin+i]; {
		case math.IsNaN(v):
		case q.Q10 <= v && v <= q.Q90:
			inside++
		default:
			outside++
		}
	}
	return outside > inside
}

func hashOf(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text))
	return h.Sum32()
}

// keptHours are the hours of a series as they are stored, with the last day that is in; none when there are none.
func (s *Service) keptHours(ctx context.Context, series string) (hours, capacity.Date, error) {
	var day int64
	var body []byte
	err := s.deps.Read.QueryRowContext(ctx, `SELECT day, body FROM capacity_hours WHERE series = ?`, series).Scan(&day, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return hours{}, capacity.Date{}, nil
	}
	if err != nil {
		return hours{}, capacity.Date{}, fmt.Errorf("read hours of %s: %w", series, err)
	}
	h, err := decodeHours(body)
	if err != nil {
		return hours{}, capacity.Date{}, fmt.Errorf("hours of %s: %w", series, err)
	}
	return h, dateOf(day), nil
}

// nextHours are the hours of an answer up to the end of yesterday: those that are kept and the days since.
func (s *Service) nextHours(ctx context.Context, a Outlook, zone *time.Location, today capacity.Date) (h hours, fresh bool, err error) {
	h, last, err := s.keptHours(ctx, a.Series)
	if err != nil {
		return hours{}, false, err
	}
	oldest := plus(today, -hourDays)
	from := plus(last, 1)
	if h.made == 0 || h.line != lineOf(a.Direction) || between(oldest, from) < 0 {
		h, from = hours{line: lineOf(a.Direction)}, oldest
	}
	if between(from, today) <= 0 {
		return h, true, nil
	}
	more, err := s.hours(ctx, a.Series, h.line, from, today, zone)
	if err != nil {
		return hours{}, false, err
	}
	h.add(more)
	return h, false, nil
}

// saveHours keeps the hours of a series up to the end of a day.
func saveHours(ctx context.Context, tx *sql.Tx, series string, day capacity.Date, h hours) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO capacity_hours (series, day, body) VALUES (?, ?, ?)
		ON CONFLICT (series) DO UPDATE SET day = excluded.day, body = excluded.body`, series, number(day), encodeHours(h)); err != nil {
		return fmt.Errorf("store hours of %s: %w", series, err)
	}
	return nil
}

// staleHours notes that the hours of a day have changed.
func staleHours(ctx context.Context, tx *sql.Tx, series string, date capacity.Date) error {
	if _, err := tx.ExecContext(ctx, `UPDATE capacity_hours SET day = ? WHERE series = ? AND day >= ?`, number(plus(date, -1)), series, number(date)); err != nil {
		return fmt.Errorf("take back hours of %s: %w", series, err)
	}
	return nil
}
