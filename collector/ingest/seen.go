package ingest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

// Seen is what the state store knows of the journal: Ranges covers all entries up to After.
type Seen struct {
	After  uint64
	Ranges []SeenRange
}

// SeenRange is a range of sequence numbers that the journal has held.
type SeenRange struct {
	Agent string
	Epoch telemetry.Epoch
	Range telemetry.Range
}

// LoadSeen reads the tables cursors and seen_ranges, which the reader "state" of the journal writes.
func LoadSeen(ctx context.Context, db *sql.DB) (Seen, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Seen{}, fmt.Errorf("read seen ranges: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // it has only read
	var out Seen
	var after int64
	err = tx.QueryRowContext(ctx, `SELECT lsn FROM cursors WHERE name = 'state'`).Scan(&after)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Seen{}, fmt.Errorf("read the cursor of the state store: %w", err)
	}
	out.After = uint64(after)
	rows, err := tx.QueryContext(ctx, `SELECT agent, epoch, first, last FROM seen_ranges`)
	if err != nil {
		return Seen{}, fmt.Errorf("read seen ranges: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r SeenRange
		var epoch []byte
		var first, last int64
		if err := rows.Scan(&r.Agent, &epoch, &first, &last); err != nil {
			return Seen{}, fmt.Errorf("read seen ranges: %w", err)
		}
		if len(epoch) != len(r.Epoch) {
			return Seen{}, fmt.Errorf("read seen ranges: epoch of %d bytes of agent %q", len(epoch), r.Agent)
		}
		copy(r.Epoch[:], epoch)
		r.Range = telemetry.Range{First: uint64(first), Last: uint64(last)}
		out.Ranges = append(out.Ranges, r)
	}
	return out, rows.Err()
}

// seen remembers which records of each agent are in the journal.
type seen struct {
	forgotten *metrics.Counter
	mu        sync.Mutex
	agents    map[string]*agentState
}

// agentState is what the streams of one agent share. Its lock is held while records are looked up,
// appended and entered, so that two streams cannot both append one record.
type agentState struct {
	mu     sync.Mutex
	epochs map[telemetry.Epoch]*telemetry.RangeSet
	clock  clock
}

func newSeen(forgotten *metrics.Counter) *seen {
	return &seen{forgotten: forgotten, agents: map[string]*agentState{}}
}

// agent returns the state of an agent. There are as many as agents were enrolled.
func (s *seen) agent(id string) *agentState {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.agents[id]
	if a == nil {
		a = &agentState{epochs: map[telemetry.Epoch]*telemetry.RangeSet{}}
		s.agents[id] = a
	}
	return a
}

// epoch returns the set of an epoch, made when it is new.
func (a *agentState) epoch(e telemetry.Epoch) *telemetry.RangeSet {
	set := a.epochs[e]
	if set == nil {
		set = &telemetry.RangeSet{}
		a.epochs[e] = set
	}
	return set
}

// forget drops epochs beyond maxEpochs that the agent does not hold any more, and tells how many.
func (a *agentState) forget(held map[telemetry.Epoch]bool) int {
	n := 0
	for e := range a.epochs {
		if len(a.epochs) <= maxEpochs {
			break
		}
		if !held[e] {
			delete(a.epochs, e)
			n++
		}
	}
	return n
}

// restore fills seen from the state store and the journal behind it.
func (s *Service) restore(ctx context.Context) error {
	known, err := s.deps.Seen(ctx)
	if err != nil {
		return err
	}
	for _, r := range known.Ranges {
		s.seen.agent(r.Agent).epoch(r.Epoch).Add(r.Range)
	}
	reader := s.deps.Journal.Read(known.After + 1)
	defer reader.Close() //nolint:errcheck // it has only read
	entries, broken := 0, 0
	for {
		_, b, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if err := s.restoreEntry(b); err != nil {
			broken++
			continue
		}
		entries++
	}
	s.log.Info("read the journal", "entries", entries, "unreadable", broken, "after", known.After)
	return ctx.Err()
}

func (s *Service) restoreEntry(entry []byte) error {
	e, rec, err := cutEntry(entry)
	if err != nil {
		return err
	}
	b, err := record.ToWire(rec)
	if err != nil {
		return err
	}
	epoch, err := epochOf(b.GetEpoch())
	if err != nil {
		return err
	}
	s.seen.agent(e.Agent).epoch(epoch).Add(telemetry.Range{First: b.GetSeq(), Last: b.GetSeq()})
	return nil
}
