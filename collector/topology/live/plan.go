package live

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
)

// plan is what the inventory says of the network. It does not change once made.
type plan struct {
	Sites    map[string]inventory.Site
	Devices  map[string]inventory.Device
	Links    map[string]inventory.Link
	Circuits map[string]inventory.Circuit
	Services []inventory.Service
	Groups   []inventory.RedundancyGroup
	Risks    []inventory.RiskGroup
}

// roles from the core outwards; what is not named stands behind them.
var roleRank = map[string]int{"core": 0, "spine": 0, "edge": 1, "firewall": 1, "router": 1, "distribution": 2, "leaf": 2, "switch": 3, "access": 3}

// accessRoles are the devices that users are plugged into.
var accessRoles = []string{"access", "ap", "access-point", "wireless"}

func (s *Service) readPlan(ctx context.Context) error {
	p := &plan{Sites: map[string]inventory.Site{}, Devices: map[string]inventory.Device{}, Links: map[string]inventory.Link{}, Circuits: map[string]inventory.Circuit{}}
	sites, err := s.deps.Inventory.Sites(ctx)
	if err != nil {
		return err
	}
	for _, x := range sites {
		p.Sites[x.Name] = x
	}
	devices, err := s.deps.Inventory.Devices(ctx, inventory.Filter{})
	if err != nil {
		return err
	}
	for _, x := range devices {
		p.Devices[x.Name] = x
	}
	links, err := s.deps.Inventory.Links(ctx)
	if err != nil {
		return err
	}
	for _, x := range links {
		p.Links[x.Name] = x
	}
	circuits, err := s.deps.Inventory.Circuits(ctx)
	if err != nil {
		return err
	}
	for _, x := range circuits {
		p.Circuits[x.Name] = x
	}
	if p.Services, err = s.deps.Inventory.Services(ctx); err != nil {
		return err
	}
	if p.Groups, err = s.deps.Inventory.RedundancyGroups(ctx); err != nil {
		return err
	}
	if p.Risks, err = s.deps.Inventory.RiskGroups(ctx); err != nil {
		return err
	}
	s.plan = p
	s.store.SetInventory(p.topology())
	for name := range s.memory {
		if _, ok := p.Devices[name]; !ok {
			delete(s.memory, name)
			delete(s.kits, name)
			s.order = nil
		}
	}
	return nil
}

// topology is the inventory as package topology takes it. A circuit is a link to what lies beyond it.
func (p *plan) topology() topology.Inventory {
	var out topology.Inventory
	users := p.users()
	for _, name := range keys(p.Devices) {
		d := p.Devices[name]
		address, _ := netip.ParseAddr(d.Address)
		out.Devices = append(out.Devices, topology.Device{Name: name, Label: cmp.Or(plain(d.DisplayName), name), Site: d.Site, Address: address, Weight: users[name], Passes: passes(d)})
	}
	for _, name := range keys(p.Links) {
		if l := p.Links[name]; !l.Absent {
			out.Links = append(out.Links, topology.Manual{A: string(l.A), B: string(l.B), Bandwidth: float64(l.Bandwidth)})
		}
	}
	for _, name := range keys(p.Circuits) {
		if c := p.Circuits[name]; c.Device != "" {
			out.Links = append(out.Links, topology.Manual{A: endOf(c.Device, c.Interface), B: exitName(name), Bandwidth: float64(c.Bandwidth)})
		}
	}
	return out
}

// passes tells whether a device is there to pass on what others send: by its role, and where nobody gave it one, by being
// asked at all.
func passes(d inventory.Device) bool {
	_, by := roleRank[strings.ToLower(d.Role)]
	return by || d.Role == "" && d.Credential != ""
}

// exitName is what lies beyond a circuit, as a node that is in no inventory. A name with a slash would be a port.
func exitName(circuit string) string { return "circuit " + strings.ReplaceAll(circuit, "/", "∕") }

func endOf(device, port string) string {
	if port == "" {
		return device
	}
	return device + "/" + port
}

// users spreads the users of each site over its access devices.
func (p *plan) users() map[string]float64 {
	bySite, all := map[string][]string{}, map[string][]string{}
	for name, d := range p.Devices {
		all[d.Site] = append(all[d.Site], name)
		if slices.Contains(accessRoles, strings.ToLower(d.Role)) {
			bySite[d.Site] = append(bySite[d.Site], name)
		}
	}
	out := map[string]float64{}
	for site, devices := range all {
		if len(bySite[site]) > 0 {
			devices = bySite[site]
		}
		for _, d := range devices {
			out[d] = float64(p.Sites[site].Users) / float64(len(devices))
		}
	}
	return out
}

// cores are the devices that all others have to reach: those of the role core, else edge; none: the busiest.
func (p *plan) cores() []string {
	for _, role := range []string{"core", "edge"} {
		var out []string
		for name, d := range p.Devices {
			if strings.EqualFold(d.Role, role) {
				out = append(out, name)
			}
		}
		if len(out) > 0 {
			slices.Sort(out)
			return out
		}
	}
	return nil
}

// absences are the links that a person said are not there.
func (p *plan) absences() (out []inventory.Link) {
	for _, l := range p.Links {
		if l.Absent {
			out = append(out, l)
		}
	}
	return out
}

// denied tells whether there is no link between two ports, as a person said.
func denied(absences []inventory.Link, a, b string) bool {
	return slices.ContainsFunc(absences, func(l inventory.Link) bool {
		return matchesEnd(string(l.A), a) && matchesEnd(string(l.B), b) || matchesEnd(string(l.A), b) && matchesEnd(string(l.B), a)
	})
}

func matchesEnd(want, end string) bool {
	device, _, _ := strings.Cut(end, "/")
	return want == end || want == device
}

// sitesOf are the sites of devices, sorted.
func (p *plan) sitesOf(devices []string) []string {
	var out []string
	for _, name := range devices {
		if d, ok := p.Devices[name]; ok && !slices.Contains(out, d.Site) {
			out = append(out, d.Site)
		}
	}
	slices.Sort(out)
	return out
}

func (p *plan) siteTitle(name string) string {
	return cmp.Or(plain(p.Sites[name].DisplayName), name)
}

// deviceOf is the device that a scope of the inventory is of; empty when it is of none.
func (p *plan) deviceOf(scope inventory.Scope) string {
	kind, name, rest := scope.Split()
	switch kind {
	case inventory.KindDevice, inventory.ScopeInterface:
		return name
	case inventory.ScopePath:
		return rest
	case inventory.KindCircuit:
		return p.Circuits[name].Device
	case inventory.KindLink:
		device, _ := p.Links[name].A.Split()
		return device
	}
	return ""
}

// riskMembers turns scopes of the inventory into what a topology.Risk holds: devices, and ports of links.
func (p *plan) riskMembers(scopes []inventory.Scope) []string {
	var out []string
	for _, s := range scopes {
		kind, name, rest := s.Split()
		switch kind {
		case inventory.KindDevice:
			out = append(out, name)
		case inventory.ScopeInterface:
			out = append(out, name+"/"+rest)
		case inventory.KindCircuit:
			out = append(out, "stub:"+exitName(name))
		case inventory.KindLink:
			out = append(out, string(p.Links[name].A))
		case inventory.KindSite:
			for device, d := range p.Devices {
				if d.Site == name {
					out = append(out, device)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func keys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// plain is a name without the label that simulated things carry.
func plain(s string) string { return strings.TrimSuffix(s, " (DEMO)") }

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
