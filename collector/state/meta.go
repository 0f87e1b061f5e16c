package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Keys of meta that every database has from the start.
const (
	MetaInstance = "instance"   // random, names this database
	MetaCreated  = "created_ms" // Unix ms
	MetaTerm     = "term"       // of assignments, from 1; a restore raises it
)

// firstMeta writes the values that a new database starts with.
func firstMeta(ctx context.Context, db *sql.DB, now time.Time) error {
	var id [16]byte
	rand.Read(id[:]) //nolint:errcheck // crypto/rand.Read never fails
	_, err := db.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?), (?, ?), (?, ?) ON CONFLICT DO NOTHING`,
		MetaInstance, hex.EncodeToString(id[:]),
		MetaCreated, strconv.FormatInt(now.UnixMilli(), 10),
		MetaTerm, "1")
	if err != nil {
		return fmt.Errorf("write first meta values: %w", err)
	}
	return nil
}

// Querier is what *sql.DB and *sql.Tx have in common.
type Querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Cursor is the last journal entry that the reader name has durably applied; 0 when there is none.
func (d *DB) Cursor(ctx context.Context, name string) (uint64, error) {
	var lsn int64
	err := d.read.QueryRowContext(ctx, `SELECT lsn FROM cursors WHERE name = ?`, name).Scan(&lsn)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read cursor %q: %w", name, err)
	}
	return uint64(lsn), nil
}

// SetCursor moves the cursor name within tx, so that it is stored with what was applied or not at all.
func SetCursor(tx *sql.Tx, name string, lsn uint64) error {
	_, err := tx.Exec(`INSERT INTO cursors (name, lsn) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET lsn = excluded.lsn`, name, int64(lsn))
	if err != nil {
		return fmt.Errorf("set cursor %q: %w", name, err)
	}
	return nil
}

// Meta returns the value of key, or "" when there is none.
func (d *DB) Meta(ctx context.Context, key string) (string, error) {
	return Meta(ctx, d.read, key)
}

// Meta returns the value of key as q sees it, or "" when there is none.
func Meta(ctx context.Context, q Querier, key string) (string, error) {
	var value string
	err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read meta %q: %w", key, err)
	}
	return value, nil
}

// SetMeta stores the value of key within tx.
func SetMeta(tx *sql.Tx, key, value string) error {
	_, err := tx.Exec(`INSERT INTO meta (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	if err != nil {
		return fmt.Errorf("set meta %q: %w", key, err)
	}
	return nil
}
