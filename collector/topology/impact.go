package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology/graph"
)

// Impact tells who loses the core when something fails. Several cores count as one: a node is lost when it
// reaches none of them.
type Impact struct {
	net    *Network
	graph  *graph.Graph
	shape  *graph.Structure
	root   int // the core, or the node that stands for several
	weight func(...graph.Span) float64
	count  func(...graph.Span) float64 // devices
	unsure func(...graph.Span) float64 // nodes whose links may be more than those known
	dark   []int                       // nodes that may be linked to anything at their site
}

// Loss is what the failure of one thing costs.
type Loss struct {
	Kind    string // node, link or risk
	ID      string
	Devices int     // devices of the inventory that lose the core
	Weight  float64 // sum of their weights
	Certain bool    // no link that nobody has heard of can save them
	Words   string
}

// Impact analyzes the network from its cores: devices that all others have to reach. Without any it takes
// the node with most links.
func (n *Network) Impact(cores ...string) (*Impact, error) {
	g := n.Graph()
	i := &Impact{net: n, graph: g, root: g.Busiest()}
	if len(cores) > 0 {
		at := make([]int, len(cores))
		for c, id := range cores {
			node, ok := n.Node(id)
			if !ok {
				return nil, fmt.Errorf("core %q is not in the topology: name a device that is", id)
			}
			at[c] = node
		}
		i.root = at[0]
		if len(at) > 1 {
			i.graph, i.root = n.withRoot(at), len(n.Nodes)
		}
	}
	i.shape = graph.Analyze(i.graph, i.root)
	i.weight = i.shape.Sums(func(v int) float64 { return i.of(v, weightOf) })
	i.count = i.shape.Sums(func(v int) float64 { return i.of(v, isDevice) })
	degree := make([]int, len(n.Nodes))
	for _, l := range n.Links {
		degree[l.A.Node]++
		degree[l.B.Node]++
	}
	i.unsure = i.shape.Sums(func(v int) float64 {
		if v < len(n.Nodes) && mayHaveMore(n.Nodes[v], degree[v]) {
			return 1
		}
		return 0
	})
	for v, x := range n.Nodes {
		if x.Dark {
			i.dark = append(i.dark, v)
		}
	}
	return i, nil
}

// withRoot adds a node that is joined to all cores, twice to each: such a pair is never a bridge.
func (n *Network) withRoot(cores []int) *graph.Graph {
	var edges [][2]int
	for _, l := range n.Links {
		edges = append(edges, [2]int{l.A.Node, l.B.Node})
	}
	for _, c := range cores {
		edges = append(edges, [2]int{len(n.Nodes), c}, [2]int{len(n.Nodes), c})
	}
	g, err := graph.New(len(n.Nodes)+1, edges)
	if err != nil {
		panic(err) // positions are ours
	}
	return g
}

func (i *Impact) of(v int, f func(Node) float64) float64 {
	if v >= len(i.net.Nodes) {
		return 0
	}
	return f(i.net.Nodes[v])
}

func weightOf(x Node) float64 {
	if x.Kind == DeviceNode {
		return x.Weight
	}
	return 0
}

func isDevice(x Node) float64 {
	if x.Kind == DeviceNode {
		return 1
	}
	return 0
}

// mayHaveMore tells whether a node may have links that nobody has heard of. Something that is not in the inventory
// counts when it passes traffic on, as its links show: a telephone on a port saves nobody.
func mayHaveMore(x Node, degree int) bool {
	return x.Quiet != "" && (x.Kind == DeviceNode || degree > 1)
}

// Structure is the shape that the impact was read from. Its nodes and edges are positions in Nodes and Links;
// behind them may stand a node that joins several cores, and its edges.
func (i *Impact) Structure() *graph.Structure { return i.shape }

// Reaches tells whether a node reaches a core now.
func (i *Impact) Reaches(node int) bool { return i.shape.Reaches(node) }

