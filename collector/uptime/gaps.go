package uptime

import (
	"slices"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// gaps lists the times of which nothing is known, the newest mostGaps, without what else is known of them.
func gaps(s subject, w whole, t Terms) []GapAnswer {
	agreed, _, _ := t.agreed()
	var out []GapAnswer
	for _, x := range w.line {
		x.From = max(x.From, t.Since) // before that it was not in service
		if x.State != Unknown || x.To <= t.Period.From || x.From >= min(t.Period.To, x.To) {
			continue
		}
		out = append(out, GapAnswer{
			Scope: string(s.scope), From: stamp(x.From), To: stamp(x.To), Seconds: x.To - x.From, CountedSeconds: agreed.clip(Window{x.From, x.To}).Seconds(),
			Why: reasonOf(x), Ongoing: x.To >= w.asOf, window: Window{x.From, x.To},
		})
	}
	return out[max(0, len(out)-mostGaps):]
}

// forensics tells of outages and gaps of a device, or of one of its interfaces, whether the device ran on or
// restarted, and what passed meanwhile.
func (a *asker) forensics(s subject, w whole, out *Answer) error {
	boots, err := a.e.facts.boots(a.ctx, s.name, 0)
	if err != nil {
		return err
	}
	zone := a.plan.zone(a.plan.devices[s.name].Site)
	polled, err := a.polled(s.name, w.start*1000)
	if err != nil {
		return err
	}
	traffic := a.traffic(s)
	tell := func(of Window) (string, bool, error) {
		words, ranOn := throughout(of, boots, polled, zone)
		if !ranOn {
			return words, false, nil
		}
		passed, err := traffic.words(of)
		return words + passed, true, err
	}
	for i := len(out.summary.Outages) - 1; i >= 0; i-- { // the newest first, as looking at traffic has an end
		if o := out.summary.Outages[i]; !o.Ongoing && s.kind == inventory.KindDevice {
			words, _, err := tell(Window{o.From, o.To})
			if err != nil {
				return err
			}
			out.Outages[i].tells(words)
		}
	}
	for i := len(out.Gaps) - 1; i >= 0; i-- {
		if g := &out.Gaps[i]; !g.Ongoing {
			if g.Text, g.RanOn, err = tell(g.window); err != nil {
				return err
			}
		}
	}
	return nil
}

// tells adds to the evidence of an outage.
func (o *OutageAnswer) tells(words string) {
	if o.Evidence != "" && words != "" {
		words = "; " + words
	}
	o.Evidence += words
}

func reasonOf(x Interval) string { return UnknownReasons[slotOf(x)-slotUnknown] }

// polled is when SNMP was answered (ms), so that a restart would have been noticed.
func (a *asker) polled(device string, from int64) ([]telemetry.Run, error) {
	streams, err := a.e.facts.extents(a.ctx, device)
	if err != nil {
		return nil, err
	}
	var out []telemetry.Run
	for _, s := range streams {
		if s.key.probe != telemetry.ProbeSNMP {
			continue
		}
		runs, _, err := a.e.facts.stream(a.ctx, device, s.key, a.e.cfg.Policy.SNMP, from)
		if err != nil {
			return nil, err
		}
		out = append(out, slices.DeleteFunc(runs, func(r telemetry.Run) bool { return r.Result != telemetry.OK })...)
	}
	return out, nil
}

// throughout tells what sysUpTime says of a window: the device restarted in it, or ran on through it.
func throughout(w Window, boots []telemetry.Boot, polled []telemetry.Run, zone *time.Location) (words string, ranOn bool) {
	at, told := passage(w, boots, polled)
	switch {
	case at != 0:
		return "rebooted at " + time.UnixMilli(at).In(zone).Format("15:04"), false
	case told == 0:
		return "", false
	}
	return "ran on without a restart", true
}

// passage is when a device restarted in a window (ms), or 0 where it ran on, and when the reading came that tells
// so: 0 as long as none did.
func passage(w Window, boots []telemetry.Boot, polled []telemetry.Run) (restart, told int64) {
	for _, b := range boots {
		at := b.Time - int64(b.Ticks/100)*1000
		// The reading that told of it came after the gap; the one before it came before.
		if b.Previous > 0 && b.Previous <= w.To*1000 && b.Time >= w.From*1000 && at >= (w.From-60)*1000 && at <= (w.To+120)*1000 {
			return at, b.Time
		}
	}
	before, after := int64(0), never
	for _, r := range polled {
		if r.From <= w.From*1000 {
			before = max(before, min(r.To, w.From*1000))
		}
		if r.To >= w.To*1000 {
			after = min(after, max(r.From, w.To*1000))
		}
	}
	if before == 0 || after == never {
		return 0, 0
	}
	return 0, after
}
