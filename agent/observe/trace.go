package observe

import (
	"math"
	"time"

	"ninewatch/internal/telemetry"
)

const (
	// traceSpan is for how long before and after a change the round-trip times are kept probe by probe.
	traceSpan = int64(2 * time.Minute / time.Millisecond)
	// maxTrace bounds the memory of a trace at short intervals.
	maxTrace = 1200
	// traceChunk is how much of a trace is told in one frame while it goes on.
	traceChunk = int64(time.Minute / time.Millisecond)
)

// probeRTT is the series of single round-trip times.
const probeRTT = "ninewatch_icmp_probe_rtt_seconds"

// Trace keeps the round-trip times of the latest probes of one subject, so that the minutes around an outage can
// be told probe by probe. That a probe was lost is in the observation runs.
type Trace struct {
	every int64    // ms between slots; 0 before the first echo
	last  int64    // latest slot, Unix ms
	rtts  []uint32 // ns, of slot s at s/every modulo length; 0: no reply
	told  int64    // slots up to here were told, or are not wanted
	until int64    // slots up to here are wanted
}

// Add takes the next echo of a regular slot.
func (t *Trace) Add(e Echo) {
	if e.Every <= 0 || t.every != 0 && e.Slot == t.last {
		return
	}
	if e.Slot < t.last { // the clock was set back
		t.told, t.until = min(t.told, e.Slot-1), min(t.until, e.Slot+traceSpan)
	}
	steps := (e.Slot - t.last) / e.Every
	if e.Every != t.every || e.Slot < t.last || steps >= int64(len(t.rtts)) || (e.Slot-t.last)%e.Every != 0 {
		t.restart(e)
		steps = 1
	}
	n := int64(len(t.rtts))
	for s := range steps - 1 {
		t.rtts[(t.last/t.every+1+s)%n] = 0
	}
	t.last = e.Slot
	rtt := uint32(0)
	if e.Result == telemetry.OK {
		rtt = uint32(min(max(e.RTT, 1), math.MaxUint32))
	}
	t.rtts[t.last/t.every%n] = rtt
}

// restart forgets what is kept: it lies on other slots.
func (t *Trace) restart(e Echo) {
	n := int(min(max(traceSpan/e.Every, 2), maxTrace))
	if cap(t.rtts) < n {
		t.rtts = make([]uint32, n)
	}
	t.rtts = t.rtts[:n]
	clear(t.rtts)
	t.every = e.Every
}

// Want has what is kept told, and what follows for a while.
func (t *Trace) Want() { t.until = t.last + traceSpan }

// Frame returns what is wanted and not told yet, or nil when there is nothing or, unless all, when more of it
// is to come soon.
func (t *Trace) Frame(s Subject, all bool) *telemetry.Frame {
	to := min(t.last, t.until)
	from := max(t.told+1, t.last-int64(len(t.rtts)-1)*t.every)
	if t.every == 0 || from > to || !all && to < t.until && to-t.told < traceChunk {
		return nil
	}
	t.told = to
	f := &telemetry.Frame{Device: s.Device, Template: []telemetry.Series{s.series(probeRTT)}}
	first := t.last - (t.last-from)/t.every*t.every
	for slot := first; slot <= to; slot += t.every {
		if rtt := t.rtts[slot/t.every%int64(len(t.rtts))]; rtt != 0 {
			f.Polls = append(f.Polls, telemetry.Poll{Time: slot, Values: []telemetry.Value{telemetry.FloatValue(seconds(rtt))}})
		}
	}
	if len(f.Polls) == 0 {
		return nil
	}
	return f
}
