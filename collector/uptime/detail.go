package uptime

import (
	"fmt"
	"math/big"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

const (
	mostGaps  = 200 // in an answer, the newest
	mostFlaps = 200
)

// detail adds what the answer for a single target tells besides its figures.
func (a *asker) detail(s subject, w whole, t Terms, out *Answer) error {
	out.Outages = outageAnswers(s, out.summary.Outages)
	out.TimeZoneData = ZoneData()
	if expr, err := a.plan.expression(s); err == nil && (s.kind == inventory.KindSite || s.kind == inventory.KindService) {
		out.Composition = expr.String()
	}
	a.notes(t, out)
	if t.Objective != nil && s.kind != inventory.KindDevice {
		out.Burn = burnAnswers(w.line, t.Objective, t.Period, w.asOf)
	}
	switch s.kind {
	case inventory.KindDevice:
		return a.forensics(s.name, w, t, out)
	case inventory.ScopeInterface:
		return a.flaps(s, w, t, out)
	}
	return nil
}

// notes says what a reader of the figures has to know.
func (a *asker) notes(t Terms, out *Answer) {
	note := func(format string, args ...any) { out.Notes = append(out.Notes, fmt.Sprintf(format, args...)) }
	if t.Objective != nil && t.Objective.Cmp(hundred) == 0 {
		note("An objective of 100 %% leaves no budget: the first second out of service breaches it, and burn rates cannot be formed.")
	}
	for _, x := range out.Windows {
		switch {
		case x.Retroactive && x.Counts:
			note("Maintenance %s from %s was made or changed after it began; it counts because it gives a reason: %s.", x.Name, x.From, strings.TrimSuffix(x.Reason, "."))
		case x.Retroactive:
			note("Maintenance %s from %s was made or changed after it began and gives no reason: it does not count. Give it a reason if it was agreed.", x.Name, x.From)
		}
	}
	if out.Calendar != "" && t.Calendar == nil {
		note("Calendar %s does not exist or cannot be read: all of the time is agreed until it is mended.", out.Calendar)
	}
}

func burnAnswers(line []Interval, objective *big.Rat, period Window, at int64) []BurnAnswer {
	b := BurnRates(line, objective, max(1, period.To-period.From), at)
	var out []BurnAnswer
	for w, rate := range b.Rates {
		x := BurnAnswer{WindowSeconds: w}
		if rate != nil {
			x.Rate = text(rate.FloatString(4))
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b BurnAnswer) int { return int(a.WindowSeconds - b.WindowSeconds) })
	return out
}

// forensics tells of outages and gaps of a device whether it ran on or restarted.
func (a *asker) forensics(device string, w whole, t Terms, out *Answer) error {
	boots, err := a.e.facts.boots(a.ctx, device, 0)
	if err != nil {
		return err
	}
	zone := a.plan.zone(a.plan.devices[device].Site)
	polled, err := a.polled(device, w.start*1000)
	if err != nil {
		return err
	}
	for i, o := range out.summary.Outages {
		if !o.Ongoing {
			out.Outages[i].Evidence, _ = throughout(Window{o.From, o.To}, boots, polled, zone)
		}
	}
	for _, x := range w.line {
		if x.State != Unknown || x.To <= t.Period.From || x.From >= t.Period.To || x.To < t.Since || x.To >= w.asOf {
			continue
		}
		g := GapAnswer{From: stamp(x.From), To: stamp(x.To), Seconds: x.To - x.From, Why: reasonOf(x)}
		g.Text, g.RanOn = throughout(Window{x.From, x.To}, boots, polled, zone)
		out.Gaps = append(out.Gaps, g)
	}
	out.Gaps = out.Gaps[max(0, len(out.Gaps)-mostGaps):]
	return nil
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
	before, after := int64(0), never
	for _, r := range polled {
		if r.From <= w.From*1000 {
			before = max(before, min(r.To, w.From*1000))
		}
		if r.To >= w.To*1000 {
			after = min(after, max(r.From, w.To*1000))
		}
	}
	for _, b := range boots {
		at := b.Time - int64(b.Ticks/100)*1000
		// The reading that told of it came after the gap; the one before it came before.
		if b.Previous > 0 && b.Previous <= w.To*1000 && b.Time >= w.From*1000 && at >= (w.From-60)*1000 && at <= (w.To+120)*1000 {
			return "rebooted at " + time.UnixMilli(at).In(zone).Format("15:04"), false
		}
	}
	if before == 0 || after == never {
		return "", false
	}
	return "ran on without a restart: sysUpTime went on", true
}

// flaps tells how often an interface changed.
func (a *asker) flaps(s subject, w whole, t Terms, out *Answer) error {
	f, _, err := a.e.facts.interfaceSince(a.ctx, s.name, s.rest, t.Period.From*1000)
	if err != nil {
		return err
	}
	x := &FlapsAnswer{Missed: []FlapAnswer{}}
	before := State("")
	for _, i := range w.line {
		if i.State != Up && i.State != Down {
			continue
		}
		if before != "" && before != i.State && t.Period.From <= i.From && i.From < t.Period.To {
			x.Seen++
		}
		before = i.State
	}
	for _, changes := range f.changes {
		for _, m := range missedFlaps(changes) {
			if t.Period.From <= m.At && m.At < t.Period.To && len(x.Missed) < mostFlaps {
				x.Missed = append(x.Missed, FlapAnswer{stamp(m.At), m.Within})
			}
		}
	}
	out.Flaps = x
	return nil
}

// ZoneData is the version of the time zones in use, as far as it can be told: those of the host come first,
// those built into the program stand in for them.
var ZoneData = sync.OnceValue(func() string {
	for _, root := range []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo"} {
		head := make([]byte, 64)
		f, err := os.Open(root + "/tzdata.zi")
		if err != nil {
			continue
		}
		n, _ := f.Read(head)
		f.Close() //nolint:errcheck // it only read
		if version, ok := strings.CutPrefix(strings.SplitN(string(head[:n]), "\n", 2)[0], "# version "); ok {
			return version
		}
	}
	return runtime.Version() + " (built in)"
})
