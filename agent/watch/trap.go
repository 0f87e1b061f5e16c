package watch

import (
	"net/netip"
	"time"

	"ninewatch/agent/trap"
	"ninewatch/internal/telemetry"
)

const (
	// trapAgain is when a device is polled again after the poll that a trap caused: linkDown is sent before the status
	// changes (RFC 2863, section 5).
	trapAgain = 2 * time.Second
	// trapLate is when it is polled once more after the last trap: a routing protocol, say, takes its time.
	trapLate = 2 * time.Minute
)

// Senders are the devices with an address, which may send traps. It waits for nothing.
func (w *Watcher) Senders(addr netip.Addr) []trap.Sender {
	if senders := w.senders.Load(); senders != nil {
		return (*senders)[addr]
	}
	return nil
}

// Trap takes a trap of a device: the device is looked at at once. What the trap says of a link is evidence of when,
// never of whether.
func (w *Watcher) Trap(name string, t trap.Trap) {
	now := w.deps.Now()
	w.mu.Lock()
	d := w.devices[name]
	if d == nil {
		w.mu.Unlock()
		return
	}
	begin := !d.following
	if d.following = true; !begin {
		select {
		case d.hints <- struct{}{}:
		default:
		}
	}
	w.mu.Unlock()
	switch {
	case t.Link != trap.None:
		w.send(d.linkTrap(now, t)...)
	case t.Start != 0:
		w.send(d.trapped(now, telemetry.Series{Name: "ninewatch_start_trap", Vantage: true}, uint64(t.Start)))
	}
	if begin {
		w.asking.Go(func() { w.followTraps(d) })
	}
}

// linkTrap is the evidence in a trap of an interface that is known.
func (d *device) linkTrap(at time.Time, t trap.Trap) []telemetry.Record {
	for _, i := range d.knownInterfaces() {
		if i.IfIndex == t.IfIndex {
			of := telemetry.Series{Name: "ninewatch_link_trap", Labels: []telemetry.Label{{Name: "ifName", Value: i.Key}}, Vantage: true}
			return []telemetry.Record{d.trapped(at, of, uint64(t.Link))}
		}
	}
	return nil
}

// trapped is a sample of what came at a time.
func (d *device) trapped(at time.Time, of telemetry.Series, value uint64) telemetry.Record {
	return telemetry.Record{Frame: &telemetry.Frame{
		Device: d.assigned.Name, Template: []telemetry.Series{of},
		Polls: []telemetry.Poll{{Time: at.UnixMilli(), Values: []telemetry.Value{telemetry.UintValue(value)}}},
	}}
}

// followTraps polls a device at once, again trapAgain later, and trapLate after the last trap. With each trap that
// comes meanwhile the distance of its polls doubles, up to the interval of the device: a storm does not become one of
// polls.
func (w *Watcher) followTraps(d *device) {
	look := func() {
		w.deps.Scheduler.Trigger(pollKey(d.assigned.Name))
		w.deps.Prober.Look(d.assigned.Name)
	}
	wait := trapAgain
	late := time.NewTimer(trapLate)
	defer late.Stop()
	for look(); ; look() {
		select {
		case <-time.After(wait):
		case <-d.ctx.Done():
			return
		}
		select {
		case <-d.hints: // came meanwhile
		default:
			look()
			late.Reset(trapLate)
			select {
			case <-d.hints:
			case <-d.ctx.Done():
				return
			case <-late.C:
				look()
				if w.calm(d) {
					return
				}
			}
		}
		wait = min(2*wait, max(wait, d.assigned.SNMPInterval))
	}
}

// calm tells whether no trap came that is not followed yet, and ends the following then.
func (w *Watcher) calm(d *device) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.following = len(d.hints) > 0
	return !d.following
}
