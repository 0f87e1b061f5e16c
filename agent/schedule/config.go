package schedule

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/VictoriaMetrics/metrics"
)

// Config is how a Scheduler works.
type Config struct {
	MaxConcurrent int    // runs at the same time
	File          string // remembers the last run of each key; empty: a restart forgets
}

// DefaultConfig allows 256 runs at once: 5,000 devices every minute of which a fifth answers only by a
// timeout of 6 s keep 100 runs busy with waiting.
func DefaultConfig() Config { return Config{MaxConcurrent: 256} }

// Validate reports every mistake in c.
func (c Config) Validate() error {
	if c.MaxConcurrent < 1 {
		return fmt.Errorf("max concurrent runs %d: at least 1 is needed", c.MaxConcurrent)
	}
	return nil
}

// Deps are the things a Scheduler uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
}

func (d Deps) validate() error {
	if d.Log == nil || d.Metrics == nil {
		return errors.New("schedule: Log and Metrics are required")
	}
	return nil
}
