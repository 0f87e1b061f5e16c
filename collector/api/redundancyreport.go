package api

import (
	"context"
	"fmt"
	"math"
	"strings"

	"ninewatch/collector/report"
	"ninewatch/collector/topology/live"
	"ninewatch/collector/uptime"
)

// reportChanges is how many changes a report lists, the newest.
const reportChanges = 200

// redundancyReport is the state of redundancy, with the time without it over a period.
func (a *API) redundancyReport(ctx context.Context, c caller, in *reportQuery) (report.Document, error) {
	kind, site, _ := strings.Cut(in.Scope, ":")
	if kind != "company" && kind != "site" {
		return report.Document{}, badRequest("a report of redundancy is of company or of site:NAME")
	}
	sc, err := a.scope(ctx, c, in.Scope)
	if err != nil {
		return report.Document{}, err
	}
	s, err := a.sight(ctx, c, site, "")
	if err != nil {
		return report.Document{}, err
	}
	span := in.Span
	from, to, err := span.window(sc.zone, a.deps.Now())
	if err != nil {
		return report.Document{}, err
	}
	v, err := a.redundancyOf(ctx, s, Span{From: stamp(from * 1000), To: stamp(to * 1000)})
	if err != nil {
		return report.Document{}, err
	}
	out := report.RedundancyInput{
		Title: a.scopeTitle(ctx, in.Scope, sc), Scope: in.Scope, Period: uptime.Window{From: from, To: to}, Name: in.Period, Zone: sc.zone, Made: a.deps.Now(), AsOf: v.AsOf,
		Demo: a.deps.Demo, Without: v.Without.Seconds, Losses: v.Without.Losses, MTTR: v.Without.MTTRSeconds,
	}
	if r := v.Without.FullRatio; r != nil {
		out.FullPercent = fmt.Sprintf("%.2f", math.Floor(*r*10_000)/100)
	}
	tones := map[string]report.Tone{"strong": report.Strong, "down": report.Bad, "risk": report.Risk, "degraded": report.Warn, "unknown": report.Unknown}
	for _, p := range v.Answer {
		out.Answer = append(out.Answer, report.Span{Text: p.Text, Tone: tones[p.Tone]})
	}
	for _, x := range v.Singles {
		mend := ""
		if w, err := s.v.WhatIf(x.Of); err == nil && len(w.Mend) > 0 {
			mend = w.Mend[0].What + " " + w.Mend[0].Effect
		}
		out.Singles = append(out.Singles, report.RedundancySingle{Name: x.Name, Kind: x.Kind, Sites: strings.Join(x.Sites, ", "), Services: strings.Join(x.Services, ", "), Mend: mend,
			Devices: x.Devices, Users: x.Users, Certain: x.Certain})
	}
	times := map[string]groupTime{}
	for _, g := range v.Without.Groups {
		times[g.Group] = g
	}
	for _, g := range v.Groups {
		out.Groups = append(out.Groups, report.RedundancyGroup{Title: g.Title, Kind: g.Kind, Class: g.Class, Words: g.Words, Since: deref(g.Since), Sites: strings.Join(g.Sites, ", "),
			Redundant: g.Redundant, Without: times[g.Name].Without, Losses: times[g.Name].Losses})
	}
	for _, n := range v.N1 {
		util := "nothing is left"
		if n.Worst.Util != nil {
			util = fmt.Sprintf("%.0f %%", 100**n.Worst.Util)
		}
		_, loss, _ := strings.Cut(n.Worst.Scenario, ":")
		out.N1 = append(out.N1, report.RedundancyN1{Title: n.Title, Loss: loss, Load: fmt.Sprintf("%.1f Mbit/s", n.LoadBps/1e6), Util: util, Ends: deref(n.Ends), Holds: n.Holds})
	}
	for _, x := range v.Backups {
		out.Backups = append(out.Backups, report.RedundancyBackup{Title: x.Title, Member: x.Member, Sites: strings.Join(x.Sites, ", "), Words: x.Words})
	}
	for _, x := range v.Without.Sites {
		out.Sites = append(out.Sites, report.RedundancySite{Name: s.v.SiteTitle(x.Site), Without: x.Without, Known: x.Known, Budget: x.BudgetSeconds})
	}
	changes, err := a.deps.Topology.Changes(ctx, from*1000, to*1000, reportChanges, func(x live.Change) bool { return s.seesAll(x.Sites) })
	if err != nil {
		return report.Document{}, err
	}
	for _, x := range changes {
		out.Changes = append(out.Changes, report.RedundancyChange{Time: stamp(x.At), Words: x.Words})
	}
	t, err := a.topology(ctx, c, &topologyQuery{Site: site})
	if err != nil {
		return report.Document{}, err
	}
	out.Trust = t.Words
	return report.Redundancy(out), nil
}
