package ingest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"ninewatch/collector/auth"
	"ninewatch/collector/state"
	"ninewatch/internal/journal"
	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

func TestMain(m *testing.M) {
	// database/sql keeps one goroutine per pool until Close, which is what the rig calls.
	goleak.VerifyTestMain(m)
}

// rig is a collector's ingest on loopback, with the real journal, identities and state store.
type rig struct {
	t       *testing.T
	dir     string
	db      *state.DB
	auth    *auth.Auth
	ca      *auth.CA
	journal *journal.Journal
	broken  *brokenJournal
	service *Service
	metrics *metrics.Set

	paused   atomic.Bool
	contacts chan auth.Contact

	mu         sync.Mutex
	now        time.Time
	assignment telemetry.Assignment
	changed    chan struct{}
}

// brokenJournal fails while broken is set.
type brokenJournal struct {
	*journal.Journal
	broken atomic.Bool
}

func (b *brokenJournal) Append(recs ...[]byte) (uint64, error) {
	if b.broken.Load() {
		return 0, errors.New("no space left on device")
	}
	return b.Journal.Append(recs...)
}

var testLog = slog.New(slog.DiscardHandler)

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), now: time.Now().Truncate(time.Second), changed: make(chan struct{}), contacts: make(chan auth.Contact, 100)}
	r.assignment = telemetry.Assignment{Term: 1, N: 1}
	var err error
	if r.ca, err = auth.OpenCA(filepath.Join(r.dir, "ca"), r.Now); err != nil {
		t.Fatal(err)
	}
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *rig) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) assign(a telemetry.Assignment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.assignment = a
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *rig) start() {
	r.t.Helper()
	r.metrics = metrics.NewSet()
	var err error
	if r.db, err = state.Open(r.t.Context(), state.Config{Path: filepath.Join(r.dir, "state.db")}, state.Deps{Log: testLog, Now: r.Now}); err != nil {
		r.t.Fatal(err)
	}
	if r.auth, err = auth.New(auth.DefaultConfig(), auth.Deps{Log: testLog, Metrics: r.metrics, DB: r.db, CA: r.ca, Now: r.Now}); err != nil {
		r.t.Fatal(err)
	}
	if r.journal, err = journal.Open(journal.Options{Dir: filepath.Join(r.dir, "journal"), Now: r.Now, Log: testLog}); err != nil {
		r.t.Fatal(err)
	}
	r.broken = &brokenJournal{Journal: r.journal}
	cfg := DefaultConfig()
	cfg.Listen, cfg.HelloTimeout = "127.0.0.1:0", 300*time.Millisecond
	r.service, err = New(cfg, Deps{
		Log: testLog, Metrics: r.metrics, Journal: r.broken, Auth: r.auth,
		Seen: func(ctx context.Context) (Seen, error) { return LoadSeen(ctx, r.db.Read()) },
		Assign: func(context.Context, string, string) (telemetry.Assignment, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.assignment, nil
		},
		AssignChanged: func() <-chan struct{} {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.changed
		},
		DeviceSite: func(device string) (string, bool) {
			site, ok := map[string]string{"lis-core-1": "lisbon", "opo-core-1": "porto"}[device]
			return site, ok
		},
		OnContact: func(c auth.Contact) { r.contacts <- c },
		Pause:     r.paused.Load,
		Now:       r.Now,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.service.Start(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for range 2 { // twice is safe
		if err := r.service.Stop(ctx); err != nil {
			r.t.Error(err)
		}
	}
	if err := errors.Join(r.journal.Close(), r.db.Close()); err != nil {
		r.t.Error(err)
	}
}

// entries returns all that the journal holds.
func (r *rig) entries() []telemetry.Entry {
	r.t.Helper()
	reader := r.journal.Read(1)
	defer reader.Close()
	var out []telemetry.Entry
	for {
		lsn, b, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.t.Fatal(err)
		}
		e, err := DecodeEntry(b)
		if err != nil {
			r.t.Fatal(err)
		}
		e.LSN = lsn
		out = append(out, e)
	}
}

func (r *rig) counter(name string) uint64 { return r.metrics.GetOrCreateCounter(name).Get() }

// agent is a client that does what a test wants of it.
type agent struct {
	r    *rig
	key  *ecdsa.PrivateKey
	cert []byte
	id   string
	site string
}

// enrol returns a fresh agent of site.
func (r *rig) enrol(site string) *agent {
	r.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	a := &agent{r: r, key: key, site: site}
	token, _, err := r.auth.CreateToken(r.t.Context(), site, 0, "127.0.0.1:1")
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := r.client(tlsconf.Pinned(r.ca.Pin(), r.Now)).Enroll(r.t.Context(), &telemetryv1.EnrollRequest{TokenSecret: token.SecretText(), Csr: a.csr()})
	if err != nil {
		r.t.Fatal(err)
	}
	a.cert, a.id = answer.GetCertificate(), answer.GetAgent()
	return a
}

func (a *agent) csr() []byte {
	a.r.t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, a.key)
	if err != nil {
		a.r.t.Fatal(err)
	}
	return der
}

func (r *rig) client(config *tls.Config) telemetryv1.AgentsClient {
	r.t.Helper()
	conn, err := grpc.NewClient(r.service.Addr().String(), grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(64<<20)))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	return telemetryv1.NewAgentsClient(conn)
}

