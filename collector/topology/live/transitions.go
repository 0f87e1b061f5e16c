package live

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"ninewatch/collector/topology"
)

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
