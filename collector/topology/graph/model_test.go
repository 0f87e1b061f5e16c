package graph

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawGraph draws a multigraph: parallel edges, self loops, isolated nodes, several components.
func drawGraph(t *rapid.T) (n int, edges [][2]int, g *Graph) {
	n = rapid.IntRange(1, 9).Draw(t, "nodes")
	node := rapid.IntRange(0, n-1)
	edges = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int {
		return [2]int{node.Draw(t, "from"), node.Draw(t, "to")}
	}), 0, 14).Draw(t, "edges")
	g, err := New(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	return n, edges, g
}

// labels is the brute force: the component of each node without one node and some edges, by relaxation.
func labels(n int, edges [][2]int, deadNode int, dead func(edge int) bool) []int {
	label := make([]int, n)
	for v := range label {
		label[v] = v
	}
	if deadNode >= 0 {
		label[deadNode] = -1
	}
	for range n {
		for i, e := range edges {
			if e[0] != deadNode && e[1] != deadNode && !dead(i) {
				low := min(label[e[0]], label[e[1]])
				label[e[0]], label[e[1]] = low, low
			}
		}
	}
	return label
}

func count(label []int) int {
	seen := map[int]bool{}
	for _, l := range label {
		if l >= 0 {
			seen[l] = true
		}
	}
	return len(seen)
}

func none(int) bool { return false }

func only(x int) func(int) bool { return func(e int) bool { return e == x } }

func TestStructureEqualsDeletion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, edges, g := drawGraph(t)
		core := rapid.IntRange(-1, n-1).Draw(t, "core")
		s := Analyze(g, core)
		whole := labels(n, edges, -1, none)
		if s.Components() != count(whole) {
			t.Fatalf("components: got %d, want %d", s.Components(), count(whole))
		}
		for v := range n {
			without := labels(n, edges, v, none)
			alone := count(whole) - count(without) // an isolated node takes its component along
			if got, want := s.Articulation(v), alone < 0; got != want {
				t.Fatalf("articulation %d: got %t, want %t", v, got, want)
			}
			equal(t, "lost without node", s.Nodes(s.Loses(v)...), cutOff(whole, without, core, v))
			equal(t, "lost without node, by reach", orEmpty(g.Lost(core, []int{v}, nil)), cutOff(whole, without, core, v))
		}
		for e := range edges {
			without := labels(n, edges, -1, only(e))
			if got, want := s.Bridge(e), count(without) > count(whole); got != want {
				t.Fatalf("bridge %d: got %t, want %t", e, got, want)
			}
			equal(t, "lost without edge", s.Nodes(s.LosesBridge(e)), cutOff(whole, without, core, -1))
		}
		checkParts(t, n, edges, s, whole)
	})
}

func checkParts(t *rapid.T, n int, edges [][2]int, s *Structure, whole []int) {
	bridgeless := labels(n, edges, -1, s.Bridge)
	for _, cluster := range s.TwoEdge() {
		for v := range n {
			if in := slices.Contains(cluster, v); in != (bridgeless[v] == bridgeless[cluster[0]]) {
				t.Fatalf("two-edge-connected component %v: node %d", cluster, v)
			}
		}
	}
	sum := 0
	for _, b := range s.Blocks() {
		sum += len(b) - 1
		// no node of a block parts two others of it
		for _, cut := range b {
			without := labels(n, edges, cut, none)
			rest := slices.DeleteFunc(slices.Clone(b), func(v int) bool { return v == cut })
			for _, v := range rest {
				if without[v] != without[rest[0]] {
					t.Fatalf("block %v falls apart without %d", b, cut)
				}
			}
		}
	}
	if sum != n-count(whole) {
		t.Fatalf("blocks hold %d, want %d", sum, n-count(whole))
	}
}

func cutOff(whole, without []int, core, failed int) []int {
	out := []int{}
	for v := range whole {
		if core >= 0 && v != failed && v != core && whole[v] == whole[core] && (failed == core || without[v] != without[core]) {
			out = append(out, v)
		}
	}
	return out
}

func orEmpty(x []int) []int { return append([]int{}, x...) }

