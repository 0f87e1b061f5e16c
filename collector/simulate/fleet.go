package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
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

	mu    sync.Mutex // what is shown of a demo changes between two batches of requests
	conn  *net.UDPConn
	batch *ipv4.PacketConn
	// Of the goroutine that answers.
	lossy    uint64 // requests seen so far, for what is lost
	req      snmpwire.Message
	programs programs
	engines  map[int]*snmpagent.Engine
	list     []byte
	pdu      []byte
	now      time.Time

	delayed chan struct{}
	cancel  context.CancelFunc
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
	// machine is what view shows, where all devices are of one model; else nil.
	machine func(number int) *machine
	secret  *snmpagent.Secret                               // of the user of SNMPv3, or nil
	silent  func(number int, sinceStart time.Duration) bool // says nothing then
	pull    func(list []string, at time.Time) error         // of a demo
	pulls   string                                          // file that names what is pulled, or empty
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
		machine := generated(cfg)
		fc.machine, fc.view = machine, func(n int, at time.Time) snmpagent.View { return view{machine(n), at} }
	} else if fc.view, err = recorded(cfg.Recordings, deps.Now()); err != nil {
		return nil, err
	}
	if cfg.User != nil {
		if fc.secret, err = snmpagent.NewSecret(*cfg.User); err != nil {
			return nil, err
		}
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
	if f.cfg.pulls != "" {
		ctx, cancel := context.WithCancel(context.Background())
		f.cancel = cancel
		f.wg.Go(func() { f.follow(ctx) })
	}
	f.log.Info("simulated devices answer", "devices", f.cfg.devices, "first", f.cfg.addr(0), "last", f.cfg.addr(f.cfg.devices-1), "port", f.cfg.port)
	return nil
}

// Stop closes the socket and waits for answers that are on their way. It may be called again, and
// without Start.
func (f *Fleet) Stop(ctx context.Context) error {
	if f.conn == nil {
		return nil
	}
	f.stop.Do(func() {
		f.conn.Close() //nolint:errcheck // nothing to lose
		if f.cancel != nil {
			f.cancel()
		}
	})
	return lifecycle.Wait(ctx, &f.wg, "simulated devices")
}

// serve reads datagrams in batches and answers each batch at once.
func (f *Fleet) serve() {
	const batch, longest = 64, 4096 // a request longer than this is none
	in, out := make([]ipv4.Message, batch), make([]ipv4.Message, batch)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, longest)}
		in[i].OOB = ipv4.NewControlMessage(ipv4.FlagDst)
		out[i].Buffers = [][]byte{make([]byte, 0, snmpagent.MaxMessage)}
	}
	for {
		n, err := f.batch.ReadBatch(in, 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			f.m.garbage.Inc()
			continue
		}
		f.now = f.deps.Now()
		f.m.requests.Add(n)
		answers := 0
		f.mu.Lock()
		for i := range in[:n] {
			if f.handle(&in[i], &out[answers]) {
				answers++
			}
		}
		f.mu.Unlock()
		f.send(out[:answers])
	}
}

// handle makes the answer to one datagram in the memory of out. It is false when there is none, or when it comes
// later.
func (f *Fleet) handle(in, out *ipv4.Message) bool {
	dst, oob, ok := destination(in.OOB[:in.NN])
	if !ok {
		f.m.stranger.Inc()
		return false
	}
	number, known := f.cfg.number(dst)
	if !known || !dst.IsLoopback() {
		f.m.stranger.Inc()
		return false
	}
	packet, ok := f.answer(out.Buffers[0][:0], number, in.Buffers[0][:in.N])
	if !ok {
		return false
	}
	if f.cfg.delay > 0 {
		f.later(ipv4.Message{Buffers: [][]byte{slices.Clone(packet)}, OOB: slices.Clone(oob), Addr: in.Addr})
		return false
	}
	out.Buffers[0], out.OOB, out.Addr = packet, oob, in.Addr
	return true
}

