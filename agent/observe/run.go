package observe

import (
	"net/netip"

	"ninewatch/internal/telemetry"
)

// Sample is what one probe in one slot showed.
type Sample struct {
	Slot    int64 // Unix ms
	Every   int64 // ms between slots
	Result  telemetry.Result
	LossPPM uint32 // with telemetry.Loss
	Reason  string
	Hop     netip.Addr // who gave the reason, where it was told by an ICMP error
}

// reason is that of a run: in words for people, not for programs to compare.
func (s Sample) reason() string {
	if !s.Hop.IsValid() {
		return s.Reason
	}
	return s.Reason + " from " + s.Hop.String()
}

// confirms is how many equal results in a row settle a state with the collector: so many are told at once.
const confirms = 3

// Builder makes runs of the samples of one device and probe.
type Builder struct {
	run   telemetry.Run // Every is 0 before the first sample
	grown bool          // since it was handed out
}

// NewBuilder returns a Builder without a run.
func NewBuilder(device string, probe telemetry.Probe) *Builder {
	return &Builder{run: telemetry.Run{Device: device, Probe: probe}}
}

// Add takes the next sample, and appends to dst what has to be told at once: the run that s begins, or whose
// third sample or an earlier one it is, and before it the run that it ends, when that grew since it was last
// told. A slot that is there already is ignored.
func (b *Builder) Add(dst []telemetry.Run, s Sample) []telemetry.Run {
	r := &b.run
	switch {
	case r.Every == 0:
	case s.Slot == r.To:
		return dst
	case s.Result == r.Result && s.LossPPM == r.LossPPM && s.Every == r.Every && s.Slot == r.To+r.Every:
		r.To = s.Slot
		if !explains(r.Reason) && explains(s.Reason) {
			r.Reason = s.reason()
		}
		b.grown = true
		if (r.To-r.From)/r.Every < confirms {
			return b.Flush(dst)
		}
		return dst
	default:
		dst = b.Flush(dst)
	}
	r.From, r.To, r.Every = s.Slot, s.Slot, s.Every
	r.Result, r.LossPPM, r.Reason = s.Result, s.LossPPM, s.reason()
	return append(dst, *r)
}

// Flush appends the open run to dst when it grew since it was last told.
func (b *Builder) Flush(dst []telemetry.Run) []telemetry.Run {
	if b.grown {
		b.grown = false
		dst = append(dst, b.run)
	}
	return dst
}

// explains tells whether a reason says more than that nothing came.
func explains(reason string) bool { return reason != "" && reason != "timeout" }

// Burst decides when a device is worth a second look by other probes at once.
type Burst struct {
	last telemetry.Result // latest that says something about the device; 0: none
}

// Add takes the next result, and tells whether it is the first failure of a device that answered before: the
// caller then triggers the other probes, so that a judgement stands on fresh evidence. Prober faults say
// nothing about the device and are passed over.
func (b *Burst) Add(r telemetry.Result) bool {
	if r == telemetry.ProberFault {
		return false
	}
	first := r == telemetry.Fail && b.last == telemetry.OK
	b.last = r
	return first
}
