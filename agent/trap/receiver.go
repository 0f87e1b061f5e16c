package trap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

const (
	maxDatagram = 65535
	readBuffer  = 1 << 20 // what a burst of a few thousand traps takes
	maxSources  = 1 << 16 // addresses of devices; when there were more in the agent's life, all begin anew
	maxUsers    = 16      // devices of one address
	informsKept = 16
	informKept  = time.Minute // senders try again for less than that
)

// Receiver receives traps. See the package comment for its promises.
type Receiver struct {
	cfg      Config
	deps     Deps
	log      *slog.Logger
	quiet    *logging.Quiet
	engineID []byte
	boots    uint32
	began    time.Time
	// Of the reading goroutine.
	sources map[netip.Addr]*source
	msg     snmpwire.Message
	engine  *snmpagent.Engine

	conn *net.UDPConn
	wg   sync.WaitGroup
}

// source is what is known of an address of devices.
type source struct {
	room    float64
	at      time.Time
	users   map[string]*user
	informs [informsKept]inform
	next    int
}

type inform struct {
	id int32
	at time.Time
}

// New returns a Receiver that is not started.
func New(cfg Config, deps Deps) (*Receiver, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	host, _ := os.Hostname()     //nolint:errcheck // one without a name has an id all the same
	id := "\x80\x00\x7e\xd9\x04" // RFC 3411, SnmpEngineID: 32473, the enterprise of examples (RFC 5612); a text
	began := time.Now()
	return &Receiver{
		cfg: cfg, deps: deps, log: deps.Log.With("component", "agent/trap"), quiet: logging.NewQuiet(time.Minute),
		engineID: []byte(id + host[:min(len(host), 27)]), began: began,
		boots:   uint32(began.Unix() / 60), // grows with each start, without a file that remembers
		sources: map[netip.Addr]*source{},
	}, nil
}

// Start opens the socket, if there is to be one.
func (r *Receiver) Start(context.Context) error {
	if r.cfg.Listen == "" {
		return nil
	}
	conn, err := net.ListenPacket("udp", r.cfg.Listen)
	switch {
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("traps.listen: %s needs a right that this user lacks: give the agent CAP_NET_BIND_SERVICE, or choose a port above 1023 and have the firewall redirect 162 to it", r.cfg.Listen)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("traps.listen: %s is in use by another program, such as snmptrapd: stop that one or choose another port", r.cfg.Listen)
	case err != nil:
		return fmt.Errorf("traps.listen: %w", err)
	}
	r.conn = conn.(*net.UDPConn)
	r.conn.SetReadBuffer(readBuffer) //nolint:errcheck // with the default a burst loses more
	r.wg.Go(r.read)
	return nil
}

// Addr is where a Receiver that was started listens.
func (r *Receiver) Addr() netip.AddrPort { return r.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Stop closes the socket.
func (r *Receiver) Stop(ctx context.Context) error {
	if r.conn == nil {
		return nil
	}
	r.conn.Close() //nolint:errcheck // of a second Stop
	return lifecycle.Wait(ctx, &r.wg, "the receiver of traps")
}

func (r *Receiver) read() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(time.Millisecond) // of an ICMP error to an answer, or the host is short of memory
			continue
		}
		result, answer := r.handle(buf[:n], from.Addr().Unmap())
		r.count(result)
		if len(answer) > 0 {
			r.conn.WriteTo(answer, net.UDPAddrFromAddrPort(from)) //nolint:errcheck // the sender asks again
		}
	}
}

func (r *Receiver) count(result string) {
	r.deps.Metrics.GetOrCreateCounter(`ninewatch_agent_trap_messages_total{result="` + result + `"}`).Inc()
}

// handle takes a datagram, and returns what became of it and what to answer.
func (r *Receiver) handle(b []byte, from netip.Addr) (result string, answer []byte) {
	senders := r.deps.Senders(from.WithZone(""))
	if len(senders) == 0 {
		return "unknown_source", nil
	}
	s := r.source(from)
	if !s.admit(time.Now(), r.cfg) {
		return "limited", nil
	}
	var reason error
	var report []byte
	for i := range senders {
		if report, reason = r.open(b, s, &senders[i]); reason == nil {
			return r.take(s, senders[i].Device)
		}
	}
	switch {
	case report != nil:
		return "report", report
	case reason == errForm:
		return "malformed", nil
	}
	if suppressed, ok := r.quiet.Allow(from.String()); ok {
		r.log.Warn("trap of a device is not believed", "device", senders[0].Device, "addr", from.String(), "err", reason, "suppressed", suppressed)
	}
	return "credentials", nil
}

// take hands over what the message says that was opened.
func (r *Receiver) take(s *source, device string) (result string, answer []byte) {
	p := &r.msg.PDU
	t, ok := read(p)
	if !ok {
		return "malformed", nil
	}
	if p.Type == snmpwire.InformRequest {
		p.Type, p.ErrorStatus, p.ErrorIndex = snmpwire.Response, 0, 0
		if r.engine != nil {
			answer = r.engine.Seal(nil, snmpwire.AppendPDU(nil, p))
		} else {
			answer = snmpwire.Append(nil, &r.msg)
		}
		if s.again(p.RequestID, time.Now()) {
			return "repeated", answer
		}
	}
	r.deps.Take(device, t)
	return "taken", answer
}

func (r *Receiver) source(from netip.Addr) *source {
	s := r.sources[from]
	if s == nil {
		if len(r.sources) >= maxSources {
			r.sources = map[netip.Addr]*source{}
		}
		s = &source{room: r.cfg.Burst}
		r.sources[from] = s
	}
	return s
}

// admit is a token bucket.
func (s *source) admit(now time.Time, cfg Config) bool {
	if !s.at.IsZero() {
		s.room = min(cfg.Burst, s.room+now.Sub(s.at).Seconds()*cfg.Rate)
	}
	s.at = now
	if s.room < 1 {
		return false
	}
	s.room--
	return true
}

// again tells whether an inform with this request-id came a short while ago.
func (s *source) again(id int32, now time.Time) bool {
	for _, x := range s.informs {
		if x.id == id && !x.at.IsZero() && now.Sub(x.at) < informKept {
			return true
		}
	}
	s.informs[s.next%informsKept] = inform{id, now}
	s.next++
	return false
}
