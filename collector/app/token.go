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

	"ninewatch/collector/auth"
	"ninewatch/collector/state"
)

// CreateAPIToken makes an API token in the data folder of a collector on this host, which may be running.
func CreateAPIToken(ctx context.Context, dataDir, name, role string, log *slog.Logger) (token string, err error) {
	path := filepath.Join(dataDir, "state.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s holds no collector: its state.db is missing; give the data_dir of its configuration", dataDir)
	}
	db, err := state.Open(ctx, state.Config{Path: path}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ca, err := auth.OpenCA(filepath.Join(dataDir, "ca"), time.Now)
	if err != nil {
		return "", err
	}
	a, err := auth.New(auth.DefaultConfig(), auth.Deps{Log: log, Metrics: metrics.NewSet(), DB: db, CA: ca, Now: time.Now})
	if err != nil {
		return "", err
	}
	return a.CreateAPIToken(ctx, name, []auth.Role{{Role: role, Sites: []string{auth.AnySite}}}, 0)
}
