package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ninewatch/collector/uptime"
)

// SLAInput is what a service level report is made of; all of it was counted before.
type SLAInput struct {
	Title     string // of the scope, for people
	Scope     string
	Period    uptime.Window
	Name      string // of the period: 2026-10, 2026-Q3; empty for any other
	Zone      *time.Location
	Made      time.Time
	Demo      bool
	Objective string // percent; empty: none was agreed
	Whole     uptime.Answer
	Before    *uptime.Answer // the period before, nil without
	Days      []uptime.Day
	Months    []Month
	Targets   []Target
	Strips    []Strip // of the worst of the targets
	Groups    []Group
	Method    []Fact // what the caller knows of calendars, services and revisions
}

// Month is how much of its budget a month used up.
type Month struct {
	Name string  // 2026-03
	Used float64 // 1: all of it
}

// Target is one of the things in the scope.
type Target struct {
	Name, Title, Site string
	Answer            uptime.Answer
}

// Group is a table of targets of another kind than the scope consists of: regions, providers, services.
type Group struct {
	Key, Title string
	Rows       []Target
}

// SLA is the report of a service level: what was reached, what it cost, and how that was counted. What fits on one
// page comes first, for those who read no more; every outage follows.
func SLA(in SLAInput) Document {
	d := Document{
		Kind: "sla", Title: in.Title, Scope: in.Scope, Demo: in.Demo, Revision: in.Whole.Revision,
		Eyebrow: "Service level report · " + periodWords(in.Name, in.Period, in.Zone),
		Period: Period{Name: in.Name, From: utc(in.Period.From), To: utc(in.Period.To), Zone: in.Zone.String(),
			Seconds: in.Period.To - in.Period.From},
		GeneratedAt: in.Made.UTC().Format(time.RFC3339), AsOf: in.Whole.AsOf,
		Answer: slaAnswer(in), Figures: slaFigures(in),
	}
	if x, ok := slaBounds(in); ok {
		d.Sections = append(d.Sections, x)
	}
	if len(in.Days) > 0 {
		d.Sections = append(d.Sections, Section{Key: "strip", Title: "Day by day", Days: slaDays(in.Days)})
	}
	if len(in.Strips) > 0 {
		d.Sections = append(d.Sections, slaStrips(in))
	}
	if len(in.Whole.Outages) > 0 {
		d.Sections = append(d.Sections, slaCauses(in))
	}
	d.Sections = append(d.Sections, slaDetail(in)...)
	d.Method = slaMethod(in)
	return d
}

// slaDetail is what follows the first page.
func slaDetail(in SLAInput) (out []Section) {
	for _, g := range in.Groups {
		if len(g.Rows) > 0 {
			out = append(out, slaTargets(g.Key, g.Title, g.Rows, in.Objective))
		}
	}
	if len(in.Targets) > 1 {
		out = append(out, slaTargets("targets", "By target, worst first", in.Targets, in.Objective))
	}
	if len(in.Days) > 0 {
		out = append(out, Section{Key: "days", Title: "Days on which something was lost", Table: dayTable(in.Days)})
	}
	out = append(out, slaOutages(in))
	if s, ok := burnDown(in); ok {
		out = append(out, s)
	}
	if len(in.Months) > 0 {
		out = append(out, slaMonths(in.Months))
	}
	out[0].Detail = true
	return out
}

func slaAnswer(in SLAInput) []Span {
	a := in.Whole
	if a.Availability == nil {
		return []Span{{"Nobody looked in this period.", Strong}, {" There is no evidence, so there is no number.", Plain}}
	}
	var out []Span
	switch verdict := text(a.Verdict); {
	case in.Objective == "":
		out = append(out, Span{*a.Availability + " % available.", Strong})
	case verdict == "met":
		out = append(out, Span{"The " + in.Objective + " % objective was met.", Good})
	case verdict == "breached":
		out = append(out, Span{"The " + in.Objective + " % objective was missed.", Bad})
	default:
		out = append(out, Span{"Whether the " + in.Objective + " % objective was met cannot be said.", Warn})
	}
	down := a.Down
	cost := fmt.Sprintf(" %s cost %s", plural(a.Failures, "outage"), Lasted(down))
	switch {
	case a.Failures == 0 && down == 0:
		cost = " There was no outage"
	case a.BudgetSeconds != nil:
		cost += " of a budget of " + Lasted(*a.BudgetSeconds)
	}
	out = append(out, Span{cost + ".", Plain})
	if a.Unknown > 0 {
		out = append(out, Span{unknownWords(a), Plain})
	}
	return out
}

