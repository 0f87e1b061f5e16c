package icmp

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hostile answers echo requests in the device's namespace as answer says, in place of its kernel: answer gets
// the ICMP part of a request, made into a reply, and sends from either address of the device.
func (p pair) hostile(t *testing.T, answer func(n int, reply []byte, send func(from netip.Addr, b []byte))) {
	t.Helper()
	p.inDevice(t, "sysctl", "-q", "-w", "net.ipv4.icmp_echo_ignore_all=1")
	var in int
	out := map[netip.Addr]int{}
	inside(t, p.device, func() {
		in = rawSocket(t, netip.Addr{})
		out[deviceAddr], out[secondAddr] = rawSocket(t, deviceAddr), rawSocket(t, secondAddr)
	})
	send := func(from netip.Addr, b []byte) {
		binary.BigEndian.PutUint16(b[2:], 0)
		binary.BigEndian.PutUint16(b[2:], checksum(b))
		if err := unix.Sendto(out[from], b, 0, &unix.SockaddrInet4{Addr: agentAddr.As4()}); err != nil {
			t.Errorf("answer: %v", err)
		}
	}
	done := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 512)
		for n := 0; ; {
			select {
			case <-stop:
				return
			default:
			}
			got, err := unix.Read(in, b)
			if err != nil || got != 20+echoSize || b[20] != typeEcho {
				continue // the socket gives up after 50 ms, so that stop is seen
			}
			reply := append([]byte(nil), b[20:got]...)
			reply[0] = typeEchoReply
			answer(n, reply, send)
			n++
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-done
		for _, fd := range []int{in, out[deviceAddr], out[secondAddr]} {
			unix.Close(fd)
		}
	})
}

func rawSocket(t *testing.T, from netip.Addr) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		t.Fatal(err)
	}
	if from.IsValid() {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: from.As4()})
	} else {
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000})
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestHostileReplies lets a device answer wrongly first, and rightly then: only the right reply counts.
func TestHostileReplies(t *testing.T) {
	cases := []struct {
		name    string
		before  func(reply []byte, send func(netip.Addr, []byte))
		counter func(m proberMetrics) uint64
	}{
		{"another source", func(r []byte, send func(netip.Addr, []byte)) { send(secondAddr, r) },
			func(m proberMetrics) uint64 { return m.foreign.Get() }},
		{"another nonce", func(r []byte, send func(netip.Addr, []byte)) {
			forged := append([]byte(nil), r...)
			forged[20]++
			send(deviceAddr, forged)
		}, func(m proberMetrics) uint64 { return m.foreign.Get() }},
		{"another process with our identifier", func(r []byte, send func(netip.Addr, []byte)) {
			send(deviceAddr, append([]byte(nil), r[:headerSize]...))
		}, func(m proberMetrics) uint64 { return m.invalid.Get() }},
		{"another identifier", func(r []byte, send func(netip.Addr, []byte)) {
			other := append([]byte(nil), r...)
			other[4]++
			send(deviceAddr, other)
		}, func(m proberMetrics) uint64 { return m.foreign.Get() }},
		{"a probe not sent yet", func(r []byte, send func(netip.Addr, []byte)) {
			early := append([]byte(nil), r...)
			number := binary.BigEndian.Uint64(early[8:]) + 1
			binary.BigEndian.PutUint64(early[8:], number)
			binary.BigEndian.PutUint16(early[6:], uint16(number))
			send(deviceAddr, early)
		}, func(m proberMetrics) uint64 { return m.foreign.Get() }},
		{"a flood", func(r []byte, send func(netip.Addr, []byte)) {
			for range 500 {
				flood := append([]byte(nil), r...)
				flood[20]++
				send(deviceAddr, flood)
			}
		}, func(m proberMetrics) uint64 { return m.foreign.Get() }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t)
			p.hostile(t, func(_ int, reply []byte, send func(netip.Addr, []byte)) {
				c.before(reply, send)
				send(deviceAddr, reply)
			})
			prober, results := newTestProber(t, Config{Timeout: time.Second})
			setTargets(t, prober, Target{Name: "sw1", Addr: deviceAddr, Interval: often})
			inside(t, p.agent, func() { start(t, prober) })
			for i, r := range results.until(t, "sw1", count(10)) {
				if r.Outcome != Reply || r.Duplicates != 0 {
					t.Errorf("result %d: got %+v, want a reply", i, r)
				}
			}
			if got := c.counter(prober.engines[0].m); got < 10 {
				t.Errorf("counted: got %d, want 10 or more", got)
			}
		})
	}
}

