package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// spacing keeps discoveries that a device asks for apart: the first is made at once, and each that comes right after
// the one before doubles the time to the next.
type spacing struct {
	last time.Time
	wait time.Duration
}

// due tells whether one may begin at now.
func (s *spacing) due(now time.Time) bool { return s.last.IsZero() || now.Sub(s.last) >= s.wait }

// begun notes that one has begun.
func (s *spacing) begun(now time.Time) {
	if s.last.IsZero() || now.Sub(s.last) > 2*s.wait {
		s.wait = rediscoverSoonest
	} else {
		s.wait = min(2*s.wait, rediscover)
	}
	s.last = now
}

// want has a device discovered soon, apart from the hour at which that is due. device.mu is held.
func (w *Watcher) want(d *device) {
	if d.plan != nil && !d.spacing.due(w.deps.Now()) || !d.wanted.CompareAndSwap(false, true) {
		return
	}
	if d.changed != "" {
		w.log.Info("device has changed, reading it anew", "device", d.assigned.Name, "why", d.changed)
	}
	w.deps.Scheduler.Trigger(inventoryKey(d.assigned.Name))
}

// inventory reads what the device is and has. Each part is put to use as soon as it is read: the interfaces, the
// sensors; what it is made of and stands next to comes last.
func (w *Watcher) inventory(ctx context.Context, d *device, _ time.Time) {
	d.reading.Lock()
	defer d.reading.Unlock()
	if d.ctx.Err() != nil {
		return
	}
	d.wanted.Store(false)
	ctx, cancel := context.WithTimeout(ctx, discoveryBudget)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	session, err := d.session()
	if err != nil {
		return // the poll tells why
	}
	w.m.discoveries.Inc()
	at := w.deps.Now()
	d.mu.Lock()
	if d.changed != "" {
		d.spacing.begun(at)
	}
	known := d.knownInterfaces()
	d.mu.Unlock()
	facts, plan, parts := snmp.Discover(ctx, session, d.assigned.Name, known, d.assigned.Ignores)
	if err := snmp.Unreadable(plan, parts); err != nil {
		if ctx.Err() == nil {
			w.complain(d, err)
		}
		return
	}
	facts.Time = at.UnixMilli()
	if w.deps.Profiles.Replaces(d.assigned.Profile, facts.System.SysObjectID) {
		parts = append(parts, w.profile(ctx, d, session, plan, &facts)...) // which tells what counts
	} else {
		w.install(d, plan, facts.Interfaces)
		parts = append(parts, w.profile(ctx, d, session, nil, &facts)...)
	}
	parts = append(parts, w.structure(ctx, d, session, &facts)...)
	if d.ctx.Err() != nil || w.stopped.Err() != nil || errors.Is(ctx.Err(), context.Canceled) {
		return // what is missing is our doing
	}
	if len(parts) > 0 {
		if suppressed, ok := w.quiet.Allow("parts/" + d.assigned.Name); ok {
			w.log.Warn("device read in part", "device", d.assigned.Name, "errors", snmp.ErrorsText(parts), "suppressed", suppressed)
		}
	}
	if d.news(&facts, at) {
		w.send(telemetry.Record{Facts: &facts})
	}
}

// install has the interfaces polled by a new plan.
func (w *Watcher) install(d *device, plan *snmp.Plan, interfaces []telemetry.Interface) {
	d.mu.Lock()
	first := d.plan == nil
	var ended []telemetry.Series
	if !first {
		ended = without(d.plan.Template(), plan.Template())
	}
	plan.After(d.plan)
	d.plan, d.changed = plan, ""
	d.known.Store(&interfaces)
	d.mu.Unlock()
	w.end(d, ended)
	if first {
		w.deps.Scheduler.Trigger(pollKey(d.assigned.Name))
	}
}

// knows tells whether there is a profile of a name that the inventory gives.
func (w *Watcher) knows(name string) error {
	if name == "" {
		return nil
	}
	if _, err := w.deps.Profiles.Resolve(name); err != nil {
		return fmt.Errorf("profile %q is not known to this agent (%w): correct it, or put its file into the folder of profiles in agent.yaml; until then the profile for its sysObjectID is taken", name, err)
	}
	return nil
}

// profile reads the device by its profile: what it is goes into f, what is to be polled into the groups. A plan is
// put to use with what the profile has instead of IF-MIB.
func (w *Watcher) profile(ctx context.Context, d *device, session snmp.Session, plan *snmp.Plan, f *telemetry.DeviceFacts) []snmp.PartError {
	var read *profile.Reading
	var parts []snmp.PartError
	if forced, err := w.deps.Profiles.Resolve(d.assigned.Profile); d.assigned.Profile != "" && err == nil {
		read, parts = forced.Read(ctx, session, profile.DefaultLimits())
	} else {
		read, parts = w.deps.Profiles.Read(ctx, session, profile.DefaultLimits(), f.System)
	}
	i := read.Identity
	f.Identity = telemetry.Identity{Vendor: i.Vendor, OS: i.OS, Model: i.Model, Serial: i.Serial, Version: i.Version, Profile: read.Profile}
	silent := ctx.Err() != nil || missing(parts)
	if silent && d.told != nil { // a device that stopped answering has not become another
		f.Identity = d.told.Identity
	}
	if plan != nil {
		if !silent || len(read.Instead) > len(d.instead) { // else what was found before counts on
			d.instead = read.Instead
		}
		w.install(d, plan.Instead(d.instead, f.Interfaces), f.Interfaces)
	}
	groups, left := read.Groups(d.assigned.Name, d.sensorsInterval())
	if left > 0 {
		parts = append(parts, snmp.PartError{Part: "profile", Err: fmt.Errorf("%d series are too many for one device and are not polled", left)})
	}
	w.installGroups(d, groups, silent)
	return parts
}

// installGroups has sensors and the like polled by new groups. When the device was silent in between, and something
// seems to have gone, the groups before stay.
func (w *Watcher) installGroups(d *device, groups []*profile.Group, silent bool) {
	d.sensing.Lock()
	ended := without(series(d.groups), series(groups))
	if silent && len(ended) > 0 {
		d.sensing.Unlock()
		return
	}
	first := d.groups == nil && len(groups) > 0
	d.groups = groups
	last := d.sensed
	d.sensed = map[time.Duration]time.Time{}
	for _, g := range groups {
		if at, ok := last[g.Interval]; ok {
			d.sensed[g.Interval] = at
		}
	}
	d.sensing.Unlock()
	w.end(d, ended)
	if tick := int64(tickOf(groups, d.sensorsInterval())); d.tick.Swap(tick) != tick {
		select {
		case w.rejob <- struct{}{}:
		default: // it is to be done already
		}
	}
	if first {
		w.deps.Scheduler.Trigger(sensorsKey(d.assigned.Name))
	}
}

// end tells of series that will have no more samples.
func (w *Watcher) end(d *device, ended []telemetry.Series) {
	if len(ended) == 0 {
		return
	}
	values := make([]telemetry.Value, len(ended))
	for i := range values {
		values[i].Kind = telemetry.Stale
	}
	w.send(telemetry.Record{Frame: &telemetry.Frame{Device: d.assigned.Name, Template: ended,
		Polls: []telemetry.Poll{{Time: w.deps.Now().UnixMilli(), Values: values}}}})
}
