package live

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
)

// ErrUnknownThing means that the topology has no such device, link, circuit, group or risk group.
var ErrUnknownThing = errors.New("not in the topology")

// WhatIf is what happens when something fails.
type WhatIf struct {
	Of       string // device:X, link:ID, circuit:C, risk:R, node:STUB
	Title    string
	Single   // who loses what
	Services []ServiceLost
	Groups   []*Group // that lose a member with it
	Why      []string // in words, why it is alone
	Mend     []Mend
	Words    string
}

// ServiceLost is a service that works now and would not any more.
type ServiceLost struct{ Name, Title, Site string }

// Mend is something that would help, with what it does.
type Mend struct{ What, Effect string }

// WhatIf tells what happens when the thing that of names fails.
func (v *View) WhatIf(of string) (WhatIf, error) {
	kind, id, ok := strings.Cut(of, ":")
	out := WhatIf{Of: of, Title: id}
	unknown := fmt.Errorf("%q: %w", of, ErrUnknownThing)
	switch kind {
	case "device", "node":
		at, known := v.Network.Node(id)
		if !known {
			return out, unknown
		}
		out.Title = v.Network.Nodes[at].Label
		out.Single = v.Fails("node", id)
	case "link", "interface":
		if l := linkOf(v.Network, id); l == nil {
			at := v.linkNear(id)
			if at < 0 {
				return out, unknown
			}
			id = v.Network.Links[at].ID
			out.Of, out.Title = "link:"+id, id
		}
		out.Single = v.Fails("link", id)
	case "circuit":
		if v.plan == nil || v.plan.Circuits[id].Name == "" {
			return out, unknown
		}
		out.Single = v.Fails("node", "stub:"+exitName(id))
		out.Sites = v.plan.sitesOf([]string{v.plan.Circuits[id].Device})
	case "risk":
		if !slices.ContainsFunc(v.Risks, func(r topology.Risk) bool { return r.Name == id }) {
			return out, unknown
		}
		out.Single = v.Fails("risk", id)
	default:
		ok = false
	}
	if !ok {
		return out, fmt.Errorf("%q is none of device:NAME, link:ID, interface:DEVICE/PORT, circuit:NAME, risk:NAME or node:ID: %w", of, ErrUnknownThing)
	}
	gone := v.gone(out.Kind, out.ID)
	out.Services = v.services(gone, out.Lost)
	for _, g := range v.Groups {
		if len(g.hitBy(gone)) > 0 || g.within != "" && slices.Contains(gone, g.within) {
			out.Groups = append(out.Groups, g)
		}
	}
	out.Why = v.why(out.Single)
	out.Mend = v.mends(out.Single)
	return out, nil
}

// linkNear is the position of the link that ends at a port, or whose ends are named the other way round; -1: there is none.
func (v *View) linkNear(id string) int {
	if a, b, ok := strings.Cut(id, "--"); ok {
		if at := linkAt(v.Network, b+"--"+a); at >= 0 {
			return at
		}
	}
	return slices.IndexFunc(v.Network.Links, func(l topology.Link) bool {
		return portName(v.Network, l.A) == id || portName(v.Network, l.B) == id
	})
}

// gone is what fails itself: devices, stubs and ports.
func (v *View) gone(kind, id string) []string {
	switch kind {
	case "node":
		return []string{id}
	case "link":
		l := linkOf(v.Network, id)
		return []string{portName(v.Network, l.A), portName(v.Network, l.B)}
	}
	for _, r := range v.Risks {
		if r.Name == id {
			return r.Members
		}
	}
	return nil
}

// services are those that would fail, though their needs are met now.
func (v *View) services(gone []string, lost []Lost) []ServiceLost {
	if v.plan == nil {
		return nil
	}
	dead := map[string]bool{}
	for _, x := range gone {
		dead[x] = true
	}
	for _, l := range lost {
		dead[l.Device] = true
	}
	var out []ServiceLost
	for _, x := range v.plan.Services {
		if v.met(x.Needs, nil, 0) && !v.met(x.Needs, dead, 0) {
			out = append(out, ServiceLost{x.Name, cmp.Or(plain(x.DisplayName), x.Name), x.Site})
		}
	}
	return out
}

// maxNesting bounds how deep services may need each other.
const maxNesting = 16

