package graph

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

const (
	listMost  = 40 // longer lists of lost nodes are told by their number and a digest
	pathsMost = 80 // in larger networks paths to every node are not counted: see Paths for those of one
)

// Answer is what `analyze topology` prints.
type Answer struct {
	Components    int                     `json:"components"`
	Articulations []ID                    `json:"articulation_points"`
	Bridges       [][2]ID                 `json:"bridges"`
	Blocks        [][]ID                  `json:"biconnected_components"`
	TwoEdge       [][]ID                  `json:"two_edge_connected_components"`
	Core          *ID                     `json:"core"`
	NodeFails     map[string]LostNodes    `json:"lost_if_node_fails"`
	BridgeFails   map[string]LostNodes    `json:"lost_if_bridge_fails"`
	Disjoint      map[string]DisjointWays `json:"disjoint_paths_from_core"`
	N1            *N1Answer               `json:"n1,omitempty"`
}

// LostNodes are the nodes that a failure cuts off. SHA256 is that of their ids, ascending, joined by commas.
type LostNodes struct {
	Count  int    `json:"count"`
	Nodes  []ID   `json:"nodes,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// DisjointWays are the numbers of disjoint paths from the core. NodeDisjoint is nil for its neighbors.
type DisjointWays struct {
	EdgeDisjoint int  `json:"edge_disjoint"`
	NodeDisjoint *int `json:"node_disjoint_internal"`
}

// N1Answer is the load now and after each single failure, by edge id and by node id.
type N1Answer struct {
	Normal    LoadAnswer            `json:"normal"`
	LinkFails map[string]LoadAnswer `json:"link_fail"`
	NodeFails map[string]LoadAnswer `json:"node_fail"`
}

// LoadAnswer is a Load in Mbit/s.
type LoadAnswer struct {
	Lost       float64 `json:"lost_demand_mbps"`
	MaxUtil    float64 `json:"max_util"`
	MaxLink    *int    `json:"max_util_link"`
	Overloaded []int   `json:"overloaded_links"`
}

// Answer analyzes the network.
func (in *Input) Answer() (*Answer, error) {
	s := Analyze(in.Graph, in.Core)
	out := &Answer{
		Components: s.Components(), Articulations: in.ids(s.Articulations()), Bridges: [][2]ID{},
		Blocks: in.lists(s.Blocks()), TwoEdge: in.lists(s.TwoEdge()),
		NodeFails: map[string]LostNodes{}, BridgeFails: map[string]LostNodes{}, Disjoint: map[string]DisjointWays{},
	}
	in.bridges(s, out)
	if in.Core < 0 {
		return out, nil
	}
	out.Core = &in.IDs[in.Core]
	for v, id := range in.IDs {
		if spans := s.Loses(v); len(spans) > 0 {
			out.NodeFails[id.text] = in.lost(s.Nodes(spans...))
		}
	}
	if len(in.IDs) <= pathsMost {
		in.disjoint(s, out)
	}
	var err error
	out.N1, err = in.n1()
	return out, err
}

// bridges are told in the order of their ends.
func (in *Input) bridges(s *Structure, out *Answer) {
	type bridge struct{ low, high, edge int }
	var all []bridge
	for _, e := range s.Bridges() {
		a, b := in.Graph.Edge(e)
		all = append(all, bridge{min(a, b), max(a, b), e})
	}
	slices.SortFunc(all, func(x, y bridge) int {
		return cmp.Or(cmp.Compare(x.low, y.low), cmp.Compare(x.high, y.high))
	})
	for _, b := range all {
		low, high := in.IDs[b.low], in.IDs[b.high]
		out.Bridges = append(out.Bridges, [2]ID{low, high})
		if span := s.LosesBridge(b.edge); span.To > span.From {
			out.BridgeFails[low.text+"-"+high.text] = in.lost(s.Nodes(span))
		}
	}
}

func (in *Input) disjoint(s *Structure, out *Answer) {
	paths := NewPaths(in.Graph, in.Core)
	for v, id := range in.IDs {
		if v == in.Core || !s.Reaches(v) {
			continue
		}
		ways := DisjointWays{EdgeDisjoint: paths.EdgeDisjoint(v, 0)}
		if n, ok := paths.NodeDisjoint(v, 0); ok {
			ways.NodeDisjoint = &n
		}
		out.Disjoint[id.text] = ways
	}
}

func (in *Input) n1() (*N1Answer, error) {
	if in.Demands == nil {
		return nil, nil
	}
	survey, err := NewSurvey(in.Graph, in.Core, *in.Demands)
	if err != nil {
		return nil, err
	}
	out := &N1Answer{Normal: loadAnswer(survey.Now()), LinkFails: map[string]LoadAnswer{}, NodeFails: map[string]LoadAnswer{}}
	edges := make([]int, in.Graph.Edges())
	for e := range edges {
		edges[e] = e
	}
	for e, l := range survey.EdgesFail(edges) {
		out.LinkFails[strconv.Itoa(e)] = loadAnswer(l)
	}
	nodes := make([]int, 0, len(in.IDs))
	for v := range in.IDs {
		if v != in.Core {
			nodes = append(nodes, v)
		}
	}
	for i, l := range survey.NodesFail(nodes) {
		out.NodeFails[in.IDs[nodes[i]].text] = loadAnswer(l)
	}
	return out, nil
}

func loadAnswer(l Load) LoadAnswer {
	out := LoadAnswer{Lost: rounded(l.Lost), MaxUtil: rounded(l.Max), Overloaded: l.Overloaded}
	if out.Overloaded == nil {
		out.Overloaded = []int{}
	}
	if l.MaxEdge >= 0 {
		out.MaxLink = &l.MaxEdge
	}
	return out
}

// rounded keeps six digits after the point, to even where two are equally near.
func rounded(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 6, 64), 64)
	if err != nil { // not a number in our own output
		return x
	}
	return y
}

func (in *Input) lost(nodes []int) LostNodes {
	out := LostNodes{Count: len(nodes)}
	ids := in.ids(nodes)
	if len(ids) <= listMost {
		out.Nodes = ids
		return out
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.text
	}
	sum := sha256.Sum256([]byte(strings.Join(texts, ",")))
	out.SHA256 = hex.EncodeToString(sum[:])
	return out
}

func (in *Input) ids(nodes []int) []ID {
	out := make([]ID, len(nodes))
	for i, v := range nodes {
		out[i] = in.IDs[v]
	}
	return out
}

func (in *Input) lists(lists [][]int) [][]ID {
	out := make([][]ID, len(lists))
	for i, l := range lists {
		out[i] = in.ids(l)
	}
	return out
}
