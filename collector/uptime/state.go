package uptime

import "slices"

// State is what is said of a target over an interval.
type State string

// The states partition every second of a target's timeline. Maintenance is an overlay: timelines do not
// carry it, summaries count it.
const (
	Up          State = "up"
	Degraded    State = "degraded"    // working, but lossy or not by every probe
	Down        State = "down"        // own failure, confirmed
	Unreachable State = "unreachable" // explained by failed parents
	Unknown     State = "unknown"     // nobody was able to look
	Maintenance State = "maintenance" // inside a planned window
	AdminDown   State = "admin_down"  // an interface that is switched off: not in agreed time
)

// Interval is a half-open piece of a timeline, in Unix seconds.
type Interval struct {
	From, To int64
	State    State
	Why      string // the reason in words of the evidence: timeout, prober_fault, no_data, …
	// Uncertainty is how many seconds earlier than From the state may have begun: the time since the
	// evidence before it. 0 where no evidence came just before.
	Uncertainty int64
	// Dated names what dates From, where it is not the probes: a trap, or ifLastChange.
	Dated string
}

// working tells whether s counts as time in service (U of the availability).
func working(s State) bool { return s == Up || s == Degraded }

// same tells whether two neighbours are one: unknown for two reasons is two.
func same(a, b Interval) bool { return a.State == b.State && (a.State != Unknown || a.Why == b.Why) }

// coalesce joins neighbours of equal state, and drops what is empty.
func coalesce(in []Interval) []Interval {
	out := make([]Interval, 0, len(in))
	for _, x := range in {
		if x.From >= x.To {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To == x.From && same(out[n-1], x) {
			out[n-1].To = x.To
			continue
		}
		out = append(out, x)
	}
	return out
}

// clip is the part of a timeline in [from, to), with unknown where it says nothing.
func clip(in []Interval, from, to int64) []Interval {
	var out []Interval
	at := from
	for _, x := range in {
		if x.To <= from || x.From >= to {
			continue
		}
		if x.From < from {
			x.From, x.Uncertainty, x.Dated = from, 0, ""
		}
		x.To = min(x.To, to)
		if x.From > at {
			out = append(out, Interval{From: at, To: x.From, State: Unknown, Why: whyNoData})
		}
		out = append(out, x)
		at = x.To
	}
	if at < to {
		out = append(out, Interval{From: at, To: to, State: Unknown, Why: whyNoData})
	}
	return coalesce(out)
}

// stateAt is the state of a timeline at t.
func stateAt(in []Interval, t int64) State {
	for _, x := range in {
		if x.From <= t && t < x.To {
			return x.State
		}
	}
	return Unknown
}

// byState joins neighbours of equal state, for whatever reason.
func byState(in []Interval) []Interval {
	out := slices.Clone(in)
	for i := range out {
		out[i].Why = ""
	}
	return coalesce(out)
}
