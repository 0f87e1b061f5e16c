package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// objective is what sites and devices are measured against, in percent, until services have their own.
const objective = "99.9"

// stripDays is the length of day strips.
const stripDays = 90

// siteFilter is what simple lists take.
type siteFilter struct {
	Site string `query:"site" doc:"only what is at this site"`
}

// board is what pages are made of: what a caller may see, as it is now.
type board struct {
	now      time.Time
	sites    []inventory.Site
	devices  []inventory.Device
	verdicts map[string]uptime.Verdict
	agents   []auth.Agent
}

// board reads what c may see, at one site or all ("").
func (a *API) board(ctx context.Context, c caller, site string) (board, error) {
	b := board{now: a.deps.Now(), verdicts: map[string]uptime.Verdict{}}
	sites, err := a.deps.Inventory.Sites(ctx)
	if err != nil {
		return b, err
	}
	for _, s := range visible(c, sites, siteOfSite) {
		if site == "" || s.Name == site {
			b.sites = append(b.sites, s)
		}
	}
	if site != "" && len(b.sites) == 0 {
		return b, notFound("site", site)
	}
	if b.devices, err = a.deps.Inventory.Devices(ctx, inventory.Filter{Sites: c.narrow(site)}); err != nil {
		return b, err
	}
	if b.agents, err = a.agentsOf(ctx, c, site); err != nil {
		return b, err
	}
	b.agents = slices.DeleteFunc(b.agents, func(g auth.Agent) bool { return g.Revoked != 0 })
	b.verdicts = a.verdicts(ctx, c)
	return b, nil
}

// verdicts are those of the devices that c may see.
func (a *API) verdicts(ctx context.Context, c caller) map[string]uptime.Verdict {
	out := map[string]uptime.Verdict{}
	for _, v := range visible(c, a.deps.Uptime.States(ctx), siteOfVerdict) {
		out[v.Device] = v
	}
	return out
}

// verdictOf is unknown for a device that was not judged yet.
func verdictOf(verdicts map[string]uptime.Verdict, device string) uptime.Verdict {
	if v, ok := verdicts[device]; ok {
		return v
	}
	return uptime.Verdict{Device: device, State: string(uptime.Unknown)}
}

// site looks up a site that c may see.
func (a *API) site(ctx context.Context, c caller, name string) (inventory.Site, error) {
	sites, err := a.deps.Inventory.Sites(ctx)
	if err != nil {
		return inventory.Site{}, err
	}
	for _, s := range visible(c, sites, siteOfSite) {
		if s.Name == name {
			return s, nil
		}
	}
	return inventory.Site{}, notFound("site", name)
}

// device looks up a device that c may see.
func (a *API) device(ctx context.Context, c caller, name string) (inventory.Device, error) {
	d, err := a.deps.Inventory.Device(ctx, name)
	if err != nil {
		return d, absent(err, inventory.ErrUnknown, "device", name)
	}
	return d, c.may(auth.View, d.Site, "device", name)
}

// zone is that of a site; UTC where it has none.
func zone(s inventory.Site) *time.Location {
	if z, err := time.LoadLocation(s.TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// lastDays measures a scope over the last days; nil where nothing is in it.
func (a *API) lastDays(ctx context.Context, scope string, days int) (*uptime.Answer, error) {
	to := a.deps.Now().Unix()
	m, err := a.deps.Uptime.Availability(ctx, scope, to-int64(days)*86_400, to, objective)
	if errors.Is(err, uptime.ErrUnknownScope) {
		return nil, nil
	}
	return &m, err
}

// lastDaysOf is lastDays of many scopes, in one question. Those of which nothing is known are left out.
func (a *API) lastDaysOf(ctx context.Context, scopes []string, days int) (map[string]uptime.Answer, error) {
	to := a.deps.Now().Unix()
	answers, err := a.deps.Uptime.List(ctx, scopes, to-int64(days)*86_400, to, objective)
	out := make(map[string]uptime.Answer, len(answers))
	for _, m := range answers {
		out[m.Scope] = m
	}
	return out, err
}

// strip is the last days of a scope; empty where nothing is in it.
func (a *API) strip(ctx context.Context, scope string, z *time.Location) ([]uptime.Day, error) {
	days, err := a.deps.Uptime.Strip(ctx, scope, stripDays, z)
	if errors.Is(err, uptime.ErrUnknownScope) || err == nil && days == nil {
		return []uptime.Day{}, nil
	}
	return days, err
}

// scopeOf is all that c may see, in the words of the ledger.
func scopeOf(c caller, site string) (scope string, ok bool) {
	sites := c.narrow(site)
	if sites == nil {
		return "all", true
	}
	if len(sites) == 0 {
		return "", false
	}
	return "site:" + joinSites(sites), true
}
