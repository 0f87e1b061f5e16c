package capacity

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Reading is what one poll saw of a counter. Times are milliseconds since 1970 UTC.
type Reading struct {
	At      int64
	Value   uint64
	Missing bool // noSuchInstance, a timeout, or a value that its type cannot hold

	SysUpTime    uint32 // TimeTicks of 1/100 s
	HasSysUpTime bool

	Discontinuity    uint32 // ifCounterDiscontinuityTime
	HasDiscontinuity bool

	Speed uint64 // of the line in bit/s, from LineSpeed or configured; 0 is unknown
}

// Status is why a pair has a rate, or why not.
type Status string

// The states of a pair, in the order in which Decide looks for them.
const (
	StatusMissing       Status = "missing"
	StatusDiscontinuity Status = "discontinuity" // ifCounterDiscontinuityTime moved
	StatusRestart       Status = "restart"       // by sysUpTime
	StatusAmbiguous     Status = "ambiguous"     // 32 bit, and time for more than one wrap
	StatusReset         Status = "reset"         // the counter fell
	StatusImplausible   Status = "implausible"   // faster than the line
	StatusOK            Status = "ok"
)

// Pair is what two consecutive readings say. Octets and the rate are to be used only when Status is StatusOK;
// an implausible pair keeps its octets, so that a wrong speed can be told from a single spike (SpeedSuspect).
type Pair struct {
	From, To int64 // milliseconds
	Status   Status
	Wrapped  bool
	Octets   uint64
	Elapsed  uint64 // milliseconds by the better clock: the device's when it is close to ours
	Speed    uint64 // of the later reading
}

// Rate is bit/s of an ok pair.
func (p Pair) Rate() float64 {
	if p.Elapsed == 0 {
		return 0
	}
	return float64(p.Octets) * 8000 / float64(p.Elapsed)
}

// Utilization is the rate as a share of the speed; not ok when the speed is unknown.
func (p Pair) Utilization() (float64, bool) {
	if p.Status != StatusOK || p.Speed == 0 {
		return 0, false
	}
	return p.Rate() / float64(p.Speed), true
}

const (
	toleranceTicks   = 500 // 5 s: what sysUpTime and our clock may differ between two polls
	tolerancePercent = 1   // or 1 % of the time between them
	ticksPerSecond   = 100 // RFC 3418
	overSpeedPercent = 105 // burst and rounding of ifHighSpeed; above it is no traffic of this line
	unknownSpeed32   = math.MaxUint32
	clockPercent     = 5 // closer than this, the device's clock says better when its counters were read
)

// LineSpeed is ifHighSpeed in bit/s, and ifSpeed only where that is 0. A saturated ifSpeed is unknown (RFC 2863).
func LineSpeed(ifHighSpeed, ifSpeed uint64) uint64 {
	switch {
	case ifHighSpeed > 0 && ifHighSpeed <= math.MaxUint64/1_000_000:
		return ifHighSpeed * 1_000_000
	case ifHighSpeed > 0 || ifSpeed == unknownSpeed32:
		return 0
	}
	return ifSpeed
}

// Decide judges two consecutive readings of a counter of 32 or 64 bits; the first rule that matches gives the status.
func Decide(width int, p, c Reading) Pair {
	pair := Pair{From: p.At, To: c.At, Speed: c.Speed, Elapsed: uint64(max(0, c.At-p.At))}
	wall := pair.Elapsed
	switch {
	case p.Missing || c.Missing || wall == 0 || width == 32 && (p.Value > math.MaxUint32 || c.Value > math.MaxUint32):
		pair.Status = StatusMissing
	case p.HasDiscontinuity && c.HasDiscontinuity && p.Discontinuity != c.Discontinuity:
		pair.Status = StatusDiscontinuity
	case p.HasSysUpTime && c.HasSysUpTime && restarted(p, c):
		pair.Status = StatusRestart
	case width == 32 && c.Speed > 0 && atLeast(wall, c.Speed, 8*1000, 1<<32):
		pair.Status = StatusAmbiguous
	default:
		pair.Elapsed = deviceElapsed(p, c, wall)
		pair.decideDelta(width, p, c)
	}
	return pair
}

func (pair *Pair) decideDelta(width int, p, c Reading) {
	pair.Octets = c.Value - p.Value
	if c.Value < p.Value {
		evidence := p.HasSysUpTime && c.HasSysUpTime || c.Speed > 0
		if width != 32 || !evidence {
			pair.Octets, pair.Status = 0, StatusReset
			return
		}
		pair.Octets, pair.Wrapped = c.Value+1<<32-p.Value, true
	}
	switch fast := c.Speed > 0 && pair.fasterThan(overSpeedPercent); {
	case fast && pair.Wrapped:
		pair.Status, pair.Wrapped = StatusReset, false
	case fast:
		pair.Status = StatusImplausible
	default:
		pair.Status = StatusOK
	}
}

