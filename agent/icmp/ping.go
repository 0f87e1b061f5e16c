package icmp

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// PingResult is what Ping found. RTTs are in seconds; they are nil when nothing came back.
type PingResult struct {
	Host       string     `json:"host"`
	Address    netip.Addr `json:"address"`
	Sent       int        `json:"sent"`
	Received   int        `json:"received"`
	Loss       float64    `json:"loss"` // ratio 0 to 1, of what was sent
	Duplicates int        `json:"duplicates"`
	Faults     int        `json:"faults"` // probes that could not be sent; neither sent nor lost
	Fault      string     `json:"fault,omitempty"`
	RTT        *PingRTT   `json:"rtt_seconds"`
	IPDV       *float64   `json:"ipdv_seconds"` // mean of |RTT(n) - RTT(n-1)| over consecutive probes (RFC 3393)
}

// PingRTT are the round-trip times of the replies, in seconds.
type PingRTT struct {
	Min  float64 `json:"min"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	Max  float64 `json:"max"`
	Mean float64 `json:"mean"`
}

// pingTimeout is how long a reply may take, as in DefaultConfig.
const pingTimeout = time.Second

// Ping sends count echoes to host (a name or an address) and waits for the replies. It is an error when
// nothing could be sent: that is not a loss of 0 %. When ctx ends earlier, the result tells what was so far.
func Ping(ctx context.Context, host string, count int, interval time.Duration) (PingResult, error) {
	if count < 1 || interval < minInterval {
		return PingResult{}, fmt.Errorf("ping %q: %d probes every %s: at least 1 and %s are needed", host, count, interval, minInterval)
	}
	addr, err := resolve(ctx, host)
	if err != nil {
		return PingResult{}, fmt.Errorf("ping %q: %w", host, err)
	}
	s := ping{PingResult: PingResult{Host: host, Address: addr}}
	if err := s.run(ctx, count, interval); err != nil {
		return s.PingResult, fmt.Errorf("ping %q: %w", host, err)
	}
	if s.Sent == 0 {
		return s.PingResult, fmt.Errorf("ping %q: nothing could be sent to %s: %s", host, addr, s.Fault)
	}
	s.finish()
	return s.PingResult, nil
}

// ping collects the results of one target.
type ping struct {
	PingResult
	rtts      []float64
	last      float64 // RTT of the probe before; 0: not answered
	variation float64 // sum over pairs of probes
	pairs     int
}

// pingPoll is for how long a reply may lie in the socket: its RTT does not depend on it.
const pingPoll = 10 * time.Millisecond

// run has an engine send count probes, without the slots and the slower pace for the dead that a Prober has.
func (s *ping) run(ctx context.Context, count int, interval time.Duration) error {
	zone, err := scope(s.Address)
	if err != nil {
		return err
	}
	e := newEngine(s.Address.Is6(), pingTimeout, slog.New(slog.DiscardHandler), newMetrics(metrics.NewSet()), s.take)
	if err := e.open(); err != nil {
		return err
	}
	defer e.close()
	g := &target{Target: Target{Name: s.Host, Interval: interval}, addr: s.Address.WithZone(""), scope: zone}
	begin := e.clock().mono
	for n := 0; ; {
		now := e.clock()
		if next := begin + int64(n)*int64(interval); n < count && now.mono >= next {
			e.send(g, shot{}, now)
			n++
		}
		e.receive()
		if n == count && e.table.waiting == 0 {
			s.Duplicates += int(g.duplicates)
			return nil
		}
		wait := pingPoll
		if n < count {
			wait = min(wait, time.Duration(begin+int64(n)*int64(interval)-now.mono))
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			s.Sent += e.table.waiting
			return nil
		}
	}
}

// take counts a result.
func (s *ping) take(r Result) {
	s.Duplicates += r.Duplicates
	if r.Outcome == Fault {
		s.Faults++
		s.Fault = r.Reason
	} else {
		s.Sent++
	}
	rtt := 0.0
	if r.Outcome == Reply {
		rtt = r.RTT.Seconds()
		s.Received++
		s.rtts = append(s.rtts, rtt)
		if s.last > 0 {
			s.variation += math.Abs(rtt - s.last)
			s.pairs++
		}
	}
	s.last = rtt
}

func (s *ping) finish() {
	s.Loss = float64(s.Sent-s.Received) / float64(s.Sent)
	if s.Received == 0 {
		return
	}
	slices.Sort(s.rtts)
	sum := 0.0
	for _, rtt := range s.rtts {
		sum += rtt
	}
	at := func(q float64) float64 { return s.rtts[int(math.Ceil(q*float64(len(s.rtts))))-1] }
	s.RTT = &PingRTT{Min: s.rtts[0], P50: at(0.5), P95: at(0.95), Max: at(1), Mean: sum / float64(len(s.rtts))}
	if s.pairs > 0 {
		mean := s.variation / float64(s.pairs)
		s.IPDV = &mean
	}
}

func resolve(ctx context.Context, host string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap(), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs { // IPv4 first, as the other tools do
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	return addrs[0], nil
}
