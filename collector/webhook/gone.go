package webhook

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ninewatch/internal/conf"
)

// Gone is a receiver that wants no messages any more: it answered 410. Nothing is sent to it until its URL changes,
// a test reaches it, or a person sends a delivery again.
type Gone struct {
	Receiver string
	Since    int64 // Unix ms
}

// hashOf tells one URL from another without keeping what may be a secret.
func hashOf(url conf.Secret) string {
	sum := sha256.Sum256([]byte(url.Reveal()))
	return hex.EncodeToString(sum[:])
}

// gone says why nothing is sent to a receiver, or nothing.
func (s *Service) gone(ctx context.Context, to Receiver) (string, error) {
	var since int64
	err := s.deps.Read.QueryRowContext(ctx, `SELECT since_ms FROM receivers_gone WHERE receiver = ? AND url_hash = ?`, to.Name, hashOf(to.URL)).Scan(&since)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up receiver %q: %w", to.Name, err)
	}
	return fmt.Sprintf("nothing is sent to the receiver since it answered 410 Gone at %s: change its URL, or send it a test when it is back",
		time.UnixMilli(since).UTC().Format("2006-01-02 15:04:05 UTC")), nil
}

// Gone lists the receivers that want no messages any more.
func (s *Service) Gone(ctx context.Context) ([]Gone, error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT receiver, url_hash, since_ms FROM receivers_gone ORDER BY receiver`)
	if err != nil {
		return nil, fmt.Errorf("read receivers that are gone: %w", err)
	}
	defer rows.Close()
	var out []Gone
	for rows.Next() {
		var g Gone
		var hash string
		if err := rows.Scan(&g.Receiver, &hash, &g.Since); err != nil {
			return nil, fmt.Errorf("read receivers that are gone: %w", err)
		}
		to, err := s.deps.Receiver(ctx, g.Receiver)
		if errors.Is(err, ErrUnknownReceiver) || err == nil && hashOf(to.URL) != hash {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, rows.Err()
}

// noteGone keeps in tx what an answer says of whether the receiver wants messages.
func noteGone(tx *sql.Tx, to Receiver, r result, now int64) error {
	var err error
	switch {
	case r.delivered():
		_, err = tx.Exec(`DELETE FROM receivers_gone WHERE receiver = ?`, to.Name)
	case r.code == http.StatusGone:
		_, err = tx.Exec(`INSERT INTO receivers_gone (receiver, url_hash, since_ms) VALUES (?, ?, ?)
			ON CONFLICT (receiver) DO UPDATE SET url_hash = excluded.url_hash, since_ms = excluded.since_ms`, to.Name, hashOf(to.URL), now)
	}
	return err
}