func (a *agent) client() telemetryv1.AgentsClient {
	return a.r.client(tlsconf.Client(tls.Certificate{Certificate: [][]byte{a.cert}, PrivateKey: a.key}, a.r.ca.Roots(), a.r.Now))
}

// stream is an open stream of an agent.
type stream struct {
	telemetryv1.Agents_StreamClient
	t *testing.T
}

func (a *agent) open() *stream {
	a.r.t.Helper()
	ctx, cancel := context.WithCancel(a.r.t.Context())
	a.r.t.Cleanup(cancel)
	s, err := a.client().Stream(ctx)
	if err != nil {
		a.r.t.Fatal(err)
	}
	return &stream{s, a.r.t}
}

var testEpoch = telemetry.Epoch{1, 2, 3}

func hello(now time.Time) *telemetryv1.Hello {
	return &telemetryv1.Hello{
		ProtocolMin: 1, ProtocolMax: 1, Version: "test", Epoch: testEpoch[:], BootId: "boot1",
		TimeUnixMs: now.UnixMilli(), Lane: telemetryv1.Lane_LANE_LIVE,
	}
}

// welcome opens a stream and returns it with the Welcome.
func (a *agent) welcome(change ...func(*telemetryv1.Hello)) (*stream, *telemetryv1.Welcome) {
	a.r.t.Helper()
	s := a.open()
	h := hello(a.r.Now())
	for _, f := range change {
		f(h)
	}
	s.hello(h)
	w := s.recv().GetWelcome()
	if w == nil {
		a.r.t.Fatal("the first message is no Welcome")
	}
	return s, w
}

func (s *stream) hello(h *telemetryv1.Hello) {
	s.t.Helper()
	if err := s.Send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Hello{Hello: h}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stream) batch(b *telemetryv1.Batch) {
	s.t.Helper()
	if err := s.Send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Batch{Batch: b}}); err != nil && !errors.Is(err, io.EOF) {
		s.t.Fatal(err)
	}
}

// record sends one run of device, whose last sample is at the time at.
func (s *stream) record(seq uint64, device string, at time.Time) {
	s.t.Helper()
	ms := at.UnixMilli()
	data, err := record.Encode(&telemetry.Record{Epoch: testEpoch, Seq: seq, Runs: []telemetry.Run{
		{Device: device, Probe: telemetry.ProbeICMP, From: ms - 4000, To: ms, Every: 1000, Result: telemetry.OK},
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := record.ToWire(data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.batch(b)
}

func (s *stream) recv() *telemetryv1.CollectorMessage {
	s.t.Helper()
	m, err := s.Recv()
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// acked waits until all of want are acknowledged, and fails on any other.
func (s *stream) acked(want ...uint64) {
	s.t.Helper()
	missing := map[uint64]bool{}
	for _, seq := range want {
		missing[seq] = true
	}
	for len(missing) > 0 {
		ack := s.recv().GetAck()
		if ack == nil {
			continue // the assignment
		}
		if telemetry.Epoch(ack.GetEpoch()) != testEpoch {
			s.t.Fatalf("acknowledged epoch %x", ack.GetEpoch())
		}
		for _, r := range ack.GetRanges() {
			for seq := r.GetFirst(); seq <= r.GetLast(); seq++ {
				if !missing[seq] {
					s.t.Fatalf("acknowledged %d, which was not sent", seq)
				}
				delete(missing, seq)
			}
		}
	}
}

// ends waits for the end of the stream and returns its error.
func (s *stream) ends() error {
	s.t.Helper()
	for {
		if _, err := s.Recv(); err != nil {
			return err
		}
	}
}
