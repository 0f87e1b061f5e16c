package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"ninewatch/collector/api"
	"ninewatch/collector/plan"
	"ninewatch/collector/promapi"
	"ninewatch/collector/store"
	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
	"ninewatch/collector/uptime"
)

// buildTopology makes the topology, which stands on the inventory, the ledger and the samples.
func (a *App) buildTopology(events *api.Events) (err error) {
	traffic, err := api.NewTraffic(api.Deps{
		Log: a.log, Now: time.Now, Queryable: promapi.Derived(a.store.Queryable(), a.ledger), Lookback: store.LookbackDelta,
	})
	if err != nil {
		return err
	}
	a.topology, err = live.New(live.DefaultConfig(), live.Deps{
		Log: a.log, Metrics: a.set, Now: time.Now, Read: a.db.Read(), Write: a.db.Write, Inventory: a.inventory,
		States: a.deviceStates, Lines: a.stateLine, Traffic: traffic, Changed: events.Inventory,
		Expiry: func(_ context.Context, loads []live.Growing) []time.Time {
			return endsOf(a.plan.Answers(plan.Scope{}), loads)
		},
		Days: a.carried,
	})
	if err != nil {
		return err
	}
	a.parents = &parents{
		log: a.log.With("component", "collector/app"), topology: a.topology.View, states: a.deviceStates,
		known: a.inventory.Parents, learn: a.inventory.LearnParents, leads: a.inventory.LearnPorts, now: time.Now,
	}
	return nil
}

// carried is the most that a port carried on each day that capacity planning remembers.
func (a *App) carried(ctx context.Context, port string) ([]topology.Carried, error) {
	o, err := a.plan.Detail(ctx, "interface:"+port)
	if errors.Is(err, plan.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []topology.Carried
	for _, d := range o.History {
		day, err := time.Parse(time.DateOnly, d.Date)
		if err == nil && d.Max != nil && d.Coverage > 0 {
			out = append(out, topology.Carried{Day: day, Rate: *d.Max})
		}
	}
	return out, nil
}

// endsOf tells on which day each load reaches the most that it may become, by the forecasts of the ports that carry
// it: it is taken to grow as the sum of their 95th percentiles does. A port without a forecast leaves it open.
func endsOf(outlooks []plan.Outlook, loads []live.Growing) []time.Time {
	byPort := map[string]plan.Outlook{}
	for _, l := range loads {
		for _, p := range l.Ports {
			byPort[p] = plan.Outlook{}
		}
	}
	for _, o := range outlooks {
		port := o.Device + "/" + o.Interface
		if _, wanted := byPort[port]; wanted && o.Interface != "" && o.Withheld == "" && o.P95 != nil {
			byPort[port] = o
		}
	}
	out := make([]time.Time, len(loads))
	for i, l := range loads {
		now, days := 0.0, map[string]float64{}
		for _, p := range l.Ports {
			o := byPort[p]
			if o.P95 == nil {
				now = 0
				break
			}
			now += *o.P95
			for _, e := range o.Forecast {
				days[e.Date] += e.P50
			}
		}
		if now <= 0 {
			continue
		}
		for _, day := range slices.Sorted(maps.Keys(days)) {
			if l.Rate*days[day]/now >= l.Most {
				out[i], _ = time.Parse(time.DateOnly, day)
				break
			}
		}
	}
	return out
}

// deviceStates is what the ledger says of devices now, as the topology takes it.
func (a *App) deviceStates(ctx context.Context) map[string]topology.State {
	out := map[string]topology.State{}
	for _, v := range a.uptime.States(ctx) {
		out[v.Device] = stateOf(uptime.State(v.State))
	}
	return out
}

// stateLine is a line of the ledger as the topology takes it: one that is not there says nothing.
func (a *App) stateLine(ctx context.Context, scope string, from, to int64) ([]topology.Stretch[topology.State], error) {
	line, err := a.uptime.Line(ctx, scope, from, to)
	if errors.Is(err, uptime.ErrUnknownScope) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]topology.Stretch[topology.State], len(line))
	for i, x := range line {
		out[i] = topology.Stretch[topology.State]{From: x.From, To: x.To, State: stateOf(x.State)}
	}
	return out, nil
}

func stateOf(s uptime.State) topology.State {
	switch s {
	case uptime.Up, uptime.Degraded:
		return topology.Up
	case uptime.Down, uptime.AdminDown:
		return topology.Down
	}
	return topology.Unknown
}
