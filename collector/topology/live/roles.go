package live

import (
	"slices"
	"strings"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// role is what a router is now: what it said last, unless something happened to it or to its interface since.
func (c *court) role(g *Group, m member) topology.Role {
	if m.device == "" {
		return m.role
	}
	if state, ok := c.devices[m.device]; ok && state == topology.Unknown {
		return topology.RoleUnknown
	}
	if _, out := c.out(m); out {
		return topology.Idle
	}
	if m.role != topology.Standby {
		return m.role
	}
	for _, other := range g.of { // who was active and fell out after this one was read: it may have taken over
		if other.role == topology.Active && other.device != "" {
			if since, out := c.out(other); out && since > m.at {
				return topology.RoleUnknown
			}
		}
	}
	return m.role
}

// out tells whether a router takes no part, and since when: it is down, or the interface by which it takes part is
// (RFC 9568, 6.4: without it a router is in the state Initialize).
func (c *court) out(m member) (since int64, out bool) {
	if c.devices[m.device] == topology.Down {
		t, err := c.scope("device:" + m.device)
		return t.since, err == nil
	}
	if m.via == "" {
		return 0, false
	}
	if t, err := c.scope("interface:" + m.via); err == nil && t.known {
		return t.since, t.state == topology.Down
	}
	known := c.s.memory[m.device]
	listed := known != nil && slices.ContainsFunc(known.Facts.Interfaces, func(i telemetry.Interface) bool {
		return i.Key == strings.TrimPrefix(m.via, m.device+"/") && i.IfOperStatus == operDown
	})
	if listed {
		return known.Facts.Time, true
	}
	return 0, false
}
