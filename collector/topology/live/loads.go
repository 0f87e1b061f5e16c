package live

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"ninewatch/collector/topology"
)

// soonAfterStart is when loads are read first: the samples of a start come before them.
const soonAfterStart = 5 * time.Second

// retryLoads is how soon loads are read again where a group had none yet.
const retryLoads = 2 * time.Minute

// weigh keeps the loads of groups up to date.
func (s *Service) weigh(ctx context.Context) {
	wait := soonAfterStart
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = s.cfg.LoadEvery
		if !s.readLoads(ctx) {
			wait = min(wait, retryLoads)
		}
		s.readBackups(ctx)
	}
}

// readLoads reads the load of every group that carries traffic, and tells whether all of them have one.
func (s *Service) readLoads(ctx context.Context) bool {
	next, all := map[string]topology.Load{}, true
	for _, g := range s.view.Load().Groups {
		if !g.carries() {
			continue
		}
		rate, imbalance, ok, err := s.deps.Traffic.Together(ctx, g.Ports, s.cfg.LoadWindow)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("load of a redundancy group not read, it is tried again", "group", g.Name, "err", err)
		}
		if ctx.Err() != nil {
			return true
		}
		if err != nil || !ok {
			all = false
			continue
		}
		next[g.Name] = topology.Load{Rate: rate, Limit: s.cfg.Limit, Imbalance: max(1, imbalance)}
	}
	s.loads.Store(&next)
	s.deps.Changed()
	return all
}

// carries tells whether a load can be held against the group: all of its capacities are known.
func (g *Group) carries() bool {
	return g.Mode.Carries() && len(g.Ports) == len(g.Members) && len(g.Members) > 1 &&
		!slices.ContainsFunc(g.Members, func(m topology.Member) bool { return m.Capacity <= 0 })
}

// planned is the group with what is not known taken to be there: that nobody can say how a member is makes it no loss.
func (g *Group) planned() topology.Group {
	out := g.Group
	out.Members = slices.Clone(g.Members)
	for i := range out.Members {
		if out.Members[i].State == topology.Unknown {
			out.Members[i].State = topology.Up
		}
	}
	return out
}

// N1 is whether a group carries its load after any one failure.
type N1 struct {
	Group *Group
	Load  topology.Load
	topology.N1
	Worst    topology.Outcome // the scenario with the fullest member
	Capacity float64          // what is left to carry the load after it; 0: nothing
	Ends     time.Time        // when the load exceeds what is left; zero: not told
}

// N1 lists the groups whose load is known, those that fail now first, then by the date on which they will.
func (s *Service) N1(ctx context.Context, v *View) []N1 {
	loads := *s.loads.Load()
	var out []N1
	for _, g := range v.Groups {
		load, ok := loads[g.Name]
		if !ok || !g.carries() {
			continue
		}
		x := N1{Group: g, Load: load, N1: g.planned().Survive(load)}
		for i, o := range x.Scenarios {
			if i == 0 || o.Util > x.Worst.Util || !o.Fits && x.Worst.Fits {
				x.Worst = o
			}
		}
		if len(x.Scenarios) == 0 {
			x.Worst = x.Now
		}
		if x.Worst.Util > 0 && !math.IsInf(x.Worst.Util, 1) {
			x.Capacity = load.Rate / x.Worst.Util
		}
		out = append(out, x)
	}
	s.ends(ctx, out)
	slices.SortStableFunc(out, func(a, b N1) int {
		switch {
		case a.Holds != b.Holds:
			if b.Holds {
				return -1
			}
			return 1
		case !a.Ends.Equal(b.Ends) && !a.Ends.IsZero() && !b.Ends.IsZero():
			return a.Ends.Compare(b.Ends)
		case a.Ends.IsZero() != b.Ends.IsZero():
			if b.Ends.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Worst.Util, a.Worst.Util)
	})
	return out
}

// ends tells of what holds now until when it will.
func (s *Service) ends(ctx context.Context, list []N1) {
	if s.deps.Expiry == nil {
		return
	}
	var loads []Growing
	var at []int
	for i, x := range list {
		if x.Holds {
			loads, at = append(loads, Growing{Ports: x.Group.Ports, Rate: x.Load.Rate, Most: x.Most}), append(at, i)
		}
	}
	for i, end := range s.deps.Expiry(ctx, loads) {
		list[at[i]].Ends = end
	}
}

// LinkLoads is the utilization of links now, by their ids.
func (s *Service) LinkLoads(ctx context.Context, v *View, sees func(site string) bool) (map[string]float64, error) {
	if s.deps.Traffic == nil {
		return nil, nil
	}
	var devices []string
	for _, n := range v.Network.Nodes {
		if n.Kind == topology.DeviceNode && sees(n.Site) {
			devices = append(devices, n.ID)
		}
	}
	rates, err := s.deps.Traffic.Now(ctx, devices)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, l := range v.Network.Links {
		if l.Speed <= 0 {
			continue
		}
		for _, e := range []topology.End{l.A, l.B} {
			if rate, ok := rates[portName(v.Network, e)]; ok {
				out[l.ID] = max(out[l.ID], rate/l.Speed)
			}
		}
	}
	return out, nil
}
