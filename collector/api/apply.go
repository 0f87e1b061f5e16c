package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
)

// mayApply checks an inventory of somebody who does not administer all sites: each object that it names has
// to lie at the caller's sites, now and then, and so has everything else that would change.
func (a *API) mayApply(ctx context.Context, c caller, inv inventory.Inventory, opts inventory.ApplyOptions) error {
	if opts.Prune {
		return c.mayEverywhere(auth.Admin)
	}
	for _, s := range inv.Sites {
		if s.RenamedFrom != "" {
			return c.mayEverywhere(auth.Admin)
		}
	}
	now, then, err := a.deps.Inventory.Places(ctx, inv)
	if err != nil {
		return err
	}
	for _, d := range inv.Devices {
		if d.RenamedFrom != "" {
			if err := c.mayPlace(now, inventory.ID{Kind: inventory.KindDevice, Name: d.RenamedFrom}); err != nil {
				return err
			}
		}
	}
	for o := range then {
		if err := c.mayPlace(then, o); err != nil {
			return err
		}
		if err := c.mayPlace(now, o); err != nil {
			return err
		}
	}
	if err := a.maySeeMembers(ctx, c, inv); err != nil {
		return err
	}
	opts.DryRun = true
	diff, err := a.deps.Inventory.Apply(ctx, inv, opts)
	if err != nil {
		return err
	}
	for _, change := range diff.Changes {
		o := inventory.ID{Kind: change.Kind, Name: change.Name}
		if _, named := then[o]; named || change.Action == inventory.Unchanged {
			continue
		}
		if err := c.mayPlace(now, o); err != nil {
			return err
		}
	}
	return nil
}

// maySeeMembers checks that the caller sees the sites of all that services and circuits stand on: whoever sees the
// service learns how these fare.
func (a *API) maySeeMembers(ctx context.Context, c caller, inv inventory.Inventory) error {
	mentioned, err := a.deps.Inventory.Mentioned(ctx, inv)
	if err != nil {
		return err
	}
	for o, sites := range mentioned {
		if o.Kind != inventory.KindService && o.Kind != inventory.KindCircuit {
			continue
		}
		if slices.ContainsFunc(sites, func(s string) bool { return !c.sees(s) }) {
			return newProblem(http.StatusForbidden, "%s %q stands on something of a site that you do not see: name what lies at your sites, or have it written by somebody who sees both", o.Kind, o.Name)
		}
	}
	return nil
}

// mayPlace checks the right to change an object where it lies.
func (c caller) mayPlace(in map[inventory.ID][]string, o inventory.ID) error {
	sites, ok := in[o]
	if !ok {
		return nil
	}
	return c.mayChange(o.Kind, sites, o.Name)
}

// changesInWords is a diff for the audit log, without values.
func changesInWords(d inventory.Diff) string {
	const most = 50
	var words []string
	for _, c := range d.Changes {
		if c.Action != inventory.Unchanged {
			words = append(words, c.Action+" "+c.Kind+" "+c.Name)
		}
	}
	slices.Sort(words)
	if n := len(words); n > most {
		words = append(words[:most], fmt.Sprintf("and %d more", n-most))
	}
	return strings.Join(words, ", ")
}
