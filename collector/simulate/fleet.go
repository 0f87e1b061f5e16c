package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"

	"ninewatch/internal/lifecycle"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

// Device is one device of a fleet.
type Device struct {
	Name string
	Addr netip.AddrPort
}

// Fleet answers SNMP for many devices over one socket.
type Fleet struct {
	cfg  fleetConfig
	deps Deps
	log  *slog.Logger
	m    fleetMetrics

	down    []atomic.Bool // by number of the device
	byName  map[string]int
	started time.Time

	conn    *net.UDPConn
	batch   *ipv4.PacketConn
	lossy   uint64 // requests seen so far, for what is lost
	delayed chan struct{}
	stop    sync.Once
	wg      sync.WaitGroup
}

// fleetConfig is what a Fleet needs, whoever made it.
type fleetConfig struct {
	port      uint16
	community string
	devices   int
	delay     time.Duration
	loss      float64
	seed      int64

	number func(netip.Addr) (int, bool) // which device has the address
	addr   func(number int) netip.Addr  // the reverse
	name   func(number int) string
	view   func(number int, at time.Time) snmpagent.View
	silent func(number int, sinceStart time.Duration) bool // says nothing then
}

// maxDelayed bounds the answers that wait for Config.Delay; more are dropped and counted.
const maxDelayed = 65536

// New returns a fleet that is not started. With recordings it reads them.
func New(cfg Config, deps Deps) (*Fleet, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	prefix, port, err := parseListen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	fc := fleetConfig{
		port: port, community: cfg.Community, devices: cfg.Devices, delay: cfg.Delay, loss: cfg.Loss, seed: cfg.Seed,
		silent: func(n int, _ time.Duration) bool { return chance(cfg.Seed, "dead", n) < cfg.Dead },
		name:   func(n int) string { return fmt.Sprintf("sim-%06d", n+1) },
	}
	fc.number, fc.addr = numbering(prefix, cfg.Devices)
	if cfg.Recordings == "" {
		fc.view = generated(cfg)
	} else if fc.view, err = recorded(cfg.Recordings, deps.Now()); err != nil {
		return nil, err
	}
	return newFleet(fc, deps), nil
}

func newFleet(fc fleetConfig, deps Deps) *Fleet {
	f := &Fleet{
		cfg: fc, deps: deps, log: deps.Log.With("component", "collector/simulate"), m: newFleetMetrics(deps.Metrics),
		down: make([]atomic.Bool, fc.devices), byName: make(map[string]int, fc.devices),
		delayed: make(chan struct{}, maxDelayed),
	}
	for n := range fc.devices {
		f.byName[fc.name(n)] = n
	}
	return f
}

// numbering gives the addresses of p to devices in order.
func numbering(p netip.Prefix, devices int) (number func(netip.Addr) (int, bool), addr func(int) netip.Addr) {
	first := p.Addr().As4()
	base := int64(first[0])<<24 | int64(first[1])<<16 | int64(first[2])<<8 | int64(first[3])
	if p.Bits() < 31 {
		base++
	}
	number = func(a netip.Addr) (int, bool) {
		b := a.As4()
		n := int64(b[0])<<24 | int64(b[1])<<16 | int64(b[2])<<8 | int64(b[3]) - base
		return int(n), n >= 0 && n < int64(devices)
	}
	addr = func(n int) netip.Addr {
		x := base + int64(n)
		return netip.AddrFrom4([4]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)})
	}
	return number, addr
}

// Devices lists the fleet in the order of its addresses.
func (f *Fleet) Devices() []Device {
	all := make([]Device, f.cfg.devices)
	for n := range all {
		all[n] = Device{Name: f.cfg.name(n), Addr: netip.AddrPortFrom(f.cfg.addr(n), f.cfg.port)}
	}
	return all
}

// SetDown makes a device stop, or start again, to answer SNMP. It is false when there is no such device.
func (f *Fleet) SetDown(name string, down bool) bool {
	n, ok := f.byName[name]
	if ok {
		f.down[n].Store(down)
	}
	return ok
}

// Start opens the socket and answers from now on.
func (f *Fleet) Start(context.Context) error {
	conn, batch, err := listen(f.cfg.port)
	if err != nil {
		return err
	}
	f.conn, f.batch, f.started = conn, batch, f.deps.Now()
	f.wg.Go(f.serve)
	f.log.Info("simulated devices answer", "devices", f.cfg.devices, "first", f.cfg.addr(0), "last", f.cfg.addr(f.cfg.devices-1), "port", f.cfg.port)
	return nil
}

