package uplink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/agent/spool"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// Queue is what an Uplink needs of *spool.Queue.
type Queue interface {
	Epoch() telemetry.Epoch
	Epochs() []telemetry.Epoch
	Next(lane spool.Lane, limit int) []spool.Item
	Changed() <-chan struct{}
	Ack(e telemetry.Epoch, ranges ...telemetry.Range) error
	Return(lane spool.Lane)
	Requeue(e telemetry.Epoch, held telemetry.RangeSet) error
}

// Deps are the things an Uplink uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Queue   Queue
	// OnAssignment puts an assignment to work and returns what of it cannot be done. It is called from
	// Start with the one that was kept, then from the stream; never twice at a time.
	OnAssignment func(telemetry.Assignment) (problems []string)
	// Heartbeat returns what the agent says of itself.
	Heartbeat func() telemetry.Heartbeat
	Now       func() time.Time
}

// Uplink keeps the connection to the collector.
type Uplink struct {
	cfg   Config
	deps  Deps
	log   *slog.Logger
	m     uplinkMetrics
	quiet *logging.Quiet

	mu      sync.Mutex
	id      identity
	term, n uint64 // of the assignment at work

	cancel  context.CancelFunc
	stopped bool

	connected atomic.Bool
	wg        sync.WaitGroup
}

// New returns an Uplink that is not started.
func New(cfg Config, deps Deps) (*Uplink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	u := &Uplink{cfg: cfg, deps: deps, log: deps.Log.With("component", "agent/uplink"), quiet: logging.NewQuiet(time.Minute)}
	u.m = newUplinkMetrics(deps.Metrics, func() float64 {
		if u.Connected() {
			return 1
		}
		return 0
	})
	return u, nil
}

// Connected tells whether a collector has welcomed this agent on a connection that still stands.
func (u *Uplink) Connected() bool { return u.connected.Load() }

// Start reads the identity (ErrNotEnrolled when there is none), puts the last assignment to work, and
// begins to connect. It does not wait for the collector.
func (u *Uplink) Start(context.Context) error {
	id, err := loadIdentity(u.cfg.StateDir)
	if err != nil {
		return err
	}
	if len(u.cfg.Addresses) > 0 {
		id.Addresses = u.cfg.Addresses
	}
	if len(id.Addresses) == 0 {
		return errors.New("no collector address is known: name them as collectors in the configuration")
	}
	u.id = id
	u.log = u.log.With("site", id.Site, "agent", id.Agent)
	kept, err := loadAssignment(u.cfg.StateDir)
	if err != nil {
		u.log.Warn("cannot use the last assignment, waiting for the collector", "err", err)
	}
	if kept != nil {
		u.putToWork(kept)
	}
	ctx, cancel := context.WithCancel(context.Background())
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.stopped { // an agent that was still enrolling starts late
		cancel()
		return nil
	}
	u.cancel = cancel
	u.wg.Go(func() { u.run(ctx) })
	return nil
}

// Stop ends the connection for good. What was not acknowledged stays in the queue.
func (u *Uplink) Stop(ctx context.Context) error {
	u.mu.Lock()
	cancel := u.cancel
	u.stopped = true
	u.mu.Unlock()
	if cancel == nil {
		return nil
	}
	cancel()
	return lifecycle.Wait(ctx, &u.wg, "the connection to the collector")
}

// run connects, and again, until ctx ends.
func (u *Uplink) run(ctx context.Context) {
	backoff := u.cfg.MinBackoff
	for turn := 0; ctx.Err() == nil; {
		addresses := u.identity().Addresses
		start := time.Now()
		err := u.connect(ctx, addresses[turn%len(addresses)])
		if ctx.Err() != nil {
			return
		}
		u.m.failures.Inc()
		if time.Since(start) >= steadyAfter || errors.Is(err, errClockStep) {
			backoff = u.cfg.MinBackoff
		} else {
			turn++ // another address may do better
		}
		wait := backoff/2 + rand.N(backoff/2+1)
		if suppressed, ok := u.quiet.Allow(kind(err)); ok {
			u.log.Warn("no connection, will try again", "err", err, "retry_in", wait.Round(time.Millisecond), "suppressed", suppressed)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		backoff = min(2*backoff, u.cfg.MaxBackoff)
	}
}

// kind tells reasons apart that have to be said even in the minute after another one.
func kind(err error) string {
	for _, known := range []error{ErrOtherCA, ErrClock, ErrRefused} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "connection"
}

func (u *Uplink) identity() identity {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.id
}

// change alters the identity and keeps it.
func (u *Uplink) change(f func(*identity)) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	f(&u.id)
	return u.id.save(u.cfg.StateDir)
}

// take keeps an assignment and puts it to work, unless it is not newer than the one at work.
func (u *Uplink) take(w *telemetryv1.AssignmentChunk) (problems []string, newTerm, taken bool) {
	u.mu.Lock()
	term, n := u.term, u.n
	u.mu.Unlock()
	newer := w.GetTerm() > term || w.GetTerm() == term && w.GetN() > n
	if !newer {
		u.m.assignmentsBad.Inc()
		u.log.Warn("older assignment ignored", "term", w.GetTerm(), "n", w.GetN(), "have_term", term, "have_n", n)
		return nil, false, false
	}
	if err := saveAssignment(u.cfg.StateDir, w); err != nil {
		u.log.Error("the assignment is at work but not kept: after a restart the agent waits for the collector", "err", err)
	}
	return u.putToWork(w), term != 0 && w.GetTerm() > term, true
}

func (u *Uplink) putToWork(w *telemetryv1.AssignmentChunk) []string {
	a, problems := assignmentFromWire(w)
	problems = append(problems, u.deps.OnAssignment(a)...)
	u.mu.Lock()
	u.term, u.n = a.Term, a.N
	u.mu.Unlock()
	u.m.assignments.Inc()
	u.log.Info("assignment at work", "term", a.Term, "n", a.N, "devices", len(a.Devices), "problems", len(problems))
	return problems
}
