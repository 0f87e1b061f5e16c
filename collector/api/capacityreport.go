package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
	"ninewatch/collector/report"
)

// How many resources of a report have an earlier forecast looked up, and larger sizes.
const (
	comparedItems = 100
	upgradedItems = 30
)

// capacityReport is the plan of a scope: for the quarter ahead when no period is given.
func (a *API) capacityReport(ctx context.Context, c caller, in *reportQuery) (report.Document, error) {
	s, err := a.scope(ctx, c, in.Scope)
	if err != nil {
		return report.Document{}, err
	}
	now := a.deps.Now()
	out := report.CapacityInput{Title: a.scopeTitle(ctx, in.Scope, s), Scope: in.Scope, Name: in.Period, Zone: s.zone, Made: now, Demo: a.deps.Demo,
		From: now, To: now.AddDate(0, 3, 0)}
	if in.Span != (Span{}) {
		from, to, err := in.window(s.zone, now)
		if err != nil {
			return report.Document{}, err
		}
		out.From, out.To = time.Unix(from, 0), time.Unix(to, 0)
	}
	all, err := a.planOf(ctx, c, &capacityQuery{Scope: in.Scope})
	if err != nil {
		return report.Document{}, err
	}
	for _, p := range capacityAnswer(all, now) {
		tone := map[string]report.Tone{"strong": report.Strong, "down": report.Bad}[p.Tone]
		out.Answer = append(out.Answer, report.Span{Text: p.Text, Tone: tone})
	}
	costs, err := a.costs(ctx)
	if err != nil {
		return report.Document{}, err
	}
	var dated []plan.Outlook
	for _, x := range all {
		item := capacityItem(x)
		item.Cost = costs[x.Resource]
		if !x.Idle && len(out.Compared) < comparedItems {
			if d, err := a.deps.Plan.Detail(ctx, x.Resource); err == nil && d.Compared != nil {
				out.Compared = append(out.Compared, report.CapacityCompared{Resource: x.Resource, Title: x.Title, Made: d.Compared.MadeAt[:len(time.DateOnly)],
					Points: d.Compared.N, Inside80: d.Compared.Inside80, MedianError: d.Compared.MedianError})
			}
		}
		switch {
		case x.OrderBy != nil && len(out.Items) < reportTargets:
			out.Items, dated = append(out.Items, item), append(dated, x)
		case x.Idle:
			out.Idle++
		case x.Withheld != "" && len(out.Withheld) < reportTargets:
			out.Withheld = append(out.Withheld, item)
		}
	}
	if out.Growth, err = a.growthItems(ctx, all); err != nil {
		return report.Document{}, err
	}
	if out.Upgrades, err = a.upgradeItems(ctx, c, dated); err != nil {
		return report.Document{}, err
	}
	return report.Capacity(out), nil
}

// growthItems is who grows: sites and departments.
func (a *API) growthItems(ctx context.Context, all []plan.Outlook) ([]report.CapacityGrowth, error) {
	var out []report.CapacityGrowth
	for _, by := range []string{"site", "department"} {
		list, err := a.deps.Plan.GrowthBy(ctx, all, by)
		if err != nil {
			return nil, err
		}
		for _, g := range list {
			if g.Counted > 0 && (by == "site" || g.Group != "") {
				out = append(out, report.CapacityGrowth{By: by, Group: g.Group, Kind: g.Kind, Now: amountInWords(&g.Now, g.Unit), Before: amountInWords(&g.Before, g.Unit),
					NowValue: g.Now, BeforeValue: g.Before, Percent: g.Percent, Counted: g.Counted, All: g.All, OrderBy: deref(g.OrderBy), Over: g.Over})
			}
		}
	}
	return out, nil
}

// upgradeItems are larger sizes of what has to be ordered first.
func (a *API) upgradeItems(ctx context.Context, c caller, dated []plan.Outlook) ([]report.CapacityUpgrade, error) {
	devices, err := a.deps.Inventory.Devices(ctx, inventory.Filter{})
	if err != nil {
		return nil, err
	}
	var out []report.CapacityUpgrade
	for _, x := range dated[:min(len(dated), upgradedItems)] {
		sizes, err := a.upgradesOf(ctx, c, devices, x)
		if err != nil {
			return nil, err
		}
		for _, u := range sizes.Items {
			out = append(out, report.CapacityUpgrade{Resource: x.Resource, Title: x.Title, Size: amountInWords(&u.Capacity, x.Unit), SizeValue: u.Capacity, Times: u.Times,
				Lasts: deref(u.FullOn.P50), OrderBy: deref(u.OrderBy), Withheld: u.Withheld, Cost: u.Cost, CostOf: u.CostOf, CostToday: sizes.CostToday})
		}
	}
	return out, nil
}

// costs are what circuits cost today, by resource.
func (a *API) costs(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	objects, err := a.deps.Inventory.Objects(ctx, inventory.KindCircuit)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		var spec struct{ Cost string }
		if err := json.Unmarshal(o.Spec, &spec); err != nil {
			return nil, err
		}
		out["circuit:"+o.Name] = spec.Cost
	}
	return out, nil
}

func capacityItem(x plan.Outlook) report.CapacityItem {
	out := report.CapacityItem{
		Resource: x.Resource, Title: x.Title, Site: x.Site, Unit: x.Unit, Capacity: amountInWords(x.Capacity, x.Unit), Limit: amountInWords(x.Limit, x.Unit),
		P95: amountInWords(x.P95, x.Unit), P95Value: x.P95, LimitValue: x.Limit, Trend: amountInWords(x.TrendPerDay, x.Unit),
		FullP10: deref(x.FullOn.P10), FullP50: deref(x.FullOn.P50), FullP90: deref(x.FullOn.P90), OrderBy: deref(x.OrderBy), OverSince: deref(x.OverSince),
		Overdue: x.Overdue, LeadDays: x.LeadDays, MASE: x.Backtest.MASE, Coverage: x.Backtest.Coverage80, Model: x.Model, Withheld: x.Withheld,
	}
	return out
}

// amountInWords is a value in its unit: 712 Mbit/s, 35.6 TiB, 88 %.
func amountInWords(v *float64, unit string) string {
	if v == nil {
		return "–"
	}
	step, names := 1000.0, []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}
	switch unit {
	case "bytes":
		step, names = 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	case "percent":
		return fmt.Sprintf("%.1f %%", *v)
	case "watts":
		return fmt.Sprintf("%.0f W", *v)
	}
	x, i := *v, 0
	for math.Abs(x) >= step && i < len(names)-1 {
		x, i = x/step, i+1
	}
	if math.Abs(x) >= 100 || i == 0 {
		return fmt.Sprintf("%.0f %s", x, names[i])
	}
	return fmt.Sprintf("%.2f %s", x, names[i])
}
