package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"ninewatch/collector/alert"
)

// ErrUnknownDelivery means that there is no delivery with that ID.
var ErrUnknownDelivery = errors.New("unknown delivery")

// delivery is a row that is due.
type delivery struct {
	id        int64
	messageID string
	receiver  string
	rendered
	created  int64
	attempts int
}

// Delivery is a row of the delivery log.
type Delivery struct {
	ID        int64
	MessageID string
	Incident  int64
	Type      string
	Receiver  string
	Status    string // pending, delivered, dead
	Attempts  int
	Created   int64 // Unix ms
	Next      int64 // of the next attempt, while pending
	Finished  int64 // 0: not yet
	Code      int   // of the last answer, 0: none
	Error     string
	Answer    string
	Route     string
	Took      int64 // ms, of the last attempt; -1: none
}

// Deliver queues m in the transaction of the change that it tells of. What cannot be written as the receiver
// wants it becomes a dead letter: the change goes on. Wake sends it.
func (s *Service) Deliver(tx *sql.Tx, m alert.Message) error {
	shape := s.shape(m.Receiver)
	if shape.Format != PagerDuty {
		return s.enqueue(tx, m, shape)
	}
	for _, item := range m.Items {
		if err := s.enqueue(tx, alert.Message{Receiver: m.Receiver, Route: m.Route, Items: []alert.Item{item}}, shape); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) shape(receiver string) Shape {
	if s.deps.Shape == nil {
		return Shape{}
	}
	return s.deps.Shape(receiver)
}

func (s *Service) enqueue(tx *sql.Tx, m alert.Message, shape Shape) error {
	status, problem := "pending", ""
	out, err := s.render(m, shape, newMarker())
	if err != nil {
		status, problem = "dead", "the message could not be written: "+err.Error()
		out.body = []byte{}
		s.dead.Inc()
	}
	now := s.deps.Now().UnixMilli()
	var id int64
	if err := tx.QueryRow(`SELECT coalesce(max(id), 0) + 1 FROM deliveries`).Scan(&id); err != nil {
		return fmt.Errorf("next delivery: %w", err)
	}
	kind := "incident." + m.Items[0].Event
	if len(m.Items) > 1 {
		kind = "incident.digest"
	}
	_, err = tx.Exec(`INSERT INTO deliveries (id, message_id, incident, type, receiver, body, created_ms, status, next_ms, route, marker, content_type, last_error, finished_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CASE WHEN ? = 'dead' THEN ? END)`,
		id, fmt.Sprintf("msg_%s_%d", s.cfg.Instance, id), m.Items[0].Incident.ID, kind, m.Receiver, out.body, now, status, now, m.Route, out.marker, out.contentType, problem, status, now)
	if err != nil {
		return fmt.Errorf("queue a delivery to %q: %w", m.Receiver, err)
	}
	for _, item := range m.Items {
		if _, err := tx.Exec(`INSERT OR IGNORE INTO delivery_incidents (delivery, incident) VALUES (?, ?)`, id, item.Incident.ID); err != nil {
			return fmt.Errorf("queue a delivery to %q: %w", m.Receiver, err)
		}
	}
	return nil
}

// due returns the deliveries whose time has come, but for receivers that rest. A later one that tells of an
// incident waits for an earlier one of the same incident and receiver.
func (s *Service) due(ctx context.Context, now int64, rest ...string) ([]delivery, error) {
	args := []any{now}
	for _, name := range rest {
		args = append(args, name)
	}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT id, message_id, receiver, body, marker, content_type, created_ms, attempts FROM deliveries AS d
		WHERE status = 'pending' AND next_ms <= ? AND receiver NOT IN (''`+strings.Repeat(", ?", len(rest))+`) AND NOT EXISTS (
			SELECT 1 FROM delivery_incidents AS a JOIN delivery_incidents AS b ON b.incident = a.incident AND b.delivery < a.delivery
			JOIN deliveries AS e ON e.id = b.delivery WHERE a.delivery = d.id AND e.status = 'pending' AND e.receiver = d.receiver)
		ORDER BY id LIMIT 200`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	var out []delivery
	for rows.Next() {
		var d delivery
		if err := rows.Scan(&d.id, &d.messageID, &d.receiver, &d.body, &d.marker, &d.contentType, &d.created, &d.attempts); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// lookAgain bounds the sleep of the loop, should a Wake have come before its commit.
const lookAgain = 5 * time.Second

// nextDue is when the outbox has something to do, at the latest after lookAgain.
func (s *Service) nextDue(ctx context.Context, now time.Time) time.Time {
	var ms sql.NullInt64
	err := s.deps.Read.QueryRowContext(ctx, `SELECT min(next_ms) FROM deliveries WHERE status = 'pending' AND next_ms > ?`, now.UnixMilli()).Scan(&ms)
	later := now.Add(lookAgain)
	if at := time.UnixMilli(ms.Int64); err == nil && ms.Valid && at.Before(later) {
		return at
	}
	return later
}

// settle records what an attempt came to.
func (s *Service) settle(ctx context.Context, to Receiver, d delivery, r result) error {
	now := s.deps.Now()
	status, next := "delivered", now
	switch {
	case r.delivered():
	case r.again && now.UnixMilli()-d.created < giveUp.Milliseconds():
		status, next = "pending", now.Add(max(r.after, pause(d.attempts+1)))
	default:
		status = "dead"
	}
	return s.deps.Write(ctx, func(tx *sql.Tx) error {
		if err := noteGone(tx, to, r, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO delivery_attempts (delivery, number, time_ms, duration_ms, code, error, answer)
			VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM delivery_attempts WHERE delivery = ?), ?, ?, ?, ?, ?)`,
			d.id, d.id, now.UnixMilli(), r.took.Milliseconds(), r.code, r.err, r.answer)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM delivery_attempts WHERE delivery = ? AND number < (SELECT max(number) - ? FROM delivery_attempts WHERE delivery = ?)`, d.id, keptAttempts, d.id); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE deliveries SET status = ?, attempts = attempts + 1, next_ms = ?, last_code = ?, last_error = ?,
			last_answer = ?, finished_ms = CASE WHEN ? = 'pending' THEN NULL ELSE ? END WHERE id = ?`,
			status, next.UnixMilli(), r.code, r.err, r.answer, status, now.UnixMilli(), d.id)
		return err
	})
}

// keptAttempts is how many attempts of a delivery the log keeps beside the last.
const keptAttempts = 99

// Replay sends delivery id again, under the same message id.
func (s *Service) Replay(ctx context.Context, id int64) error {
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		now := s.deps.Now().UnixMilli()
		done, err := tx.Exec(`UPDATE deliveries SET status = 'pending', next_ms = ?, created_ms = ?, attempts = 0, finished_ms = NULL WHERE id = ?`, now, now, id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrUnknownDelivery)
		}
		_, err = tx.Exec(`DELETE FROM receivers_gone WHERE receiver = (SELECT receiver FROM deliveries WHERE id = ?)`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("replay delivery %d: %w", id, err)
	}
	s.rested("") // who asks for it wants to see what happens
	s.Wake()
	return nil
}
