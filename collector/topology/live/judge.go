package live

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

type component = telemetry.Component

// ifOperStatus, RFC 2863.
const (
	operUp   = 1
	operDown = 2
)

// judgedEvery (ms) is how often it is stored up to when all classes are known: less often than facts change.
const judgedEvery = 10_000

// portHistory (s) is how far back the ledger is asked for the state of a port: longer than any interval of polls.
const portHistory = 7200

// standing is a class with its beginning, as it was stored last.
type standing struct {
	class  topology.Class
	since  int64          // Unix ms
	sure   topology.Class // the last that was known: a time of which nothing is known changes nothing
	steady int64          // Unix ms since when it was that
	kind   string
	sites  []string
	judged int64
	gap    bool // nobody judged from judged until this start
}

// names are those of the devices of which facts are known, sorted.
func (s *Service) names() []string {
	if s.order == nil {
		s.order = keys(s.memory)
	}
	return s.order
}

// routing is the facts of all devices that have addresses or groups of first hop redundancy, in their order.
func (s *Service) routing() []telemetry.DeviceFacts {
	var out []telemetry.DeviceFacts
	for _, device := range s.names() {
		if f := &s.memory[device].Facts; len(f.Addresses)+len(f.FHRPGroups) > 0 {
			out = append(out, *f)
		}
	}
	return out
}

// lineUp tells whether the last facts of a port say that it is up.
func (s *Service) lineUp(port string) bool {
	device, key, _ := strings.Cut(port, "/")
	m := s.memory[device]
	return m != nil && slices.ContainsFunc(m.Facts.Interfaces, func(i telemetry.Interface) bool { return i.Key == key && i.IfOperStatus == operUp })
}

// court judges members at one moment; each scope is asked once.
type court struct {
	s       *Service
	ctx     context.Context
	now     int64 // Unix ms
	devices map[string]topology.State
	asked   map[string]told
}

type told struct {
	state topology.State
	since int64 // Unix ms
	known bool  // the ledger has a timeline
}

func (s *Service) court(ctx context.Context) *court {
	return &court{s: s, ctx: ctx, now: s.deps.Now().UnixMilli(), devices: s.deps.States(ctx), asked: map[string]told{}}
}

// scope is what the ledger says now.
func (c *court) scope(scope string) (told, error) {
	if t, ok := c.asked[scope]; ok {
		return t, nil
	}
	line, err := c.s.deps.Lines(c.ctx, scope, c.now/1000-portHistory, c.now/1000+1)
	if err != nil {
		return told{}, err
	}
	var t told
	for i := len(line) - 1; i >= 0; i-- {
		if i == len(line)-1 {
			t.state = line[i].State
		}
		t.known = t.known || line[i].State != topology.Unknown
		if line[i].State == t.state {
			t.since = line[i].From * 1000
		} else {
			break
		}
	}
	c.asked[scope] = t
	return t, nil
}

// port is the state of an interface: by the ledger, else by what its device said last.
func (c *court) port(port string, m member) (topology.State, error) {
	t, err := c.scope("interface:" + port)
	if err != nil {
		return topology.Unknown, err
	}
	device, key, _ := strings.Cut(port, "/")
	if !t.known {
		known := c.s.memory[device]
		if known == nil || c.devices[device] == topology.Down {
			return topology.Unknown, nil
		}
		at := slices.IndexFunc(known.Facts.Interfaces, func(i telemetry.Interface) bool { return i.Key == key })
		if at < 0 {
			return topology.Down, nil // the port itself is gone
		}
		switch known.Facts.Interfaces[at].IfOperStatus {
		case operUp:
			t.state = topology.Up
		case 0, 4: // not told, unknown
			return topology.Unknown, nil
		default:
			t.state = topology.Down
		}
		t.since = known.Facts.Time
	}
	if used, says := m.inUse[port]; t.state == topology.Up && says && !used && m.since[port] >= t.since {
		return topology.Down, nil
	}
	return t.state, nil
}

