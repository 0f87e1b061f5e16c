package live

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/topology"
)

// View is all that is known at one moment. It does not change.
type View struct {
	At       int64 // Unix ms of the judgement
	Network  *topology.Network
	Cores    []string // devices that the others have to reach
	Exits    []string // what lies beyond circuits: the way to the outside
	Core     *topology.Impact
	Outside  *topology.Impact // nil without circuits
	Groups   []*Group
	Risks    []topology.Risk
	States   map[string]topology.State // of devices
	Singles  []Single
	plan     *plan
	LinksOf  map[int][]int // by node: positions of its links
	memories map[string]int64
	crowds   *crowds // of this network, whatever the classes
}

// Single is a thing whose failure alone takes the core, or the way to the outside, from devices.
type Single struct {
	Kind    string // node, link or risk
	ID      string
	Sites   []string
	Lost    []Lost
	Certain bool
}

// Lost is a device that loses something.
type Lost struct {
	Device  string
	Core    bool // it does not reach the core any more
	Outside bool // nor the outside
}

// rebuild makes a new network of what is remembered, stores what changed of it, and judges all groups.
func (s *Service) rebuild(ctx context.Context) error {
	began := time.Now()
	s.m.rebuilds.Inc()
	old := s.view.Load()
	n := s.plan.network(s.store.Network())
	next, err := s.plan.view(n)
	if err != nil {
		return err
	}
	for _, device := range s.names() {
		m := s.memory[device]
		next.Risks = append(next.Risks, s.kit(m).risks...)
		next.memories[device] = m.Facts.Time
	}
	next.Singles = next.singles()
	if len(old.Network.Nodes) > 0 {
		if err := s.storeChanges(ctx, old.Network, n, s.deps.Now().UnixMilli()); err != nil {
			return err
		}
	}
	next.Groups = s.groups(next)
	s.m.rebuild.UpdateDuration(began)
	return s.judge(ctx, next, nil)
}

// network takes out links that a person denied, and gives stubs the place of what they are seen from.
func (p *plan) network(n *topology.Network) *topology.Network {
	out := *n
	out.Nodes = slices.Clone(n.Nodes)
	out.Links = slices.Clone(n.Links)
	if absent := p.absences(); len(absent) > 0 {
		out.Links = slices.DeleteFunc(out.Links, func(l topology.Link) bool { return denied(absent, portName(n, l.A), portName(n, l.B)) })
	}
	for _, l := range out.Links {
		for _, e := range [2][2]int{{l.A.Node, l.B.Node}, {l.B.Node, l.A.Node}} {
			x := &out.Nodes[e[0]]
			if x.Kind != topology.DeviceNode && x.Site == "" {
				x.Site = out.Nodes[e[1]].Site
			}
		}
	}
	for name, c := range p.Circuits {
		if at, ok := out.Node("stub:" + exitName(name)); ok {
			out.Nodes[at].Label, out.Nodes[at].Quiet = name, ""
			if c.Provider != "" {
				out.Nodes[at].Identities = []string{"circuit of " + c.Provider}
			}
		}
	}
	return &out
}

func portName(n *topology.Network, e topology.End) string { return endOf(n.Nodes[e.Node].ID, e.Port) }

// view analyzes a network, with more cores than those of the inventory.
func (p *plan) view(n *topology.Network, more ...string) (*View, error) {
	v := &View{Network: n, plan: p, LinksOf: map[int][]int{}, memories: map[string]int64{}, crowds: &crowds{users: map[string]float64{}}}
	for _, c := range append(p.cores(), more...) {
		if _, ok := n.Node(c); ok {
			v.Cores = append(v.Cores, c)
		}
	}
	for _, name := range keys(p.Circuits) {
		if _, ok := n.Node("stub:" + exitName(name)); ok {
			v.Exits = append(v.Exits, "stub:"+exitName(name))
		}
	}
	for at, l := range n.Links {
		v.LinksOf[l.A.Node] = append(v.LinksOf[l.A.Node], at)
		if l.A.Node != l.B.Node {
			v.LinksOf[l.B.Node] = append(v.LinksOf[l.B.Node], at)
		}
	}
	var err error
	if v.Core, err = n.Impact(v.Cores...); err != nil {
		return nil, err
	}
	if len(v.Exits) > 0 {
		if v.Outside, err = n.Impact(v.Exits...); err != nil {
			return nil, err
		}
	}
	for _, r := range p.Risks {
		v.Risks = append(v.Risks, topology.Risk{Name: r.Name, Kind: r.Kind, Members: p.riskMembers(r.Members)})
	}
	return v, nil
}

