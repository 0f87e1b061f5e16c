package uptime

import (
	"cmp"
	"context"
	"slices"

	"ninewatch/internal/telemetry"
)

// Look is what an agent sees of a device by one probe now: the newest results that are equal. Times are Unix ms.
type Look struct {
	Device, Site string
	Probe        telemetry.Probe
	Agent        string
	Result       telemetry.Result
	Reason       string
	Since, To    int64 // of the first of these results, and of the newest
	Every        int64 // ms between two
}

// Looks lists what agents see now, of the devices that are judged, by device, probe and agent. An agent that has
// fallen silent keeps what it saw last: To tells.
func (e *Engine) Looks() []Look {
	e.mu.RLock()
	all := make([]*device, 0, len(e.devices))
	sites := make(map[string]string, len(e.devices))
	for name, d := range e.devices {
		all, sites[name] = append(all, d), d.site
	}
	e.mu.RUnlock()
	var out []Look
	for _, d := range all {
		if isProbe(d.name) {
			continue
		}
		d.mu.Lock()
		if d.tail != nil {
			for k, runs := range d.tail.runs {
				if l, ok := newestLook(runs); ok {
					l.Device, l.Site, l.Probe, l.Agent = d.name, sites[d.name], k.probe, k.agent
					out = append(out, l)
				}
			}
		}
		d.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Look) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Probe, b.Probe), cmp.Compare(a.Agent, b.Agent))
	})
	return out
}

// newestLook is the end of a stream, back to the first result that is the same.
func newestLook(runs []telemetry.Run) (Look, bool) {
	last := -1
	for i, r := range runs {
		if last < 0 || r.To >= runs[last].To {
			last = i
		}
	}
	if last < 0 {
		return Look{}, false
	}
	r := runs[last]
	l := Look{Result: r.Result, Reason: r.Reason, Since: r.From, To: r.To, Every: r.Every}
	for i := last - 1; i >= 0 && runs[i].Result == r.Result; i-- {
		l.Since = min(l.Since, runs[i].From)
	}
	return l, true
}

// Reboots lists the reboots of devices from a time (Unix ms) on, by device: those that the probes did not see as
// an outage. SNMP agents that began anew on a box that ran on are none.
func (e *Engine) Reboots(ctx context.Context, from int64) map[string]Restart {
	e.mu.RLock()
	all := make([]*device, 0, len(e.devices))
	for _, d := range e.devices {
		all = append(all, d)
	}
	e.mu.RUnlock()
	out := map[string]Restart{}
	for _, d := range all {
		d.mu.Lock()
		if d.tail != nil && slices.ContainsFunc(d.tail.boots, func(b telemetry.Boot) bool { return b.Time >= from }) {
			for _, r := range d.tail.rebootsUnseen(d.policy, e.witness(ctx, d)) {
				if r.At*1000 >= from {
					out[d.name] = r
				}
			}
		}
		d.mu.Unlock()
	}
	return out
}

// rebootsUnseen is the reboots within which the probes confirmed no outage.
func (t *tail) rebootsUnseen(pol Policy, w witness) []Restart {
	streams := t.streams()
	line := toSeconds(combine(streams, pol, t.newest(), edgeHold))
	return slices.DeleteFunc(bootRestarts(t.boots, streams, pol, w), func(r Restart) bool {
		return r.Kind != Reboot || slices.ContainsFunc(line, func(x Interval) bool { return x.State == Down && x.From <= r.At && x.To >= r.From })
	})
}

// bootHeard is how much later than the reply that shows it (ms) a restart is heard of at the latest: agents send
// both, in any order.
const bootHeard = 30_000

// Meanwhile is what sysUpTime says of the time (Unix ms) for which a device was down in the last hour: when it
// restarted, or 0 where it ran on. It is not known before SNMP is answered again.
func (e *Engine) Meanwhile(name string, from, to int64) (restart int64, known bool) {
	e.mu.RLock()
	d := e.devices[name]
	e.mu.RUnlock()
	if d == nil {
		return 0, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tail == nil {
		return 0, false
	}
	var polled []telemetry.Run
	for k, runs := range d.tail.runs {
		for _, r := range runs {
			if k.probe == telemetry.ProbeSNMP && r.Result == telemetry.OK {
				polled = append(polled, r)
			}
		}
	}
	restart, told := passage(Window{from / 1000, to / 1000}, d.tail.boots, polled)
	return restart, told != 0 && (restart != 0 || d.tail.newest() >= told+bootHeard)
}
