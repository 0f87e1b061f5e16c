package plan

import (
	"context"
	"database/sql"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/store"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
)

// Samples is what a Service needs of *store.Store.
type Samples interface {
	Read(ctx context.Context, site, device string, names []string, from, to int64, take func(store.Samples)) error
	Cursor(ctx context.Context) (uint64, error)
}

// Facts is what a Service asks for the members of LAGs.
type Facts interface {
	FactsAt(ctx context.Context, device string, at int64) (telemetry.DeviceFacts, error)
}

// Deps are the things a Service uses but does not own. All are required.
type Deps struct {
	Log       *slog.Logger
	Metrics   *metrics.Set
	Now       func() time.Time
	Read      *sql.DB
	Write     func(context.Context, func(*sql.Tx) error) error
	Samples   Samples
	Inventory Inventory
	Facts     Facts
	Sink      *Sink
	Evaluate  Evaluate
}

// Service computes features, forecasts and answers.
type Service struct {
	cfg   Config
	deps  Deps
	log   *slog.Logger
	m     planMetrics
	quiet *logging.Quiet

	collecting  sync.Mutex       // one pass after the other
	asked       map[string]asked // by rule, guarded by collecting
	forecasting sync.Mutex

	mu      sync.RWMutex
	answers map[string]Outlook // by series, without histories
	done    map[string]string  // by site: the local date of the last nightly run

	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns a Service that is not started.
func New(cfg Config, deps Deps) (*Service, error) {
	if cfg.Every <= 0 || cfg.Horizon < 1 || cfg.History < 14 {
		return nil, errors.New("plan: the interval, the horizon and the history have to be positive")
	}
	return &Service{
		cfg: cfg, deps: deps, log: deps.Log.With("component", "collector/plan"), m: newMetrics(deps.Metrics),
		quiet: logging.NewQuiet(time.Minute), answers: map[string]Outlook{}, done: map[string]string{}, asked: map[string]asked{},
	}, nil
}

// Start reads the newest forecasts and begins to compute.
func (s *Service) Start(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() { s.loop(running) })
	return nil
}

// Stop ends computing after the resource in hand, at most until ctx is done. It may be called again, and without
// Start.
func (s *Service) Stop(ctx context.Context) error {
	if s.cancel != nil {
		s.cancel()
	}
	return lifecycle.Wait(ctx, &s.wg, "capacity forecasts")
}

func (s *Service) loop(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.Every)
	defer ticker.Stop()
	for {
		if err := errors.Join(s.Collect(ctx), s.Evaluate(ctx), s.nightly(ctx)); err != nil && ctx.Err() == nil {
			s.failed("compute capacity", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Service) failed(what string, err error) {
	s.m.failures.Inc()
	if suppressed, ok := s.quiet.Allow(what); ok {
		s.log.Error("cannot "+what+", will try again, nothing is lost meanwhile", "err", err, "suppressed", suppressed)
	}
}

// nightly forecasts the sites whose day has ended: at midnight there and some minutes, so that sites take turns.
func (s *Service) nightly(ctx context.Context) error {
	sites, err := s.deps.Inventory.Sites(ctx)
	if err != nil {
		return err
	}
	for _, site := range sites {
		if ctx.Err() != nil {
			return nil
		}
		zone := time.UTC
		if z, err := time.LoadLocation(site.TimeZone); err == nil && site.TimeZone != "" {
			zone = z
		}
		local := s.deps.Now().In(zone)
		today := local.Format(time.DateOnly)
		s.mu.RLock()
		last := s.done[site.Name]
		s.mu.RUnlock()
		if last == today || last != "" && local.Hour() == 0 && local.Minute() < 10+turn(site.Name) {
			continue
		}
		if err := s.Forecast(ctx, Scope{Site: site.Name}); err != nil {
			return err
		}
		s.mu.Lock()
		s.done[site.Name] = today
		s.mu.Unlock()
	}
	return s.clean(ctx)
}

// turn spreads sites over 40 minutes.
func turn(site string) int {
	h := fnv.New32a()
	h.Write([]byte(site))
	return int(h.Sum32() % 40)
}
