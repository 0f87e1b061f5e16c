package live

import (
	"context"
	"slices"
	"sort"

	"ninewatch/collector/inventory"
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

// Finding is redundancy that is lost now, for incidents. It is not hidden because a service is up.
type Finding struct {
	Kind     string // redundancy_lost
	Object   string // name of the group
	Site     string // of its first member; empty: of none
	Severity string // RFC 8632: failed is worst, then split_brain, at_risk, reduced
	Class    topology.Class
	Since    int64 // Unix ms
	Words    string
	Members  []string // that are gone
	Devices  []string // of the group: an incident of one of them explains the loss
}

// RedundancyLost is the kind of all findings.
const RedundancyLost = "redundancy_lost"

// Findings lists what is lost now, by severity and name. What has no spare by design loses nothing until it fails. Of
// the sessions of a router some may go: which of them are meant to stand in for each other no MIB tells.
func (s *Service) Findings(context.Context) []Finding {
	var out []Finding
	for _, g := range s.view.Load().Groups {
		class := g.Verdict.Class
		if !class.Lost() || !g.roles && !g.Redundant() && class != topology.Failed || g.Kind == inventory.ModeRouting && g.Source == FromFacts && class == topology.Reduced {
			continue
		}
		f := Finding{Kind: RedundancyLost, Object: g.Name, Severity: class.Severity(), Class: class, Since: g.Since, Devices: slices.Concat(g.Devices, g.near),
			Words: g.Title + " is " + classWords(class) + ": " + g.Words}
		if len(g.Sites) > 0 {
			f.Site = g.Sites[0]
		}
		for _, m := range g.Members {
			if m.State == topology.Down {
				f.Members = append(f.Members, m.ID)
			}
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return int(b.Class) - int(a.Class) })
	return out
}
