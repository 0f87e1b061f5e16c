package icmp

import "time"

// reading is both clocks at one moment, in ns.
type reading struct {
	mono int64 // since the Prober was made
	wall int64 // Unix
}

// offset is what a step of the wall clock changes. Slewing does not: the kernel slews both clocks alike.
func (r reading) offset() int64 { return r.wall - r.mono }

func newClock() func() reading {
	begin := time.Now()
	return func() reading {
		now := time.Now()
		return reading{mono: int64(now.Sub(begin)), wall: now.UnixNano()}
	}
}

// clockNoise is by how much two offsets may differ without a step between them: the two clocks are not read
// in one instant, but within the same microsecond unless the thread is interrupted just there.
const clockNoise = int64(50 * time.Microsecond)

// arrived is when a packet came that the kernel stamped at stamp and that was read at read, on the monotonic clock. When
// the wall clock was set back in between, it tells of a time to come: it came before it was read, that is all then.
func arrived(stamp int64, read reading) int64 { return min(stamp-read.offset(), read.mono) }

// roundTrip returns the time from the reading sent to the arrival of a packet that the kernel stamped at
// stamp (Unix ns, 0 for no stamp) and that was read at read.
//
// Both clocks give the time until it was read. The stamp tells how long it lay in the socket since: but only
// when the wall clock was not set between sent and read, and when it lies between the two. Else the time until
// it was read is the answer, which is too long by some microseconds.
func roundTrip(sent, read reading, stamp int64) int64 {
	untilRead := read.mono - sent.mono
	step := read.offset() - sent.offset()
	if stamp == 0 || step > clockNoise || step < -clockNoise {
		return untilRead
	}
	rtt := stamp - sent.wall
	if rtt < 0 || rtt > untilRead {
		return untilRead
	}
	return rtt
}
