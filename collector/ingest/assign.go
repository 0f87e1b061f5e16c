package ingest

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// chunks splits an assignment into messages below limit bytes. Credentials come first, so that an
// agent has them when it reads the devices. A single device larger than limit gets a chunk of its own.
func chunks(a telemetry.Assignment, limit int) []*telemetryv1.AssignmentChunk {
	var out []*telemetryv1.AssignmentChunk
	var size int
	next := func(n int) *telemetryv1.AssignmentChunk {
		if len(out) == 0 || size+n > limit {
			out = append(out, &telemetryv1.AssignmentChunk{Term: a.Term, N: a.N, Chunk: uint32(len(out))})
			size = 0
		}
		size += n
		return out[len(out)-1]
	}
	next(0)
	for _, name := range slices.Sorted(maps.Keys(a.Credentials)) {
		c := credentialToWire(name, a.Credentials[name])
		chunk := next(proto.Size(c) + 8) // tag and length
		chunk.Credentials = append(chunk.Credentials, c)
	}
	for i := range a.Devices {
		d := deviceToWire(&a.Devices[i])
		chunk := next(proto.Size(d) + 8)
		chunk.Devices = append(chunk.Devices, d)
	}
	for _, t := range a.Targets {
		w := targetToWire(t)
		chunk := next(proto.Size(w) + 8)
		chunk.Targets = append(chunk.Targets, w)
	}
	for _, s := range a.Scans {
		w := record.ScanToWire(s)
		chunk := next(proto.Size(w) + 8)
		chunk.Scans = append(chunk.Scans, w)
	}
	for _, c := range out {
		c.Chunks = uint32(len(out))
	}
	return out
}

func credentialToWire(name string, c telemetry.Credential) *telemetryv1.Credential {
	return &telemetryv1.Credential{
		Name:           name,
		Version:        c.Version,
		Community:      c.Community.Reveal(),
		Username:       c.Username,
		AuthProtocol:   c.AuthProtocol,
		AuthPassphrase: c.AuthPassphrase.Reveal(),
		PrivProtocol:   c.PrivProtocol,
		PrivPassphrase: c.PrivPassphrase.Reveal(),
		Context:        c.Context,
	}
}

func deviceToWire(d *telemetry.AssignedDevice) *telemetryv1.Device {
	return &telemetryv1.Device{
		Name:           d.Name,
		Address:        d.Address,
		Port:           uint32(d.Port),
		Credential:     d.Credential,
		Profile:        d.Profile,
		SnmpIntervalMs: d.SNMPInterval.Milliseconds(),
		IcmpIntervalMs: d.ICMPInterval.Milliseconds(),
		Parents:        d.Parents,
		Interfaces:     record.InterfacesToWire(d.Interfaces),
		Ignored:        d.Ignored,
	}
}

func targetToWire(t telemetry.Target) *telemetryv1.Target {
	return &telemetryv1.Target{
		Name: t.Name, Kind: t.Kind, Device: t.Device, Address: t.Address, IntervalMs: t.Interval.Milliseconds(),
		Payload: uint32(t.Payload), Dscp: uint32(t.DSCP), DontFragment: t.DontFragment,
	}
}