// singles are all single points of failure, those of risk groups among them; the worst first.
func (v *View) singles() []Single {
	if len(v.Network.Nodes) == 0 {
		return nil
	}
	seen := map[string]bool{}
	var out []Single
	add := func(kind, id string) {
		if seen[kind+id] {
			return
		}
		seen[kind+id] = true
		if x := v.Fails(kind, id); len(x.Lost) > 0 {
			out = append(out, x)
		}
	}
	for _, impact := range []*topology.Impact{v.Core, v.Outside} {
		if impact == nil {
			continue
		}
		for _, l := range impact.SinglePoints() {
			if l.Kind != "node" || !slices.Contains(v.Exits, l.ID) {
				add(l.Kind, l.ID)
			}
		}
	}
	for _, c := range v.Cores { // a core that is alone is no single point of its own core, but may be one of the outside
		add("node", c)
	}
	for _, r := range v.Risks {
		add("risk", r.Name)
	}
	users := make(map[string]float64, len(out))
	for _, x := range out {
		users[x.Kind+x.ID] = v.Users(x.Lost)
	}
	slices.SortStableFunc(out, func(a, b Single) int {
		ua, ub := users[a.Kind+a.ID], users[b.Kind+b.ID]
		switch {
		case ua != ub:
			return int(min(max((ub-ua)*1e6, -1), 1))
		case len(a.Lost) != len(b.Lost):
			return len(b.Lost) - len(a.Lost)
		}
		return strings.Compare(a.Kind+a.ID, b.Kind+b.ID)
	})
	return out
}

