package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/state"
	"ninewatch/collector/uptime"
	"ninewatch/internal/journal"
)

// RebuildLedger works out the ledger of all devices again from the facts in a data folder, and publishes it.
// No collector may run on the folder meanwhile. It returns the revisions that this made.
func RebuildLedger(ctx context.Context, dataDir string, log *slog.Logger, progress func(done, all int)) (_ []uptime.Revision, err error) {
	path := filepath.Join(dataDir, "state.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no collector: its state.db is missing; give the data_dir of its configuration", dataDir)
	}
	// The journal is locked while a collector runs.
	j, err := journal.Open(journal.Options{Dir: filepath.Join(dataDir, "journal"), Now: time.Now, Log: log})
	if err != nil {
		return nil, fmt.Errorf("open the ingest journal: %w", err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	db, err := state.Open(ctx, state.Config{Path: path}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	engine, err := uptime.New(uptime.DefaultConfig(), uptime.Deps{Log: log, Metrics: metrics.NewSet(), DB: db.Read(), Write: db.Write, Now: time.Now})
	if err != nil {
		return nil, err
	}
	if _, err := engine.Reload(ctx); err != nil {
		return nil, err
	}
	return engine.Rebuild(ctx, progress)
}
