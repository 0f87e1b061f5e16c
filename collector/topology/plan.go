package topology

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/topology/graph"
)

// Work is what maintenance takes away, by node and link ids.
type Work struct {
	Name    string
	Devices []string
	Links   []string
}

// Window is work at a time, half-open, in Unix seconds.
type Window struct {
	Work
	From, To int64
}

// Planner judges maintenance against a network, its groups and what is planned already.
type Planner struct {
	Network *Network
	Cores   []string
	Exits   []string        // what lies beyond circuits: the way to the outside; none: nothing is said of it
	Groups  []Group         // members are devices, links, or device/interface
	Loads   map[string]Load // by group; one without a load is judged by its members alone
	Planned []Window
}

// Judgement says whether a window may be. Refusals can be avoided: by another time, or by two windows in the
// place of one. Warnings cannot: the work itself cuts devices off.
type Judgement struct {
	Refusals []string
	Warnings []string
}

// OK tells whether nothing speaks against a window.
func (j Judgement) OK() bool { return len(j.Refusals) == 0 }

// Judge looks at a window together with all planned ones that overlap it.
func (p *Planner) Judge(w Window) (Judgement, error) {
	var out Judgement
	all := Risk{Members: slices.Concat(w.Devices, w.Links)}
	with := ""
	for _, x := range p.Planned {
		if x.From < w.To && w.From < x.To && x.Name != w.Name {
			all.Members = slices.Concat(all.Members, x.Devices, x.Links)
			with = strings.TrimPrefix(with+", "+x.Name, ", ")
		}
	}
	if with != "" {
		with = " together with " + with
	}
	for _, m := range slices.Concat(w.Devices, w.Links) {
		if _, ok := p.Network.Node(m); !ok && p.Network.linkAt(m) < 0 {
			return out, fmt.Errorf("window %q: %q is neither a device nor a link of the topology: name one that is", w.Name, m)
		}
	}
	p.judgeGroups(all.Members, with, &out)
	told := map[string]bool{} // devices of which a loss is told
	for _, way := range p.ways() {
		before, err := p.Network.Impact(way.to...)
		if err != nil {
			return out, err
		}
		p.judgeLoss(before, way, w.Work, all, with, told, &out)
		if err := p.judgeSites(before, way, all, with, &out); err != nil {
			return out, err
		}
	}
	slices.Sort(out.Refusals)
	return out, nil
}

// thing is a node or link as people call it.
func thing(id string) string { return strings.ReplaceAll(id, "stub:", "") }

// way is what devices have to reach.
type way struct {
	to    []string
	words string
}

// ways are those to the core, and to the outside where circuits are known.
func (p *Planner) ways() []way {
	out := []way{{p.Cores, "the core"}}
	if len(p.Exits) > 0 {
		out = append(out, way{p.Exits, "the outside"})
	}
	return out
}

// judgeGroups refuses what takes more members than a group can spare, or more than its load leaves room for.
func (p *Planner) judgeGroups(taken []string, with string, out *Judgement) {
	for _, g := range p.Groups {
		var hit []string
		left := g
		left.Members = slices.Clone(g.Members)
		for i, m := range left.Members {
			device, _, _ := strings.Cut(m.ID, "/")
			if m.State != Down && (slices.Contains(taken, m.ID) || slices.Contains(taken, device) || p.takesPort(taken, m.ID)) {
				hit = append(hit, m.ID)
				left.Members[i].State = Down
			}
		}
		if len(hit) == 0 || within(g, taken) {
			continue // what a device has within itself goes with it
		}
		up, unknown := left.Count()
		if up+unknown < g.Needed {
			out.Refusals = append(out.Refusals, fmt.Sprintf("it takes %s of %s%s: %d of the %d needed would be left; take them one after the other",
				series(hit), g.Name, with, up+unknown, g.Needed))
			continue
		}
		load, ok := p.Loads[g.Name]
		if !ok || !g.Mode.Carries() {
			continue
		}
		if now := left.Survive(load).Now; !now.Fits {
			out.Refusals = append(out.Refusals, fmt.Sprintf("without %s%s the rest of %s would run at %.0f %%, above its limit of %.0f %%; choose a quieter time",
				series(hit), with, g.Name, 100*now.Util, 100*load.Limit))
		}
	}
}

