package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/uptime"
)

// worst is the state that gives a day its tone, and its seconds.
func worst(d uptime.Day) (Tone, int64, string) {
	for _, s := range []struct {
		seconds int64
		tone    Tone
		word    string
	}{
		{d.Down, Bad, "down"}, {d.Unreachable, Unreach, "unreachable"}, {d.Unknown, Unknown, "unknown"},
		{d.Degraded, Warn, "degraded"}, {d.Maintenance, Planned, "planned work"},
	} {
		if s.seconds > 0 {
			return s.tone, s.seconds, s.word + " " + Lasted(s.seconds)
		}
	}
	if d.Up == 0 {
		return Outside, 0, "outside agreed hours, or not watched"
	}
	return Quiet, 0, "up all day"
}

func slaDays(days []uptime.Day) *Days {
	out := &Days{}
	for _, d := range days {
		tone, n, words := worst(d)
		out.Days = append(out.Days, Day{Date: d.Date, Tone: tone, Seconds: n, Text: words})
	}
	return out
}

// dayTable is the days in numbers: those on which something was lost, for people; the drawing has the rest.
func dayTable(days []uptime.Day) *Table {
	t := &Table{Empty: "Nothing was lost on any day.", Columns: []Column{{Key: "date", Title: "Day"}, {Key: "up_seconds", Title: "Up", Numeric: true},
		{Key: "degraded_seconds", Title: "Degraded", Numeric: true}, {Key: "down_seconds", Title: "Down", Numeric: true},
		{Key: "unreachable_seconds", Title: "Unreachable", Numeric: true}, {Key: "unknown_seconds", Title: "Unknown", Numeric: true},
		{Key: "maintenance_seconds", Title: "Planned work", Numeric: true}}}
	for _, d := range days {
		if d.Down+d.Unreachable+d.Unknown+d.Degraded+d.Maintenance == 0 {
			continue
		}
		t.Rows = append(t.Rows, []Cell{Words(d.Date), seconds(d.Up, Plain), seconds(d.Degraded, Warn), seconds(d.Down, Bad),
			seconds(d.Unreachable, Bad), seconds(d.Unknown, Unknown), seconds(d.Maintenance, Planned)})
	}
	return t
}

// slaBounds is the availability with its bounds, and both figures where planned work is left out.
func slaBounds(in SLAInput) (Section, bool) {
	a := in.Whole
	if a.Availability == nil {
		return Section{}, false
	}
	x := Section{Key: "bounds", Title: "What is certain", Scale: &Scale{*a.Availability, text(a.AvailabilityLow), text(a.AvailabilityHigh), in.Objective}}
	w := a.WithoutMaintenance
	if w == nil {
		return x, true
	}
	x.Table = &Table{Columns: []Column{{Key: "terms", Title: "What counts"}, {Key: "agreed_seconds", Title: "Agreed time", Numeric: true}, {Key: "down_seconds", Title: "Down", Numeric: true},
		{Key: "unknown_seconds", Title: "Unknown", Numeric: true}, {Key: "availability", Title: "Availability %", Numeric: true}, {Key: "availability_low", Title: "At least %", Numeric: true},
		{Key: "availability_high", Title: "At most %", Numeric: true}}}
	row := func(terms, key string, agreed, down, unknown int64, of, low, high *string) {
		x.Table.Rows = append(x.Table.Rows, []Cell{{Text: terms, Value: key}, seconds(agreed, Plain), seconds(down, Bad), seconds(unknown, Unknown), percent(of), percent(low), percent(high)})
	}
	down := a.Down
	if a.UnreachableIsDown {
		down += a.Unreachable
	}
	row("Without planned work: this report", "without", a.AgreedSeconds, down, a.Unknown, a.Availability, a.AvailabilityLow, a.AvailabilityHigh)
	row("With planned work counted like any other time", "with", w.AgreedSeconds, w.Down, w.Unknown, w.Availability, w.AvailabilityLow, w.AvailabilityHigh)
	return x, true
}

// slaStrips is the days of the worst targets.
func slaStrips(in SLAInput) Section {
	x := Section{Key: "strips", Title: "Day by day, each for itself", Strips: in.Strips}
	if n := len(in.Targets); n > len(in.Strips) {
		x.Title = fmt.Sprintf("Day by day, the %d worst of %d", len(in.Strips), n)
	}
	return x
}

