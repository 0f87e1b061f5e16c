package topology

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// manual adds the links that people wrote down, and marks their ports.
func (j *join) manual() {
	j.byHand = map[portID]string{}
	for _, m := range j.s.inventory.Links {
		ends := [2]portID{j.manualEnd(m.A), j.manualEnd(m.B)}
		name := m.A + " to " + m.B
		l := Link{A: j.end(ends[0]), B: j.end(ends[1]), Sources: []string{"configured"}, Confidence: Configured, Speed: m.Bandwidth}
		for _, p := range ends {
			if p.port != "" {
				j.byHand[p] = name
				j.element(p)
			}
			if s := j.facts(p).speed; m.Bandwidth == 0 && s > 0 && (l.Speed == 0 || s < l.Speed) {
				l.Speed = s
			}
		}
		j.links = append(j.links, l)
	}
}

// manualEnd is device/interface; a device that the inventory does not have becomes a stub.
func (j *join) manualEnd(text string) portID {
	device, port, _ := strings.Cut(text, "/")
	if at, ok := j.at[device]; ok {
		return j.port(at, port)
	}
	id := "stub:" + device
	if at, ok := j.stood[id]; ok {
		return j.port(at, port)
	}
	j.stood[id] = len(j.nodes)
	j.nodes = append(j.nodes, Node{ID: id, Kind: StubNode, Label: device, Quiet: "it is not in the inventory, so it is not asked for its neighbors"})
	return j.port(j.stood[id], port)
}

func (j *join) manualPort(p portID) bool {
	_, ok := j.byHand[p]
	return ok
}

// corrected tells of a wire that gave way to a link by hand, unless it says the same.
func (j *join) corrected(w *wire) {
	name := j.byHand[w.local]
	if name == "" {
		name = j.byHand[w.remote]
	}
	if j.byHand[w.local] == j.byHand[w.remote] || w.remote.port == "" && j.linkBetween(w.from, w.to) {
		return
	}
	j.note("correction", fmt.Sprintf("%s hears %s on %s, but the link %s is written down for that port: the written one stands; take it out if it is wrong",
		j.nodes[w.from].ID, j.nodes[w.to].Label, portWords(w.half.port), name), j.nodes[w.from].ID, j.nodes[w.to].ID)
}

func (j *join) linkBetween(a, b int) bool {
	return slices.ContainsFunc(j.links, func(l Link) bool { return l.A.Node == a && l.B.Node == b || l.A.Node == b && l.B.Node == a })
}

// infer adds what weaker sources tell of ports that nothing else tells of.
func (j *join) infer() {
	j.spanningTree()
	j.subnets()
}

// spanningTree reads who stands at the other end of a port that is not the designated one of its segment.
func (j *join) spanningTree() {
	for from, c := range j.devs {
		for _, tree := range c.record.Facts.STP {
			for _, p := range tree.Ports {
				owners := j.s.owners[macToken(p.DesignatedBridge)]
				if len(owners) != 1 || owners[0] == c.device.Name {
					continue
				}
				here, ok := j.portOfIndex(from, p.IfIndex)
				if !ok || j.used(here) {
					continue
				}
				to := j.at[owners[0]]
				there := portID{node: to}
				for _, b := range j.devs[to].record.Facts.BridgePorts {
					if b.Port == p.DesignatedPort&0xfff || b.Port == p.DesignatedPort&0xff {
						there, _ = j.portOfIndex(to, b.IfIndex)
						break
					}
				}
				if there.port != "" && j.used(there) {
					continue
				}
				j.inferred("stp", here, j.port(to, there.port), min(c.record.Facts.Time, j.devs[to].record.Facts.Time))
			}
		}
	}
}

// portOfIndex is the port with an ifIndex, if a cable can end there. A LAG counts as one while nothing else
// is known of its members.
func (j *join) portOfIndex(node int, ifIndex uint32) (portID, bool) {
	c := j.devs[node]
	at, ok := c.byIndex[ifIndex]
	if !ok {
		return portID{}, false
	}
	i := c.record.Facts.Interfaces[at]
	if c.lags[ifIndex] {
		for member, lag := range c.member {
			if m, known := c.byIndex[member]; lag == i.Key && known && j.used(j.port(node, c.record.Facts.Interfaces[m].Key)) {
				return portID{}, false
			}
		}
	} else if virtualTypes[i.IfType] {
		return portID{}, false
	}
	return j.port(node, i.Key), true
}

