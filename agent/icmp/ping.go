package icmp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"time"

	probing "github.com/prometheus-community/pro-bing"
	"golang.org/x/sys/unix"
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
	if !oneHost(addr) {
		return PingResult{}, fmt.Errorf("ping %q: %s is not the address of one host", host, addr)
	}
	raw, err := mayOpen(addr.Is6())
	if err != nil {
		return PingResult{}, fmt.Errorf("ping %q: %w", host, err)
	}
	s := newPing(host, addr)
	if err := s.run(ctx, count, interval, raw); s.Sent == 0 {
		if err == nil {
			err = ctx.Err()
		}
		return s.PingResult, fmt.Errorf("ping %q: nothing could be sent to %s: %w", host, addr, err)
	}
	s.finish()
	return s.PingResult, nil
}

// ping counts for itself what pro-bing sends and receives: pro-bing takes its round-trip times from wall-clock
// times in the packet, accepts replies from any address, and calls a send that failed no loss.
type ping struct {
	PingResult
	clock  func() reading
	sent   map[int]reading
	rtts   map[int]float64
	failed error
}

func newPing(host string, addr netip.Addr) *ping {
	return &ping{
		PingResult: PingResult{Host: host, Address: addr},
		clock:      newClock(), sent: map[int]reading{}, rtts: map[int]float64{},
	}
}

// run returns the first error that kept a probe from being sent.
func (s *ping) run(ctx context.Context, count int, interval time.Duration, raw bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pinger := probing.New("")
	pinger.SetIPAddr(&net.IPAddr{IP: s.Address.AsSlice(), Zone: s.Address.Zone()})
	pinger.SetPrivileged(raw)
	pinger.SetLogger(probing.NoopLogger{})
	pinger.RecordRtts, pinger.RecordTTLs = false, false
	pinger.Count, pinger.Interval = count, interval
	pinger.Timeout = time.Duration(count-1)*interval + pingTimeout
	pinger.OnSend = func(p *probing.Packet) {
		s.sent[p.Seq] = s.clock()
		s.Sent++
	}
	pinger.OnSendError = func(_ *probing.Packet, err error) {
		s.fault(err)
		if errors.Is(err, unix.ENOBUFS) {
			time.Sleep(10 * time.Millisecond) // pro-bing repeats at once and for ever
		}
		if s.Faults >= count {
			cancel()
		}
	}
	pinger.OnRecv = s.receive
	pinger.OnDuplicateRecv = s.receive
	if err := pinger.RunWithContext(ctx); err != nil && s.failed == nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return s.failed
}

func (s *ping) fault(err error) {
	var errno unix.Errno
	errors.As(err, &errno)
	s.Faults++
	s.Fault = faultOf(errno).String()
	s.failed = err
}

// receive counts a reply from the address that was asked, once.
func (s *ping) receive(p *probing.Packet) {
	now := s.clock()
	sent, known := s.sent[p.Seq]
	from, ok := netip.AddrFromSlice(p.IPAddr.IP)
	rtt := now.mono - sent.mono
	if !known || !ok || from.Unmap() != s.Address.WithZone("") || rtt > int64(pingTimeout) {
		return
	}
	if _, again := s.rtts[p.Seq]; again {
		s.Duplicates++
		return
	}
	s.rtts[p.Seq] = float64(rtt) / 1e9
	s.Received++
}

func (s *ping) finish() {
	s.Loss = float64(s.Sent-s.Received) / float64(s.Sent)
	if s.Received == 0 {
		return
	}
	var sorted []float64
	var sum, variation float64
	pairs := 0
	for seq, rtt := range s.rtts {
		sorted = append(sorted, rtt)
		sum += rtt
		if before, ok := s.rtts[seq-1]; ok {
			variation += math.Abs(rtt - before)
			pairs++
		}
	}
	slices.Sort(sorted)
	at := func(q float64) float64 { return sorted[int(math.Ceil(q*float64(len(sorted))))-1] }
	s.RTT = &PingRTT{Min: sorted[0], P50: at(0.5), P95: at(0.95), Max: sorted[len(sorted)-1], Mean: sum / float64(len(sorted))}
	if pairs > 0 {
		variation /= float64(pairs)
		s.IPDV = &variation
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

// mayOpen tells which kind of socket this process may open.
func mayOpen(v6 bool) (raw bool, err error) {
	s, err := openSocket(v6, 0)
	if err != nil {
		return false, err
	}
	defer s.close()
	return s.raw, nil
}
