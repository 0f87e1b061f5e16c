package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ninewatch/internal/journal"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
)

// ErrClosed means that the queue was closed.
var ErrClosed = errors.New("spool is closed")

const (
	syncEvery = time.Second
	retain    = 48 * time.Hour // of acknowledged segments
	noSegment = 1 << 50        // the journal never rotates by itself: each segment begins with a checkpoint
)

// Lane is one of the two readers of the queue.
type Lane int

// The lanes: Live the newest first, Backlog the oldest first.
const (
	Live Lane = iota + 1
	Backlog
)

// Item is a record handed out. It is in flight until Ack or Return.
type Item struct {
	Epoch   telemetry.Epoch
	Seq     uint64
	Data    []byte // as internal/record encodes it
	Samples int
	Time    int64 // Unix ms of its newest content
}

// Account is the bookkeeping of samples: Produced = Acknowledged + Queued + the sum of Dropped.
type Account struct {
	Produced, Acknowledged, Queued uint64
	Dropped                        map[string]uint64 // by reason
	Records                        uint64            // queued
	Bytes                          uint64            // on disk, with what is acknowledged and retained
}

// Queue is the spool. All methods may be called from several goroutines.
type Queue struct {
	cfg   Config
	now   func() time.Time
	log   *slog.Logger
	quiet *logging.Quiet
	j     *journal.Journal
	epoch telemetry.Epoch

	mu      sync.Mutex
	st      *state
	seq     uint64 // of the last record of this epoch
	pending []pendingSettle
	gaps    []telemetry.Gap // to be appended
	losses  []loss          // to be written
	fresh   bool            // the next write begins with a checkpoint, which says what is pending too
	dirty   bool            // the account changed since the last write
	written int64           // bytes in the active segment
	started time.Time       // of the active segment

	waiting telemetry.RangeSet // LSNs for Backlog
	live    []liveRecord       // LSNs for Live, ascending
	flight  map[Lane]map[uint64]flying
	readers map[Lane]*laneReader
	changed chan struct{}
	closed  bool

	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// pendingSettle is settled in memory and not yet written.
type pendingSettle struct {
	reason string
	list   []settlement
}

// loss is counted in memory and not yet written.
type loss struct {
	reason  string
	samples uint64
}

// Open opens or creates the queue in cfg.Dir and starts a new epoch.
func Open(cfg Config, deps Deps) (*Queue, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	j, err := journal.Open(journal.Options{Dir: cfg.Dir, SegmentBytes: noSegment, Now: deps.Now, Log: deps.Log})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	q := &Queue{
		cfg: cfg, now: deps.Now, log: deps.Log.With("component", "agent/spool"), quiet: logging.NewQuiet(time.Minute),
		j: j, epoch: telemetry.NewEpoch(), fresh: true, started: deps.Now(),
		flight:  map[Lane]map[uint64]flying{Live: {}, Backlog: {}},
		readers: map[Lane]*laneReader{Live: {}, Backlog: {}},
	}
	if err := q.restore(); err != nil {
		j.Close()
		return nil, fmt.Errorf("spool %q: %w", cfg.Dir, err)
	}
	q.register(deps.Metrics)
	ctx, cancel := context.WithCancel(context.Background())
	q.cancel = cancel
	q.wg.Go(func() { q.keep(ctx) })
	return q, nil
}

// restore rebuilds the state from the newest segment that begins with a checkpoint.
func (q *Queue) restore() error {
	segs := q.j.Segments()
	from := uint64(0)
	for i := len(segs) - 1; i >= 0 && from == 0; i-- {
		r := q.j.Read(segs[i].First)
		lsn, rec, err := r.Next()
		if err == nil && lsn <= segs[i].Last && isCheckpoint(lsn, rec) {
			from = lsn
		}
		r.Close()
	}
	st := newState()
	r := q.j.Read(from)
	defer r.Close()
	for {
		lsn, rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := st.apply(lsn, rec); err != nil {
			q.log.Warn("record of the spool is malformed, skipping it", "lsn", lsn, "err", err)
		}
	}
	st.cut = true
	q.st = st
	q.waiting = slices.Clone(st.queued)
	if n := len(segs); n > 0 {
		q.written = segs[n-1].Bytes
	}
	q.forgetMissing()
	for _, p := range slices.Clone(q.st.parts) {
		q.closePart(p.lsn.First)
	}
	return nil
}

func isCheckpoint(lsn uint64, rec []byte) bool {
	return len(rec) > 0 && rec[0] == kindCheckpoint && newState().apply(lsn, rec) == nil
}

// Epoch is the epoch of this run.
func (q *Queue) Epoch() telemetry.Epoch { return q.epoch }

// Epochs are the epochs of which the queue holds records, oldest first, and this run's.
func (q *Queue) Epochs() []telemetry.Epoch {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []telemetry.Epoch
	for _, p := range q.st.parts {
		if !slices.Contains(list, p.epoch) && p.epoch != (telemetry.Epoch{}) && p.epoch != q.epoch {
			list = append(list, p.epoch)
		}
	}
	return append(list, q.epoch)
}

// Account is the bookkeeping at one moment.
func (q *Queue) Account() Account {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Account{
		Produced: q.st.produced, Acknowledged: q.st.acknowledged, Queued: q.st.waiting,
		Dropped: maps.Clone(q.st.dropped), Records: q.st.queued.Count(), Bytes: uint64(q.j.Bytes()),
	}
}

// Changed returns a channel that is closed when there is more to hand out. Take it before Next: then
// nothing is missed.
func (q *Queue) Changed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	return q.changed
}

func (q *Queue) announce() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// keep makes the queue durable once a second and holds its limits.
func (q *Queue) keep(ctx context.Context) {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		q.mu.Lock()
		q.expireLive()
		q.limit()
		q.flush()
		q.mu.Unlock()
		if err := q.j.Sync(ctx); err != nil && ctx.Err() == nil {
			q.warn("sync", "cannot make the spool durable, will try again", err)
		}
	}
}

// Close writes what is pending and makes all durable. It may be called again.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil
	}
	q.closed = true
	q.flush()
	q.announce()
	for _, r := range q.readers {
		r.close()
	}
	q.mu.Unlock()
	q.cancel()
	return errors.Join(lifecycle.Wait(ctx, &q.wg, "spool"), q.j.Close())
}

// warn counts nothing and logs one line a minute for each key.
func (q *Queue) warn(key, text string, err error) {
	if suppressed, ok := q.quiet.Allow(key); ok {
		q.log.Warn(text, "err", err, "suppressed", suppressed)
	}
}
