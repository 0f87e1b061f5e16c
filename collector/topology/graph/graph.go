package graph

import "fmt"

// maxSize is the largest number of nodes and of edges: ids are int32, and two arcs are kept for an edge.
const maxSize = 1 << 24

// Graph is an undirected multigraph over the nodes 0…n-1. It does not change once made.
type Graph struct {
	edges [][2]int32
	head  []int32 // arcs of v are arcs[head[v]:head[v+1]], in the order of edge ids
	arcs  []arc
}

type arc struct{ to, edge int32 }

// New makes the graph with n nodes and the given edges.
func New(n int, edges [][2]int) (*Graph, error) {
	if n < 0 || n > maxSize || len(edges) > maxSize {
		return nil, fmt.Errorf("%d nodes and %d edges: at most %d of each can be analyzed", n, len(edges), maxSize)
	}
	g := &Graph{edges: make([][2]int32, len(edges)), head: make([]int32, n+1)}
	for i, e := range edges {
		for _, v := range e {
			if v < 0 || v >= n {
				return nil, fmt.Errorf("edge %d: node %d is outside of the %d nodes", i, v, n)
			}
		}
		g.edges[i] = [2]int32{int32(e[0]), int32(e[1])}
		if e[0] != e[1] {
			g.head[e[0]]++
			g.head[e[1]]++
		}
	}
	var sum int32
	for v, d := range g.head {
		g.head[v], sum = sum, sum+d
	}
	g.arcs = make([]arc, sum)
	next := append([]int32(nil), g.head...)
	for i, e := range g.edges {
		if e[0] == e[1] {
			continue
		}
		for side, v := range e {
			g.arcs[next[v]] = arc{to: e[1-side], edge: int32(i)}
			next[v]++
		}
	}
	return g, nil
}

// Nodes is the number of nodes.
func (g *Graph) Nodes() int { return len(g.head) - 1 }

// Edges is the number of edges, self loops among them.
func (g *Graph) Edges() int { return len(g.edges) }

// Edge returns the two ends of an edge, as they were given.
func (g *Graph) Edge(id int) (a, b int) { return int(g.edges[id][0]), int(g.edges[id][1]) }

// Degree counts the edges at v; self loops do not count.
func (g *Graph) Degree(v int) int { return int(g.head[v+1] - g.head[v]) }

// Busiest is the node with most edges, the first among equals; -1 in an empty graph. It stands for the core
// where nobody named one.
func (g *Graph) Busiest() int {
	best := -1
	for v := range g.Nodes() {
		if best < 0 || g.Degree(v) > g.Degree(best) {
			best = v
		}
	}
	return best
}

func (g *Graph) around(v int32) []arc { return g.arcs[g.head[v]:g.head[v+1]] }

// Neighbors calls visit with each edge at v and the node at its other end, in the order of edge ids.
func (g *Graph) Neighbors(v int, visit func(node, edge int)) {
	for _, a := range g.around(int32(v)) {
		visit(int(a.to), int(a.edge))
	}
}

// Lost returns the nodes that reach core now and do not once the given nodes and edges have failed together,
// ascending; those that failed are not counted. It costs O(V+E).
func (g *Graph) Lost(core int, nodes, edges []int) []int {
	if core < 0 {
		return nil
	}
	dead, cut := make([]bool, g.Nodes()), make([]bool, g.Edges())
	before := g.reach(int32(core), dead, cut)
	for _, v := range nodes {
		dead[v] = true
	}
	for _, e := range edges {
		cut[e] = true
	}
	after := g.reach(int32(core), dead, cut)
	var lost []int
	for v := range before {
		if before[v] && !after[v] && !dead[v] {
			lost = append(lost, v)
		}
	}
	return lost
}

// reach marks what start reaches past dead nodes and cut edges.
func (g *Graph) reach(start int32, dead, cut []bool) []bool {
	seen := make([]bool, g.Nodes())
	if dead[start] {
		return seen
	}
	seen[start] = true
	queue := []int32{start}
	for len(queue) > 0 {
		v := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, a := range g.around(v) {
			if !seen[a.to] && !dead[a.to] && !cut[a.edge] {
				seen[a.to] = true
				queue = append(queue, a.to)
			}
		}
	}
	return seen
}
