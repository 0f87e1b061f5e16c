package api

import (
	"context"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/report"
	"ninewatch/collector/uptime"
)

// inventoryReport is what there is, what came and went in a period, and what needs a decision.
func (a *API) inventoryReport(ctx context.Context, c caller, in *reportQuery) (report.Document, error) {
	kind, _, _ := strings.Cut(in.Scope, ":")
	if kind != "company" && kind != "site" {
		return report.Document{}, badRequest("a report of the inventory is of company or of site:NAME")
	}
	s, err := a.scope(ctx, c, in.Scope)
	if err != nil {
		return report.Document{}, err
	}
	from, to, err := in.window(s.zone, a.deps.Now())
	if err != nil {
		return report.Document{}, err
	}
	assets, err := a.deps.Inventory.Assets(ctx, true)
	if err != nil {
		return report.Document{}, err
	}
	findings, err := a.deps.Inventory.Findings(ctx)
	if err != nil {
		return report.Document{}, err
	}
	hidden := func(site string) bool { return !c.sees(site) || s.site != "" && site != s.site }
	return report.Inventory(report.InventoryInput{
		Title: a.scopeTitle(ctx, in.Scope, s), Scope: in.Scope, Period: uptime.Window{From: from, To: to}, Name: in.Period, Zone: s.zone, Made: a.deps.Now(),
		Demo:     a.deps.Demo,
		Assets:   slices.DeleteFunc(assets, func(x inventory.AssetRow) bool { return hidden(x.Site) }),
		Findings: slices.DeleteFunc(findings, func(x inventory.Finding) bool { return hidden(x.Site) }),
	}), nil
}
