package inventory

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"ninewatch/internal/telemetry"
)

// maxPartRows bounds the history of one list of a device: a part that flaps each minute for two months.
const maxPartRows = 100_000

// partRow is a stretch of time in which a part was said to be the same.
type partRow struct {
	part
	from, seen int64
	until      int64 // 0: it is still there
}

func (r partRow) covers(at int64) bool { return r.from <= at && (r.until == 0 || at < r.until) }

// storeParts stores every list of facts.
func storeParts(ctx context.Context, tx *sql.Tx, device string, at int64, f *telemetry.DeviceFacts) error {
	for _, l := range partLists {
		if err := storeList(ctx, tx, device, at, l.name, l.parts(f), slices.Contains(f.Partial, l.name)); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	for _, l := range lastLists {
		if slices.Contains(f.Partial, l.name) {
			continue
		}
		if err := storeLast(ctx, tx, device, at, l.name, l.parts(f)); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

// storeList stores one reading of a list. Most readings say what the one before said: that costs one row.
func storeList(ctx context.Context, tx *sql.Tx, device string, at int64, list string, parts []part, partial bool) error {
	sum := digestOf(parts)
	seen, digest, err := lastRead(ctx, tx, device, list)
	if err != nil {
		return err
	}
	known := seen > 0
	switch {
	case !known && len(parts) == 0:
		return nil // a device that has no such list
	case known && at <= seen:
		return storeLate(ctx, tx, device, at, list, parts)
	case known && digest == sum && !partial:
		return setRead(ctx, tx, device, list, at, sum)
	}
	rows, err := openParts(ctx, tx, device, list)
	if err != nil {
		return err
	}
	for _, p := range parts {
		row, exists := rows[p.key]
		delete(rows, p.key)
		if exists && row.facts == p.facts {
			if partial {
				err = exec(ctx, tx, `UPDATE device_parts SET seen_ms = max(seen_ms, ?) WHERE device = ? AND list = ? AND part = ? AND from_ms = ?`, at, device, list, p.key, row.from)
			}
		} else {
			err = replacePart(ctx, tx, device, list, at, seen, p, row, exists)
		}
		if err != nil {
			return err
		}
	}
	if partial {
		return nil // what is missing may be there; when the list was last whole stays
	}
	for _, gone := range rows {
		if err := closePart(ctx, tx, device, list, at, seen, gone); err != nil {
			return err
		}
	}
	return setRead(ctx, tx, device, list, at, sum)
}

// replacePart begins a stretch for p, and ends the one before.
func replacePart(ctx context.Context, tx *sql.Tx, device, list string, at, seen int64, p part, before partRow, exists bool) error {
	if exists {
		if before.from >= at {
			return nil // a reading of the same moment says otherwise: the first one stays
		}
		if err := closePart(ctx, tx, device, list, at, seen, before); err != nil {
			return err
		}
	}
	return insertPart(ctx, tx, device, list, partRow{part: p, from: at, seen: at})
}

func closePart(ctx context.Context, tx *sql.Tx, device, list string, at, seen int64, row partRow) error {
	if seen < row.from {
		seen = row.seen
	}
	return exec(ctx, tx, `UPDATE device_parts SET until_ms = ?, seen_ms = max(seen_ms, ?) WHERE device = ? AND list = ? AND part = ? AND from_ms = ?`,
		at, seen, device, list, row.key, row.from)
}

func insertPart(ctx context.Context, tx *sql.Tx, device, list string, row partRow) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM device_parts WHERE device = ? AND list = ?`, device, list).Scan(&n); err != nil || n >= maxPartRows {
		return err
	}
	return exec(ctx, tx, `INSERT INTO device_parts (device, list, part, from_ms, until_ms, seen_ms, facts) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (device, list, part, from_ms) DO NOTHING`, device, list, row.key, row.from, sql.NullInt64{Int64: row.until, Valid: row.until != 0}, row.seen, row.facts)
}

// storeLate stores a reading from before the last one. It closes nothing, and where it contradicts what is
// known to have been there it is dropped: it would tear apart what two readings agree on.
func storeLate(ctx context.Context, tx *sql.Tx, device string, at int64, list string, parts []part) error {
	for _, p := range parts {
		rows, err := partRows(ctx, tx, `device = ? AND list = ? AND part = ? ORDER BY from_ms`, device, list, p.key)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(r partRow) bool { return r.covers(at) }) {
			continue
		}
		i := slices.IndexFunc(rows, func(r partRow) bool { return r.from > at })
		switch {
		case i >= 0 && rows[i].facts == p.facts:
			err = exec(ctx, tx, `UPDATE device_parts SET from_ms = ? WHERE device = ? AND list = ? AND part = ? AND from_ms = ?`, at, device, list, p.key, rows[i].from)
		default: // nobody knows for how long: it was seen once
			err = insertPart(ctx, tx, device, list, partRow{part: p, from: at, seen: at, until: at + 1})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// storeLast keeps a list as it was last.
func storeLast(ctx context.Context, tx *sql.Tx, device string, at int64, list string, parts []part) error {
	seen, digest, err := lastRead(ctx, tx, device, list)
	sum := digestOf(parts)
	switch {
	case err != nil || at <= seen || seen == 0 && len(parts) == 0:
		return err
	case digest == sum:
		return setRead(ctx, tx, device, list, at, sum)
	}
	rows := []byte{'['}
	for i, p := range parts {
		if i > 0 {
			rows = append(rows, ',')
		}
		rows = append(rows, p.facts...)
	}
	return exec(ctx, tx, `INSERT INTO device_lists (device, list, seen_ms, digest, rows) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (device, list) DO UPDATE SET seen_ms = ?3, digest = ?4, rows = ?5`, device, list, at, sum, string(append(rows, ']')))
}

func digestOf(parts []part) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %d ", len(p.key), len(p.facts))
		io.WriteString(h, p.key)   //nolint:errcheck // a hash never fails
		io.WriteString(h, p.facts) //nolint:errcheck // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func lastRead(ctx context.Context, q querier, device, list string) (seen int64, digest string, err error) {
	err = q.QueryRowContext(ctx, `SELECT seen_ms, digest FROM device_lists WHERE device = ? AND list = ?`, device, list).Scan(&seen, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return seen, digest, err
}

func setRead(ctx context.Context, tx *sql.Tx, device, list string, at int64, digest string) error {
	return exec(ctx, tx, `INSERT INTO device_lists (device, list, seen_ms, digest) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (device, list) DO UPDATE SET seen_ms = ?3, digest = ?4`, device, list, at, digest)
}

func exec(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

func openParts(ctx context.Context, q querier, device, list string) (map[string]partRow, error) {
	rows, err := partRows(ctx, q, `device = ? AND list = ? AND until_ms IS NULL`, device, list)
	out := make(map[string]partRow, len(rows))
	for _, r := range rows {
		out[r.key] = r
	}
	return out, err
}

func partRows(ctx context.Context, q querier, where string, args ...any) ([]partRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT part, from_ms, coalesce(until_ms, 0), seen_ms, facts FROM device_parts WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []partRow
	for rows.Next() {
		var r partRow
		if err := rows.Scan(&r.key, &r.from, &r.until, &r.seen, &r.facts); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
