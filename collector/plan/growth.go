package plan

import (
	"cmp"
	"context"
	"math"
	"slices"

	"ninewatch/collector/capacity"
)

const (
	growthWindow = 28 // days of the two levels that growth compares: whole weeks
	growthApart  = 91 // days from one to the other
)

// Growth is what the resources of one kind in a group carry today and carried 13 weeks ago. Means of days add up, as
// percentiles do not: only resources with both count.
type Growth struct {
	Group   string   `json:"group"`
	Kind    string   `json:"kind"`
	Unit    string   `json:"unit"`
	Now     float64  `json:"now" doc:"sum of the means of the last 28 days"`
	Before  float64  `json:"before" doc:"the same 91 days earlier"`
	Percent *float64 `json:"percent" doc:"growth in these 91 days"`
	Counted int      `json:"counted" doc:"resources with both"`
	All     int      `json:"all"`
	OrderBy *string  `json:"order_by" doc:"the first order date of the group"`
	Over    int      `json:"over" doc:"resources over their limit"`
}

// Groupings are what growth can be told by.
var Groupings = []string{"site", "department", "tag", "role", "kind"}

// GrowthBy sums a list of answers up by a grouping. A device with several tags counts in each of them; interfaces that
// are circuits count as circuits.
func (s *Service) GrowthBy(ctx context.Context, list []Outlook, by string) ([]Growth, error) {
	w, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	type key struct{ group, kind, unit string }
	sums := map[key]*Growth{}
	for _, a := range list {
		for _, group := range w.groups(a, by) {
			k := key{group, a.Kind, a.Unit}
			if sums[k] == nil {
				sums[k] = &Growth{Group: group, Kind: a.Kind, Unit: a.Unit}
			}
			sums[k].add(a)
		}
	}
	out := make([]Growth, 0, len(sums))
	for _, g := range sums {
		if g.Before > 0 {
			g.Percent = known(100 * (g.Now - g.Before) / g.Before)
		}
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Growth) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Unit, b.Unit))
	})
	return out, nil
}

// groups are those that an answer counts in; "" where its device says nothing.
func (w *world) groups(a Outlook, by string) []string {
	d := w.devices[a.Device]
	switch by {
	case "department":
		return []string{d.Department}
	case "tag":
		if len(d.Tags) > 0 {
			return d.Tags
		}
		return []string{""}
	case "role":
		return []string{d.Role}
	case "kind":
		return []string{""}
	}
	return []string{a.Site}
}

func (g *Growth) add(a Outlook) {
	g.All++
	if a.OverSince != nil {
		g.Over++
	}
	if a.OrderBy != nil && (g.OrderBy == nil || *a.OrderBy < *g.OrderBy) {
		g.OrderBy = a.OrderBy
	}
	if a.Mean != nil && a.MeanBefore != nil {
		g.Counted++
		g.Now += *a.Mean
		g.Before += *a.MeanBefore
	}
}

// levels are the means of a line over the last days and over as many 13 weeks earlier; NaN with less than half of
// either.
func levels(p past, line int, today capacity.Date) (now, before float64) {
	end := between(p.first, today)
	at := func(end int) float64 {
		values := make([]float64, growthWindow)
		for i := range values {
			values[i] = math.NaN()
			if d := end - growthWindow + i; d >= 0 && d < len(p.days) && line < len(p.days[d].Lines) {
				values[i] = p.days[d].Lines[line].Mean
			}
		}
		return mean(values)
	}
	return at(end), at(end - growthApart)
}
