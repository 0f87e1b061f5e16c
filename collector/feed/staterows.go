package feed

import (
	"errors"
	"fmt"

	"ninewatch/internal/telemetry"
)

// observation stores a run; of two with the same start the longer one stays.
func (w *stateWriter) observation(e telemetry.Entry, r telemetry.Run) error {
	w.devices[r.Device] = true
	_, err := w.run.ExecContext(w.ctx, r.Device, r.Probe, e.Agent, r.From+e.Offset, r.To+e.Offset, r.Every, r.Result, r.LossPPM, r.Reason)
	if err != nil {
		return fmt.Errorf("store run of %q: %w", r.Device, err)
	}
	return nil
}

func (w *stateWriter) boot(e telemetry.Entry, b telemetry.Boot) error {
	previous := b.Previous
	if previous != 0 { // 0: never seen before
		previous += e.Offset
	}
	_, err := w.tx.ExecContext(w.ctx, `INSERT INTO boots (device, agent, time_ms, ticks, previous_ms, previous_ticks) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, b.Device, e.Agent, b.Time+e.Offset, int64(b.Ticks), previous, int64(b.PreviousTicks))
	if err != nil {
		return fmt.Errorf("store boot of %q: %w", b.Device, err)
	}
	return nil
}

// gap stores a gap; of two with the same start the longer one stays.
func (w *stateWriter) gap(e telemetry.Entry, g telemetry.Gap) error {
	_, err := w.tx.ExecContext(w.ctx, `INSERT INTO gaps (agent, epoch, first_seq, last_seq, samples, reason, from_ms, to_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (agent, epoch, first_seq) DO UPDATE SET last_seq = excluded.last_seq, samples = excluded.samples,
			reason = excluded.reason, from_ms = excluded.from_ms, to_ms = excluded.to_ms
		WHERE excluded.last_seq > last_seq`,
		e.Agent, g.Epoch[:], int64(g.FirstSeq), int64(g.LastSeq), int64(g.Samples), g.Reason, g.From+e.Offset, g.To+e.Offset)
	if err != nil {
		return fmt.Errorf("store gap of agent %q: %w", e.Agent, err)
	}
	return nil
}

// quarantine stores that there is an entry with a time too far ahead, and nothing of what it says.
func (w *stateWriter) quarantine(e telemetry.Entry) error {
	device, at := subject(e.Record)
	_, err := w.tx.ExecContext(w.ctx, `INSERT INTO quarantine (lsn, agent, device, time_ms, received_ms, samples) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, int64(e.LSN), e.Agent, device, at+e.Offset, e.Received, e.Record.Samples())
	if err != nil {
		return fmt.Errorf("store quarantined entry: %w", err)
	}
	return nil
}

// subject is the device that a record is about, or the first of them, and its latest time.
func subject(r telemetry.Record) (device string, at int64) {
	switch {
	case r.Frame != nil:
		device = r.Frame.Device
		for _, p := range r.Frame.Polls {
			at = max(at, p.Time)
		}
	case r.Facts != nil:
		return r.Facts.Device, r.Facts.Time
	case r.Boot != nil:
		return r.Boot.Device, r.Boot.Time
	case r.Scan != nil:
		return "", r.Scan.Time
	case r.Gap != nil:
		return "", r.Gap.To
	}
	for _, run := range r.Runs {
		device, at = r.Runs[0].Device, max(at, run.To)
	}
	return device, at
}

// storeSeen merges the sequence numbers of the batch with those that are stored.
func (w *stateWriter) storeSeen() error {
	for of, set := range w.seen {
		for _, r := range *set {
			if err := w.storeRange(of, r); err != nil {
				return fmt.Errorf("store sequence numbers of agent %q: %w", of.agent, err)
			}
		}
	}
	return nil
}

// storeRange replaces the stored ranges that touch r by one that covers them all.
func (w *stateWriter) storeRange(of source, r telemetry.Range) error {
	rows, err := w.tx.QueryContext(w.ctx, `DELETE FROM seen_ranges WHERE agent = ? AND epoch = ? AND first <= ? AND last >= ? RETURNING first, last`,
		of.agent, of.epoch[:], int64(r.Last+1), int64(r.First-1))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var first, last uint64
		if err := rows.Scan(&first, &last); err != nil {
			return err
		}
		r.First, r.Last = min(r.First, first), max(r.Last, last)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	_, err = w.tx.ExecContext(w.ctx, `INSERT INTO seen_ranges (agent, epoch, first, last) VALUES (?, ?, ?, ?)`,
		of.agent, of.epoch[:], int64(r.First), int64(r.Last))
	return err
}
