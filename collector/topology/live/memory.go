package live

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// forgetAfter (ms) is how long a part that is gone counts as missing.
const forgetAfter = 90 * 24 * 3600 * 1000

// maxParts bounds what one device makes us remember: more than any chassis has of power supplies and fans.
const maxParts = 512

// memory is what is remembered of a device: beside its record the parts and ports of its groups, those that
// are missing among them.
type memory struct {
	topology.Record
	Parts []held          `json:"parts,omitempty"`
	Turns map[string]turn `json:"turns,omitempty"` // by name of a first hop redundancy group

	revision int   // grows with all that is learnt
	replaced int64 // Unix ms of the facts by which it is another device than before; told, and forgotten
}

// turn is what a router did in a first hop redundancy group, in Unix ms.
type turn struct {
	Since  int64 `json:"since"`            // its role is known since then
	Active int64 `json:"active,omitempty"` // it was active last
}

// held is a part of a group, or with LAG a member of a bundle, or a session of a routing protocol, or with Tree a way
// to the root of a spanning tree.
type held struct {
	Component telemetry.Component `json:"component,omitzero"`
	LAG       string              `json:"lag,omitempty"`
	Port      string              `json:"port,omitempty"`
	Session   string              `json:"session,omitempty"` // of a routing protocol, that was up
	Family    string              `json:"family,omitempty"`  // sessions that may stand in for each other
	Tree      string              `json:"tree,omitempty"`    // instance of the spanning tree, and its root
	Seen      int64               `json:"seen"`              // Unix ms
}

func (h held) key() string {
	return h.LAG + "\x00" + h.Port + "\x00" + h.Component.Class + "\x00" + h.Component.Key + "\x00" + h.Family + "\x00" + h.Session + "\x00" + h.Tree
}

// list is the list of facts that a part is told in.
func (h held) list() string {
	switch {
	case h.LAG != "":
		return "lags"
	case h.Tree != "":
		return "stp"
	case strings.HasPrefix(h.Session, "BGP "):
		return "bgp_peers"
	case h.Session != "":
		return "ospf_neighbors"
	}
	return "components"
}

// partClasses are the classes of parts that stand in for each other.
var partClasses = []string{"powerSupply", "fan", "chassis"}

// merge adds newer facts to what is remembered.
func (m *memory) merge(r topology.Record) {
	m.revision++
	f := r.Facts
	now := partsIn(f)
	if topology.Replaced(m.Facts, f) { // what was in the other is not missing here
		m.Parts, m.Turns, m.replaced = nil, nil, f.Time
	}
	for _, old := range m.Parts {
		if _, ok := now[old.key()]; ok || f.Time-old.Seen > forgetAfter {
			continue
		}
		if slices.Contains(f.Partial, old.list()) {
			old.Seen = f.Time // it may be there
		}
		now[old.key()] = old
	}
	m.Record = r
	m.hold(now)
	m.turns(f)
}

// turns remembers when the router was active last. A group that it is not in any more is forgotten.
func (m *memory) turns(f telemetry.DeviceFacts) {
	now := map[string]turn{}
	for _, g := range topology.FHRPsOf([]telemetry.DeviceFacts{f}) {
		at := slices.Index(g.Routers, f.Device)
		t, known := m.Turns[g.Name]
		if at < 0 || g.Roles[at] == topology.RoleUnknown && !known {
			continue
		}
		if !known {
			t.Since = f.Time
		}
		if g.Roles[at] == topology.Active {
			t.Active = f.Time
		}
		now[g.Name] = t
	}
	if slices.Contains(f.Partial, "fhrp_groups") { // those that are missing may be there
		for name, t := range m.Turns {
			if _, ok := now[name]; !ok && len(now) < maxParts {
				now[name] = t
			}
		}
	}
	m.Turns = now
}

// learn adds the parts that older facts list.
func (m *memory) learn(f telemetry.DeviceFacts) {
	m.revision++
	parts := map[string]held{}
	for _, h := range m.Parts {
		parts[h.key()] = h
	}
	for key, h := range partsIn(f) {
		if old, known := parts[key]; m.Facts.Time-h.Seen <= forgetAfter && (!known || old.Seen < h.Seen) {
			parts[key] = h
		}
	}
	m.hold(parts)
}

