package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

const selectIncidents = `SELECT id, kind, severity, status, site, device, object, summary, cause, started_ms,
	uncertainty_ms, detected_ms, coalesce(ended_ms, 0), owner, coalesce(acknowledged_ms, 0), demo FROM incidents`

// Filter narrows a list of incidents. Sites nil means all; Before 0 means from the newest.
type Filter struct {
	Status string // open (acknowledged ones included), resolved, or all
	Sites  []string
	Device string
	Before int64 // only incidents with a lower ID
	Since  int64 // only incidents that were open after this Unix ms
	Limit  int
}

// List returns incidents, newest first.
func (e *Engine) List(ctx context.Context, f Filter) ([]Incident, error) {
	where, args := []string{"1 = 1"}, []any{}
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
		and("device = ?", f.Device)
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

func openOf(tx *sql.Tx, kind, device string) (*Incident, error) {
	i, err := one(tx.Query(selectIncidents+` WHERE status <> 'resolved' AND kind = ? AND device = ? ORDER BY id DESC LIMIT 1`, kind, device))
	if errors.Is(err, ErrUnknownIncident) {
		return nil, nil
	}
	return &i, err
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
		if err := rows.Scan(&i.ID, &i.Kind, &i.Severity, &i.Status, &i.Site, &i.Device, &i.Object, &i.Summary, &i.Cause, &i.Started,
			&i.UncertaintyMS, &i.Detected, &i.Ended, &i.Owner, &i.AcknowledgedAt, &i.Demo); err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

// save writes i, and gives it the next ID when it has none.
func save(tx *sql.Tx, i *Incident) error {
	if i.ID == 0 {
		if err := tx.QueryRow(`SELECT coalesce(max(id), 0) + 1 FROM incidents`).Scan(&i.ID); err != nil {
			return fmt.Errorf("next incident: %w", err)
		}
	}
	_, err := tx.Exec(`INSERT INTO incidents (id, kind, severity, status, site, device, object, summary, cause, started_ms,
			uncertainty_ms, detected_ms, ended_ms, owner, acknowledged_ms, demo)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, nullif(?, 0), ?)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, severity = excluded.severity, ended_ms = excluded.ended_ms,
			owner = excluded.owner, acknowledged_ms = excluded.acknowledged_ms`,
		i.ID, i.Kind, i.Severity, i.Status, i.Site, i.Device, i.Object, i.Summary, i.Cause, i.Started,
		i.UncertaintyMS, i.Detected, i.Ended, i.Owner, i.AcknowledgedAt, i.Demo)
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