// Node is the loss when a node fails. The node itself is not counted.
func (i *Impact) Node(at int) Loss {
	l := i.loss("node", i.net.Nodes[at].ID, i.shape.Loses(at))
	if i.net.Nodes[at].Kind == SegmentNode {
		l.Certain = false
	}
	return l
}

// Link is the loss when a link fails.
func (i *Impact) Link(at int) Loss {
	l := i.loss("link", i.net.Links[at].ID, []graph.Span{i.shape.LosesBridge(at)})
	if i.net.Links[at].Confidence < OneSided {
		l.Certain = false
	}
	return l
}

func (i *Impact) loss(kind, id string, spans []graph.Span) Loss {
	l := Loss{Kind: kind, ID: id, Devices: int(i.count(spans...)), Weight: i.weight(spans...)}
	unsure := int(i.unsure(spans...))
	var dark string
	if unsure == 0 && len(i.dark) > 0 && l.Devices > 0 {
		dark = i.unseenWay(i.shape.Nodes(spans...))
	}
	l.Certain = l.Devices > 0 && unsure == 0 && dark == ""
	l.Words = lossWords(l, unsure, dark)
	return l
}

// unseenWay finds a node that is not lost and of whose links nobody knows, at the site of one that is: there may be a
// way over it. It is empty where there is none.
func (i *Impact) unseenWay(lost []int) string {
	gone, sites := make(map[int]bool, len(lost)), map[string]bool{}
	for _, v := range lost {
		gone[v] = true
		if v < len(i.net.Nodes) && i.net.Nodes[v].Kind == DeviceNode {
			sites[i.net.Nodes[v].Site] = true
		}
	}
	for _, v := range i.dark {
		if x := i.net.Nodes[v]; !gone[v] && sites[x.Site] {
			return x.ID
		}
	}
	return ""
}

func lossWords(l Loss, unsure int, dark string) string {
	switch {
	case l.Devices == 0:
		return fmt.Sprintf("if %s fails, no other device loses the core", l.ID)
	case unsure > 0:
		return fmt.Sprintf("if %s fails, %s may lose the core: of %d it is not certain that all links are known, so another way may exist unseen",
			l.ID, devices(l.Devices), unsure)
	case dark != "":
		return fmt.Sprintf("if %s fails, %s may lose the core: of %s it is not known what it is linked to, so another way may exist unseen", l.ID, devices(l.Devices), dark)
	case l.Devices == 1:
		return fmt.Sprintf("if %s fails, 1 device loses the core", l.ID)
	}
	return fmt.Sprintf("if %s fails, %s lose the core", l.ID, devices(l.Devices))
}

func devices(n int) string {
	if n == 1 {
		return "1 device"
	}
	return fmt.Sprintf("%d devices", n)
}

// Lost lists the devices that lose the core with a node or a link.
func (i *Impact) Lost(l Loss) []string { return i.names(i.shape.Nodes(i.spans(l)...)) }

func (i *Impact) spans(l Loss) []graph.Span {
	switch at, ok := i.net.Node(l.ID); {
	case l.Kind == "node" && ok:
		return i.shape.Loses(at)
	case l.Kind == "link":
		if at := i.net.linkAt(l.ID); at >= 0 {
			return []graph.Span{i.shape.LosesBridge(at)}
		}
	}
	return nil
}

// linkAt is the position of a link, or -1.
func (n *Network) linkAt(id string) int {
	if at, ok := slices.BinarySearchFunc(n.Links, id, func(l Link, id string) int { return strings.Compare(l.ID, id) }); ok {
		return at
	}
	return slices.IndexFunc(n.Links, func(l Link) bool { return l.ID == id }) // "#2" may stand out of order
}

func (i *Impact) names(nodes []int) []string {
	var out []string
	for _, v := range nodes {
		if v < len(i.net.Nodes) && i.net.Nodes[v].Kind == DeviceNode {
			out = append(out, i.net.Nodes[v].ID)
		}
	}
	slices.Sort(out)
	return out
}

