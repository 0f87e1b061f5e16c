package watch

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"ninewatch/agent/icmp"
	"ninewatch/agent/observe"
	"ninewatch/internal/telemetry"
)

// target is what is known of a target beyond the devices. Watcher.mu guards it.
type target struct {
	assigned telemetry.Target
	lost     bool // the last echo that was sent did not come back
}

// defaultInterval is that of a target that names none.
const defaultInterval = time.Second

// subject is how the samples of t are labelled.
func subject(t telemetry.Target) observe.Subject {
	s := observe.Subject{Device: t.Device, Labels: []telemetry.Label{{Name: t.Kind, Value: t.Name}}}
	if s.Device == "" {
		s.Device = t.Object()
	}
	return s
}

// probe is t as the prober wants it.
func probe(t telemetry.Target, addr netip.Addr) icmp.Target {
	interval := t.Interval
	if interval == 0 {
		interval = defaultInterval
	}
	return icmp.Target{
		Name: t.Object(), Addr: addr, Interval: interval, Payload: t.Payload, DSCP: t.DSCP, DontFragment: t.DontFragment,
	}
}

// own are the networks of this host's interfaces, as its addresses within them.
type own []netip.Prefix

func ownNetworks() (o own) {
	networks, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, n := range networks {
		if p, err := netip.ParsePrefix(n.String()); err == nil {
			o = append(o, p)
		}
	}
	return o
}

// refuse says why addr cannot be that of a device, whatever the allow-list says.
func (o own) refuse(addr netip.Addr) error {
	switch {
	case addr.IsUnspecified(), addr.IsMulticast(), addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("address %s is not that of one host", addr)
	}
	for _, p := range o {
		if addr.Is4() && p.Addr().Is4() && p.Bits() < 31 && p.Contains(addr) && addr == broadcast(p) {
			return fmt.Errorf("address %s is the broadcast address of %s, not that of one host", addr, p.Masked())
		}
	}
	return nil
}

// note says what is odd about an address that can be watched.
func (o own) note(addr netip.Addr) string {
	for _, p := range o {
		if p.Addr() == addr && !addr.IsLoopback() {
			return fmt.Sprintf("address %s is that of the agent's own host: it answers as long as the agent runs", addr)
		}
	}
	if addr.Is6() && addr.IsGlobalUnicast() && !slices.ContainsFunc(o, func(p netip.Prefix) bool { return p.Addr().Is6() && p.Addr().IsGlobalUnicast() }) {
		return fmt.Sprintf("address %s is of IPv6, of which the agent's own host has none: until it has, nothing is sent; or enter an IPv4 address", addr)
	}
	return ""
}

func broadcast(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for i := range b {
		b[i] |= byte(uint32(0xffffffff) >> p.Bits() >> (8 * (3 - i)))
	}
	return netip.AddrFrom4(b)
}
