package webhook

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/conf"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
)

// Config is what an administrator decides.
type Config struct {
	Instance    string // of this collector, in message ids
	ExternalURL string // where people reach the pages, in links
	Allow       []netip.Prefix
	CallbackKey []byte // signs links that acknowledge and resolve; empty: there are none
}

// Receiver is where messages go. Its URL may carry a token and is kept as a secret.
type Receiver struct {
	Name     string
	URL      conf.Secret
	Secret   conf.Secret // empty: unsigned, as the URL is the secret
	Previous conf.Secret // signs too, while the receiver changes to Secret
	Shape    Shape
}

// ErrUnknownReceiver means that a receiver has been removed since the message was queued.
var ErrUnknownReceiver = errors.New("unknown receiver")

// Deps are what a Service uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Read    *sql.DB
	Write   func(context.Context, func(*sql.Tx) error) error
	// Shape is how messages to a receiver look. It is asked within transactions, and nil stands for our own format.
	Shape    func(name string) Shape
	Receiver func(ctx context.Context, name string) (Receiver, error)
	Now      func() time.Time
}

// Service delivers the outbox. Its methods may be called from several goroutines.
type Service struct {
	cfg    Config
	deps   Deps
	log    *slog.Logger
	quiet  *logging.Quiet
	client *http.Client
	awake  chan struct{}
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	busy map[string]bool // receivers that are being served
	rest map[string]breaker

	delivered, failed, dead *metrics.Counter
}

// New returns a Service that is not started.
func New(cfg Config, deps Deps) *Service {
	return &Service{
		cfg: cfg, deps: deps, log: deps.Log.With("component", "collector/webhook"), quiet: logging.NewQuiet(time.Minute),
		client: newClient(cfg.Allow), awake: make(chan struct{}, 1), busy: map[string]bool{}, rest: map[string]breaker{},
		delivered: deps.Metrics.NewCounter(`ninewatch_collector_webhook_deliveries_total{result="delivered"}`),
		failed:    deps.Metrics.NewCounter(`ninewatch_collector_webhook_deliveries_total{result="failed"}`),
		dead:      deps.Metrics.NewCounter(`ninewatch_collector_webhook_deliveries_total{result="dead"}`),
	}
}

// Start begins to deliver.
func (s *Service) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wg.Go(func() { s.loop(ctx) })
	return nil
}

// Stop cuts off attempts in flight; they are made again after the next start.
func (s *Service) Stop(ctx context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	defer s.client.CloseIdleConnections()
	return lifecycle.Wait(ctx, &s.wg, "webhook deliveries")
}

// Wake looks at the outbox now. Call it after the commit of a transaction with Notify in it.
func (s *Service) Wake() {
	select {
	case s.awake <- struct{}{}:
	default:
	}
}

func (s *Service) loop(ctx context.Context) {
	for ctx.Err() == nil {
		list, err := s.due(ctx, s.deps.Now().UnixMilli(), s.resting()...)
		if err != nil && ctx.Err() == nil {
			s.log.Error("outbox not readable, next try in a minute", "err", err)
		}
		s.dispatch(ctx, list)
		timer := time.NewTimer(time.Until(s.nextDue(ctx, s.deps.Now())))
		select {
		case <-ctx.Done():
		case <-s.awake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// dispatch serves each receiver in a goroutine of its own, one delivery after the other.
func (s *Service) dispatch(ctx context.Context, list []delivery) {
	perReceiver := map[string][]delivery{}
	for _, d := range list {
		perReceiver[d.receiver] = append(perReceiver[d.receiver], d)
	}
	for name, queue := range perReceiver {
		s.mu.Lock()
		busy := s.busy[name]
		s.busy[name] = true
		s.mu.Unlock()
		if busy {
			continue
		}
		s.wg.Go(func() {
			s.serve(ctx, name, queue)
			s.mu.Lock()
			delete(s.busy, name)
			s.mu.Unlock()
			s.Wake() // what became due meanwhile
		})
	}
}

func (s *Service) serve(ctx context.Context, name string, queue []delivery) {
	for _, d := range queue {
		var r result
		to, err := s.deps.Receiver(ctx, name)
		started := s.deps.Now()
		switch {
		case errors.Is(err, ErrUnknownReceiver):
			r = result{err: "the receiver has been removed"}
		case err != nil:
			r = result{err: "the receiver cannot be read: " + err.Error(), again: true}
		default:
			r = s.attempt(ctx, to, d)
		}
		if ctx.Err() != nil {
			return // not an attempt: we were stopped
		}
		r.took = s.deps.Now().Sub(started)
		if err := s.settle(ctx, to, d, r); err != nil {
			s.log.Error("result of a delivery not recorded, it will be made again", "receiver", name, "err", err)
			return
		}
		s.count(name, d, r)
		if s.trouble(ctx, name, r) {
			return // its other deliveries wait for the next round
		}
	}
}

// attempt sends d, unless its receiver wants no messages any more.
func (s *Service) attempt(ctx context.Context, to Receiver, d delivery) result {
	switch why, err := s.gone(ctx, to); {
	case err != nil:
		return result{err: "the receiver cannot be read: " + err.Error(), again: true}
	case why != "":
		return result{err: why}
	}
	return s.send(ctx, to, d)
}

func (s *Service) count(name string, d delivery, r result) {
	switch {
	case r.delivered():
		s.delivered.Inc()
		return
	case r.again:
		s.failed.Inc()
	default:
		s.dead.Inc()
	}
	if suppressed, ok := s.quiet.Allow(name); ok {
		next := "it will be tried again"
		if !r.again {
			next = "it is a dead letter, send it again from the delivery log"
		}
		s.log.Warn("delivery failed", "receiver", name, "delivery", d.id, "code", r.code, "err", r.err, "next", next, "suppressed", suppressed)
	}
}
