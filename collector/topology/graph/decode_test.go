package graph

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeForms(t *testing.T) {
	want := map[string]any{ // a triangle with a tail, and one alone
		"components": 2.0, "articulation_points": []any{2.0}, "bridges": []any{[]any{2.0, 10.0}},
		"biconnected_components":        []any{[]any{0.0, 1.0, 2.0}, []any{2.0, 10.0}},
		"two_edge_connected_components": []any{[]any{0.0, 1.0, 2.0}, []any{3.0}, []any{10.0}},
		"core":                          2.0,
		"lost_if_node_fails":            map[string]any{"2": map[string]any{"count": 3.0, "nodes": []any{0.0, 1.0, 10.0}}},
		"lost_if_bridge_fails":          map[string]any{"2-10": map[string]any{"count": 1.0, "nodes": []any{10.0}}},
		"disjoint_paths_from_core": map[string]any{
			"0":  map[string]any{"edge_disjoint": 2.0, "node_disjoint_internal": nil},
			"1":  map[string]any{"edge_disjoint": 2.0, "node_disjoint_internal": nil},
			"10": map[string]any{"edge_disjoint": 1.0, "node_disjoint_internal": nil},
		},
	}
	f := func(text string) {
		t.Helper()
		if diff := cmp.Diff(want, printed(t, []byte(text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	f(`{"nodes":[0,1,2,3,10],"edges":[[0,1],[1,2],[2,0],[2,10]]}`)
	f("\xef\xbb\xbf " + `{"nodes":[{"id":10},{"id":3,"label":"alone"},{"id":2},{"id":1},{"id":0}],"edges":[[10,2],{"source":1,"target":0},[1,2],[3,3],[2,0]],"core":2}`)
	f(`<?xml version="1.0" encoding="utf-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
	<key attr.name="label" attr.type="string" for="node" id="d1"/><key attr.name="core" for="graph" id="c"/>
	<graph edgedefault="undirected"><data key="c">2</data><node id="0"><data key="d1">Rome &amp; Milan</data></node><node id="1"/><node id="2"/>
	<node id="3"/><node id="10"/><edge source="0" target="1"/><edge source="1" target="2"><data key="d1">OC-3</data></edge>
	<edge source="2" target="0"/><edge source="2" target="10"/></graph></graphml>`)
}

func TestDecodeTexts(t *testing.T) {
	in, err := Decode(strings.NewReader(`<graphml><key id="k" attr.name="label"/><graph><node id="n0"><data key="k">A</data></node><node id="n10"/><node id="n2"/>` +
		`<edge source="n2" target="n0"/></graph></graphml>`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A", "", ""}, in.Labels); diff != "" {
		t.Error(diff)
	}
	if got := in.IDs[2].String(); got != "n2" || in.Core != 0 {
		t.Errorf("got %s, core %d; want n2, core 0", got, in.Core)
	}
	if err := in.SetCore("n2"); err != nil || in.Core != 2 {
		t.Errorf("got %v, core %d; want core 2", err, in.Core)
	}
}

func TestDecodeNothing(t *testing.T) {
	want := map[string]any{
		"components": 0.0, "articulation_points": []any{}, "bridges": []any{}, "biconnected_components": []any{},
		"two_edge_connected_components": []any{}, "core": nil, "lost_if_node_fails": map[string]any{},
		"lost_if_bridge_fails": map[string]any{}, "disjoint_paths_from_core": map[string]any{},
	}
	if diff := cmp.Diff(want, printed(t, []byte(`{"nodes":[]}`))); diff != "" {
		t.Error(diff)
	}
}

// TestLoadAtTheEdge: exactly full is not overloaded, nothing carried has no busiest link, and the lowest
// id is told among equals.
func TestLoadAtTheEdge(t *testing.T) {
	got := printed(t, []byte(`{"nodes":["c","s"],"core":"c","edges":[["s","c"],["c","s"],["s","s"]],
		"n1":{"demand_mbps_to_core":{"s":200,"c":7},"link_capacity_mbps":[100,100,1]}}`))
	load := func(lost, util float64, link any, over ...any) map[string]any {
		return map[string]any{"lost_demand_mbps": lost, "max_util": util, "max_util_link": link, "overloaded_links": append([]any{}, over...)}
	}
	want := map[string]any{
		"normal":    load(0, 1, 0.0),
		"link_fail": map[string]any{"0": load(0, 2, 1.0, 1.0), "1": load(0, 2, 0.0, 0.0), "2": load(0, 1, 0.0)},
		"node_fail": map[string]any{"s": load(0, 0, nil)},
	}
	if diff := cmp.Diff(want, got["n1"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeErrors(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Decode(strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
	f("", "the file is empty: want a JSON object with nodes and edges, or GraphML")
	f("\n{\"nodes\":[0,]}", "read the network as JSON: line 1: invalid character ']' looking for beginning of value")
	f(`[1]`, "read the network as JSON: the file holds JSON of type array: want one object with nodes and edges")
	f(`{"edges":[]}`, "nodes: not given: want a list of ids, or of objects with id and label")
	f(`{"nodes":[0],"edges":[]} {}`, "line 1: more follows after the network: give one JSON object")
	f(`{"nodes":[0,0]}`, `nodes[1]: id "0" stands twice: give each node an id of its own`)
	f(`{"nodes":[0,"0"]}`, `nodes[1]: id "0" stands twice: give each node an id of its own`)
	f(`{"nodes":[1.5]}`, "read the network as JSON: line 1: id 1.5: want a whole number or a text")
	f(`{"nodes":[{"label":"x"}]}`, "read the network as JSON: line 1: a node has no id: give each a number or a text")
	f(`{"nodes":[0],"edges":[[0]]}`, "read the network as JSON: line 1: an edge has 1 ends: want a pair of node ids")
	f(`{"nodes":[0],"edges":[7]}`, "read the network as JSON: line 1: an edge is 7: want a pair of node ids")
	f(`{"nodes":[0],"edges":[{"source":0}]}`, "read the network as JSON: line 1: an edge lacks its source or target: give both")
	f(`{"nodes":[0],"edges":[[0,4]]}`, `edges[0]: node "4" is not among nodes: add it there, or correct the edge`)
	f(`{"nodes":[0],"core":9}`, `core: node "9" is not among nodes: name one that is`)
	f(`{"nodes":[0],"n1":{"link_capacity_mbps":[1]}}`, "n1.link_capacity_mbps: 1 values for 0 edges: give one for each, in the order of edges")
	f(`{"nodes":[0],"edges":[[0,0]],"n1":{"link_capacity_mbps":[0]}}`, "n1.link_capacity_mbps[0]: 0: want 1e-06 to 1e+12")
	f(`{"nodes":[0],"n1":{"demand_mbps_to_core":{"5":1}}}`, `n1.demand_mbps_to_core: node "5" is not among nodes: add it there, or leave its demand out`)
	f(`{"nodes":[0],"n1":{"demand_mbps_to_core":{"0":-1}}}`, `n1.demand_mbps_to_core: node "0" has -1: want 0 to 1e+12`)
	f(`{"nodes":[],"n1":{}}`, "n1: there is no node to send demands to: give nodes, or leave n1 out")
	f("{\"nodes\":[0],\n\"n1\":{\"link_capacity_mbps\":\"x\"}}", "read the network as JSON: line 2: n1.link_capacity_mbps: a string stands where a list belongs")
	f(`<html></html>`, "line 1: the file begins with <html>: want <graphml>")
	f(`<graphml/>`, "there is no <graph> in the file: want nodes and edges inside of one")
	f("<graphml><graph>\n<node/></graph></graphml>", "line 2: a node has no id: give each one")
	f(`<graphml><graph><edge source="0"/></graph></graphml>`, "line 1: an edge lacks its source or target: give both")
	f(`<graphml><graph><hyperedge/></graph></graphml>`, "line 1: a hyperedge joins more than two nodes at once: write it as a node with edges to each")
	f(`<graphml><graph><edge source="0" target="1"/></graph></graphml>`, `line 1: edge: node "0" is not among nodes: add it there, or correct the edge`)
	f(`<graphml><graph>`, "read the network as GraphML: XML syntax error on line 1: unexpected EOF")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"nodes":[{"id":0,"label":"a"},{"id":"b"}],"edges":[[0,"b"],["b",0],[0,0]],"core":0,"n1":{"demand_mbps_to_core":{"b":5},"link_capacity_mbps":[1,1,1]}}`))
	f.Add([]byte(`<graphml><key id="k" attr.name="label"/><graph><data key="c">1</data><node id="1"><data key="k">x</data><graph><node id="2"/></graph></node><edge source="1" target="2"/></graph></graphml>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Decode(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		if len(in.IDs) > 500 || in.Graph.Edges() > 500 {
			return
		}
		a, err := in.Answer()
		if err != nil {
			t.Fatalf("decoded, but not answered: %v", err)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, b := range a.Blocks {
			sum += len(b) - 1
		}
		if sum != len(in.IDs)-a.Components {
			t.Fatalf("blocks hold %d, want %d", sum, len(in.IDs)-a.Components)
		}
	})
}
