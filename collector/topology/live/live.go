package live

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/topology"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/telemetry"
)

// Service is the topology of a running collector.
type Service struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
	m    liveMetrics

	view atomic.Pointer[View]

	mu      sync.Mutex                         // guards what waits
	pending map[string][]telemetry.DeviceFacts // by device
	touched map[string]bool                    // devices whose members may have changed
	sensors map[string]map[sensorKey]condition // by device
	regroup bool                               // sensors came or went
	sensing map[string]int                     // by device: how often they did
	wake    chan struct{}

	working sync.Mutex // guards what is below: one piece of work after the other
	store   *topology.Store
	memory  map[string]*memory
	order   []string        // names of memory, sorted; nil: to be made
	kits    map[string]*kit // by device
	judged  int64           // Unix ms up to which it is stored that classes are known
	plan    *plan
	classes map[string]standing
	loads   atomic.Pointer[map[string]topology.Load]
	backups atomic.Pointer[[]Backup]

	cancel context.CancelFunc
	wg     sync.WaitGroup
}

type liveMetrics struct {
	rebuilds, changes, failures *metrics.Counter
	rebuild                     *metrics.Histogram
}

// New returns a Service that has read nothing yet.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := deps.validate(); err != nil {
		return nil, err
	}
	s := &Service{
		cfg: cfg, deps: deps, log: deps.Log.With("component", "collector/topology"),
		pending: map[string][]telemetry.DeviceFacts{}, touched: map[string]bool{}, sensors: map[string]map[sensorKey]condition{}, sensing: map[string]int{}, wake: make(chan struct{}, 1),
		store: topology.NewStore(), memory: map[string]*memory{}, kits: map[string]*kit{}, plan: &plan{}, classes: map[string]standing{},
		m: liveMetrics{
			rebuilds: deps.Metrics.NewCounter(`ninewatch_collector_topology_rebuilds_total`),
			changes:  deps.Metrics.NewCounter(`ninewatch_collector_topology_class_changes_total`),
			failures: deps.Metrics.NewCounter(`ninewatch_collector_topology_failures_total`),
			rebuild:  deps.Metrics.NewHistogram(`ninewatch_collector_topology_rebuild_seconds`),
		},
	}
	s.view.Store(&View{Network: topology.Build(topology.Inventory{}, nil)})
	s.loads.Store(&map[string]topology.Load{})
	s.backups.Store(&[]Backup{})
	return s, nil
}

// Load reads what is stored and judges all groups. Start calls it.
func (s *Service) Load(ctx context.Context) error {
	s.working.Lock()
	defer s.working.Unlock()
	if err := s.restore(ctx); err != nil {
		return err
	}
	if err := s.readConditions(ctx); err != nil {
		return err
	}
	return s.rebuild(ctx)
}

// Start judges everything, and then goes on.
func (s *Service) Start(ctx context.Context) error {
	if err := s.Load(ctx); err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() { s.loop(running) })
	if s.deps.Traffic != nil {
		s.wg.Go(func() { s.weigh(running) })
	}
	return nil
}

// Stop ends it. It may be called again, and without Start.
func (s *Service) Stop(ctx context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	return lifecycle.Wait(ctx, &s.wg, "topology")
}

// View is what is known now.
func (s *Service) View() *View { return s.view.Load() }

// maxPending bounds the facts of one device that wait: the oldest go first.
const maxPending = 64

// Facts takes facts that were stored, in any order. It does not wait.
func (s *Service) Facts(all []telemetry.DeviceFacts) {
	s.mu.Lock()
	for _, f := range all {
		list := s.pending[f.Device]
		s.pending[f.Device] = append(list[max(0, len(list)-maxPending+1):], f)
	}
	s.mu.Unlock()
	s.poke()
}

// Touch takes devices whose own state, or that of a port, may have changed. It does not wait.
func (s *Service) Touch(devices []string) {
	s.mu.Lock()
	for _, d := range devices {
		s.touched[d] = true
	}
	s.mu.Unlock()
	s.poke()
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Service) loop(ctx context.Context) {
	sweep := time.NewTicker(s.cfg.Sweep)
	defer sweep.Stop()
	changed := s.deps.Inventory.Changed()
	for {
		all, anew := false, false
		select {
		case <-ctx.Done():
			return
		case <-changed:
			anew = true
		case <-sweep.C:
			all = true
		case <-s.wake:
		}
		select { // facts of a device that is new come after the inventory that has it
		case <-changed:
			anew = true
		default:
		}
		if anew {
			changed = s.deps.Inventory.Changed()
			s.try(ctx, s.reload)
		}
		s.try(ctx, func(ctx context.Context) error { return s.step(ctx, all) })
		select { // what comes in one burst is judged once
		case <-ctx.Done():
			return
		case <-time.After(s.cfg.Tick):
		}
	}
}

func (s *Service) try(ctx context.Context, work func(context.Context) error) {
	s.working.Lock()
	defer s.working.Unlock()
	if err := work(ctx); err != nil && ctx.Err() == nil {
		s.m.failures.Inc()
		s.log.Error("topology not up to date, the next change or minute tries again", "err", err)
	}
}

// reload reads the inventory anew.
func (s *Service) reload(ctx context.Context) error {
	if err := s.readPlan(ctx); err != nil {
		return err
	}
	if err := s.forgetConditions(ctx); err != nil {
		return err
	}
	return s.rebuild(ctx)
}

// step takes in what waits. All: every group is judged, not only those that were touched.
func (s *Service) step(ctx context.Context, all bool) error {
	s.mu.Lock()
	facts, touched, regroup := s.pending, s.touched, s.regroup
	s.pending, s.touched, s.regroup = map[string][]telemetry.DeviceFacts{}, map[string]bool{}, false
	s.mu.Unlock()
	if len(facts) > 0 {
		if err := s.apply(ctx, facts); err != nil {
			return err
		}
	}
	if len(facts) > 0 || regroup {
		return s.rebuild(ctx)
	}
	if !all && len(touched) == 0 {
		return nil
	}
	if all {
		touched = nil
	}
	return s.judge(ctx, s.view.Load(), touched)
}
