// Package spool is the on-disk queue of the agent.
package spool

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/telemetry"
)

var errNotYet = errors.New("spool: being written")

// Lane is one of the two readers of the queue.
type Lane int

// The lanes: Live newest first, Backlog oldest first.
const (
	Live Lane = iota + 1
	Backlog
)

// Config is what users set.
type Config struct {
	Dir     string
	MaxSize int64
	MaxAge  time.Duration
}

// DefaultConfig is what stands when nothing is set; Dir has to be.
func DefaultConfig() Config { return Config{MaxSize: 2 << 30, MaxAge: 7 * 24 * time.Hour} }

// Validate checks c.
func (c Config) Validate() error { return nil }

// Deps is what the queue needs.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Now     func() time.Time
}

// Item is a record handed out.
type Item struct {
	Epoch   telemetry.Epoch
	Seq     uint64
	Data    []byte
	Samples int
	Time    int64
}

// Account is the bookkeeping of samples.
type Account struct {
	Produced, Acknowledged, Queued uint64
	Dropped                        map[string]uint64
	Records, Bytes                 uint64
}

// Queue is the spool.
type Queue struct{}

func Open(cfg Config, deps Deps) (*Queue, error)                        { return nil, errNotYet }
func (q *Queue) Append(recs ...telemetry.Record) error                  { return errNotYet }
func (q *Queue) Epoch() telemetry.Epoch                                 { return telemetry.Epoch{} }
func (q *Queue) Epochs() []telemetry.Epoch                              { return nil }
func (q *Queue) Next(lane Lane, max int) []Item                         { return nil }
func (q *Queue) Changed() <-chan struct{}                               { return nil }
func (q *Queue) Ack(e telemetry.Epoch, ranges ...telemetry.Range) error { return nil }
func (q *Queue) Return(lane Lane)                                       {}
func (q *Queue) Account() Account                                       { return Account{} }
func (q *Queue) Close(ctx context.Context) error                        { return nil }
