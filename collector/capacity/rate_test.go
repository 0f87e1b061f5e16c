package capacity

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

const minute = 60_000

// reading at a minute, with sysUpTime that has run since boot.
func reading(at int64, value uint64, ticks uint32, speed uint64) Reading {
	return Reading{At: at * minute, Value: value, SysUpTime: ticks, HasSysUpTime: true, Speed: speed}
}

func TestDecide(t *testing.T) {
	f := func(name string, width int, p, c Reading, want Status, wrapped bool, octets uint64) {
		t.Helper()
		got := Decide(width, p, c)
		if got.Status != want || got.Wrapped != wrapped || got.Octets != octets {
			t.Errorf("%s: got %s, wrapped %t, %d octets; want %s, %t, %d", name, got.Status, got.Wrapped, got.Octets, want, wrapped, octets)
		}
	}
	const mbps = 1_000_000
	// Robustness 36: a wrap of 32 bits is one wrap when the rate stays within the speed.
	f("36", 32, reading(0, 1<<32-1000, 100, 100*mbps), reading(1, 500, 6100, 100*mbps), StatusOK, true, 1500)
	// 37: 32 bits at 1 Gb/s may wrap twice in 34.36 s.
	f("37 at 1 Gb/s", 32, reading(0, 0, 0, 1000*mbps), reading(1, 10, 6000, 1000*mbps), StatusAmbiguous, false, 0)
	p, c := reading(0, 0, 0, 1000*mbps), reading(0, 10, 3435, 1000*mbps)
	c.At = 34_359 // 8·2^32 / 10^9 s = 34.359738 s
	f("37 just not", 32, p, c, StatusOK, false, 10)
	c.At = 34_360
	f("37 just so", 32, p, c, StatusAmbiguous, false, 0)
	// 38: a fall of 64 bits is a reset, never a wrap.
	f("38", 64, reading(0, math.MaxUint64, 0, 1000*mbps), reading(1, 5, 6000, 1000*mbps), StatusReset, false, 0)
	// 39: a small fall (net-snmp #1080) is a gap in both widths: as a wrap it would be faster than the line.
	f("39 in 64 bits", 64, reading(0, 1000, 0, 1000*mbps), reading(1, 990, 6000, 1000*mbps), StatusReset, false, 0)
	f("39 in 32 bits", 32, reading(0, 1000, 0, 100*mbps), reading(1, 990, 6000, 100*mbps), StatusReset, false, 1<<32-10)
	// 40: sysUpTime back is a restart, but not at its own wrap after 497 days.
	f("40 restart", 64, reading(0, 1000, 500_000, 0), reading(1, 2000, 3000, 0), StatusRestart, false, 0)
	f("40 wrap", 64, reading(0, 1000, math.MaxUint32-2999, 0), reading(1, 2000, 3000, 0), StatusOK, false, 1000)
	// 41: clocks that disagree a little (here by 5 s, and by 1 % of an hour) are no restart.
	f("41 by 5 s", 64, reading(0, 1, 10_000, 0), reading(1, 2, 15_500, 0), StatusOK, false, 1)
	f("41 by more", 64, reading(0, 1, 10_000, 0), reading(1, 2, 15_499, 0), StatusRestart, false, 0)
	f("41 by 1 %", 64, reading(0, 1, 10_000, 0), reading(60, 2, 10_000+356_400, 0), StatusOK, false, 1)
	// 42: ifCounterDiscontinuityTime moved.
	p, c = reading(0, 1, 100, 0), reading(1, 2, 6100, 0)
	p.HasDiscontinuity, c.HasDiscontinuity, c.Discontinuity = true, true, 3000
	f("42", 64, p, c, StatusDiscontinuity, false, 0)
	c.HasDiscontinuity = false
	f("42, told once only", 64, p, c, StatusOK, false, 1)
	// 45: speed 0 gives a rate and no utilization; a wrong speed is told by SpeedSuspect below.
	f("45", 64, reading(0, 0, 0, 0), reading(1, 1<<40, 6000, 0), StatusOK, false, 1<<40)
	// A fall of 32 bits without any evidence is a reset.
	f("no evidence", 32, Reading{Value: 1<<32 - 1}, Reading{At: minute, Value: 5}, StatusReset, false, 0)
	f("value of another type", 32, Reading{Value: 1 << 32}, Reading{At: minute, Value: 5}, StatusMissing, false, 0)
	f("clock back", 64, Reading{At: minute, Value: 1}, Reading{Value: 5}, StatusMissing, false, 0)
	// 105 % of the line is plausible, more is not: 8·787,500,000/60 = 105 Mb/s.
	f("at 105 %", 64, reading(0, 0, 0, 100*mbps), reading(1, 787_500_000, 6000, 100*mbps), StatusOK, false, 787_500_000)
	f("above", 64, reading(0, 0, 0, 100*mbps), reading(1, 787_500_001, 6000, 100*mbps), StatusImplausible, false, 787_500_001)
	f("far above", 64, reading(0, 0, 0, 100*mbps), reading(1, math.MaxUint64, 6000, 100*mbps), StatusImplausible, false, math.MaxUint64)
}

