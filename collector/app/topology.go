package app

import (
	"context"
	"errors"
	"time"

	"ninewatch/collector/api"
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
	})
	return err
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
