package hostagent

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

const (
	readingAge   = time.Second           // how long the answers of a reading are good
	firstMeasure = time.Second           // how long Start waits for the file systems
	longest      = 4096                  // a request longer than this is none
	pauseOnFail  = 10 * time.Millisecond // after the socket could not be read: not a busy loop
)

// Agent is the SNMP agent of this host.
type Agent struct {
	cfg   Config
	deps  Deps
	log   *slog.Logger
	quiet *logging.Quiet
	m     agentMetrics
	host  *host

	mu     sync.Mutex // guards conn, cancel
	conn   *net.UDPConn
	cancel context.CancelFunc
	wg     sync.WaitGroup

	tree *snmpagent.Tree // of the newest reading, taken at read; both are serve's own
	read time.Time
}

// New returns an agent that is not started.
func New(cfg Config, deps Deps) (*Agent, error) { return newAgent(cfg, deps, realSources()) }

func newAgent(cfg Config, deps Deps, from sources) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &Agent{cfg: cfg, deps: deps, log: deps.Log.With("component", "collector/hostagent"),
		quiet: logging.NewQuiet(time.Hour), m: newAgentMetrics(deps.Metrics)}
	a.host = newHost(from, a.unreadable)
	return a, nil
}

// unreadable is told what could not be read of the host.
func (a *Agent) unreadable(source string, err error) {
	a.m.unreadable(source).Inc()
	if suppressed, ok := a.quiet.Allow(source); ok {
		a.log.Warn("a part of this host cannot be read and is left out", "source", source, "err", err, "suppressed", suppressed)
	}
}

// Start opens the socket and answers from now on.
func (a *Agent) Start(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn != nil {
		return fmt.Errorf("start the host's agent: it was started before")
	}
	addr, err := parseListen(a.cfg.Listen)
	if err != nil {
		return err
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return fmt.Errorf("listen for SNMP on %s: %w", addr, err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.conn, a.cancel = conn, cancel
	a.host.begin(a.deps.Now())
	measured := make(chan struct{})
	a.wg.Go(func() {
		a.host.measureStores(a.deps.Now())
		close(measured)
		every(life, storePeriod, func() { a.host.measureStores(a.deps.Now()) })
	})
	a.wg.Go(func() { every(life, loadPeriod, func() { a.host.sampleLoad(a.deps.Now()) }) })
	select { // so that the first walk finds the file systems
	case <-measured:
	case <-time.After(firstMeasure):
	case <-ctx.Done():
	}
	a.wg.Go(func() { a.serve(life, conn) })
	a.log.Info("this host answers SNMP on loopback", "addr", conn.LocalAddr().String())
	return nil
}

// every calls do once in each period, until ctx ends.
func every(ctx context.Context, period time.Duration, do func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}

// Addr is where the agent answers; the zero value before Start.
func (a *Agent) Addr() netip.AddrPort {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		return netip.AddrPort{}
	}
	return a.conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Stop closes the socket and waits for what is being read. It may be called again, and without Start.
func (a *Agent) Stop(ctx context.Context) error {
	a.mu.Lock()
	if a.conn == nil {
		a.mu.Unlock()
		return nil
	}
	a.cancel()
	a.conn.Close() //nolint:errcheck // nothing to lose
	a.mu.Unlock()
	return lifecycle.Wait(ctx, &a.wg, "the host's agent")
}

func (a *Agent) serve(ctx context.Context, conn *net.UDPConn) {
	buf := make([]byte, longest)
	var req snmpwire.Message
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			a.m.receiveErrors.Inc()
			select {
			case <-ctx.Done():
			case <-time.After(pauseOnFail):
			}
			continue
		}
		packet, ok := a.answer(&req, from.Addr(), buf[:n])
		if !ok {
			continue
		}
		if _, err := conn.WriteToUDPAddrPort(packet, from); err != nil {
			a.m.sendErrors.Inc()
			continue
		}
		a.m.answered.Inc()
	}
}

// answer is what the agent says to a datagram. It is not ok when it keeps silent.
func (a *Agent) answer(req *snmpwire.Message, from netip.Addr, packet []byte) ([]byte, bool) {
	a.m.requests.Inc()
	if !from.Unmap().IsLoopback() {
		a.m.stranger.Inc()
		return nil, false
	}
	err := snmpwire.DecodeInto(req, packet)
	if err != nil && !errors.Is(err, snmpwire.ErrValue) { // the values of a read do not matter
		a.m.garbage.Inc()
		return nil, false
	}
	if req.Version != snmpwire.V2c {
		a.m.version.Inc()
		return nil, false
	}
	if subtle.ConstantTimeCompare(req.Community, []byte(a.cfg.Community.Reveal())) != 1 {
		a.m.community.Inc()
		return nil, false
	}
	resp, ok := snmpagent.Answer(a.view(a.deps.Now()), req, snmpagent.MaxMessage)
	if !ok {
		a.m.noRequest.Inc()
		return nil, false
	}
	a.m.varBinds.Add(len(resp.PDU.VarBinds))
	return snmpwire.Append(make([]byte, 0, snmpagent.MaxMessage), &resp), true
}

// view is the host as it was at most readingAge before now.
func (a *Agent) view(now time.Time) *snmpagent.Tree {
	if age := now.Sub(a.read); a.tree == nil || age >= readingAge || age < 0 {
		a.m.readings.Inc()
		reading := a.host.reading(now)
		a.tree, a.read = snmpagent.NewTree(reading.objects()), now
	}
	return a.tree
}
