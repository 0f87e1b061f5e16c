package topology

import (
	"fmt"
	"slices"
	"strings"
)

// entities finds for each half the device that it leads to, and gathers those that lead to none into stubs.
func (j *join) entities() {
	type open struct{ wire, key int }
	var opens []open
	for from, c := range j.devs {
		for _, h := range c.halves {
			if len(h.tokens) == 0 && len(h.names) == 0 && h.heard.RemoteChassisID == "" && h.heard.RemotePortID == "" {
				j.note("empty", fmt.Sprintf("%s tells of a neighbor on %s that has neither an id nor a name: it is left out", c.device.Name, portWords(h.port)), c.device.Name)
				continue
			}
			w := wire{half: h, from: from, to: -1, local: portID{from, h.port, h.slot}}
			if h.port == "" {
				w.local.port = "?" + heardKey(h.heard.Neighbor)
			}
			if h.claims == j.s.claims && h.claims > 0 {
				w.to = h.to
			} else if w.to, w.doubt = j.deviceOf(c, h); w.to >= 0 && w.to < len(j.devs) && !w.doubt {
				h.claims, h.to = j.s.claims, w.to // nothing is to be told of it
			}
			j.wires = append(j.wires, w)
			if w.to < 0 {
				opens = append(opens, open{len(j.wires) - 1, j.stub(c, h)})
			}
		}
	}
	j.nameStubs()
	for _, o := range opens {
		j.wires[o.wire].to = j.stubNode[j.stubs.find(o.key)]
	}
}

// deviceOf finds the device of the inventory that a half leads to, which is the same until devices claim something else: by what only one device claims, by the
// strongest first; by its name where nothing else tells.
func (j *join) deviceOf(c *compiled, h *half) (to int, doubt bool) {
	to = -1
	by := ""
	for _, t := range h.tokens {
		owners := j.s.owners[t]
		if len(owners) > 1 {
			owners = slices.DeleteFunc(slices.Clone(owners), func(o string) bool { return !j.goesBy(o, h.names) })
		}
		if len(owners) != 1 {
			continue
		}
		switch x := j.at[owners[0]]; {
		case to < 0:
			to, by = x, t
		case to != x:
			doubt = true
			j.note("conflict", fmt.Sprintf("%s hears on %s a neighbor with the %s of %s and the %s of %s: one of them has a wrong or an old address; %s is taken",
				c.device.Name, portWords(h.port), tokenWords(by), j.nodes[to].ID, tokenWords(t), owners[0], j.nodes[to].ID), c.device.Name, j.nodes[to].ID, owners[0])
		}
	}
	if to < 0 {
		if to, by = j.byName(h.names), "name"; to < 0 {
			return -1, false
		}
	}
	if by[0] != 'm' && by[0] != 'c' && j.otherChassis(to, h) {
		doubt = true
		j.note("conflict", fmt.Sprintf("%s hears %s on %s by its %s, but with another chassis id (%s) than %s tells: the device was replaced, or two go by one name or address",
			c.device.Name, j.nodes[to].ID, portWords(h.port), kindOfToken(by), h.heard.RemoteChassisID, j.nodes[to].ID), c.device.Name, j.nodes[to].ID)
	}
	return to, doubt
}

// otherChassis tells whether a neighbor has a chassis MAC that the device which it seems to be does not own,
// while that device tells its own.
func (j *join) otherChassis(to int, h *half) bool {
	if to >= len(j.devs) {
		return false
	}
	d := j.devs[to]
	heard, own := h.chassis, d.chassis
	return heard != "" && own != "" && heard[0] == 'm' && own[0] == 'm' && !slices.Contains(d.tokens, heard)
}

func (j *join) goesBy(device string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(j.s.devices[device].names, n) })
}

func (j *join) byName(names []string) int {
	for _, n := range names {
		if owners := j.s.named[n]; len(owners) == 1 {
			return j.at[owners[0]]
		}
		if stub, ok := j.stood["stub:"+n]; ok { // of a link that a person wrote down
			return stub
		}
	}
	return -1
}

// stub puts a neighbor that is none of the inventory into the set of those who share an identity with it.
// Names alone make two neighbors one only on the same port (LLDP and CDP of one device), or where there is
// nothing else to know them by.
func (j *join) stub(c *compiled, h *half) int {
	keys := slices.Clone(h.tokens)
	port := "p" + c.device.Name + "\x00" + h.port + "\x00"
	switch {
	case len(h.names) > 0:
		keys = append(keys, port+h.names[len(h.names)-1])
		if len(h.tokens) == 0 {
			keys = append(keys, "n"+h.names[0])
		}
	case len(keys) == 0:
		keys = append(keys, port+h.heard.RemoteChassisID+"\x00"+h.heard.RemotePortID)
	}
	first := -1
	for _, k := range keys {
		e, ok := j.stubKey[k]
		if !ok {
			e = j.stubs.add()
			j.stubKey[k] = e
			j.stubName = append(j.stubName, "")
		}
		if first < 0 {
			first = e
		}
		j.stubs.union(first, e)
	}
	if j.stubName[first] == "" || h.heard.RemoteName != "" && h.heard.RemoteName < j.stubName[first] {
		j.stubName[first] = h.heard.RemoteName
	}
	return first
}

// nameStubs makes a node of each set.
func (j *join) nameStubs() {
	identities := map[int][]string{}
	names := map[int][]string{}
	for k, e := range j.stubKey {
		root := j.stubs.find(e)
		switch k[0] {
		case 'p':
			if device, rest, ok := strings.Cut(k[1:], "\x00"); ok {
				port, _, _ := strings.Cut(rest, "\x00")
				names[root] = append(names[root], "\xff"+device+"/"+port) // after all real names
			}
		case 'n':
			names[root] = append(names[root], k[1:])
		default:
			identities[root] = append(identities[root], k)
		}
		if n := j.stubName[e]; n != "" {
			names[root] = append(names[root], n)
		}
	}
	taken := map[string]bool{}
	roots := make([]int, 0, len(names))
	for root := range j.stubs {
		if j.stubs.find(root) == root {
			roots = append(roots, root)
		}
	}
	for _, root := range roots {
		known := identities[root]
		slices.Sort(known)
		slices.Sort(names[root])
		label, id := "unknown device", ""
		words := make([]string, len(known))
		for i, t := range known {
			words[i] = tokenWords(t)
		}
		if len(known) > 0 {
			label = tokenText(known[0])
			id = label
		}
		if n := names[root]; len(n) > 0 {
			if !strings.HasPrefix(n[0], "\xff") {
				label = n[0]
			}
			if id == "" {
				id = strings.TrimPrefix(n[0], "\xff")
			}
		}
		for n, base := 2, id; taken[id]; n++ {
			id = fmt.Sprintf("%s#%d", base, n)
		}
		taken[id] = true
		j.stubNode[root] = len(j.nodes)
		j.nodes = append(j.nodes, Node{ID: "stub:" + id, Kind: StubNode, Label: label, Identities: words,
			Quiet: "it is not in the inventory, so it is not asked for its neighbors"})
	}
}

func portWords(port string) string {
	if port == "" || port[0] == '?' {
		return "a port that it does not name"
	}
	return "port " + strings.TrimPrefix(port, "~")
}
