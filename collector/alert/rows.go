package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

const selectIncidents = `SELECT id, kind, severity, status, site, device, object, summary, cause, impact, started_ms,
	uncertainty_ms, detected_ms, coalesce(ended_ms, 0), owner, coalesce(acknowledged_ms, 0), demo, more FROM incidents`

// Filter narrows a list of incidents. Sites nil means all; Before 0 means from the newest.
type Filter struct {
	Status   string // open (acknowledged ones included), resolved, or all
	Sites    []string
	Device   string // also as one of several roots, or hidden
	Kind     string
	Severity string
	Before   int64 // only incidents with a lower ID
	Since    int64 // only incidents that were open after this Unix ms
	Limit    int
}

// List returns incidents, newest first. Those that are pending, and those that nobody was told of, are left out.
func (e *Engine) List(ctx context.Context, f Filter) ([]Incident, error) {
	where, args := []string{"status <> 'pending' AND NOT (status = 'resolved' AND json_extract(more, '$.opened') IS NULL AND json_extract(more, '$.settles') IS NOT NULL)"}, []any{}
	and := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	switch f.Status {
	case "open":
		and("status <> 'resolved'")
	case "resolved":
		and("status = 'resolved'")
	}
	if f.Sites != nil {
		values := make([]any, len(f.Sites))
		for i, s := range f.Sites {
			values[i] = s
		}
		and("site IN (''"+strings.Repeat(", ?", len(f.Sites))+")", values...)
	}
	if f.Device != "" {
		and("(device = ? OR id IN (SELECT incident FROM problems WHERE device = ?))", f.Device, f.Device)
	}
	if f.Kind != "" {
		and("kind = ?", f.Kind)
	}
	if f.Severity != "" {
		and("severity = ?", f.Severity)
	}
	if f.Before > 0 {
		and("id < ?", f.Before)
	}
	if f.Since > 0 {
		and("(ended_ms IS NULL OR ended_ms >= ?)", f.Since)
	}
	args = append(args, f.Limit)
	return many(e.deps.Read.QueryContext(ctx, selectIncidents+" WHERE "+strings.Join(where, " AND ")+" ORDER BY id DESC LIMIT ?", args...))
}

// Incident returns incident id with its timeline, oldest event first.
func (e *Engine) Incident(ctx context.Context, id int64) (Incident, []Event, error) {
	i, err := one(e.deps.Read.QueryContext(ctx, selectIncidents+` WHERE id = ?`, id))
	if err != nil {
		return Incident{}, nil, fmt.Errorf("incident INC-%d: %w", id, err)
	}
	rows, err := e.deps.Read.QueryContext(ctx, `SELECT time_ms, type, who, text FROM incident_events WHERE incident = ? ORDER BY seq`, id)
	if err != nil {
		return Incident{}, nil, err
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var ev Event
		if err := rows.Scan(&ev.Time, &ev.Type, &ev.Who, &ev.Text); err != nil {
			return Incident{}, nil, err
		}
		events = append(events, ev)
	}
	return i, events, rows.Err()
}

// Problems returns what belongs to incident id, its roots first.
func (e *Engine) Problems(ctx context.Context, id int64) ([]Problem, error) {
	return problems(ctx, e.deps.Read, `WHERE incident = ? ORDER BY hidden, kind, device, object`, id)
}

