package discover

import (
	"context"
	"net/netip"
	"time"

	"ninewatch/agent/icmp"
	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// Network asks addresses for real: its methods are those that a scan needs.
type Network struct {
	Profiles *profile.Library
	Timeout  time.Duration // of a try
	Budget   time.Duration // of reading a device that answers
}

// Ping sends one echo.
func (Network) Ping(ctx context.Context, a netip.Addr) (bool, time.Duration, error) {
	r, err := icmp.Ping(ctx, a.String(), 1, time.Second)
	if r.RTT == nil {
		return r.Received > 0, 0, err
	}
	return r.Received > 0, time.Duration(r.RTT.Min * float64(time.Second)), err
}

// System reads who a device is. A try is one request: only what answers is asked for more.
func (n Network) System(ctx context.Context, a netip.AddrPort, credential snmp.Credential) (telemetry.System, telemetry.Identity, error) {
	s, err := snmp.Dial(ctx, snmp.Device{Name: a.Addr().String(), Addr: a, Credential: credential, Timeout: n.Timeout, Retries: -1})
	if err != nil {
		return telemetry.System{}, telemetry.Identity{}, err
	}
	defer s.Close() //nolint:errcheck // a UDP socket
	ctx, cancel := context.WithTimeout(ctx, n.Budget)
	defer cancel()
	r, err := snmp.Read(ctx, s, snmp.Limits{Rows: 1, Bytes: 64 << 10})
	if err != nil {
		return telemetry.System{}, telemetry.Identity{}, err
	}
	read, _ := n.Profiles.Read(ctx, s, profile.DefaultLimits(), r.System)
	i := read.Identity
	return r.System, telemetry.Identity{Vendor: i.Vendor, OS: i.OS, Model: i.Model, Serial: i.Serial, Version: i.Version, Profile: read.Profile}, nil
}
