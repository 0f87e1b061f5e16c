package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"ninewatch/internal/telemetry"
)

// maxInterfaces bounds the keys that one device can make us keep for ever: twice what a record may hold.
const maxInterfaces = 40_000

// Facts is what a device said of itself.
type Facts struct {
	System telemetry.System `json:"system"`
	From   int64            `json:"from"` // Unix ms since when it says so
	Seen   int64            `json:"seen"` // Unix ms when it said so last
}

// Interface is a port that a device has or had.
type Interface struct {
	Facts     telemetry.Interface `json:"facts"`
	FirstSeen int64               `json:"first_seen"` // Unix ms
	LastSeen  int64               `json:"last_seen"`
}

// ApplyFacts stores facts within tx and allocates keys for interfaces that were never seen. keysChanged
// tells that agents need them: call Store.Notify after the transaction. Storing the same facts again
// changes nothing.
func ApplyFacts(ctx context.Context, tx *sql.Tx, e telemetry.Entry, f telemetry.DeviceFacts) (keysChanged bool, err error) {
	at := f.Time + e.Offset
	if err := storeSystem(ctx, tx, f.Device, at, f.System); err != nil {
		return false, fmt.Errorf("store facts of %q: %w", f.Device, err)
	}
	keysChanged, err = storeInterfaces(ctx, tx, f.Device, at, f.Interfaces)
	if err != nil {
		return false, fmt.Errorf("store interfaces of %q: %w", f.Device, err)
	}
	if err := storeParts(ctx, tx, f.Device, at, &f); err != nil {
		return false, fmt.Errorf("store parts of %q: %w", f.Device, err)
	}
	return keysChanged, nil
}

// systemRow is a stretch of time in which a device said the same.
type systemRow struct {
	from, seen int64
	system     telemetry.System
}

// storeSystem extends the stretch that at falls into or follows, or begins a new one. A late reading
// inside a stretch that says otherwise is dropped: it would tear apart what is known by two readings.
func storeSystem(ctx context.Context, tx *sql.Tx, device string, at int64, system telemetry.System) error {
	before, hasBefore, err := systemAt(ctx, tx, device, `from_ms <= ? ORDER BY from_ms DESC`, at)
	if err != nil {
		return err
	}
	after, hasAfter, err := systemAt(ctx, tx, device, `from_ms > ? ORDER BY from_ms`, at)
	if err != nil {
		return err
	}
	data, err := json.Marshal(system)
	if err != nil {
		return err
	}
	switch {
	case hasBefore && at <= before.seen:
		return nil
	case hasBefore && sameSystem(before.system, system):
		_, err = tx.ExecContext(ctx, `UPDATE device_facts SET seen_ms = ?, system = ? WHERE device = ? AND from_ms = ?`, at, data, device, before.from)
		return err
	case hasAfter && sameSystem(after.system, system):
		_, err = tx.ExecContext(ctx, `UPDATE device_facts SET from_ms = ? WHERE device = ? AND from_ms = ?`, at, device, after.from)
	default:
		until := sql.NullInt64{Int64: after.from, Valid: hasAfter}
		_, err = tx.ExecContext(ctx, `INSERT INTO device_facts (device, from_ms, until_ms, seen_ms, system) VALUES (?, ?, ?, ?, ?)`, device, at, until, at, data)
	}
	if err != nil || !hasBefore {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE device_facts SET until_ms = ? WHERE device = ? AND from_ms = ?`, at, device, before.from)
	return err
}

// sameSystem leaves sysUpTime out: it differs always.
func sameSystem(a, b telemetry.System) bool {
	a.SysUpTime, b.SysUpTime = 0, 0
	return a == b
}

func systemAt(ctx context.Context, q querier, device, where string, at int64) (row systemRow, ok bool, err error) {
	var data []byte
	err = q.QueryRowContext(ctx, `SELECT from_ms, seen_ms, system FROM device_facts WHERE device = ? AND `+where+` LIMIT 1`, device, at).
		Scan(&row.from, &row.seen, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, err
	}
	return row, true, json.Unmarshal(data, &row.system)
}

func storeInterfaces(ctx context.Context, tx *sql.Tx, device string, at int64, seen []telemetry.Interface) (keysChanged bool, err error) {
	if len(seen) == 0 {
		return false, nil
	}
	rows, err := loadInterfaces(ctx, tx, device)
	if err != nil {
		return false, err
	}
	known := make([]telemetry.Interface, len(rows))
	old := make(map[string]Interface, len(rows))
	for i, r := range rows {
		known[i] = r.Facts
		old[r.Facts.Key] = r
	}
	put, err := tx.PrepareContext(ctx, `INSERT INTO interfaces (device, key, if_index, facts, first_seen_ms, last_seen_ms) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (device, key) DO UPDATE SET if_index = excluded.if_index, facts = excluded.facts,
			first_seen_ms = excluded.first_seen_ms, last_seen_ms = excluded.last_seen_ms`)
	if err != nil {
		return false, err
	}
	defer put.Close()
	for _, f := range telemetry.AllocateKeys(known, seen) {
		o, exists := old[f.Key]
		if !exists {
			if len(old) >= maxInterfaces {
				continue
			}
			o = Interface{Facts: f, FirstSeen: at, LastSeen: at}
			old[f.Key] = o
			keysChanged = true
		}
		if at >= o.LastSeen {
			keysChanged = keysChanged || identity(f) != identity(o.Facts)
			o.Facts = f
		}
		o.FirstSeen, o.LastSeen = min(o.FirstSeen, at), max(o.LastSeen, at)
		data, err := json.Marshal(o.Facts)
		if err != nil {
			return false, err
		}
		if _, err := put.ExecContext(ctx, device, f.Key, o.Facts.IfIndex, data, o.FirstSeen, o.LastSeen); err != nil {
			return false, err
		}
	}
	return keysChanged, nil
}

// identity is what an agent needs to recognise an interface; what changes by itself stays out.
func identity(i telemetry.Interface) string {
	return fmt.Sprintf("%d %q %q %q %s %d", i.IfIndex, i.Key, i.IfName, i.IfDescr, i.IfPhysAddress, i.IfType)
}

func loadInterfaces(ctx context.Context, q querier, device string) ([]Interface, error) {
	rows, err := q.QueryContext(ctx, `SELECT facts, first_seen_ms, last_seen_ms FROM interfaces WHERE device = ? ORDER BY if_index, key`, device)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Interface
	for rows.Next() {
		var data []byte
		var i Interface
		if err := rows.Scan(&data, &i.FirstSeen, &i.LastSeen); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &i.Facts); err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

// Interfaces lists the interfaces that a device ever had, by ifIndex. Those whose LastSeen lies before
// Facts.Seen have vanished.
func (s *Store) Interfaces(ctx context.Context, device string) ([]Interface, error) {
	out, err := loadInterfaces(ctx, s.db.Read(), device)
	if err != nil {
		return nil, fmt.Errorf("read interfaces of %q: %w", device, err)
	}
	return out, nil
}

// Facts returns what a device said of itself last, or an error that is ErrUnknown when it never did.
func (s *Store) Facts(ctx context.Context, device string) (Facts, error) {
	row, ok, err := systemAt(ctx, s.db.Read(), device, `from_ms <= ? ORDER BY from_ms DESC`, int64(1)<<62)
	if err != nil {
		return Facts{}, fmt.Errorf("read facts of %q: %w", device, err)
	}
	if !ok {
		return Facts{}, fmt.Errorf("facts of %q: %w", device, ErrUnknown)
	}
	return Facts{row.system, row.from, row.seen}, nil
}
