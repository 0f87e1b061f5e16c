package icmp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/testkit"
)

// delayer is a device behind a TUN interface in the agent's namespace that answers every echo after a set delay.
// How long that really took is what the kernel's stamps say of the packets on the interface, taken beside it.
type delayer struct {
	tun   *os.File
	wire  int // a packet socket
	delay time.Duration
	wg    sync.WaitGroup
}

// farAddr is answered for by a delayer.
var farAddr = netip.MustParseAddr("203.0.113.7")

func (p pair) delayed(t *testing.T, delay time.Duration) *delayer {
	t.Helper()
	d := &delayer{delay: delay}
	inside(t, p.agent, func() {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		testkit.Need(t, err == nil, "/dev/net/tun")
		req, err := unix.NewIfreq("far0")
		if err != nil {
			t.Fatal(err)
		}
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
			t.Fatal(err)
		}
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
		d.tun = os.NewFile(uintptr(fd), "far0")
	})
	p.inAgent(t, "ip", "link", "set", "far0", "up")
	inside(t, p.agent, func() { d.wire = listenOn(t, "far0") })
	p.inAgent(t, "ip", "route", "add", "203.0.113.0/24", "dev", "far0", "src", agentAddr.String())
	d.wg.Go(d.serve)
	t.Cleanup(func() {
		d.tun.Close()
		d.wg.Wait()
		unix.Close(d.wire)
	})
	return d
}

// listenOn opens a socket that is given the packets of an interface, in both directions and with time stamps.
func listenOn(t *testing.T, name string) int {
	t.Helper()
	const all = 0x0300 // ETH_P_ALL, in network order: others do not see what goes out
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, all)
	if err != nil {
		t.Fatal(err)
	}
	link, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		t.Fatal(err)
	}
	return fd
}

// held is how long the echoes so far were on the way beyond the interface.
func (d *delayer) held() (held []time.Duration) {
	went := map[uint64]int64{}
	b, control := make([]byte, 2048), make([]byte, controlSize)
	for {
		n, oob, _, _, err := unix.Recvmsg(d.wire, b, control, 0)
		if err != nil {
			return held
		}
		var p packet
		p.readControl(control[:oob])
		if n < 20+echoSize || b[9] != protocolICMP {
			continue
		}
		number := binary.BigEndian.Uint64(b[28:])
		if b[20] == typeEcho {
			went[number] = p.stamp
		} else if went[number] != 0 {
			held = append(held, time.Duration(p.stamp-went[number]))
		}
	}
}

// packetIn is an echo on its way back.
type packetIn struct {
	b  []byte
	at time.Time
}

func (d *delayer) serve() {
	runtime.LockOSThread() // it shall not wait for others
	defer runtime.UnlockOSThread()
	queue := make(chan packetIn, 1<<14)
	defer close(queue)
	d.wg.Go(func() { d.answer(queue) })
	b := make([]byte, 65536)
	for {
		n, err := d.tun.Read(b)
		at := time.Now()
		if err != nil {
			return
		}
		switch {
		case n >= 20+echoSize && b[0] == 0x45 && b[9] == protocolICMP && b[20] == typeEcho,
			n >= 40+echoSize && b[0]>>4 == 6 && b[6] == protocolICMPv6 && b[40] == type6Echo:
			queue <- packetIn{slices.Clone(b[:n]), at}
		}
	}
}

func (d *delayer) answer(queue <-chan packetIn) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for p := range queue {
		b := p.b
		if b[0]>>4 == 6 {
			answer6(b)
		} else {
			source, destination := slices.Clone(b[12:16]), slices.Clone(b[16:20])
			copy(b[12:], destination)
			copy(b[16:], source)
			b[20] = typeEchoReply
			binary.BigEndian.PutUint16(b[22:], 0)
			binary.BigEndian.PutUint16(b[22:], checksum(b[20:]))
		}
		time.Sleep(d.delay - time.Since(p.at))
		if _, err := d.tun.Write(b); err != nil {
			return
		}
	}
}

// answer6 makes an ICMPv6 echo the reply to itself. Of all that its checksum covers only the type changes.
func answer6(b []byte) {
	source, destination := slices.Clone(b[8:24]), slices.Clone(b[24:40])
	copy(b[8:], destination)
	copy(b[24:], source)
	b[40] = type6EchoReply
	sum := uint32(^binary.BigEndian.Uint16(b[42:])) + uint32(^uint16(type6Echo<<8)) + uint32(type6EchoReply)<<8 // RFC 1624
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[42:], ^uint16(sum))
}

// TestDelayIsWhatItIs measures through a device that holds each echo for 50 ms: the median is off by no more
// than the device itself is, and 0.2 ms.
func TestDelayIsWhatItIs(t *testing.T) {
	p := newPair(t)
	const delay = 50 * time.Millisecond
	d := p.delayed(t, delay)
	prober, c := newTestProber(t, DefaultConfig())
	setTargets(t, prober, Target{Name: "sw1", Addr: farAddr, Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	c.until(t, "sw1", count(60))
	var rtts []time.Duration
	for i, r := range c.of("sw1") {
		if r.Outcome != Reply || r.RTT < delay {
			t.Errorf("result %d: got %+v, want a reply after 50 ms", i, r)
		}
		rtts = append(rtts, r.RTT)
	}
	held := d.held()
	slices.Sort(rtts)
	slices.Sort(held)
	ours, own := rtts[len(rtts)/2]-delay, held[len(held)/2]-delay
	t.Logf("median error: ours %s, of the device itself %s", ours, own)
	if ours > own+200*time.Microsecond {
		t.Errorf("median error: got %s, the device's own is %s", ours, own)
	}
}
