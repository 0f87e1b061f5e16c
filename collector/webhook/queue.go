package webhook

import (
	"database/sql"
	"fmt"
)

// Queue queues a message that is about no incident for a receiver, in the transaction of what it tells of. Wake
// sends it.
func (s *Service) Queue(tx *sql.Tx, receiver, kind string, body []byte) error {
	var id int64
	if err := tx.QueryRow(`SELECT coalesce(max(id), 0) + 1 FROM deliveries`).Scan(&id); err != nil {
		return fmt.Errorf("next delivery: %w", err)
	}
	now := s.deps.Now().UnixMilli()
	_, err := tx.Exec(`INSERT INTO deliveries (id, message_id, incident, type, receiver, body, created_ms, status, next_ms)
		VALUES (?, ?, 0, ?, ?, ?, ?, 'pending', ?)`, id, fmt.Sprintf("msg_%s_%d", s.cfg.Instance, id), kind, receiver, body, now, now)
	if err != nil {
		return fmt.Errorf("queue a delivery to %q: %w", receiver, err)
	}
	return nil
}
