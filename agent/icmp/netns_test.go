package icmp

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/testkit"
)

// Addresses in the two network namespaces: an agent and a device, joined by a veth.
var (
	agentAddr   = netip.MustParseAddr("192.0.2.1")
	deviceAddr  = netip.MustParseAddr("192.0.2.2")
	secondAddr  = netip.MustParseAddr("192.0.2.3") // of the device too
	nobodyAddr  = netip.MustParseAddr("192.0.2.99")
	remoteAddr  = netip.MustParseAddr("198.51.100.9")
	deviceAddr6 = netip.MustParseAddr("2001:db8::2")
)

var namespaces atomic.Int64

// pair is two network namespaces that are gone after the test.
type pair struct{ agent, device string }

func newPair(t *testing.T) pair {
	t.Helper()
	_, err := exec.LookPath("ip")
	testkit.Need(t, os.Geteuid() == 0 && err == nil, "root and iproute2, for network namespaces")
	n := namespaces.Add(1)
	p := pair{fmt.Sprintf("nwa-%d-%d", os.Getpid(), n), fmt.Sprintf("nwd-%d-%d", os.Getpid(), n)}
	for _, ns := range []string{p.agent, p.device} {
		out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput()
		testkit.Need(t, err == nil, "network namespaces: "+strings.TrimSpace(string(out)))
		t.Cleanup(func() { exec.Command("ip", "netns", "del", ns).Run() })
	}
	run(t, "ip", "link", "add", "up0", "netns", p.agent, "type", "veth", "peer", "name", "down0", "netns", p.device)
	p.inAgent(t, "ip", "link", "set", "lo", "up")
	p.inAgent(t, "ip", "address", "add", agentAddr.String()+"/24", "dev", "up0")
	p.inAgent(t, "ip", "link", "set", "up0", "up")
	p.inDevice(t, "ip", "link", "set", "lo", "up")
	p.inDevice(t, "ip", "address", "add", deviceAddr.String()+"/24", "dev", "down0")
	p.inDevice(t, "ip", "address", "add", secondAddr.String()+"/24", "dev", "down0")
	p.inDevice(t, "ip", "link", "set", "down0", "up")
	p.inAgent(t, "sysctl", "-q", "-w", "net.ipv4.neigh.up0.retrans_time_ms=100")
	return p
}

// nft adds a table with one chain at hook that drops or rejects, as rule says.
func nft(rule, hook string) []string {
	return []string{"nft", "table inet t { chain c { type filter hook " + hook + " priority 0; " + rule + "; }; }"}
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (p pair) inAgent(t *testing.T, args ...string) {
	t.Helper()
	run(t, append([]string{"ip", "netns", "exec", p.agent}, args...)...)
}

func (p pair) inDevice(t *testing.T, args ...string) {
	t.Helper()
	run(t, append([]string{"ip", "netns", "exec", p.device}, args...)...)
}

// inside calls f with its thread in a network namespace: sockets that it opens stay there.
func inside(t *testing.T, ns string, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	there, err := os.Open("/var/run/netns/" + ns)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // this thread must not be used again
		}
	}()
	f()
}

var fast = Config{Timeout: 100 * time.Millisecond}

const often = 50 * time.Millisecond

