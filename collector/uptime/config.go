package uptime

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Config is how an Engine judges.
type Config struct {
	Policy Policy
	// Silent is how long an agent may say nothing before what it watches is unknown.
	Silent time.Duration
	// Late is how far behind now a transition may have been confirmed and still count as news.
	Late time.Duration
}

// DefaultConfig is DefaultPolicy, agents silent after 30 s, news for 5 min.
func DefaultConfig() Config {
	return Config{Policy: DefaultPolicy(), Silent: 30 * time.Second, Late: 5 * time.Minute}
}

// Validate reports every mistake in c.
func (c Config) Validate() error {
	errs := []error{c.Policy.Validate()}
	if c.Silent <= 0 || c.Late <= 0 {
		errs = append(errs, errors.New("silent and late must be longer than 0"))
	}
	return errors.Join(errs...)
}

// Deps are the things an Engine uses but does not own. All but Samples are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	DB      *sql.DB // reads the evidence, the inventory and what was published
	Write   func(context.Context, func(*sql.Tx) error) error
	Now     func() time.Time
	Samples Samples // nil: nothing is told of traffic, nor of what circuits measured
}

type engineMetrics struct{ evaluations, reloads, changes, revisions *metrics.Counter }

func newEngineMetrics(set *metrics.Set) engineMetrics {
	return engineMetrics{
		evaluations: set.NewCounter(`ninewatch_collector_uptime_evaluations_total`),
		reloads:     set.NewCounter(`ninewatch_collector_uptime_reloads_total`),
		changes:     set.NewCounter(`ninewatch_collector_uptime_changes_total`),
		revisions:   set.NewCounter(`ninewatch_collector_uptime_revisions_total`),
	}
}
