package live

import (
	"context"
	"slices"
	"sort"

	"ninewatch/collector/topology"
)

// GroupTime is the time without redundancy of one group.
type GroupTime struct {
	Name, Kind string
	Sites      []string
	topology.Account
	Line []topology.Stretch[topology.Class]
}

// SiteTime is the time in which any group of a site had lost redundancy: an indicator with a target of its own.
type SiteTime struct {
	Site    string
	Without int64 // seconds, of all groups together counted once
	Known   int64 // seconds in which at least one group could be judged
	Target  float64
	Budget  int64 // seconds that may be without, in the known time
}

// Times accounts for the groups that were judged over [from, to) in Unix seconds, as far as keep wants them.
// Groups that have no spare by design are left out: they cannot lose what they do not have.
func (s *Service) Times(ctx context.Context, from, to int64, keep func(name string, sites []string) bool) ([]GroupTime, []SiteTime, error) {
	lines, err := s.timelines(ctx, "", from*1000, min(to*1000, s.deps.Now().UnixMilli()))
	if err != nil {
		return nil, nil, err
	}
	spare := map[string]bool{}
	for _, g := range s.view.Load().Groups {
		spare[g.Name] = g.roles || g.Redundant()
	}
	s.working.Lock()
	standings := make(map[string]standing, len(s.classes))
	for name, st := range s.classes {
		standings[name] = st
	}
	s.working.Unlock()
	var groups []GroupTime
	bySite := map[string][][]topology.Stretch[topology.Class]{}
	for _, name := range keys(lines) {
		st := standings[name]
		if has, now := spare[name]; now && !has || !keep(name, st.sites) || len(lines[name]) == 0 {
			continue
		}
		groups = append(groups, GroupTime{Name: name, Kind: st.kind, Sites: st.sites, Account: topology.Redundancy(lines[name]), Line: lines[name]})
		for _, site := range st.sites {
			bySite[site] = append(bySite[site], lines[name])
		}
	}
	var sites []SiteTime
	for _, site := range keys(bySite) {
		x := SiteTime{Site: site, Target: s.cfg.Target}
		x.Without = union(bySite[site], topology.Class.Lost)
		x.Known = union(bySite[site], func(c topology.Class) bool { return c != topology.ClassUnknown })
		x.Budget = int64((1 - s.cfg.Target) * float64(x.Known))
		sites = append(sites, x)
	}
	sort.SliceStable(groups, func(i, j int) bool { return groups[i].Without > groups[j].Without })
	return groups, sites, nil
}

// union is the seconds in which any of some lines has a class that counts.
func union(lines [][]topology.Stretch[topology.Class], counts func(topology.Class) bool) int64 {
	type span struct{ from, to int64 }
	var all []span
	for _, line := range lines {
		for _, x := range line {
			if counts(x.State) {
				all = append(all, span{x.From, x.To})
			}
		}
	}
	slices.SortFunc(all, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	sum, end := int64(0), int64(-1<<62)
	for _, x := range all {
		if x.to > end {
			sum += x.to - max(x.from, end)
			end = x.to
		}
	}
	return sum
}
