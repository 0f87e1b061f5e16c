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

func dropNotes(ctx context.Context, tx *sql.Tx, list []noted) error {
	for _, n := range list {
		if _, err := tx.ExecContext(ctx, `DELETE FROM capacity_touched WHERE device = ? AND hour_ms = ? AND lsn = ?`, n.device, n.hour, n.lsn); err != nil {
			return fmt.Errorf("delete a note of %q: %w", n.device, err)
		}
	}
	return nil
}

// put merges a piece into the day that is stored, and sums the day up anew.
func put(ctx context.Context, tx *sql.Tx, series string, date capacity.Date, zone *time.Location, in span, p piece) error {
	from, to := dayBounds(date, zone)
	n := int((to - from) / bucketMillis)
	var body []byte
	var revision int64
	err := tx.QueryRowContext(ctx, `SELECT revision, body FROM capacity_days WHERE series = ? AND day = ?`, series, number(date)).Scan(&revision, &body)
	stored := day{}
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("read %s of %d: %w", series, number(date), err)
	default:
		if stored, err = decodeDay(body); err != nil {
			return fmt.Errorf("buckets of %s on %d: %w", series, number(date), err)
		}
	}
	if len(stored.lines) != len(p.lines) || len(stored.lines) > 0 && len(stored.lines[0].rate) != n {
		stored = day{fine: p.fine} // none yet, or of another zone
		for range p.lines {
			stored.lines = append(stored.lines, newLine(n))
		}
	}
	at := int((in.from - from) / bucketMillis)
	for i, l := range p.lines {
		copy(stored.lines[i].rate[at:], l.rate)
		copy(stored.lines[i].peak[at:], l.peak)
	}
	if body, err = encodeDay(stored); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO capacity_days (series, day, revision, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (series, day) DO UPDATE SET revision = excluded.revision, body = excluded.body`, series, number(date), revision+1, body); err != nil {
		return fmt.Errorf("store %s of %d: %w", series, number(date), err)
	}
	if err := staleHours(ctx, tx, series, date); err != nil {
		return err
	}
	return putFeatures(ctx, tx, series, map[capacity.Date]Feature{date: stored.features(whole(p.size))})
}

// whole is v, or 0 where it is not known.
func whole(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// putFeatures stores the features of some days.
func putFeatures(ctx context.Context, tx *sql.Tx, series string, features map[capacity.Date]Feature) error {
	months := map[int64]map[int]Feature{}
	for date, f := range features {
		m := number(date) / 100
		if months[m] == nil {
			months[m] = map[int]Feature{}
		}
		months[m][date.Day] = f
	}
	for m, days := range months {
		var body []byte
		var revision int64
		err := tx.QueryRowContext(ctx, `SELECT revision, body FROM capacity_months WHERE series = ? AND month = ?`, series, m).Scan(&revision, &body)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read %s of %d: %w", series, m, err)
		}
		if err == nil {
			stored, err := decodeMonth(body)
			if err != nil {
				return fmt.Errorf("features of %s in %d: %w", series, m, err)
			}
			for d, f := range stored {
				if _, fresh := days[d]; !fresh {
					days[d] = f
				}
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO capacity_months (series, month, revision, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (series, month) DO UPDATE SET revision = excluded.revision, body = excluded.body`, series, m, revision+1, encodeMonth(days)); err != nil {
			return fmt.Errorf("store %s of %d: %w", series, m, err)
		}
	}
	return nil
}

// past is the features of a series by day, from the first that is known; a missing day has no lines.
type past struct {
	first capacity.Date
	days  []Feature
}

func (p past) date(i int) capacity.Date { return plus(p.first, i) }

// past reads the features of a series up to a day, without it.
func (s *Service) past(ctx context.Context, series string, before capacity.Date) (past, error) {
	oldest := plus(before, -s.cfg.History)
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT month, body FROM capacity_months WHERE series = ? AND month >= ? ORDER BY month`, series, number(oldest)/100)
	if err != nil {
		return past{}, fmt.Errorf("read features of %s: %w", series, err)
	}
	defer rows.Close()
	var out past
	for rows.Next() {
		var month int64
		var body []byte
		if err := rows.Scan(&month, &body); err != nil {
			return past{}, fmt.Errorf("read features of %s: %w", series, err)
		}
		days, err := decodeMonth(body)
		if err != nil {
			return past{}, fmt.Errorf("features of %s in %d: %w", series, month, err)
		}
		for d := 1; d <= 31; d++ {
			f, ok := days[d]
			if date := dateOf(month*100 + int64(d)); ok && between(date, before) > 0 && between(oldest, date) >= 0 {
				out.add(date, f)
			}
		}
	}
	return out, rows.Err()
}

// add appends a day that is later than all before.
func (p *past) add(date capacity.Date, f Feature) {
	if len(p.days) == 0 {
		p.first = date
	}
	for len(p.days) < between(p.first, date) {
		p.days = append(p.days, Feature{})
	}
	p.days = append(p.days, f)
}

// buckets reads the buckets of a series of some days.
func (s *Service) buckets(ctx context.Context, series string, from, to capacity.Date) (map[int64]day, error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT day, body FROM capacity_days WHERE series = ? AND day BETWEEN ? AND ? ORDER BY day`, series, number(from), number(to))
	if err != nil {
		return nil, fmt.Errorf("read buckets of %s: %w", series, err)
	}
	defer rows.Close()
	out := map[int64]day{}
	for rows.Next() {
		var at int64
		var body []byte
		if err := rows.Scan(&at, &body); err != nil {
			return nil, fmt.Errorf("read buckets of %s: %w", series, err)
		}
		if out[at], err = decodeDay(body); err != nil {
			return nil, fmt.Errorf("buckets of %s on %d: %w", series, at, err)
		}
	}
	return out, rows.Err()
}

