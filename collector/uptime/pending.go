package uptime

import (
	"math"

	"ninewatch/internal/telemetry"
)

// parentsPending tells whether the outage of a device is too young to know whether its parents explain it:
// none of them has answered since it began, and none is known to be down. It lasts no longer than the
// parents take to be judged.
func (e *Engine) parentsPending(d *device, v Verdict, now int64) bool {
	if now-v.Since > e.cfg.Policy.Skew*1000 {
		return false
	}
	pending := false
	for _, name := range e.parentsAt(d.name, v.Since) {
		p := e.device(name)
		if p == nil || p == d {
			continue
		}
		p.mu.Lock()
		answered, awaited := p.answeredSince(v.Since, now)
		p.mu.Unlock()
		if answered {
			return false // a way is open: the fault is the device's own
		}
		pending = pending || awaited
	}
	return pending
}

// answeredSince tells whether d has answered a probe of the time since at (ms), and if not, whether it still
// may be found to be down: it is failing, or its first look since then is not in yet. Agents tell failures at
// once, and that all goes on as before in steps of some seconds. d is locked.
func (d *device) answeredSince(at, now int64) (answered, awaited bool) {
	if d.tail == nil {
		return false, true
	}
	pol := d.policy
	failing, soon := false, int64(math.MaxInt64)
	for k, runs := range d.tail.runs {
		newest := telemetry.Run{To: math.MinInt64}
		for _, r := range runs {
			if r.To >= at && newSeries(r, pol.DegradedPPM).class > bad {
				return true, false
			}
			if r.To > newest.To {
				newest = r
			}
		}
		if newest.To == math.MinInt64 {
			continue
		}
		failing = failing || newSeries(newest, pol.DegradedPPM).class == bad && newest.To >= at-pol.Skew*1000
		soon = min(soon, pol.probe(k.probe).lone(newest.Every))
	}
	known := d.verdict.State == string(Down) || d.verdict.State == string(Unreachable)
	return false, !known && (failing || soon < math.MaxInt64 && now-at <= soon+lookTime)
}

// lookTime (ms) is how long a look takes until it is stored: its timeout, and its way to the collector.
const lookTime = 4_000
