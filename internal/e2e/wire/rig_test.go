package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"ninewatch/agent/spool"
	"ninewatch/agent/uplink"
	"ninewatch/collector/auth"
	"ninewatch/collector/ingest"
	"ninewatch/collector/state"
	"ninewatch/internal/jointoken"
	"ninewatch/internal/journal"
	"ninewatch/internal/telemetry"
)

// With these variables the test program is an agent that enrols and ends: see TestProxy.
const (
	childToken = "NINEWATCH_WIRE_TOKEN"
	childDir   = "NINEWATCH_WIRE_DIR"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childToken); text != "" {
		token, err := jointoken.Parse(text)
		if err == nil {
			err = uplink.Enroll(context.Background(), token, os.Getenv(childDir), "test")
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// clock is the time of both ends.
type clock struct{ shift atomic.Int64 }

func (c *clock) Now() time.Time       { return time.Now().Add(time.Duration(c.shift.Load())) }
func (c *clock) pass(d time.Duration) { c.shift.Add(int64(d)) }

// output is a log that is read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// collector is the receiving end. It keeps its folder and address over restarts.
type collector struct {
	*clock
	t        *testing.T
	dir      string
	addr     string
	db       *state.DB
	auth     *auth.Auth
	ca       *auth.CA
	journal  *journal.Journal
	service  *ingest.Service
	paused   atomic.Bool
	contacts atomic.Int64

	mu         sync.Mutex
	assignment telemetry.Assignment
	changed    chan struct{}
}

func newCollector(t *testing.T, c *clock) *collector {
	t.Helper()
	k := &collector{clock: c, t: t, dir: t.TempDir(), addr: "127.0.0.1:0", changed: make(chan struct{})}
	k.assignment = telemetry.Assignment{Term: 1, N: 1}
	k.start()
	t.Cleanup(k.stop)
	return k
}

func (k *collector) start() {
	k.t.Helper()
	log, set := slog.New(slog.DiscardHandler), metrics.NewSet()
	must := func(err error) {
		k.t.Helper()
		if err != nil {
			k.t.Fatal(err)
		}
	}
	var err error
	k.db, err = state.Open(k.t.Context(), state.Config{Path: filepath.Join(k.dir, "state.db")}, state.Deps{Log: log, Now: k.Now})
	must(err)
	k.ca, err = auth.OpenCA(filepath.Join(k.dir, "ca"), k.Now)
	must(err)
	k.auth, err = auth.New(auth.DefaultConfig(), auth.Deps{Log: log, Metrics: set, DB: k.db, CA: k.ca, Now: k.Now})
	must(err)
	k.journal, err = journal.Open(journal.Options{Dir: filepath.Join(k.dir, "journal"), SegmentBytes: 1 << 20, Now: k.Now, Log: log})
	must(err)
	cfg := ingest.DefaultConfig()
	cfg.Listen = k.addr
	k.service, err = ingest.New(cfg, ingest.Deps{
		Log: log, Metrics: set, Journal: k.journal, Auth: k.auth,
		Seen: func(ctx context.Context) (ingest.Seen, error) { return ingest.LoadSeen(ctx, k.db.Read()) },
		Assign: func(context.Context, string, string) (telemetry.Assignment, error) {
			a, _ := k.current()
			return a, nil
		},
		AssignChanged: func() <-chan struct{} { _, changed := k.current(); return changed },
		DeviceSite:    func(string) (string, bool) { return "", false },
		OnContact: func(c auth.Contact) {
			if err := k.auth.RecordContact(context.Background(), c); err == nil {
				k.contacts.Add(1)
			}
		},
		Pause: k.paused.Load, Now: k.Now,
	})
	must(err)
	must(k.service.Start(k.t.Context()))
	k.addr = k.service.Addr().String()
}

func (k *collector) current() (telemetry.Assignment, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.assignment, k.changed
}

func (k *collector) assign(a telemetry.Assignment) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.assignment = a
	close(k.changed)
	k.changed = make(chan struct{})
}

func (k *collector) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := errors.Join(k.service.Stop(ctx), k.journal.Close(), k.db.Close()); err != nil {
		k.t.Error(err)
	}
}

