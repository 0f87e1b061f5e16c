package live

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"ninewatch/collector/topology"
)

// maxChanges is how many changes are kept; the oldest go first.
const maxChanges = 100_000

// Change is what became of a node, a link or a group.
type Change struct {
	At     int64 // Unix ms
	Kind   string
	Object string
	Sites  []string
	Words  string
}

// readStandings reads how each group stood last. A time without a judge is unknown until the ledger was asked.
func (s *Service) readStandings(ctx context.Context) error {
	now := s.deps.Now().UnixMilli()
	lines, err := s.timelines(ctx, "", 0, now)
	if err != nil {
		return err
	}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT name, kind, sites, judged_ms FROM redundancy_timelines`)
	if err != nil {
		return fmt.Errorf("read timelines of groups: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, sites string
		var st standing
		if err := rows.Scan(&name, &st.kind, &sites, &st.judged); err != nil {
			return fmt.Errorf("read timelines of groups: %w", err)
		}
		if err := json.Unmarshal([]byte(sites), &st.sites); err != nil {
			return fmt.Errorf("read timeline of %q: %w", name, err)
		}
		line := lines[name]
		st.gap = now-st.judged > 2*s.cfg.Sweep.Milliseconds()
		if st.gap && len(line) > 1 && line[len(line)-1].State == topology.ClassUnknown { // the time since, by timelines
			line = line[:len(line)-1]
		}
		if n := len(line); n > 0 {
			st.class, st.since = line[n-1].State, sinceOf(line, now)
		}
		for len(line) > 0 && line[len(line)-1].State == topology.ClassUnknown {
			line = line[:len(line)-1]
		}
		if n := len(line); n > 0 {
			st.sure, st.steady = line[n-1].State, sinceOf(line, now)
		}
		s.classes[name] = st
	}
	return rows.Err()
}

// judgedUntil records up to when classes are known.
func (s *Service) judgedUntil(ctx context.Context, now int64) error {
	names := make([]string, 0, len(s.classes))
	for _, g := range s.view.Load().Groups {
		if st, ok := s.classes[g.Name]; ok {
			st.judged = now
			s.classes[g.Name] = st
			names = append(names, g.Name)
		}
	}
	list, err := json.Marshal(names)
	if err != nil {
		return err
	}
	return s.deps.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE redundancy_timelines SET judged_ms = ? WHERE name IN (SELECT value FROM json_each(?))`, now, string(list))
		return err
	})
}

// timelines are the classes of groups (of one, or with "" of all) over [from, to) in Unix ms, as seconds. They
// end where they were judged last; the time until to is unknown.
func (s *Service) timelines(ctx context.Context, name string, from, to int64) (map[string][]topology.Stretch[topology.Class], error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT c.name, c.from_ms, c.class, t.judged_ms FROM redundancy_classes c
		JOIN redundancy_timelines t ON t.name = c.name WHERE (?1 = '' OR c.name = ?1) AND c.from_ms < ?2 ORDER BY c.name, c.from_ms`, name, to)
	if err != nil {
		return nil, fmt.Errorf("read classes of groups: %w", err)
	}
	defer rows.Close()
	out := map[string][]topology.Stretch[topology.Class]{}
	until := map[string]int64{}
	for rows.Next() {
		var group, word string
		var at, judged int64
		if err := rows.Scan(&group, &at, &word, &judged); err != nil {
			return nil, fmt.Errorf("read classes of groups: %w", err)
		}
		var class topology.Class
		if err := class.UnmarshalText([]byte(word)); err != nil {
			return nil, fmt.Errorf("read classes of %q: %w", group, err)
		}
		line := out[group]
		if n := len(line); n > 0 {
			line[n-1].To = at / 1000
			if line[n-1].State == class {
				continue
			}
		}
		out[group] = append(line, topology.Stretch[topology.Class]{From: at / 1000, State: class})
		until[group] = judged / 1000
	}
	for group, line := range out {
		out[group] = cutLine(line, until[group]+int64(2*s.cfg.Sweep.Seconds()), from/1000, to/1000)
	}
	return out, rows.Err()
}

// cutLine is the part of a line in [from, to), unknown from where it was judged last.
func cutLine(line []topology.Stretch[topology.Class], judged, from, to int64) []topology.Stretch[topology.Class] {
	end := min(max(judged, line[len(line)-1].From), to)
	line[len(line)-1].To = end
	if end < to {
		line = append(line, topology.Stretch[topology.Class]{From: end, To: to})
	}
	out := line[:0]
	for _, x := range line {
		x.From, x.To = max(x.From, from), min(x.To, to)
		if x.From < x.To {
			out = append(out, x)
		}
	}
	return out
}

func storeChange(ctx context.Context, tx *sql.Tx, at int64, kind, object string, sites []string, words string) error {
	if sites == nil {
		sites = []string{}
	}
	text, err := json.Marshal(sites)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO topology_changes (id, at_ms, kind, object, sites, words)
		VALUES ((SELECT coalesce(max(id), 0) + 1 FROM topology_changes), ?, ?, ?, ?, ?)`, at, kind, object, string(text), words)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM topology_changes WHERE id <= (SELECT max(id) FROM topology_changes) - ?`, maxChanges)
	return err
}

// storeChanges stores what differs between two networks.
func (s *Service) storeChanges(ctx context.Context, before, after *topology.Network, now int64) error {
	changes := topology.Changes(before, after)
	if len(changes) == 0 {
		return nil
	}
	return s.deps.Write(ctx, func(tx *sql.Tx) error {
		for _, c := range changes[:min(len(changes), maxChanges)] {
			n := after
			if _, ok := after.Node(c.ID); !ok && linkOf(after, c.ID) == nil {
				n = before
			}
			if err := storeChange(ctx, tx, now, c.Kind, c.ID, sitesOfObject(n, c.ID), c.Words); err != nil {
				return fmt.Errorf("store changes of the topology: %w", err)
			}
		}
		return nil
	})
}

// sitesOfObject are the sites of a node, or of the ends of a link.
func sitesOfObject(n *topology.Network, id string) []string {
	var out []string
	if at, ok := n.Node(id); ok {
		out = append(out, n.Nodes[at].Site)
	} else if l := linkOf(n, id); l != nil {
		out = append(out, n.Nodes[l.A.Node].Site, n.Nodes[l.B.Node].Site)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// Changes lists what changed over [from, to) in Unix ms, the newest first, as far as keep wants it.
func (s *Service) Changes(ctx context.Context, from, to int64, limit int, keep func(Change) bool) ([]Change, error) {
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT at_ms, kind, object, sites, words FROM topology_changes WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms DESC, id DESC`, from, to)
	if err != nil {
		return nil, fmt.Errorf("read changes of the topology: %w", err)
	}
	defer rows.Close()
	var out []Change
	for rows.Next() && len(out) < limit {
		var c Change
		var sites string
		if err := rows.Scan(&c.At, &c.Kind, &c.Object, &sites, &c.Words); err != nil {
			return nil, fmt.Errorf("read changes of the topology: %w", err)
		}
		if err := json.Unmarshal([]byte(sites), &c.Sites); err != nil {
			return nil, fmt.Errorf("read changes of the topology: %w", err)
		}
		if keep(c) {
			out = append(out, c)
		}
	}
	return out, rows.Err()
}
