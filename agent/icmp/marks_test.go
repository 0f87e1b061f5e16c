package icmp

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/testkit"
)

// TestMarks: payload, DSCP and don't-fragment of each target are what the packet on the wire has, whatever its
// neighbour wants.
func TestMarks(t *testing.T) {
	p := newPair(t)
	var wire int
	p.inDevice(t, "ip", "-6", "address", "add", deviceAddr6.String()+"/64", "dev", "down0", "nodad")
	p.inAgent(t, "ip", "-6", "address", "add", "2001:db8::1/64", "dev", "up0", "nodad")
	inside(t, p.device, func() { wire = listenOn(t, "down0") })
	defer unix.Close(wire)
	prober, c := newTestProber(t, fast)
	setTargets(t, prober,
		Target{Name: "plain", Addr: deviceAddr, Interval: often},
		Target{Name: "marked", Addr: secondAddr, Interval: often, Payload: 1000, DSCP: 46, DontFragment: true},
		Target{Name: "six", Addr: deviceAddr6, Interval: often, Payload: 100, DSCP: 10, DontFragment: true})
	inside(t, p.agent, func() { start(t, prober) })
	for _, name := range []string{"plain", "marked", "six"} {
		c.until(t, name, latest(Reply, ""))
		c.until(t, name, count(5))
	}
	type seen struct {
		size int
		dscp byte
		df   bool
	}
	got := map[netip.Addr]seen{}
	b := make([]byte, 4096)
	for {
		n, _, err := unix.Recvfrom(wire, b, 0)
		if err != nil {
			break
		}
		switch {
		case b[0] == 0x45 && b[9] == protocolICMP && b[20] == typeEcho:
			got[netip.AddrFrom4([4]byte(b[16:20]))] = seen{n - 20 - headerSize, b[1] >> 2, b[6]&0x40 != 0}
		case b[0]>>4 == 6 && b[6] == protocolICMPv6 && b[40] == type6Echo:
			got[netip.AddrFrom16([16]byte(b[24:40]))] = seen{n - 40 - headerSize, (b[0]<<4 | b[1]>>4) >> 2, true}
		}
	}
	for addr, want := range map[netip.Addr]seen{deviceAddr: {16, 0, false}, secondAddr: {1000, 46, true}, deviceAddr6: {100, 10, true}} {
		if got[addr] != want {
			t.Errorf("%s: got %+v, want %+v", addr, got[addr], want)
		}
	}
}

// TestTooLongForTheWay: with don't-fragment, a packet that a link cannot take is a loss with the router that said
// so, or a fault where the link is the agent's own; without it, it arrives in pieces.
func TestTooLongForTheWay(t *testing.T) {
	p := newPair(t)
	p.inDevice(t, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
	p.inDevice(t, "ip", "link", "add", "narrow0", "mtu", "1000", "type", "veth", "peer", "name", "narrow1")
	p.inDevice(t, "ip", "link", "set", "narrow0", "up")
	p.inDevice(t, "ip", "route", "add", "198.51.100.0/24", "dev", "narrow0")
	p.inAgent(t, "ip", "route", "add", "default", "via", deviceAddr.String())
	prober, c := newTestProber(t, fast)
	setTargets(t, prober,
		Target{Name: "narrow", Addr: remoteAddr, Interval: often, Payload: 1200, DontFragment: true},
		Target{Name: "own", Addr: deviceAddr, Interval: often, Payload: 4000, DontFragment: true},
		Target{Name: "pieces", Addr: secondAddr, Interval: often, Payload: 60_000})
	inside(t, p.agent, func() { start(t, prober) })
	got := c.until(t, "narrow", latest(Lost, ReasonFragmentationNeeded))
	if hop := got[len(got)-1].Hop; hop != deviceAddr {
		t.Errorf("hop: got %s, want %s", hop, deviceAddr)
	}
	c.until(t, "own", latest(Fault, ReasonTooLong))
	c.until(t, "pieces", latest(Reply, ""))
}

// TestNoDescriptorsLeft: what needs one is a fault until there are some again (EMFILE).
func TestNoDescriptorsLeft(t *testing.T) {
	needSocket(t)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	prober, c := newTestProber(t, fast)
	setTargets(t, prober, Target{Name: "sw1", Addr: netip.MustParseAddr("127.0.0.1"), Interval: often})
	err := prober.Start(t.Context())
	_, ping := Ping(t.Context(), "127.0.0.1", 1, time.Second)
	if e := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); e != nil {
		t.Fatal(e)
	}
	if err != nil || !errors.Is(ping, unix.EMFILE) {
		t.Errorf("start: got %v; ping: got %v, want no error, and one of too many open files", err, ping)
	}
	c.until(t, "sw1", latest(Fault, ReasonNoSocket))
	c.until(t, "sw1", latest(Reply, "")) // it tries again
}

