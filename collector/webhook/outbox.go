package webhook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	body      []byte
	created   int64
	attempts  int
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
}

// Notify queues a message about i for every receiver of its site, in the transaction of the change. Wake sends it.
func (s *Service) Notify(tx *sql.Tx, event string, i alert.Incident) error {
	body, err := Body(event, i, s.cfg.ExternalURL)
	if err != nil {
		return err
	}
	now := s.deps.Now().UnixMilli()
	for _, name := range s.deps.Names(i.Site) {
		var id int64
		if err := tx.QueryRow(`SELECT coalesce(max(id), 0) + 1 FROM deliveries`).Scan(&id); err != nil {
			return fmt.Errorf("next delivery: %w", err)
		}
		_, err := tx.Exec(`INSERT INTO deliveries (id, message_id, incident, type, receiver, body, created_ms, status, next_ms)
			VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
			id, fmt.Sprintf("msg_%s_%d", s.cfg.Instance, id), i.ID, "incident."+event, name, body, now, now)
		if err != nil {
			return fmt.Errorf("queue a delivery to %q: %w", name, err)
		}
	}
	return nil
}

// due returns the deliveries whose time has come, for receivers that are not busy. A later one of the same
// incident and receiver waits for the earlier.
func (s *Service) due(ctx context.Context, now int64) ([]delivery, error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT id, message_id, receiver, body, created_ms, attempts FROM deliveries AS d
		WHERE status = 'pending' AND next_ms <= ? AND NOT EXISTS (SELECT 1 FROM deliveries AS e
			WHERE e.status = 'pending' AND e.receiver = d.receiver AND e.incident = d.incident AND e.id < d.id)
		ORDER BY id LIMIT 200`, now)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	var out []delivery
	for rows.Next() {
		var d delivery
		if err := rows.Scan(&d.id, &d.messageID, &d.receiver, &d.body, &d.created, &d.attempts); err != nil {
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
func (s *Service) settle(ctx context.Context, d delivery, r result) error {
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
		_, err := tx.Exec(`UPDATE deliveries SET status = ?, attempts = attempts + 1, next_ms = ?, last_code = ?, last_error = ?,
			last_answer = ?, finished_ms = CASE WHEN ? = 'pending' THEN NULL ELSE ? END WHERE id = ?`,
			status, next.UnixMilli(), r.code, r.err, r.answer, status, now.UnixMilli(), d.id)
		return err
	})
}

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
		return nil
	})
	if err != nil {
		return fmt.Errorf("replay delivery %d: %w", id, err)
	}
	s.Wake()
	return nil
}

// List returns the newest deliveries with an ID below before (0: all).
func (s *Service) List(ctx context.Context, before int64, limit int) ([]Delivery, error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT id, message_id, incident, type, receiver, status, attempts, created_ms, next_ms,
		coalesce(finished_ms, 0), last_code, last_error, last_answer FROM deliveries WHERE ? = 0 OR id < ? ORDER BY id DESC LIMIT ?`, before, before, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Delivery{}
	for rows.Next() {
		var d Delivery
		if err := rows.Scan(&d.ID, &d.MessageID, &d.Incident, &d.Type, &d.Receiver, &d.Status, &d.Attempts, &d.Created, &d.Next,
			&d.Finished, &d.Code, &d.Error, &d.Answer); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}