// Risk is the loss when all that a risk group holds fails at once, and the devices that it is of. Members are
// devices, links by their id, or device/interface: the link that ends there. Those of the group that fail
// themselves are not counted.
func (i *Impact) Risk(r Risk) (Loss, []string) {
	t := i.net.together(r)
	nodes := i.graph.Lost(i.root, t.Nodes, t.Edges)
	lost := i.names(nodes)
	l := Loss{Kind: "risk", ID: r.Name, Devices: len(lost), Certain: len(lost) > 0}
	unsure := 0
	for _, id := range lost {
		node := i.net.node(id)
		l.Weight += node.Weight
		if node.Quiet != "" {
			unsure++
			l.Certain = false
		}
	}
	dark := ""
	if l.Certain && len(i.dark) > 0 {
		dark = i.unseenWay(nodes)
		l.Certain = dark == ""
	}
	l.Words = lossWords(l, unsure, dark)
	return l, lost
}

// together finds the nodes and links of a risk group. A member that is not in the topology is left out.
func (n *Network) together(r Risk) (out graph.Together) {
	ports := map[string]bool{}
	for _, m := range r.Members {
		m = strings.TrimPrefix(strings.TrimPrefix(m, "device:"), "link:")
		if at, ok := n.Node(m); ok {
			out.Nodes = append(out.Nodes, at)
			continue
		}
		ports[m] = true
	}
	if len(ports) == 0 {
		return out
	}
	for at, l := range n.Links {
		if ports[l.ID] || ports[n.endName(l.A)] || ports[n.endName(l.B)] {
			out.Edges = append(out.Edges, at)
		}
	}
	return out
}

// SinglePoints are the nodes and links whose failure alone takes the core from some device, the worst first.
// A lone core is not among them: all losses are measured by it.
func (i *Impact) SinglePoints() []Loss {
	var out []Loss
	for _, v := range i.shape.Articulations() {
		if v < len(i.net.Nodes) && v != i.root {
			if l := i.Node(v); l.Devices > 0 {
				out = append(out, l)
			}
		}
	}
	for _, e := range i.shape.Bridges() {
		if l := i.Link(e); l.Devices > 0 {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Loss) int {
		return cmp.Or(-cmp.Compare(a.Weight, b.Weight), -cmp.Compare(a.Devices, b.Devices), strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return out
}

// Dependence is what one site hangs on.
type Dependence struct {
	Site    string
	Singles []Loss // what cuts off devices of this site by its failure alone, the worst of all sites first
	Shared  []Risk // risk groups that cut off devices of it: diverse on paper only, where Singles is empty
	Diverse bool   // neither: any one failure leaves each device that reaches the core now a way
}

// Sites lists what cuts each site, or a part of it, from the core. It costs O((S+R)(V+E)) for S sites and R
// risk groups.
func (i *Impact) Sites(risks []Risk) []Dependence {
	bySite := map[string]*Dependence{}
	for _, n := range i.net.Nodes {
		if n.Kind == DeviceNode && bySite[n.Site] == nil {
			bySite[n.Site] = &Dependence{Site: n.Site}
		}
	}
	for _, r := range risks {
		_, lost := i.Risk(r)
		sites := map[string]bool{}
		for _, id := range lost {
			sites[i.net.node(id).Site] = true
		}
		for site := range sites {
			bySite[site].Shared = append(bySite[site].Shared, r)
		}
	}
	singles := i.SinglePoints()
	out := make([]Dependence, 0, len(bySite))
	for site, d := range bySite {
		count := i.shape.Sums(func(v int) float64 {
			return i.of(v, func(n Node) float64 {
				if n.Kind == DeviceNode && n.Site == site {
					return 1
				}
				return 0
			})
		})
		for _, l := range singles {
			if count(i.spans(l)...) > 0 {
				d.Singles = append(d.Singles, l)
			}
		}
		d.Diverse = len(d.Singles) == 0 && len(d.Shared) == 0
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Dependence) int { return strings.Compare(a.Site, b.Site) })
	return out
}
