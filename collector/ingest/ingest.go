package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"ninewatch/collector/auth"
	"ninewatch/internal/journal"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/listen"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// Journal is what the service needs of *journal.Journal.
type Journal interface {
	Append(recs ...[]byte) (first uint64, err error)
	Sync(ctx context.Context) error
	Read(from uint64) *journal.Reader
}

// Identities is what the service needs of *auth.Auth.
type Identities interface {
	CA() *auth.CA
	Enroll(context.Context, auth.Enrolment) (auth.Identity, error)
	Renew(context.Context, tlsconf.Peer, []byte) ([]byte, error)
	Agent(ctx context.Context, site, id string) (auth.Agent, error)
	Agents(context.Context) ([]auth.Agent, error)
	Revocations() <-chan struct{}
	Audit(ctx context.Context, action, object, detail string) error
}

// Deps are the things a Service uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Journal Journal
	Auth    Identities

	// Seen returns what the journal held up to a position that Start reads on from: LoadSeen.
	Seen func(context.Context) (Seen, error)
	// Assign returns what an agent is to poll, and AssignChanged a channel closed when that may differ.
	Assign        func(ctx context.Context, agent, site string) (telemetry.Assignment, error)
	AssignChanged func() <-chan struct{}
	// DeviceSite returns the site of a device; of a device that is not in the inventory anybody may speak.
	DeviceSite func(device string) (site string, known bool)
	// OnContact is told of each sign of life, from the goroutine that reads the stream.
	OnContact func(auth.Contact)
	// Pause tells that there is no space to journal or store.
	Pause func() bool
	Now   func() time.Time
}

// Service is the gRPC server for agents.
type Service struct {
	telemetryv1.UnimplementedAgentsServer

	cfg     Config
	deps    Deps
	log     *slog.Logger
	m       ingestMetrics
	quiet   *logging.Quiet
	audits  *logging.Quiet
	seen    *seen
	streams *registry

	server   *grpc.Server
	listener net.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup
}

// New returns a Service that is not started.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	s := &Service{
		cfg:     cfg,
		deps:    deps,
		log:     deps.Log.With("component", "collector/ingest"),
		quiet:   logging.NewQuiet(time.Minute),
		audits:  logging.NewQuiet(auditEvery),
		streams: newRegistry(),
	}
	s.m = newIngestMetrics(deps.Metrics, s.streams.count)
	s.seen = newSeen(s.m.epochsForgotten)
	return s, nil
}

// Start reads what the journal holds beyond the state store, and listens.
func (s *Service) Start(ctx context.Context) error {
	if err := s.restore(ctx); err != nil {
		return err
	}
	listener, err := listen.TCP(s.cfg.Listen)
	if err != nil {
		return err
	}
	s.listener = listener
	s.server = grpc.NewServer(
		grpc.Creds(credentials.NewTLS(tlsconf.Server(s.deps.Auth.CA().Certificate, s.deps.Now))),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxSendMsgSize(maxMessage),
		grpc.MaxConcurrentStreams(8), // two lanes, their successors, Renew
		grpc.ConnectionTimeout(10*time.Second),
		grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveMin, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge:      s.cfg.ConnectionAge,
			MaxConnectionAgeGrace: connectionGrace,
			Time:                  keepaliveIdle,
			Timeout:               keepaliveMin,
		}),
	)
	telemetryv1.RegisterAgentsServer(s.server, s)
	ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Go(func() {
		if err := s.server.Serve(listener); err != nil {
			s.log.Error("the server for agents ended", "err", err)
		}
	})
	s.wg.Go(func() { s.watchRevocations(ctx) })
	s.log.Info("listening for agents", "addr", listener.Addr().String())
	return nil
}

// Addr is where the service listens, once started.
func (s *Service) Addr() net.Addr { return s.listener.Addr() }

// Stop ends all streams and waits for them. Batches that are not acknowledged come again.
func (s *Service) Stop(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	s.streams.endAll(errStopping)
	s.cancel()
	s.wg.Go(s.server.Stop)
	return lifecycle.Wait(ctx, &s.wg, "streams of agents")
}
