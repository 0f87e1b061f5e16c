package graph

import (
	"math/rand/v2"
	"testing"
)

// campus is a network of 5,000 nodes and 8,000 links: a meshed core, distribution pairs, access switches
// with one or two uplinks.
func campus(b *testing.B) (*Graph, Demands) {
	random := rand.New(rand.NewPCG(6, 2026))
	var edges [][2]int
	for v := 1; v < 5000; v++ {
		switch {
		case v < 20:
			edges = append(edges, [2]int{v, random.IntN(v)})
		case v < 400:
			edges = append(edges, [2]int{v, random.IntN(20)})
		default:
			edges = append(edges, [2]int{v, 20 + random.IntN(380)})
		}
	}
	for len(edges) < 8000 {
		edges = append(edges, [2]int{400 + random.IntN(4600), 20 + random.IntN(380)})
	}
	g, err := New(5000, edges)
	if err != nil {
		b.Fatal(err)
	}
	in := Demands{Node: make([]float64, 5000), Capacity: make([]float64, 8000)}
	for v := range in.Node {
		in.Node[v] = float64(random.IntN(1000))
	}
	for e := range in.Capacity {
		in.Capacity[e] = float64(1000 + random.IntN(9000))
	}
	return g, in
}

func BenchmarkStructure(b *testing.B) {
	g, _ := campus(b)
	for b.Loop() {
		s := Analyze(g, 0)
		for v := range g.Nodes() {
			s.Loses(v)
		}
		for e := range g.Edges() {
			s.LosesBridge(e)
		}
	}
}

func BenchmarkSurveyAllFailures(b *testing.B) {
	g, in := campus(b)
	edges, nodes := make([]int, 8000), make([]int, 5000)
	for i := range edges {
		edges[i] = i
	}
	for i := range nodes {
		nodes[i] = i
	}
	for b.Loop() {
		s, err := NewSurvey(g, 0, in)
		if err != nil {
			b.Fatal(err)
		}
		s.EdgesFail(edges)
		s.NodesFail(nodes)
	}
}
