package app

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ninewatch/internal/lifecycle"
)

// How long the state store keeps what grows by itself. Observation runs are the evidence of two years' SLAs and
// the month in which the second is signed.
const (
	keepEvidence   = 25 * 31 * 24 * time.Hour
	keepDeliveries = 90 * 24 * time.Hour
	cleanEvery     = time.Hour
	cleanBatch     = 5000 // rows a transaction, so that nobody waits long for the writer
)

// janitor deletes rows of the state store that are past their time.
type janitor struct {
	log    *slog.Logger
	write  func(context.Context, func(*sql.Tx) error) error
	now    func() time.Time
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (j *janitor) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	j.wg.Go(func() {
		ticker := time.NewTicker(cleanEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if err := j.clean(ctx); err != nil && !errors.Is(err, context.Canceled) {
					j.log.Error("old rows not deleted, next try in an hour", "err", err)
				}
			}
		}
	})
	return nil
}

func (j *janitor) Stop(ctx context.Context) error {
	if j.cancel == nil {
		return nil
	}
	j.cancel()
	return lifecycle.Wait(ctx, &j.wg, "janitor")
}

// old are the rows that go, each with the time before which they do.
func (j *janitor) old() map[string]int64 {
	now := j.now()
	return map[string]int64{
		`DELETE FROM observation_runs WHERE rowid IN (SELECT rowid FROM observation_runs WHERE to_ms < ? LIMIT ?)`: now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM interface_polls WHERE rowid IN (SELECT rowid FROM interface_polls WHERE to_ms < ? LIMIT ?)`:   now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM interface_changes WHERE rowid IN (SELECT rowid FROM interface_changes WHERE time_ms < ? AND NOT EXISTS (SELECT 1 FROM interface_polls p WHERE p.device = interface_changes.device AND p.agent = interface_changes.agent AND p.from_ms <= interface_changes.time_ms AND p.to_ms >= interface_changes.time_ms) LIMIT ?)`: now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM interface_traps WHERE rowid IN (SELECT rowid FROM interface_traps WHERE time_ms < ? LIMIT ?)`:                                                                                         now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM agent_contacts WHERE rowid IN (SELECT rowid FROM agent_contacts WHERE to_ms < ? LIMIT ?)`:                                                                                             now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM ledger_intervals WHERE rowid IN (SELECT rowid FROM ledger_intervals WHERE to_s < ? LIMIT ?)`:                                                                                          now.Add(-keepEvidence).Unix(),
		`DELETE FROM ledger_revisions WHERE rowid IN (SELECT rowid FROM ledger_revisions WHERE to_s < ? LIMIT ?)`:                                                                                          now.Add(-keepEvidence).Unix(),
		`DELETE FROM boots WHERE rowid IN (SELECT rowid FROM boots WHERE time_ms < ? LIMIT ?)`:                                                                                                             now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM gaps WHERE rowid IN (SELECT rowid FROM gaps WHERE to_ms < ? LIMIT ?)`:                                                                                                                 now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries WHERE finished_ms < ? AND status = 'delivered' AND id < (SELECT max(id) FROM deliveries) LIMIT ?)`:                            now.Add(-keepDeliveries).UnixMilli(),
		`DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries WHERE finished_ms < ? AND status = 'dead' AND id < (SELECT max(id) FROM deliveries) LIMIT ?)`:                                 now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM delivery_attempts WHERE rowid IN (SELECT rowid FROM delivery_attempts WHERE time_ms < ? AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = delivery_attempts.delivery) LIMIT ?)`: now.UnixMilli(),
		`DELETE FROM delivery_incidents WHERE rowid IN (SELECT rowid FROM delivery_incidents WHERE ? > 0 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = delivery_incidents.delivery) LIMIT ?)`:    now.UnixMilli(),
		`DELETE FROM incident_told WHERE rowid IN (SELECT t.rowid FROM incident_told t JOIN incidents i ON i.id = t.incident WHERE i.status = 'resolved' AND i.ended_ms < ? LIMIT ?)`:                      now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM device_parts WHERE rowid IN (SELECT rowid FROM device_parts WHERE until_ms < ? LIMIT ?)`:                                                                                              now.Add(-keepEvidence).UnixMilli(),
		`DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_ms < ? LIMIT ?)`:                                                                                                    now.UnixMilli(),
	}
}

// clean deletes what is old, a batch at a time.
func (j *janitor) clean(ctx context.Context) error {
	for statement, before := range j.old() {
		for {
			var n int64
			err := j.write(ctx, func(tx *sql.Tx) error {
				done, err := tx.ExecContext(ctx, statement, before, cleanBatch)
				if err != nil {
					return err
				}
				n, err = done.RowsAffected()
				return err
			})
			if err != nil {
				return err
			}
			if n < cleanBatch {
				break
			}
		}
	}
	return nil
}
