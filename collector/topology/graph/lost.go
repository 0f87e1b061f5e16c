package graph

import "slices"

// Span is a stretch of the search order: nodes From ≤ position < To, see Structure.Order.
type Span struct{ From, To int }

// Core is the node that the structure is seen from, or -1.
func (s *Structure) Core() int { return s.core }

// Components is the number of connected components; an isolated node is one.
func (s *Structure) Components() int { return s.components }

// Component is the number of the component of v. Component 0 is the core's.
func (s *Structure) Component(v int) int { return int(s.part[v]) }

// Reaches tells whether v reaches the core; the core does.
func (s *Structure) Reaches(v int) bool { return s.core >= 0 && s.part[v] == s.part[s.core] }

// Articulation tells whether the failure of v parts its component.
func (s *Structure) Articulation(v int) bool { return s.isCut[v] }

// Articulations lists the articulation points, ascending.
func (s *Structure) Articulations() []int { return where(s.isCut) }

// Bridge tells whether the failure of an edge parts its component.
func (s *Structure) Bridge(edge int) bool { return s.bridge[edge] }

// Bridges lists the bridges, ascending by edge id.
func (s *Structure) Bridges() []int { return where(s.bridge) }

// Blocks are the biconnected components, each ascending, in the order of their nodes. A bridge is a block of
// two; an isolated node is in none.
func (s *Structure) Blocks() [][]int { return s.blocks }

// TwoEdge are the two-edge-connected components, each ascending, in the order of their nodes: what is left
// together when all bridges are gone. Every node is in one.
func (s *Structure) TwoEdge() [][]int { return s.clusters }

// Order is the search order that spans refer to.
func (s *Structure) Order(position int) int { return int(s.order[position]) }

// Loses are the spans of the nodes that reach the core now and do not without v; v itself is in none. They
// are disjoint and ascending.
func (s *Structure) Loses(v int) []Span {
	if !s.Reaches(v) {
		return nil
	}
	first := int(s.seen[v])
	if v == s.core {
		if s.size[v] == 1 {
			return nil
		}
		return []Span{{first + 1, first + int(s.size[v])}}
	}
	var spans []Span
	s.children(int32(v), func(c int32) {
		if s.hangs[c] {
			spans = append(spans, s.span(c))
		}
	})
	return spans
}

// LosesBridge is the span of the nodes that reach the core now and do not without the edge; empty unless the
// edge is a bridge of the core's component.
func (s *Structure) LosesBridge(edge int) Span {
	if !s.bridge[edge] {
		return Span{}
	}
	a, b := s.g.edges[edge][0], s.g.edges[edge][1]
	if !s.Reaches(int(a)) {
		return Span{}
	}
	if s.parent[b] == a {
		return s.span(b)
	}
	return s.span(a)
}

// Nodes lists the nodes of spans, ascending.
func (s *Structure) Nodes(spans ...Span) []int {
	var out []int
	for _, x := range spans {
		for _, v := range s.order[x.From:x.To] {
			out = append(out, int(v))
		}
	}
	slices.Sort(out)
	return out
}

// Sums returns a function that adds a weight (users, departments, service levels) over spans in constant
// time for each.
func (s *Structure) Sums(weight func(node int) float64) func(spans ...Span) float64 {
	upTo := make([]float64, len(s.order)+1)
	for i, v := range s.order {
		upTo[i+1] = upTo[i] + weight(int(v))
	}
	return func(spans ...Span) (sum float64) {
		for _, x := range spans {
			sum += upTo[x.To] - upTo[x.From]
		}
		return sum
	}
}

func (s *Structure) span(v int32) Span {
	return Span{int(s.seen[v]), int(s.seen[v] + s.size[v])}
}

// children calls visit with the children of v in the search tree.
func (s *Structure) children(v int32, visit func(c int32)) {
	for at, end := s.seen[v]+1, s.seen[v]+s.size[v]; at < end; {
		c := s.order[at]
		visit(c)
		at += s.size[c]
	}
}

func (s *Structure) branches(v int32) (n int) {
	s.children(v, func(int32) { n++ })
	return n
}

// twoEdge cuts the search tree at the bridges.
func (s *Structure) twoEdge() [][]int {
	of := make([]int, len(s.order))
	var out [][]int
	for _, v := range s.order {
		if p := s.parent[v]; p >= 0 && !s.bridge[s.upEdge[v]] {
			of[v] = of[p]
		} else {
			of[v] = len(out)
			out = append(out, nil)
		}
		out[of[v]] = append(out[of[v]], int(v))
	}
	for _, c := range out {
		slices.Sort(c)
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

func where(is []bool) []int {
	var out []int
	for i, yes := range is {
		if yes {
			out = append(out, i)
		}
	}
	return out
}