// probe starts a prober in the agent's namespace for one target.
func (p pair) probe(t *testing.T, addr netip.Addr) *collector {
	t.Helper()
	prober, c := newTestProber(t, fast)
	setTargets(t, prober, Target{Name: "sw1", Addr: addr, Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	return c
}

func TestLinkCut(t *testing.T) {
	p := newPair(t)
	c := p.probe(t, deviceAddr)
	c.until(t, "sw1", latest(Reply, ""))
	p.inDevice(t, "ip", "link", "set", "down0", "down")
	c.until(t, "sw1", func(r []Result) bool { return r[len(r)-1].Outcome == Lost })
	p.inDevice(t, "ip", "link", "set", "down0", "up")
	c.until(t, "sw1", latest(Reply, ""))
	inOrder(t, c.of("sw1"))
}

// inOrder checks that slots go up, and that no result is a fault.
func inOrder(t *testing.T, results []Result) {
	t.Helper()
	for i, r := range results {
		if r.Outcome == Fault {
			t.Errorf("result %d is a fault: %+v", i, r)
		}
		if i > 0 && !r.Slot.After(results[i-1].Slot) {
			t.Errorf("slot %s follows %s", r.Slot, results[i-1].Slot)
		}
	}
}

func TestDeviceDropsEchoes(t *testing.T) {
	p := newPair(t)
	p.inDevice(t, nft("icmp type echo-request drop", "input")...)
	c := p.probe(t, deviceAddr)
	c.until(t, "sw1", func(r []Result) bool { return len(r) >= 5 && latest(Lost, ReasonTimeout)(r) })
	p.inDevice(t, "nft", "flush", "ruleset")
	c.until(t, "sw1", latest(Reply, ""))
	inOrder(t, c.of("sw1"))
}

// TestProberFaults takes from the agent, one after another, what it needs to look.
func TestProberFaults(t *testing.T) {
	p := newPair(t)
	c := p.probe(t, remoteAddr)
	c.until(t, "sw1", latest(Fault, ReasonNoRoute))
	p.inDevice(t, "ip", "address", "add", remoteAddr.String()+"/32", "dev", "lo")
	p.inAgent(t, "ip", "route", "add", "default", "via", deviceAddr.String())
	c.until(t, "sw1", latest(Reply, ""))
	p.inAgent(t, nft("ip protocol icmp drop", "output")...)
	c.until(t, "sw1", latest(Fault, ReasonNotPermitted))
	p.inAgent(t, "nft", "flush", "ruleset")
	c.until(t, "sw1", latest(Reply, ""))
	p.inAgent(t, "ip", "link", "set", "up0", "down")
	c.until(t, "sw1", latest(Fault, ReasonNoRoute))
	for i, r := range c.of("sw1") {
		if r.Outcome == Lost && r.Reason != ReasonTimeout {
			t.Errorf("result %d: got %+v", i, r)
		}
	}
}

func TestICMPErrorsExplainLosses(t *testing.T) {
	reject := func(how string) func(*testing.T, pair) {
		return func(t *testing.T, p pair) {
			p.inDevice(t, nft("icmp type echo-request reject with icmp type "+how, "input")...)
		}
	}
	expire := func(t *testing.T, p pair) { // the device is the router at which the way ends
		p.inDevice(t, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
		p.inDevice(t, "ip", "route", "add", "198.51.100.0/24", "dev", "down0")
		p.inAgent(t, "ip", "route", "add", "default", "via", deviceAddr.String())
		p.inAgent(t, nft("ip protocol icmp ip ttl set 1", "output")...)
	}
	router := func(t *testing.T, p pair) {
		p.inDevice(t, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
		p.inAgent(t, "ip", "route", "add", "default", "via", deviceAddr.String())
	}
	nothing := func(*testing.T, pair) {}
	cases := []struct {
		name    string
		prepare func(*testing.T, pair)
		target  netip.Addr
		reason  string
		hop     netip.Addr
	}{
		{"prohibited", reject("admin-prohibited"), deviceAddr, ReasonProhibited, deviceAddr},
		{"net", reject("net-unreachable"), deviceAddr, ReasonNetUnreachable, deviceAddr},
		{"arp", nothing, nobodyAddr, ReasonHostUnreachable, agentAddr},
		{"router", router, remoteAddr, ReasonNetUnreachable, deviceAddr},
		{"ttl", expire, remoteAddr, ReasonTTLExceeded, deviceAddr},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t)
			c.prepare(t, p)
			got := p.probe(t, c.target).until(t, "sw1", func(r []Result) bool { return len(r) > 0 && r[len(r)-1].Reason == c.reason })
			r := got[len(got)-1]
			if r.Outcome != Lost || r.Hop != c.hop {
				t.Errorf("got %+v, want lost with hop %s", r, c.hop)
			}
		})
	}
}

func TestIPv6(t *testing.T) {
	p := newPair(t)
	_, err := os.Stat("/proc/sys/net/ipv6")
	testkit.Need(t, err == nil, "IPv6 in the kernel")
	p.inAgent(t, "ip", "-6", "address", "add", "2001:db8::1/64", "dev", "up0", "nodad")
	p.inDevice(t, "ip", "-6", "address", "add", deviceAddr6.String()+"/64", "dev", "down0", "nodad")
	p.inDevice(t, nft("icmpv6 type echo-request ip6 daddr 2001:db8::3 reject with icmpv6 type admin-prohibited", "input")...)
	p.inDevice(t, "ip", "-6", "address", "add", "2001:db8::3/64", "dev", "down0", "nodad")
	prober, c := newTestProber(t, fast)
	setTargets(t, prober,
		Target{Name: "sw1", Addr: deviceAddr6, Interval: often},
		Target{Name: "sw2", Addr: netip.MustParseAddr("2001:db8::3"), Interval: often},
		Target{Name: "sw3", Addr: netip.MustParseAddr("2001:db8:1::1"), Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	c.until(t, "sw1", latest(Reply, ""))
	got := c.until(t, "sw2", latest(Lost, ReasonProhibited))
	if hop := got[len(got)-1].Hop; hop.Is4() || !hop.IsValid() {
		t.Errorf("hop: got %s, want an address of the device", hop)
	}
	c.until(t, "sw3", latest(Fault, ReasonNoRoute))
}

func TestPingOfNoRouteIsAnError(t *testing.T) {
	p := newPair(t)
	inside(t, p.agent, func() {
		r, err := Ping(t.Context(), remoteAddr.String(), 2, 10*time.Millisecond)
		if err == nil || r.Sent != 0 || !strings.Contains(err.Error(), "nothing could be sent to 198.51.100.9") {
			t.Errorf("got %+v, %v; want an error, not a loss of 0 %%", r, err)
		}
	})
}

// child runs a test of this binary as an ordinary user in the agent's namespace, and returns its output.
func (p pair) child(t *testing.T, name, groups string) string {
	t.Helper()
	p.inAgent(t, "sysctl", "-q", "-w", "net.ipv4.ping_group_range="+groups)
	_, err := exec.LookPath("setpriv")
	testkit.Need(t, err == nil, "setpriv of util-linux")
	// The test binary lies in a folder of root's: hand it over as an open file.
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	cmd := exec.Command("ip", "netns", "exec", p.agent, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
		"--inh-caps=-all", "/proc/self/fd/3", "-test.run=^"+name+"$", "-test.v")
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), "NINEWATCH_TEST_CHILD="+name)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+name) {
		t.Fatalf("%s as an ordinary user: %v\n%s", name, err, out)
	}
	return string(out)
}

