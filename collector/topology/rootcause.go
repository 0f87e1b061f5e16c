package topology

import (
	"slices"
)

// Situation is what has been confirmed at one moment: raw states, before anything is explained by a parent.
type Situation struct {
	Edges    [][2]string
	Vantages []string         // from where we look: the agents' own devices
	State    map[string]State // a node that is not here is unknown
}

// Causes explains all that is down. Lists are sorted.
type Causes struct {
	Incidents     []Incident `json:"incidents"`
	Isolated      []string   `json:"vantage_isolated"` // vantages all of whose neighbors are down
	UnknownBehind []string   `json:"unknown_behind"`   // unknown nodes that only lie behind what is down: listed, not alerted
	UpBehind      []string   `json:"-"`                // nodes that answer though every known way to them is down: the topology is incomplete
}

// Incident is one set of nodes that went down together.
type Incident struct {
	Roots      []string `json:"roots"`      // next to something that we can see: candidates for the cause
	Suppressed []string `json:"suppressed"` // down behind the roots
	Orphan     bool     `json:"orphan"`     // next to nothing that we can see: nothing explains it, so all alert as roots
}

// RootCauses groups the nodes that are down into incidents. It costs O((V+E) log V).
func RootCauses(s Situation) Causes {
	w := newWorld(s)
	seen := w.expand(w.seeds)
	out := Causes{Incidents: []Incident{}, Isolated: w.isolated(), UnknownBehind: []string{}}
	done := make([]bool, len(w.names))
	for v := range w.names {
		if w.state[v] == Down && !done[v] {
			out.Incidents = append(out.Incidents, w.incident(v, seen, done))
		}
	}
	slices.SortFunc(out.Incidents, func(a, b Incident) int { return slices.Compare(a.Roots, b.Roots) })
	behind := w.behind(seen)
	fromVantages := w.expand(w.vantages)
	for v, name := range w.names {
		if w.state[v] == Unknown && behind[v] {
			out.UnknownBehind = append(out.UnknownBehind, name)
		}
		if w.state[v] == Up && !fromVantages[v] && len(w.vantages) > 0 && w.nextToDown(v) {
			out.UpBehind = append(out.UpBehind, name)
		}
	}
	return out
}

// world is a situation by number; names are sorted, so that numbers sort as names do.
type world struct {
	names    []string
	state    []State
	near     [][]int
	vantages []int
	seeds    []int // up nodes and vantages
}

func newWorld(s Situation) *world {
	w := &world{}
	for name := range s.State {
		w.names = append(w.names, name)
	}
	w.names = append(w.names, s.Vantages...)
	for _, e := range s.Edges {
		w.names = append(w.names, e[0], e[1])
	}
	slices.Sort(w.names)
	w.names = slices.Compact(w.names)
	number := make(map[string]int, len(w.names))
	for v, name := range w.names {
		number[name] = v
		w.state = append(w.state, s.State[name])
		if s.State[name] == Up {
			w.seeds = append(w.seeds, v)
		}
	}
	for _, name := range s.Vantages {
		w.vantages = append(w.vantages, number[name])
	}
	slices.Sort(w.vantages)
	w.vantages = slices.Compact(w.vantages)
	w.seeds = append(w.seeds, w.vantages...)
	w.near = make([][]int, len(w.names))
	for _, e := range s.Edges {
		if a, b := number[e[0]], number[e[1]]; a != b {
			w.near[a] = append(w.near[a], b)
			w.near[b] = append(w.near[b], a)
		}
	}
	return w
}

// expand marks what the seeds reach through nodes that are not down. A seed is marked even when it is down.
func (w *world) expand(seeds []int) []bool {
	seen := make([]bool, len(w.names))
	queue := slices.Clone(seeds)
	for _, v := range seeds {
		seen[v] = true
	}
	for len(queue) > 0 {
		v := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, x := range w.near[v] {
			if !seen[x] && w.state[x] != Down {
				seen[x] = true
				queue = append(queue, x)
			}
		}
	}
	return seen
}

// incident gathers the connected down nodes around v.
func (w *world) incident(v int, seen, done []bool) Incident {
	all := []int{v}
	done[v] = true
	for at := 0; at < len(all); at++ {
		for _, x := range w.near[all[at]] {
			if w.state[x] == Down && !done[x] {
				done[x] = true
				all = append(all, x)
			}
		}
	}
	slices.Sort(all)
	i := Incident{Roots: []string{}, Suppressed: []string{}}
	for _, x := range all {
		if slices.ContainsFunc(w.near[x], func(y int) bool { return seen[y] }) {
			i.Roots = append(i.Roots, w.names[x])
		} else {
			i.Suppressed = append(i.Suppressed, w.names[x])
		}
	}
	if len(i.Roots) == 0 {
		i.Roots, i.Suppressed, i.Orphan = i.Suppressed, []string{}, true
	}
	return i
}

// isolated lists the vantages that have neighbors, all of them down.
func (w *world) isolated() []string {
	out := []string{}
	for _, v := range w.vantages {
		if len(w.near[v]) > 0 && !slices.ContainsFunc(w.near[v], func(x int) bool { return w.state[x] != Down }) {
			out = append(out, w.names[v])
		}
	}
	return out
}

// behind marks the unknown nodes that are not seen and lie, perhaps behind others of their kind, next to a
// node that is down.
func (w *world) behind(seen []bool) []bool {
	out := make([]bool, len(w.names))
	var queue []int
	for v := range w.names {
		if w.state[v] == Unknown && !seen[v] && w.nextToDown(v) {
			out[v] = true
			queue = append(queue, v)
		}
	}
	for at := 0; at < len(queue); at++ {
		for _, x := range w.near[queue[at]] {
			if w.state[x] == Unknown && !seen[x] && !out[x] {
				out[x] = true
				queue = append(queue, x)
			}
		}
	}
	return out
}

func (w *world) nextToDown(v int) bool {
	return slices.ContainsFunc(w.near[v], func(x int) bool { return w.state[x] == Down })
}

// Nodes lists all nodes of an incident, sorted.
func (i Incident) Nodes() []string {
	out := slices.Concat(i.Roots, i.Suppressed)
	slices.Sort(out)
	return out
}
