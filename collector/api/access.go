package api

import (
	"net/http"
	"slices"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// caller is who asks. Whatever is answered passes one of its methods: this file is where it is decided who
// may see and do what.
type caller struct{ auth.Principal }

// Sites tells what the one who asks may see: promapi's Deps.Sites. Without a login that is nothing.
func Sites(r *http.Request) (sites []string, all bool) {
	p, _ := auth.From(r.Context())
	return p.Sites(auth.View)
}

// sees tells whether the caller may read what is at site.
func (c caller) sees(site string) bool { return c.Can(auth.View, site) }

// seesAny tells whether the caller may read what is for sites; no sites means that it is for all of them, so
// that whoever sees a site may know of it.
func (c caller) seesAny(sites []string) bool {
	return len(sites) == 0 || slices.ContainsFunc(sites, c.sees)
}

// narrow is the sites of a list: the caller's, or the one that was asked for. nil means all.
func (c caller) narrow(site string) []string {
	sites, all := c.Principal.Sites(auth.View)
	switch {
	case site == "" && all:
		return nil
	case site == "":
		return append([]string{}, sites...)
	case c.sees(site):
		return []string{site}
	}
	return []string{}
}

// may checks an action on an object at a site. What the caller may not see does not exist for it.
func (c caller) may(action auth.Action, site, kind, name string) error {
	if !c.sees(site) {
		return notFound(kind, name)
	}
	if !c.Can(action, site) {
		return newProblem(http.StatusForbidden, "this needs the role %s at site %q", roleFor(action), site)
	}
	return nil
}

// mayAll checks an action on what is for sites: it takes the right at each of them, or at all where they are
// not named.
func (c caller) mayAll(action auth.Action, sites []string, kind, name string) error {
	if !c.seesAny(sites) {
		return notFound(kind, name)
	}
	if len(sites) == 0 {
		return c.mayEverywhere(action)
	}
	for _, site := range sites {
		if !c.Can(action, site) {
			return newProblem(http.StatusForbidden, "this needs the role %s at all sites of %s %q", roleFor(action), kind, name)
		}
	}
	return nil
}

// mayChange checks the right to change an object of the inventory that is for sites. What is about a site that
// the caller does not see does not exist for it, as in show.
func (c caller) mayChange(kind string, sites []string, name string) error {
	whole := kind != inventory.KindCredential && kind != inventory.KindReceiver
	if whole && slices.ContainsFunc(sites, func(s string) bool { return !c.sees(s) }) {
		return notFound(kind, name)
	}
	return c.mayAll(changes(kind), sites, kind, name)
}

// mayEverywhere checks an action that is of no site, or of all.
func (c caller) mayEverywhere(action auth.Action) error {
	if !c.Can(action, auth.AnySite) {
		return newProblem(http.StatusForbidden, "this needs the role %s for all sites", roleFor(action))
	}
	return nil
}

func roleFor(a auth.Action) string {
	switch a {
	case auth.View:
		return "viewer"
	case auth.Operate:
		return "operator"
	}
	return "admin"
}

func visible[T any](c caller, list []T, site func(T) string) []T {
	return slices.DeleteFunc(list, func(v T) bool { return !c.sees(site(v)) })
}

func siteOfSite(s inventory.Site) string    { return s.Name }
func siteOfAgent(g auth.Agent) string       { return g.Site }
func siteOfVerdict(v uptime.Verdict) string { return v.Site }

// shown is sites as the caller may know them: names of others are left out.
func (c caller) shown(sites []string) []string {
	out := []string{}
	for _, s := range sites {
		if c.sees(s) {
			out = append(out, s)
		}
	}
	return out
}
