package uptime

import (
	"context"
	"database/sql"
	"fmt"
)

// PastPolls is what one agent read of the interfaces of a device in a time of which the collector has no samples.
type PastPolls struct {
	Device, Agent string
	Runs          []PollRun
	Changes       map[string][]StatusChange // by key of the interface; the first of each run is what it began with
}

// StorePast stores polls of the past beside those that a StatusSink stores. What is there already stays.
func StorePast(ctx context.Context, tx *sql.Tx, past []PastPolls) error {
	for _, p := range past {
		for _, r := range p.Runs {
			if _, err := tx.ExecContext(ctx, `INSERT INTO interface_polls (device, agent, from_ms, to_ms, every_ms) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, p.Device, p.Agent, r.From, r.To, r.Every); err != nil {
				return fmt.Errorf("store interface polls of %q: %w", p.Device, err)
			}
		}
		for key, changes := range p.Changes {
			for _, c := range changes {
				if err := storeChange(ctx, tx, p.Device, key, p.Agent, c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func storeChange(ctx context.Context, tx *sql.Tx, device, key, agent string, c StatusChange) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO interface_changes
		(device, if_key, agent, time_ms, previous_ms, admin_status, oper_status, moving, changed_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, device, key, agent, c.At, c.Previous, c.Admin, c.Oper, c.Moving, c.Changed)
	if err != nil {
		return fmt.Errorf("store status of %s/%s: %w", device, key, err)
	}
	return nil
}
