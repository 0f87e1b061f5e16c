package graph

import "slices"

// scene is one failure: what it changes, and only that. A scene is used again after reset.
//
// The hops to the core only grow when something fails. A node whose last way nearer is gone is an orphan and
// is measured anew from its neighbors that are none; no other node gains a way, for a way leads to a node one
// hop nearer, and an orphan that is one hop nearer now was nearer still before. What an orphan, or a node
// that has lost one of several ways, sends otherwise changes the load of all nodes on its ways to the core,
// old and new: these are the touched ones, and are carried again, farthest first.
type scene struct {
	s        *Survey
	deadNode int32 // -1: none
	deadEdge int32
	unmet    float64

	dist    []int32
	gone    []int32 // ways lost, by node
	orphan  []bool
	orphans []int32 // in the order of their old distance
	touched []int32
	isTouch []bool
	redone  []int32 // edges whose flow is in flow
	isRedo  []bool
	flow    []float64
	level   [][]int32 // by distance: work lists
}

func (s *Survey) newScene() *scene {
	n, m := s.g.Nodes(), s.g.Edges()
	return &scene{s: s, deadNode: -1, deadEdge: -1, unmet: s.unmet, dist: slices.Clone(s.dist), gone: make([]int32, n),
		orphan: make([]bool, n), isTouch: make([]bool, n), isRedo: make([]bool, m),
		flow: make([]float64, m)}
}

func (c *scene) cutEdge(e int32) {
	c.deadEdge = e
	far, hop := c.s.g.edges[e][0], c.s.g.edges[e][1]
	if c.s.dist[far] < c.s.dist[hop] {
		far, hop = hop, far
	}
	c.redo(e, 0)
	c.touch(hop)
	c.loseWay(far)
	c.settle()
}

func (c *scene) cutNode(v int32) {
	c.deadNode = v
	for _, a := range c.s.g.around(v) {
		c.redo(a.edge, 0)
		switch c.s.dist[a.to] {
		case c.s.dist[v] - 1:
			c.touch(a.to)
		case c.s.dist[v] + 1:
			c.loseWay(a.to)
		}
	}
	c.settle()
}

// loseWay notes that one way nearer is gone, and hands it on where it was the last.
func (c *scene) loseWay(v int32) {
	c.gone[v]++
	c.touch(v)
	if c.gone[v] == c.s.ways[v] {
		c.orphan[v] = true
		c.orphans = append(c.orphans, v)
	}
}

func (c *scene) settle() {
	for at := 0; at < len(c.orphans); at++ {
		v := c.orphans[at]
		for _, a := range c.s.g.around(v) {
			if c.s.dist[a.to] == c.s.dist[v]+1 && c.live(a) {
				c.loseWay(a.to)
			}
		}
	}
	c.measure()
	c.spread()
	c.carry()
}

func (c *scene) live(a arc) bool { return a.to != c.deadNode && a.edge != c.deadEdge }

// measure finds the new distance of the orphans, nearest first.
func (c *scene) measure() {
	for _, v := range c.orphans {
		c.dist[v] = -1
	}
	for _, v := range c.orphans {
		for _, a := range c.s.g.around(v) {
			if d := c.dist[a.to]; d >= 0 && !c.orphan[a.to] && c.live(a) {
				c.at(d+1, v)
			}
		}
	}
	for d := 0; d < len(c.level); d++ {
		for i := 0; i < len(c.level[d]); i++ {
			v := c.level[d][i]
			if c.dist[v] >= 0 {
				continue
			}
			c.dist[v] = int32(d)
			for _, a := range c.s.g.around(v) {
				if c.orphan[a.to] && c.dist[a.to] < 0 && c.live(a) {
					c.at(int32(d+1), a.to)
				}
			}
		}
		c.level[d] = c.level[d][:0]
	}
	for _, v := range c.orphans {
		if c.dist[v] < 0 {
			c.unmet += c.s.in.Node[v]
		}
	}
}

func (c *scene) at(d, v int32) {
	for int(d) >= len(c.level) {
		c.level = append(c.level, nil)
	}
	c.level[d] = append(c.level[d], v)
}

// spread touches all nodes on the ways of those touched, old and new.
func (c *scene) spread() {
	for at := 0; at < len(c.touched); at++ {
		v := c.touched[at]
		for _, a := range c.s.g.around(v) {
			was := c.s.dist[a.to] == c.s.dist[v]-1
			is := c.dist[v] > 0 && c.dist[a.to] == c.dist[v]-1
			if (was || is) && c.live(a) {
				c.touch(a.to)
				c.redo(a.edge, 0)
			}
		}
	}
}

// carry sends again what the touched nodes send, farthest first.
func (c *scene) carry() {
	for _, v := range c.touched {
		if c.dist[v] > 0 {
			c.at(c.dist[v], v)
		}
	}
	for d := len(c.level) - 1; d > 0; d-- {
		for _, v := range c.level[d] {
			c.send(v)
		}
		c.level[d] = c.level[d][:0]
	}
}

func (c *scene) send(v int32) {
	sum, ways := c.s.in.Node[v], 0
	for _, a := range c.s.g.around(v) {
		if !c.live(a) {
			continue
		}
		switch c.dist[a.to] {
		case c.dist[v] + 1:
			sum += c.carried(a.edge)
		case c.dist[v] - 1:
			ways++
		}
	}
	share := sum / float64(ways)
	for _, a := range c.s.g.around(v) {
		if c.dist[a.to] == c.dist[v]-1 && c.live(a) {
			c.redo(a.edge, share)
		}
	}
}

func (c *scene) carried(e int32) float64 {
	if c.isRedo[e] {
		return c.flow[e]
	}
	return c.s.flow[e]
}

func (c *scene) touch(v int32) {
	if !c.isTouch[v] {
		c.isTouch[v] = true
		c.touched = append(c.touched, v)
	}
}

func (c *scene) redo(e int32, flow float64) {
	c.flow[e] = flow
	if !c.isRedo[e] {
		c.isRedo[e] = true
		c.redone = append(c.redone, e)
	}
}

// result is the load of the scene: what it changed, and the rest as it was.
func (c *scene) result() Load {
	out := Load{Lost: c.unmet, MaxEdge: -1}
	for _, e := range c.redone {
		u := c.flow[e] / c.s.in.Capacity[e]
		out.take(int(e), u)
		if u > 1+near {
			out.Overloaded = append(out.Overloaded, int(e))
		}
	}
	for _, e := range c.s.over {
		if !c.isRedo[e] {
			out.Overloaded = append(out.Overloaded, e)
		}
	}
	slices.Sort(out.Overloaded)
	c.s.busiest(c.isRedo, &out)
	return out
}

// reset forgets the failure.
func (c *scene) reset() {
	for _, v := range c.touched {
		c.isTouch[v], c.orphan[v], c.gone[v], c.dist[v] = false, false, 0, c.s.dist[v]
	}
	for _, e := range c.redone {
		c.isRedo[e] = false
	}
	c.touched, c.redone, c.orphans = c.touched[:0], c.redone[:0], c.orphans[:0]
	c.deadNode, c.deadEdge, c.unmet = -1, -1, c.s.unmet
}