func unknownWords(a uptime.Answer) string {
	words := " For " + Lasted(a.Unknown) + " nobody could look"
	switch text(a.Verdict) {
	case "met":
		return words + "; had it been down all that time, the objective would still hold."
	case "breached":
		return words + "; had it been up all that time, the objective would still be missed."
	case "undetermined":
		return words + "; it depends on that time."
	}
	return words + "."
}

func slaFigures(in SLAInput) []Figure {
	a := in.Whole
	if a.Availability == nil {
		return []Figure{{Label: "Availability", Value: "not known", Note: Lasted(a.Unknown) + " unknown", Tone: Unknown}}
	}
	bounds := "nothing unknown"
	if a.Unknown > 0 {
		bounds = fmt.Sprintf("between %s and %s %%, %s unknown", text(a.AvailabilityLow), text(a.AvailabilityHigh), Lasted(a.Unknown))
	}
	out := []Figure{{Label: "Availability", Value: *a.Availability + " %", Note: bounds, Tone: Strong}}
	if in.Objective != "" {
		words, tone := verdictWords(text(a.Verdict))
		out = append(out, Figure{Label: "Verdict at " + in.Objective + " %", Value: words, Note: "lower bound " + text(a.AvailabilityLow) + " %", Tone: tone})
	}
	if a.BudgetSeconds != nil {
		f := Figure{Label: "Budget left", Value: Lasted(*a.BudgetLeftSeconds), Note: "of " + Lasted(*a.BudgetSeconds), Tone: Strong}
		if *a.BudgetLeftSeconds < 0 {
			f.Label, f.Value, f.Tone = "Over budget", Lasted(-*a.BudgetLeftSeconds), Bad
		}
		out = append(out, f)
	}
	mean := "none ended in the period"
	if a.MTTRSeconds != nil {
		mean = "MTTR " + Lasted(*a.MTTRSeconds)
	}
	if a.MTBFSeconds != nil {
		mean += " · MTBF " + Lasted(*a.MTBFSeconds)
	}
	out = append(out, Figure{Label: "Failures", Value: Grouped(a.Failures), Note: mean, Tone: Strong})
	if f, ok := trend(in); ok {
		out = append(out, f)
	}
	return out
}

// trend is what changed since the period before, in percentage points of the availabilities as they are shown.
func trend(in SLAInput) (Figure, bool) {
	if in.Before == nil {
		return Figure{}, false
	}
	now, okNow := tenThousandths(text(in.Whole.Availability))
	then, okThen := tenThousandths(text(in.Before.Availability))
	if !okNow || !okThen {
		return Figure{}, false
	}
	f := Figure{Label: "Trend", Note: fmt.Sprintf("points; %s %% and %s in the period before", *in.Before.Availability, plural(in.Before.Failures, "failure")), Tone: Strong}
	switch diff := now - then; {
	case diff == 0:
		f.Value, f.Note = "the same", strings.TrimPrefix(f.Note, "points; ")
	case diff > 0:
		f.Value = fmt.Sprintf("+%d.%04d", diff/10_000, diff%10_000)
	default:
		f.Value, f.Tone = fmt.Sprintf("−%d.%04d", -diff/10_000, -diff%10_000), Bad
	}
	return f, true
}

// tenThousandths reads a percentage of the ledger, which has four decimals.
func tenThousandths(percent string) (int64, bool) {
	n, err := strconv.ParseInt(strings.Replace(percent, ".", "", 1), 10, 64)
	return n, err == nil
}

func verdictWords(verdict string) (string, Tone) {
	switch verdict {
	case "met":
		return "Met", Good
	case "breached":
		return "Missed", Bad
	case "no_data":
		return "No data", Unknown
	}
	return "Open", Warn
}

