package api

import (
	"context"
	"fmt"
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
	stored, err := a.placesOf(ctx)
	if err != nil {
		return err
	}
	wanted := placesIn(inv)
	for _, s := range inv.Sites {
		if s.RenamedFrom != "" {
			return c.mayEverywhere(auth.Admin)
		}
	}
	for _, d := range inv.Devices {
		if d.RenamedFrom != "" {
			if err := mayPlace(c, stored, object{inventory.KindDevice, d.RenamedFrom}); err != nil {
				return err
			}
		}
	}
	for o := range wanted {
		if err := mayPlace(c, wanted, o); err != nil {
			return err
		}
		if err := mayPlace(c, stored, o); err != nil {
			return err
		}
	}
	opts.DryRun = true
	diff, err := a.deps.Inventory.Apply(ctx, inv, opts)
	if err != nil {
		return err
	}
	for _, change := range diff.Changes {
		o := object{change.Kind, change.Name}
		if _, named := wanted[o]; named || change.Action == inventory.Unchanged {
			continue
		}
		if err := mayPlace(c, stored, o); err != nil {
			return err
		}
	}
	return nil
}

// object names something in the inventory.
type object struct{ kind, name string }

// places are the sites of objects; none where an object is for all sites.
type places map[object][]string

func mayPlace(c caller, in places, o object) error {
	sites, ok := in[o]
	if !ok {
		return nil
	}
	return c.mayAll(auth.Admin, sites, o.kind, o.name)
}

func placesIn(inv inventory.Inventory) places {
	p := places{}
	for _, s := range inv.Sites {
		p[object{inventory.KindSite, s.Name}] = []string{s.Name}
	}
	for _, d := range inv.Devices {
		p[object{inventory.KindDevice, d.Name}] = []string{d.Site}
	}
	for _, c := range inv.Credentials {
		p[object{inventory.KindCredential, c.Name}] = c.Sites
	}
	for _, r := range inv.Receivers {
		p[object{inventory.KindReceiver, r.Name}] = r.Sites
	}
	return p
}

// placesOf is where everything stored lies.
func (a *API) placesOf(ctx context.Context) (places, error) {
	var inv inventory.Inventory
	var err error
	if inv.Sites, err = a.deps.Inventory.Sites(ctx); err != nil {
		return nil, err
	}
	if inv.Devices, err = a.deps.Inventory.Devices(ctx, inventory.Filter{}); err != nil {
		return nil, err
	}
	if inv.Credentials, err = a.deps.Inventory.Credentials(ctx); err != nil {
		return nil, err
	}
	if inv.Receivers, err = a.deps.Inventory.Receivers(ctx); err != nil {
		return nil, err
	}
	return placesIn(inv), nil
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