// Stop closes the socket and waits for answers that are on their way. It may be called again, and
// without Start.
func (f *Fleet) Stop(ctx context.Context) error {
	if f.conn == nil {
		return nil
	}
	f.stop.Do(func() { f.conn.Close() }) //nolint:errcheck // nothing to lose
	return lifecycle.Wait(ctx, &f.wg, "simulated devices")
}

// serve reads datagrams in batches and answers each batch at once.
func (f *Fleet) serve() {
	const batch, longest = 64, 4096 // a request longer than this is none
	in := make([]ipv4.Message, batch)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, longest)}
		in[i].OOB = ipv4.NewControlMessage(ipv4.FlagDst)
	}
	out := make([]ipv4.Message, 0, batch)
	var req snmpwire.Message
	for {
		n, err := f.batch.ReadBatch(in, 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			f.m.garbage.Inc()
			continue
		}
		out = out[:0]
		for i := range in[:n] {
			if answer, ok := f.handle(&req, &in[i]); ok {
				out = append(out, answer)
			}
		}
		f.send(out)
	}
}

// handle makes the answer to one datagram. It is not ok when there is none, or when it comes later.
func (f *Fleet) handle(req *snmpwire.Message, in *ipv4.Message) (out ipv4.Message, ok bool) {
	f.m.requests.Inc()
	var cm ipv4.ControlMessage
	if cm.Parse(in.OOB[:in.NN]) != nil || cm.Dst == nil {
		f.m.stranger.Inc()
		return out, false
	}
	asked, _ := netip.AddrFromSlice(cm.Dst.To4())
	number, known := 0, false
	if asked.IsLoopback() {
		number, known = f.cfg.number(asked)
	}
	if !known {
		f.m.stranger.Inc()
		return out, false
	}
	packet, ok := f.answer(req, number, in.Buffers[0][:in.N])
	if !ok {
		return out, false
	}
	from := ipv4.ControlMessage{Src: cm.Dst}
	out = ipv4.Message{Buffers: [][]byte{packet}, OOB: from.Marshal(), Addr: in.Addr}
	if f.cfg.delay > 0 {
		f.later(out)
		return out, false
	}
	return out, true
}

// answer is what device number says to packet.
func (f *Fleet) answer(req *snmpwire.Message, number int, packet []byte) ([]byte, bool) {
	err := snmpwire.DecodeInto(req, packet)
	if err != nil && !errors.Is(err, snmpwire.ErrValue) {
		f.m.garbage.Inc()
		return nil, false
	}
	if string(req.Community) != f.cfg.community {
		f.m.community.Inc()
		return nil, false
	}
	now := f.deps.Now()
	if f.down[number].Load() || f.cfg.silent(number, now.Sub(f.started)) {
		f.m.silent.Inc()
		return nil, false
	}
	f.lossy++
	if f.cfg.loss > 0 && chance(f.cfg.seed, "loss", int(f.lossy)) < f.cfg.loss {
		f.m.lost.Inc()
		return nil, false
	}
	resp, ok := snmpagent.Answer(f.cfg.view(number, now), req, snmpagent.MaxMessage)
	if !ok {
		f.m.garbage.Inc()
		return nil, false
	}
	f.m.varBinds.Add(len(resp.PDU.VarBinds))
	return snmpwire.Append(make([]byte, 0, snmpagent.MaxMessage), &resp), true
}

// later sends out after the delay, unless too much is waiting already.
func (f *Fleet) later(out ipv4.Message) {
	select {
	case f.delayed <- struct{}{}:
	default:
		f.m.overflowed.Inc()
		return
	}
	f.wg.Add(1)
	time.AfterFunc(f.cfg.delay, func() {
		defer f.wg.Done()
		f.send([]ipv4.Message{out})
		<-f.delayed
	})
}

// send writes answers; one that the kernel refuses costs itself alone.
func (f *Fleet) send(out []ipv4.Message) {
	for len(out) > 0 {
		n, err := f.batch.WriteBatch(out, 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n == 0 {
			f.m.sendErrors.Inc()
			out = out[1:]
			continue
		}
		f.m.answered.Add(n)
		out = out[n:]
	}
}