// month is the features of the days of a month, such as 202610, by day of the month.
func (s *Service) month(ctx context.Context, series string, month int64) (map[int]Feature, error) {
	var body []byte
	err := s.deps.Read.QueryRowContext(ctx, `SELECT body FROM capacity_months WHERE series = ? AND month = ?`, series, month).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of %d: %w", series, month, err)
	}
	days, err := decodeMonth(body)
	if err != nil {
		return nil, fmt.Errorf("features of %s in %d: %w", series, month, err)
	}
	return days, nil
}

// series lists all that has features, with devices that may have gone.
func (s *Service) series(ctx context.Context) ([]string, error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT DISTINCT series FROM capacity_months ORDER BY series`)
	if err != nil {
		return nil, fmt.Errorf("list what has features: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// load reads the newest forecast of everything.
func (s *Service) load(ctx context.Context) error {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT body FROM capacity_forecasts f
		WHERE made_ms = (SELECT max(made_ms) FROM capacity_forecasts WHERE resource = f.resource)`)
	if err != nil {
		return fmt.Errorf("read forecasts: %w", err)
	}
	defer rows.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for rows.Next() {
		var body []byte
		var a Outlook
		if err := rows.Scan(&body); err != nil {
			return fmt.Errorf("read forecasts: %w", err)
		}
		if err := json.Unmarshal(body, &a); err != nil {
			return fmt.Errorf("read forecasts: %w", err)
		}
		s.answers[a.Series] = a
		s.done[a.Site] = max(s.done[a.Site], a.Day)
	}
	return rows.Err()
}

// save keeps a forecast, and of those before the first of each month.
func save(ctx context.Context, tx *sql.Tx, a Outlook) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	made := a.made.UnixMilli()
	if _, err := tx.ExecContext(ctx, `INSERT INTO capacity_forecasts (resource, made_ms, body) VALUES (?, ?, ?)
		ON CONFLICT (resource, made_ms) DO UPDATE SET body = excluded.body`, a.Series, made, string(body)); err != nil {
		return fmt.Errorf("store the forecast of %s: %w", a.Resource, err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM capacity_forecasts WHERE resource = ? AND made_ms < ? AND made_ms > (
		SELECT min(made_ms) FROM capacity_forecasts f WHERE f.resource = capacity_forecasts.resource AND f.made_ms >= ?)`,
		a.Series, made, monthStart(a.made))
	if err != nil {
		return fmt.Errorf("delete old forecasts of %s: %w", a.Resource, err)
	}
	return nil
}

func monthStart(t time.Time) int64 {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}

// clean deletes what is kept no longer.
func (s *Service) clean(ctx context.Context) error {
	today := dateIn(s.deps.Now().UnixMilli(), time.UTC)
	circuits, err := s.deps.Inventory.Circuits(ctx)
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, c := range circuits {
		keep["interface:"+c.Device+"/"+c.Interface] = true
	}
	s.mu.Lock()
	due := s.done["/clean"] != dateText(today)
	s.done["/clean"] = dateText(today)
	s.mu.Unlock()
	if !due {
		return nil
	}
	list, err := s.series(ctx)
	if err != nil {
		return err
	}
	err = s.deps.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM capacity_hours WHERE day < ?`, number(plus(today, -hourDays)))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete old hours: %w", err)
	}
	for _, series := range list {
		days := s.cfg.BucketDays
		if keep[series] {
			days = s.cfg.CircuitDays
		}
		err := s.deps.Write(ctx, func(tx *sql.Tx) error {
			oldest := plus(today, -days)
			oldest.Day = 1 // whole months, which are billed
			_, err := tx.ExecContext(ctx, `DELETE FROM capacity_days WHERE series = ? AND day < ?`, series, number(oldest))
			return err
		})
		if err != nil {
			return fmt.Errorf("delete old buckets of %s: %w", series, err)
		}
	}
	return nil
}
