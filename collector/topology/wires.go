package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ends finds the port at the far end of each wire.
func (j *join) ends() {
	for i := range j.wires {
		w := &j.wires[i]
		w.remote.node = w.to
		if w.to >= len(j.devs) {
			continue // what a stub calls its ports is not known to be theirs alone
		}
		j.reached[w.to] = true
		d := j.devs[w.to]
		fits := w.half.portAt(d)
		switch {
		case fits.port >= 0:
			w.remote.port, w.remote.slot = d.record.Facts.Interfaces[fits.port].Key, w.half.far
		case fits.many && fits.byMAC:
			j.note("shared_mac", fmt.Sprintf("several ports of %s have the MAC address %s, which is all that it tells of the port that %s hears on %s: that port is not known",
				d.device.Name, w.half.heard.RemotePortID, j.nodes[w.from].ID, portWords(w.half.port)), d.device.Name, j.nodes[w.from].ID)
		}
	}
}

// connect makes links of wires. Ports that hear each other are put together: two are a link, more have
// something between them that does not speak for itself. Wires that the newest discovery did not show count
// only where nothing newer is known of their ports.
func (j *join) connect() {
	fresh, stale := room(j.s.scratch.fresh, len(j.wires)), []int(nil)
	for i, w := range j.wires {
		if w.half.heard.Stale() {
			stale = append(stale, i)
		} else {
			fresh = append(fresh, i)
		}
	}
	j.s.scratch.fresh = fresh
	j.tie(fresh)
	j.fresh = len(j.ports)
	j.tie(slices.DeleteFunc(stale, func(i int) bool { return j.isFresh(j.wires[i].local) || j.isFresh(j.wires[i].remote) }))
	j.cables()
}

func (j *join) isFresh(p portID) bool {
	e, ok := j.lookup(p)
	return ok && e < j.fresh
}

func (j *join) used(p portID) bool {
	_, ok := j.lookup(p)
	return ok
}

// tie puts the ports of wires together.
func (j *join) tie(wires []int) {
	var loose []*wire
	for _, i := range wires {
		w := &j.wires[i]
		switch {
		case len(j.byHand) > 0 && (j.manualPort(w.local) || j.manualPort(w.remote)):
			j.corrected(w)
			w.void = true
		case w.from == w.to && (w.remote.port == "" || w.remote == w.local):
			j.note("loop", fmt.Sprintf("%s hears itself on %s: what it sends there comes back; look for a loop behind that port",
				j.nodes[w.from].ID, portWords(w.half.port)), j.nodes[w.from].ID)
			w.void = true
		case w.remote.port != "":
			j.union(w.local, w.remote)
		default:
			loose = append(loose, w)
		}
	}
	j.pair(loose)
	for _, i := range wires {
		if w := &j.wires[i]; !w.void {
			e := j.element(w.local)
			j.more[i], j.first[e] = j.first[e], i
		}
	}
}

// pair finds an end for wires whose far port is not known. Where that device hears back on a port that is not
// told either, the two are one link: as many as there are, in the order of their ports. The rest end at a
// port without a name.
func (j *join) pair(loose []*wire) {
	between := map[[2]int][]*wire{}
	for _, w := range loose {
		between[[2]int{w.from, w.to}] = append(between[[2]int{w.from, w.to}], w)
	}
	for _, w := range loose {
		if w.remote.port != "" {
			continue
		}
		if there, ok := j.heardBack(w); ok {
			w.remote = there
			continue
		}
		back := between[[2]int{w.to, w.from}]
		at := slices.IndexFunc(back, func(b *wire) bool {
			_, known := j.heardBack(b)
			return b.remote.port == "" && !known && w.from != w.to
		})
		if at < 0 {
			w.remote.port = fmt.Sprint("@", w.from, "/", w.local.port) // one for each port here
			j.union(w.local, w.remote)
			continue
		}
		b := back[at]
		w.remote, b.remote = b.local, w.local
		j.union(w.local, w.remote)
	}
}

// heardBack finds the port of the far device that is already tied to this one.
func (j *join) heardBack(w *wire) (portID, bool) {
	here, ok := j.lookup(w.local)
	if !ok {
		return portID{}, false
	}
	for e := j.ring[here]; e != here; e = j.ring[e] {
		if j.ports[e].node == w.to {
			return j.ports[e], true
		}
	}
	return portID{}, false
}

func (j *join) union(a, b portID) {
	x, y := j.element(a), j.element(b)
	if j.joined.find(x) != j.joined.find(y) {
		j.joined.union(x, y)
		j.ring[x], j.ring[y] = j.ring[y], j.ring[x]
	}
}

// lookup finds the element of a port that was met before.
func (j *join) lookup(p portID) (e int, ok bool) {
	if slot := j.slot(p); slot >= 0 {
		return j.slotted[slot], j.slotted[slot] >= 0
	}
	e, ok = j.others[p]
	return e, ok
}

func (j *join) slot(p portID) int {
	if p.slot == 0 {
		return -1
	}
	return j.base[p.node] + p.slot - 1
}

