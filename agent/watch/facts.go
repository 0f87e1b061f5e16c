package watch

import (
	"context"
	"time"

	"ninewatch/agent/facts"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// retell is how often facts are sent again although they are the same.
const retell = 24 * time.Hour

// structure adds to f what the device is made of and connected to.
func (w *Watcher) structure(ctx context.Context, d *device, session snmp.Session, f *telemetry.DeviceFacts) []snmp.PartError {
	return facts.Read(ctx, session, f, facts.Options{Open: d.openVLAN})
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
