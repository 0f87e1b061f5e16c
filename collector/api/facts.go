package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
)

type factsQuery struct {
	Name string    `path:"name"`
	At   time.Time `query:"at" doc:"what was known of that moment, RFC 3339; left out: now"`
}

type factsView struct {
	Device string  `json:"device"`
	At     *string `json:"at" doc:"of the last reading that is in it"`

	System        json.RawMessage   `json:"system"`
	Identity      json.RawMessage   `json:"identity"`
	Components    []json.RawMessage `json:"components" nullable:"false"`
	Interfaces    []json.RawMessage `json:"interfaces" nullable:"false"`
	Neighbors     []json.RawMessage `json:"neighbors" nullable:"false"`
	LAGs          []json.RawMessage `json:"lags" nullable:"false"`
	VLANs         []json.RawMessage `json:"vlans" nullable:"false"`
	STP           []json.RawMessage `json:"stp" nullable:"false"`
	Addresses     []json.RawMessage `json:"addresses" nullable:"false"`
	BGPPeers      []json.RawMessage `json:"bgp_peers" nullable:"false"`
	OSPFNeighbors []json.RawMessage `json:"ospf_neighbors" nullable:"false"`
	FHRPGroups    []json.RawMessage `json:"fhrp_groups" nullable:"false"`
}

