package icmp

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/testkit"
)

// TestSoakTenThousandTargets asks 10,000 targets once a second, of which a tenth is dead, for as long as
// NINEWATCH_SOAK says: nothing that lives loses an echo, nothing dead answers, and memory does not grow once it has
// settled. What an echo costs is logged, to be held against P5 of the bench: here, the kernel does the work of the
// device in our name too.
func TestSoakTenThousandTargets(t *testing.T) {
	if os.Getenv("NINEWATCH_SOAK") == "" {
		t.Skip("runs for as long as NINEWATCH_SOAK says, for example 10m")
	}
	length, err := time.ParseDuration(os.Getenv("NINEWATCH_SOAK"))
	testkit.Need(t, err == nil && length > 0, "a duration such as 10m in NINEWATCH_SOAK")
	p := newPair(t)
	targets := p.manyHosts(t, 10_000, time.Second)
	dead := map[string]bool{}
	var list []string
	for i := 0; i < len(targets); i += 10 {
		dead[targets[i].Name] = true
		list = append(list, targets[i].Addr.String())
	}
	p.inDevice(t, "nft", "table inet t { set dead { type ipv4_addr; }; chain c { type filter hook input priority 0; ip daddr @dead drop; }; }")
	p.inDevice(t, "nft", "add element inet t dead { "+strings.Join(list, ", ")+" }")
	prober, _ := newTestProber(t, DefaultConfig())
	var results, other int
	for _, e := range prober.engines {
		e.report = func(r Result) {
			want := Reply
			if dead[r.Target] {
				want = Lost
			}
			if r.Outcome != want {
				other++
			}
			results++
		}
	}
	setTargets(t, prober, targets...)
	inside(t, p.agent, func() { start(t, prober) })
	time.Sleep(length / 4)
	settled := resident(t)
	m := prober.engines[0].m
	used, before := cpu(t), m.sent.Get()
	time.Sleep(length - length/4)
	used, sent := cpu(t)-used, m.sent.Get()-before
	grown := resident(t) - settled
	if err := prober.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d results in %s, memory grew by %d octets from %d; missed slots %d, receive drops %d; %s of CPU for each echo",
		results, length, grown, settled, m.missed.Get(), m.drops.Get(), used/time.Duration(sent))
	if other != 0 { // slots are missed, and said to be, where the machine has no time for us
		t.Errorf("%d results were not what they should be", other)
	}
	if grown > 1<<20 {
		t.Errorf("memory grew by %d octets", grown)
	}
}

// cpu is what this process has used so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