// answer appends to dst what device number says to packet.
func (f *Fleet) answer(dst []byte, number int, packet []byte) ([]byte, bool) {
	if f.down[number].Load() || f.cfg.silent(number, f.now.Sub(f.started)) {
		f.m.silent.Inc()
		return nil, false
	}
	f.lossy++
	if f.cfg.loss > 0 && chance(f.cfg.seed, "loss", int(f.lossy)) < f.cfg.loss {
		f.m.lost.Inc()
		return nil, false
	}
	if h, ok := snmpwire.QuickHead(packet); ok {
		if string(h.Community) != f.cfg.community {
			f.m.community.Inc()
			return nil, false
		}
		if list, ok := f.quick(number, &h, snmpwire.Overhead(h.Community)); ok {
			return snmpwire.AppendResponse(dst, h.Community, h.RequestID, list), true
		}
	} else if f.cfg.secret != nil {
		if out, ok := f.secured(dst, number, packet); ok {
			return out, out != nil
		}
	}
	return f.thorough(dst, number, packet)
}

// quick makes the list of the response to a request whose like was answered before.
func (f *Fleet) quick(number int, h *snmpwire.Head, overhead int) (list []byte, ok bool) {
	if f.cfg.machine == nil {
		return nil, false
	}
	list, values, ok := f.programs.answer(f.list[:0], f.cfg.machine(number), f.now, h, snmpagent.MaxMessage-overhead)
	if ok {
		f.list = list
		f.m.varBinds.Add(values)
	}
	return list, ok
}

// thorough answers any request of SNMPv1 and SNMPv2c.
func (f *Fleet) thorough(dst []byte, number int, packet []byte) ([]byte, bool) {
	err := snmpwire.DecodeInto(&f.req, packet)
	if err != nil && !errors.Is(err, snmpwire.ErrValue) {
		f.m.garbage.Inc()
		return nil, false
	}
	if string(f.req.Community) != f.cfg.community {
		f.m.community.Inc()
		return nil, false
	}
	resp, ok := snmpagent.Answer(f.cfg.view(number, f.now), &f.req, snmpagent.MaxMessage)
	if !ok {
		f.m.garbage.Inc()
		return nil, false
	}
	f.m.varBinds.Add(len(resp.PDU.VarBinds))
	return snmpwire.Append(dst, &resp), true
}

// secured answers a request of SNMPv3. It is not ok when packet is none.
func (f *Fleet) secured(dst []byte, number int, packet []byte) (out []byte, ok bool) {
	const overhead = 140 // what SNMPv3 takes besides the list, at most
	if !snmpwire.IsV3(packet) {
		return nil, false
	}
	e, err := f.engine(number)
	if err != nil {
		return nil, true
	}
	pdu, report, ok := e.Open(dst, packet)
	if !ok {
		return report, true
	}
	if h, ok := snmpwire.QuickPDU(pdu); ok {
		if list, ok := f.quick(number, &h, overhead); ok {
			f.pdu = snmpwire.AppendResponsePDU(f.pdu[:0], h.RequestID, list)
			return e.Seal(dst, f.pdu), true
		}
	}
	if snmpwire.DecodePDU(&f.req, pdu) != nil {
		return nil, true
	}
	resp, ok := snmpagent.Answer(f.cfg.view(number, f.now), &f.req, snmpagent.MaxMessage-overhead)
	if !ok {
		return nil, true
	}
	f.m.varBinds.Add(len(resp.PDU.VarBinds))
	f.pdu = snmpwire.AppendPDU(f.pdu[:0], &resp.PDU)
	return e.Seal(dst, f.pdu), true
}

// engine is the SNMPv3 engine of a device. Its id is made of the address, as RFC 3411, section 5, describes.
func (f *Fleet) engine(number int) (*snmpagent.Engine, error) {
	if e := f.engines[number]; e != nil {
		return e, nil
	}
	a := f.cfg.addr(number).As4()
	id := append([]byte{0x80, 0x00, 0x7e, 0xd9, 1}, a[:]...) // 32473, the enterprise of examples; an IPv4 address
	e, err := snmpagent.NewEngine(id, 1, func() time.Duration { return f.now.Sub(f.started) }, f.cfg.secret)
	if err != nil {
		return nil, err
	}
	if f.engines == nil {
		f.engines = map[int]*snmpagent.Engine{}
	}
	f.engines[number] = e
	return e, nil
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
