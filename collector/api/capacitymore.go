package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
)

type growthQuery struct {
	Scope string `query:"scope" maxLength:"400" default:"company" doc:"company, site:NAME or device:NAME"`
	By    string `query:"by" enum:"site,department,tag,role,kind" default:"site"`
	Class string `query:"class" enum:"links,storage,compute,power,other" doc:"all when empty"`
}

type growthAnswer struct {
	By    string        `json:"by"`
	Items []plan.Growth `json:"items" nullable:"false"`
}

// growth sums up what the caller may see.
func (a *API) growth(ctx context.Context, c caller, in *growthQuery) (growthAnswer, error) {
	list, err := a.planOf(ctx, c, &capacityQuery{Scope: in.Scope, Class: in.Class})
	if err != nil {
		return growthAnswer{}, err
	}
	items, err := a.deps.Plan.GrowthBy(ctx, list, in.By)
	return growthAnswer{in.By, items}, err
}

type hourlyQuery struct {
	Resource string `query:"resource" required:"true" maxLength:"400" doc:"such as circuit:lis-a"`
	Anew     bool   `query:"anew" doc:"forecast from what is known now, instead of telling what the last night forecast"`
}

func (a *API) hourly(ctx context.Context, c caller, in *hourlyQuery) (plan.HourlyForecast, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return plan.HourlyForecast{}, err
	}
	out, err := a.deps.Plan.Hourly(ctx, in.Resource, in.Anew)
	return out, absent(err, plan.ErrUnknown, "resource", in.Resource)
}

// upgradeOption is a larger size with what it costs.
type upgradeOption struct {
	plan.Upgrade
	Cost   string `json:"cost,omitempty" doc:"of the smallest circuit in the inventory that is as large"`
	CostOf string `json:"cost_of,omitempty" doc:"that circuit"`
}

type upgradesAnswer struct {
	Resource  string          `json:"resource"`
	CostToday string          `json:"cost_today,omitempty" doc:"of the circuit, or of the device in the list of assets"`
	Items     []upgradeOption `json:"items" nullable:"false"`
}

func (a *API) upgrades(ctx context.Context, c caller, in *resourceQuery) (upgradesAnswer, error) {
	if err := a.resource(c, in.Resource); err != nil {
		return upgradesAnswer{}, err
	}
	devices, err := a.deps.Inventory.Devices(ctx, inventory.Filter{})
	if err != nil {
		return upgradesAnswer{}, err
	}
	return a.upgradesOf(ctx, c, devices, a.deps.Plan.Answers(plan.Scope{Resource: in.Resource})[0])
}

// upgradesOf are the larger sizes of a resource that the caller may see.
func (a *API) upgradesOf(ctx context.Context, c caller, devices []inventory.Device, of plan.Outlook) (upgradesAnswer, error) {
	list, err := a.deps.Plan.Upgrades(ctx, of.Resource)
	if err != nil {
		return upgradesAnswer{}, absent(err, plan.ErrUnknown, "resource", of.Resource)
	}
	circuits, err := a.priced(ctx, c, devices, of.Provider)
	if err != nil {
		return upgradesAnswer{}, err
	}
	out := upgradesAnswer{Resource: of.Resource, Items: []upgradeOption{}}
	for _, u := range list {
		option := upgradeOption{Upgrade: u}
		if i := slices.IndexFunc(circuits, func(x inventory.Circuit) bool { return float64(x.Bandwidth) >= u.Capacity }); i >= 0 && of.Unit == "bit/s" {
			option.Cost, option.CostOf = circuits[i].Cost, circuits[i].Name
		}
		out.Items = append(out.Items, option)
	}
	costs, err := a.costs(ctx)
	out.CostToday = costs[of.Resource]
	if i := slices.IndexFunc(devices, func(d inventory.Device) bool { return d.Name == of.Device }); i >= 0 && out.CostToday == "" {
		out.CostToday = devices[i].Asset.Cost
	}
	return out, err
}

// priced are the circuits that the caller may see and that have a cost: those of a provider in front, the smallest first.
func (a *API) priced(ctx context.Context, c caller, devices []inventory.Device, provider string) ([]inventory.Circuit, error) {
	objects, err := a.deps.Inventory.Objects(ctx, inventory.KindCircuit)
	if err != nil {
		return nil, err
	}
	sites := map[string]string{}
	for _, d := range devices {
		sites[d.Name] = d.Site
	}
	var out []inventory.Circuit
	for _, o := range objects {
		var x inventory.Circuit
		if err := json.Unmarshal(o.Spec, &x); err != nil {
			return nil, fmt.Errorf("read circuit %q: %w", o.Name, err)
		}
		x.Name = o.Name
		if x.Cost != "" && x.Bandwidth > 0 && c.sees(cmp.Or(x.Site, sites[x.Device])) {
			out = append(out, x)
		}
	}
	other := func(x inventory.Circuit) int {
		if x.Provider == provider {
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(x, y inventory.Circuit) int {
		return cmp.Or(other(x)-other(y), cmp.Compare(x.Bandwidth, y.Bandwidth), cmp.Compare(x.Name, y.Name))
	})
	return out, nil
}
