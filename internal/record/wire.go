package record

import (
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

func runsToWire(runs []telemetry.Run) *telemetryv1.Runs {
	w := &telemetryv1.Runs{Runs: make([]*telemetryv1.Run, 0, len(runs))}
	for _, r := range runs {
		w.Runs = append(w.Runs, &telemetryv1.Run{
			Device: r.Device, Probe: telemetryv1.Probe(r.Probe), FromUnixMs: r.From, ToUnixMs: r.To,
			EveryMs: r.Every, Result: telemetryv1.Result(r.Result), LossPpm: r.LossPPM, Reason: r.Reason,
		})
	}
	return w
}

func runsFromWire(w []*telemetryv1.Run) ([]telemetry.Run, error) {
	if len(w) > maxRuns {
		return nil, invalid("runs", "%d, the limit is %d", len(w), maxRuns)
	}
	runs := make([]telemetry.Run, 0, len(w))
	for _, r := range w {
		if r.GetProbe() < 0 || r.GetProbe() > 255 || r.GetResult() < 0 || r.GetResult() > 255 {
			return nil, invalid("run", "probe %d, result %d", r.GetProbe(), r.GetResult())
		}
		runs = append(runs, telemetry.Run{
			Device: r.GetDevice(), Probe: telemetry.Probe(r.GetProbe()), From: r.GetFromUnixMs(), To: r.GetToUnixMs(),
			Every: r.GetEveryMs(), Result: telemetry.Result(r.GetResult()), LossPPM: r.GetLossPpm(), Reason: r.GetReason(),
		})
	}
	return runs, nil
}

func factsToWire(f *telemetry.DeviceFacts) *telemetryv1.DeviceFacts {
	w := &telemetryv1.DeviceFacts{
		Device: f.Device, TimeUnixMs: f.Time,
		System: &telemetryv1.System{
			SysObjectId: f.System.SysObjectID, SysDescr: f.System.SysDescr, SysName: f.System.SysName,
			SysLocation: f.System.SysLocation, SysContact: f.System.SysContact, SysUpTimeTicks: f.System.SysUpTime,
		},
		Interfaces: InterfacesToWire(f.Interfaces),
	}
	structureToWire(f, w)
	return w
}

func factsFromWire(f *telemetryv1.DeviceFacts) (*telemetry.DeviceFacts, error) {
	s := f.GetSystem()
	interfaces, err := InterfacesFromWire(f.GetInterfaces())
	if err != nil {
		return nil, err
	}
	facts := &telemetry.DeviceFacts{
		Device: f.GetDevice(), Time: f.GetTimeUnixMs(), Interfaces: interfaces,
		System: telemetry.System{
			SysObjectID: s.GetSysObjectId(), SysDescr: s.GetSysDescr(), SysName: s.GetSysName(),
			SysLocation: s.GetSysLocation(), SysContact: s.GetSysContact(), SysUpTime: s.GetSysUpTimeTicks(),
		},
	}
	if err := structureFromWire(f, facts); err != nil {
		return nil, err
	}
	return facts, nil
}

// InterfacesToWire returns interfaces as messages, for facts and for the assignment.
func InterfacesToWire(list []telemetry.Interface) []*telemetryv1.Interface {
	if len(list) == 0 {
		return nil
	}
	w := make([]*telemetryv1.Interface, 0, len(list))
	for _, i := range list {
		w = append(w, &telemetryv1.Interface{
			IfIndex: i.IfIndex, Key: i.Key, IfName: i.IfName, IfDescr: i.IfDescr, IfAlias: i.IfAlias, IfType: i.IfType,
			SpeedBps: i.SpeedBps, IfAdminStatus: i.IfAdminStatus, IfOperStatus: i.IfOperStatus,
			IfPhysAddress: i.IfPhysAddress, IfMtu: i.IfMtu, IfLastChangeTicks: i.IfLastChange,
		})
	}
	return w
}

// InterfacesFromWire returns the interfaces of messages, or an error that wraps ErrInvalid when one of
// them breaks a limit.
func InterfacesFromWire(w []*telemetryv1.Interface) ([]telemetry.Interface, error) {
	if len(w) == 0 {
		return nil, nil
	}
	if len(w) > maxInterfaces {
		return nil, invalid("interfaces", "%d, the limit is %d", len(w), maxInterfaces)
	}
	list := make([]telemetry.Interface, 0, len(w))
	for _, i := range w {
		list = append(list, telemetry.Interface{
			IfIndex: i.GetIfIndex(), Key: i.GetKey(), IfName: i.GetIfName(), IfDescr: i.GetIfDescr(), IfAlias: i.GetIfAlias(),
			IfType: i.GetIfType(), SpeedBps: i.GetSpeedBps(), IfAdminStatus: i.GetIfAdminStatus(),
			IfOperStatus: i.GetIfOperStatus(), IfPhysAddress: i.GetIfPhysAddress(), IfMtu: i.GetIfMtu(),
			IfLastChange: i.GetIfLastChangeTicks(),
		})
	}
	var c checker
	c.interfaces(list)
	if c.err != nil {
		return nil, c.err
	}
	return list, nil
}

func gapToWire(g *telemetry.Gap) *telemetryv1.Gap {
	return &telemetryv1.Gap{
		Epoch: g.Epoch[:], FirstSeq: g.FirstSeq, LastSeq: g.LastSeq, Samples: g.Samples, Reason: g.Reason,
		FromUnixMs: g.From, ToUnixMs: g.To,
	}
}

func gapFromWire(g *telemetryv1.Gap) (*telemetry.Gap, error) {
	gap := &telemetry.Gap{
		FirstSeq: g.GetFirstSeq(), LastSeq: g.GetLastSeq(), Samples: g.GetSamples(), Reason: g.GetReason(),
		From: g.GetFromUnixMs(), To: g.GetToUnixMs(),
	}
	if len(g.GetEpoch()) != len(gap.Epoch) {
		return nil, invalid("gap epoch", "%d bytes, not %d", len(g.GetEpoch()), len(gap.Epoch))
	}
	copy(gap.Epoch[:], g.GetEpoch())
	return gap, nil
}

func bootToWire(b *telemetry.Boot) *telemetryv1.Boot {
	return &telemetryv1.Boot{
		Device: b.Device, TimeUnixMs: b.Time, SysUpTimeTicks: b.Ticks, PreviousUnixMs: b.Previous, PreviousTicks: b.PreviousTicks,
	}
}

func bootFromWire(b *telemetryv1.Boot) *telemetry.Boot {
	return &telemetry.Boot{
		Device: b.GetDevice(), Time: b.GetTimeUnixMs(), Ticks: b.GetSysUpTimeTicks(), Previous: b.GetPreviousUnixMs(),
		PreviousTicks: b.GetPreviousTicks(),
	}
}
