package auth

import (
	"context"
	"fmt"
	"slices"
)

// Action is what somebody wants to do.
type Action uint8

// Actions in rising order: who may do one may do those before it.
const (
	View    Action = iota + 1 // read everything but secrets
	Operate                   // acknowledge incidents, set maintenance
	Admin                     // change the inventory, users, tokens
)

// AnySite stands in Role.Sites for all sites, those to come included.
const AnySite = "*"

// Role is a right on some sites.
type Role struct {
	Role  string   `json:"role" yaml:"role"` // viewer, operator, admin
	Sites []string `json:"sites" yaml:"sites"`
}

// Validate says what is wrong with r.
func (r Role) Validate() error {
	if r.allows() == 0 {
		return fmt.Errorf("role %q is not one of viewer, operator, admin", r.Role)
	}
	if len(r.Sites) == 0 {
		return fmt.Errorf(`role %q names no sites: name them, or "*" for all`, r.Role)
	}
	return nil
}

// allows is the highest action of r.
func (r Role) allows() Action {
	switch r.Role {
	case "viewer":
		return View
	case "operator":
		return Operate
	case "admin":
		return Admin
	}
	return 0
}

// Principal is somebody who is known: a person, or the holder of an API token.
type Principal struct {
	Name  string
	Roles []Role
}

// Can tells whether p may do a at site. What is of no site (users, tokens, receivers) asks for AnySite,
// which only a role for all sites grants.
func (p Principal) Can(a Action, site string) bool {
	for _, r := range p.Roles {
		if a >= View && r.allows() >= a && (slices.Contains(r.Sites, AnySite) || slices.Contains(r.Sites, site)) {
			return true
		}
	}
	return false
}

// Sites lists where p may do a; all is set when that is everywhere.
func (p Principal) Sites(a Action) (sites []string, all bool) {
	for _, r := range p.Roles {
		if a < View || r.allows() < a {
			continue
		}
		if slices.Contains(r.Sites, AnySite) {
			return nil, true
		}
		sites = append(sites, r.Sites...)
	}
	slices.Sort(sites)
	return slices.Compact(sites), false
}

// Highest is the strongest role that p has anywhere, for display.
func (p Principal) Highest() string {
	best := Role{}
	for _, r := range p.Roles {
		if r.allows() > best.allows() {
			best = r
		}
	}
	return best.Role
}

type principalKey struct{}

// With returns a context in which p acts.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns who acts in ctx.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