func problems(ctx context.Context, db queryer, where string, args ...any) ([]Problem, error) {
	rows, err := db.QueryContext(ctx, `SELECT incident, kind, device, object, hidden, body FROM problems `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read problems: %w", err)
	}
	defer rows.Close()
	out := []Problem{}
	for rows.Next() {
		var p Problem
		var body string
		if err := rows.Scan(&p.Incident, &p.Kind, &p.Device, &p.Object, &p.Hidden, &body); err != nil {
			return nil, fmt.Errorf("read problems: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return nil, fmt.Errorf("read problem of %q: %w", p.object(), err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func one(rows *sql.Rows, err error) (Incident, error) {
	list, err := many(rows, err)
	if err != nil {
		return Incident{}, err
	}
	if len(list) == 0 {
		return Incident{}, ErrUnknownIncident
	}
	return list[0], nil
}

func many(rows *sql.Rows, err error) ([]Incident, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Incident{}
	for rows.Next() {
		var i Incident
		var more string
		if err := rows.Scan(&i.ID, &i.Kind, &i.Severity, &i.Status, &i.Site, &i.Device, &i.Object, &i.Summary, &i.Cause, &i.Impact, &i.Started,
			&i.UncertaintyMS, &i.Detected, &i.Ended, &i.Owner, &i.AcknowledgedAt, &i.Demo, &more); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(more), &i.More); err != nil {
			return nil, fmt.Errorf("read incident %s: %w", i.Name(), err)
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

// load reads the world and what receivers know, unless that is here.
func (e *Engine) load(ctx context.Context) error {
	if e.world != nil {
		return nil
	}
	now := e.deps.Now().UnixMilli()
	w := NewWorld(DefaultPolicy(), 0)
	if err := e.deps.Read.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM incidents`).Scan(&w.last); err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	list, err := many(e.deps.Read.QueryContext(ctx, selectIncidents+` WHERE status <> 'resolved' OR ended_ms >= ?`, now-w.pol.Reopen.Milliseconds()))
	if err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	for n := range list {
		w.incidents[list[n].ID] = &list[n]
	}
	found, err := problems(ctx, e.deps.Read, `WHERE incident = 0 OR incident IN (SELECT id FROM incidents WHERE status <> 'resolved')`)
	if err != nil {
		return err
	}
	for n := range found {
		w.problems[found[n].Key] = &found[n]
	}
	if e.silent, err = silences(ctx, e.deps.Read, false, now); err != nil {
		return err
	}
	if e.told, err = readTold(ctx, e.deps.Read, now-w.pol.Reopen.Milliseconds()); err != nil {
		return err
	}
	if err := e.deps.Read.QueryRowContext(ctx, `SELECT coalesce(min(due_ms), 0) FROM waiting_notices`).Scan(&e.waiting); err != nil {
		return fmt.Errorf("read waiting notices: %w", err)
	}
	if e.book == nil {
		e.book = e.deps.Book()
	}
	e.world = w
	return nil
}

// store writes what a step changed.
func store(tx *sql.Tx, out Outcome) error {
	for _, c := range out.Changes {
		if err := save(tx, c.Incident); err != nil {
			return err
		}
		for _, ev := range c.Events {
			if err := appendEvent(tx, c.Incident.ID, ev); err != nil {
				return err
			}
		}
	}
	if len(out.Gone) > 0 {
		remove, err := tx.Prepare(`DELETE FROM problems WHERE incident = ? AND kind = ? AND device = ? AND object = ?`)
		if err != nil {
			return fmt.Errorf("store problems: %w", err)
		}
		defer remove.Close()
		for _, p := range out.Gone {
			if _, err := remove.Exec(p.Incident, p.Kind, p.Device, p.Object); err != nil {
				return fmt.Errorf("store problems: %w", err)
			}
		}
	}
	if len(out.Problems) == 0 {
		return nil
	}
	put, err := tx.Prepare(`INSERT OR REPLACE INTO problems (incident, kind, device, object, hidden, body) VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return fmt.Errorf("store problems: %w", err)
	}
	defer put.Close()
	for _, p := range out.Problems {
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if _, err := put.Exec(p.Incident, p.Kind, p.Device, p.Object, p.Hidden, string(body)); err != nil {
			return fmt.Errorf("store problems: %w", err)
		}
	}
	return nil
}

func save(tx *sql.Tx, i Incident) error {
	more, err := json.Marshal(i.More)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT OR REPLACE INTO incidents (id, kind, severity, status, site, device, object, summary, cause, impact, started_ms,
			uncertainty_ms, detected_ms, ended_ms, owner, acknowledged_ms, demo, more)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, nullif(?, 0), ?, ?)`,
		i.ID, i.Kind, i.Severity, i.Status, i.Site, i.Device, i.Object, i.Summary, i.Cause, i.Impact, i.Started,
		i.UncertaintyMS, i.Detected, i.Ended, i.Owner, i.AcknowledgedAt, i.Demo, string(more))
	if err != nil {
		return fmt.Errorf("save incident: %w", err)
	}
	return nil
}

func appendEvent(tx *sql.Tx, incident int64, ev Event) error {
	_, err := tx.Exec(`INSERT INTO incident_events (incident, time_ms, seq, type, who, text)
		VALUES (?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM incident_events WHERE incident = ?), ?, ?, ?)`,
		incident, ev.Time, incident, ev.Type, ev.Who, ev.Text)
	if err != nil {
		return fmt.Errorf("save event: %w", err)
	}
	return nil
}
