package live

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// Config says how a Service works.
type Config struct {
	Tick       time.Duration // between two looks at what changed
	Sweep      time.Duration // between two judgements of everything
	LoadEvery  time.Duration // between two readings of the load of a group
	LoadWindow time.Duration // over which the 95th percentile of a load is taken
	Limit      float64       // utilization that is still right after a failure, as a ratio
	Target     float64       // share of time with full redundancy that a site should reach
	Backfill   time.Duration // how far back a new group is judged by the ledger
	Exercise   time.Duration // within which a backup should have been used once
}

// DefaultConfig is how the collector runs it.
func DefaultConfig() Config {
	return Config{Tick: time.Second, Sweep: time.Minute, LoadEvery: time.Hour, LoadWindow: 30 * 24 * time.Hour,
		Limit: topology.DefaultLimit, Target: 0.999, Backfill: 90 * 24 * time.Hour, Exercise: 90 * 24 * time.Hour}
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	if c.Tick <= 0 || c.Sweep <= 0 || c.LoadEvery <= 0 || c.LoadWindow <= 0 || c.Backfill < 0 || c.Exercise <= 0 {
		return errors.New("topology: intervals have to be above zero")
	}
	if c.Limit <= 0 || c.Target <= 0 || c.Target >= 1 {
		return errors.New("topology: a limit is above 0, and a target between 0 and 1")
	}
	return nil
}

// Inventory is what a Service needs of *inventory.Store.
type Inventory interface {
	Changed() <-chan struct{}
	things
	AllFacts(ctx context.Context) ([]telemetry.DeviceFacts, error)
	FactsAt(ctx context.Context, device string, at int64) (telemetry.DeviceFacts, error)
}

type things interface {
	Sites(ctx context.Context) ([]inventory.Site, error)
	Devices(ctx context.Context, f inventory.Filter) ([]inventory.Device, error)
	Links(ctx context.Context) ([]inventory.Link, error)
	RedundancyGroups(ctx context.Context) ([]inventory.RedundancyGroup, error)
	RiskGroups(ctx context.Context) ([]inventory.RiskGroup, error)
	Circuits(ctx context.Context) ([]inventory.Circuit, error)
	Services(ctx context.Context) ([]inventory.Service, error)
}

// Lines is the ledger: the states of a scope (device:X, interface:X/key, circuit:C, service:S) over [from, to)
// in Unix seconds. None are told of what it does not know.
type Lines func(ctx context.Context, scope string, from, to int64) ([]topology.Stretch[topology.State], error)

// Traffic tells what ports (device/interface) carry, in bit/s of the busier direction.
type Traffic interface {
	// Together is the 95th percentile of the sum over ports, and by how much the busiest carries more than its
	// share (1: it does not); not ok without samples.
	Together(ctx context.Context, ports []string, window time.Duration) (rate, imbalance float64, ok bool, err error)
	// Now is by port what those of some devices carry.
	Now(ctx context.Context, devices []string) (map[string]float64, error)
}

// Growing is the load that some ports carry together, and the most that it may become.
type Growing struct {
	Ports      []string // device/interface
	Rate, Most float64  // bit/s
}

// Expiry tells when loads are going to exceed what is left for them after a failure, in their order; a zero time where
// that is not told, or will not be.
type Expiry func(ctx context.Context, loads []Growing) []time.Time

// Days tells the most that a port (device/interface) carried on each day that is remembered; none of a port that is not
// known.
type Days func(ctx context.Context, port string) ([]topology.Carried, error)

// Deps are the things a Service uses but does not own. Traffic, Expiry and Days may be nil.
type Deps struct {
	Log       *slog.Logger
	Metrics   *metrics.Set
	Now       func() time.Time
	Read      *sql.DB
	Write     func(context.Context, func(*sql.Tx) error) error
	Inventory Inventory
	States    func(context.Context) map[string]topology.State // of devices, by the ledger
	Lines     Lines
	Traffic   Traffic
	Expiry    Expiry
	Days      Days
	Changed   func() // a new View is there
}

func (d Deps) validate() error {
	if d.Log == nil || d.Metrics == nil || d.Now == nil || d.Read == nil || d.Write == nil || d.Inventory == nil || d.States == nil || d.Lines == nil || d.Changed == nil {
		return errors.New("topology: a dependency is missing")
	}
	return nil
}
