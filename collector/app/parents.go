package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
	"ninewatch/internal/lifecycle"
)

// parents hands what topology shows of what devices are reached through to the inventory, from where the ledger, the
// incidents and the agents have it. A device that is not up, or whose parents are not, keeps those that it has: who
// does not answer cannot be seen at another place. So does one whose neighbors were not read this time.
type parents struct {
	log      *slog.Logger
	topology func() *live.View
	states   func(context.Context) map[string]topology.State
	known    func(context.Context) (*inventory.Parents, error)
	learn    func(context.Context, int64, map[string]inventory.Way) (bool, error)
	leads    func(context.Context, int64, map[string][]inventory.Lead) (bool, error)
	now      func() time.Time

	seen   *topology.Network
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Start begins to look every wiresEvery.
func (p *parents) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.wg.Go(func() {
		ticker := time.NewTicker(wiresEvery)
		defer ticker.Stop()
		for {
			if err := p.look(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("parents are not learned from topology, next try in ten seconds", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return nil
}

// Stop ends that.
func (p *parents) Stop(ctx context.Context) error {
	if p.cancel == nil {
		return nil
	}
	p.cancel()
	return lifecycle.Wait(ctx, &p.wg, "parents")
}

// look takes a topology that is new, and goes on with it as long as some devices are left out.
func (p *parents) look(ctx context.Context) error {
	v := p.topology()
	if v == nil || v.Network == nil || v.Network == p.seen {
		return nil
	}
	known, err := p.known(ctx)
	if err != nil {
		return err
	}
	states := p.states(ctx)
	ways, left := shownWays(v.Network, v.Cores, known, states)
	changed, err := p.learn(ctx, p.now().UnixMilli(), ways)
	if err != nil {
		return err
	}
	if changed {
		if known, err = p.known(ctx); err != nil {
			return err
		}
	}
	leads, more := shownLeads(v.Network, known, states)
	if len(leads) > 0 {
		if _, err := p.leads(ctx, p.now().UnixMilli(), leads); err != nil {
			return err
		}
	}
	if !left && !more {
		p.seen = v.Network
	}
	return nil
}

// shownWays is what topology shows of the devices for which it can tell now; left tells that there are others for
// which it shows something else than what is known.
func shownWays(n *topology.Network, cores []string, known *inventory.Parents, states map[string]topology.State) (ways map[string]inventory.Way, left bool) {
	shown := n.Parents(cores)
	ways = map[string]inventory.Way{}
	for _, x := range n.Nodes {
		if x.Kind != topology.DeviceNode {
			continue
		}
		w, old := shown[x.ID], known.Shown(x.ID)
		if slices.Equal(w.Parents, old) || x.Quiet != "" {
			continue
		}
		answers := func(device string) bool { return states[device] == topology.Up }
		gone := func(device string) bool { _, there := n.Node(device); return !there }
		if !answers(x.ID) || slices.ContainsFunc(old, func(d string) bool { return !answers(d) && !gone(d) }) {
			left = true
			continue
		}
		ways[x.ID] = inventory.Way{Parents: w.Parents, Since: w.Since}
	}
	return ways, left
}

// shownLeads is which ports of their parents topology shows to lead to devices, where that is not known yet; left tells
// that there are others for which it cannot be told now. Links that are only guessed at date nothing.
func shownLeads(n *topology.Network, known *inventory.Parents, states map[string]topology.State) (leads map[string][]inventory.Lead, left bool) {
	shown := map[string][]inventory.Lead{}
	for _, l := range n.Links {
		if l.Confidence < topology.OneSided || l.Stale {
			continue
		}
		for _, way := range [2][2]topology.End{{l.A, l.B}, {l.B, l.A}} {
			device, parent := n.Nodes[way[0].Node], n.Nodes[way[1].Node]
			if device.Kind != topology.DeviceNode || way[1].Port == "" || !slices.Contains(known.Now(device.ID), parent.ID) {
				continue
			}
			shown[device.ID] = append(shown[device.ID], inventory.Lead{Port: inventory.Port{Device: parent.ID, Key: way[1].Port}, Since: l.First})
		}
	}
	leads = map[string][]inventory.Lead{}
	for _, x := range n.Nodes {
		if x.Kind != topology.DeviceNode || sameLeads(shown[x.ID], known.ShownPorts(x.ID)) {
			continue
		}
		answers := func(device string) bool { return states[device] == topology.Up }
		if !answers(x.ID) || !answered(known.Now(x.ID), answers) {
			left = true
			continue
		}
		leads[x.ID] = shown[x.ID]
	}
	return leads, left
}

func answered(devices []string, answers func(string) bool) bool {
	return !slices.ContainsFunc(devices, func(d string) bool { return !answers(d) })
}

func sameLeads(leads []inventory.Lead, ports []inventory.Port) bool {
	for _, l := range leads {
		if !slices.Contains(ports, l.Port) {
			return false
		}
	}
	return !slices.ContainsFunc(ports, func(p inventory.Port) bool {
		return !slices.ContainsFunc(leads, func(l inventory.Lead) bool { return l.Port == p })
	})
}