func equal(t *rapid.T, what string, got, want []int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// TestPathsEqualCuts checks Menger's theorem against every set of failures.
func TestPathsEqualCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, edges, g := drawGraph(t)
		from := rapid.IntRange(0, n-1).Draw(t, "from")
		to := rapid.IntRange(0, n-1).Filter(func(v int) bool { return n == 1 || v != from }).Draw(t, "to")
		if from == to {
			return
		}
		p := NewPaths(g, from)
		least := len(edges)
		for set := range 1 << len(edges) {
			if k := ones(set); k < least && parted(n, edges, from, to, 0, set) {
				least = k
			}
		}
		if got := p.EdgeDisjoint(to, 0); got != least {
			t.Fatalf("edge-disjoint: got %d, want %d", got, least)
		}
		adjacent := slices.ContainsFunc(edges, func(e [2]int) bool { return e == [2]int{from, to} || e == [2]int{to, from} })
		got, ok := p.NodeDisjoint(to, 0)
		if ok == adjacent {
			t.Fatalf("neighbors %t: ok is %t", adjacent, ok)
		}
		if adjacent {
			return
		}
		least = n
		for set := range 1 << n {
			if k := ones(set); set&(1<<from|1<<to) == 0 && k < least && parted(n, edges, from, to, set, 0) {
				least = k
			}
		}
		if got != least {
			t.Fatalf("node-disjoint: got %d, want %d", got, least)
		}
	})
}

func ones(set int) (n int) {
	for ; set > 0; set &= set - 1 {
		n++
	}
	return n
}

func parted(n int, edges [][2]int, from, to, nodes, cut int) bool {
	label := labels(n, edges, -1, func(e int) bool {
		return cut&(1<<e) != 0 || nodes&(1<<edges[e][0]|1<<edges[e][1]) != 0
	})
	return label[from] != label[to]
}

// TestSurveyEqualsAnew compares the load after each failure with that of a graph which never had what failed.
func TestSurveyEqualsAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, edges, g := drawGraph(t)
		core := rapid.IntRange(0, n-1).Draw(t, "core")
		in := Demands{
			Node:     rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 5), func(x int) float64 { return float64(x * 60) }), n, n).Draw(t, "demands"),
			Capacity: rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 3), func(x int) float64 { return float64(x * 100) }), len(edges), len(edges)).Draw(t, "capacities"),
		}
		s, err := NewSurvey(g, core, in)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "now", s.Now(), anew(n, edges, core, in, -1, -1))
		for e := range edges {
			same(t, "edge fails", s.EdgeFails(e), anew(n, edges, core, in, -1, e))
		}
		for v := range n {
			same(t, "node fails", s.NodeFails(v), anew(n, edges, core, in, v, -1))
		}
	})
}

// anew carries the demands by definition: hops by relaxation, then level by level.
func anew(n int, edges [][2]int, core int, in Demands, deadNode, deadEdge int) Load {
	live := func(i int) bool { return i != deadEdge && edges[i][0] != deadNode && edges[i][1] != deadNode }
	hops := make([]int, n)
	for v := range hops {
		hops[v] = math.MaxInt32
	}
	if core != deadNode {
		hops[core] = 0
	}
	for range n {
		for i, e := range edges {
			if live(i) {
				hops[e[0]], hops[e[1]] = min(hops[e[0]], hops[e[1]]+1), min(hops[e[1]], hops[e[0]]+1)
			}
		}
	}
	load, flow := make([]float64, n), make([]float64, len(edges))
	out := Load{MaxEdge: -1}
	for v := range n {
		switch {
		case v == deadNode || v == core:
		case hops[v] >= math.MaxInt32:
			out.Lost += in.Node[v]
		default:
			load[v] = in.Node[v]
		}
	}
	for d := n; d > 0; d-- {
		for v := range n {
			if hops[v] != d {
				continue
			}
			var ways []int
			for i, e := range edges {
				if live(i) && (e[0] == v && hops[e[1]] == d-1 || e[1] == v && hops[e[0]] == d-1) {
					ways = append(ways, i)
				}
			}
			for _, i := range ways {
				flow[i] = load[v] / float64(len(ways))
				load[edges[i][0]+edges[i][1]-v] += flow[i]
			}
		}
	}
	for i := range edges {
		u := flow[i] / in.Capacity[i]
		out.Max = max(out.Max, u)
		if u > 1+1e-9 {
			out.Overloaded = append(out.Overloaded, i)
		}
	}
	for i := range edges {
		if out.MaxEdge < 0 && out.Max > 0 && flow[i]/in.Capacity[i] > out.Max*(1-1e-9) {
			out.MaxEdge = i
		}
	}
	return out
}

func same(t *rapid.T, what string, got, want Load) {
	t.Helper()
	if math.Abs(got.Lost-want.Lost) > 1e-6 || math.Abs(got.Max-want.Max) > 1e-9 || got.MaxEdge != want.MaxEdge ||
		!slices.Equal(got.Overloaded, want.Overloaded) {
		t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}
