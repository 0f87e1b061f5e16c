package report

import (
	"cmp"
	"fmt"
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

func slaOutages(in SLAInput) Section {
	t := Table{Empty: "There was no outage.", Columns: []Column{{Key: "from", Title: "Began"}, {Key: "to", Title: "Ended"},
		{Key: "raw_seconds", Title: "Lasted", Numeric: true}, {Key: "counted_seconds", Title: "Counted", Numeric: true},
		{Key: "uncertainty_seconds", Title: "Uncertainty", Numeric: true}, {Key: "device", Title: "Device"}, {Key: "cause", Title: "Cause"}, {Key: "incident", Title: "Incident"}}}
	for _, o := range in.Whole.Outages {
		end := Cell{Text: "not over", Tone: Bad}
		if o.To != nil {
			end = Cell{Text: local(*o.To, in.Zone), Value: *o.To}
		}
		t.Rows = append(t.Rows, []Cell{{Text: local(o.From, in.Zone), Value: o.From}, end, seconds(o.RawSeconds, Plain), seconds(o.CountedSeconds, Strong),
			{Text: fmt.Sprintf("±%d s", o.UncertaintySeconds), Value: o.UncertaintySeconds, Tone: Mute}, Words(o.Device), causeCell(o), Words(text(o.Incident))})
	}
	return Section{Key: "outages", Title: "Outages", Table: &t}
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
	return t.In(zone).Format("Mon 2 Jan 15:04:05")
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