func (v *View) met(n inventory.Needs, dead map[string]bool, depth int) bool {
	if depth > maxNesting {
		return true
	}
	met := func(list []inventory.Needs) (count int) {
		for _, x := range list {
			if v.met(x, dead, depth+1) {
				count++
			}
		}
		return count
	}
	switch {
	case n.Scope != "":
		return v.works(n.Scope, dead, depth)
	case len(n.AnyOf) > 0:
		return met(n.AnyOf) > 0
	case len(n.AllOf) > 0:
		return met(n.AllOf) == len(n.AllOf)
	case n.AtLeast != nil:
		return met(n.AtLeast.Of) >= n.AtLeast.Count
	}
	return true
}

// works tells whether what a scope names works with some things dead.
func (v *View) works(scope inventory.Scope, dead map[string]bool, depth int) bool {
	kind, name, rest := scope.Split()
	up := func(device string) bool { return !dead[device] && v.States[device] != topology.Down }
	switch kind {
	case inventory.KindDevice:
		return up(name)
	case inventory.ScopeInterface:
		return up(name) && !dead[name+"/"+rest]
	case inventory.KindCircuit:
		c := v.plan.Circuits[name]
		return (c.Device == "" || up(c.Device)) && !dead["stub:"+exitName(name)] && !dead[endOf(c.Device, c.Interface)]
	case inventory.KindSite:
		any, working := false, false
		for device, d := range v.plan.Devices {
			if d.Site == name {
				any, working = true, working || up(device)
			}
		}
		return !any || working
	case inventory.KindService:
		for _, x := range v.plan.Services {
			if x.Name == name {
				return v.met(x.Needs, dead, depth+1)
			}
		}
	}
	return true
}

// why says in words what stands alone, and how far that is certain.
func (v *View) why(x Single) []string {
	if len(x.Lost) == 0 {
		return nil
	}
	var out []string
	switch x.Kind {
	case "node":
		at, _ := v.Network.Node(x.ID)
		heads := v.heads(x)
		names := make([]string, len(heads))
		for i, h := range heads {
			names[i] = v.Network.Nodes[h].Label
		}
		if len(names) > 0 {
			out = append(out, fmt.Sprintf("%s reach the rest through %s alone.", someOf(names), v.Network.Nodes[at].Label))
		}
	case "link":
		l := linkOf(v.Network, x.ID)
		out = append(out, fmt.Sprintf("It is the only link between %s and what is behind %s.", v.Network.Nodes[l.A.Node].Label, v.Network.Nodes[l.B.Node].Label))
		out = append(out, "The link is "+confidenceWords(*l)+".")
	case "risk":
		out = append(out, "All ways of these devices share "+x.ID+": they are diverse on paper only.")
	}
	if !x.Certain {
		out = append(out, "Of some of them it is not certain that all links are known, so another way may exist unseen.")
	}
	return out
}

func confidenceWords(l topology.Link) string {
	words := map[topology.Confidence]string{topology.Configured: "written down by a person", topology.Confirmed: "heard by both ends", topology.OneSided: "heard by one end only",
		topology.Inferred: "inferred, and heard by nobody", topology.Doubtful: "doubtful: facts contradict each other"}[l.Confidence]
	if len(l.Sources) > 0 {
		words += " (" + strings.Join(l.Sources, ", ") + ")"
	}
	if l.Stale {
		words += ", and was not seen by the newest discovery"
	}
	return words
}

// heads are the nodes that are lost and stand next to what fails.
func (v *View) heads(x Single) []int {
	lost := map[int]bool{}
	for _, l := range x.Lost {
		if at, ok := v.Network.Node(l.Device); ok {
			lost[at] = true
		}
	}
	failed := map[int]bool{}
	switch x.Kind {
	case "node":
		if at, ok := v.Network.Node(x.ID); ok {
			failed[at] = true
		}
	case "link":
		l := linkOf(v.Network, x.ID)
		for _, at := range []int{l.A.Node, l.B.Node} {
			if lost[at] {
				return []int{at}
			}
		}
	}
	var out []int
	for _, l := range v.Network.Links {
		for _, e := range [2][2]int{{l.A.Node, l.B.Node}, {l.B.Node, l.A.Node}} {
			if failed[e[0]] && lost[e[1]] && !slices.Contains(out, e[1]) {
				out = append(out, e[1])
			}
		}
	}
	slices.Sort(out)
	return out
}
