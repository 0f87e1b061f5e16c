package icmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"ninewatch/agent/schedule"
	"ninewatch/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector gathers results and lets a test wait for them.
type collector struct {
	mu      sync.Mutex
	results map[string][]Result
	changed chan struct{}
}

func newCollector() *collector {
	return &collector{results: map[string][]Result{}, changed: make(chan struct{}, 1)}
}

func (c *collector) report(r Result) {
	c.mu.Lock()
	c.results[r.Target] = append(c.results[r.Target], r)
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *collector) of(target string) []Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Result(nil), c.results[target]...)
}

// until waits until ok holds for the results of target so far.
func (c *collector) until(t *testing.T, target string, ok func([]Result) bool) []Result {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		if got := c.of(target); ok(got) {
			return got
		}
		select {
		case <-c.changed:
		case <-deadline:
			got := c.of(target)
			t.Fatalf("target %s: waited 20 s, got %d results, the latest %+v", target, len(got), got[max(0, len(got)-3):])
		}
	}
}

// count is true from n results on.
func count(n int) func([]Result) bool { return func(r []Result) bool { return len(r) >= n } }

// has is true when one of the latest results has this outcome and reason.
func latest(outcome Outcome, reason string) func([]Result) bool {
	return func(r []Result) bool {
		return len(r) > 0 && r[len(r)-1].Outcome == outcome && r[len(r)-1].Reason == reason
	}
}

func needSocket(t *testing.T) {
	t.Helper()
	s, err := openSocket(false, 1)
	testkit.Need(t, err == nil, "the right to open an ICMP socket (root, CAP_NET_RAW or net.ipv4.ping_group_range)")
	s.close()
}

func newTestProber(t *testing.T, cfg Config) (*Prober, *collector) {
	t.Helper()
	c := newCollector()
	p, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Report: c.report})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p, c
}

