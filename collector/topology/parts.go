package topology

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// GroupsOf makes the redundancy groups that a device has by its own facts: LAGs, power supplies, fans and the
// members of a stack. Condition tells the state of a part that is no interface, from its sensors; nil: not
// known. How many power supplies and fans are needed is not in any MIB: all but one, unless the inventory
// says otherwise.
func GroupsOf(f telemetry.DeviceFacts, condition func(telemetry.Component) State) []Group {
	var out []Group
	byIndex := map[uint32]telemetry.Interface{}
	for _, i := range f.Interfaces {
		byIndex[i.IfIndex] = i
	}
	for _, l := range f.LAGs {
		if len(l.Members) == 0 {
			continue
		}
		g := Group{Name: f.Device + "/" + cmp.Or(l.Key, l.Name), Kind: "lag", Mode: LAG, Needed: max(1, int(l.MinLinks))}
		for _, m := range l.Members {
			i := byIndex[m.IfIndex]
			g.Members = append(g.Members, Member{ID: cmp.Or(m.Key, i.Key, fmt.Sprint("if", m.IfIndex)), State: memberState(m, i), Capacity: float64(i.SpeedBps)})
		}
		out = append(out, g)
	}
	for _, kind := range []struct{ class, name string }{{"powerSupply", "psu"}, {"fan", "fan"}, {"chassis", "stack"}} {
		g := Group{Name: f.Device + "/" + kind.name, Kind: kind.name}
		for _, c := range f.Components {
			if c.Class == kind.class {
				m := Member{ID: cmp.Or(c.Name, c.Descr, fmt.Sprint(kind.name, c.Index))}
				if slices.ContainsFunc(g.Members, func(x Member) bool { return x.ID == m.ID }) {
					m.ID += fmt.Sprintf("#%d", c.Index)
				}
				if condition != nil {
					m.State = condition(c)
				}
				g.Members = append(g.Members, m)
			}
		}
		if g.Needed = len(g.Members) - 1; g.Needed > 0 {
			if kind.class == "chassis" {
				g.Needed = 1
			}
			out = append(out, g)
		}
	}
	return out
}

// memberState is that of a LAG member (ANALYTICS C.2): up while the link is up and the aggregator uses it.
// Where no MIB tells what the aggregator does, the link alone counts.
func memberState(m telemetry.LAGMember, i telemetry.Interface) State {
	const up, unknown = 1, 4 // ifOperStatus, RFC 2863
	switch {
	case m.State == "down" || m.State == "selected":
		return Down
	case i.IfOperStatus == 0 || i.IfOperStatus == unknown:
		return Unknown
	case i.IfOperStatus != up:
		return Down
	}
	return Up
}

// FHRP is a group of first hop redundancy over all routers that take part.
type FHRP struct {
	Name     string // protocol, virtual address and number of the group
	Protocol string
	Virtual  netip.Addr
	Group    uint32
	Routers  []string
	Roles    []Role
	Ports    []string // of the routers, by which they take part; empty: not told
	Class    Class
}

// FHRPsOf gathers what the routers tell of their groups. A router whose facts were not read to the end, or
// whose state is a word that we do not know, has an unknown role. Routers that are not asked count as far as
// others tell of them; where only one router is known, and it cannot tell of a second, the class is open.
func FHRPsOf(facts []telemetry.DeviceFacts) []FHRP {
	type key struct {
		protocol string
		virtual  netip.Addr
		group    uint32
	}
	at := map[key]*FHRP{}
	told := map[key][]telemetry.FHRPGroup{}
	own := map[netip.Addr]bool{}
	for _, f := range facts {
		for _, a := range f.Addresses {
			own[a.Address] = true
		}
		for _, g := range f.FHRPGroups {
			k := key{g.Protocol, g.VirtualAddress, g.Group}
			if at[k] == nil {
				at[k] = &FHRP{Name: fmt.Sprintf("%s %s group %d", g.Protocol, g.VirtualAddress, g.Group), Protocol: g.Protocol, Virtual: g.VirtualAddress, Group: g.Group}
			}
			role, err := ParseRole(g.State)
			if err != nil || slices.Contains(f.Partial, "fhrp_groups") {
				role = RoleUnknown
			}
			at[k].Routers = append(at[k].Routers, f.Device)
			at[k].Roles = append(at[k].Roles, role)
			at[k].Ports = append(at[k].Ports, g.Key)
			told[k] = append(told[k], g)
		}
	}
	var out []FHRP
	for k, g := range at {
		g.others(told[k], own)
		g.Class = ClassifyFHRP(g.Roles)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b FHRP) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// others adds the routers that the group tells of and that nobody asks.
func (g *FHRP) others(told []telemetry.FHRPGroup, own map[netip.Addr]bool) {
	known := map[netip.Addr]bool{}
	nameless := map[Role]bool{} // roles of routers that are asked, and do not say by which address they have it
	for i, t := range told {
		switch {
		case g.Roles[i] == Active && t.Active.IsValid() && !t.Active.IsUnspecified():
			known[t.Active] = true
		case g.Roles[i] == Standby && t.Standby.IsValid() && !t.Standby.IsUnspecified():
			known[t.Standby] = true
		default:
			nameless[g.Roles[i]] = true
		}
	}
	add := func(a netip.Addr, r Role) {
		if a.IsValid() && !a.IsUnspecified() && a != g.Virtual && !own[a] && !known[a] && !nameless[r] {
			known[a] = true
			g.Routers = append(g.Routers, a.String())
			g.Roles = append(g.Roles, r)
			g.Ports = append(g.Ports, "")
		}
	}
	for i, t := range told {
		if g.Roles[i] != Active { // who is active itself names itself
			add(t.Active, Active)
		}
		if g.Roles[i] != Standby {
			add(t.Standby, Standby)
		}
	}
	if len(g.Routers) == 1 && g.Protocol != "hsrp" {
		g.Routers = append(g.Routers, "a router that is not in the inventory")
		g.Roles = append(g.Roles, RoleUnknown)
		g.Ports = append(g.Ports, "")
	}
}

// RisksOf makes the risk groups that a device has by its own facts: ports of one line card fail with it.
func RisksOf(f telemetry.DeviceFacts) []Risk {
	parts := map[uint32]telemetry.Component{}
	for _, c := range f.Components {
		parts[c.Index] = c
	}
	cards := map[uint32]*Risk{}
	for _, c := range f.Components {
		if c.IfKey == "" || c.Class != "port" {
			continue
		}
		card, ok := c, false
		for range len(parts) { // up to the outermost module, and no further than there are parts
			if card, ok = parts[card.ParentIndex]; !ok || card.Class == "chassis" {
				break
			}
			if card.Class == "module" {
				r := cards[card.Index]
				if r == nil {
					r = &Risk{Name: f.Device + "/" + cmp.Or(card.Name, card.Descr, fmt.Sprint("module ", card.Index)), Kind: "line_card"}
					cards[card.Index] = r
				}
				r.Members = append(r.Members, f.Device+"/"+c.IfKey)
			}
		}
	}
	var out []Risk
	for _, r := range cards {
		if len(r.Members) > 1 {
			slices.Sort(r.Members)
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b Risk) int { return strings.Compare(a.Name, b.Name) })
	return out
}
