package simulate

import (
	"hash/fnv"
	"math"
	"time"
)

// wave is a rate that follows days, weeks and shorter swings, with its integral in closed form: a
// counter is the integral from the start of the device, so it never goes back and needs no memory.
// The amplitudes of the swings add up to less than 1.
type wave struct {
	mean   float64   // per second, without the swings
	shift  float64   // seconds by which the swings are late
	growth float64   // share of the rate that is added a second
	since  time.Time // when growth is zero; before, the rate is lower
}

var swings = []struct{ amplitude, period, peak float64 }{
	{0.45, 24 * 3600, 14 * 3600},           // the afternoon
	{0.15, 7 * 24 * 3600, 6.5 * 24 * 3600}, // Wednesday noon: Unix time began on a Thursday
	{0.07, 9973, 0},                        // of no common period, so that no day looks like the one before
	{0.06, 4271, 700},
	{0.05, 1987, 300},
	{0.03, 613, 0},
	{0.10, 97, 40},
}

// rate is the value at the time.
func (w wave) rate(at time.Time) float64 {
	t := seconds(at) - w.shift
	sum := 1.0
	for _, s := range swings {
		sum += s.amplitude * math.Cos(2*math.Pi*(t-s.peak)/s.period)
	}
	return w.mean * sum * (1 + w.growth*at.Sub(w.since).Seconds())
}

// total is the integral over the time from one instant to another.
func (w wave) total(from, to time.Time) float64 {
	return w.mean * (w.antiderivative(to) - w.antiderivative(from))
}

// antiderivative is that of rate, for a mean of 1.
func (w wave) antiderivative(at time.Time) float64 {
	t := seconds(at) - w.shift
	since := 0.0 // seconds from when growth is zero
	if w.growth != 0 {
		since = at.Sub(w.since).Seconds()
	}
	sum := t + w.growth*since*since/2
	for _, s := range swings {
		turn := 2 * math.Pi / s.period
		sin, cos := math.Sincos(turn * (t - s.peak))
		sum += s.amplitude / turn * ((1+w.growth*since)*sin + w.growth/turn*cos)
	}
	return sum
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// chance is a number from 0 to 1 that depends on the seed, the numbers and nothing else.
func chance(seed int64, what string, numbers ...int) float64 {
	h := fnv.New64a()
	var b [8]byte
	put := func(n uint64) {
		for i := range b {
			b[i] = byte(n >> (8 * i))
		}
		h.Write(b[:])
	}
	put(uint64(seed))
	h.Write([]byte(what))
	for _, n := range numbers {
		put(uint64(n))
	}
	x := h.Sum64() // FNV spreads its last bytes badly: mix them (the finalizer of MurmurHash3)
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}
