package icmp

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// newOpenEngine returns an engine with a socket and without a goroutine, and a target on loopback.
func newOpenEngine(t testing.TB, report func(Result)) (*engine, *target) {
	t.Helper()
	p, err := New(DefaultConfig(), Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Report: report})
	if err != nil {
		t.Fatal(err)
	}
	e := p.engines[0]
	if err := e.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	addr := netip.MustParseAddr("127.0.0.1")
	return e, &target{Target: Target{Name: "sw1.example.net", Addr: addr, Interval: time.Second}, addr: addr}
}

func TestProbesDoNotAllocate(t *testing.T) {
	needSocket(t)
	replies := 0
	e, g := newOpenEngine(t, func(r Result) {
		if r.Outcome == Reply {
			replies++
		}
	})
	n := testing.AllocsPerRun(500, func() { // fewer than the table holds before it grows
		e.send(g, shot{slot: 1000, every: 1000}, e.clock())
		e.receive()
	})
	if n != 0 || replies < 400 {
		t.Errorf("allocations per probe: got %v of %d replies, want 0", n, replies)
	}
}

func BenchmarkProbe(b *testing.B) {
	s, err := openSocket(false, 1)
	if err != nil {
		b.Skip(err)
	}
	s.close()
	e, g := newOpenEngine(b, func(Result) {})
	b.ReportAllocs()
	for b.Loop() {
		e.send(g, shot{slot: 1000, every: 1000}, e.clock())
		e.receive()
	}
}
