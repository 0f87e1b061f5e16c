package live

import (
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// kindTree is the kind of a group of ways to the root of a spanning tree.
const kindTree = "stp"

// maxTrees bounds the instances of one bridge that are looked at: a tree for each VLAN mostly says the same.
const maxTrees = 32

// treeName names an instance with its root: with another root the ways are others, and those of before are not missed.
func treeName(t telemetry.STPInstance) string {
	return fmt.Sprintf("%d %s", t.Instance, t.Root)
}

// waysIn are the ports by which a bridge reaches the root of its spanning trees: the root port, and those that are blocked
// because another bridge leads there as well (IEEE 802.1D: alternate ports). A blocked port that hears its own bridge
// leads nowhere.
func waysIn(f telemetry.DeviceFacts) []held {
	up := map[string]bool{}
	for _, i := range f.Interfaces {
		up[i.Key] = i.IfOperStatus == operUp
	}
	var out []held
	for _, t := range f.STP[:min(len(f.STP), maxTrees)] {
		if t.RootPort == 0 || len(t.Root) == 0 {
			continue
		}
		for _, p := range t.Ports {
			alternate := p.State == "blocking" && len(p.DesignatedBridge) > 0 && !slices.Equal(p.DesignatedBridge, t.BridgeAddress)
			if p.Key != "" && up[p.Key] && (p.Port == t.RootPort || alternate) {
				out = append(out, held{Tree: treeName(t), Port: p.Key})
			}
		}
	}
	return out
}

// treeGroups are the ways to the root of a spanning tree, where there are or were two or more. An alternate port that
// vanished while the root stayed is redundancy that is lost, and nobody else tells of it: all goes on. One that leads
// away from the root now is no way any more, unless the port at its other end is blocked in its place.
func (s *Service) treeGroups(m *memory, n *topology.Network) []*Group {
	if !slices.ContainsFunc(m.Parts, func(h held) bool { return h.Tree != "" }) {
		return nil
	}
	f := m.Facts
	trees := map[string]bool{} // as they are now; of another root nothing is missed
	for _, t := range f.STP {
		trees[treeName(t)] = t.RootPort != 0
	}
	ways := map[string][]held{}
	for _, h := range m.Parts {
		if h.Tree != "" && (trees[h.Tree] || slices.Contains(f.Partial, kindTree)) {
			ways[h.Tree] = append(ways[h.Tree], h)
		}
	}
	var out []*Group
	known := map[string]bool{} // sets of ways that another tree has
	for _, tree := range keys(ways) {
		list := ways[tree]
		if len(list) < 2 {
			continue
		}
		slices.SortFunc(list, func(a, b held) int { return strings.Compare(a.Port, b.Port) })
		instance, _, _ := strings.Cut(tree, " ")
		g := &Group{Source: FromFacts, Read: f.Time, Title: f.Device + " spanning tree"}
		g.Name, g.Kind, g.Needed = f.Device+"/stp "+instance, kindTree, 1
		set := ""
		for _, h := range list {
			port := f.Device + "/" + h.Port
			used := !m.missing(h) || s.blockedBeyond(n, f.Device, h.Port, instance)
			set += fmt.Sprint(h.Port, "\x00", used, "\x00")
			g.Members = append(g.Members, topology.Member{ID: h.Port})
			g.of = append(g.of, member{device: f.Device, ports: []string{port}, at: f.Time, inUse: map[string]bool{port: used}, since: map[string]int64{port: f.Time}})
		}
		if !known[set] {
			known[set] = true
			out = append(out, g)
		}
	}
	return out
}

// blockedBeyond tells whether the device at the other end of a port blocks there: it is the loop's blocked port now.
func (s *Service) blockedBeyond(n *topology.Network, device, port, instance string) bool {
	for _, l := range n.Links {
		for _, e := range [2][2]topology.End{{l.A, l.B}, {l.B, l.A}} {
			if n.Nodes[e[0].Node].ID != device || e[0].Port != port && e[0].LAG != port {
				continue
			}
			far := s.memory[n.Nodes[e[1].Node].ID]
			if far == nil {
				continue
			}
			for _, h := range far.Parts {
				if strings.HasPrefix(h.Tree, instance+" ") && !far.missing(h) && (h.Port == e[1].Port || h.Port == e[1].LAG) && blocks(far.Facts, h) {
					return true
				}
			}
		}
	}
	return false
}

// blocks tells whether a way is one that is blocked, rather than the root port.
func blocks(f telemetry.DeviceFacts, h held) bool {
	for _, t := range f.STP {
		if treeName(t) == h.Tree {
			return slices.ContainsFunc(t.Ports, func(p telemetry.STPPort) bool { return p.Key == h.Port && p.Port != t.RootPort })
		}
	}
	return false
}
