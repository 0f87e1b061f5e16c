package live

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
)

// Where a Group is known from.
const (
	FromFacts     = "facts"
	FromInventory = "inventory"
)

// Group is a redundancy group as it is now.
type Group struct {
	topology.Group
	Title   string
	Source  string
	Sites   []string // of its members, sorted
	Devices []string // that its members are, or are of; sorted
	Verdict topology.Verdict
	Since   int64 // Unix ms of the class; 0: not judged yet
	Words   string
	Read    int64 // Unix ms of the facts that it rests on; 0: the ledger's evidence, which has its own
	Ports   []string

	of     []member // as Members
	within string   // the device that it is a part of
	roles  bool     // first hop redundancy: members have roles
	near   []string // devices at the other ends of its links and sessions
}

// member is how the state of one of Members is told.
type member struct {
	device string
	ports  []string         // device/interface: all have to be up
	scope  string           // of the ledger
	told   topology.State   // by facts, where neither ports nor scope is set
	part   component        // a power supply or fan, whose sensors may tell more
	role   topology.Role    // of a router
	via    string           // device/interface of a router or a session
	wires  []string         // ports, with those at the other ends of their links
	at     int64            // Unix ms of the facts
	inUse  map[string]bool  // by port: whether the aggregator uses it, where the device says so
	since  map[string]int64 // by port: when it said so
}

