package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Filter narrows the delivery log. Sites nil means all; 0 stands for any.
type Filter struct {
	ID       int64
	Incident int64
	Sites    []string // of the incidents
	Receiver string   // empty: any
	Status   string   // pending, delivered, dead; empty: any
	Before   int64    // only deliveries with a lower ID
	Limit    int
}

// Find returns the deliveries that f takes, newest first.
func (s *Service) Find(ctx context.Context, f Filter) ([]Delivery, error) {
	where, args := []string{"1 = 1"}, []any{}
	for _, c := range []struct {
		condition string
		value     int64
	}{{"id = ?", f.ID}, {"id IN (SELECT delivery FROM delivery_incidents WHERE incident = ?)", f.Incident}, {"id < ?", f.Before}} {
		if c.value != 0 {
			where, args = append(where, c.condition), append(args, c.value)
		}
	}
	for _, c := range [][2]string{{"receiver = ?", f.Receiver}, {"status = ?", f.Status}} {
		if c[1] != "" {
			where, args = append(where, c[0]), append(args, c[1])
		}
	}
	if f.Sites != nil {
		where = append(where, "NOT EXISTS (SELECT 1 FROM delivery_incidents m JOIN incidents i ON i.id = m.incident WHERE m.delivery = deliveries.id AND i.site NOT IN (''"+strings.Repeat(", ?", len(f.Sites))+"))")
		for _, site := range f.Sites {
			args = append(args, site)
		}
	}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT id, message_id, incident, type, receiver, status, attempts, created_ms, next_ms,
		coalesce(finished_ms, 0), last_code, last_error, last_answer, route,
		coalesce((SELECT duration_ms FROM delivery_attempts a WHERE a.delivery = deliveries.id ORDER BY number DESC LIMIT 1), -1) FROM deliveries WHERE `+strings.Join(where, " AND ")+` ORDER BY id DESC LIMIT ?`,
		append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("read the delivery log: %w", err)
	}
	defer rows.Close()
	out := []Delivery{}
	for rows.Next() {
		var d Delivery
		if err := rows.Scan(&d.ID, &d.MessageID, &d.Incident, &d.Type, &d.Receiver, &d.Status, &d.Attempts, &d.Created, &d.Next,
			&d.Finished, &d.Code, &d.Error, &d.Answer, &d.Route, &d.Took); err != nil {
			return nil, fmt.Errorf("read the delivery log: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Attempt is one attempt of a delivery. Times are Unix ms.
type Attempt struct {
	Time   int64
	Took   int64
	Code   int // 0: no answer
	Error  string
	Answer string
}

// Request returns what delivery id sends, with secrets left out, and its attempts, oldest first.
func (s *Service) Request(ctx context.Context, id int64) (body string, attempts []Attempt, err error) {
	var r rendered
	err = s.deps.Read.QueryRowContext(ctx, `SELECT body, marker FROM deliveries WHERE id = ?`, id).Scan(&r.body, &r.marker)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknownDelivery
	}
	if err != nil {
		return "", nil, fmt.Errorf("read delivery %d: %w", id, err)
	}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT time_ms, duration_ms, code, error, answer FROM delivery_attempts WHERE delivery = ? ORDER BY number`, id)
	if err != nil {
		return "", nil, fmt.Errorf("read delivery %d: %w", id, err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Attempt
		if err := rows.Scan(&a.Time, &a.Took, &a.Code, &a.Error, &a.Answer); err != nil {
			return "", nil, err
		}
		attempts = append(attempts, a)
	}
	return r.shown(), attempts, rows.Err()
}