// NewStrip is the row of a target.
func NewStrip(x Target, days []uptime.Day) Strip {
	s := Strip{Name: x.Name, Title: cmp.Or(x.Title, x.Name), Value: "not known", Tone: Mute, Days: slaDays(days).Days}
	if x.Answer.Availability != nil {
		s.Value, s.Tone = *x.Answer.Availability, Strong
	}
	if text(x.Answer.Verdict) == uptime.Breached {
		s.Tone = Bad
	}
	return s
}

// Worst is the targets with most time lost, at most n.
func Worst(targets []Target, n int) []Target {
	out := slices.Clone(targets)
	slices.SortStableFunc(out, worstFirst)
	return out[:min(n, len(out))]
}

// slaOutages is every outage, and every time in which nobody could look, by their beginning.
func slaOutages(in SLAInput) Section {
	t := Table{Empty: "There was no outage.", Columns: []Column{{Key: "from", Title: "Began"}, {Key: "to", Title: "Ended"}, {Key: "kind", Title: "State"},
		{Key: "raw_seconds", Title: "Lasted", Numeric: true}, {Key: "counted_seconds", Title: "Counted", Numeric: true},
		{Key: "uncertainty_seconds", Title: "±", Numeric: true}, {Key: "device", Title: "Device"}, {Key: "cause", Title: "Cause"}, {Key: "incident", Title: "Incident"}}}
	type line struct {
		from string // RFC 3339 in UTC: sorts as text
		row  []Cell
	}
	var lines []line
	for _, o := range in.Whole.Outages {
		end := Cell{Text: "not over", Tone: Bad}
		if o.To != nil {
			end = Cell{Text: localAfter(o.From, *o.To, in.Zone), Value: *o.To}
		}
		cause := causeCell(o)
		cause.Note = o.Evidence
		lines = append(lines, line{o.From, []Cell{{Text: local(o.From, in.Zone), Value: o.From}, end, {Text: "down", Value: "down", Tone: Bad}, seconds(o.RawSeconds, Plain), seconds(o.CountedSeconds, Strong),
			{Text: fmt.Sprintf("%d s", o.UncertaintySeconds), Value: o.UncertaintySeconds, Tone: Mute}, Words(o.Device), cause, Words(text(o.Incident))}})
	}
	for _, g := range in.Whole.Gaps {
		lines = append(lines, line{g.From, gapRow(g, in)})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.from, b.from) })
	for _, l := range lines {
		t.Rows = append(t.Rows, l.row)
	}
	x := Section{Key: "outages", Title: "Outages", Table: &t}
	if len(in.Whole.Gaps) > 0 {
		x.Title = "Outages, and time in which nobody could look"
		x.Note = "Unknown time counts neither as up nor as down; it widens the bounds by what stands under Counted."
	}
	return x
}

// gapRow is a time of which nothing is known.
func gapRow(g uptime.GapAnswer, in SLAInput) []Cell {
	end := Cell{Text: localAfter(g.From, g.To, in.Zone), Value: g.To}
	if g.Ongoing {
		end = Cell{Text: "not over", Tone: Unknown}
	}
	device, cause, value := "", gapWords(g.Why), g.Why
	switch kind, name, _ := strings.Cut(g.Scope, ":"); {
	case kind == "device":
		device = name
	case g.Scope != in.Scope:
		cause, value = cause+": "+kind+" "+name, g.Scope+" "+g.Why
	}
	return []Cell{{Text: local(g.From, in.Zone), Value: g.From}, end, {Text: "unknown", Value: "unknown", Tone: Unknown}, seconds(g.Seconds, Plain), seconds(g.CountedSeconds, Unknown),
		{Tone: Mute}, Words(device), {Text: cause, Value: value, Note: g.Text}, Words("")}
}

// gapWords is why nobody could look.
func gapWords(why string) string {
	switch why {
	case "agent":
		return "the agent was away"
	case "collector":
		return "the collector was away"
	case "prober":
		return "the agent could not probe"
	case "credentials":
		return "credentials were refused"
	}
	return "no samples came"
}

// unknownByWords is the unknown time by why nobody could look.
func unknownByWords(by map[string]int64) string {
	reasons := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	for i, r := range reasons {
		reasons[i] = gapWords(r) + " " + Lasted(by[r])
	}
	return strings.Join(reasons, " · ")
}

