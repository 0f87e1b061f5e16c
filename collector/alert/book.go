package alert

import "ninewatch/collector/topology"

// Book is what the engine knows of the world at one moment. It is not changed once it is handed over.
type Book struct {
	Devices  map[string]Place
	Sites    map[string]SiteBook
	Edges    [][2]string         // wires between devices, beside those from children to their parents
	Vantages []string            // devices from where agents look, where they are known
	Gates    map[string]bool     // devices that all others have to reach; nearest to the agents, where no parents say so
	Risks    []topology.Risk     // what fails together
	Services map[string][]string // the names of services by the device that they stand on

	Receivers []ReceiverBook
	Routes    []Route
}

// Place is where a device stands.
type Place struct {
	Site, Role string
	Team       string
	Tags       []string
	Parents    []string
	Users      float64 // that are plugged into it: an estimate
	Demo       bool
}

// SiteBook is what is known of a site.
type SiteBook struct {
	Region string
	Tags   []string
}

// vantageOf is the node that stands for where a site is looked at from, as long as no device is known for it.
func vantageOf(site string) string { return "\x00" + site }

// situation is the graph of all devices, with the states that w knows. Where no parent says what a device is
// reached through, it is next to the agent of its site: unless it has wires, and the site has gates.
func (b *Book) situation(state map[string]topology.State) topology.Situation {
	s := topology.Situation{Edges: append([][2]string(nil), b.Edges...), Vantages: append([]string(nil), b.Vantages...), State: state}
	wired, gated := map[string]bool{}, map[string]bool{}
	for _, e := range b.Edges {
		wired[e[0]], wired[e[1]] = true, true
	}
	for name := range b.Gates {
		gated[b.Devices[name].Site] = true
	}
	looked := map[string]bool{}
	for name, p := range b.Devices {
		for _, parent := range p.Parents {
			s.Edges = append(s.Edges, [2]string{parent, name})
		}
		if len(p.Parents) > 0 || wired[name] && gated[p.Site] && !b.Gates[name] {
			continue
		}
		v := vantageOf(p.Site)
		s.Edges = append(s.Edges, [2]string{v, name})
		if !looked[v] {
			looked[v] = true
			s.Vantages = append(s.Vantages, v)
		}
	}
	return s
}

// complete adds to a finding what the inventory knows of its device.
func (b *Book) complete(f Finding) Finding {
	p, ok := b.Devices[f.Device]
	if !ok {
		return f
	}
	if f.Role == "" {
		f.Role = p.Role
	}
	if f.Team == "" {
		f.Team = p.Team
	}
	if f.Site == "" {
		f.Site = p.Site
	}
	f.Demo = f.Demo || p.Demo
	return f
}
