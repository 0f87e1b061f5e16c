package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"ninewatch/agent/facts"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// retell is how often facts are sent again although they are the same.
const retell = 24 * time.Hour

// structure adds to f what the device is made of and connected to.
func (w *Watcher) structure(ctx context.Context, d *device, session snmp.Session, f *telemetry.DeviceFacts) []snmp.PartError {
	states, parts := facts.Read(ctx, session, f, facts.Options{Open: d.openVLAN})
	d.states = states.After(d.states, nil)
	return parts
}

// states looks at what tells of a change within the facts: members of aggregates, first hop routers, routing
// peers, neighbours, spanning trees. What has changed is read anew, and told at once. device.mu is held.
func (w *Watcher) states(ctx context.Context, d *device, session snmp.Session) {
	if !d.reading.TryLock() {
		return // all of it is being read
	}
	defer d.reading.Unlock()
	at := w.deps.Now()
	lists, err := d.states.Poll(ctx, session)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		w.complain(d, err)
	}
	if i := slices.Index(lists, facts.Components); i >= 0 {
		lists = slices.Delete(lists, i, i+1)
		d.changed = "entLastChangeTime changed"
		w.want(d)
	}
	if slices.Contains(lists, "neighbors") && d.told != nil && len(d.told.STP) > 0 && !slices.Contains(lists, "stp") {
		lists = append(lists, "stp") // what is connected anew may be blocked
	}
	lists = slices.DeleteFunc(lists, func(list string) bool { return !d.spaced(list).due(at) })
	if len(lists) == 0 || d.told == nil {
		return
	}
	for _, list := range lists {
		if list == "neighbors" || list == "stp" { // some devices always say so
			d.spaced(list).begun(at)
		}
	}
	f, states, parts := facts.Reread(ctx, session, d.told, facts.Options{}, lists...)
	if d.ctx.Err() != nil || ctx.Err() != nil || missing(parts) {
		return // the next poll tries again
	}
	d.states = states.After(d.states, lists)
	f.Time = at.UnixMilli()
	news := d.news(f, at)
	if news {
		w.send(telemetry.Record{Facts: f})
	}
	for _, list := range lists {
		if !news && list != "neighbors" && list != "stp" { // it will not be news the next time either
			d.spaced(list).begun(at)
		}
	}
}

// spaced keeps readings of a list apart, between discoveries.
func (d *device) spaced(list string) *spacing {
	if d.spacings == nil {
		d.spacings = map[string]*spacing{}
	}
	if d.spacings[list] == nil {
		d.spacings[list] = &spacing{}
	}
	return d.spacings[list]
}

// missing tells whether the device was silent about a part of what it was asked.
func missing(parts []snmp.PartError) bool {
	return slices.ContainsFunc(parts, func(p snmp.PartError) bool {
		kind := snmp.KindOf(p.Err)
		return kind == snmp.Timeout || kind == snmp.Refused
	})
}

// openVLAN opens a session to the bridge of one VLAN of the device.
func (d *device) openVLAN(_ context.Context, vlan uint32) (snmp.Session, error) {
	target := d.target(lookTimeout, -1)
	target.Credential = facts.InVLAN(target.Credential, vlan)
	s, err := d.manager.Dial(target)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// news tells whether f is to be sent: it says something that was not sent yet, or the last time was long ago.
func (d *device) news(f *telemetry.DeviceFacts, at time.Time) bool {
	if d.told != nil && at.Sub(d.toldAt) < retell && telemetry.SameFacts(d.told, f) {
		return false
	}
	d.told, d.toldAt = f, at
	return true
}
