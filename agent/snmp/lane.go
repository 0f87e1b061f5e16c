package snmp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/snmpwire"
)

var errClosed = fmt.Errorf("SNMP engine: %w", net.ErrClosed)

// A request-id holds the place of its request in the table and random bits, which make it at least 2^24: it
// always takes four octets, and is never 0, which careless agents answer with.
const (
	placeBits = 16
	placeMask = 1<<placeBits - 1
)

// Bounds of the replies that a socket expects at once. A reply that is late, of a dead device in particular,
// does not count any more.
const (
	firstWindow = 64
	leastWindow = 16
	mostWindow  = 512
	lateReply   = 100 * time.Millisecond
)

// lane is one socket with its share of the devices. Its lock guards also what its clients and their runs
// hold; it is never held while somebody waits, or while code of others runs.
type lane struct {
	e    *Manager
	conn *net.UDPConn
	fd   int
	wg   sync.WaitGroup
	busy chan struct{} // wakes the ticking goroutine

	mu     sync.Mutex
	closed bool
	table  []*request // in flight, by the place in their id
	free   []uint32   // places
	clock  wheel
	byAddr map[netip.AddrPort]*Client
	buf    []byte // datagram that is sent
	scoped []byte // what of it is encrypted
	msg    snmpwire.Message
	spare  []*request
	runs   []*run // spare
	values [][]snmpwire.Value
	ended  []*run // to be told once the lock is free

	expected int // replies
	window   int
	starved  bool // the window was the limit since the last look
	serving  bool
	drops    uint32
	queue    []*Client // wait for the window
	begun    []*Client // the same, in the midst of a run: they go first, to come to an end and free their memory
}

func openLane(e *Manager, v6 bool) (*lane, error) {
	network := "udp4"
	if v6 {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, fmt.Errorf("open a socket for SNMP: %w", err)
	}
	l := &lane{e: e, conn: conn, busy: make(chan struct{}, 1), byAddr: map[netip.AddrPort]*Client{}, window: firstWindow}
	if err := l.configure(v6); err != nil {
		conn.Close() //nolint:errcheck // the first error counts
		return nil, fmt.Errorf("configure a socket for SNMP: %w", err)
	}
	l.clock.init(e.now() / int64(tick))
	l.wg.Go(l.read)
	l.wg.Go(l.tick)
	return l, nil
}

// configure asks for room, as much as the system gives, and for what routers and hosts say of our datagrams.
func (l *lane) configure(v6 bool) error {
	const room = 4 << 20
	raw, err := l.conn.SyscallConn()
	if err != nil {
		return err
	}
	level, option := unix.SOL_IP, unix.IP_RECVERR
	if v6 {
		level, option = unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	return errors.Join(raw.Control(func(fd uintptr) {
		l.fd = int(fd)
		for _, o := range [...]int{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF} {
			unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, o, room) //nolint:errcheck // needs a capability, or is cut to the limit
		}
		err = unix.SetsockoptInt(l.fd, level, option, 1)
	}), err)
}

func (l *lane) close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	for _, r := range l.table {
		if r != nil && r.client != nil {
			l.finish(r, nil, errClosed)
		}
	}
	for _, c := range l.byAddr {
		for ; c != nil; c = c.same {
			l.abandon(c)
		}
	}
	err := l.conn.Close()
	close(l.busy)
	l.unlock()
	l.wg.Wait()
	return err
}

// unlock tells who waits for runs that have ended, without the lock.
func (l *lane) unlock() {
	if len(l.ended) == 0 {
		l.mu.Unlock()
		return
	}
	ended := l.ended
	l.ended = nil
	l.mu.Unlock()
	for _, r := range ended {
		r.done(&r.answer)
	}
	l.mu.Lock()
	for _, r := range ended {
		l.reclaim(r)
	}
	if l.ended == nil {
		clear(ended)
		l.ended = ended[:0]
	}
	l.mu.Unlock()
}

// read takes datagrams until the socket is closed.
func (l *lane) read() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := l.conn.ReadFromUDPAddrPort(buf)
		l.mu.Lock()
		switch {
		case l.closed:
			l.mu.Unlock()
			return
		case err != nil:
			l.readErrors()
		default:
			l.receive(buf[:n], from)
		}
		l.unlock()
	}
}

// tick turns the wheel while something is in flight.
func (l *lane) tick() {
	for range l.busy {
		ticker := time.NewTicker(tick)
		for l.turn() {
			<-ticker.C
		}
		ticker.Stop()
	}
}

func (l *lane) turn() bool {
	l.mu.Lock()
	defer l.unlock()
	if l.closed {
		return false
	}
	l.clock.advance(l.e.now()/int64(tick), func(t *timer) {
		switch {
		case t.request != nil:
			l.expired(t.request)
		case t.client != nil:
			l.pump(t.client)
		case t.run != nil:
			l.overdue(t.run)
		}
	})
	l.adjust()
	return l.clock.armed > 0
}

// arm sets t for a time in ns of the engine.
func (l *lane) arm(t *timer, at int64) {
	if l.clock.armed == 0 {
		l.clock.now = l.e.now() / int64(tick)
		select {
		case l.busy <- struct{}{}:
		default:
		}
	}
	l.clock.set(t, (at+int64(tick)-1)/int64(tick))
}

// adjust makes the window as large as the socket's buffer bears: the kernel counts what it had to drop.
func (l *lane) adjust() {
	if !l.starved {
		return
	}
	l.starved = false
	if drops := l.dropped(); drops != l.drops {
		l.drops, l.window = drops, max(leastWindow, l.window/2)
	} else {
		l.window = min(mostWindow, l.window+l.window/8)
	}
	l.serve()
}

// serve lets clients on that waited for the window.
func (l *lane) serve() {
	if l.serving {
		return
	}
	l.serving = true
	for l.expected < l.window && len(l.begun)+len(l.queue) > 0 {
		from := &l.begun
		if len(l.begun) == 0 {
			from = &l.queue
		}
		c := (*from)[0]
		*from = (*from)[1:]
		c.queued = false
		l.pump(c)
	}
	l.serving = false
}

// wait puts c in line for the window.
func (l *lane) wait(c *Client, begun bool) {
	c.queued, l.starved = true, true
	if begun {
		l.begun = append(l.begun, c)
	} else {
		l.queue = append(l.queue, c)
	}
}

// place gives r an id of its own.
func (l *lane) place(r *request) bool {
	if len(l.free) == 0 {
		if len(l.table) > placeMask {
			return false
		}
		l.free = append(l.free, uint32(len(l.table)))
		l.table = append(l.table, nil)
	}
	at := l.free[len(l.free)-1]
	l.free = l.free[:len(l.free)-1]
	l.table[at] = r
	r.id = int32((0x100|rand.Uint32()&0x7eff)<<placeBits | at)
	return true
}

func (l *lane) unplace(r *request) {
	at := uint32(r.id) & placeMask
	l.table[at] = nil
	l.free = append(l.free, at)
}

// find is the request in flight that a reply with this id from this address belongs to, or nil.
func (l *lane) find(id int32, from netip.AddrPort) *request {
	at := int(uint32(id) & placeMask)
	if at >= len(l.table) {
		return nil
	}
	if r := l.table[at]; r != nil && r.id == id && r.client.addr == from {
		return r
	}
	return nil
}
