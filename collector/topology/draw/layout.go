package draw

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"ninewatch/collector/topology"
)

// Sizes in the units of the picture.
const (
	nodeWidth  = 116
	nodeHeight = 36
	gapX       = 28
	gapY       = 52
	padding    = 20
	header     = 26
	shelfGap   = 32
	sweeps     = 4
)

// Point is the middle of a node.
type Point struct{ X, Y float64 }

// Box is the frame of a site.
type Box struct {
	Site                string
	X, Y, Width, Height float64
}

// Layout is where everything stands.
type Layout struct {
	Width, Height float64
	Nodes         []Point // as in Network.Nodes
	Sites         []Box
}

// Arrange places a network. Cores stand on top; without any the node with most links does.
func Arrange(n *topology.Network, cores []string) Layout {
	p := plan{net: n, near: make([][]int, len(n.Nodes)), order: make([]float64, len(n.Nodes))}
	for _, l := range n.Links {
		if l.A.Node != l.B.Node {
			p.near[l.A.Node] = append(p.near[l.A.Node], l.B.Node)
			p.near[l.B.Node] = append(p.near[l.B.Node], l.A.Node)
		}
	}
	p.measure(cores)
	p.assign()
	out := Layout{Nodes: make([]Point, len(n.Nodes))}
	var boxes []box
	for _, name := range p.names {
		boxes = append(boxes, p.box(name))
	}
	p.pack(boxes, &out)
	return out
}

type plan struct {
	net   *topology.Network
	near  [][]int
	hops  []int
	site  []string
	order []float64 // of a node within its layer, 0 to 1
	names []string  // sites, those nearest to the core first
	in    map[string][]int
}

// box is a site with its nodes placed from its own corner.
type box struct {
	Box
	nodes []int
	at    []Point
}

func (p *plan) measure(cores []string) {
	p.hops = make([]int, len(p.near))
	for v := range p.hops {
		p.hops[v] = math.MaxInt32
	}
	var queue []int
	for _, c := range cores {
		if v, ok := p.net.Node(c); ok && p.hops[v] != 0 {
			p.hops[v] = 0
			queue = append(queue, v)
		}
	}
	busiest := -1
	for v := range p.near {
		if busiest < 0 || len(p.near[v]) > len(p.near[busiest]) {
			busiest = v
		}
	}
	if len(queue) == 0 && busiest >= 0 {
		p.hops[busiest] = 0
		queue = append(queue, busiest)
	}
	for at := 0; at < len(queue); at++ {
		for _, x := range p.near[queue[at]] {
			if p.hops[x] == math.MaxInt32 {
				p.hops[x] = p.hops[queue[at]] + 1
				queue = append(queue, x)
			}
		}
	}
}

// assign gives each node a site: one that has none stands with its nearest neighbor that has one.
func (p *plan) assign() {
	p.site = make([]string, len(p.near))
	p.in = map[string][]int{}
	first := map[string]int{}
	for v, n := range p.net.Nodes {
		p.site[v] = n.Site
		if n.Site == "" && n.Kind != topology.DeviceNode {
			for _, x := range p.near[v] {
				if s := p.net.Nodes[x].Site; s != "" {
					p.site[v] = s
					break
				}
			}
		}
		s := p.site[v]
		if _, ok := p.in[s]; !ok {
			p.names = append(p.names, s)
			first[s] = p.hops[v]
		}
		p.in[s] = append(p.in[s], v)
		first[s] = min(first[s], p.hops[v])
	}
	slices.SortFunc(p.names, func(a, b string) int { return cmp.Or(cmp.Compare(first[a], first[b]), strings.Compare(a, b)) })
}

// box places the nodes of a site in layers; a layer that is too wide takes several rows.
func (p *plan) box(site string) box {
	layers := map[int][]int{}
	var depths []int
	for _, v := range p.in[site] {
		if layers[p.hops[v]] == nil {
			depths = append(depths, p.hops[v])
		}
		layers[p.hops[v]] = append(layers[p.hops[v]], v)
	}
	slices.Sort(depths)
	for _, d := range depths {
		for i, v := range layers[d] {
			p.order[v] = float64(i+1) / float64(len(layers[d])+1)
		}
	}
	for sweep := range sweeps {
		for i := range depths {
			d := depths[i]
			if sweep%2 == 1 {
				d = depths[len(depths)-1-i]
			}
			p.sort(layers[d], site)
		}
	}
	widest := max(6, int(math.Ceil(1.5*math.Sqrt(float64(len(p.in[site]))))))
	out := box{Box: Box{Site: site}}
	var rows [][]int
	for _, d := range depths {
		layer := layers[d]
		count := (len(layer) + widest - 1) / widest
		at := len(rows)
		rows = append(rows, make([][]int, count)...)
		for i, v := range layer { // by columns, so that the nodes below one stay below it
			rows[at+i%count] = append(rows[at+i%count], v)
		}
	}
	columns := 1
	for _, r := range rows {
		columns = max(columns, len(r))
	}
	out.Width = float64(2*padding + columns*(nodeWidth+gapX) - gapX)
	out.Height = float64(2*padding + header + len(rows)*(nodeHeight+gapY) - gapY)
	for y, row := range rows {
		step := (out.Width - 2*padding + gapX) / float64(len(row))
		for x, v := range row {
			out.nodes = append(out.nodes, v)
			out.at = append(out.at, Point{padding - gapX/2 + step*(float64(x)+0.5), float64(padding + header + y*(nodeHeight+gapY) + nodeHeight/2)})
		}
	}
	return out
}

// sort puts a layer into the order of the means of its neighbors within the site.
func (p *plan) sort(layer []int, site string) {
	mean := make(map[int]float64, len(layer))
	for _, v := range layer {
		sum, count := 0.0, 0
		for _, x := range p.near[v] {
			if p.site[x] == site && p.hops[x] != p.hops[v] {
				sum += p.order[x]
				count++
			}
		}
		if mean[v] = p.order[v]; count > 0 {
			mean[v] = sum / float64(count)
		}
	}
	slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	for i, v := range layer {
		p.order[v] = float64(i+1) / float64(len(layer)+1)
	}
}

// pack puts the boxes onto shelves of about the same width, for a picture that is somewhat wider than high.
func (p *plan) pack(boxes []box, out *Layout) {
	area, widest := 0.0, 0.0
	for _, b := range boxes {
		area += (b.Width + shelfGap) * (b.Height + shelfGap)
		widest = max(widest, b.Width)
	}
	limit := max(widest, math.Sqrt(1.7*area)) + 2*shelfGap
	x, y, high := float64(shelfGap), float64(shelfGap), 0.0
	for _, b := range boxes {
		if x > shelfGap && x+b.Width+shelfGap > limit {
			x, y, high = shelfGap, y+high+shelfGap, 0
		}
		b.X, b.Y = x, y
		out.Sites = append(out.Sites, b.Box)
		for i, v := range b.nodes {
			out.Nodes[v] = Point{math.Round(x + b.at[i].X), math.Round(y + b.at[i].Y)}
		}
		x += b.Width + shelfGap
		high = max(high, b.Height)
		out.Width = max(out.Width, x)
	}
	out.Height = y + high + shelfGap
}