// partsIn are the parts that facts list.
func partsIn(f telemetry.DeviceFacts) map[string]held {
	out := map[string]held{}
	add := func(h held) {
		h.Seen = f.Time
		out[h.key()] = h
	}
	for _, c := range f.Components {
		if slices.Contains(partClasses, c.Class) {
			add(held{Component: telemetry.Component{Index: c.Index, Key: c.Key, Class: c.Class, Name: c.Name, Descr: c.Descr}})
		}
	}
	for _, l := range f.LAGs {
		for _, p := range l.Members {
			if p.Key != "" {
				add(held{LAG: l.Key, Port: p.Key})
			}
		}
	}
	for _, h := range slices.Concat(sessionsIn(f), waysIn(f)) {
		add(h)
	}
	return out
}

// hold keeps the newest of parts.
func (m *memory) hold(parts map[string]held) {
	m.Parts = m.Parts[:0]
	for _, h := range parts {
		m.Parts = append(m.Parts, h)
	}
	slices.SortFunc(m.Parts, func(a, b held) int {
		return cmp.Or(cmp.Compare(b.Seen, a.Seen), strings.Compare(a.key(), b.key()))
	})
	m.Parts = m.Parts[:min(len(m.Parts), maxParts)]
}

// missing tells whether the newest facts did not list a part that was there.
func (m *memory) missing(h held) bool { return h.Seen < m.Facts.Time }

// whole is the facts with the parts that are missing, and which these are.
func (m *memory) whole() (f telemetry.DeviceFacts, gone map[string]bool) {
	f, gone = m.Facts, map[string]bool{}
	f.Components = slices.Clone(f.Components)
	for _, h := range m.Parts {
		if h.LAG == "" && h.Session == "" && h.Tree == "" && m.missing(h) {
			f.Components = append(f.Components, h.Component)
			gone[h.Component.Class+"\x00"+h.Component.Key] = true
		}
	}
	return f, gone
}

// restore reads the records, and adds facts that were stored while nobody listened.
func (s *Service) restore(ctx context.Context) error {
	if err := s.readPlan(ctx); err != nil {
		return err
	}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT device, record FROM topology_records`)
	if err != nil {
		return fmt.Errorf("read topology: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var device string
		var data []byte
		if err := rows.Scan(&device, &data); err != nil {
			return fmt.Errorf("read topology: %w", err)
		}
		m := &memory{}
		if err := json.Unmarshal(data, m); err != nil {
			return fmt.Errorf("read topology of %q: %w", device, err)
		}
		m.Facts.Device = device
		s.memory[device], s.order = m, nil
		s.store.Restore(m.Record)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read topology: %w", err)
	}
	stored, err := s.deps.Inventory.AllFacts(ctx)
	if err != nil {
		return err
	}
	newer := map[string][]telemetry.DeviceFacts{}
	for _, f := range stored {
		if m := s.memory[f.Device]; m == nil || f.Time > m.Facts.Time {
			newer[f.Device] = []telemetry.DeviceFacts{f}
		}
	}
	if err := s.apply(ctx, newer); err != nil {
		return err
	}
	return s.readStandings(ctx)
}

// take merges facts. Those of the past, as a backlog brings them, tell only which parts there were then.
func (s *Service) take(f telemetry.DeviceFacts) {
	m := s.memory[f.Device]
	if m != nil && f.Time < m.Facts.Time {
		m.learn(f)
		return
	}
	s.store.Apply(f)
	r, ok := s.store.Record(f.Device)
	if !ok {
		return
	}
	if m == nil {
		m = &memory{}
		s.memory[f.Device], s.order = m, nil
	}
	m.merge(r)
}

// apply merges facts and stores what is remembered of their devices.
func (s *Service) apply(ctx context.Context, facts map[string][]telemetry.DeviceFacts) error {
	texts := map[string][]byte{}
	for device, list := range facts {
		slices.SortStableFunc(list, func(a, b telemetry.DeviceFacts) int { return cmp.Compare(a.Time, b.Time) })
		for _, f := range list {
			s.take(f)
		}
		m := s.memory[device]
		if m == nil {
			continue // not in the inventory
		}
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		texts[device] = text
	}
	if len(texts) == 0 {
		return nil
	}
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		for device, text := range texts {
			_, err := tx.ExecContext(ctx, `INSERT INTO topology_records (device, at_ms, record) VALUES (?, ?, ?)
				ON CONFLICT (device) DO UPDATE SET at_ms = excluded.at_ms, record = excluded.record`, device, s.memory[device].Facts.Time, text)
			if err != nil {
				return err
			}
			if at := s.memory[device].replaced; at > 0 {
				words := device + " was replaced: another device answers at its address, with none of the MAC addresses of before; what it lacks of the other's parts is not missed"
				if err := storeChange(ctx, tx, at, "device_replaced", device, s.plan.sitesOf([]string{device}), words); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store topology: %w", err)
	}
	for device := range texts {
		s.memory[device].replaced = 0
	}
	return nil
}