func (j *join) element(p portID) int {
	slot := j.slot(p)
	switch {
	case slot < 0:
		if e, ok := j.others[p]; ok {
			return e
		}
	case j.slotted[slot] >= 0:
		return j.slotted[slot]
	}
	e := j.joined.add()
	if slot < 0 {
		j.others[p] = e
	} else {
		j.slotted[slot] = e
	}
	j.ports, j.ring, j.first = append(j.ports, p), append(j.ring, e), append(j.first, -1)
	return e
}

// cables makes a link of two ports, and a segment of more.
func (j *join) cables() {
	var ports []portID
	var evidence []*wire
	for root := range j.joined {
		if j.joined.find(root) != root {
			continue
		}
		ports, evidence = ports[:0], evidence[:0]
		for e, first := root, true; e != root || first; e, first = j.ring[e], false {
			ports = append(ports, j.ports[e])
			for i := j.first[e]; i >= 0; i = j.more[i] {
				evidence = append(evidence, &j.wires[i])
			}
		}
		slices.SortFunc(ports, func(a, b portID) int { return cmp.Or(cmp.Compare(a.node, b.node), strings.Compare(a.port, b.port)) })
		switch len(ports) {
		case 0, 1:
		case 2:
			if ports[0].node == ports[1].node {
				j.note("self_link", fmt.Sprintf("%s and %s of %s hear each other: a cable joins two ports of one device, which helps nobody and may be a loop",
					portWords(ports[0].port), portWords(ports[1].port), j.nodes[ports[0].node].ID), j.nodes[ports[0].node].ID)
			}
			j.links = append(j.links, j.link(ports[0], ports[1], evidence))
		default:
			j.segment(ports, evidence)
		}
	}
}

func (j *join) segment(ports []portID, evidence []*wire) {
	at := len(j.nodes)
	first := j.nodes[ports[0].node].ID + "/" + plainPort(ports[0].port)
	j.nodes = append(j.nodes, Node{ID: "segment:" + first, Kind: SegmentNode, Label: "between " + first + " and others", Site: j.nodes[ports[0].node].Site,
		Quiet: "it is taken to be there because one port hears several"})
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = j.nodes[p.node].ID
		l := j.link(p, portID{node: at}, slices.DeleteFunc(slices.Clone(evidence), func(w *wire) bool { return w.local != p && w.remote != p }))
		l.Confidence = min(l.Confidence, Inferred)
		j.links = append(j.links, l)
	}
	j.note("segment", fmt.Sprintf("%s of %s hears more than one neighbor (%s are on it): a hub or an unmanaged switch is taken to stand between",
		portWords(ports[0].port), names[0], series(unique(slices.Clone(names)))), names...)
}

// link sums up the evidence for one link.
func (j *join) link(a, b portID, evidence []*wire) Link {
	here, there := j.facts(a), j.facts(b)
	l := Link{A: endAt(a, here), B: endAt(b, there), Confidence: OneSided, Stale: true}
	var doubt bool
	var from [2]bool
	for _, w := range evidence {
		h := w.half.heard
		if !slices.Contains(l.Sources, h.Protocol) {
			if l.Sources == nil {
				l.Sources = j.alone(h.Protocol)
			} else {
				l.Sources = append(l.Sources, h.Protocol)
			}
		}
		if l.First == 0 || h.First < l.First {
			l.First = h.First
		}
		l.Last = max(l.Last, h.Last)
		l.Stale = l.Stale && h.Stale()
		doubt = doubt || w.doubt
		from[0] = from[0] || w.local == a
		from[1] = from[1] || w.local == b
	}
	slices.Sort(l.Sources)
	switch {
	case doubt:
		l.Confidence = Doubtful
	case from[0] && from[1]:
		l.Confidence = Confirmed
	}
	l.Speed = here.speed
	if s := there.speed; s > 0 && (l.Speed == 0 || s < l.Speed) {
		l.Speed = s
	}
	return l
}

// alone is a protocol as the only source; most links have the same. It has no room, so that who adds to it copies it.
func (j *join) alone(protocol string) []string {
	for _, s := range j.sources {
		if s[0] == protocol {
			return s
		}
	}
	s := []string{protocol}
	j.sources = append(j.sources, s)
	return s
}

func (j *join) end(p portID) End { return endAt(p, j.facts(p)) }

func endAt(p portID, facts port) End {
	return End{Node: p.node, Port: plainPort(p.port), LAG: facts.lag}
}

func (j *join) facts(p portID) port {
	if p.node >= len(j.devs) {
		return port{}
	}
	c := j.devs[p.node]
	if p.slot > 0 {
		return c.ends[p.slot-1]
	}
	return c.port(p.port)
}

// plainPort is the name of a port for people: empty when it could not be told.
func plainPort(port string) string {
	if port == "" || port[0] == '@' || port[0] == '?' {
		return ""
	}
	return strings.TrimPrefix(port, "~")
}
