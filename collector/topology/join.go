package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology/graph"
)

// maxFindings of one kind are told; the rest are counted.
const maxFindings = 200

// join is one run of Network over all devices.
type join struct {
	s     *Store
	devs  []*compiled    // by name: the first nodes
	at    map[string]int // their positions
	stood map[string]int // stubs of links that people wrote down, by node id
	nodes []Node
	links []Link
	adj   []Adjacency

	stubs    sets           // of stub keys
	stubKey  map[string]int // token, name or port to an element of stubs
	stubNode map[int]int    // set to its node
	stubName []string       // by element: a name for people, or empty

	wires   []wire
	ports   []portID          // what elements stand for
	base    []int             // by device: its first slot among those of all
	slotted []int             // by slot: the element, -1: none yet
	others  map[portID]int    // elements of ports without a slot
	joined  sets              // of elements
	ring    []int             // the next element of the same set, in a circle
	first   []int             // by element: the first wire from it, -1: none
	more    []int             // by wire: the next from the same port, -1: none
	fresh   int               // elements below were met by what the newest discoveries show
	byHand  map[portID]string // ports of links that people wrote down
	found   map[string][]Finding
	sources [][]string // of links with one, which share them
	reached []bool     // devices that somebody hears
}

// wire is a half with the node, and perhaps the port, that it leads to.
type wire struct {
	half     *half
	from, to int
	local    portID
	remote   portID // port "" when it is not known
	doubt    bool
	void     bool // gave way to a written link, or is a loop
}

// portID is a port of a node. Slot is its number within the device, from 1; 0: it has none.
type portID struct {
	node int
	port string
	slot int
}

// port makes the id of a port by its key.
func (j *join) port(node int, key string) portID {
	p := portID{node: node, port: key}
	if node < len(j.devs) {
		p.slot = j.devs[node].slots[key]
	}
	return p
}

// sets is a union-find with path halving; the smallest element stands for its set.
type sets []int

func (s *sets) add() int {
	*s = append(*s, len(*s))
	return len(*s) - 1
}

func (s sets) find(x int) int {
	for s[x] != x {
		s[x] = s[s[x]]
		x = s[x]
	}
	return x
}

func (s sets) union(a, b int) {
	a, b = s.find(a), s.find(b)
	s[max(a, b)] = min(a, b)
}

// Network joins what all devices tell.
func (s *Store) Network() *Network {
	j := &join{s: s, stubKey: map[string]int{}, stubNode: map[int]int{}, stood: map[string]int{},
		found: map[string][]Finding{}}
	j.devs, j.at = s.sorted()
	j.nodes = make([]Node, 0, len(j.devs))
	for _, c := range j.devs {
		d := &c.device
		j.nodes = append(j.nodes, Node{ID: d.Name, Kind: DeviceNode, Label: cmp.Or(d.Label, d.Name), Site: d.Site, Weight: d.Weight, Seen: c.record.Facts.Time})
	}
	j.borrow()
	j.manual()
	j.entities()
	j.ends()
	j.connect()
	j.infer()
	j.overlays()
	j.quiet()
	j.duplicates()
	out := j.network()
	j.giveBack()
	return out
}

// scratch is the room of the last run: nothing of it is in the network that came of it.
type scratch struct {
	base, slotted, more, ring, first, fresh []int
	wires                                   []wire
	ports                                   []portID
	joined                                  sets
	reached                                 []bool
}

// borrow takes the room of the last run, as far as it is enough for what the halves will come to: to make it anew, or to
// grow it step by step, costs more than filling it.
func (j *join) borrow() {
	x := &j.s.scratch
	wires, slots := 0, 0
	j.base = room(x.base, len(j.devs))[:len(j.devs)]
	for i, c := range j.devs {
		j.base[i] = slots
		wires += len(c.halves)
		slots += len(c.ends)
	}
	ports := wires + wires/2
	j.wires, j.ports = room(x.wires, wires), room(x.ports, ports)
	j.more = room(x.more, wires)[:wires] // each is written before it is read
	j.slotted = room(x.slotted, slots)[:slots]
	for i := range j.slotted {
		j.slotted[i] = -1
	}
	j.reached = room(x.reached, len(j.devs))[:len(j.devs)]
	clear(j.reached)
	j.joined, j.ring, j.first = room(x.joined, ports), room(x.ring, ports), room(x.first, ports)
	j.others = map[portID]int{}
	j.links = make([]Link, 0, wires)
}

