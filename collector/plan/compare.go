package plan

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"ninewatch/collector/capacity"
)

// compare sets an earlier forecast beside what came: the newest that is two months old, or else the oldest that is
// two weeks old.
func (s *Service) compare(ctx context.Context, a Outlook, p past) (*Compared, error) {
	now := s.deps.Now()
	var body []byte
	err := s.deps.Read.QueryRowContext(ctx, `SELECT body FROM capacity_forecasts WHERE resource = ? AND made_ms <= ?
		ORDER BY made_ms <= ? DESC, CASE WHEN made_ms <= ? THEN -made_ms ELSE made_ms END LIMIT 1`,
		a.Series, now.AddDate(0, 0, -14).UnixMilli(), now.AddDate(0, -2, 0).UnixMilli(), now.AddDate(0, -2, 0).UnixMilli()).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read earlier forecasts of %s: %w", a.Resource, err)
	}
	var old Outlook
	if err := json.Unmarshal(body, &old); err != nil {
		return nil, fmt.Errorf("read earlier forecasts of %s: %w", a.Resource, err)
	}
	values := daily(p, lineOf(old.Direction))
	for i := range values {
		values[i] *= signOf(a.Series)
	}
	return compared(old, values, p.first), nil
}

func compared(old Outlook, values []float64, first capacity.Date) *Compared {
	c := &Compared{MadeAt: old.MadeAt, Points: []Expected{}}
	var errs []float64
	inside := 0
	for _, q := range old.Forecast {
		t, err := time.Parse(time.DateOnly, q.Date)
		if err != nil {
			continue
		}
		at := between(first, capacity.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()})
		if at < 0 || at+week/2 >= len(values) {
			continue
		}
		c.Points = append(c.Points, q)
		came := median(values[max(0, at-3) : at+4])
		if math.IsNaN(came) || came == 0 {
			continue
		}
		if q.P10 <= came && came <= q.P90 {
			inside++
		}
		errs = append(errs, (came-q.P50)/came)
	}
	if c.N = len(errs); c.N == 0 {
		return nil
	}
	c.Inside80, c.MedianError = float64(inside)/float64(c.N), median(errs)
	return c
}
