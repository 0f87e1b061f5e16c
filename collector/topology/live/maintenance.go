package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/topology"
)

// Work turns a scope into what maintenance takes away: device:X, link:ID, circuit:C, interface:X/KEY, site:S,
// risk:R.
func (v *View) Work(scope string) (topology.Work, error) {
	kind, name, _ := strings.Cut(scope, ":")
	w := topology.Work{Name: scope}
	unknown := fmt.Errorf("%q: %w", scope, ErrUnknownThing)
	switch kind {
	case "device", "node":
		if _, ok := v.Network.Node(name); !ok {
			return w, unknown
		}
		w.Devices = []string{name}
	case "circuit":
		id := "stub:" + exitName(name)
		if _, ok := v.Network.Node(id); !ok {
			return w, unknown
		}
		w.Devices = []string{id}
	case "link", "interface":
		for _, l := range v.Network.Links {
			if l.ID == name || portName(v.Network, l.A) == name || portName(v.Network, l.B) == name {
				w.Links = append(w.Links, l.ID)
			}
		}
	case "site":
		for _, n := range v.Network.Nodes {
			if n.Kind == topology.DeviceNode && n.Site == name {
				w.Devices = append(w.Devices, n.ID)
			}
		}
	case "risk":
		for _, r := range v.Risks {
			if r.Name != name {
				continue
			}
			for _, m := range r.Members {
				if _, ok := v.Network.Node(m); ok {
					w.Devices = append(w.Devices, m)
				}
			}
		}
	}
	if len(w.Devices)+len(w.Links) == 0 {
		return w, unknown
	}
	return w, nil
}

// Planner judges maintenance by this view.
func (s *Service) Planner(v *View, planned []topology.Window) *topology.Planner {
	p := &topology.Planner{Network: v.Network, Cores: v.Cores, Exits: v.Exits, Loads: *s.loads.Load(), Planned: planned}
	for _, g := range v.Groups {
		if g.within != "" {
			continue // it goes with its device
		}
		x := g.Group
		x.Members = slices.Clone(g.Members)
		for i, m := range g.of { // the planner knows members as devices, links, or device/interface
			switch {
			case len(m.ports) > 0:
				x.Members[i].ID = m.ports[0]
			case m.device != "":
				x.Members[i].ID = m.device
			}
		}
		p.Groups = append(p.Groups, x)
	}
	return p
}

// WeekProfile is the load of the ports that work concerns by hour of the week; flat where nothing is known.
func (s *Service) WeekProfile(_ context.Context, zone *time.Location) topology.Profile {
	p := topology.Profile{Zone: zone}
	for h := range p.Hours { // nights and weekends are quiet until capacity tells a profile
		hour, day := h%24, h/24
		p.Hours[h] = 1
		if hour < 6 || hour >= 22 {
			p.Hours[h] = 0.2
		}
		if day >= 5 {
			p.Hours[h] /= 2
		}
	}
	return p
}
