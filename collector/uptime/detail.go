package uptime

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"ninewatch/collector/inventory"
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
	out.Gaps = gaps(s, w, t)
	switch s.kind {
	case inventory.KindDevice:
		return a.forensics(s, w, out)
	case inventory.ScopeInterface:
		return errors.Join(a.forensics(s, w, out), a.flaps(s, w, t, out))
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
