package webhook

import (
	"context"
	"fmt"
	"strings"
)

// Filter narrows the delivery log. Sites nil means all; 0 stands for any.
type Filter struct {
	ID       int64
	Incident int64
	Sites    []string // of the incidents
	Before   int64    // only deliveries with a lower ID
	Limit    int
}

// Find returns the deliveries that f takes, newest first.
func (s *Service) Find(ctx context.Context, f Filter) ([]Delivery, error) {
	where, args := []string{"1 = 1"}, []any{}
	for _, c := range []struct {
		condition string
		value     int64
	}{{"id = ?", f.ID}, {"incident = ?", f.Incident}, {"id < ?", f.Before}} {
		if c.value != 0 {
			where, args = append(where, c.condition), append(args, c.value)
		}
	}
	if f.Sites != nil {
		where = append(where, "incident IN (SELECT id FROM incidents WHERE site IN (''"+strings.Repeat(", ?", len(f.Sites))+"))")
		for _, site := range f.Sites {
			args = append(args, site)
		}
	}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT id, message_id, incident, type, receiver, status, attempts, created_ms, next_ms,
		coalesce(finished_ms, 0), last_code, last_error, last_answer FROM deliveries WHERE `+strings.Join(where, " AND ")+` ORDER BY id DESC LIMIT ?`,
		append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("read the delivery log: %w", err)
	}
	defer rows.Close()
	out := []Delivery{}
	for rows.Next() {
		var d Delivery
		if err := rows.Scan(&d.ID, &d.MessageID, &d.Incident, &d.Type, &d.Receiver, &d.Status, &d.Attempts, &d.Created, &d.Next,
			&d.Finished, &d.Code, &d.Error, &d.Answer); err != nil {
			return nil, fmt.Errorf("read the delivery log: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}
