package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"ninewatch/internal/telemetry"
)

// Part is a part of a device over a stretch of time in which it was said to be the same.
type Part struct {
	Device string          `json:"device"`
	List   string          `json:"list"`
	Part   string          `json:"part"`
	From   int64           `json:"from"`  // Unix ms of the reading that said so first
	Until  int64           `json:"until"` // Unix ms of the first reading that said otherwise; 0: none did
	Seen   int64           `json:"seen"`  // Unix ms of the last reading that said so
	Facts  json.RawMessage `json:"facts"`
}

// PartsFilter chooses parts; its zero value takes all. Times are Unix ms.
type PartsFilter struct {
	Device, List, Part string
	At                 int64 // only what was there then; 0: any time
	Present            bool  // only what is there by all that is known
	Since              int64 // only what began or ended since
	Limit              int   // 0: all; else the newest
}

// Parts lists parts by device, list, part and time; with a limit those that changed last come first.
func (s *Store) Parts(ctx context.Context, f PartsFilter) ([]Part, error) {
	return readParts(ctx, s.db.Read(), f)
}

func readParts(ctx context.Context, q querier, f PartsFilter) ([]Part, error) {
	query := `SELECT p.device, p.list, p.part, p.from_ms, coalesce(p.until_ms, 0), CASE WHEN p.until_ms IS NULL THEN max(p.seen_ms, coalesce(l.seen_ms, 0)) ELSE p.seen_ms END, p.facts
		FROM device_parts p LEFT JOIN device_lists l ON l.device = p.device AND l.list = p.list
		WHERE (?1 = '' OR p.device = ?1) AND (?2 = '' OR p.list = ?2) AND (?3 = '' OR p.part = ?3)
		AND (?4 = 0 OR p.from_ms <= ?4 AND (p.until_ms IS NULL OR p.until_ms > ?4))
		AND (?5 = 0 OR p.until_ms IS NULL) AND (?6 = 0 OR p.from_ms >= ?6 OR p.until_ms >= ?6)`
	if f.Limit > 0 {
		query += ` ORDER BY coalesce(p.until_ms, p.from_ms) DESC, p.device, p.list, p.part LIMIT ?7`
	} else {
		query += ` ORDER BY p.device, p.list, p.part, p.from_ms LIMIT ?7`
	}
	limit := f.Limit
	if limit == 0 {
		limit = -1
	}
	rows, err := q.QueryContext(ctx, query, f.Device, f.List, f.Part, f.At, f.Present, f.Since, limit)
	if err != nil {
		return nil, fmt.Errorf("read parts of devices: %w", err)
	}
	defer rows.Close()
	var out []Part
	for rows.Next() {
		var p Part
		var facts []byte
		if err := rows.Scan(&p.Device, &p.List, &p.Part, &p.From, &p.Until, &p.Seen, &facts); err != nil {
			return nil, fmt.Errorf("read parts of devices: %w", err)
		}
		p.Facts = facts
		out = append(out, p)
	}
	return out, rows.Err()
}

// FactsAt is what a device said of itself at a time (Unix ms; 0: now), or an error that is ErrUnknown when it
// said nothing until then. Stack, bridge ports and hosts are those of now.
func (s *Store) FactsAt(ctx context.Context, device string, at int64) (telemetry.DeviceFacts, error) {
	all, err := s.facts(ctx, device, at)
	if err != nil {
		return telemetry.DeviceFacts{}, err
	}
	if len(all) == 0 {
		return telemetry.DeviceFacts{}, fmt.Errorf("facts of %q: %w", device, ErrUnknown)
	}
	return all[0], nil
}

// AllFacts is what every device says of itself now, by name.
func (s *Store) AllFacts(ctx context.Context) ([]telemetry.DeviceFacts, error) {
	return s.facts(ctx, "", 0)
}

func (s *Store) facts(ctx context.Context, device string, at int64) ([]telemetry.DeviceFacts, error) {
	tx, err := s.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	out := map[string]*telemetry.DeviceFacts{}
	if err := readSystems(ctx, tx, device, at, out); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	parts, err := readParts(ctx, tx, PartsFilter{Device: device, At: at, Present: at == 0})
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		f := factsOf(out, p.Device)
		f.Time = max(f.Time, min(p.Seen, orNow(at)))
		i := slices.IndexFunc(partLists, func(l partList) bool { return l.name == p.List })
		if i < 0 {
			continue
		}
		if err := partLists[i].add(f, p.Facts); err != nil {
			return nil, fmt.Errorf("read %s %q of %q: %w", p.List, p.Part, p.Device, err)
		}
	}
	if err := readLast(ctx, tx, device, out); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	sorted := make([]telemetry.DeviceFacts, 0, len(out))
	for _, name := range sortedKeys(out) {
		sorted = append(sorted, *out[name])
	}
	return sorted, nil
}

func orNow(at int64) int64 {
	if at == 0 {
		return 1 << 62
	}
	return at
}

func factsOf(all map[string]*telemetry.DeviceFacts, device string) *telemetry.DeviceFacts {
	f, ok := all[device]
	if !ok {
		f = &telemetry.DeviceFacts{Device: device}
		all[device] = f
	}
	return f
}

func readSystems(ctx context.Context, q querier, device string, at int64, out map[string]*telemetry.DeviceFacts) error {
	rows, err := q.QueryContext(ctx, `SELECT device, seen_ms, system FROM device_facts
		WHERE (?1 = '' OR device = ?1) AND from_ms <= ?2 AND (until_ms IS NULL OR until_ms > ?2)`, device, orNow(at))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var seen int64
		var system []byte
		if err := rows.Scan(&name, &seen, &system); err != nil {
			return err
		}
		f := factsOf(out, name)
		f.Time = min(seen, orNow(at))
		if err := json.Unmarshal(system, &f.System); err != nil {
			return err
		}
	}
	return rows.Err()
}

func readLast(ctx context.Context, q querier, device string, out map[string]*telemetry.DeviceFacts) error {
	rows, err := q.QueryContext(ctx, `SELECT device, list, rows FROM device_lists WHERE (?1 = '' OR device = ?1) AND rows <> ''`, device)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, list string
		var data []byte
		if err := rows.Scan(&name, &list, &data); err != nil {
			return err
		}
		f, ok := out[name]
		if !ok {
			continue // what was not there at the time
		}
		switch list {
		case listStack:
			err = json.Unmarshal(data, &f.Stack)
		case listBridgePorts:
			err = json.Unmarshal(data, &f.BridgePorts)
		case listHosts:
			err = json.Unmarshal(data, &f.Hosts)
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}

// Identities is who every device says it is, by name.
func (s *Store) Identities(ctx context.Context) (map[string]telemetry.Identity, error) {
	parts, err := s.Parts(ctx, PartsFilter{List: ListIdentity, Present: true})
	out := make(map[string]telemetry.Identity, len(parts))
	for _, p := range parts {
		var i telemetry.Identity
		if err := json.Unmarshal(p.Facts, &i); err != nil {
			return nil, fmt.Errorf("read identity of %q: %w", p.Device, err)
		}
		out[p.Device] = i
	}
	return out, err
}
