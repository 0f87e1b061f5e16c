package inventory

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ninewatch/collector/state"
)

// Config says where the key of the secrets lies.
type Config struct {
	KeyFile string // mode 0600, made at the first start
}

// Deps are the things a Store uses but does not own. All are required.
type Deps struct {
	DB  *state.DB
	Log *slog.Logger
	Now func() time.Time // stamps created and updated; time.Now in production
}

// Store is the stored inventory.
type Store struct {
	db    *state.DB
	log   *slog.Logger
	now   func() time.Time
	vault *vault

	assigning sync.Mutex

	discovering sync.Mutex
	discovered  time.Time // when Discovered looked last

	mu      sync.Mutex
	changed chan struct{}
}

// Open reads the key of the secrets. A missing key file is made as long as nothing is sealed with one.
func Open(ctx context.Context, cfg Config, deps Deps) (*Store, error) {
	var sealed int
	err := deps.DB.Read().QueryRowContext(ctx, `SELECT count(*) FROM objects WHERE sealed IS NOT NULL`).Scan(&sealed)
	if err != nil {
		return nil, fmt.Errorf("open inventory: %w", err)
	}
	v, err := openVault(cfg.KeyFile, sealed == 0)
	if err != nil {
		return nil, fmt.Errorf("open inventory: %w", err)
	}
	return &Store{
		db:      deps.DB,
		log:     deps.Log.With("component", "collector/inventory"),
		now:     deps.Now,
		vault:   v,
		changed: make(chan struct{}),
	}, nil
}

// Changed returns a channel that is closed when the inventory or an interface key changes next.
// Take it before reading what may change.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Notify wakes those who wait for Changed: the caller of ApplyFacts, after its transaction.
func (s *Store) Notify() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
