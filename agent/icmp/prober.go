package icmp

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"ninewatch/agent/schedule"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
)

// Prober asks targets for echoes. See the package comment for its promises.
type Prober struct {
	log     *slog.Logger
	engines [2]*engine // IPv4, IPv6
	wg      sync.WaitGroup

	mu      sync.Mutex
	started bool
}

// New returns a Prober that is not started: it opens no socket.
func New(cfg Config, deps Deps) (*Prober, error) {
	if err := errors.Join(cfg.Validate(), deps.validate()); err != nil {
		return nil, err
	}
	p := &Prober{log: deps.Log.With("component", "agent/icmp")}
	m, clock, quiet := newMetrics(deps.Metrics), newClock(), logging.NewQuiet(time.Minute)
	var reporting sync.Mutex // the engines take turns
	report := func(r Result) {
		reporting.Lock()
		defer reporting.Unlock()
		deps.Report(r)
	}
	for i := range p.engines {
		e := &engine{
			v6: i == 1, log: p.log, quiet: quiet, m: m, clock: clock, report: report,
			random: newRandom(), woken: make(chan struct{}, 1), wheel: schedule.NewWheel(nil), out: make([]byte, echoSize),
		}
		e.id = uint16(e.random.Uint64())
		e.table = newTable(cfg.Timeout, e.emit)
		p.engines[i] = e
	}
	return p, nil
}

// newRandom returns a generator whose numbers nobody can foretell.
func newRandom() *rand.ChaCha8 {
	var seed [32]byte
	crand.Read(seed[:]) //nolint:errcheck // crypto/rand.Read never fails
	return rand.NewChaCha8(seed)
}

// Start opens the sockets and begins. It fails when this process may use neither address family. What cannot be
// opened for another reason, or in one family, is tried again: until then probes of that family are faults.
func (p *Prober) Start(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started {
		return errors.New("icmp: started twice")
	}
	var errs []error
	for _, e := range p.engines {
		if err := e.open(); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(p.engines) && errors.Is(errs[0], ErrNotPermitted) {
		p.close()
		return errs[0]
	}
	for _, err := range errs {
		p.log.Warn("one address family cannot be probed, its results are prober faults", "err", err)
	}
	p.started = true
	for _, e := range p.engines {
		p.wg.Go(e.run)
	}
	return nil
}

// open opens the socket of e.
func (e *engine) open() (err error) {
	e.openedAt = e.clock().mono
	e.sock, err = openSocket(e.v6, e.id)
	return err
}

func (p *Prober) close() {
	for _, e := range p.engines {
		if e.sock != nil {
			e.sock.close()
			e.sock = nil
		}
	}
}

// Stop ends probing. What is in flight is still waited for, at most for the timeout, and reported. It may be
// called again, and without Start.
func (p *Prober) Stop(ctx context.Context) error {
	p.mu.Lock()
	started := p.started
	for _, e := range p.engines {
		e.inbox.stop()
		e.wake()
	}
	p.mu.Unlock()
	if !started {
		return nil
	}
	if err := lifecycle.Wait(ctx, &p.wg, "ICMP probes"); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close()
	return nil
}

// SetTargets replaces all targets, before or after Start. The error names those that cannot be probed (a bad
// address, an interval below 10 ms, a name that is there twice); the others are used all the same.
func (p *Prober) SetTargets(targets []Target) error {
	var errs []error
	var byFamily [2][]*target
	seen := make(map[string]bool, len(targets))
	for _, t := range targets {
		if err := t.validate(); err != nil {
			errs = append(errs, err)
			continue
		}
		if seen[t.Name] {
			errs = append(errs, fmt.Errorf("target %q is there twice", t.Name))
			continue
		}
		seen[t.Name] = true
		g := &target{Target: t, addr: t.Addr.Unmap().WithZone("")}
		var err error
		if g.scope, err = scope(t.Addr); err != nil {
			errs = append(errs, fmt.Errorf("target %q: %w", t.Name, err))
			continue
		}
		family := 0
		if g.addr.Is6() {
			family = 1
		}
		byFamily[family] = append(byFamily[family], g)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range p.engines {
		e.inbox.put(byFamily[i])
		e.wake()
	}
	return errors.Join(errs...)
}

// wake ends the wait of the engine.
func (e *engine) wake() {
	select {
	case e.woken <- struct{}{}:
	default: // it will wake up anyhow
	}
}

// Look asks the targets of these names five times within two seconds, beside the regular probes and although
// they are long dead. Names that are none, and targets that were looked at just now or are probed as often
// anyhow, are passed over. It may be called from Deps.Report.
func (p *Prober) Look(names ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.engines {
		e.inbox.look(names)
		e.wake()
	}
}

// maxLooks bounds the names that wait for an engine: more than it has targets make no sense.
const maxLooks = 1 << 16

// orders are what an engine is to do.
type orders struct {
	targets  []*target
	changed  bool
	looks    []string
	stopping bool
}

// inbox hands orders to the goroutine of an engine.
type inbox struct {
	mu sync.Mutex
	orders
}

func (b *inbox) put(targets []*target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.targets, b.changed = targets, true
}

func (b *inbox) look(names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.looks) < maxLooks {
		b.looks = append(b.looks, names...)
	}
}

func (b *inbox) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopping = true
}

// take hands out what is new.
func (b *inbox) take() orders {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.orders
	b.orders = orders{stopping: o.stopping}
	return o
}
