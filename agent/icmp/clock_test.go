package icmp

import (
	"testing"
	"time"
)

func TestRoundTrip(t *testing.T) {
	const (
		ms   = int64(time.Millisecond)
		hour = int64(time.Hour)
		wall = int64(1_700_000_000e9)
	)
	at := func(mono, step int64) reading { return reading{mono: mono, wall: wall + mono + step} }
	f := func(what string, sent, read reading, stamp, want int64) {
		t.Helper()
		if got := roundTrip(sent, read, stamp); got != want {
			t.Errorf("%s: got %s, want %s", what, time.Duration(got), time.Duration(want))
		}
	}
	f("no stamp", at(0, 0), at(20*ms, 0), 0, 20*ms)
	f("a stamp", at(0, 0), at(20*ms, 0), wall+5*ms, 5*ms)
	f("read late", at(0, 0), at(900*ms, 0), wall+5*ms, 5*ms)
	f("clock an hour ahead before the packet came", at(0, 0), at(20*ms, hour), wall+hour+5*ms, 20*ms)
	f("clock an hour ahead after the packet came", at(0, 0), at(20*ms, hour), wall+5*ms, 20*ms)
	f("clock an hour back before the packet came", at(0, 0), at(20*ms, -hour), wall-hour+5*ms, 20*ms)
	f("clock an hour back after the packet came", at(0, 0), at(20*ms, -hour), wall+5*ms, 20*ms)
	f("clock a millisecond ahead", at(0, 0), at(20*ms, ms), wall+ms+5*ms, 20*ms)
	f("stamp before the send", at(10*ms, 0), at(20*ms, 0), wall+5*ms, 10*ms)
	f("stamp after the read", at(0, 0), at(20*ms, 0), wall+25*ms, 20*ms)
}

// TestArrived: a stamp of before the clock was set does not tell of a time to come, up to which probes would expire.
func TestArrived(t *testing.T) {
	const wall, second = int64(1_700_000_000e9), int64(time.Second)
	f := func(what string, stamp int64, step time.Duration, want int64) {
		t.Helper()
		read := reading{mono: 100 * second, wall: wall + 100*second + int64(step)}
		if got := arrived(stamp, read); got != want {
			t.Errorf("%s: got %s, want %s", what, time.Duration(got), time.Duration(want))
		}
	}
	f("a clock that goes on", wall+99*second, 0, 99*second)
	f("set back an hour in between", wall+99*second, -time.Hour, 100*second)
	f("set ahead an hour in between", wall+99*second, time.Hour, 99*second-int64(time.Hour))
	f("set before", wall-3600*second+99*second, -time.Hour, 99*second)
}

func TestClockReadsBothClocks(t *testing.T) {
	clock := newClock()
	a, b := clock(), clock()
	if b.mono < a.mono || a.wall < 1_600_000_000e9 {
		t.Errorf("got %+v, then %+v", a, b)
	}
}