// TestIdentity is robustness 43 and 44: pairs are made of the readings of one key only. Who follows ifName over a
// renumbering, or keeps two ports of one name apart, gives Pairs the readings of each; order and repeats of them
// change nothing.
func TestIdentity(t *testing.T) {
	first, second := Reading{At: 0, Value: 100}, Reading{At: minute, Value: 400}
	want := Pairs(64, []Reading{first, second})
	got := Pairs(64, []Reading{second, first, {At: minute, Missing: true}, second})
	if len(got) != 1 || got[0] != want[0] || got[0].Octets != 300 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDeviceClock(t *testing.T) {
	// The reply came 2 s late: the device counted for 58 s, and its clock says so.
	p := Decide(64, reading(0, 0, 1000, 0), reading(1, 5800, 6800, 0))
	if p.Rate() != 800 {
		t.Errorf("got %g bit/s by the device's clock, want 800", p.Rate())
	}
	// 5 % off is not trusted.
	p = Decide(64, reading(0, 0, 1000, 0), reading(1, 6000, 6700, 0))
	if p.Rate() != 800 {
		t.Errorf("got %g bit/s by our clock, want 800", p.Rate())
	}
}

func TestLineSpeed(t *testing.T) {
	f := func(high, low, want uint64) {
		t.Helper()
		if got := LineSpeed(high, low); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	f(10_000, math.MaxUint32, 10_000_000_000)
	f(0, 1_544_000, 1_544_000)
	f(0, math.MaxUint32, 0) // saturated and no ifHighSpeed: unknown
	f(0, 0, 0)
	f(math.MaxUint64, 0, 0)
}

func TestSpeedSuspect(t *testing.T) {
	var readings []Reading
	for i := range int64(5) {
		readings = append(readings, reading(i, uint64(i)*900_000_000, uint32(6000*i), 100_000_000)) // 120 Mb/s
	}
	if pairs := Pairs(64, readings); !SpeedSuspect(pairs) || SpeedSuspect(pairs[:2]) {
		t.Error("a wrong speed is told from the third pair on, not before")
	}
}

// TestJoinCached is robustness 46: an unchanged reading and then double is one steady rate.
func TestJoinCached(t *testing.T) {
	pairs := JoinCached(Pairs(64, []Reading{{At: 0, Value: 0}, {At: minute, Value: 600}, {At: 2 * minute, Value: 600},
		{At: 3 * minute, Value: 1800}, {At: 4 * minute, Value: 2400}}))
	if len(pairs) != 3 {
		t.Fatalf("got %d pairs, want 3", len(pairs))
	}
	for _, p := range pairs {
		if p.Rate() != 80 {
			t.Errorf("got %g bit/s, want 80", p.Rate())
		}
	}
	// A line that went quiet and then spoke once is no cache.
	quiet := Pairs(64, []Reading{{At: 0, Value: 600}, {At: minute, Value: 600}, {At: 2 * minute, Value: 9000}, {At: 3 * minute, Value: 9000}})
	if got := JoinCached(quiet); len(got) != 3 {
		t.Errorf("got %d pairs, want 3", len(got))
	}
}

// TestDecideExactly compares the 128-bit comparisons with big integers.
func TestDecideExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		speed := rapid.Uint64Range(1, 1<<50).Draw(t, "speed")
		elapsed := rapid.Int64Range(1, 1<<36).Draw(t, "elapsed")
		value := rapid.Uint64().Draw(t, "value")
		got := Decide(64, Reading{}, Reading{At: elapsed, Value: value, Speed: speed}).Status
		left := new(big.Int).Mul(new(big.Int).SetUint64(value), big.NewInt(800_000))
		right := new(big.Int).Mul(new(big.Int).SetUint64(speed), big.NewInt(elapsed))
		want := StatusOK
		if left.Cmp(right.Mul(right, big.NewInt(105))) > 0 {
			want = StatusImplausible
		}
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}