// takesPort tells whether a link that is taken ends at a port.
func (p *Planner) takesPort(taken []string, port string) bool {
	return slices.ContainsFunc(taken, func(id string) bool {
		at := p.Network.linkAt(id)
		return at >= 0 && (p.Network.endName(p.Network.Links[at].A) == port || p.Network.endName(p.Network.Links[at].B) == port)
	})
}

// within tells whether all members are parts of one device that is taken as a whole.
func within(g Group, taken []string) bool {
	first, _, part := strings.Cut(g.Members[0].ID, "/")
	return part && slices.Contains(taken, first) && !slices.ContainsFunc(g.Members, func(m Member) bool { return !strings.HasPrefix(m.ID, first+"/") })
}

// judgeLoss warns of what each part of the work cuts off by itself, and refuses what only all of it together
// does. Told is what was told of another way, or of this one.
func (p *Planner) judgeLoss(before *Impact, way way, work Work, all Risk, with string, told map[string]bool, out *Judgement) {
	earlier := maps.Clone(told)
	for _, m := range slices.Concat(work.Devices, work.Links) {
		_, lost := before.Risk(Risk{Members: []string{m}})
		lost = slices.DeleteFunc(lost, func(d string) bool { return earlier[d] })
		for _, d := range lost {
			told[d] = true
		}
		if len(lost) > 0 {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s is the only way of %s to %s", thing(m), series(lost), way.words))
		}
	}
	_, lost := before.Risk(all)
	lost = slices.DeleteFunc(lost, func(d string) bool { return told[d] || slices.Contains(all.Members, d) })
	for _, d := range lost {
		told[d] = true
	}
	if len(lost) > 0 {
		out.Refusals = append(out.Refusals, fmt.Sprintf("it takes all ways of %s to %s%s; take them one after the other", series(lost), way.words, with))
	}
}

// judgeSites refuses what leaves a site that has several ways to the core, or to the outside, with one.
func (p *Planner) judgeSites(before *Impact, way way, all Risk, with string, out *Judgement) error {
	after, err := p.Network.without(all).Impact(way.roots(before)...)
	if err != nil {
		return err
	}
	single := before.singleHomed()
	for site, over := range after.singleHomed() {
		if _, already := single[site]; !already && site != "" {
			out.Refusals = append(out.Refusals, fmt.Sprintf("it leaves site %s%s with one way to %s, over %s; mend or wait for another way first", site, with, way.words, thing(over)))
		}
	}
	return nil
}

// roots are those that were named, or the node that was taken for one.
func (w way) roots(i *Impact) []string {
	if len(w.to) > 0 {
		return w.to
	}
	if i.root < 0 {
		return nil
	}
	return []string{i.net.Nodes[i.root].ID}
}

// without is the network while a risk group is gone: its nodes stand alone, its links are left out.
func (n *Network) without(r Risk) *Network {
	t := n.together(r)
	dead := map[int]bool{}
	for _, v := range t.Nodes {
		dead[v] = true
	}
	out := *n
	out.Links = nil
	for at, l := range n.Links {
		if !dead[l.A.Node] && !dead[l.B.Node] && !slices.Contains(t.Edges, at) {
			out.Links = append(out.Links, l)
		}
	}
	return &out
}

