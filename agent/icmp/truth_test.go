package icmp

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"ninewatch/internal/testkit"
)

// tally counts results as they come.
type tally struct {
	mu                           sync.Mutex
	replies, lost, faults, extra int
	reasons                      map[string]int
}

func (c *tally) report(r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.extra += r.Duplicates + r.Late + r.Reordered
	switch r.Outcome {
	case Reply:
		c.replies++
	case Lost:
		c.lost++
		c.reasons[r.Reason]++
	default:
		c.faults++
		c.reasons[r.Reason]++
	}
}

// dropped reads how many packets the rule in the device's namespace has dropped.
func (p pair) dropped(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", p.device, "nft", "list", "ruleset").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`counter packets (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("no counter in\n%s", out)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// manyHosts has the device answer for 198.18.0.0/16, and returns n targets in it.
func (p pair) manyHosts(t *testing.T, n int, interval time.Duration) []Target {
	t.Helper()
	p.inDevice(t, "ip", "route", "add", "local", "198.18.0.0/16", "dev", "lo")
	p.inAgent(t, "ip", "route", "add", "198.18.0.0/16", "via", deviceAddr.String())
	targets := make([]Target, n)
	for i := range targets {
		targets[i] = Target{Name: fmt.Sprint("host", i), Addr: netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}), Interval: interval}
	}
	return targets
}

// TestLossIsWhatWasDropped has the device's packet filter drop replies, and compares counters: every loss is a
// packet that the filter dropped, and every packet that it dropped is a loss. The whole of it, 100,000 probes for
// each rule, is part of the soak.
func TestLossIsWhatWasDropped(t *testing.T) {
	probes := 10_000
	if os.Getenv("NINEWATCH_SOAK") != "" {
		probes = 100_000
	}
	for _, c := range []struct {
		name, rule string
	}{
		{"every tenth", "numgen inc mod 10 0"},
		{"1 % at random", "numgen random mod 100 < 1"},
		{"10 % at random", "numgen random mod 100 < 10"},
		{"30 % at random", "numgen random mod 100 < 30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			targets := p.manyHosts(t, 500, 100*time.Millisecond)
			p.inDevice(t, nft("icmp type echo-reply "+c.rule+" counter drop", "output")...)
			got := &tally{reasons: map[string]int{}}
			prober, _ := newTestProber(t, DefaultConfig())
			for _, e := range prober.engines {
				e.report = got.report
			}
			setTargets(t, prober, targets...)
			inside(t, p.agent, func() { start(t, prober) })
			for prober.engines[0].m.sent.Get() < uint64(probes) {
				time.Sleep(20 * time.Millisecond)
			}
			if err := prober.Stop(t.Context()); err != nil { // waits for what is in flight
				t.Fatal(err)
			}
			sent, dropped := int(prober.engines[0].m.sent.Get()), p.dropped(t)
			if got.lost != dropped || got.replies != sent-dropped || got.faults != 0 || got.extra != 0 {
				t.Errorf("sent %d, the filter dropped %d; got %+v", sent, dropped, got)
			}
			if got.lost != got.reasons[ReasonTimeout] {
				t.Errorf("reasons: got %v", got.reasons)
			}
			t.Logf("%d sent, %d dropped and lost", sent, dropped)
		})
	}
}

// TestBesideOtherPingers shares the identifier with a ping and an fping that run at the same time, and so do
// they among each other. (They take the replies of others for duplicates of their own; we do not.)
func TestBesideOtherPingers(t *testing.T) {
	needPrograms(t, "ping", "fping")
	p := newPair(t)
	fping := exec.Command("ip", "netns", "exec", p.agent, "fping", "-q", "-c", "60", "-p", "50", deviceAddr.String())
	if err := fping.Start(); err != nil {
		t.Fatal(err)
	}
	id := uint16(fping.Process.Pid) // "ip netns exec" becomes fping, which takes its process id
	ping := exec.Command("ip", "netns", "exec", p.agent, "ping", "-n", "-c", "60", "-i", "0.05", "-e", fmt.Sprint(id), deviceAddr.String())
	if err := ping.Start(); err != nil {
		t.Fatal(err)
	}
	prober, c := newTestProber(t, fast)
	prober.engines[0].id = id
	setTargets(t, prober, Target{Name: "sw1", Addr: deviceAddr, Interval: often})
	inside(t, p.agent, func() { start(t, prober) })
	for i, r := range c.until(t, "sw1", count(30)) {
		if r.Outcome != Reply || r.Duplicates != 0 {
			t.Errorf("result %d: got %+v, want a reply", i, r)
		}
	}
	for _, other := range []*exec.Cmd{fping, ping} {
		other.Wait() //nolint:errcheck // what they make of replies that are not theirs is not our subject
	}
	if m := prober.engines[0].m; m.invalid.Get()+m.foreign.Get() == 0 {
		t.Error("replies to the others did not come by: they had another identifier")
	}
}

func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := exec.LookPath(name)
		testkit.Need(t, err == nil, "the program "+name)
	}
}
