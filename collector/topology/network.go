package topology

import (
	"maps"
	"net/netip"
	"slices"
)

// Inventory is what people have said of the network; it wins over what was heard.
type Inventory struct {
	Devices []Device
	Links   []Manual
}

// Device is a device of the inventory.
type Device struct {
	Name    string
	Label   string
	Site    string
	Address netip.Addr // where it is polled; the zero value when it is a host name
	Weight  float64    // users, or whatever a loss is measured by
	Passes  bool       // it is there to pass on what others send, as far as anybody knows: a switch, a router
}

// Manual is a link that a person wrote down: it stands, and what was heard on its ports gives way to it.
type Manual struct {
	A, B      string // device/interface; a device alone where the port does not matter
	Bandwidth float64
}

// NodeKind is what stands behind a node.
type NodeKind string

// The kinds of nodes. A stub was heard of by others and is not in the inventory; a segment is a hub or an
// unmanaged switch that has to stand where one port hears several.
const (
	DeviceNode  NodeKind = "device"
	StubNode    NodeKind = "stub"
	SegmentNode NodeKind = "segment"
)

// Node is a device, a stub or a segment.
type Node struct {
	ID         string // name of the device; "stub:…", "segment:…"
	Kind       NodeKind
	Label      string
	Site       string
	Weight     float64
	Identities []string // of a stub: by what it is known, in words
	Seen       int64    // Unix ms of its newest facts; 0: none were read
	Quiet      string   // in words why its links may be more than those known; empty when it tells its neighbors
	Dark       bool     // it passes traffic on, and nobody knows of any of its links to other devices
}

// Confidence is how far a link is believed, the most trusted last.
type Confidence uint8

// The levels of confidence, after the sources of ANALYTICS C.1.
const (
	Doubtful   Confidence = iota // facts contradict each other
	Inferred                     // from spanning tree or a shared subnet
	OneSided                     // heard by one end
	Confirmed                    // heard by both ends
	Configured                   // written down by a person
)

var confidenceNames = [...]string{"doubtful", "inferred", "one_sided", "confirmed", "configured"}

func (c Confidence) String() string { return confidenceNames[c] }

// MarshalText writes the word of a confidence.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// End is where a link ends.
type End struct {
	Node int    // position in Network.Nodes
	Port string // key of the interface; empty when it could not be told
	LAG  string // key of the LAG that the port is a member of
}

// Link is one physical link, whether one end was heard or both.
type Link struct {
	ID         string
	A, B       End
	Sources    []string // configured, lldp, cdp, fdp, stp, subnet; sorted
	Confidence Confidence
	First      int64 // Unix ms; 0 of what was written down
	Last       int64
	Stale      bool    // the newest discoveries do not show it any more
	Speed      float64 // bit/s, of the slower end; 0: not known
}

// Adjacency is a relation above the physical links: who routes with whom.
type Adjacency struct {
	A, B  int // positions in Network.Nodes
	Kind  string
	State string
}

// Finding is something that the facts say against each other, or leave open, in words.
type Finding struct {
	Kind  string // loop, self_link, segment, duplicate_identity, conflict, shared_mac, quiet, empty, correction
	Nodes []string
	Words string
}

// Network is what all facts come to. Nodes are in the order of their kind and id, links in that of their id.
type Network struct {
	Nodes       []Node
	Links       []Link
	Adjacencies []Adjacency
	Findings    []Finding

	devices map[string]int // positions of the devices, which come first; shared with other networks
	number  map[string]int // those of the other nodes
}

// Node returns the position of a node.
func (n *Network) Node(id string) (at int, ok bool) {
	if at, ok = n.devices[id]; !ok {
		at, ok = n.number[id]
	}
	return at, ok
}

// node is one that is there.
func (n *Network) node(id string) *Node {
	at, _ := n.Node(id)
	return &n.Nodes[at]
}

// With is the network with one node more, which comes last. It has no links yet.
func (n *Network) With(node Node) *Network {
	out := *n
	out.Nodes = append(slices.Clone(n.Nodes), node)
	out.number = maps.Clone(n.number)
	if out.number == nil {
		out.number = map[string]int{}
	}
	out.number[node.ID] = len(n.Nodes)
	return &out
}

// Part is the network of some of its nodes, with the links and adjacencies between them.
func (n *Network) Part(keep func(Node) bool) *Network {
	out := &Network{number: map[string]int{}}
	place := make([]int, len(n.Nodes))
	for i, x := range n.Nodes {
		place[i] = -1
		if keep(x) {
			place[i] = len(out.Nodes)
			out.number[x.ID] = len(out.Nodes)
			out.Nodes = append(out.Nodes, x)
		}
	}
	for _, l := range n.Links {
		l.A.Node, l.B.Node = place[l.A.Node], place[l.B.Node]
		if l.A.Node >= 0 && l.B.Node >= 0 {
			out.Links = append(out.Links, l)
		}
	}
	for _, a := range n.Adjacencies {
		a.A, a.B = place[a.A], place[a.B]
		if a.A >= 0 && a.B >= 0 {
			out.Adjacencies = append(out.Adjacencies, a)
		}
	}
	return out
}