type historyQuery struct {
	Name  string    `path:"name"`
	List  string    `query:"list" doc:"only of this list: components, neighbors, …"`
	Part  string    `query:"part" maxLength:"1000" doc:"only of this part, such as a slot; with list"`
	Since time.Time `query:"since" doc:"only what began or ended since, RFC 3339"`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"the newest changes"`
}

type partView struct {
	List  string          `json:"list"`
	Part  string          `json:"part"`
	From  string          `json:"from" doc:"first reading that said so"`
	Until *string         `json:"until" doc:"first reading that said otherwise; null: it is there"`
	Seen  string          `json:"last_seen" doc:"last reading that said so"`
	Facts json.RawMessage `json:"facts"`
}

type assetQuery struct {
	Paging
	Site    string `query:"site"`
	Q       string `query:"q" maxLength:"200" doc:"part of a name, model, serial number, tag or owner"`
	Device  string `query:"device"`
	Removed bool   `query:"removed" doc:"with what was there once"`
}

type assetView struct {
	ID            string  `json:"id"`
	Device        string  `json:"device"`
	Site          string  `json:"site"`
	Part          string  `json:"part" doc:"empty: the device itself"`
	Parent        string  `json:"parent" doc:"the part that it is in"`
	Class         string  `json:"class"`
	Name          string  `json:"name"`
	Model         string  `json:"model"`
	Serial        string  `json:"serial"`
	Manufacturer  string  `json:"manufacturer"`
	Version       string  `json:"version"`
	FirstSeen     *string `json:"first_seen"`
	LastSeen      *string `json:"last_seen"`
	Removed       *string `json:"removed_at"`
	Owner         string  `json:"owner"`
	Department    string  `json:"department"`
	Tag           string  `json:"tag"`
	Purchased     string  `json:"purchased"`
	WarrantyUntil string  `json:"warranty_until"`
	EndOfLife     string  `json:"end_of_life"`
	EndOfSale     string  `json:"end_of_sale"`
	EndOfSupport  string  `json:"end_of_support"`
	Cost          string  `json:"cost"`
}

type findingView struct {
	Kind     string  `json:"kind" enum:"asset_date,software_off_policy,profile_wanted,profile_unknown"`
	Severity string  `json:"severity"`
	Site     string  `json:"site"`
	Device   string  `json:"device"`
	Object   string  `json:"object"`
	Summary  string  `json:"summary"`
	Since    *string `json:"since"`
}

func (a *API) factsRoutes() {
	get(a, "/devices/{name}/facts", "get-facts", "What a device is made of and stands next to, now or at a time", viewer, a.getFacts)
	get(a, "/devices/{name}/history", "list-history", "What changed of a device, newest first", viewer, a.listHistory)
	get(a, "/assets", "list-assets", "Devices and their parts, with serial numbers and dates", viewer, a.listAssets)
	get(a, "/findings", "list-findings", "Dates that come, software that no policy allows, and devices that no profile knows", viewer, a.listFindings)
}

func (a *API) getFacts(ctx context.Context, c caller, in *factsQuery) (factsView, error) {
	d, err := a.device(ctx, c, in.Name)
	if err != nil {
		return factsView{}, err
	}
	at := int64(0)
	if !in.At.IsZero() {
		at = in.At.UnixMilli()
	}
	facts, err := a.deps.Inventory.FactsAt(ctx, d.Name, at)
	if err != nil {
		return factsView{}, err
	}
	return factsView{
		Device: d.Name, At: stampOrNull(facts.Time), System: rawOne(facts.System), Identity: rawOne(facts.Identity),
		Components: raw(facts.Components), Interfaces: raw(facts.Interfaces), Neighbors: raw(facts.Neighbors), LAGs: raw(facts.LAGs), VLANs: raw(facts.VLANs),
		STP: raw(facts.STP), Addresses: raw(facts.Addresses), BGPPeers: raw(facts.BGPPeers), OSPFNeighbors: raw(facts.OSPFNeighbors), FHRPGroups: raw(facts.FHRPGroups),
	}, nil
}

// raw is rows as the JSON that they are stored as: their fields are those of internal/telemetry.
func raw[T any](rows []T) []json.RawMessage {
	out := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		out[i] = rawOne(row)
	}
	return out
}

func rawOne(v any) json.RawMessage {
	data, _ := json.Marshal(v) // a plain struct
	return data
}

func (a *API) listHistory(ctx context.Context, c caller, in *historyQuery) (page[partView], error) {
	d, err := a.device(ctx, c, in.Name)
	if err != nil {
		return page[partView]{}, err
	}
	if in.List != "" && !slices.Contains(inventory.Lists(), in.List) {
		return page[partView]{}, badRequest("list is one of %s", strings.Join(inventory.Lists(), ", "))
	}
	since := int64(0)
	if !in.Since.IsZero() {
		since = in.Since.UnixMilli()
	}
	parts, err := a.deps.Inventory.Parts(ctx, inventory.PartsFilter{Device: d.Name, List: in.List, Part: in.Part, Since: since, Limit: in.Limit})
	return list(each(parts, func(p inventory.Part) partView {
		return partView{p.List, p.Part, stamp(p.From), stampOrNull(p.Until), stamp(p.Seen), p.Facts}
	})), err
}

func (a *API) listAssets(ctx context.Context, c caller, in *assetQuery) (page[assetView], error) {
	after, err := in.after()
	if err != nil {
		return page[assetView]{}, err
	}
	rows, err := a.deps.Inventory.Assets(ctx, in.Removed)
	if err != nil {
		return page[assetView]{}, err
	}
	var items []assetView
	for _, r := range rows {
		v := assetOf(r)
		if !c.sees(r.Site) || !concerns([]string{r.Site}, in.Site) || in.Device != "" && in.Device != r.Device {
			continue
		}
		words := strings.Join([]string{v.Device, v.Part, v.Name, v.Model, v.Serial, v.Manufacturer, v.Owner, v.Department, v.Tag}, "\n")
		if strings.Contains(strings.ToLower(words), strings.ToLower(in.Q)) {
			items = append(items, v)
		}
	}
	slices.SortStableFunc(items, func(x, y assetView) int { return strings.Compare(x.ID, y.ID) })
	return pageAfter(items, after, in.Limit, func(v assetView) string { return v.ID }), nil
}

func assetOf(r inventory.AssetRow) assetView {
	v := assetView{
		ID: r.Device, Device: r.Device, Site: r.Site, Part: r.Key, Parent: r.Parent, Class: r.Class, Name: r.Name, Model: r.Model, Serial: r.Serial,
		Manufacturer: r.Manufacturer, Version: r.Version, FirstSeen: stampOrNull(r.FirstSeen), LastSeen: stampOrNull(r.LastSeen),
		Removed: stampOrNull(r.Removed), Owner: r.Owner, Department: r.Department, Tag: r.Books.Tag, Purchased: r.Books.Purchased,
		WarrantyUntil: r.Books.WarrantyUntil, EndOfLife: r.Books.EndOfLife, EndOfSale: r.EndOfSale, EndOfSupport: r.EndOfSupport, Cost: r.Books.Cost,
	}
	if r.Key != "" {
		v.ID += "/" + r.Key + "/" + r.Serial + r.Model
	}
	return v
}

func (a *API) listFindings(ctx context.Context, c caller, in *siteFilter) (page[findingView], error) {
	all, err := a.deps.Inventory.Findings(ctx)
	if err != nil {
		return page[findingView]{}, err
	}
	var out []findingView
	for _, f := range all {
		if !c.sees(f.Site) || !concerns([]string{f.Site}, in.Site) {
			continue
		}
		v := findingView{Kind: f.Kind, Severity: f.Severity, Site: f.Site, Device: f.Device, Object: f.Object, Summary: f.Summary}
		if !f.Since.IsZero() {
			v.Since = stampOrNull(f.Since.UnixMilli())
		}
		out = append(out, v)
	}
	return list(out), nil
}
