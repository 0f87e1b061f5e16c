package report

import (
	"fmt"
	"strings"
	"time"
)

// CapacityInput is what a capacity plan is made of.
type CapacityInput struct {
	Title, Scope string
	Name         string // of the period
	From, To     time.Time
	Zone         *time.Location
	Made         time.Time
	Demo         bool
	Answer       []Span
	Items        []CapacityItem // by order date
	Withheld     []CapacityItem
	Idle         int // resources that carry next to nothing
	Growth       []CapacityGrowth
	Upgrades     []CapacityUpgrade
	Compared     []CapacityCompared
}

// CapacityItem is a resource of a plan. Texts are for people, empty where nothing can be said.
type CapacityItem struct {
	Resource, Title, Site, Unit string
	Capacity, Limit, P95        string // with units
	P95Value, LimitValue        *float64
	Trend                       string
	FullP10, FullP50, FullP90   string // dates
	OrderBy                     string
	OverSince                   string
	Overdue                     bool
	LeadDays                    float64
	MASE, Coverage              *float64
	Model, Withheld             string
	Cost                        string // of the asset or circuit today
}

// Capacity is the plan of what to order by which date.
func Capacity(in CapacityInput) Document {
	d := Document{
		Kind: "capacity", Title: in.Title, Scope: in.Scope, Demo: in.Demo, Eyebrow: "Capacity plan · " + capacityPeriod(in),
		Period: Period{Name: in.Name, From: in.From.UTC().Format(time.RFC3339), To: in.To.UTC().Format(time.RFC3339), Zone: in.Zone.String(),
			Seconds: int64(in.To.Sub(in.From).Seconds())},
		GeneratedAt: in.Made.UTC().Format(time.RFC3339), AsOf: in.Made.UTC().Format(time.RFC3339), Answer: in.Answer,
	}
	over, due := 0, 0
	from, to := in.From.In(in.Zone).Format(time.DateOnly), in.To.In(in.Zone).Format(time.DateOnly)
	for _, x := range in.Items {
		switch {
		case x.OverSince != "":
			over++
		case x.OrderBy != "" && x.OrderBy < to && (x.OrderBy >= from || x.Overdue):
			due++
		}
	}
	d.Figures = []Figure{
		{Label: "Over their limit", Value: Grouped(int64(over)), Tone: toneIf(over > 0, Bad)},
		{Label: "To order in the period", Value: Grouped(int64(due)), Tone: toneIf(due > 0, Warn)},
		{Label: "Watched", Value: Grouped(int64(len(in.Items) + len(in.Withheld) + in.Idle)), Note: fmt.Sprintf("%d of them idle", in.Idle), Tone: Strong},
		{Label: "Without a date", Value: Grouped(int64(len(in.Withheld))), Note: "with the reason below", Tone: Strong},
	}
	d.Sections = append(d.Sections, Section{Key: "plan", Title: "What fills up, by order date", Table: planTable(in.Items)})
	d.Sections = append(d.Sections, in.more()...)
	d.Sections = append(d.Sections, Section{Key: "withheld", Title: "What gets no date", Table: withheldTable(in.Withheld)})
	d.Method = []Fact{
		{"What is forecast", "The 95th percentile of each day of each resource: for lines the larger direction, in buckets of 5 minutes; down time and unknown are left out, not zero."},
		{"Full", "The first day of which the centred 7-day median reaches the limit; the interval holds it with a probability of 80 %."},
		{"Order by", "The earliest plausible day less the lead time of that class of resources."},
		{"Trust", "Each forecast is replayed on its own past: its error is given as MASE, beside it the share of what came that its 80 % band caught. It gives no date when it loses to a seasonal-naive forecast or caught less than 60 %."},
	}
	return d
}

func capacityPeriod(in CapacityInput) string {
	if year, quarter, ok := strings.Cut(in.Name, "-Q"); ok {
		return "quarter " + quarter + " of " + year
	}
	return in.From.In(in.Zone).Format("2 Jan 2006") + " to " + in.To.In(in.Zone).AddDate(0, 0, -1).Format("2 Jan 2006")
}

func toneIf(yes bool, t Tone) Tone {
	if yes {
		return t
	}
	return Strong
}

func planTable(items []CapacityItem) *Table {
	t := &Table{Empty: "Nothing reaches its limit within a year.", Columns: []Column{
		{Key: "resource", Title: "Resource"}, {Key: "site", Title: "Site"}, {Key: "p95", Title: "p95 now", Numeric: true}, {Key: "limit", Title: "Limit", Numeric: true},
		{Key: "trend_per_day", Title: "A day", Numeric: true}, {Key: "full_p10", Title: "Full, earliest"}, {Key: "full_p50", Title: "Likely"}, {Key: "full_p90", Title: "Latest"},
		{Key: "order_by", Title: "Order by"}, {Key: "lead_time_days", Title: "Lead time", Numeric: true}, {Key: "cost", Title: "Cost today"},
		{Key: "mase", Title: "MASE", Numeric: true}, {Key: "coverage80", Title: "Caught", Numeric: true},
	}}
	for _, x := range items {
		order := Cell{Text: dash(x.OrderBy), Value: x.OrderBy}
		if x.Overdue {
			order.Text, order.Tone = "overdue", Bad
		}
		first := Cell{Text: dash(x.FullP10), Value: x.FullP10}
		if x.OverSince != "" {
			first = Cell{Text: "since " + x.OverSince, Value: x.OverSince, Tone: Bad}
		}
		t.Rows = append(t.Rows, []Cell{
			{Text: x.Title, Value: x.Resource}, Words(x.Site), {Text: x.P95, Value: exact(x.P95Value)}, {Text: x.Limit, Value: exact(x.LimitValue)},
			Words(x.Trend), first, {Text: dash(x.FullP50), Value: x.FullP50}, {Text: dash(x.FullP90), Value: x.FullP90}, order,
			{Text: fmt.Sprintf("%g d", x.LeadDays), Value: fmt.Sprintf("%g", x.LeadDays)}, Words(x.Cost), ratio(x.MASE, 1, ""), ratio(x.Coverage, 100, " %"),
		})
	}
	return t
}

func withheldTable(items []CapacityItem) *Table {
	t := &Table{Empty: "Everything has a date, or does not fill up.", Columns: []Column{
		{Key: "resource", Title: "Resource"}, {Key: "site", Title: "Site"}, {Key: "p95", Title: "p95 now", Numeric: true}, {Key: "limit", Title: "Limit", Numeric: true}, {Key: "why", Title: "Why"},
	}}
	for _, x := range items {
		t.Rows = append(t.Rows, []Cell{{Text: x.Title, Value: x.Resource}, Words(x.Site), {Text: x.P95, Value: exact(x.P95Value)}, {Text: x.Limit, Value: exact(x.LimitValue)}, Words(x.Withheld)})
	}
	return t
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func exact(v *float64) any {
	if v == nil {
		return nil
	}
	return fmt.Sprintf("%.0f", *v)
}

func ratio(v *float64, by float64, unit string) Cell {
	if v == nil {
		return Cell{Text: "–", Tone: Mute}
	}
	if by == 100 {
		return Cell{Text: fmt.Sprintf("%.0f%s", *v*by, unit), Value: fmt.Sprintf("%.3f", *v)}
	}
	return Cell{Text: fmt.Sprintf("%.2f%s", *v*by, unit), Value: fmt.Sprintf("%.3f", *v)}
}
