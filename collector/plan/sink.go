package plan

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

// CursorName is the name of the sink and of its cursor.
const CursorName = "capacity"

const (
	hourMillis = 3_600_000
	maxNotes   = 200_000 // that are remembered as written; beyond, they are written again
)

type note struct {
	device string
	hour   int64
}

// Sink notes which hours of which devices have samples that no feature knows. It is a sink of package feed, and
// Apply is called from one goroutine.
type Sink struct {
	read  *sql.DB
	write func(context.Context, func(*sql.Tx) error) error

	mu     sync.Mutex
	noted  map[note]bool
	cursor uint64 // what is durable
}

// NewSink returns the sink "capacity".
func NewSink(read *sql.DB, write func(context.Context, func(*sql.Tx) error) error) *Sink {
	return &Sink{read: read, write: write, noted: map[note]bool{}}
}

// Name implements feed.Sink.
func (s *Sink) Name() string { return CursorName }

// Cursor implements feed.Sink.
func (s *Sink) Cursor(ctx context.Context) (uint64, error) {
	var lsn uint64
	err := s.read.QueryRowContext(ctx, `SELECT lsn FROM cursors WHERE name = ?`, CursorName).Scan(&lsn)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	s.mu.Lock()
	s.cursor = lsn
	s.mu.Unlock()
	return lsn, err
}

// Apply implements feed.Sink.
func (s *Sink) Apply(ctx context.Context, entries []telemetry.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	s.mu.Lock() // to the end: forget must not see a cursor whose notes it has just let go of
	defer s.mu.Unlock()
	fresh := map[note]uint64{}
	for i := range entries {
		e := &entries[i]
		if f := e.Record.Frame; !e.Quarantine && f != nil && counts(f.Template) {
			for _, p := range f.Polls {
				at := p.Time + e.Offset
				n := note{f.Device, at - at%hourMillis}
				if !s.noted[n] {
					fresh[n] = e.LSN
				}
			}
		}
	}
	last := entries[len(entries)-1].LSN
	err := s.write(ctx, func(tx *sql.Tx) error {
		for n, lsn := range fresh {
			if _, err := tx.ExecContext(ctx, `INSERT INTO capacity_touched (device, hour_ms, lsn) VALUES (?, ?, ?)
				ON CONFLICT (device, hour_ms) DO UPDATE SET lsn = max(lsn, excluded.lsn)`, n.device, n.hour, lsn); err != nil {
				return fmt.Errorf("note an hour of %q: %w", n.device, err)
			}
		}
		return state.SetCursor(tx, CursorName, last)
	})
	if err != nil {
		return err
	}
	if len(s.noted)+len(fresh) > maxNotes {
		clear(s.noted)
	}
	for n := range fresh {
		s.noted[n] = true
	}
	s.cursor = last
	return nil
}

// counts tells whether a frame holds anything of which features are made.
func counts(template []telemetry.Series) bool {
	for i := range template {
		if wanted[template[i].Name] {
			return true
		}
	}
	return false
}

// forget lets notes be written again, and returns what is durable: who reads them up to there and finds the
// samples of them stored misses nothing.
func (s *Sink) forget(notes []note) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range notes {
		delete(s.noted, n)
	}
	return s.cursor
}
