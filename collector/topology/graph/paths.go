package graph

// Paths counts disjoint paths from one node. It keeps its two flow networks between questions, and so
// belongs to one goroutine.
type Paths struct {
	g    *Graph
	from int
	edge *flow // a node is itself; an edge carries one unit in either direction
	node *flow // node v is v (in) and n+v (out), with one unit from in to out
}

// NewPaths prepares to count paths from a node.
func NewPaths(g *Graph, from int) *Paths {
	n := int32(g.Nodes())
	p := &Paths{g: g, from: from, edge: newFlow(int(n)), node: newFlow(int(2 * n))}
	for v := range n {
		p.node.add(v, n+v, 1, 0)
	}
	for _, e := range g.edges {
		a, b := e[0], e[1]
		if a == b {
			continue
		}
		p.edge.add(a, b, 1, 1)
		p.node.add(n+a, b, 1, 0)
		p.node.add(n+b, a, 1, 0)
	}
	return p
}

// EdgeDisjoint is the largest number of paths to v that share no edge, counted up to limit (0: all).
func (p *Paths) EdgeDisjoint(v, limit int) int {
	return p.edge.most(int32(p.from), int32(v), limit)
}

// NodeDisjoint is the largest number of paths to v that share no node between the ends, counted up to limit
// (0: all). It is not ok for neighbors: a direct edge has no node to share.
func (p *Paths) NodeDisjoint(v, limit int) (count int, ok bool) {
	for _, a := range p.g.around(int32(p.from)) {
		if int(a.to) == v {
			return 0, false
		}
	}
	return p.node.most(int32(p.from+p.g.Nodes()), int32(v), limit), true
}

// Diverse tells whether two ways to v share neither a node nor one of the risk groups. A group is what fails
// together; the ends themselves are not counted as shared. It is exact for the loss of any one node, edge or
// group: none cuts v off.
func (p *Paths) Diverse(v int, groups []Together) bool {
	if paths, ok := p.NodeDisjoint(v, 2); ok && paths < 2 || p.EdgeDisjoint(v, 2) < 2 {
		return false
	}
	for _, r := range groups {
		dead, cut := make([]bool, p.g.Nodes()), make([]bool, p.g.Edges())
		for _, x := range r.Nodes {
			dead[x] = x != v && x != p.from
		}
		for _, e := range r.Edges {
			cut[e] = true
		}
		if !p.g.reach(int32(p.from), dead, cut)[v] {
			return false
		}
	}
	return true
}

// Together are nodes and edges that fail together: a risk group.
type Together struct{ Nodes, Edges []int }

// flow is a network with small capacities; arcs come in pairs, the second being the way back.
type flow struct {
	first []int32 // newest arc of a node, -1: none
	next  []int32
	to    []int32
	room  []int8 // what still fits
	full  []int8 // what fits at first
	by    []int32
	queue []int32
}

func newFlow(n int) *flow {
	f := &flow{first: make([]int32, n), by: make([]int32, n)}
	for i := range f.first {
		f.first[i] = -1
	}
	return f
}

func (f *flow) add(a, b int32, there, back int8) {
	f.arc(a, b, there)
	f.arc(b, a, back)
}

func (f *flow) arc(a, b int32, room int8) {
	f.to, f.room, f.full = append(f.to, b), append(f.room, room), append(f.full, room)
	f.next = append(f.next, f.first[a])
	f.first[a] = int32(len(f.to) - 1)
}

// most is the maximum flow from s to t by shortest augmenting paths, one unit at a time.
func (f *flow) most(s, t int32, limit int) (n int) {
	if s == t {
		return 0
	}
	copy(f.room, f.full)
	for (limit == 0 || n < limit) && f.augment(s, t) {
		n++
	}
	return n
}

func (f *flow) augment(s, t int32) bool {
	for i := range f.by {
		f.by[i] = -1
	}
	f.queue = append(f.queue[:0], s)
	for at := 0; at < len(f.queue) && f.by[t] < 0; at++ {
		v := f.queue[at]
		for a := f.first[v]; a >= 0; a = f.next[a] {
			if w := f.to[a]; f.room[a] > 0 && w != s && f.by[w] < 0 {
				f.by[w] = a
				f.queue = append(f.queue, w)
			}
		}
	}
	if f.by[t] < 0 {
		return false
	}
	for v := t; v != s; {
		a := f.by[v]
		f.room[a]--
		f.room[a^1]++
		v = f.to[a^1]
	}
	return true
}