// fasterThan compares the rate with a percentage of the speed, exactly.
func (pair *Pair) fasterThan(percent uint64) bool {
	// 8000 octets / elapsed > percent/100 speed
	hi, lo, over := mul3(pair.Octets, 8*1000*100)
	limitHi, limitLo, limitOver := mul3(pair.Speed, percent, pair.Elapsed)
	if over || limitOver {
		return !limitOver
	}
	return hi > limitHi || hi == limitHi && lo > limitLo
}

// atLeast is a·b >= c·d, exactly.
func atLeast(a, b, c, d uint64) bool {
	hi, lo := bits.Mul64(a, b)
	otherHi, otherLo := bits.Mul64(c, d)
	return hi > otherHi || hi == otherHi && lo >= otherLo
}

// mul3 multiplies into 128 bits, and tells when they do not suffice.
func mul3(first uint64, more ...uint64) (hi, lo uint64, over bool) {
	lo = first
	for _, x := range more {
		carry, low := bits.Mul64(lo, x)
		overHi, high := bits.Mul64(hi, x)
		sum, c := bits.Add64(high, carry, 0)
		over = over || overHi != 0 || c != 0
		hi, lo = sum, low
	}
	return hi, lo, over
}

// restarted tells a restart of the management agent from the wrap of sysUpTime after 497 days (analytics A.3).
func restarted(p, c Reading) bool {
	elapsed := c.At - p.At
	ticks := elapsed / (1000 / ticksPerSecond)
	off := c.SysUpTime - (p.SysUpTime + uint32(uint64(ticks)))
	distance := int64(min(off, -off))
	return distance > max(toleranceTicks, ticks*tolerancePercent/100)
}

// deviceElapsed is the time between the readings by the device's clock where that is within 5 % of ours: a reply
// that was slow to come makes saw-teeth of a steady rate otherwise.
func deviceElapsed(p, c Reading, wall uint64) uint64 {
	if !p.HasSysUpTime || !c.HasSysUpTime {
		return wall
	}
	device := uint64(c.SysUpTime-p.SysUpTime) * (1000 / ticksPerSecond)
	if off := max(device, wall) - min(device, wall); device == 0 || off*100 >= wall*clockPercent {
		return wall
	}
	return device
}

// Pairs judges the readings of one counter in the order of their times. Of readings with one time one counts.
func Pairs(width int, readings []Reading) []Pair {
	sorted := slices.Clone(readings)
	slices.SortStableFunc(sorted, func(a, b Reading) int {
		if a.At == b.At && a.Missing != b.Missing {
			if a.Missing {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Value, b.Value))
	})
	sorted = slices.CompactFunc(sorted, func(a, b Reading) bool { return a.At == b.At })
	if len(sorted) < 2 {
		return nil
	}
	pairs := make([]Pair, 0, len(sorted)-1)
	for i, c := range sorted[1:] {
		pairs = append(pairs, Decide(width, sorted[i], c))
	}
	return pairs
}

const suspectRun = 3 // pairs in a row above the speed: not a spike any more

// SpeedSuspect is true when the rate stays above the speed for three pairs in a row: the speed that the device
// tells, or that is configured, is wrong.
func SpeedSuspect(pairs []Pair) bool {
	run := 0
	for _, p := range pairs {
		counts := p.Status == StatusOK || p.Status == StatusImplausible
		if counts && p.Speed > 0 && p.fasterThan(100) {
			if run++; run >= suspectRun {
				return true
			}
			continue
		}
		run = 0
	}
	return false
}

// JoinCached joins a pair without traffic with the next when that one has about double of what was usual before
// and after: the device answered the middle poll from a cache. The octets are right over both together.
func JoinCached(pairs []Pair) []Pair {
	out := make([]Pair, 0, len(pairs))
	for i := 0; i < len(pairs); i++ {
		if i+1 < len(pairs) && stale(pairs, i) {
			a, b := pairs[i], pairs[i+1]
			b.From, b.Elapsed = a.From, a.Elapsed+b.Elapsed
			out = append(out, b)
			i++
			continue
		}
		out = append(out, pairs[i])
	}
	return out
}

func stale(pairs []Pair, i int) bool {
	zero, double := pairs[i], pairs[i+1]
	if zero.Status != StatusOK || double.Status != StatusOK || zero.Octets != 0 || double.Octets == 0 {
		return false
	}
	together := float64(double.Octets) * 8000 / float64(zero.Elapsed+double.Elapsed)
	likeUsual := func(j int) bool {
		if j < 0 || j >= len(pairs) || pairs[j].Status != StatusOK {
			return false
		}
		rate := pairs[j].Rate()
		return rate > 0.75*together && rate < 1.25*together
	}
	return likeUsual(i-1) || likeUsual(i+2)
}

// Ratio is part as a share of part and rest together, such as discards of discards and packets; not ok without any.
func Ratio(part, rest uint64) (float64, bool) {
	whole := float64(part) + float64(rest)
	return float64(part) / whole, whole > 0
}
