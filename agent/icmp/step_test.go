package icmp

import (
	"net/netip"
	"testing"
	"time"
)

// farAddr6 is answered for by a delayer too.
var farAddr6 = netip.MustParseAddr("2001:db8:7::7")

// steps is by how much the wall clock is off, from one step to the next. Small steps are the treacherous ones: with
// them a round trip that mixes stamps of before and after is no absurdity, it is only wrong.
var steps = []time.Duration{
	0, time.Hour, -time.Hour, 0, -20 * time.Millisecond, 20 * time.Millisecond, time.Hour, time.Hour - 30*time.Millisecond,
	10 * time.Second, -10 * time.Second, 5 * time.Millisecond, -5 * time.Millisecond, -time.Hour, 0,
}

// stepEvery is the time between two steps: of the echoes on their way for 50 ms, sent each 10 ms, a third sees one.
const stepEvery = 150 * time.Millisecond

// stepping is a wall clock that is set again and again: what a clock shows that has never been set becomes what it
// would show then. Since the kernel's receive time stamps are readings of that clock (CLOCK_REALTIME), they go through
// the same function as the readings of Go do: each is off by what the clock was off by when it was taken.
type stepping struct{ begin int64 }

func (s stepping) wall(at int64) int64 {
	if at == 0 {
		return 0 // no stamp
	}
	k := min(max(0, (at-s.begin)/int64(stepEvery)), int64(len(steps)-1))
	return at + int64(steps[k])
}

// TestClockSetInFlight sets the wall clock before, during and after the flight of echoes over IPv4 and IPv6, as Go reads
// it and as the kernel stamps with it. No round trip is shorter than the way is, none is absurd, and nothing is lost.
//
// The clock is a stand-in, the sockets, packets and stamps are real. The machine's own clock cannot be set for one
// process: Linux has no namespace for CLOCK_REALTIME (time namespaces have the monotonic clock and that since boot),
// and a program without cgo reads it in the vDSO, where no shim gets between.
func TestClockSetInFlight(t *testing.T) {
	p := newPair(t)
	const delay = 50 * time.Millisecond
	p.delayed(t, delay)
	p.inAgent(t, "ip", "-6", "address", "add", "2001:db8::1/64", "dev", "up0", "nodad")
	p.inAgent(t, "ip", "-6", "route", "add", "2001:db8:7::/64", "dev", "far0", "src", "2001:db8::1")
	prober, c := newTestProber(t, Config{Timeout: 4 * time.Second})
	clock := stepping{time.Now().Add(300 * time.Millisecond).UnixNano()}
	for _, e := range prober.engines {
		real := newClock()
		e.clock = func() reading {
			r := real()
			r.wall = clock.wall(r.wall)
			return r
		}
		e.stamps = clock.wall
	}
	setTargets(t, prober, Target{Name: "four", Addr: farAddr, Interval: 10 * time.Millisecond}, Target{Name: "six", Addr: farAddr6, Interval: 10 * time.Millisecond})
	inside(t, p.agent, func() { start(t, prober) })
	time.Sleep(time.Until(time.Unix(0, clock.begin).Add(time.Duration(len(steps)) * stepEvery)))
	for _, name := range []string{"four", "six"} {
		before := len(c.of(name))
		all := c.until(t, name, count(before+10)) // slots go on
		stepped := 0
		for i, r := range all {
			if r.Outcome != Reply || r.RTT < delay || r.RTT > 2*time.Second {
				t.Errorf("%s, result %d: got %+v, want a reply after 50 ms", name, i, r)
			}
			if i > 0 && r.Slot.Sub(all[i-1].Slot).Abs() > time.Second {
				stepped++
			}
		}
		if before < 20 || stepped < 4 {
			t.Errorf("%s: got %d results in the time of the steps, and %d steps of the slots: too few to tell", name, before, stepped)
		}
	}
}
