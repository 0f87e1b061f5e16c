package topology

import (
	"maps"
	"slices"

	"ninewatch/collector/topology/graph"
)

// maxParents is how many ways a device may have to the core until none of them explains anything.
const maxParents = 8

// Way is what a device is reached through: it is cut off when all of its parents are.
type Way struct {
	Parents []string // names of devices, sorted
	Since   int64    // Unix ms since when all of their links have been heard; 0: only people tell of them
}

// Parents derives what each device is reached through from the cores of its own site, where its agent is taken to
// stand: the devices next to it that reach such a core without it. Each of them is a way, in a ring also the one
// behind; so that to explain an outage all of them have to be down. Stubs and segments are looked through.
//
// Nothing is derived where the graph may lack a way: for a device that does not tell its neighbors, that is only
// linked by guesses or by links not heard any more, or whose site has no core. A neighbor that has not been
// discovered yet may be a way, and counts as one.
func (n *Network) Parents(cores []string) map[string]Way {
	bySite := map[string][]int{}
	core := map[int]bool{}
	for _, name := range cores {
		if at, ok := n.Node(name); ok {
			bySite[n.Nodes[at].Site] = append(bySite[n.Nodes[at].Site], at)
			core[at] = true
		}
	}
	near := n.near()
	out := map[string]Way{}
	for _, site := range slices.Sorted(maps.Keys(bySite)) {
		w := ways{net: n, near: near, shape: graph.Analyze(n.withRoot(bySite[site]), len(n.Nodes))}
		w.position = make([]int, len(n.Nodes)+1)
		for p := range w.position {
			w.position[w.shape.Order(p)] = p
		}
		for v, x := range n.Nodes {
			if x.Kind != DeviceNode || x.Site != site || core[v] || x.Seen == 0 || x.Quiet != "" || !w.shape.Reaches(v) {
				continue
			}
			if way, ok := w.of(v); ok {
				out[x.ID] = way
			}
		}
	}
	return out
}

// near lists the links of each node.
func (n *Network) near() [][]int {
	out := make([][]int, len(n.Nodes))
	for at, l := range n.Links {
		if l.A.Node != l.B.Node {
			out[l.A.Node] = append(out[l.A.Node], at)
			out[l.B.Node] = append(out[l.B.Node], at)
		}
	}
	return out
}

// ways is a network seen from the cores of a site.
type ways struct {
	net      *Network
	near     [][]int
	shape    *graph.Structure
	position []int // of a node in the search order
}

func (w ways) of(v int) (Way, bool) {
	lost := w.shape.Loses(v)
	onward := func(x int) bool {
		return w.shape.Reaches(x) && !slices.ContainsFunc(lost, func(s graph.Span) bool {
			return s.From <= w.position[x] && w.position[x] < s.To
		})
	}
	sure, out, seen := false, Way{}, map[int]bool{v: true}
	at := []int{v}
	for len(at) > 0 {
		from := at[len(at)-1]
		at = at[:len(at)-1]
		for _, i := range w.near[from] {
			l := w.net.Links[i]
			x := l.A.Node + l.B.Node - from
			node := w.net.Nodes[x]
			leads := onward(x)
			if from == v && (leads || node.Kind == DeviceNode && node.Seen == 0) {
				sure = sure || leads && l.Confidence >= OneSided && !l.Stale
				out.Since = max(out.Since, l.First)
			}
			switch {
			case seen[x]:
			case node.Kind != DeviceNode && leads:
				seen[x] = true
				at = append(at, x)
			case node.Kind == DeviceNode && (leads || from == v && node.Seen == 0):
				seen[x] = true
				out.Parents = append(out.Parents, node.ID)
			}
		}
	}
	slices.Sort(out.Parents)
	return out, sure && len(out.Parents) > 0 && len(out.Parents) <= maxParents
}
