package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", without cgo
)

// maxReaders bounds the connections that read at the same time: each costs about 2 MiB of page cache.
const maxReaders = 8

// Config says where the database is.
type Config struct {
	Path string // of the file; its folder is made when it is missing
}

// Deps are the things a DB uses but does not own. All are required.
type Deps struct {
	Log *slog.Logger
	Now func() time.Time // stamps a new database; time.Now in production
}

// DB is the state of a collector.
type DB struct {
	log      *slog.Logger
	read     *sql.DB
	write    *sql.DB
	requests chan *request
	stop     chan struct{}
	stopOnce sync.Once
	wg       sync.WaitGroup
}

// Open opens the database, makes or migrates it where needed, and starts its writer.
// A database of a newer schema gives an error that is ErrNewer.
func Open(ctx context.Context, cfg Config, deps Deps) (*DB, error) {
	if cfg.Path == "" {
		return nil, errors.New("open state database: no path given")
	}
	if err := create(cfg.Path); err != nil {
		return nil, fmt.Errorf("open state database %q: %w", cfg.Path, err)
	}
	d := &DB{
		log:      deps.Log.With("component", "collector/state"),
		requests: make(chan *request),
		stop:     make(chan struct{}),
	}
	if err := d.open(ctx, cfg.Path, deps.Now()); err != nil {
		return nil, errors.Join(fmt.Errorf("open state database %q: %w", cfg.Path, err), d.closePools())
	}
	d.wg.Go(d.writer)
	return d, nil
}

func (d *DB) open(ctx context.Context, path string, now time.Time) (err error) {
	if d.write, err = sql.Open("sqlite", dsn(path, false)); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		return err
	}
	d.read.SetMaxOpenConns(maxReaders)
	if err := migrate(ctx, d.write, d.log); err != nil {
		return err
	}
	return firstMeta(ctx, d.write, now)
}

// create makes the folder and the empty file, so that nobody but the owner can read either.
// SQLite gives its -wal and -shm files the mode of the database.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn names the file with what every connection needs: FULL, because a cursor must not outlive a
// power cut that its rows did not survive; no foreign keys, because rows arrive in any order.
func dsn(path string, readOnly bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(10000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(0)",
		"journal_size_limit(67108864)",
	}}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Read is the pool for queries; what it returns cannot write.
func (d *DB) Read() *sql.DB { return d.read }

// Close waits for the writes that have begun and closes the database. It may be called again.
func (d *DB) Close() error {
	d.stopOnce.Do(func() { close(d.stop) })
	d.wg.Wait()
	return d.closePools()
}

func (d *DB) closePools() error {
	var errs []error
	for _, pool := range []*sql.DB{d.read, d.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}