func needChild(t *testing.T) {
	t.Helper()
	if os.Getenv("NINEWATCH_TEST_CHILD") != t.Name() {
		t.Skip("runs within another test, as an ordinary user")
	}
}

func TestDatagramSocket(t *testing.T) {
	p := newPair(t)
	p.inDevice(t, nft("ip daddr "+secondAddr.String()+" reject with icmp type admin-prohibited", "input")...)
	p.child(t, "TestChildDatagram", "0 2147483647")
}

// TestChildDatagram probes with an unprivileged socket: one device that answers, one that refuses, one that is
// not there, one without a route. None of them may disturb another.
func TestChildDatagram(t *testing.T) {
	needChild(t)
	prober, c := newTestProber(t, fast)
	setTargets(t, prober, Target{Name: "good", Addr: deviceAddr, Interval: often}, Target{Name: "refused", Addr: secondAddr, Interval: often},
		Target{Name: "nobody", Addr: nobodyAddr, Interval: often}, Target{Name: "unrouted", Addr: remoteAddr, Interval: often})
	start(t, prober)
	if prober.engines[0].sock.raw {
		t.Fatal("an ordinary user has a raw socket")
	}
	got := c.until(t, "refused", latest(Lost, ReasonProhibited))
	if hop := got[len(got)-1].Hop; hop != secondAddr {
		t.Errorf("hop of refused: got %s, want %s", hop, secondAddr)
	}
	got = c.until(t, "nobody", latest(Lost, ReasonHostUnreachable))
	if hop := got[len(got)-1].Hop; hop != agentAddr {
		t.Errorf("hop of nobody: got %s, want %s", hop, agentAddr)
	}
	c.until(t, "unrouted", latest(Fault, ReasonNoRoute))
	for i, r := range c.until(t, "good", count(60)) {
		if r.Outcome != Reply {
			t.Errorf("good, result %d: got %+v, want a reply", i, r)
		}
	}
	for _, name := range []string{"refused", "nobody"} {
		inOrder(t, c.of(name))
	}
	r, err := Ping(t.Context(), deviceAddr.String(), 2, 10*time.Millisecond)
	if err != nil || r.Received != 2 {
		t.Errorf("ping: got %+v, %v", r, err)
	}
}

func TestNoRightForSockets(t *testing.T) {
	newPair(t).child(t, "TestChildNoRight", "1 0")
}

func TestChildNoRight(t *testing.T) {
	needChild(t)
	prober, _ := newTestProber(t, DefaultConfig())
	want := "open ICMP socket: not permitted: give the agent the capability CAP_NET_RAW, or let net.ipv4.ping_group_range include its group 65534"
	if err := prober.Start(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Ping(t.Context(), "127.0.0.1", 1, time.Second); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("ping: got %v, want %s", err, want)
	}
}
