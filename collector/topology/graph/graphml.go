package graph

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// decodeGraphML reads nodes and edges of a GraphML file (graphml.graphdrawing.org), those of nested graphs
// too. Edges are taken as undirected. Of the data only a label (attr.name "label") and a core (attr.name
// "core" of the graph) are read. Ids that are all whole numbers are taken as numbers.
func decodeGraphML(r io.Reader) (*Input, error) {
	d := graphML{xml: xml.NewDecoder(r), keys: map[string]string{}}
	root := true
	for {
		token, err := d.xml.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the network as GraphML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root && t.Name.Local != "graphml" {
				return nil, d.wrong("the file begins with <%.40s>: want <graphml>", t.Name.Local)
			}
			root = false
			err = d.start(t)
		case xml.EndElement:
			d.end(t)
		}
		if err != nil {
			return nil, err
		}
	}
	if d.graphs == 0 {
		return nil, errors.New("there is no <graph> in the file: want nodes and edges inside of one")
	}
	return d.input()
}

type graphML struct {
	xml    *xml.Decoder
	keys   map[string]string // id of a key to the name of what it holds
	graphs int
	nodes  []rawNode
	edges  []rawEdge
	open   []int // nodes that are open, by position
	inEdge int
	core   string
}

type rawNode struct{ id, label string }

type rawEdge struct {
	from, to string
	line     int
}

func (d *graphML) wrong(format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{d.line()}, args...)...)
}

func (d *graphML) line() int {
	line, _ := d.xml.InputPos()
	return line
}

func (d *graphML) start(t xml.StartElement) error {
	attr := map[string]string{}
	for _, a := range t.Attr {
		attr[a.Name.Local] = a.Value
	}
	if len(d.nodes) > maxSize || len(d.edges) > maxSize {
		return d.wrong("at most %d nodes and edges can be analyzed: split the file by component", maxSize)
	}
	switch t.Name.Local {
	case "graph":
		d.graphs++
	case "key":
		d.keys[attr["id"]] = attr["attr.name"]
	case "node":
		if attr["id"] == "" {
			return d.wrong("a node has no id: give each one")
		}
		d.open = append(d.open, len(d.nodes))
		d.nodes = append(d.nodes, rawNode{id: attr["id"]})
	case "edge":
		d.inEdge++
		if attr["source"] == "" || attr["target"] == "" {
			return d.wrong("an edge lacks its source or target: give both")
		}
		d.edges = append(d.edges, rawEdge{attr["source"], attr["target"], d.line()})
	case "hyperedge":
		return d.wrong("a hyperedge joins more than two nodes at once: write it as a node with edges to each")
	case "data":
		return d.data(d.keys[attr["key"]], t)
	}
	return nil
}

func (d *graphML) end(t xml.EndElement) {
	switch t.Name.Local {
	case "node":
		d.open = d.open[:len(d.open)-1]
	case "edge":
		d.inEdge--
	}
}

func (d *graphML) data(name string, t xml.StartElement) error {
	var text string
	switch {
	case name == "label" && len(d.open) > 0 && d.inEdge == 0:
		if err := d.xml.DecodeElement(&text, &t); err != nil {
			return d.wrong("label: %w", err)
		}
		d.nodes[d.open[len(d.open)-1]].label = text
	case name == "core" && len(d.open) == 0 && d.inEdge == 0:
		if err := d.xml.DecodeElement(&text, &t); err != nil {
			return d.wrong("core: %w", err)
		}
		d.core = text
	}
	return nil
}

func (d *graphML) input() (*Input, error) {
	id := numericIDs(d.nodes)
	b := newBuilder()
	for _, n := range d.nodes {
		if err := b.node(id(n.id), n.label); err != nil {
			return nil, fmt.Errorf("node: %w", err)
		}
	}
	for _, e := range d.edges {
		if err := b.edge(id(e.from), id(e.to)); err != nil {
			return nil, fmt.Errorf("line %d: edge: %w", e.line, err)
		}
	}
	if d.core == "" {
		return b.input(nil)
	}
	core := id(d.core)
	return b.input(&core)
}

// numericIDs says how the ids of a file are meant: as numbers when each is written as one.
func numericIDs(nodes []rawNode) func(string) ID {
	for _, n := range nodes {
		if x, err := strconv.ParseInt(n.id, 10, 64); err != nil || strconv.FormatInt(x, 10) != n.id {
			return TextID
		}
	}
	return func(s string) ID {
		x, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return TextID(s)
		}
		return NumberID(x)
	}
}