// causeCell is the reason of an outage in plain words; the device stands in a column of its own.
func causeCell(o uptime.OutageAnswer) Cell {
	return Cell{Text: causeWords(o), Value: o.Cause}
}

func causeWords(o uptime.OutageAnswer) string {
	reason := strings.TrimSpace(strings.TrimPrefix(o.Cause, "device:"+o.Device))
	return strings.ReplaceAll(cmp.Or(reason, o.Cause), "-", " ")
}

// local is an instant in the zone of the report.
func local(at string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return t.In(zone).Format("2 Jan 15:04:05")
}

// localAfter is an instant behind another: without its date when that is the same.
func localAfter(from, to string, zone *time.Location) string {
	a, b := local(from, zone), local(to, zone)
	if day := strings.LastIndexByte(a, ' ') + 1; day > 0 && strings.HasPrefix(b, a[:day]) {
		return b[day:]
	}
	return b
}

// burnDown is the budget that was left day by day, and what would be left had the unknown time been down.
func burnDown(in SLAInput) (Section, bool) {
	a := in.Whole
	if a.BudgetSeconds == nil || len(in.Days) < 2 {
		return Section{}, false
	}
	left, worse := float64(*a.BudgetSeconds), float64(*a.BudgetSeconds)
	c := &Chart{Kind: "steps", Unit: "min"}
	known, bound := Series{Name: "left", Tone: Good}, Series{Name: "left if unknown time was down", Tone: Unknown}
	add := func(label string) {
		x, y := left/60, worse/60
		c.X = append(c.X, label)
		known.Y, bound.Y = append(known.Y, &x), append(bound.Y, &y)
	}
	add("")
	for _, d := range in.Days {
		left -= float64(d.Down)
		worse -= float64(d.Down + d.Unknown)
		add(dayOfMonth(d.Date))
	}
	bound.High = known.Y
	c.Series = []Series{bound, known}
	return Section{Key: "budget", Title: "Budget burn-down", Chart: c}, true
}

func slaMonths(months []Month) Section {
	c := &Chart{Kind: "bars", Unit: "%"}
	full := 100.0
	c.Limit = &full
	met, missed := Series{Name: "met", Tone: Good}, Series{Name: "missed", Tone: Bad}
	n := 0
	for _, m := range months {
		used := m.Used * 100
		c.X = append(c.X, m.Name)
		if m.Used <= 1 {
			n++
			met.Y, missed.Y = append(met.Y, &used), append(missed.Y, nil)
		} else {
			met.Y, missed.Y = append(met.Y, nil), append(missed.Y, &used)
		}
	}
	c.Series = []Series{met, missed}
	return Section{Key: "months", Title: "Budget used, month by month", Note: fmt.Sprintf("%d of %d met", n, len(months)), Chart: c}
}

func slaMethod(in SLAInput) []Fact {
	a := in.Whole
	out := slices.Clone(in.Method)
	out = append(out,
		Fact{"Formula", "up ÷ (up + down). Unknown is neither; the bounds count it once as down, once as up. Percentages are cut off, never rounded up."},
		Fact{"Seconds", secondsWords(a)},
		Fact{"Unknown time", cmp.Or(unknownByWords(a.UnknownBy), "none")},
		Fact{"Coverage", cmp.Or(text(a.Coverage), "0") + " % of the agreed time is known"},
		Fact{"Period", fmt.Sprintf("%s to %s, zone %s", utc(in.Period.From), utc(in.Period.To), in.Zone)},
	)
	if a.Devices > 1 {
		out = append(out, Fact{"Weighting", a.Weighting + ": seconds are those of all added up"})
	}
	return out
}

// secondsWords is the account: what adds up to the whole period.
func secondsWords(a uptime.Answer) string {
	words := ""
	for _, s := range []struct {
		word string
		n    int64
	}{
		{"up", a.Up}, {"degraded", a.Degraded}, {"down", a.Down}, {"unreachable", a.Unreachable}, {"unknown", a.Unknown}, {"planned work", a.Maintenance},
		{"outside agreed hours", a.Outside}, {"not in service", a.NotInService}, {"administratively down", a.AdminDown},
	} {
		if s.n != 0 || s.word == "up" || s.word == "down" {
			words += fmt.Sprintf("%s %s · ", s.word, Grouped(s.n))
		}
	}
	return words[:len(words)-len(" · ")] + " = " + Grouped(a.PeriodSeconds)
}