func start(t *testing.T, p *Prober) {
	t.Helper()
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func setTargets(t *testing.T, p *Prober, targets ...Target) {
	t.Helper()
	if err := p.SetTargets(targets); err != nil {
		t.Fatal(err)
	}
}

func TestProberOnLoopback(t *testing.T) {
	needSocket(t)
	p, c := newTestProber(t, DefaultConfig())
	interval := 20 * time.Millisecond
	setTargets(t, p,
		Target{Name: "four.example.net", Addr: netip.MustParseAddr("127.0.0.1"), Interval: interval},
		Target{Name: "other.example.net", Addr: netip.MustParseAddr("127.9.8.7"), Interval: interval},
		Target{Name: "mapped.example.net", Addr: netip.MustParseAddr("::ffff:127.0.0.1"), Interval: interval})
	start(t, p)
	for _, name := range []string{"four.example.net", "other.example.net", "mapped.example.net"} {
		for i, r := range c.until(t, name, count(20)) {
			if r.Outcome != Reply || r.RTT <= 0 || r.RTT > time.Second || r.Reason != "" || r.Duplicates != 0 {
				t.Errorf("%s %d: got %+v, want a reply", name, i, r)
			}
			if r.Slot.UnixMilli()%20 != schedule.Phase(name, interval).Milliseconds() || r.Slot.Location() != time.UTC {
				t.Errorf("%s %d: slot %s is not aligned", name, i, r.Slot)
			}
		}
	}
}

func TestProberOnLoopbackIPv6(t *testing.T) {
	s, err := openSocket(true, 1)
	testkit.Need(t, err == nil, "the right to open an ICMPv6 socket")
	s.close()
	p, c := newTestProber(t, DefaultConfig())
	setTargets(t, p, Target{Name: "six.example.net", Addr: netip.MustParseAddr("::1"), Interval: 20 * time.Millisecond})
	start(t, p)
	for _, r := range c.until(t, "six.example.net", count(5)) {
		testkit.Need(t, r.Reason != ReasonNoSource && r.Reason != ReasonNoRoute, "IPv6 on loopback")
		if r.Outcome != Reply || r.RTT <= 0 {
			t.Errorf("got %+v, want a reply", r)
		}
	}
}

// TestProberReportsEachSlotOnce changes the targets all the time: no slot may be lost or doubled by that.
func TestProberReportsEachSlotOnce(t *testing.T) {
	needSocket(t)
	p, c := newTestProber(t, DefaultConfig())
	start(t, p)
	steady := Target{Name: "steady.example.net", Addr: netip.MustParseAddr("127.0.0.1"), Interval: 10 * time.Millisecond}
	for i := range 100 {
		setTargets(t, p, steady, Target{Name: fmt.Sprint("other", i), Addr: netip.MustParseAddr("127.0.0.2"), Interval: 10 * time.Millisecond})
		c.until(t, steady.Name, count(i))
	}
	missed := int64(0)
	got := c.of(steady.Name)
	for i := 1; i < len(got); i++ {
		step := got[i].Slot.Sub(got[i-1].Slot).Milliseconds()
		if step <= 0 || step%10 != 0 {
			t.Fatalf("slot %s follows %s", got[i].Slot, got[i-1].Slot)
		}
		missed += step/10 - 1
	}
	if counted := int64(p.engines[0].m.missed.Get()); missed > counted {
		t.Errorf("slots without a result: got %d, counted as missed %d", missed, counted)
	}
}

// TestProberSurvivesASetClock moves the wall clock under the prober: RTTs stay true, slots go on.
func TestProberSurvivesASetClock(t *testing.T) {
	needSocket(t)
	for _, step := range []time.Duration{-time.Hour, time.Hour, 10 * time.Second, -300 * time.Millisecond} {
		p, c := newTestProber(t, DefaultConfig())
		var clock sync.Mutex
		var shift int64
		real := newClock()
		for _, e := range p.engines {
			e.clock = func() reading {
				clock.Lock()
				defer clock.Unlock()
				r := real()
				r.wall += shift
				return r
			}
		}
		setTargets(t, p, Target{Name: "sw1.example.net", Addr: netip.MustParseAddr("127.0.0.1"), Interval: 20 * time.Millisecond})
		start(t, p)
		c.until(t, "sw1.example.net", count(5))
		clock.Lock()
		shift = int64(step)
		clock.Unlock()
		before := len(c.of("sw1.example.net"))
		for i, r := range c.until(t, "sw1.example.net", count(before+20)) {
			if r.Outcome != Reply || r.RTT <= 0 || r.RTT > 500*time.Millisecond {
				t.Errorf("step %s, result %d: got %+v", step, i, r)
			}
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestProberWithoutSockets(t *testing.T) {
	needSocket(t)
	p, c := newTestProber(t, DefaultConfig())
	start(t, p)
	if err := p.Start(t.Context()); err == nil {
		t.Error("started twice without an error")
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// An engine whose socket cannot be opened reports faults in every slot.
	e := p.engines[0]
	e.sock, e.openedAt = nil, e.clock().mono
	e.send(&target{Target: Target{Name: "sw1.example.net"}}, shot{slot: 1000, every: 1000}, e.clock())
	got := c.of("sw1.example.net")
	if len(got) != 1 || got[0].Outcome != Fault || got[0].Reason != ReasonNoSocket || got[0].Slot.UnixMilli() != 1000 {
		t.Errorf("got %+v, want a fault", got)
	}
}

func TestSetTargetsRefuses(t *testing.T) {
	p, _ := newTestProber(t, DefaultConfig())
	f := func(want string, targets ...Target) {
		t.Helper()
		err := p.SetTargets(targets)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	local := netip.MustParseAddr("192.0.2.1")
	f(`target "a": interval 1ms is below 10ms`, Target{Name: "a", Addr: local, Interval: time.Millisecond})
	f(`target "a" has no address`, Target{Name: "a", Addr: netip.Addr{}, Interval: time.Second})
	f(`target "a": 224.0.0.1 is not the address of one host`, Target{Name: "a", Addr: netip.MustParseAddr("224.0.0.1"), Interval: time.Second})
	f(`target "a": :: is not the address of one host`, Target{Name: "a", Addr: netip.MustParseAddr("::"), Interval: time.Second})
	f(`target "a" is there twice`, Target{Name: "a", Addr: local, Interval: time.Second}, Target{Name: "a", Addr: local, Interval: time.Second})
	f(`target with address 192.0.2.1 has no name`, Target{Name: "", Addr: local, Interval: time.Second})
	f(`target "a": no interface "nothing0"`, Target{Name: "a", Addr: netip.MustParseAddr("fe80::1%nothing0"), Interval: time.Second})
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Config{Timeout: time.Minute}, Deps{})
	want := "icmp timeout 1m0s: use 1ms to 4s\nicmp: Log, Metrics and Report are required"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPing(t *testing.T) {
	needSocket(t)
	r, err := Ping(t.Context(), "127.0.0.1", 3, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != 3 || r.Received != 3 || r.Loss != 0 || r.Faults != 0 || r.RTT == nil || r.RTT.Min <= 0 || r.RTT.Max < r.RTT.P50 || r.IPDV == nil {
		t.Errorf("got %+v, want 3 of 3", r)
	}
}

func TestPingRefuses(t *testing.T) {
	f := func(host string, count int, want string) {
		t.Helper()
		_, err := Ping(t.Context(), host, count, time.Second)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("127.0.0.1", 0, `ping "127.0.0.1": 0 probes every 1s`)
	for _, addr := range []string{"224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "::ffff:224.0.0.1"} {
		f(addr, 1, "is not the address of one host")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Ping(ctx, "no-such-host.invalid", 1, time.Second); err == nil || errors.Is(err, ErrNotPermitted) {
		t.Errorf("unknown host: got %v", err)
	}
}
