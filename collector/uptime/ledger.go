package uptime

import "sort"

// slot is what a second of a ledger counts as: a state, or unknown by its reason.
type slot uint8

const (
	slotUp slot = iota
	slotDegraded
	slotDown
	slotUnreachable
	slotAdminDown
	slotUnknown // for no reason that is known
	slotAgent
	slotCollector
	slotProber
	slotCredentials
	slots

	unknownSlots = slots - slotUnknown
)

// UnknownReasons are the words for why nothing is known, in the order of their slots.
var UnknownReasons = []string{"no_data", whyAgent, whyCollector, "prober", "credentials"}

func slotOf(x Interval) slot {
	switch x.State {
	case Up:
		return slotUp
	case Degraded:
		return slotDegraded
	case Down:
		return slotDown
	case Unreachable:
		return slotUnreachable
	case AdminDown:
		return slotAdminDown
	}
	switch x.Why {
	case whyAgent:
		return slotAgent
	case whyCollector:
		return slotCollector
	case whyProber:
		return slotProber
	case whyCredentials:
		return slotCredentials
	}
	return slotUnknown
}

// slotSeconds is seconds by slot.
type slotSeconds [slots]int64

func (s *slotSeconds) add(o slotSeconds) {
	for i := range s {
		s[i] += o[i]
	}
}

// unknown is the seconds of which nothing is known.
func (s slotSeconds) unknown() (n int64) {
	for i := slotUnknown; i < slots; i++ {
		n += s[i]
	}
	return n
}

// failed is the seconds that are down, and unreachable where that counts.
func (s slotSeconds) failed(unreachableCounts bool) int64 {
	if unreachableCounts {
		return s[slotDown] + s[slotUnreachable]
	}
	return s[slotDown]
}

// Ledger is a timeline with prefix sums: how long a target was in each state over any window is told by two
// binary searches, however long the window is. It never changes.
type Ledger struct {
	line []Interval
	sums []slotSeconds // of line[:i]
	runs [2][]Outage   // without and with unreachable; Raw is set, Counted is not
}

// NewLedger indexes a timeline. Holes in it are unknown.
func NewLedger(timeline []Interval) *Ledger {
	l := &Ledger{}
	if len(timeline) > 0 {
		l.line = clip(timeline, timeline[0].From, timeline[len(timeline)-1].To)
	}
	l.sums = make([]slotSeconds, len(l.line)+1)
	failures := false
	for i, x := range l.line {
		l.sums[i+1] = l.sums[i]
		l.sums[i+1][slotOf(x)] += x.To - x.From
		failures = failures || x.State == Down || x.State == Unreachable
	}
	if failures {
		l.runs[0], l.runs[1] = outages(l.line, false), outages(l.line, true)
		for k := range l.runs {
			for i, o := range l.runs[k] {
				l.runs[k][i].Raw = l.seconds(Window{o.From, o.To}).failed(k == 1)
			}
		}
	}
	return l
}

// Intervals is the timeline of l.
func (l *Ledger) Intervals() []Interval { return l.line }

// before is how many seconds of each slot lie before t, those that l says nothing of as unknown.
func (l *Ledger) before(t int64) slotSeconds {
	i := sort.Search(len(l.line), func(i int) bool { return l.line[i].To > t })
	s := l.sums[i]
	if i < len(l.line) && l.line[i].From < t {
		s[slotOf(l.line[i])] += t - l.line[i].From
	}
	return s
}

// seconds is how long each slot lasts in w.
func (l *Ledger) seconds(w Window) slotSeconds {
	if w.From >= w.To {
		return slotSeconds{}
	}
	a, b := l.before(w.From), l.before(w.To)
	seen := int64(0)
	for i := range b {
		b[i] -= a[i]
		seen += b[i]
	}
	b[slotUnknown] += w.To - w.From - seen
	return b
}

// within is how long each slot lasts in a set of windows.
func (l *Ledger) within(set Windows) slotSeconds {
	var s slotSeconds
	for _, w := range set {
		s.add(l.seconds(w))
	}
	return s
}

// outagesIn hands the outages that touch a period to see, with the seconds of them that count.
func (l *Ledger) outagesIn(t Terms, agreed Windows, see func(Outage)) {
	all := l.runs[0]
	if t.UnreachableCounts {
		all = l.runs[1]
	}
	i := sort.Search(len(all), func(i int) bool { return all[i].To > t.Period.From })
	k := 0
	for ; i < len(all) && all[i].From < t.Period.To; i++ {
		o := all[i]
		for k < len(agreed) && agreed[k].To <= o.From {
			k++
		}
		for m := k; m < len(agreed) && agreed[m].From < o.To; m++ {
			o.Counted += l.seconds(Window{max(o.From, agreed[m].From), min(o.To, agreed[m].To)}).failed(t.UnreachableCounts)
		}
		o.Started = t.Period.From <= o.From
		o.Restored = !o.Ongoing && o.To < t.Period.To
		see(o)
	}
}

// Measure holds l against terms. It should reach beyond the period: so outages that cross its borders are
// known in full.
func (l *Ledger) Measure(t Terms) Summary {
	s := Summary{Period: max(0, t.Period.To-t.Period.From), unreachableCounts: t.UnreachableCounts, objective: t.Objective}
	agreed, open, served := t.agreed()
	s.NotInService = s.Period - served
	s.Outside = served - open
	s.Maintenance = open - agreed.Seconds()
	n := l.within(agreed)
	s.AdminDown = n[slotAdminDown]
	s.Agreed = agreed.Seconds() - s.AdminDown
	s.Up, s.Degraded, s.Down, s.Unreachable, s.Unknown = n[slotUp], n[slotDegraded], n[slotDown], n[slotUnreachable], n.unknown()
	copy(s.UnknownBy[:], n[slotUnknown:])
	l.outagesIn(t, agreed, func(o Outage) {
		s.OutageCount++
		if o.Counted > 0 && o.Started {
			s.Failures++
		}
		if o.Counted > 0 && o.Restored {
			s.repair.Num, s.repair.Den = s.repair.Num+o.Counted, s.repair.Den+1
		}
		if !t.Brief {
			s.Outages = append(s.Outages, o)
		}
	})
	return s
}

// agreed is the agreed time of a period, and how many seconds of it are in the calendar, and in service.
func (t Terms) agreed() (agreed Windows, open, served int64) {
	if t.Period.From >= t.Period.To {
		return nil, 0, 0
	}
	period := Window{max(t.Since, t.Period.From), t.Period.To}
	if period.From >= period.To {
		return nil, 0, 0
	}
	served = period.To - period.From
	set := Windows{period}
	switch {
	case t.Open != nil:
		set = t.Open.clip(period)
	case t.Calendar != nil:
		set = t.Calendar.Within(period)
	}
	open = set.Seconds()
	if len(t.Maintenance) > 0 {
		set = set.Minus(t.Maintenance)
	}
	return set, open, served
}