// groups makes all groups of the network of a view.
func (s *Service) groups(v *View) []*Group {
	n := v.Network
	byName := map[string]*Group{}
	var out []*Group
	add := func(g *Group) {
		if len(g.Members) == 0 || byName[g.Name] != nil {
			return
		}
		byName[g.Name] = g
		out = append(out, g)
	}
	written := map[string]bool{} // ports and parts that a group of the inventory has
	for _, g := range s.plan.Groups {
		x := s.fromInventory(g)
		add(x)
		for _, m := range x.of {
			for _, p := range m.ports {
				written[x.Kind+"\x00"+p] = true
			}
		}
		if x.within != "" {
			written[x.Kind+"\x00"+x.within] = true
		}
	}
	bundled := map[string]bool{} // device/lag that the other end stands for
	devices := s.names()
	for _, device := range devices {
		for _, g := range s.ofDevice(s.memory[device], n, bundled) {
			if !written[g.Kind+"\x00"+device] && !slices.ContainsFunc(g.Ports, func(p string) bool { return written[g.Kind+"\x00"+p] }) {
				add(g)
			}
		}
	}
	for _, g := range s.routers() {
		add(g)
	}
	for _, device := range devices {
		if !written[inventory.ModeRouting+"\x00"+device] {
			for _, g := range sessionGroups(s.memory[device], n) {
				add(g)
			}
		}
	}
	for _, device := range devices {
		for _, g := range s.treeGroups(s.memory[device], n) {
			if !slices.ContainsFunc(out, func(x *Group) bool { return x.shares(g) }) { // each loss is told once
				add(g)
			}
		}
	}
	for _, g := range out {
		s.finish(g, v.Risks[:len(s.plan.Risks)])
		g.wire(v)
	}
	slices.SortFunc(out, func(a, b *Group) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// shares tells whether two of the ports of another group are in g: what is lost there is lost here.
func (g *Group) shares(other *Group) bool {
	both := 0
	for _, m := range other.of {
		if slices.ContainsFunc(g.of, func(x member) bool { return slices.Contains(x.ports, m.ports[0]) }) {
			both++
		}
	}
	return both > 1
}

// finish fills in what follows from the members, and from the risk groups that people wrote.
func (s *Service) finish(g *Group, risks []topology.Risk) {
	for _, m := range g.of {
		if m.device != "" && !slices.Contains(g.Devices, m.device) {
			g.Devices = append(g.Devices, m.device)
		}
		if len(m.ports) > 0 {
			g.Ports = append(g.Ports, m.ports[0])
		}
	}
	if g.within != "" && !slices.Contains(g.Devices, g.within) {
		g.Devices = append(g.Devices, g.within)
	}
	slices.Sort(g.Devices)
	g.Sites = s.plan.sitesOf(g.Devices)
	for _, r := range risks {
		if hit := g.hitBy(r.Members); len(hit) > 0 {
			g.Risks = append(g.Risks, topology.Risk{Name: r.Name, Kind: r.Kind, Members: hit})
		}
	}
	if g.Title == "" {
		g.Title = g.Name
	}
}

// hitBy are the members that fail with devices and ports.
func (g *Group) hitBy(things []string) []string {
	var out []string
	for i, m := range g.of {
		if slices.Contains(things, m.device) && g.within == "" || slices.ContainsFunc(m.ports, func(p string) bool { return slices.Contains(things, p) }) ||
			strings.HasPrefix(m.scope, "circuit:") && slices.Contains(things, "stub:"+exitName(strings.TrimPrefix(m.scope, "circuit:"))) {
			out = append(out, g.Members[i].ID)
		}
	}
	return out
}

// bundle makes a LAG a group over its links; not, when its other end stands for it already, or when it has
// only ever had one member.
func (s *Service) bundle(g *Group, m *memory, n *topology.Network, bundled map[string]bool) bool {
	device, lag, _ := strings.Cut(g.Name, "/")
	if bundled[g.Name] {
		return false
	}
	inUse := map[string]string{}
	for _, l := range m.Facts.LAGs {
		if l.Key == lag || l.Name == lag {
			for _, x := range l.Members {
				inUse[x.Key] = x.State
			}
		}
	}
	for _, h := range m.Parts {
		if h.LAG == lag && m.missing(h) && !slices.ContainsFunc(g.Members, func(x topology.Member) bool { return x.ID == h.Port }) && !s.lineUp(device+"/"+h.Port) {
			g.Members = append(g.Members, topology.Member{ID: h.Port, Capacity: speedOf(m, h.Port)})
		}
	}
	if len(g.Members) < 2 {
		return false
	}
	slices.SortFunc(g.Members, func(a, b topology.Member) int { return strings.Compare(a.ID, b.ID) })
	g.Title = device + " " + lag
	far := map[string]string{} // port to the port at the other end
	for _, l := range n.Links {
		for _, e := range [2][2]topology.End{{l.A, l.B}, {l.B, l.A}} {
			if n.Nodes[e[0].Node].ID == device && e[0].LAG == lag && e[1].LAG != "" {
				far[e[0].Port] = n.Nodes[e[1].Node].ID + "/" + e[1].Port
				bundled[n.Nodes[e[1].Node].ID+"/"+e[1].LAG] = true
				g.Title = device + " " + lag + " to " + n.Nodes[e[1].Node].ID
			}
		}
	}
	for _, x := range g.Members {
		of := member{device: device, ports: []string{device + "/" + x.ID}, at: m.Facts.Time, inUse: map[string]bool{}, since: map[string]int64{}}
		if state := inUse[x.ID]; state != "" {
			of.inUse[of.ports[0]], of.since[of.ports[0]] = state == "distributing" || state == "collecting" || state == "attached", m.Facts.Time
		}
		if other := far[x.ID]; other != "" {
			of.ports = append(of.ports, other)
		}
		g.of = append(g.of, of)
	}
	return true
}

func speedOf(m *memory, key string) float64 {
	for _, i := range m.Facts.Interfaces {
		if i.Key == key {
			return float64(i.SpeedBps)
		}
	}
	return 0
}

// routers are the groups of first hop redundancy.
func (s *Service) routers() []*Group {
	var out []*Group
	for _, f := range topology.FHRPsOf(s.routing()) {
		g := &Group{Group: topology.Group{Name: f.Name, Kind: "fhrp", Needed: 1}, Source: FromFacts, roles: true, Title: fhrpTitle(f)}
		for i, router := range f.Routers {
			m := member{role: f.Roles[i]}
			if known := s.memory[router]; known != nil {
				m.device, m.at = router, known.Facts.Time
				if f.Ports[i] != "" {
					m.via = router + "/" + f.Ports[i]
				}
				if g.Read == 0 || m.at < g.Read {
					g.Read = m.at
				}
			}
			g.of = append(g.of, m)
			g.Members = append(g.Members, topology.Member{ID: router})
		}
		out = append(out, g)
	}
	return out
}

func fhrpTitle(f topology.FHRP) string {
	title := fmt.Sprintf("%s %d", strings.ToUpper(f.Protocol), f.Group)
	if f.Virtual.IsValid() && f.Virtual != (netip.Addr{}) {
		title += " of " + f.Virtual.String()
	}
	return title
}

// fromInventory is a group that people wrote.
func (s *Service) fromInventory(w inventory.RedundancyGroup) *Group {
	g := &Group{Source: FromInventory, Title: w.Name}
	g.Name, g.Kind, g.Needed, g.Designed = w.Name, cmp.Or(w.Mode, inventory.ModeActiveBackup), max(1, w.Min), w.Designed
	switch g.Kind {
	case inventory.ModeLAG:
		g.Mode = topology.LAG
	case inventory.ModeECMP:
		g.Mode = topology.ECMP
	case inventory.ModeActiveBackup:
		g.Mode = topology.ActiveBackup
	}
	if len(w.Members) == 1 && s.partsOf(g, w.Members[0]) {
		return g
	}
	for i, scope := range w.Members {
		kind, name, rest := scope.Split()
		m := member{device: s.plan.deviceOf(scope), scope: string(scope)}
		capacity := 0.0
		switch kind {
		case inventory.ScopeInterface:
			m.ports = []string{name + "/" + rest}
			capacity = s.speed(name, rest)
		case inventory.KindCircuit:
			c := s.plan.Circuits[name]
			if c.Device != "" && c.Interface != "" {
				m.ports = []string{c.Device + "/" + c.Interface}
			}
			capacity = cmp.Or(float64(c.Bandwidth), s.speed(c.Device, c.Interface))
		case inventory.KindLink:
			l := s.plan.Links[name]
			for _, e := range []inventory.Endpoint{l.A, l.B} {
				if device, key := e.Split(); key != "" && s.plan.Devices[device].Name != "" {
					m.ports = append(m.ports, string(e))
				}
			}
			m.scope = ""
			device, key := l.A.Split()
			capacity = cmp.Or(float64(l.Bandwidth), s.speed(device, key))
		}
		g.of = append(g.of, m)
		g.Members = append(g.Members, topology.Member{ID: cmp.Or(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(string(scope), "device:"), "interface:"), "circuit:"), name),
			Capacity: capacity, Priority: i})
	}
	return g
}

