package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology"
)

// maxTries bounds the mends that are tried for one question: each costs an analysis of the network.
const maxTries = 4

// mends are what would help when something fails: tried on a copy of the network, with what is left to mend.
func (v *View) mends(x Single) []Mend {
	if len(x.Lost) == 0 {
		return nil
	}
	if x.Kind == "risk" {
		return v.apart(x)
	}
	heads := v.heads(x)
	var out []Mend
	if len(heads) > 0 && len(heads) <= 3 {
		for _, to := range v.anchors(x, heads)[:min(2, len(v.anchors(x, heads)))] {
			links := make([][2]int, len(heads))
			for i, h := range heads {
				links[i] = [2]int{h, to}
			}
			names := make([]string, len(heads))
			for i, h := range heads {
				names[i] = v.Network.Nodes[h].Label
			}
			if effect, helps := v.tryLinks(x, links); helps {
				out = append(out, Mend{fmt.Sprintf("A second link from %s to %s.", someOf(names), v.Network.Nodes[to].Label), effect})
			}
		}
	}
	if at, ok := v.Network.Node(x.ID); ok && x.Kind == "node" && v.Network.Nodes[at].Kind == topology.DeviceNode {
		if effect, helps := v.tryTwin(x, at); helps {
			out = append(out, Mend{fmt.Sprintf("A second device beside %s, with the same links.", v.Network.Nodes[at].Label), effect})
		}
	}
	if l := linkOf(v.Network, x.ID); x.Kind == "link" && l != nil && len(out) < 2 {
		if effect, helps := v.tryLinks(x, [][2]int{{l.A.Node, l.B.Node}}); helps {
			out = append(out, Mend{fmt.Sprintf("A second link beside it, from %s to %s by another way.", v.Network.Nodes[l.A.Node].Label, v.Network.Nodes[l.B.Node].Label), effect})
		}
	}
	return out[:min(len(out), maxTries)]
}

// apartWords are what it takes to have something fail no more with a risk group of a kind.
var apartWords = map[string]string{
	"duct": "Lead %s another way than through %s.", "power_feed": "Feed %s from another source than %s.",
	"line_card": "Plug %s into another card than %s.", "provider": "Order %s from another provider than %s.",
}

// apart tries to take each member out of a risk group.
func (v *View) apart(x Single) []Mend {
	at := slices.IndexFunc(v.Risks, func(r topology.Risk) bool { return r.Name == x.ID })
	if at < 0 {
		return nil
	}
	var out []Mend
	risk := v.Risks[at]
	for _, m := range risk.Members[:min(len(risk.Members), maxTries)] {
		after := *v
		after.Risks = slices.Clone(v.Risks)
		after.Risks[at].Members = slices.DeleteFunc(slices.Clone(risk.Members), func(s string) bool { return s == m })
		left := after.Fails(x.Kind, x.ID)
		if len(left.Lost) >= len(x.Lost) {
			continue
		}
		effect := fmt.Sprintf("Removes 1 of %s.", counted(len(v.Singles), "single point"))
		if len(left.Lost) > 0 {
			effect = fmt.Sprintf("Removes no single point as a whole; %s then still lost with it.", counted(len(left.Lost), "device"))
		}
		name := m
		if node, ok := v.Network.Node(m); ok {
			name = v.Network.Nodes[node].Label
		}
		out = append(out, Mend{fmt.Sprintf(cmp.Or(apartWords[risk.Kind], "Take %s out of %s."), name, risk.Name), effect})
	}
	return out
}

// anchors are devices that a second link may lead to: they keep what the others lose, those of the same site
// and nearest to the core first.
func (v *View) anchors(x Single, heads []int) []int {
	out := map[string]bool{x.ID: true}
	for _, l := range x.Lost {
		out[l.Device] = true
	}
	linked := map[int]bool{}
	site := ""
	for _, h := range heads {
		site = v.Network.Nodes[h].Site
		for _, at := range v.LinksOf[h] {
			l := v.Network.Links[at]
			linked[l.A.Node], linked[l.B.Node] = true, true
		}
	}
	var found []int
	for at, n := range v.Network.Nodes {
		if n.Kind == topology.DeviceNode && n.Site == site && !out[n.ID] && !linked[at] && v.Core.Reaches(at) && (v.Outside == nil || v.Outside.Reaches(at)) {
			found = append(found, at)
		}
	}
	rank := func(at int) int {
		if r, ok := roleRank[strings.ToLower(v.plan.Devices[v.Network.Nodes[at].ID].Role)]; ok {
			return r
		}
		return 9
	}
	slices.SortStableFunc(found, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(v.LinksOf[b]), len(v.LinksOf[a])))
	})
	return found
}

// tryLinks analyzes the network with some links more.
func (v *View) tryLinks(x Single, links [][2]int) (effect string, helps bool) {
	n := *v.Network
	n.Links = slices.Clone(n.Links)
	for i, l := range links {
		n.Links = append(n.Links, topology.Link{ID: fmt.Sprintf("new %d", i), A: topology.End{Node: l[0]}, B: topology.End{Node: l[1]}, Confidence: topology.Configured})
	}
	return v.try(x, &n)
}

// tryTwin analyzes the network with a second device that has the links of one.
func (v *View) tryTwin(x Single, at int) (effect string, helps bool) {
	twin := v.Network.Nodes[at]
	twin.ID, twin.Kind = "twin of "+twin.ID, topology.SegmentNode
	n := v.Network.With(twin)
	n.Links = slices.Clone(n.Links)
	for i, l := range v.Network.Links {
		for _, e := range [2]*topology.End{&l.A, &l.B} {
			if e.Node == at {
				e.Node = len(n.Nodes) - 1
				l.ID = fmt.Sprintf("new %d", i)
			}
		}
		if strings.HasPrefix(l.ID, "new ") {
			n.Links = append(n.Links, l)
		}
	}
	if slices.Contains(v.Cores, x.ID) {
		return v.try(x, n, twin.ID)
	}
	return v.try(x, n)
}

func (v *View) try(x Single, n *topology.Network, cores ...string) (effect string, helps bool) {
	after, err := v.plan.view(n, cores...)
	if err != nil {
		return "", false
	}
	left := after.Fails(x.Kind, x.ID)
	if len(left.Lost) >= len(x.Lost) {
		return "", false
	}
	singles := after.singles()
	fewer := len(v.Singles) - len(singles)
	effect = fmt.Sprintf("Removes %d of %s", max(fewer, 0), counted(len(v.Singles), "single point"))
	if fewer <= 0 {
		effect = "Removes no single point as a whole"
	}
	if len(left.Lost) > 0 {
		effect += fmt.Sprintf("; %s then still lost with it", counted(len(left.Lost), "device"))
	}
	return effect + ".", true
}