// Fails is what the failure of a node, a link or a risk group costs.
func (v *View) Fails(kind, id string) Single {
	out := Single{Kind: kind, ID: id, Certain: true}
	lost := map[string]*Lost{}
	for _, impact := range []*topology.Impact{v.Core, v.Outside} {
		if impact == nil {
			continue
		}
		if impact == v.Core && kind == "node" && len(v.Cores) == 1 && v.Cores[0] == id && v.Outside != nil {
			continue // all is measured by it
		}
		names, certain := v.lost(impact, kind, id)
		if len(names) > 0 && !certain {
			out.Certain = false
		}
		for _, name := range names {
			if lost[name] == nil {
				lost[name] = &Lost{Device: name}
			}
			lost[name].Core = lost[name].Core || impact == v.Core
			lost[name].Outside = lost[name].Outside || impact == v.Outside
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		out.Lost = append(out.Lost, *lost[name])
	}
	switch kind {
	case "risk":
		for _, r := range v.Risks {
			if r.Name == id {
				for _, m := range r.Members {
					device, _, _ := strings.Cut(m, "/")
					if at, ok := v.Network.Node(device); ok && !slices.Contains(out.Sites, v.Network.Nodes[at].Site) {
						out.Sites = append(out.Sites, v.Network.Nodes[at].Site)
					}
				}
			}
		}
		slices.Sort(out.Sites)
	default:
		out.Sites = sitesOfObject(v.Network, id)
	}
	return out
}

func (v *View) lost(i *topology.Impact, kind, id string) (names []string, certain bool) {
	switch kind {
	case "node":
		at, ok := v.Network.Node(id)
		if !ok {
			return nil, false
		}
		l := i.Node(at)
		return i.Lost(l), l.Certain
	case "link":
		at := linkAt(v.Network, id)
		if at < 0 {
			return nil, false
		}
		l := i.Link(at)
		return i.Lost(l), l.Certain
	}
	for _, r := range v.Risks {
		if r.Name == id {
			l, names := i.Risk(r)
			return names, l.Certain
		}
	}
	return nil, false
}

// linkAt is the position of a link. They are in the order of their ids, but for those that have one with a number behind it.
func linkAt(n *topology.Network, id string) int {
	at, ok := slices.BinarySearchFunc(n.Links, id, func(l topology.Link, id string) int { return strings.Compare(l.ID, id) })
	if ok {
		return at
	}
	return slices.IndexFunc(n.Links, func(l topology.Link) bool { return l.ID == id })
}

func linkOf(n *topology.Network, id string) *topology.Link {
	if at := linkAt(n, id); at >= 0 {
		return &n.Links[at]
	}
	return nil
}

// Device, Site and Circuit look into the inventory of the view.
func (v *View) DeviceSite(name string) (site string, ok bool) {
	if v.plan == nil {
		return "", false
	}
	d, ok := v.plan.Devices[name]
	return d.Site, ok
}

// SiteTitle is what people call a site.
func (v *View) SiteTitle(name string) string {
	if v.plan == nil {
		return name
	}
	return v.plan.siteTitle(name)
}

// Read is when the facts of a device were read last, in Unix ms; 0: never.
func (v *View) Read(device string) int64 { return v.memories[device] }

// At is the network of a time (Unix ms), by what devices told until then and by the inventory of now.
func (s *Service) At(ctx context.Context, at int64) (*View, error) {
	s.working.Lock()
	p := s.plan
	s.working.Unlock()
	var records []topology.Record
	for _, name := range keys(p.Devices) {
		f, err := s.deps.Inventory.FactsAt(ctx, name, at)
		if err != nil {
			continue // nothing was known of it then
		}
		records = append(records, topology.Merge(topology.Record{}, f))
	}
	v, err := p.view(p.network(topology.Build(p.topology(), records)))
	if err != nil {
		return nil, err
	}
	v.At = at
	for _, r := range records {
		v.memories[r.Facts.Device] = r.Facts.Time
	}
	v.Singles = v.singles()
	return v, nil
}

// Part is the network of the sites that are to be seen. A link to elsewhere is left out.
func (v *View) Part(sees func(site string) bool) *topology.Network {
	all := true
	for _, n := range v.Network.Nodes {
		all = all && sees(n.Site)
	}
	if all {
		return v.Network
	}
	return v.Network.Part(func(n topology.Node) bool { return sees(n.Site) })
}

// Department is whose device it is; empty where nobody said so.
func (v *View) Department(device string) string {
	if v.plan == nil {
		return ""
	}
	return v.plan.Devices[device].Department
}

// ServicesLost are the services that work now and would fail with a single point.
func (v *View) ServicesLost(x Single) []ServiceLost { return v.services(v.gone(x.Kind, x.ID), x.Lost) }

// SitesOf are the sites that work is at.
func (v *View) SitesOf(w topology.Work) []string {
	var out []string
	for _, id := range slices.Concat(w.Devices, w.Links) {
		out = append(out, sitesOfObject(v.Network, id)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Guarded are the ports (device/interface) whose failure is a loss of redundancy, and so is told by Findings: those of
// the members of groups with a spare, with the aggregates that they make, and the ports at the other ends.
func (v *View) Guarded() map[string]bool {
	out := map[string]bool{}
	for _, g := range v.Groups {
		if !g.Redundant() {
			continue
		}
		for _, m := range g.of {
			for _, p := range m.ports {
				out[p] = true
			}
		}
	}
	for _, l := range v.Network.Links {
		a, b := portName(v.Network, l.A), portName(v.Network, l.B)
		if !out[a] && !out[b] {
			continue
		}
		out[a], out[b] = true, true
		for _, e := range []topology.End{l.A, l.B} {
			if e.LAG != "" {
				out[v.Network.Nodes[e.Node].ID+"/"+e.LAG] = true
			}
		}
	}
	return out
}