// TestFloodDoesNotInflate has 500 forged replies come before the right one, each time. The round trip ends when the right
// one arrived, as the kernel's stamps on the wire say, and not when the agent came to read it behind the flood.
func TestFloodDoesNotInflate(t *testing.T) {
	p := newPair(t)
	p.hostile(t, func(_ int, reply []byte, send func(netip.Addr, []byte)) {
		for range 500 {
			forged := append([]byte(nil), reply...)
			forged[20]++
			send(deviceAddr, forged)
		}
		send(deviceAddr, reply)
	})
	var wire int
	inside(t, p.agent, func() { wire = listenOn(t, "up0") })
	defer unix.Close(wire)
	if err := unix.SetsockoptInt(wire, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20); err != nil {
		t.Fatal(err)
	}
	prober, c := newTestProber(t, DefaultConfig())
	setTargets(t, prober, Target{Name: "sw1", Addr: deviceAddr, Interval: 100 * time.Millisecond})
	inside(t, p.agent, func() { start(t, prober) })
	var ours []time.Duration
	for i, r := range c.until(t, "sw1", count(30)) {
		if r.Outcome != Reply || r.Duplicates != 0 {
			t.Errorf("result %d: got %+v, want a reply", i, r)
		}
		ours = append(ours, r.RTT)
	}
	truth := slices.Collect(maps.Values(arrivals(t, wire)))
	if len(truth) < len(ours) {
		t.Fatalf("%d round trips on the wire, %d results", len(truth), len(ours))
	}
	slices.Sort(ours)
	slices.Sort(truth)
	a, b := ours[len(ours)/2], truth[len(truth)/2]
	t.Logf("median: ours %s, on the wire %s", a, b)
	if a < b || a > b+10*time.Millisecond { // who goes by when he reads is later: this one looks for replies each 50 ms
		t.Errorf("median: got %s, on the wire it was %s", a, b)
	}
}

// arrivals is how long the right reply to each echo took, by the stamps of a packet socket on the wire.
func arrivals(t *testing.T, wire int) map[uint64]time.Duration {
	t.Helper()
	type echo struct {
		at    int64
		nonce byte
	}
	went, took := map[uint64]echo{}, map[uint64]time.Duration{}
	b, control := make([]byte, 2048), make([]byte, controlSize)
	for {
		n, oob, _, _, err := unix.Recvmsg(wire, b, control, 0)
		if err != nil {
			return took
		}
		var p packet
		p.readControl(control[:oob])
		if n < 20+echoSize || b[9] != protocolICMP {
			continue
		}
		number := binary.BigEndian.Uint64(b[28:])
		switch sent := went[number]; {
		case b[20] == typeEcho:
			went[number] = echo{p.stamp, b[40]}
		case b[20] == typeEchoReply && sent.at != 0 && sent.nonce == b[40]:
			took[number] = time.Duration(p.stamp - sent.at)
		}
	}
}

func TestWrongReplyAloneIsALoss(t *testing.T) {
	p := newPair(t)
	p.hostile(t, func(_ int, reply []byte, send func(netip.Addr, []byte)) { send(secondAddr, reply) })
	for i, r := range p.probe(t, deviceAddr).until(t, "sw1", count(5)) {
		if r.Outcome != Lost {
			t.Errorf("result %d: got %+v, want lost", i, r)
		}
	}
}

func TestDuplicatesAndLateReplies(t *testing.T) {
	p := newPair(t)
	var kept []byte
	p.hostile(t, func(n int, reply []byte, send func(netip.Addr, []byte)) {
		switch {
		case n < 5: // three copies
			for range 3 {
				send(deviceAddr, reply)
			}
		case n == 5:
			kept = reply
		case n == 10: // a quarter of a second late
			send(deviceAddr, kept)
			send(deviceAddr, reply)
		default:
			send(deviceAddr, reply)
		}
	})
	prober, c := newTestProber(t, fast)
	setTargets(t, prober, Target{Name: "sw1", Addr: deviceAddr, Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	duplicates := 0
	got := c.until(t, "sw1", count(12))
	for i, r := range got {
		duplicates += r.Duplicates
		if want := map[bool]Outcome{true: Lost, false: Reply}[i == 5]; r.Outcome != want {
			t.Errorf("result %d: got %+v, want %s", i, r, want)
		}
	}
	m := prober.engines[0].m
	if duplicates != 10 || m.duplicates.Get() != 10 || m.late.Get() != 1 {
		t.Errorf("duplicates: got %d in results, %d counted; late: got %d; want 10, 10, 1", duplicates, m.duplicates.Get(), m.late.Get())
	}
	inOrder(t, got)
}

// TestManyDeadNeighbours shows that devices which do not answer ARP, whose packets the kernel keeps for
// seconds, do not use up what the others need.
func TestManyDeadNeighbours(t *testing.T) {
	p := newPair(t)
	prober, c := newTestProber(t, fast)
	targets := []Target{{Name: "good", Addr: deviceAddr, Interval: often}}
	for i := range 150 {
		targets = append(targets, Target{Name: string(rune('A'+i/26)) + string(rune('a'+i%26)), Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}), Interval: often})
	}
	setTargets(t, prober, targets...)
	inside(t, p.agent, func() { start(t, prober) })
	for i, r := range c.until(t, "good", count(40)) {
		if r.Outcome != Reply {
			t.Errorf("good, result %d: got %+v, want a reply", i, r)
		}
	}
	inOrder(t, c.of("Aa"))
}