// TestLookAndStop: a look is five probes beside the regular ones; a stop waits for what is in flight.
func TestLookAndStop(t *testing.T) {
	p := newPair(t)
	p.delayed(t, 50*time.Millisecond)
	prober, c := newTestProber(t, DefaultConfig())
	setTargets(t, prober, Target{Name: "far", Addr: farAddr, Interval: time.Hour}, Target{Name: "idle", Addr: farAddr, Interval: time.Hour})
	inside(t, p.agent, func() { start(t, prober) })
	prober.Look("far", "nobody")
	c.until(t, "far", count(looks-1))
	for prober.engines[0].m.sent.Get() < looks {
		time.Sleep(time.Millisecond)
	}
	if err := prober.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := c.of("far")
	if len(got) != looks || len(c.of("idle")) != 0 {
		t.Fatalf("got %d results of the one and %d of the other, want 5 and 0", len(got), len(c.of("idle")))
	}
	for i, r := range got {
		if r.Outcome != Reply || !r.Look || r.Interval != 400*time.Millisecond || i > 0 && r.Slot.Sub(got[i-1].Slot) != r.Interval {
			t.Errorf("result %d: got %+v", i, r)
		}
	}
}

func TestReordered(t *testing.T) {
	p := newPair(t)
	var kept []byte
	p.hostile(t, func(n int, reply []byte, send func(from netip.Addr, b []byte)) {
		if n == 5 {
			kept = reply
			return
		}
		send(deviceAddr, reply)
		if n == 6 {
			send(deviceAddr, kept)
		}
	})
	prober, c := newTestProber(t, DefaultConfig())
	setTargets(t, prober, Target{Name: "sw1", Addr: deviceAddr, Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	reordered := 0
	for i, r := range c.until(t, "sw1", count(10)) {
		if r.Outcome != Reply {
			t.Errorf("result %d: got %+v, want a reply", i, r)
		}
		reordered += r.Reordered
	}
	if counted := prober.engines[0].m.reordered.Get(); reordered != 1 || counted != 1 {
		t.Errorf("got %d in results and %d counted, want 1", reordered, counted)
	}
}

// TestNoIPv6: where the agent's host has no IPv6, such targets are faults, and the others go on.
func TestNoIPv6(t *testing.T) {
	p := newPair(t)
	_, err := os.Stat("/proc/sys/net/ipv6")
	testkit.Need(t, err == nil, "IPv6 in the kernel")
	p.inAgent(t, "sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1")
	prober, c := newTestProber(t, fast)
	setTargets(t, prober, Target{Name: "four", Addr: deviceAddr, Interval: often}, Target{Name: "six", Addr: deviceAddr6, Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	c.until(t, "four", latest(Reply, ""))
	got := c.until(t, "six", count(3))
	for _, r := range got {
		if r.Outcome != Fault || r.Reason != ReasonNoRoute && r.Reason != ReasonNoSource {
			t.Errorf("got %+v, want a fault for want of a route or an address", r)
		}
	}
}

// TestPingLosesNothingItCouldNotSend: a ping that is cut off by the agent's own host says so, and not "0 % loss of
// all" or loss; over IPv6 as over IPv4.
func TestPingLosesNothingItCouldNotSend(t *testing.T) {
	for _, c := range []struct {
		name  string
		to    netip.Addr
		cut   []string
		fault string
	}{
		{"packet filter", deviceAddr, nft("ip protocol icmp drop", "output"), ReasonNotPermitted},
		{"packet filter, IPv6", deviceAddr6, nft("icmpv6 type echo-request drop", "output"), ReasonNotPermitted},
		{"link down", deviceAddr, []string{"ip", "link", "set", "up0", "down"}, ReasonNoRoute},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t)
			p.inAgent(t, "ip", "-6", "address", "add", "2001:db8::1/64", "dev", "up0", "nodad")
			p.inDevice(t, "ip", "-6", "address", "add", deviceAddr6.String()+"/64", "dev", "down0", "nodad")
			done := make(chan struct{})
			time.AfterFunc(500*time.Millisecond, func() {
				defer close(done)
				p.inAgent(t, c.cut...)
			})
			var r PingResult
			var err error
			inside(t, p.agent, func() { r, err = Ping(t.Context(), c.to.String(), 40, 50*time.Millisecond) })
			<-done
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent == 0 || r.Sent == 40 || r.Received < r.Sent-1 || r.Sent+r.Faults < 40 || r.Fault != c.fault {
				t.Errorf("got %+v, want some sent and answered, and the rest faults (%s)", r, c.fault)
			}
		})
	}
}
