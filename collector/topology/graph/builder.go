package graph

import (
	"fmt"
	"slices"
)

// builder gathers nodes and edges by id, in the order of a file.
type builder struct {
	ids    []ID
	labels []string
	at     map[string]int
	edges  [][2]int
}

func newBuilder() *builder { return &builder{at: map[string]int{}} }

func (b *builder) node(id ID, label string) error {
	if _, twice := b.at[id.text]; twice {
		return fmt.Errorf("id %q stands twice: give each node an id of its own", id.text)
	}
	b.at[id.text] = len(b.ids)
	b.ids = append(b.ids, id)
	b.labels = append(b.labels, label)
	return nil
}

func (b *builder) edge(from, to ID) error {
	var e [2]int
	for i, id := range []ID{from, to} {
		v, ok := b.at[id.text]
		if !ok {
			return fmt.Errorf("node %q is not among nodes: add it there, or correct the edge", id.text)
		}
		e[i] = v
	}
	b.edges = append(b.edges, e)
	return nil
}

// input orders the nodes by id; edges keep their order, which is their id.
func (b *builder) input(core *ID) (*Input, error) {
	order := make([]int, len(b.ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return b.ids[x].Compare(b.ids[y]) })
	place := make([]int, len(order))
	in := &Input{IDs: make([]ID, len(order)), Labels: make([]string, len(order)), Core: -1}
	for to, from := range order {
		place[from] = to
		in.IDs[to], in.Labels[to] = b.ids[from], b.labels[from]
	}
	edges := make([][2]int, len(b.edges))
	for i, e := range b.edges {
		edges[i] = [2]int{place[e[0]], place[e[1]]}
	}
	g, err := New(len(order), edges)
	if err != nil {
		return nil, err
	}
	in.Graph = g
	if core == nil {
		// among equals the one that the file names first
		for _, v := range place {
			if in.Core < 0 || g.Degree(v) > g.Degree(in.Core) {
				in.Core = v
			}
		}
		return in, nil
	}
	return in, in.SetCore(core.text)
}

// SetCore names the core by its id.
func (in *Input) SetCore(id string) error {
	for v, x := range in.IDs {
		if x.text == id {
			in.Core = v
			return nil
		}
	}
	return fmt.Errorf("core: node %q is not among nodes: name one that is", id)
}