// partsOf makes the members of a group of power supplies, fans, stack members or routing sessions of the one
// device that the inventory names: so a person says how many are needed.
func (s *Service) partsOf(g *Group, scope inventory.Scope) bool {
	kind, device, _ := scope.Split()
	m := s.memory[device]
	if kind != inventory.KindDevice || m == nil {
		return false
	}
	switch g.Kind {
	case inventory.ModePSU, inventory.ModeFan, inventory.ModeStack:
		facts, gone := m.whole()
		for _, c := range facts.Components {
			if c.Class == partClass[g.Kind] {
				state := topology.Up
				if gone[c.Class+"\x00"+c.Key] {
					state = topology.Down
				}
				c.Alias = cmp.Or(c.Name, c.Descr, c.Key)
				g.of = append(g.of, member{told: state, part: c, at: m.Facts.Time})
				g.Members = append(g.Members, topology.Member{ID: c.Alias})
			}
		}
		if sensed := s.sensedGroup(device, g.Kind); len(g.of) == 0 && sensed != nil {
			g.of, g.Members = sensed.of, sensed.Members
		}
	case inventory.ModeRouting:
		for _, p := range m.Facts.BGPPeers {
			if p.AdminStatus != "stop" {
				state := topology.Down
				if p.State == "established" {
					state = topology.Up
				}
				g.of = append(g.of, member{told: state, at: m.Facts.Time})
				g.Members = append(g.Members, topology.Member{ID: strings.TrimSpace("BGP " + p.Peer.String() + " " + p.VRF)})
			}
		}
		for _, p := range m.Facts.OSPFNeighbors {
			state := topology.Down
			if p.State == "full" || p.State == "twoWay" {
				state = topology.Up
			}
			g.of = append(g.of, member{told: state, at: m.Facts.Time})
			g.Members = append(g.Members, topology.Member{ID: "OSPF " + p.RouterID.String()})
		}
	default:
		return false
	}
	g.within, g.Read = device, m.Facts.Time
	return true
}

func (s *Service) speed(device, key string) float64 {
	if m := s.memory[device]; m != nil && key != "" {
		return speedOf(m, key)
	}
	return 0
}
