package uptime

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
)

// subject is a target that has a timeline of its own.
type subject struct {
	scope      inventory.Scope
	kind, name string
	rest       string // behind the slash of an interface or path
	site       string
	around     map[inventory.Scope]bool // the scopes that it lies in
	calendar   string
	created    int64 // s; MaxInt64 where only evidence tells
	// unreachableCounts: what cannot be reached does not work, whoever is at fault.
	unreachableCounts bool
	objective         string // percent; empty: none is agreed
}

// subject finds a target by its scope.
func (p *plan) subject(scope string) (subject, error) {
	s := subject{scope: inventory.Scope(scope), created: never, around: map[inventory.Scope]bool{}}
	s.kind, s.name, s.rest = s.scope.Split()
	unknown := fmt.Errorf("scope %q: %w", scope, ErrUnknownScope)
	switch s.kind {
	case inventory.KindDevice, inventory.ScopeInterface:
		d, ok := p.devices[s.name]
		if !ok || s.kind == inventory.ScopeInterface && s.rest == "" {
			return s, unknown
		}
		p.around(&s, d)
		s.created = p.created[inventory.Scope("device:"+s.name)] / 1000
	case inventory.ScopePath:
		d, ok := p.devices[s.rest]
		if !ok || s.name == "" {
			return s, unknown
		}
		p.around(&s, d)
		s.unreachableCounts = true
	case inventory.KindSite:
		if _, ok := p.sites[s.name]; !ok {
			return s, unknown
		}
		p.inSite(&s, s.name)
		s.created, s.unreachableCounts = p.created[s.scope]/1000, true
	case inventory.KindService:
		v, ok := p.services[s.name]
		if !ok {
			return s, unknown
		}
		p.inSite(&s, v.Site)
		if v.Objective.Calendar != "" {
			s.calendar = v.Objective.Calendar
		}
		s.created, s.unreachableCounts, s.objective = p.created[s.scope]/1000, true, string(v.Objective.Availability)
	case inventory.KindCircuit:
		v, ok := p.circuits[s.name]
		if !ok {
			return s, unknown
		}
		p.inSite(&s, p.circuitSite(v))
		s.around[inventory.Scope("provider:"+v.Provider)] = true
		s.calendar = v.Contract.Calendar // the provider's hours, not those of the site
		s.created, s.unreachableCounts, s.objective = p.created[s.scope]/1000, true, string(v.Contract.Availability)
	case kindAgent:
		s.around[inventory.ScopeAll] = true
	default:
		return s, unknown
	}
	s.around[s.scope] = true
	return s, nil
}

const (
	kindAgent = "agent"
	never     = int64(1) << 62
)

func (p *plan) circuitSite(c inventory.Circuit) string {
	if c.Site != "" {
		return c.Site
	}
	return p.devices[c.Device].Site
}

// inSite puts s into a site, its region, and all.
func (p *plan) inSite(s *subject, site string) {
	s.site = site
	s.around[inventory.ScopeAll] = true
	if v, ok := p.sites[site]; ok {
		s.around[inventory.Scope("site:"+site)] = true
		s.calendar = v.Calendar
		if v.Region != "" {
			s.around[inventory.Scope("region:"+v.Region)] = true
		}
	}
}

// around puts s into all that a device lies in.
func (p *plan) around(s *subject, d inventory.Device) {
	p.inSite(s, d.Site)
	s.around[inventory.Scope("device:"+d.Name)] = true
	if d.Role != "" {
		s.around[inventory.Scope("role:"+d.Role)] = true
	}
	for _, t := range d.Tags {
		s.around[inventory.Scope("tag:"+t)] = true
	}
}

// planned is the maintenance of a target over a period: its own, and that of all that it lies in.
func (p *plan) planned(s subject, period Window) []Planned {
	var out []Planned
	for i := range p.schedules {
		if slices.ContainsFunc(p.schedules[i].scopes, func(x inventory.Scope) bool { return s.around[x] }) {
			out = append(out, p.schedules[i].planned(period)...)
		}
	}
	return out
}

// zone is that of a site.
func (p *plan) zone(site string) *time.Location {
	if z, err := time.LoadLocation(p.sites[site].TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// expression is what a service or a site is made of, over scopes of targets with evidence of their own.
func (p *plan) expression(s subject) (Expr, error) {
	if s.kind == inventory.KindSite {
		return p.siteExpression(s.name)
	}
	return p.needs(p.services[s.name].Needs, []string{s.name})
}

// errNothing means that a service or site has nothing that it could be judged by.
var errNothing = fmt.Errorf("%w: it consists of nothing that is watched", ErrUnknownScope)

func (p *plan) needs(n inventory.Needs, path []string) (Expr, error) {
	if n.Scope != "" {
		return p.leaf(n.Scope, path)
	}
	of, k := members(n)
	if len(of) == 0 || k < 1 || k > len(of) {
		return Expr{}, fmt.Errorf("service %q: %w: want any_of, all_of, or at_least with a count from 1 to the number of its members", path[0], errNothing)
	}
	out := Expr{K: k}
	for _, m := range of {
		x, err := p.needs(m, path)
		if err != nil {
			return out, err
		}
		out.Of = append(out.Of, x)
	}
	return out, nil
}

func (p *plan) leaf(scope inventory.Scope, path []string) (Expr, error) {
	kind, name, _ := scope.Split()
	switch kind {
	case inventory.KindService:
		if slices.Contains(path, name) {
			return Expr{}, fmt.Errorf("service %q contains itself: take %s out of the circle", name, strings.Join(append(path, name), " > "))
		}
		v, ok := p.services[name]
		if !ok {
			return Expr{}, fmt.Errorf("service %q needs %s: %w", path[0], scope, ErrUnknownScope)
		}
		return p.needs(v.Needs, append(slices.Clone(path), name))
	case inventory.KindSite:
		return p.siteExpression(name)
	}
	return Expr{Target: string(scope)}, nil
}

// siteExpression is what reaches a site: any of its devices of role edge, else core, else of those that have
// no parent in it.
func (p *plan) siteExpression(site string) (Expr, error) {
	var edge, core, roots []Expr
	for name, d := range p.devices {
		if d.Site != site {
			continue
		}
		x := Expr{Target: "device:" + name}
		inside := func(parent string) bool { return p.devices[parent].Site == site && parent != name }
		switch {
		case d.Role == "edge":
			edge = append(edge, x)
		case d.Role == "core":
			core = append(core, x)
		}
		if !slices.ContainsFunc(d.Parents, inside) {
			roots = append(roots, x)
		}
	}
	for _, list := range [][]Expr{edge, core, roots} {
		if len(list) > 0 {
			slices.SortFunc(list, func(a, b Expr) int { return strings.Compare(a.Target, b.Target) })
			return Expr{K: 1, Of: list}, nil
		}
	}
	return Expr{}, fmt.Errorf("site %q: %w: it has no devices", site, errNothing)
}
