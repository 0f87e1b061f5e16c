package report

import (
	"fmt"
	"math"
	"slices"
)

// CapacityGrowth is what a site or a department carries now and carried 13 weeks ago.
type CapacityGrowth struct {
	By, Group, Kind       string // by site or department
	Now, Before           string // with units
	NowValue, BeforeValue float64
	Percent               *float64
	Counted, All, Over    int // resources
	OrderBy               string
}

// CapacityUpgrade is a larger size of a resource.
type CapacityUpgrade struct {
	Resource, Title, Size string
	SizeValue, Times      float64
	Lasts                 string // the likely day on which it is full, empty: more than a year
	OrderBy, Withheld     string
	Cost, CostOf          string // of a circuit in the inventory that is as large
	CostToday             string
}

// CapacityCompared is an earlier forecast beside what happened.
type CapacityCompared struct {
	Resource, Title, Made string
	Points                int
	Inside80, MedianError float64 // the error as a share of what came
}

// more are the sections about growth, sizes and earlier forecasts, without what has nothing to say.
func (in CapacityInput) more() []Section {
	var out []Section
	for _, by := range []struct{ key, title string }{{"site", "Growth of sites in 13 weeks"}, {"department", "Growth of departments in 13 weeks"}} {
		if t := growthTable(in.Growth, by.key); len(t.Rows) > 0 {
			out = append(out, Section{Key: "growth_" + by.key, Title: by.title, Note: "Means of the last 28 days and of those 91 days earlier, added up over the resources that have both.", Table: t})
		}
	}
	if len(in.Upgrades) > 0 {
		out = append(out, Section{Key: "upgrades", Title: "Larger sizes, how long they last and what they cost",
			Note: "Costs are those of the smallest circuit of the inventory that is as large.", Table: upgradeTable(in.Upgrades)})
	}
	if len(in.Compared) > 0 {
		out = append(out, Section{Key: "compared", Title: "Earlier forecasts beside what happened", Note: comparedNote(in.Compared), Table: comparedTable(in.Compared)})
	}
	return out
}

func growthTable(items []CapacityGrowth, by string) *Table {
	t := &Table{Columns: []Column{
		{Key: by, Title: map[string]string{"site": "Site", "department": "Department"}[by]}, {Key: "kind", Title: "Kind"}, {Key: "now", Title: "Mean now", Numeric: true},
		{Key: "before", Title: "13 weeks ago", Numeric: true}, {Key: "percent", Title: "Growth", Numeric: true}, {Key: "resources", Title: "Resources", Numeric: true}, {Key: "order_by", Title: "First order by"},
	}}
	for _, g := range items {
		if g.By != by {
			continue
		}
		order := Cell{Text: dash(g.OrderBy), Value: g.OrderBy}
		if g.Over > 0 {
			order.Text, order.Tone = fmt.Sprintf("%d over the limit", g.Over), Bad
		}
		growth := Cell{Text: "–", Tone: Mute}
		if g.Percent != nil {
			growth = Cell{Text: fmt.Sprintf("%+.1f %%", *g.Percent), Value: fmt.Sprintf("%.2f", *g.Percent)}
		}
		t.Rows = append(t.Rows, []Cell{
			Words(g.Group), Words(g.Kind), {Text: g.Now, Value: exact(&g.NowValue)}, {Text: g.Before, Value: exact(&g.BeforeValue)}, growth,
			{Text: fmt.Sprintf("%d of %d", g.Counted, g.All), Value: fmt.Sprint(g.Counted)}, order,
		})
	}
	return t
}

func upgradeTable(items []CapacityUpgrade) *Table {
	t := &Table{Columns: []Column{
		{Key: "resource", Title: "Resource"}, {Key: "capacity", Title: "Size", Numeric: true}, {Key: "times", Title: "Times today's", Numeric: true}, {Key: "full_p50", Title: "Likely to last until"},
		{Key: "order_by", Title: "Order the next by"}, {Key: "cost", Title: "Cost"}, {Key: "cost_of", Title: "As"}, {Key: "cost_today", Title: "Cost today"},
	}}
	for _, u := range items {
		lasts := Cell{Text: u.Lasts, Value: u.Lasts}
		switch {
		case u.Withheld != "":
			lasts = Cell{Text: "no date: " + u.Withheld, Tone: Mute}
		case u.Lasts == "":
			lasts.Text = "more than a year"
		}
		t.Rows = append(t.Rows, []Cell{
			{Text: u.Title, Value: u.Resource}, {Text: u.Size, Value: exact(&u.SizeValue)}, {Text: fmt.Sprintf("%g", u.Times), Value: fmt.Sprintf("%g", u.Times)}, lasts,
			{Text: dash(u.OrderBy), Value: u.OrderBy}, Words(dash(u.Cost)), Words(u.CostOf), Words(u.CostToday),
		})
	}
	return t
}

func comparedTable(items []CapacityCompared) *Table {
	t := &Table{Columns: []Column{
		{Key: "resource", Title: "Resource"}, {Key: "made", Title: "Forecast of"}, {Key: "weeks", Title: "Weeks", Numeric: true},
		{Key: "inside80", Title: "Within its 80 % band", Numeric: true}, {Key: "median_error", Title: "Off, median", Numeric: true},
	}}
	for _, c := range items {
		inside, off := c.Inside80, c.MedianError
		t.Rows = append(t.Rows, []Cell{
			{Text: c.Title, Value: c.Resource}, Words(c.Made), {Text: fmt.Sprint(c.Points), Value: fmt.Sprint(c.Points)}, ratio(&inside, 100, " %"),
			{Text: fmt.Sprintf("%+.0f %%", 100*off), Value: fmt.Sprintf("%.3f", off)},
		})
	}
	return t
}

// comparedNote sums up how the forecasts did: weeks count the same, whatever their resource.
func comparedNote(items []CapacityCompared) string {
	points, inside := 0, 0.0
	var off []float64
	for _, c := range items {
		points += c.Points
		inside += c.Inside80 * float64(c.Points)
		off = append(off, math.Abs(c.MedianError))
	}
	slices.Sort(off)
	return fmt.Sprintf("Of %s that came, %.0f %% lay within the 80 %% band of what had been said; half of the resources were off by no more than %.0f %%. More came where the sign is +.",
		plural(int64(points), "week"), 100*inside/float64(max(points, 1)), 100*off[(len(off)-1)/2])
}
