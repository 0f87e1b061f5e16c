package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

// metaRenames is the key of meta under which former names are kept, because records under them may
// still be on their way in the spools of agents.
const metaRenames = "renames"

// Renames maps former names to present ones.
type Renames struct {
	Sites   map[string]string `json:"sites,omitempty"`
	Devices map[string]string `json:"devices,omitempty"`
}

// ReadRenames reads the former names as q sees them: within the transaction that writes an entry, or from
// the read pool.
func ReadRenames(ctx context.Context, q state.Querier) (Renames, error) {
	var r Renames
	text, err := state.Meta(ctx, q, metaRenames)
	if err != nil || text == "" {
		return r, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("read former names: %w", err)
	}
	return r, nil
}

// Device is the present name of a device.
func (r Renames) Device(name string) string { return presentName(r.Devices, name) }

// Site is the present name of a site.
func (r Renames) Site(name string) string { return presentName(r.Sites, name) }

func presentName(names map[string]string, name string) string {
	if to, ok := names[name]; ok {
		return to
	}
	return name
}

// Entry gives e its present names. What e points to is copied before it is changed.
func (r Renames) Entry(e *telemetry.Entry) {
	if len(r.Sites) == 0 && len(r.Devices) == 0 {
		return
	}
	e.Site = r.Site(e.Site)
	rec := &e.Record
	switch {
	case rec.Frame != nil:
		f := *rec.Frame
		f.Device = r.Device(f.Device)
		rec.Frame = &f
	case rec.Facts != nil:
		f := *rec.Facts
		f.Device = r.Device(f.Device)
		rec.Facts = &f
	case rec.Boot != nil:
		b := *rec.Boot
		b.Device = r.Device(b.Device)
		rec.Boot = &b
	}
	runs := make([]telemetry.Run, len(rec.Runs))
	for i, run := range rec.Runs {
		run.Device = r.Device(run.Device)
		runs[i] = run
	}
	if len(runs) > 0 {
		rec.Runs = runs
	}
}

// renamed are the columns that hold names of a kind.
var renamed = map[string][]string{
	KindDevice: {"device_facts.device", "interfaces.device", "observation_runs.device", "boots.device", "incidents.device", "quarantine.device",
		"interface_polls.device", "interface_changes.device", "interface_traps.device", "ledger_intervals.target", "ledger_revisions.target",
		"device_parts.device", "device_lists.device", "proposals.device", "learned_parents.device", "learned_parents.parent",
		"learned_ports.device", "learned_ports.parent", "start_traps.device"},
	KindSite: {"agents.site", "join_tokens.site", "incidents.site", "proposals.site", "discovery_rules.site", "scans.site"},
}

func renameAll(ctx context.Context, tx *sql.Tx, renames []rename) error {
	if len(renames) == 0 {
		return nil
	}
	known, err := ReadRenames(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range renames {
		if err := r.execute(ctx, tx); err != nil {
			return fmt.Errorf("rename %s %q to %q: %w", r.from.kind, r.from.name, r.to, err)
		}
		known.add(r)
	}
	return known.save(tx)
}

func (r rename) execute(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `UPDATE objects SET name = ? WHERE kind = ? AND name = ?`, r.to, r.from.kind, r.from.name)
	if err != nil {
		return err
	}
	for _, column := range renamed[r.from.kind] {
		if err := renameColumn(ctx, tx, column, r.from.name, r.to); err != nil {
			return err
		}
	}
	if r.from.kind != KindSite {
		return nil
	}
	for _, table := range []string{"users", "api_tokens"} {
		if err := renameInRoles(ctx, tx, table, r.from.name, r.to); err != nil {
			return err
		}
	}
	return nil
}

func (r *Renames) names(kind string) map[string]string {
	if r.Sites == nil {
		r.Sites = map[string]string{}
	}
	if r.Devices == nil {
		r.Devices = map[string]string{}
	}
	if kind == KindSite {
		return r.Sites
	}
	return r.Devices
}

// add follows chains: who was called a, then b, then c, is c under both former names.
func (r *Renames) add(n rename) {
	names := r.names(n.from.kind)
	for former, present := range names {
		if present == n.from.name {
			names[former] = n.to
		}
	}
	names[n.from.name] = n.to
	delete(names, n.to)
}

func (r Renames) save(tx *sql.Tx) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return state.SetMeta(tx, metaRenames, string(data))
}

// forgetReused drops former names that a new object now has for itself.
func forgetReused(ctx context.Context, tx *sql.Tx, p plan) error {
	known, err := ReadRenames(ctx, tx)
	if err != nil {
		return err
	}
	found := false
	for _, c := range p.changes {
		names := known.names(c.Kind)
		if _, former := names[c.Name]; former && c.Action == Create && (c.Kind == KindSite || c.Kind == KindDevice) {
			delete(names, c.Name)
			found = true
		}
	}
	if !found {
		return nil
	}
	return known.save(tx)
}

// renameColumn gives rows the new name. Rows that a deleted namesake left behind give way.
func renameColumn(ctx context.Context, tx *sql.Tx, column, from, to string) error {
	table, field, _ := strings.Cut(column, ".")
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE OR REPLACE %s SET %s = ? WHERE %s = ?`, table, field, field), to, from)
	return err
}

// renameInRoles changes a site in the JSON of roles: [{"role": "viewer", "sites": ["lisbon"]}].
func renameInRoles(ctx context.Context, tx *sql.Tx, table, from, to string) error {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT rowid, roles FROM %s`, table))
	if err != nil {
		return err
	}
	defer rows.Close()
	changed := map[int64]string{}
	for rows.Next() {
		var row int64
		var text string
		if err := rows.Scan(&row, &text); err != nil {
			return err
		}
		if changedText, ok := rolesWith(text, from, to); ok {
			changed[row] = changedText
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for row, text := range changed {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET roles = ? WHERE rowid = ?`, table), text, row); err != nil {
			return err
		}
	}
	return nil
}

func rolesWith(text, from, to string) (string, bool) {
	var roles []map[string]any
	if json.Unmarshal([]byte(text), &roles) != nil {
		return "", false
	}
	found := false
	for _, r := range roles {
		sites, _ := r["sites"].([]any)
		for i := range sites {
			if sites[i] == from {
				sites[i] = to
				found = true
			}
		}
	}
	data, _ := json.Marshal(roles) // it comes from JSON
	return string(data), found
}
