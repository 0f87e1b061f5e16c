package api

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/report"
	"ninewatch/collector/uptime"
)

// reportStrips is how many targets have their days on the first page of a report.
const reportStrips = 12

// reportDays are the days of the period, as far as it has come.
func (a *API) reportDays(ctx context.Context, ledger string, z *time.Location, from, to int64) ([]uptime.Day, error) {
	n := int(a.deps.Now().Sub(time.Unix(from, 0))/(24*time.Hour)) + 2
	days, err := a.deps.Uptime.Strip(ctx, ledger, n, z)
	if err != nil {
		return nil, err
	}
	first, last := time.Unix(from, 0).In(z).Format(time.DateOnly), time.Unix(to-1, 0).In(z).Format(time.DateOnly)
	return slices.DeleteFunc(days, func(d uptime.Day) bool { return d.Date < first || d.Date > last }), nil
}

// reportMembers fills in what a scope consists of, the days of the worst of it, and what else is told of it: of the
// company its regions, providers and services, of a site its services and circuits.
func (a *API) reportMembers(ctx context.Context, c caller, in *reportQuery, s scope, out *report.SLAInput) (err error) {
	kind, _, _ := strings.Cut(in.Scope, ":")
	from, to := out.Period.From, out.Period.To
	scopes, err := a.reportScopes(ctx, c, kind, s)
	if err != nil {
		return err
	}
	if out.Targets, err = a.targetsOf(ctx, scopes, from, to, in.Objective); err != nil {
		return err
	}
	if len(out.Targets) > 1 {
		for _, x := range report.Worst(out.Targets, reportStrips) {
			days, err := a.reportDays(ctx, x.Answer.Scope, s.zone, from, to)
			if err != nil {
				return err
			}
			out.Strips = append(out.Strips, report.NewStrip(x, days))
		}
	}
	switch kind {
	case "company":
		regions, err := a.regions(ctx, c)
		return errors.Join(err, a.addGroups(ctx, c, "regions", "By region", regions, in.Objective, out),
			a.addGroups(ctx, c, "providers", "By provider, against each contract", a.providerScopes(), "", out),
			a.addKind(ctx, c, inventory.KindService, "services", "By service, against what was agreed for each", s, out))
	case "site":
		return errors.Join(a.addKind(ctx, c, inventory.KindService, "services", "By service, against what was agreed for each", s, out),
			a.addKind(ctx, c, inventory.KindCircuit, "circuits", "By circuit, against each contract", s, out))
	}
	return nil
}

// reportScopes are the members of a scope: the devices of a site; of what adds up others these; none of one target.
func (a *API) reportScopes(ctx context.Context, c caller, kind string, s scope) ([]string, error) {
	switch kind {
	case "site":
		return a.seen(ctx, c, inventory.KindDevice, s.site)
	case "company", inventory.ScopeRegion, inventory.ScopeProvider, inventory.ScopeRole, inventory.ScopeTag:
		return a.deps.Uptime.Members(ctx, s.ledger)
	}
	return nil, nil
}

// seen are the targets of a kind that the caller may see, of all sites where site is empty.
func (a *API) seen(ctx context.Context, c caller, kind, site string) ([]string, error) {
	scopes, err := a.deps.Uptime.Scopes(ctx, kind)
	return slices.DeleteFunc(scopes, func(scope string) bool {
		of, err := a.deps.Uptime.SiteOf(scope)
		return err != nil || !c.seesScope(of) || site != "" && of != site
	}), err
}

// targetsOf measures targets, by the names that people have for them.
func (a *API) targetsOf(ctx context.Context, scopes []string, from, to int64, objective string) ([]report.Target, error) {
	if len(scopes) == 0 {
		return nil, nil
	}
	answers, err := a.deps.Uptime.List(ctx, scopes[:min(len(scopes), reportTargets)], from, to, objective)
	if err != nil {
		return nil, err
	}
	titles, err := a.siteTitles(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]report.Target, len(answers))
	for i, x := range answers {
		_, name, _ := strings.Cut(x.Scope, ":")
		out[i] = report.Target{Name: name, Title: titles[x.Scope], Site: x.Site, Answer: x}
	}
	return out, nil
}

// siteTitles is what people call sites, by scope.
func (a *API) siteTitles(ctx context.Context) (map[string]string, error) {
	sites, err := a.deps.Inventory.Sites(ctx)
	out := map[string]string{}
	for _, x := range sites {
		out["site:"+x.Name] = x.DisplayName
	}
	return out, err
}

// regions are the scopes of the regions in which the caller sees a site.
func (a *API) regions(ctx context.Context, c caller) (out []string, err error) {
	sites, err := a.deps.Inventory.Sites(ctx)
	for _, x := range sites {
		if scope := "region:" + x.Region; x.Region != "" && c.sees(x.Name) && !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out, err
}

func (a *API) providerScopes() (out []string) {
	for _, name := range a.deps.Uptime.Providers() {
		out = append(out, "provider:"+name)
	}
	return out
}

// addGroups adds a table of scopes that add up others, as far as the caller sees these.
func (a *API) addGroups(ctx context.Context, c caller, key, title string, scopes []string, objective string, out *report.SLAInput) error {
	g := report.Group{Key: key, Title: title}
	for _, scope := range scopes {
		m, err := a.deps.Uptime.Availability(ctx, narrowed(c, scope), out.Period.From, out.Period.To, objective)
		if errors.Is(err, uptime.ErrUnknownScope) {
			continue
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(scope, ":")
		g.Rows = append(g.Rows, report.Target{Name: name, Answer: m})
	}
	slices.SortFunc(g.Rows, func(a, b report.Target) int { return cmp.Compare(a.Name, b.Name) })
	out.Groups = append(out.Groups, g)
	return nil
}

// addKind adds a table of the targets of a kind.
func (a *API) addKind(ctx context.Context, c caller, kind, key, title string, s scope, out *report.SLAInput) error {
	scopes, err := a.seen(ctx, c, kind, s.site)
	if err != nil {
		return err
	}
	rows, err := a.targetsOf(ctx, scopes, out.Period.From, out.Period.To, "")
	out.Groups = append(out.Groups, report.Group{Key: key, Title: title, Rows: rows})
	return err
}
