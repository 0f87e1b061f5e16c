package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

// StateCursor is the name of the state sink and of its cursor.
const StateCursor = "state"

// StateDeps are the things a StateSink uses but does not own. All are required.
type StateDeps struct {
	DB      *state.DB
	Metrics *metrics.Set
	// OnRuns is told, after the commit, of the devices with new evidence, and of the entries that hold it.
	// It is called from one goroutine and delays the next batch.
	OnRuns func(devices []string, entries []telemetry.Entry)
	// OnKeys is told, after the commit, that interface keys were allocated, or that a scan has ended:
	// inventory.Store.Notify.
	OnKeys func()
	// OnScan is told, after the commit, that a scan found something or has ended; it may be nil.
	OnScan func()
	// OnFacts is told, after the commit, of the facts that were stored, at times of the collector's clock. It
	// is called as OnRuns is; it may be nil.
	OnFacts func([]telemetry.DeviceFacts)
}

// StateSink stores observation runs, device facts, boots, gaps, quarantined entries and the sequence
// numbers seen, each batch with the cursor in one transaction. Times are stored on the collector's clock.
type StateSink struct {
	deps    StateDeps
	foreign *metrics.Counter
}

// NewStateSink returns the sink "state".
func NewStateSink(deps StateDeps) *StateSink {
	return &StateSink{deps: deps, foreign: deps.Metrics.NewCounter(`ninewatch_collector_feed_foreign_total`)}
}

// Name implements Sink.
func (s *StateSink) Name() string { return StateCursor }

// Cursor implements Sink.
func (s *StateSink) Cursor(ctx context.Context) (uint64, error) {
	return s.deps.DB.Cursor(ctx, StateCursor)
}

// Apply implements Sink.
func (s *StateSink) Apply(ctx context.Context, entries []telemetry.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var w *stateWriter
	err := s.deps.DB.Write(ctx, func(tx *sql.Tx) (err error) {
		if w, err = newStateWriter(ctx, tx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.close()) }()
		for _, e := range entries {
			if err := w.entry(e); err != nil {
				return fmt.Errorf("apply entry %d: %w", e.LSN, err)
			}
		}
		if err := w.storeSeen(); err != nil {
			return err
		}
		return state.SetCursor(tx, StateCursor, entries[len(entries)-1].LSN)
	})
	if err != nil {
		return err
	}
	s.foreign.Add(w.foreign)
	if w.keysChanged {
		s.deps.OnKeys()
	}
	if w.scanned && s.deps.OnScan != nil {
		s.deps.OnScan()
	}
	if len(w.facts) > 0 && s.deps.OnFacts != nil {
		s.deps.OnFacts(w.facts)
	}
	if len(w.devices) > 0 {
		s.deps.OnRuns(slices.Sorted(maps.Keys(w.devices)), w.withRuns)
	}
	return nil
}

// source is one start of one agent.
type source struct {
	agent string
	epoch telemetry.Epoch
}

// stateWriter stores the entries of one batch within one transaction.
type stateWriter struct {
	ctx      context.Context
	tx       *sql.Tx
	resolver *resolver
	run      *sql.Stmt

	seen        map[source]*telemetry.RangeSet
	devices     map[string]bool
	withRuns    []telemetry.Entry
	facts       []telemetry.DeviceFacts
	foreign     int
	keysChanged bool
	scanned     bool
}

func newStateWriter(ctx context.Context, tx *sql.Tx) (*stateWriter, error) {
	r, err := newResolver(ctx, tx)
	if err != nil {
		return nil, err
	}
	run, err := tx.PrepareContext(ctx, `INSERT INTO observation_runs
		(device, probe, agent, from_ms, to_ms, every_ms, result, loss_ppm, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (device, probe, agent, from_ms) DO UPDATE SET
			to_ms = excluded.to_ms, every_ms = excluded.every_ms, result = excluded.result,
			loss_ppm = excluded.loss_ppm, reason = excluded.reason
		WHERE excluded.to_ms > to_ms`)
	if err != nil {
		return nil, err
	}
	return &stateWriter{ctx: ctx, tx: tx, resolver: r, run: run,
		seen: map[source]*telemetry.RangeSet{}, devices: map[string]bool{}}, nil
}

func (w *stateWriter) close() error { return w.run.Close() }

func (w *stateWriter) entry(e telemetry.Entry) error {
	of := source{e.Agent, e.Record.Epoch}
	if w.seen[of] == nil {
		w.seen[of] = &telemetry.RangeSet{}
	}
	w.seen[of].Add(telemetry.Range{First: e.Record.Seq, Last: e.Record.Seq})
	e, foreign, err := w.resolver.resolve(w.ctx, e)
	if err != nil {
		return err
	}
	w.foreign += foreign
	if e.Quarantine {
		return w.quarantine(e)
	}
	rec := e.Record
	if len(rec.Runs) > 0 {
		w.withRuns = append(w.withRuns, e)
	}
	for _, r := range rec.Runs {
		if err := w.observation(e, r); err != nil {
			return err
		}
	}
	if rec.Facts != nil {
		changed, err := inventory.ApplyFacts(w.ctx, w.tx, e, *rec.Facts)
		if err != nil {
			return err
		}
		w.keysChanged = w.keysChanged || changed
		facts := *rec.Facts
		facts.Time += e.Offset
		w.facts = append(w.facts, facts)
	}
	if rec.Scan != nil {
		ended, err := inventory.ApplyScan(w.ctx, w.tx, e, *rec.Scan)
		if err != nil {
			return err
		}
		w.keysChanged = w.keysChanged || ended // its agent is not asked for it any more
		w.scanned = w.scanned || ended || len(rec.Scan.Found) > 0
	}
	if rec.Boot != nil {
		return w.boot(e, *rec.Boot)
	}
	if rec.Gap != nil {
		return w.gap(e, *rec.Gap)
	}
	return nil
}
