package icmp

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Config is how a Prober works.
type Config struct {
	Timeout time.Duration // a reply that takes longer is a loss
}

// DefaultConfig waits for a second: as long as the default interval, and five times the way around the earth.
func DefaultConfig() Config { return Config{Timeout: time.Second} }

// maxTimeout keeps an RTT within 32 bits of nanoseconds, in which package observe keeps it.
const maxTimeout = 4 * time.Second

// Validate reports every mistake in c.
func (c Config) Validate() error {
	if c.Timeout < time.Millisecond || c.Timeout > maxTimeout {
		return fmt.Errorf("icmp timeout %s: use 1ms to %s", c.Timeout, maxTimeout)
	}
	return nil
}

// Deps are the things a Prober uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	// Report gets every result, one at a time. It must be quick, as probes wait for it, and of the Prober it
	// may call Look alone.
	Report func(Result)
}

func (d Deps) validate() error {
	if d.Log == nil || d.Metrics == nil || d.Report == nil {
		return errors.New("icmp: Log, Metrics and Report are required")
	}
	return nil
}