// giveBack leaves the room for the next run. It holds no facts of this one longer than that.
func (j *join) giveBack() {
	j.s.scratch = scratch{base: j.base, slotted: j.slotted, more: j.more, ring: j.ring, first: j.first, fresh: j.s.scratch.fresh,
		wires: j.wires, ports: j.ports, joined: j.joined, reached: j.reached}
}

// room is an empty slice for n elements, in the place of an old one where that is large enough.
func room[S ~[]E, E any](old S, n int) S {
	if cap(old) >= n {
		return old[:0]
	}
	return make(S, 0, n)
}

func (j *join) note(kind string, words string, nodes ...string) {
	j.found[kind] = append(j.found[kind], Finding{Kind: kind, Nodes: nodes, Words: words})
}

// network puts nodes, links and findings in an order that depends on nothing but the facts.
func (j *join) network() *Network {
	linked := make([]bool, len(j.nodes))
	for _, l := range j.links {
		linked[l.A.Node], linked[l.B.Node] = true, true
	}
	var order []int // of what comes behind the devices, which are in their order
	for i := len(j.devs); i < len(j.nodes); i++ {
		if j.nodes[i].Kind != StubNode || linked[i] { // a stub without a link was heard only where a written link stands, or a port heard itself
			order = append(order, i)
		}
	}
	rank := map[NodeKind]int{StubNode: 1, SegmentNode: 2}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank[j.nodes[a].Kind], rank[j.nodes[b].Kind]), strings.Compare(j.nodes[a].ID, j.nodes[b].ID))
	})
	out := &Network{Links: j.links, Adjacencies: j.adj, devices: j.at, number: make(map[string]int, len(order))}
	place := make([]int, len(j.nodes))
	for i := range j.devs {
		place[i] = i
	}
	out.Nodes = j.nodes[:len(j.devs):len(j.devs)]
	for _, from := range order {
		place[from] = len(out.Nodes)
		out.number[j.nodes[from].ID] = len(out.Nodes)
		out.Nodes = append(out.Nodes, j.nodes[from])
	}
	for i := range out.Links {
		l := &out.Links[i]
		l.A.Node, l.B.Node = place[l.A.Node], place[l.B.Node]
		if out.endName(l.A) > out.endName(l.B) {
			l.A, l.B = l.B, l.A
		}
		l.ID = out.endName(l.A) + "--" + out.endName(l.B)
	}
	slices.SortStableFunc(out.Links, func(a, b Link) int { return strings.Compare(a.ID, b.ID) })
	base, times := "", 0
	for i := range out.Links {
		if id := out.Links[i].ID; id == base {
			times++
			out.Links[i].ID += fmt.Sprintf("#%d", times)
		} else {
			base, times = id, 1
		}
	}
	for i := range out.Adjacencies {
		a := &out.Adjacencies[i]
		a.A, a.B = place[a.A], place[a.B]
	}
	for kind, all := range j.found {
		slices.SortFunc(all, func(a, b Finding) int { return strings.Compare(a.Words, b.Words) })
		all = slices.CompactFunc(all, func(a, b Finding) bool { return a.Words == b.Words })
		if n := len(all); n > maxFindings {
			all = append(all[:maxFindings], Finding{Kind: kind, Words: fmt.Sprintf("%d more of this kind are not listed: mend those above first", n-maxFindings)})
		}
		out.Findings = append(out.Findings, all...)
	}
	slices.SortStableFunc(out.Findings, func(a, b Finding) int { return strings.Compare(a.Kind, b.Kind) })
	return out
}

func (n *Network) endName(e End) string {
	if e.Port == "" {
		return n.Nodes[e.Node].ID
	}
	return n.Nodes[e.Node].ID + "/" + e.Port
}

// Graph is the shape of the network: nodes and links by their positions.
func (n *Network) Graph() *graph.Graph {
	edges := make([][2]int, len(n.Links))
	for i, l := range n.Links {
		edges[i] = [2]int{l.A.Node, l.B.Node}
	}
	g, err := graph.New(len(n.Nodes), edges)
	if err != nil {
		panic(err) // positions are ours
	}
	return g
}
