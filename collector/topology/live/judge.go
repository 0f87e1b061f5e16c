package live

import (
	"context"
	"database/sql"
	"encoding/json"
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

// transitions stores the new classes of groups.
func (s *Service) transitions(ctx context.Context, c *court, groups []*Group) error {
	if len(groups) == 0 {
		return nil
	}
	histories := map[string][]topology.Stretch[topology.Class]{}
	for _, g := range groups {
		if was, known := s.classes[g.Name]; !known || was.gap {
			from := c.now - s.cfg.Backfill.Milliseconds()
			line, err := s.past(ctx, g, max(from, was.judged), c.now)
			if err != nil {
				return err
			}
			histories[g.Name] = line
		}
	}
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		for _, g := range groups {
			if err := storeTransition(ctx, tx, g, s.classes[g.Name], histories[g.Name], c.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store classes of groups: %w", err)
	}
	for _, g := range groups {
		was, known := s.classes[g.Name]
		since := c.now
		if past := histories[g.Name]; len(past) > 0 && past[len(past)-1].State == g.Verdict.Class {
			since = past[len(past)-1].From * 1000
		}
		g.Since = since
		switch {
		case was.gap:
			line, err := s.timelines(ctx, g.Name, 0, c.now+1000)
			if err != nil {
				return err
			}
			g.Since = sinceOf(line[g.Name], g.Since)
		case was.class == topology.ClassUnknown && g.Verdict.Class == was.sure:
			g.Since = was.steady
		}
		now := standing{class: g.Verdict.Class, since: g.Since, sure: was.sure, steady: was.steady, kind: g.Kind, sites: g.Sites, judged: c.now}
		if now.class != topology.ClassUnknown {
			now.sure, now.steady = now.class, now.since
		}
		s.classes[g.Name] = now
		if known && was.class != g.Verdict.Class {
			s.m.changes.Inc()
			s.log.Info("redundancy changed", "group", g.Name, "from", was.class.String(), "to", g.Verdict.Class.String(), "why", g.Words)
		}
	}
	return nil
}

func storeTransition(ctx context.Context, tx *sql.Tx, g *Group, was standing, past []topology.Stretch[topology.Class], now int64) error {
	sites, err := json.Marshal(g.Sites)
	if err != nil {
		return err
	}
	from := now
	if len(past) > 0 && was.since == 0 {
		from = past[0].From * 1000
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO redundancy_timelines (name, kind, sites, from_ms, judged_ms) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, sites = excluded.sites, judged_ms = excluded.judged_ms`, g.Name, g.Kind, sites, from, now); err != nil {
		return err
	}
	put := func(at int64, class topology.Class) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO redundancy_classes (name, from_ms, class) VALUES (?, ?, ?)
			ON CONFLICT (name, from_ms) DO UPDATE SET class = excluded.class`, g.Name, at, class.String())
		return err
	}
	if was.gap { // what the ledger does not tell of the time without a judge is unknown
		if err := put(was.judged, topology.ClassUnknown); err != nil {
			return err
		}
	}
	for _, x := range past {
		if err := put(x.From*1000, x.State); err != nil {
			return err
		}
	}
	if n := len(past); n > 0 && past[n-1].State == g.Verdict.Class {
		return nil
	}
	if err := put(now, g.Verdict.Class); err != nil || was.sure == topology.ClassUnknown || g.Verdict.Class == topology.ClassUnknown || was.sure == g.Verdict.Class {
		return err
	}
	words := fmt.Sprintf("%s was %s, and is %s: %s", g.Title, classWords(was.sure), classWords(g.Verdict.Class), g.Words)
	return storeChange(ctx, tx, now, "class_changed", g.Name, g.Sites, words)
}

// sinceOf is when the class at the end of a line began: a time of which nothing is known does not end it.
func sinceOf(line []topology.Stretch[topology.Class], now int64) int64 {
	n := len(line)
	if n == 0 {
		return now
	}
	since := line[n-1].From
	for i := n - 2; i >= 0 && (line[i].State == line[n-1].State || line[i].State == topology.ClassUnknown); i-- {
		if line[i].State != topology.ClassUnknown {
			since = line[i].From
		}
	}
	return since * 1000
}

// past is the class of a group before now, as far as the ledger tells it of all members.
func (s *Service) past(ctx context.Context, g *Group, since, now int64) ([]topology.Stretch[topology.Class], error) {
	from, to := since/1000, now/1000
	if g.roles || g.within != "" || from >= to {
		return nil, nil
	}
	var lines [][]topology.Stretch[topology.State]
	for _, m := range g.of {
		scope := m.scope
		if scope == "" && len(m.ports) > 0 {
			scope = "interface:" + m.ports[0]
		}
		line, err := s.deps.Lines(ctx, scope, from, to)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	out := topology.Timeline(lines, from, to, topology.JudgeGroup(g.Needed, g.Size()))
	for len(out) > 0 && out[0].State == topology.ClassUnknown { // before it was watched
		out = out[1:]
	}
	return out, nil
}
