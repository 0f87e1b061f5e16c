package graph

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxInput bounds a file: about ten times a network of a million links.
const maxInput = 512 << 20

// A capacity is at least 1 bit/s, and nothing is above what sums of float64 take without loss.
const (
	leastMbps = 1e-6
	mostMbps  = 1e12
)

// Input is a network read from a file.
type Input struct {
	Graph   *Graph
	IDs     []ID // by node, ascending
	Labels  []string
	Core    int      // named in the file, else the busiest node; -1 without nodes
	Demands *Demands // nil: none in the file
}

// Decode reads a network as JSON or GraphML; the first character tells which.
//
// JSON is {nodes, edges, core, n1: {demand_mbps_to_core, link_capacity_mbps}}: nodes are ids or objects with
// id and label, edges are pairs of ids or objects with source and target. Core and n1 may be left out.
func Decode(r io.Reader) (*Input, error) {
	in := bufio.NewReader(io.LimitReader(r, maxInput+1))
	for {
		b, err := in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the file is empty: want a JSON object with nodes and edges, or GraphML")
		case err != nil:
			return nil, fmt.Errorf("read the network: %w", err)
		case b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == 0xEF || b == 0xBB || b == 0xBF: // byte order mark
			continue
		}
		_ = in.UnreadByte() // cannot fail after ReadByte
		if b == '<' {
			return decodeGraphML(in)
		}
		return decodeJSON(in)
	}
}

type fileJSON struct {
	Nodes []nodeJSON `json:"nodes"`
	Edges []edgeJSON `json:"edges"`
	Core  *ID        `json:"core"`
	N1    *struct {
		Demand   map[string]float64 `json:"demand_mbps_to_core"`
		Capacity []float64          `json:"link_capacity_mbps"`
	} `json:"n1"`
}

type nodeJSON struct {
	id    ID
	label string
}

func (n *nodeJSON) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return n.id.UnmarshalJSON(b)
	}
	var o struct {
		ID    *ID `json:"id"`
		Label any `json:"label"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	if o.ID == nil {
		return errors.New("a node has no id: give each a number or a text")
	}
	n.id = *o.ID
	n.label, _ = o.Label.(string)
	return nil
}

type edgeJSON [2]ID

func (e *edgeJSON) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var o struct{ Source, Target *ID }
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		if o.Source == nil || o.Target == nil {
			return errors.New("an edge lacks its source or target: give both")
		}
		*e = edgeJSON{*o.Source, *o.Target}
		return nil
	}
	var pair []ID
	if err := json.Unmarshal(b, &pair); err != nil {
		return fmt.Errorf("an edge is %.60s: want a pair of node ids", b)
	}
	if len(pair) != 2 {
		return fmt.Errorf("an edge has %d ends: want a pair of node ids", len(pair))
	}
	*e = edgeJSON(pair)
	return nil
}

func decodeJSON(r io.Reader) (*Input, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the network: %w", err)
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("the file is larger than %d MiB: split it by component", maxInput>>20)
	}
	var file fileJSON
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("read the network as JSON: %w", placed(err, data, d.InputOffset()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: more follows after the network: give one JSON object", lineOf(data, d.InputOffset()))
	}
	if file.Nodes == nil {
		return nil, errors.New("nodes: not given: want a list of ids, or of objects with id and label")
	}
	b := newBuilder()
	for i, n := range file.Nodes {
		if err := b.node(n.id, n.label); err != nil {
			return nil, fmt.Errorf("nodes[%d]: %w", i, err)
		}
	}
	for i, e := range file.Edges {
		if err := b.edge(e[0], e[1]); err != nil {
			return nil, fmt.Errorf("edges[%d]: %w", i, err)
		}
	}
	in, err := b.input(file.Core)
	if err != nil || file.N1 == nil {
		return in, err
	}
	in.Demands, err = b.demands(in, file.N1.Demand, file.N1.Capacity)
	return in, err
}

func (b *builder) demands(in *Input, demand map[string]float64, capacity []float64) (*Demands, error) {
	if in.Core < 0 {
		return nil, errors.New("n1: there is no node to send demands to: give nodes, or leave n1 out")
	}
	if len(capacity) != in.Graph.Edges() {
		return nil, fmt.Errorf("n1.link_capacity_mbps: %d values for %d edges: give one for each, in the order of edges",
			len(capacity), in.Graph.Edges())
	}
	for i, c := range capacity {
		if c < leastMbps || c > mostMbps {
			return nil, fmt.Errorf("n1.link_capacity_mbps[%d]: %v: want %v to %v", i, c, leastMbps, mostMbps)
		}
	}
	out := &Demands{Node: make([]float64, len(in.IDs)), Capacity: capacity}
	at := make(map[string]int, len(in.IDs))
	for v, id := range in.IDs {
		at[id.text] = v
	}
	for name, d := range demand {
		v, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("n1.demand_mbps_to_core: node %q is not among nodes: add it there, or leave its demand out", name)
		}
		if d < 0 || d > mostMbps {
			return nil, fmt.Errorf("n1.demand_mbps_to_core: node %q has %v: want 0 to %v", name, d, mostMbps)
		}
		if v != in.Core {
			out.Node[v] = d
		}
	}
	return out, nil
}

// placed adds the line to a syntax error, and names the field of a wrong type.
func placed(err error, data []byte, offset int64) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", lineOf(data, syntax.Offset), err)
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("line %d: %s: a %s stands where %s belongs", lineOf(data, wrong.Offset), wrong.Field, wrong.Value, kindOf(wrong))
	case errors.As(err, &wrong):
		return fmt.Errorf("the file holds JSON of type %s: want one object with nodes and edges", wrong.Value)
	}
	return fmt.Errorf("line %d: %w", lineOf(data, offset), err)
}

func kindOf(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "float64":
		return "a number"
	case "slice":
		return "a list"
	case "map", "struct":
		return "an object"
	}
	return "another type"
}

func lineOf(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
}