// utc is an instant in RFC 3339.
func utc(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// periodWords is a period for people: "October 2026", "third quarter of 2026", "8 to 21 Oct 2026".
func periodWords(name string, w uptime.Window, zone *time.Location) string {
	if t, err := time.Parse("2006-01", name); err == nil {
		return t.Format("January 2006")
	}
	if year, quarter, ok := strings.Cut(name, "-Q"); ok {
		return "quarter " + quarter + " of " + year
	}
	if name != "" {
		return name
	}
	from, to := time.Unix(w.From, 0).In(zone), time.Unix(w.To, 0).In(zone)
	return from.Format("2 Jan 2006 15:04") + " to " + to.Format("2 Jan 2006 15:04")
}

// slaTargets is a row for each target, the worst first. Of those that are groups it says how many members met what
// was agreed for each.
func slaTargets(key, title string, rows []Target, objective string) Section {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, worstFirst)
	groups := slices.ContainsFunc(rows, func(x Target) bool { return x.Answer.Members != nil })
	t := Table{Columns: []Column{{Key: "name", Title: "Name"}, {Key: "site", Title: "Site"}, {Key: "availability", Title: "Availability %", Numeric: true},
		{Key: "availability_low", Title: "At least %", Numeric: true}, {Key: "down_seconds", Title: "Down", Numeric: true},
		{Key: "unknown_seconds", Title: "Unknown", Numeric: true}, {Key: "failures", Title: "Failures", Numeric: true}, {Key: "verdict", Title: "Verdict"}}}
	if groups {
		t.Columns[1] = Column{Key: "members_met", Title: "Met"}
	}
	for _, x := range rows {
		a := x.Answer
		verdict := verdictOf(a)
		words, tone := "", Plain
		if verdict != "" && (objective != "" || text(a.Objective) != "" || a.Members != nil) {
			words, tone = verdictWords(verdict)
		}
		t.Rows = append(t.Rows, []Cell{
			{Text: cmp.Or(x.Title, x.Name), Value: x.Name}, middle(x, groups), percent(a.Availability), percent(a.AvailabilityLow), seconds(a.Down, Bad), seconds(a.Unknown, Unknown),
			{Text: Grouped(a.Failures), Value: a.Failures}, {Text: words, Value: verdict, Tone: tone},
		})
	}
	return Section{Key: key, Title: title, Table: &t}
}

// verdictOf is what an objective decides or, of a group that has none of its own, what those of its members do: one
// that is missed is a miss.
func verdictOf(a uptime.Answer) string {
	m := a.Members
	switch {
	case text(a.Verdict) != "" || m == nil || m.Met+m.Breached+m.Undetermined == 0:
		return text(a.Verdict)
	case m.Breached > 0:
		return string(uptime.Breached)
	case m.Met == m.Count:
		return string(uptime.Met)
	}
	return string(uptime.Undetermined)
}

// middle is the site of a target, or of a group how many of its members met what was agreed.
func middle(x Target, groups bool) Cell {
	m := x.Answer.Members
	switch {
	case !groups:
		return Words(x.Site)
	case m == nil || m.Met+m.Breached+m.Undetermined == 0:
		return Words("")
	}
	return Cell{Text: fmt.Sprintf("%d of %d %s", m.Met, m.Count, m.Of), Value: int64(m.Met)}
}

func worstFirst(a, b Target) int {
	return cmp.Or(cmp.Compare(b.Answer.Down, a.Answer.Down), cmp.Compare(b.Answer.Unknown, a.Answer.Unknown), cmp.Compare(a.Name, b.Name))
}

func percent(s *string) Cell {
	if s == nil {
		return Cell{Text: "not known", Tone: Unknown}
	}
	return Cell{Text: *s, Value: *s}
}

func seconds(n int64, t Tone) Cell {
	if n == 0 {
		return Cell{Text: "–", Value: n, Tone: Mute}
	}
	return Cell{Text: Lasted(n), Value: n, Tone: t}
}

// mostCauses is how many causes stand on the first page.
const mostCauses = 5

// slaCauses adds the outages up by their cause.
func slaCauses(in SLAInput) Section {
	type sum struct{ n, counted int64 }
	sums := map[string]sum{}
	for _, o := range in.Whole.Outages {
		cause := strings.TrimPrefix(o.Device+": "+causeWords(o), ": ")
		s := sums[cause]
		sums[cause] = sum{s.n + 1, s.counted + o.CountedSeconds}
	}
	t := Table{Columns: []Column{{Key: "cause", Title: "Cause"}, {Key: "outages", Title: "Outages", Numeric: true}, {Key: "counted_seconds", Title: "Counted", Numeric: true}},
		Empty: "There was no outage."}
	causes := make([]string, 0, len(sums))
	for c := range sums {
		causes = append(causes, c)
	}
	slices.SortFunc(causes, func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b].counted, sums[a].counted), cmp.Compare(a, b))
	})
	for _, c := range causes[:min(len(causes), mostCauses)] {
		t.Rows = append(t.Rows, []Cell{Words(c), {Text: Grouped(sums[c].n), Value: sums[c].n}, seconds(sums[c].counted, Plain)})
	}
	return Section{Key: "causes", Title: "Top causes", Table: &t}
}