func (j *join) inferred(source string, a, b portID, seen int64) {
	l := Link{A: j.end(a), B: j.end(b), Sources: []string{source}, Confidence: Inferred, First: seen, Last: seen, Speed: j.facts(a).speed}
	j.element(a)
	if b.port != "" {
		j.element(b)
	}
	j.links = append(j.links, l)
}

// subnets joins the two routers of a point-to-point prefix (RFC 3021, RFC 6164, and the older /30 and /126).
func (j *join) subnets() {
	ends := map[netip.Prefix][]portID{}
	for node, c := range j.devs {
		for _, a := range c.record.Facts.Addresses {
			bits, n := a.Address.BitLen(), int(a.PrefixLength)
			if n < bits-2 || n >= bits || addressToken(a.Address) == "" {
				continue
			}
			prefix, err := a.Address.Prefix(n)
			if p, ok := j.portOfIndex(node, a.IfIndex); ok && err == nil {
				ends[prefix] = append(ends[prefix], p)
			}
		}
	}
	prefixes := make([]netip.Prefix, 0, len(ends))
	for p, e := range ends {
		if len(e) == 2 && e[0].node != e[1].node {
			prefixes = append(prefixes, p)
		}
	}
	slices.SortFunc(prefixes, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	for _, p := range prefixes {
		if e := ends[p]; !j.used(e[0]) && !j.used(e[1]) {
			j.inferred("subnet", e[0], e[1], min(j.devs[e[0].node].record.Facts.Time, j.devs[e[1].node].record.Facts.Time))
		}
	}
}

// overlays are the neighbors of routing protocols that are devices of the inventory.
func (j *join) overlays() {
	type key struct {
		a, b int
		kind string
	}
	at := map[key]int{}
	add := func(from int, kind, state string, addresses ...netip.Addr) {
		for _, a := range addresses {
			owners := j.s.owners[addressToken(a)]
			if len(owners) != 1 || j.at[owners[0]] == from {
				continue
			}
			to := j.at[owners[0]]
			k := key{min(from, to), max(from, to), kind}
			if _, ok := at[k]; !ok {
				at[k] = len(j.adj)
				j.adj = append(j.adj, Adjacency{A: k.a, B: k.b, Kind: kind, State: state})
			}
			return
		}
	}
	for from, c := range j.devs {
		for _, n := range c.record.Facts.OSPFNeighbors {
			add(from, "ospf", n.State, n.Address, n.RouterID)
		}
		for _, p := range c.record.Facts.BGPPeers {
			add(from, "bgp", p.State, p.Peer, p.RouterID)
		}
	}
}

// quiet tells of devices whose links may be more than those known.
func (j *join) quiet() {
	linked := make([]bool, len(j.nodes)) // to another device
	for _, l := range j.links {
		if a, b := l.A.Node, l.B.Node; j.nodes[a].Kind == DeviceNode && j.nodes[b].Kind == DeviceNode {
			linked[a], linked[b] = true, true
		}
	}
	for i, c := range j.devs {
		q := &j.nodes[i].Quiet
		f := c.record.Facts
		switch {
		case !c.known:
			*q = "it has not been discovered yet"
		case slices.Contains(f.Partial, "neighbors"):
			*q = "its neighbors were not read to the end"
		case len(f.Neighbors) > 0:
			continue
		case j.reached[i]:
			*q = "others hear it, but it tells no neighbors itself: allow LLDP-MIB or CISCO-CDP-MIB to be read"
		default:
			*q = "it tells no neighbors: LLDP and CDP are off, not supported, or not allowed to be read"
		}
		j.nodes[i].Dark = c.device.Passes && !j.reached[i] && !linked[i]
		j.note("quiet", j.nodes[i].ID+": "+*q, j.nodes[i].ID)
	}
}

// duplicates tells of chassis ids that several devices tell as theirs.
func (j *join) duplicates() {
	by := map[string][]string{}
	for _, c := range j.devs {
		if t := c.chassis; t != "" && len(j.s.owners[t]) > 1 {
			by[t] = append(by[t], c.device.Name)
		}
	}
	for t, names := range by {
		if len(names) > 1 {
			j.note("duplicate_identity", fmt.Sprintf("%s tell the same chassis id, %s: they are one device with several addresses, or a copied configuration; neighbors cannot tell them apart by it",
				series(names), tokenText(t)), names...)
		}
	}
}