// member is the state of a member of a group.
func (c *court) member(g *Group, m member) (topology.State, error) {
	switch {
	case g.within != "":
		if state, ok := c.devices[g.within]; ok && state != topology.Up {
			return topology.Unknown, nil
		}
		return m.told, nil
	case strings.HasPrefix(m.scope, "circuit:") || m.scope != "" && len(m.ports) == 0:
		t, err := c.scope(m.scope)
		if err != nil || t.known || len(m.ports) == 0 {
			return t.state, err
		}
	}
	out := topology.Up
	if len(m.ports) == 0 {
		return topology.Unknown, nil
	}
	unknown := 0
	for _, p := range m.ports {
		state, err := c.port(p, m)
		if err != nil {
			return topology.Unknown, err
		}
		switch state {
		case topology.Down:
			out = topology.Down
		case topology.Unknown:
			unknown++
		}
	}
	if unknown == len(m.ports) { // one end that is up tells of the link
		return topology.Unknown, nil
	}
	return out, nil
}

// parts are the states of power supplies or fans by their sensors, and where these say nothing by the list that the
// device gives; nil for a group of other things, and where no sensor says anything. A part is called as the sensor that stands in for it.
func (c *court) parts(g *Group) []topology.State {
	if len(g.of) == 0 || g.of[0].part.Class == "" {
		return nil
	}
	told := c.s.toldBySensors(g.within, g.of[0].part.Class)
	if len(told) == 0 {
		for i, m := range g.of {
			g.Members[i].ID = m.part.Alias
		}
		return nil
	}
	out := make([]topology.State, len(g.of))
	var listed []component
	var at []int
	for i, m := range g.of {
		out[i] = m.told
		if g.Members[i].ID = m.part.Alias; m.told != topology.Down {
			listed, at = append(listed, m.part), append(at, i)
		}
	}
	states, names := conditionsOf(listed, told)
	for i, state := range states {
		if state != topology.Unknown {
			out[at[i]] = state
		}
		if names[i] != "" {
			g.Members[at[i]].ID = names[i]
		}
	}
	return out
}

// class judges a group, and sets the states of its members.
func (c *court) class(g *Group) error {
	if g.roles {
		roles := make([]topology.Role, len(g.of))
		for i, m := range g.of {
			roles[i] = c.role(g, m)
			g.Members[i].State = map[topology.Role]topology.State{topology.Active: topology.Up, topology.Standby: topology.Up, topology.Idle: topology.Down}[roles[i]]
		}
		class := topology.ClassifyFHRP(roles)
		g.Verdict = topology.Verdict{Class: class, Worst: class, Best: class}
		g.Words = rolesWords(g, roles)
		return nil
	}
	told := c.parts(g)
	for i, m := range g.of {
		if told != nil {
			m.told = told[i]
		}
		state, err := c.member(g, m)
		if err != nil {
			return fmt.Errorf("judge %q of %q: %w", g.Members[i].ID, g.Name, err)
		}
		g.Members[i].State = state
	}
	g.Verdict = g.Group.Verdict()
	g.Words = countWords(g)
	return nil
}

// judge judges the groups of a view, those of some devices or with nil all, and stores what changed.
func (s *Service) judge(ctx context.Context, v *View, devices map[string]bool) error {
	next := *v
	next.Groups = slices.Clone(v.Groups)
	c := s.court(ctx)
	next.States, next.At = c.devices, c.now
	var changed []*Group
	for i, old := range v.Groups {
		if devices != nil && !slices.ContainsFunc(old.Devices, func(d string) bool { return devices[d] }) {
			continue
		}
		g := *old
		g.Members = slices.Clone(old.Members)
		if err := c.class(&g); err != nil {
			return err
		}
		next.Groups[i] = &g
		was, known := s.classes[g.Name]
		g.Since = was.since
		if !known || was.gap || was.class != g.Verdict.Class {
			changed = append(changed, &g)
		}
	}
	if err := s.transitions(ctx, c, changed); err != nil {
		return err
	}
	if devices == nil && (c.now-s.judged >= judgedEvery || c.now < s.judged) {
		if err := s.judgedUntil(ctx, c.now); err != nil {
			return err
		}
		s.judged = c.now
	}
	if old := s.view.Swap(&next); len(changed) > 0 || old.Network != next.Network {
		s.deps.Changed()
	}
	return nil
}
