package live

import (
	"slices"

	"ninewatch/collector/topology"
)

// kit is what a device has by its own facts: made anew when these change, or when a sensor comes or goes.
type kit struct {
	revision int              // of the memory
	sensors  int              // of the sensors
	bundles  []topology.Group // LAGs, which become groups with what the network tells of their links
	parts    []*Group
	risks    []topology.Risk // line cards
}

// ofDevice are the groups that a device has by its own facts.
func (s *Service) ofDevice(m *memory, n *topology.Network, bundled map[string]bool) []*Group {
	k := s.kit(m)
	out := make([]*Group, 0, len(k.bundles)+len(k.parts))
	for _, core := range k.bundles {
		core.Members = slices.Clone(core.Members)
		if g := (&Group{Group: core, Source: FromFacts, Read: m.Facts.Time}); s.bundle(g, m, n, bundled) {
			out = append(out, g)
		}
	}
	for _, made := range k.parts {
		g := *made
		out = append(out, &g)
	}
	return out
}

// kit is that of a device now.
func (s *Service) kit(m *memory) *kit {
	device := m.Facts.Device
	s.mu.Lock()
	sensors := s.sensing[device]
	s.mu.Unlock()
	k := s.kits[device]
	if k != nil && k.revision == m.revision && k.sensors == sensors {
		return k
	}
	k = &kit{revision: m.revision, sensors: sensors, risks: topology.RisksOf(m.Facts)}
	facts, gone := m.whole()
	for _, class := range []string{"powerSupply", "fan"} {
		var parts, others []component
		for _, c := range facts.Components {
			if c.Class == class {
				parts = append(parts, c)
			} else {
				others = append(others, c)
			}
		}
		facts.Components = append(others, s.places(device, class, parts)...)
	}
	for _, core := range topology.GroupsOf(facts, nil) {
		if core.Kind == "lag" {
			k.bundles = append(k.bundles, core)
			continue
		}
		g := &Group{Group: core, Source: FromFacts, Read: m.Facts.Time, within: device, Title: device + " " + partWords[core.Kind]}
		parts := slices.DeleteFunc(slices.Clone(facts.Components), func(c component) bool { return c.Class != partClass[core.Kind] })
		for i, c := range parts {
			state := topology.Up
			if gone[c.Class+"\x00"+c.Key] {
				state = topology.Down
			}
			c.Alias = g.Members[i].ID
			g.of = append(g.of, member{told: state, part: c, at: m.Facts.Time})
		}
		k.parts = append(k.parts, g)
	}
	for _, kind := range []string{"psu", "fan"} {
		listed := slices.ContainsFunc(facts.Components, func(c component) bool { return c.Class == partClass[kind] })
		if g := s.sensedGroup(device, kind); g != nil && !listed {
			k.parts = append(k.parts, g)
		}
	}
	s.kits[device] = k
	return k
}

// sensedGroup is that of power supplies or fans which a device tells by sensors alone.
func (s *Service) sensedGroup(device, kind string) *Group {
	g := &Group{Source: FromFacts, within: device, Title: device + " " + partWords[kind]}
	g.Name, g.Kind = device+"/"+kind, kind
	for _, sensor := range keys(s.toldBySensors(device, partClass[kind])) {
		g.Members = append(g.Members, topology.Member{ID: sensor})
		g.of = append(g.of, member{part: component{Class: partClass[kind], Name: sensor, Alias: sensor}})
	}
	if g.Needed = len(g.Members) - 1; g.Needed < 1 {
		return nil
	}
	return g
}

var (
	partClass = map[string]string{"psu": "powerSupply", "fan": "fan", "stack": "chassis"}
	partWords = map[string]string{"psu": "power", "fan": "fans", "stack": "stack"}
)
