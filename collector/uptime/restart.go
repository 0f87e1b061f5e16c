package uptime

import (
	"cmp"
	"slices"
)

// Reading is a reply that carried sysUpTime.
type Reading struct {
	Time  int64  // Unix ms
	Ticks uint64 // 1/100 s, wraps at 2^32
	// Host is the uptime of the host in seconds (hrSystemUptime or the vendor's), where HasHost.
	Host    int64
	HasHost bool
}

// The kinds of restart.
const (
	Reboot       = "reboot"
	AgentRestart = "snmp_agent_restart" // sysUpTime began anew, the box ran on: no down time
)

// Restart is a time at which sysUpTime began anew. Times are Unix seconds.
type Restart struct {
	At      int64
	Kind    string
	From    int64  // a reboot: the device was down in [From, At)
	Longest int64  // and at the longest in [Longest, At)
	Dated   string // names what dates From, where it is not the probes
	Trap    string // coldStart or warmStart, where the device sent one
	Told    int64  // Unix ms: when that came
}

const tickWrap = 1 << 32

// restarted compares two readings (RFC 3418): a restart is a step of more than 5 s or 1 % of the time
// between. A wrap of TimeTicks after 497.1 days is none.
func restarted(a, b Reading) bool {
	elapsed := (b.Time - a.Time) / 10 // ticks
	expect := (int64(a.Ticks%tickWrap) + elapsed) % tickWrap
	ahead := (int64(b.Ticks%tickWrap) - expect + tickWrap) % tickWrap
	return min(ahead, tickWrap-ahead) > max(500, elapsed/100)
}

// hostRanOn tells whether the host's own uptime shows no restart.
func hostRanOn(a, b Reading) bool {
	if !a.HasHost || !b.HasHost {
		return false
	}
	elapsed := (b.Time - a.Time) / 1000
	d := b.Host - a.Host - elapsed
	return max(d, -d) <= max(5, elapsed/100)
}

// Restarts finds the restarts between consecutive readings. The streams tell since when the device did not
// answer, and whether a reply contradicts a reboot.
func Restarts(readings []Reading, streams []Stream, pol Policy) []Restart {
	return restarts(readings, streams, pol, nil)
}

func restarts(readings []Reading, streams []Stream, pol Policy, w witness) []Restart {
	readings = slices.Clone(readings)
	slices.SortStableFunc(readings, func(a, b Reading) int { return cmp.Compare(a.Time, b.Time) })
	var merged [][]series
	var out []Restart
	for i := 1; i < len(readings); i++ {
		a, b := readings[i-1], readings[i]
		if a.Time == b.Time || !restarted(a, b) {
			continue
		}
		if merged == nil {
			for _, s := range streams {
				merged = append(merged, mergeRuns(s.Runs, pol.DegradedPPM, 1<<62))
			}
		}
		out = append(out, explain(a, b, merged, pol, w))
	}
	return out
}

// explain says what happened between two readings of different boots. The device went down after the last
// reply before the boot, of any kind: with the first failure that followed, or, if no probe looked, some
// time before the boot. A reply within that time contradicts a reboot. A witness who saw it go dates it.
func explain(a, b Reading, streams [][]series, pol Policy, w witness) Restart {
	boot := b.Time - int64(b.Ticks/100)*1000
	r := Restart{Kind: AgentRestart}
	if w != nil { // it had started when it said so, however its clock runs
		early := boot - max(500, (b.Time-boot)/1000)*10 // by as much as sysUpTime is believed to err
		if at, name, ok := w.started(max(a.Time, early), b.Time); ok {
			r.Trap, r.Told, boot = name, at, min(boot, at)
		}
	}
	r.At = floorSecond(boot)
	if hostRanOn(a, b) {
		return r
	}
	reply := max(a.Time, lastReply(streams, boot))
	start, end := max(reply, boot-pol.RebootAssumed*1000), boot
	if t, ok := firstFailure(streams, reply+1, boot+1); ok {
		start, end = t, t
	} else if reply > a.Time && reply > boot-pol.RebootAssumed*1000 {
		return r
	}
	r.Kind, r.From, r.Longest = Reboot, floorSecond(min(start, boot)), floorSecond(min(reply, boot))
	if w != nil && reply < end {
		if d, ok := w.cut(reply, end); ok {
			r.From, r.Longest, r.Dated = floorSecond(d.at), floorSecond(d.at-d.unc), d.by
		}
	}
	return r
}

// lastReply is the time of the newest reply before end.
func lastReply(streams [][]series, end int64) int64 {
	var newest int64
	for _, list := range streams {
		i, _ := slices.BinarySearchFunc(list, end, func(s series, t int64) int { return cmp.Compare(s.t, t) })
		for i--; i >= 0; i-- {
			if s := list[i]; s.class > bad || s.class == refused {
				newest = max(newest, s.t+(s.within(end)-1)*s.every)
				break
			}
		}
	}
	return newest
}

// firstFailure is the time of the earliest failure in [from, to).
func firstFailure(streams [][]series, from, to int64) (int64, bool) {
	first := to
	for _, list := range streams {
		i, _ := slices.BinarySearchFunc(list, from, func(s series, t int64) int {
			if s.last() < t {
				return -1
			}
			return 1
		})
		for ; i < len(list) && list[i].t < first; i++ {
			if t, ok := list[i].next(from); ok && list[i].class == bad {
				first = min(first, t)
				break
			}
		}
	}
	return first, first < to
}

// WithReboots lays the down time of reboots over a timeline.
func WithReboots(timeline []Interval, restarts []Restart) []Interval {
	for _, r := range restarts {
		if r.Kind == Reboot && r.From < r.At {
			timeline = overlay(timeline, Interval{From: r.From, To: r.At, State: Down, Why: Reboot, Uncertainty: r.From - r.Longest, Dated: r.Dated})
		}
	}
	return timeline
}

// overlay replaces what a timeline says over x. What is down there already keeps its reason.
func overlay(timeline []Interval, x Interval) []Interval {
	out := make([]Interval, 0, len(timeline)+2)
	at := x.From
	fill := func(to int64) {
		if at < to {
			piece := x
			piece.From, piece.To = at, to
			out = append(out, piece)
			at = to
		}
	}
	for _, y := range timeline {
		if y.To <= x.From || y.From >= x.To {
			if y.From >= x.To {
				fill(x.To)
			}
			out = append(out, y)
			continue
		}
		if y.From < x.From {
			left := y
			left.To = x.From
			out = append(out, left)
		}
		if y.State == x.State {
			fill(max(y.From, x.From))
			piece := y
			piece.From, piece.To = max(y.From, x.From), min(y.To, x.To)
			out = append(out, piece)
			at = piece.To
		}
		if y.To > x.To {
			fill(x.To)
			right := y
			right.From = x.To
			out = append(out, right)
		}
	}
	fill(x.To)
	return coalesce(out)
}