func (k *collector) token(site string, ttl time.Duration) jointoken.Token {
	k.t.Helper()
	token, _, err := k.auth.CreateToken(k.t.Context(), site, ttl, k.addr)
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

// entries returns what the journal holds.
func (k *collector) entries() (out []telemetry.Entry) {
	k.t.Helper()
	reader := k.journal.Read(1)
	defer reader.Close()
	for {
		_, b, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			k.t.Fatal(err)
		}
		e, err := ingest.DecodeEntry(b)
		if err != nil {
			k.t.Fatal(err)
		}
		out = append(out, e)
	}
}

// agent is the sending end. It keeps its folder over restarts.
type agent struct {
	*clock
	t      *testing.T
	dir    string
	log    output
	set    *metrics.Set
	queue  *spool.Queue
	uplink *uplink.Uplink

	mu       sync.Mutex
	assigned []telemetry.Assignment
}

// newAgent is an agent that is enrolled and not started.
func newAgent(t *testing.T, k *collector) *agent {
	t.Helper()
	a := &agent{clock: k.clock, t: t, dir: t.TempDir()}
	if err := uplink.Enroll(t.Context(), k.token("lisbon", time.Hour), a.dir, "test"); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *agent) start() {
	a.t.Helper()
	log := slog.New(slog.NewTextHandler(&a.log, nil))
	a.set = metrics.NewSet()
	cfg := spool.DefaultConfig()
	cfg.Dir = filepath.Join(a.dir, "spool")
	var err error
	if a.queue, err = spool.Open(cfg, spool.Deps{Log: log, Metrics: a.set, Now: a.Now}); err != nil {
		a.t.Fatal(err)
	}
	up := uplink.DefaultConfig()
	up.StateDir, up.Version, up.Heartbeat = a.dir, "test", 50*time.Millisecond
	up.MinBackoff, up.MaxBackoff, up.Window = 5*time.Millisecond, 50*time.Millisecond, 64<<10
	a.uplink, err = uplink.New(up, uplink.Deps{
		Log: log, Metrics: a.set, Queue: a.queue, Now: a.Now,
		OnAssignment: func(x telemetry.Assignment) []string {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.assigned = append(a.assigned, x)
			return nil
		},
		Heartbeat: func() telemetry.Heartbeat {
			account := a.queue.Account()
			return telemetry.Heartbeat{Watermark: a.Now().UnixMilli(), Produced: account.Produced, Acknowledged: account.Acknowledged, Queued: account.Queued}
		},
	})
	if err == nil {
		err = a.uplink.Start(a.t.Context())
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *agent) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := errors.Join(a.uplink.Stop(ctx), a.uplink.Stop(ctx), a.queue.Close(ctx)); err != nil {
		a.t.Error(err)
	}
}

func (a *agent) last() telemetry.Assignment {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.assigned) == 0 {
		return telemetry.Assignment{}
	}
	return a.assigned[len(a.assigned)-1]
}

// produce appends n frames of one sample, whose values count on from first.
func (a *agent) produce(first, n int) {
	a.t.Helper()
	for i := range n {
		err := a.queue.Append(telemetry.Record{Frame: &telemetry.Frame{
			Device:   "lis-core-1",
			Template: []telemetry.Series{{Name: "sysUpTime"}},
			Polls:    []telemetry.Poll{{Time: a.Now().UnixMilli(), Values: []telemetry.Value{telemetry.UintValue(uint64(first + i))}}},
		}})
		if err != nil {
			a.t.Fatal(err)
		}
	}
}

// drained waits until all that was produced is acknowledged.
func (a *agent) drained() {
	a.t.Helper()
	eventually(a.t, "the queue to be empty", func() bool { return a.queue.Account().Records == 0 })
	if acc := a.queue.Account(); acc.Produced != acc.Acknowledged {
		a.t.Errorf("account: %+v", acc)
	}
}

// exactly checks that the collector holds each of the values 0 to n-1 once.
func exactly(t *testing.T, k *collector, n int) {
	t.Helper()
	seen := map[uint64]int{}
	for _, e := range k.entries() {
		if e.Record.Frame != nil {
			seen[e.Record.Frame.Polls[0].Values[0].Bits]++
		}
	}
	for v := range uint64(n) {
		if seen[v] != 1 {
			t.Fatalf("value %d is there %d times", v, seen[v])
		}
	}
	if len(seen) != n {
		t.Fatalf("%d values, want %d", len(seen), n)
	}
}

// eventually waits for what another goroutine does; the limit only ends a test that has failed.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