// singleHomed finds for each site that hangs on one thing outside of it what that is: a node elsewhere, what lies beyond a
// circuit, or a link that leaves it.
func (i *Impact) singleHomed() map[string]string {
	reach := map[string]int{}
	for v, n := range i.net.Nodes {
		if n.Kind == DeviceNode && i.Reaches(v) {
			reach[n.Site]++
		}
	}
	out := map[string]string{}
	note := func(l Loss, own func(site string) bool, spans []graph.Span) {
		bySite := map[string]int{}
		for _, id := range i.names(i.shape.Nodes(spans...)) {
			bySite[i.net.node(id).Site]++
		}
		for site, n := range bySite {
			if n == reach[site] && !own(site) && (out[site] == "" || l.ID < out[site]) {
				out[site] = l.ID
			}
		}
	}
	for _, l := range i.SinglePoints() {
		switch at, ok := i.net.Node(l.ID); {
		case l.Kind == "node" && ok:
			note(l, func(site string) bool { return i.net.Nodes[at].in(site) }, i.shape.Loses(at))
		case l.Kind == "link":
			at := i.net.linkAt(l.ID)
			a, b := i.net.Nodes[i.net.Links[at].A.Node], i.net.Nodes[i.net.Links[at].B.Node]
			note(l, func(site string) bool { return a.in(site) && b.in(site) }, []graph.Span{i.shape.LosesBridge(at)})
		}
	}
	return out
}

// in tells whether a node is within a site. A stub that stands there, such as the far end of a circuit, is beyond it.
func (x Node) in(site string) bool { return x.Kind != StubNode && x.Site == site }

// Proposal is a window that nothing speaks against, with the load that it meets.
type Proposal struct {
	Window
	Load float64 // mean of the profile over the window
}

// Profile is the load by hour of the week, from Monday 00:00 in Zone; any unit.
type Profile struct {
	Hours [168]float64
	Zone  *time.Location
}

func (p Profile) mean(from, to int64) float64 {
	sum := 0.0
	for t := from; t < to; {
		local := time.Unix(t, 0).In(p.Zone)
		next := min(to, t+3600-int64(local.Minute()*60+local.Second()))
		weekday := (int(local.Weekday()) + 6) % 7
		sum += p.Hours[weekday*24+local.Hour()] * float64(next-t)
		t = next
	}
	return sum / float64(to-from)
}

// Propose finds the quietest windows for work that takes duration seconds, between from and to, each
// beginning at a whole hour and none overlapping another, at most count. It proposes none that Judge refuses;
// with none left it says why.
func (p *Planner) Propose(work Work, duration, from, to int64, profile Profile, count int) ([]Proposal, error) {
	if duration <= 0 || to-from < duration {
		return nil, fmt.Errorf("work %q: %d s do not fit between the two times: allow a longer range", work.Name, duration)
	}
	if profile.Zone == nil {
		profile.Zone = time.UTC
	}
	var all []Proposal
	for at := (from + 3599) / 3600 * 3600; at+duration <= to && len(all) < 24*366; at += 3600 {
		all = append(all, Proposal{Window{work, at, at + duration}, profile.mean(at, at+duration)})
	}
	slices.SortStableFunc(all, func(a, b Proposal) int { return cmp.Compare(a.Load, b.Load) })
	var out []Proposal
	var why []string
	judged := map[string]Judgement{} // by the planned windows that overlap
	for _, x := range all {
		if len(out) == count {
			break
		}
		if slices.ContainsFunc(out, func(o Proposal) bool { return o.From < x.To && x.From < o.To }) {
			continue
		}
		key := p.overlaps(x.Window)
		j, ok := judged[key]
		if !ok {
			var err error
			if j, err = p.Judge(x.Window); err != nil {
				return nil, err
			}
			judged[key] = j
		}
		if j.OK() {
			out = append(out, x)
		} else if why == nil {
			why = j.Refusals
		}
	}
	if len(out) == 0 && len(why) > 0 {
		return nil, fmt.Errorf("work %q: no time is right: %s", work.Name, strings.Join(why, "; "))
	}
	return out, nil
}

func (p *Planner) overlaps(w Window) string {
	var out strings.Builder
	for i, x := range p.Planned {
		if x.From < w.To && w.From < x.To {
			fmt.Fprint(&out, i, ",")
		}
	}
	return out.String()
}
