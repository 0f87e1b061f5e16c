package live

import (
	"context"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
)

// Finding is redundancy that is lost now, for incidents. It is not hidden because a service is up.
type Finding struct {
	Kind     string // redundancy_lost
	Object   string // name of the group
	Site     string // of its first member; empty: of none
	Severity string // RFC 8632: failed is worst, then split_brain, at_risk, reduced
	Class    topology.Class
	Since    int64 // Unix ms
	Words    string
	Members  []string // that are gone
	Devices  []string // of the group: an incident of one of them explains the loss
	Causes   []string // what failed: the ports of what is gone, with those at the other ends of their links, and risk groups
}

// RedundancyLost is the kind of all findings.
const RedundancyLost = "redundancy_lost"

// Findings lists what is lost now, by severity and name; and with the class unknown the groups of which nothing can be said:
// what was found of them before is neither over nor certain. What has no spare by design loses nothing until it fails. Of
// the sessions of a router some may go: which of them are meant to stand in for each other no MIB tells.
func (s *Service) Findings(context.Context) []Finding {
	v := s.view.Load()
	risks := v.failedRisks()
	var out []Finding
	for _, g := range v.Groups {
		class := g.Verdict.Class
		if !class.Lost() && class != topology.ClassUnknown || !g.roles && !g.Redundant() && class != topology.Failed ||
			g.Kind == inventory.ModeRouting && g.Source == FromFacts && class == topology.Reduced {
			continue
		}
		f := Finding{Kind: RedundancyLost, Object: g.Name, Severity: class.Severity(), Class: class, Since: g.Since, Devices: slices.Concat(g.Devices, g.near),
			Words: g.Title + " is " + classWords(class) + ": " + g.Words}
		if len(g.Sites) > 0 {
			f.Site = g.Sites[0]
		}
		for i, m := range g.Members {
			if m.State == topology.Down {
				f.Members = append(f.Members, m.ID)
				f.Causes = append(f.Causes, g.of[i].wires...)
			}
		}
		for _, r := range g.Risks {
			if risks[r.Name] {
				f.Causes = append(f.Causes, "risk group "+r.Name)
			}
		}
		slices.Sort(f.Causes)
		f.Causes = slices.Compact(f.Causes)
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return int(b.Class) - int(a.Class) })
	return out
}

// failedRisks are the risk groups that hit several groups, and of whose members there nothing is left.
func (v *View) failedRisks() map[string]bool {
	hit, left := map[string]int{}, map[string]bool{}
	for _, g := range v.Groups {
		for _, r := range g.Risks {
			hit[r.Name]++
			for _, m := range g.Members {
				if slices.Contains(r.Members, m.ID) && m.State != topology.Down {
					left[r.Name] = true
				}
			}
		}
	}
	out := map[string]bool{}
	for name, groups := range hit {
		out[name] = groups > 1 && !left[name]
	}
	return out
}

// farEnd is the device at the other end of a port (device/interface), and the port there; empty where that is not known.
func (v *View) farEnd(port string) (device, far string) {
	name, key, _ := strings.Cut(port, "/")
	at, ok := v.Network.Node(name)
	if !ok {
		return "", ""
	}
	for _, l := range v.LinksOf[at] {
		x := v.Network.Links[l]
		for _, e := range [2][2]topology.End{{x.A, x.B}, {x.B, x.A}} {
			if e[0].Node == at && e[0].Port == key {
				device, far = v.Network.Nodes[e[1].Node].ID, portName(v.Network, e[1])
			}
		}
	}
	return device, far
}

// wire finds out what is at the other ends of the links of g.
func (g *Group) wire(v *View) {
	for _, p := range g.Ports {
		if device, _ := v.farEnd(p); device != "" && !slices.Contains(g.near, device) {
			g.near = append(g.near, device)
		}
	}
	for i := range g.of {
		m := &g.of[i]
		ports := slices.Clone(m.ports)
		if m.via != "" {
			ports = append(ports, m.via)
		}
		for _, p := range ports {
			m.wires = append(m.wires, p)
			if _, far := v.farEnd(p); far != "" {
				m.wires = append(m.wires, far)
			}
		}
	}
}
