package graph

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// near is how close two utilizations have to be to count as equal: sums of even shares differ in their last
// bits by the order of addition, and neither a tie nor a link at exactly 100 % may depend on that.
const near = 1e-9

// Demands are what nodes send to the core and what edges carry, in one unit of choice.
type Demands struct {
	Node     []float64 // by node; the core's own is not sent
	Capacity []float64 // by edge, above 0
}

// Load is what is left after a failure, or of the whole.
type Load struct {
	Lost       float64 // demand of nodes that are alive and do not reach the core
	Max        float64 // largest utilization, as a ratio
	MaxEdge    int     // the first edge that has it; -1 when nothing is carried
	Overloaded []int   // edges above their capacity, ascending
}

// Survey carries demands to a core along shortest paths by hops, split at each hop evenly over all edges that
// lead one hop nearer. Now, EdgeFails and NodeFails may be called from any goroutine.
type Survey struct {
	g    *Graph
	core int32
	in   Demands

	dist  []int32 // hops to the core, -1: does not reach it
	order []int32 // nodes that reach the core, nearest first
	ways  []int32 // edges that lead one hop nearer
	load  []float64
	flow  []float64 // by edge
	now   Load
	rank  []int32 // edges, busiest first, lowest id first among equals
	over  []int   // overloaded now
	unmet float64
}

// NewSurvey carries the demands over the whole graph.
func NewSurvey(g *Graph, core int, in Demands) (*Survey, error) {
	n := g.Nodes()
	if core < 0 || core >= n {
		return nil, fmt.Errorf("core %d is none of the %d nodes: demands need one to go to", core, n)
	}
	if len(in.Node) != n || len(in.Capacity) != g.Edges() {
		return nil, fmt.Errorf("%d demands and %d capacities for %d nodes and %d edges: give one for each",
			len(in.Node), len(in.Capacity), n, g.Edges())
	}
	s := &Survey{g: g, core: int32(core), in: in, dist: make([]int32, n), ways: make([]int32, n),
		load: make([]float64, n), flow: make([]float64, g.Edges())}
	s.measure()
	s.carry()
	s.rank = make([]int32, g.Edges())
	for i := range s.rank {
		s.rank[i] = int32(i)
		if s.util(i) > 1+near {
			s.over = append(s.over, i)
		}
	}
	slices.SortFunc(s.rank, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(s.util(int(a)), s.util(int(b))), cmp.Compare(a, b))
	})
	s.now = s.newScene().result()
	return s, nil
}

// Now is the load while nothing fails.
func (s *Survey) Now() Load { return s.now }

// Flow is what an edge carries while nothing fails.
func (s *Survey) Flow(edge int) float64 { return s.flow[edge] }

func (s *Survey) util(edge int) float64 { return s.flow[edge] / s.in.Capacity[edge] }

// measure finds the hops to the core.
func (s *Survey) measure() {
	for v := range s.dist {
		s.dist[v] = -1
	}
	s.dist[s.core] = 0
	s.order = append(s.order, s.core)
	for at := 0; at < len(s.order); at++ {
		v := s.order[at]
		for _, a := range s.g.around(v) {
			if s.dist[a.to] < 0 {
				s.dist[a.to] = s.dist[v] + 1
				s.order = append(s.order, a.to)
			}
			if s.dist[a.to] == s.dist[v]+1 {
				s.ways[a.to]++
			}
		}
	}
}

// carry sends the demands, farthest first.
func (s *Survey) carry() {
	for v, d := range s.in.Node {
		switch {
		case s.dist[v] > 0:
			s.load[v] = d
		case s.dist[v] < 0:
			s.unmet += d
		}
	}
	for i := len(s.order) - 1; i > 0; i-- {
		v := s.order[i]
		share := s.load[v] / float64(s.ways[v])
		for _, a := range s.g.around(v) {
			if s.dist[a.to] == s.dist[v]-1 {
				s.flow[a.edge] = share
				s.load[a.to] += share
			}
		}
	}
}

// EdgeFails is the load without one edge.
func (s *Survey) EdgeFails(edge int) Load { return s.EdgesFail([]int{edge})[0] }

// NodeFails is the load without one node. Its own demand is neither sent nor lost; without the core all of
// the demand is lost.
func (s *Survey) NodeFails(node int) Load { return s.NodesFail([]int{node})[0] }

// EdgesFail is the load without each of the edges, one at a time.
func (s *Survey) EdgesFail(edges []int) []Load {
	out := make([]Load, len(edges))
	c := s.newScene()
	for i, e := range edges {
		out[i] = s.now
		if s.flow[e] > 0 { // else nothing that counts goes that way
			c.cutEdge(int32(e))
			out[i] = c.result()
			c.reset()
		}
	}
	return out
}

// NodesFail is the load without each of the nodes, one at a time.
func (s *Survey) NodesFail(nodes []int) []Load {
	out := make([]Load, len(nodes))
	c := s.newScene()
	for i, v := range nodes {
		switch {
		case int32(v) == s.core:
			out[i] = Load{MaxEdge: -1, Lost: s.total(v)}
		case s.dist[v] < 0:
			out[i] = s.now
			out[i].Lost -= s.in.Node[v]
		default:
			c.cutNode(int32(v))
			out[i] = c.result()
			c.reset()
		}
	}
	return out
}

func (s *Survey) total(without int) (sum float64) {
	for v, d := range s.in.Node {
		if v != without {
			sum += d
		}
	}
	return sum
}

// busiest adds the edges of the whole that a scene did not touch to what it found among those it did.
func (s *Survey) busiest(touched []bool, top *Load) {
	for _, e := range s.rank {
		u := s.util(int(e))
		if u <= 0 || u < top.Max*(1-near) {
			return
		}
		if touched[e] {
			continue
		}
		top.take(int(e), u)
	}
}

// take keeps the larger utilization; among equals the lower id.
func (l *Load) take(edge int, util float64) {
	switch {
	case util <= 0:
	case l.MaxEdge < 0 || util > l.Max*(1+near):
		l.MaxEdge, l.Max = edge, util
	case util >= l.Max*(1-near):
		l.MaxEdge, l.Max = min(l.MaxEdge, edge), math.Max(l.Max, util)
	}
}
