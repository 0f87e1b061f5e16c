package live

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// sessionsIn are the routing sessions of a device that are up, or have been: those of BGP by the autonomous system
// that they lead to, the neighbours of OSPF together. One that never came up stands in for nobody.
func sessionsIn(f telemetry.DeviceFacts) []held {
	var out []held
	for _, p := range f.BGPPeers {
		if bgpUp(p) {
			out = append(out, held{Session: bgpName(p), Family: bgpFamily(p)})
		}
	}
	for _, p := range f.OSPFNeighbors {
		if ospfUp(p) {
			out = append(out, held{Session: ospfName(p), Family: ospfFamily(p)})
		}
	}
	return out
}

func bgpUp(p telemetry.BGPPeer) bool { return p.State == "established" && p.AdminStatus != "stop" }
func bgpName(p telemetry.BGPPeer) string {
	return strings.TrimSpace("BGP " + p.Peer.String() + " " + p.VRF)
}

func bgpFamily(p telemetry.BGPPeer) string {
	family := fmt.Sprintf("BGP with AS %d", p.RemoteAS)
	if p.Peer.Is6() && !p.Peer.Is4In6() {
		family = fmt.Sprintf("IPv6 BGP with AS %d", p.RemoteAS)
	}
	if p.VRF != "" {
		family += " in " + p.VRF
	}
	return family
}

func ospfUp(p telemetry.OSPFNeighbor) bool { return p.State == "full" || p.State == "twoWay" }

func ospfName(p telemetry.OSPFNeighbor) string {
	if p.Address.IsValid() {
		return fmt.Sprintf("OSPF %s at %s", p.RouterID, p.Address)
	}
	return fmt.Sprintf("OSPF %s", p.RouterID)
}

func ospfFamily(p telemetry.OSPFNeighbor) string {
	if p.Version == 3 {
		return "OSPFv3"
	}
	return "OSPF"
}

// sessionGroups are the groups of two or more sessions. That one is left is all that a MIB lets one ask for; how many
// are needed is for a group of the inventory to say.
func sessionGroups(m *memory, n *topology.Network) []*Group {
	if !slices.ContainsFunc(m.Parts, func(h held) bool { return h.Session != "" }) {
		return nil
	}
	f := m.Facts
	stopped := map[string]bool{}
	for _, p := range f.BGPPeers {
		stopped[bgpName(p)] = p.AdminStatus == "stop"
	}
	byFamily := map[string]*Group{}
	for _, h := range m.Parts {
		if h.Session == "" || stopped[h.Session] { // shut on purpose
			continue
		}
		g := byFamily[h.Family]
		if g == nil {
			g = &Group{Source: FromFacts, within: f.Device, Read: f.Time, Title: f.Device + " " + h.Family}
			g.Name, g.Kind, g.Needed = f.Device+"/"+h.Family, inventory.ModeRouting, 1
			g.near = peersOf(f.Device, strings.Contains(h.Family, "BGP"), n)
			byFamily[h.Family] = g
		}
		state := topology.Up
		if m.missing(h) {
			state = topology.Down
		}
		g.of = append(g.of, member{told: state, at: f.Time, scope: h.Session, via: sessionPort(f, h.Session)})
	}
	var out []*Group
	for _, family := range keys(byFamily) {
		g := byFamily[family]
		if len(g.of) < 2 {
			continue
		}
		slices.SortFunc(g.of, func(a, b member) int { return strings.Compare(a.scope, b.scope) })
		for i := range g.of {
			g.Members = append(g.Members, topology.Member{ID: g.of[i].scope})
			g.of[i].scope = ""
		}
		out = append(out, g)
	}
	return out
}

// sessionPort is the interface (device/interface) of the network that a session's other end is in; empty: that is not known.
func sessionPort(f telemetry.DeviceFacts, session string) string {
	words := strings.Fields(session)
	var peer netip.Addr
	for _, word := range slices.Backward(words) {
		if a, err := netip.ParseAddr(word); err == nil {
			peer = a
			break
		}
	}
	longest, index := int32(0), uint32(0)
	for _, a := range f.Addresses {
		if p, err := a.Address.Prefix(int(a.PrefixLength)); err == nil && a.PrefixLength > longest && p.Contains(peer) {
			longest, index = a.PrefixLength, a.IfIndex
		}
	}
	for _, i := range f.Interfaces {
		if longest > 0 && i.IfIndex == index {
			return f.Device + "/" + i.Key
		}
	}
	return ""
}

// peersOf are the devices that one has adjacencies of BGP or of OSPF with: when one of them fails, its sessions go.
func peersOf(device string, bgp bool, n *topology.Network) []string {
	at, ok := n.Node(device)
	if !ok {
		return nil
	}
	var out []string
	for _, a := range n.Adjacencies {
		switch {
		case (a.Kind == "bgp") != bgp:
		case a.A == at:
			out = append(out, n.Nodes[a.B].ID)
		case a.B == at:
			out = append(out, n.Nodes[a.A].ID)
		}
	}
	return out
}
