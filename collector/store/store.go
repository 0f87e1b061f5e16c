package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"

	"ninewatch/internal/lifecycle"
)

// Config bounds the store.
type Config struct {
	Dir          string
	Retention    time.Duration
	OutOfOrder   time.Duration // at least the age of the oldest record in any agent's spool
	ReserveBytes int64         // free disk below which nothing is taken
}

// Deps are what a Store uses but does not own. All are required.
type Deps struct {
	Log       *slog.Logger
	Metrics   *metrics.Set
	Now       func() time.Time
	Cursor    func(context.Context) (uint64, error)
	SetCursor func(context.Context, uint64) error
	Info      func(context.Context) ([]Info, error) // the info series as they are now
}

// Store is an open TSDB. Its methods may be called from several goroutines, Apply from one.
type Store struct {
	cfg   Config
	deps  Deps
	log   *slog.Logger
	m     storeMetrics
	db    *tsdb.DB
	wal   syncer
	wbl   syncer
	cache map[cacheKey]*template
	space space

	infoMu sync.Mutex
	info   map[string]Info // emitted last, by its identity
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Open opens or creates the TSDB in cfg.Dir. One process may have it open at a time.
func Open(cfg Config, deps Deps) (*Store, error) {
	log := deps.Log.With("component", "collector/store")
	options := tsdb.DefaultOptions()
	options.RetentionDuration = cfg.Retention.Milliseconds()
	options.OutOfOrderTimeWindow = cfg.OutOfOrder.Milliseconds()
	options.WALCompression = compression.Snappy
	db, err := tsdb.Open(cfg.Dir, slog.New(quiet{log.Handler()}), nil, options, nil)
	if err != nil {
		return nil, fmt.Errorf("open the sample store in %s: %w", cfg.Dir, err)
	}
	s := &Store{
		cfg: cfg, deps: deps, log: log, db: db,
		wal:   syncer{dir: filepath.Join(cfg.Dir, "wal")},
		wbl:   syncer{dir: filepath.Join(cfg.Dir, "wbl")},
		cache: map[cacheKey]*template{},
		space: space{dir: cfg.Dir, reserve: cfg.ReserveBytes},
		info:  map[string]Info{},
	}
	s.m = newMetrics(deps.Metrics, s)
	return s, nil
}

// Start begins to emit the info series.
func (s *Store) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() { s.emitInfo(ctx) })
	return nil
}

// Stop ends the info series and closes the TSDB.
func (s *Store) Stop(ctx context.Context) error {
	if s.cancel != nil {
		s.cancel()
	}
	return errors.Join(lifecycle.Wait(ctx, &s.wg, "info series"), s.db.Close())
}

// Queryable reads the samples.
func (s *Store) Queryable() storage.Queryable { return s.db }

// Paused tells that free disk has fallen below the reserve.
func (s *Store) Paused() bool { return s.space.short() }
