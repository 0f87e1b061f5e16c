package api

import (
	"context"
	"strings"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// scope is what a question is about.
type scope struct {
	ledger string // in the words of the ledger
	device string // empty: more than one
	site   string // empty: all that the caller may see
	zone   *time.Location
}

const scopeForms = "device:NAME, interface:DEVICE/KEY, site:NAME, path:AGENT/DEVICE, circuit:NAME, service:NAME, agent:ID, region:NAME, provider:NAME, role:NAME, tag:NAME or company"

// scope reads a scope, which splits at its first colon, and checks that c may see it.
func (a *API) scope(ctx context.Context, c caller, text string) (scope, error) {
	kind, name, _ := strings.Cut(text, ":")
	switch kind {
	case "device", "interface", "path":
		return a.deviceScope(ctx, c, text)
	case "site":
		site, err := a.site(ctx, c, name)
		return scope{ledger: text, site: name, zone: zone(site)}, err
	case "company":
		ledger, ok := scopeOf(c, "")
		if text != "company" || !ok {
			return scope{}, badRequest("scope company takes no name")
		}
		zone, err := a.commonZone(ctx, c, "")
		return scope{ledger: ledger, zone: zone}, err
	case "circuit", "service":
		site, err := a.deps.Uptime.SiteOf(text)
		if err != nil {
			return scope{}, absent(err, uptime.ErrUnknownScope, kind, name)
		}
		if !c.seesScope(site) {
			return scope{}, notFound(kind, name)
		}
		return a.inSite(ctx, c, scope{ledger: text, site: site})
	case "agent":
		agents, err := a.deps.Auth.Agents(ctx)
		if err != nil {
			return scope{}, err
		}
		for _, x := range agents {
			if x.ID == name && c.sees(x.Site) {
				return a.inSite(ctx, c, scope{ledger: text, site: x.Site})
			}
		}
		return scope{}, notFound(kind, name)
	case inventory.ScopeRegion, inventory.ScopeProvider, inventory.ScopeRole, inventory.ScopeTag:
		if name == "" || strings.Contains(name, "@") {
			return scope{}, badRequest("scope %s: needs a name, write for example %s:north", kind, kind)
		}
		region := ""
		if kind == inventory.ScopeRegion {
			region = name
		}
		zone, err := a.commonZone(ctx, c, region)
		return scope{ledger: narrowed(c, text), zone: zone}, err
	}
	return scope{}, badRequest("scope is none of %s", scopeForms)
}

// deviceScope is a device, one of its interfaces, or what one agent sees of it.
func (a *API) deviceScope(ctx context.Context, c caller, text string) (scope, error) {
	kind, name, _ := strings.Cut(text, ":")
	first, rest, pair := strings.Cut(name, "/")
	device := name
	switch {
	case kind == "interface":
		device = first
	case kind == "path":
		device = rest
	}
	if kind != "device" && (!pair || first == "" || rest == "") {
		return scope{}, badRequest("scope %s: needs two names, write for example interface:lis-edge-1/Gi1 or path:AGENT/lis-edge-1", kind)
	}
	d, err := a.device(ctx, c, device)
	if err != nil {
		return scope{}, err
	}
	return a.inSite(ctx, c, scope{ledger: text, device: device, site: d.Site})
}

// inSite gives s the zone of its site.
func (a *API) inSite(ctx context.Context, c caller, s scope) (scope, error) {
	s.zone = time.UTC
	if s.site == "" {
		return s, nil
	}
	site, err := a.site(ctx, c, s.site)
	s.zone = zone(site)
	return s, err
}

// commonZone is the zone of all sites that c may see, of a region where one is named: UTC where they differ. A site
// without a zone has no voice.
func (a *API) commonZone(ctx context.Context, c caller, region string) (*time.Location, error) {
	sites, err := a.deps.Inventory.Sites(ctx)
	if err != nil {
		return time.UTC, err
	}
	common := ""
	for _, s := range sites {
		switch {
		case !c.sees(s.Name) || s.TimeZone == "" || region != "" && s.Region != region:
		case common != "" && common != s.TimeZone:
			return time.UTC, nil
		default:
			common = s.TimeZone
		}
	}
	return zone(inventory.Site{TimeZone: common}), nil
}

// narrowed is a group in the words of the ledger, without what the caller may not see.
func narrowed(c caller, group string) string {
	if sites := c.narrow(""); sites != nil {
		return group + "@" + joinSites(sites)
	}
	return group
}
