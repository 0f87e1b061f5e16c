package api

import (
	"context"
	"net/http"
	"slices"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
)

type credentialView struct {
	Name    string   `json:"name"`
	Sites   []string `json:"sites" nullable:"false" doc:"empty: for any site"`
	Version string   `json:"version"`
	Source  string   `json:"source"`
}

type receiverView struct {
	Name   string   `json:"name"`
	Sites  []string `json:"sites" nullable:"false" doc:"empty: of all sites"`
	URL    string   `json:"url" doc:"without path and query, which may hold a secret"`
	Format string   `json:"format"`
	Source string   `json:"source"`

	Trouble    []string `json:"trouble" nullable:"false" doc:"what keeps messages from it, in words, each with the mend; none: nothing does"`
	GoneSince  *string  `json:"gone_since" doc:"since when nothing is sent to it, as it answered 410 Gone"`
	RestsUntil *string  `json:"rests_until" doc:"it failed again and again: when the next delivery is tried"`
	Waiting    int      `json:"waiting" doc:"deliveries that failed, and will be tried again"`
	Dead       int      `json:"dead_letters" doc:"deliveries that were given up"`
}

func (a *API) inventoryRoutes() {
	get(a, "/credentials", "list-credentials", "The credentials, without their secrets", viewer, a.listCredentials)
	get(a, "/receivers", "list-receivers", "Where notifications go", viewer, a.listReceivers)
	do(a, http.MethodPost, "/apply", "apply", "Make the inventory hold what the body says", admin, a.apply)
}

func (a *API) listCredentials(ctx context.Context, c caller, in *siteFilter) (page[credentialView], error) {
	all, err := a.deps.Inventory.Credentials(ctx)
	if err != nil {
		return page[credentialView]{}, err
	}
	out := []credentialView{}
	for _, cr := range all {
		if !c.seesAny(cr.Sites) || !concerns(cr.Sites, in.Site) {
			continue
		}
		v := credentialView{Name: cr.Name, Sites: c.shown(cr.Sites), Source: cr.Source}
		if cr.SNMP != nil {
			v.Version = cr.SNMP.Version
		}
		out = append(out, v)
	}
	return list(out), nil
}

func (a *API) listReceivers(ctx context.Context, c caller, in *siteFilter) (page[receiverView], error) {
	all, err := a.deps.Inventory.Receivers(ctx)
	if err != nil {
		return page[receiverView]{}, err
	}
	troubles, err := a.deps.Deliveries.Troubles(ctx)
	if err != nil {
		return page[receiverView]{}, err
	}
	out := []receiverView{}
	for _, r := range all {
		if !c.seesAny(r.Sites) || !concerns(r.Sites, in.Site) {
			continue
		}
		v := receiverView{Name: r.Name, Sites: c.shown(r.Sites), Format: "ninewatch", Source: r.Source}
		t := troubles[r.Name]
		v.Trouble, v.GoneSince, v.RestsUntil, v.Waiting, v.Dead = append([]string{}, t.Words()...), stampOrNull(t.Gone), stampOrNull(t.Rests), t.Waiting, t.Dead
		if r.Webhook != nil {
			v.URL = r.Webhook.Host
			if r.Webhook.Format != "" {
				v.Format = r.Webhook.Format
			}
		}
		out = append(out, v)
	}
	return list(out), nil
}

// concerns tells whether what is for sites (none: all) is for site ("": any).
func concerns(sites []string, site string) bool {
	return site == "" || len(sites) == 0 || slices.Contains(sites, site)
}

func (a *API) receiver(ctx context.Context, name string) (inventory.Receiver, error) {
	all, err := a.deps.Inventory.Receivers(ctx)
	if err != nil {
		return inventory.Receiver{}, err
	}
	for _, r := range all {
		if r.Name == name {
			return r, nil
		}
	}
	return inventory.Receiver{}, notFound("receiver", name)
}

type applyRequest struct {
	DryRun  bool   `query:"dry_run" doc:"only tell what would change"`
	Prune   bool   `query:"prune" doc:"delete what an earlier apply created and the body does not have"`
	Format  string `query:"format" enum:"yaml,csv" default:"yaml" doc:"csv: a table of devices, whose first row names the columns"`
	RawBody []byte `contentType:"application/yaml" doc:"inventory as code, YAML or JSON"`
}

// apply makes the inventory hold what the body says. Whoever is not an administrator of all sites first
// gets a dry run, whose every change has to lie within the caller's sites.
func (a *API) apply(ctx context.Context, c caller, in *applyRequest) (inventory.Diff, error) {
	inv, mistakes := inventory.Parse(inventory.File{Name: "body", Data: in.RawBody, Remote: true, CSV: in.Format == "csv"})
	if err := mistakes.Err(); err != nil {
		return inventory.Diff{}, err
	}
	opts := inventory.ApplyOptions{DryRun: in.DryRun, Prune: in.Prune}
	if c.mayEverywhere(auth.Admin) != nil {
		if err := a.mayApply(ctx, c, inv, opts); err != nil {
			return inventory.Diff{}, err
		}
	}
	diff, err := a.deps.Inventory.Apply(ctx, inv, opts)
	if err != nil {
		return diff, err
	}
	if diff.Changes == nil {
		diff.Changes = []inventory.Change{}
	}
	if !in.DryRun && diff.Changed() {
		return diff, a.deps.Auth.Audit(ctx, "inventory.apply", "", changesInWords(diff))
	}
	return diff, nil
}
