package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

const (
	minSize = 4 << 20
	minAge  = time.Minute
)

// Config is what users set.
type Config struct {
	Dir     string        // created when it is missing
	MaxSize int64         // bytes on disk; beyond, the oldest goes
	MaxAge  time.Duration // beyond, the oldest goes
}

// DefaultConfig is what stands when nothing is set; Dir has to be.
func DefaultConfig() Config { return Config{MaxSize: 2 << 30, MaxAge: 7 * 24 * time.Hour} }

// Validate reports every mistake in c.
func (c Config) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("dir: is empty, name a folder"))
	}
	if c.MaxSize < minSize {
		errs = append(errs, fmt.Errorf("max_size: %d bytes is too small, give at least %d", c.MaxSize, minSize))
	}
	if c.MaxAge < minAge {
		errs = append(errs, fmt.Errorf("max_age: %s is too short, give at least %s", c.MaxAge, minAge))
	}
	return errors.Join(errs...)
}

// segmentBytes: so that dropping the oldest segment costs about 3 % of the queue.
func (c Config) segmentBytes() int64 { return min(max(c.MaxSize/32, 128<<10), 16<<20) }

func (c Config) segmentAge() time.Duration { return max(c.MaxAge/32, minAge/4) }

// Deps is what a Queue uses but does not own.
type Deps struct {
	Log     *slog.Logger     // nil: no log
	Metrics *metrics.Set     // nil: none
	Now     func() time.Time // nil: time.Now
}
