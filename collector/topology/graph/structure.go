package graph

import "slices"

// Structure is what holds a graph together, seen from a core.
type Structure struct {
	g          *Graph
	core       int
	components int

	order  []int32 // nodes in the order in which the search met them
	seen   []int32 // position of a node in order
	size   []int32 // nodes of the subtree: order[seen[v]:seen[v]+size[v]]
	parent []int32 // -1 for roots
	upEdge []int32 // edge to the parent
	part   []int32 // component of a node
	hangs  []bool  // the subtree is held by its parent alone
	isCut  []bool

	bridge   []bool // by edge id
	blocks   [][]int
	clusters [][]int
}

// Analyze searches g from core (-1: nobody named one), then from every node not met yet.
func Analyze(g *Graph, core int) *Structure {
	n := g.Nodes()
	s := &Structure{
		g: g, core: core, order: make([]int32, 0, n), seen: make([]int32, n), size: make([]int32, n),
		parent: make([]int32, n), upEdge: make([]int32, n), part: make([]int32, n), hangs: make([]bool, n),
		isCut: make([]bool, n), bridge: make([]bool, g.Edges()),
	}
	for v := range s.seen {
		s.seen[v] = -1
	}
	d := search{Structure: s, low: make([]int32, n), next: append([]int32(nil), g.head[:n]...)}
	if core >= 0 {
		d.from(int32(core))
	}
	for v := range int32(n) {
		if s.seen[v] < 0 {
			d.from(v)
		}
	}
	slices.SortFunc(s.blocks, slices.Compare)
	s.clusters = s.twoEdge()
	return s
}

// search is the state that only the search itself needs.
type search struct {
	*Structure
	low   []int32 // the earliest node that the subtree reaches by one back edge
	next  []int32 // the next arc of a node
	path  []int32
	stack []int32 // nodes that belong to no finished block yet
}

func (d *search) meet(v, parent, edge int32) {
	d.seen[v] = int32(len(d.order))
	d.low[v] = d.seen[v]
	d.order = append(d.order, v)
	d.parent[v], d.upEdge[v], d.size[v] = parent, edge, 1
	d.part[v] = int32(d.components)
	d.path = append(d.path, v)
	d.stack = append(d.stack, v)
}

func (d *search) from(root int32) {
	d.stack = d.stack[:0]
	d.meet(root, -1, -1)
	for len(d.path) > 0 {
		v := d.path[len(d.path)-1]
		if d.next[v] == d.g.head[v+1] {
			d.path = d.path[:len(d.path)-1]
			d.leave(v)
			continue
		}
		a := d.g.arcs[d.next[v]]
		d.next[v]++
		switch {
		case a.edge == d.upEdge[v]:
		case d.seen[a.to] < 0:
			d.meet(a.to, v, a.edge)
		default:
			d.low[v] = min(d.low[v], d.seen[a.to])
		}
	}
	d.isCut[root] = d.branches(root) > 1
	d.components++
}

// leave hands what is known of v to its parent, and closes the block and the bridge that end there.
func (d *search) leave(v int32) {
	p := d.parent[v]
	if p < 0 {
		return
	}
	d.low[p] = min(d.low[p], d.low[v])
	d.size[p] += d.size[v]
	if d.low[v] < d.seen[p] {
		return
	}
	d.isCut[p] = true // of a root only its branches tell: see from
	d.bridge[d.upEdge[v]] = d.low[v] > d.seen[p]
	block := []int{int(p)}
	for {
		last := d.stack[len(d.stack)-1]
		d.stack = d.stack[:len(d.stack)-1]
		block = append(block, int(last))
		if last == v {
			break
		}
	}
	d.hangs[v] = true
	slices.Sort(block)
	d.blocks = append(d.blocks, block)
}
