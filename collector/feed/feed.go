package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/journal"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
)

const (
	maxEntries   = 1000
	maxBytes     = 4 << 20 // of the encoded entries of one batch
	keepSegments = 2       // newest ones, for support and for what is being read

	firstRetry = 100 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// Sink takes entries. Apply returns nil when they and the cursor, the LSN of the last one, are durable.
// It is called from one goroutine, and may be called again with entries that it has taken.
type Sink interface {
	Name() string
	Cursor(ctx context.Context) (uint64, error)
	Apply(ctx context.Context, entries []telemetry.Entry) error
}

// Deps are the things a Feed uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Journal *journal.Journal
	Decode  func([]byte) (telemetry.Entry, error) // keeps none of the bytes; LSN is set afterwards
	Sinks   []Sink
}

// Feed runs one loop for each sink.
type Feed struct {
	deps   Deps
	log    *slog.Logger
	quiet  *logging.Quiet
	loops  []*loop
	cancel context.CancelFunc
	wg     sync.WaitGroup
	trimMu sync.Mutex
}

// New returns a Feed that is not started.
func New(deps Deps) (*Feed, error) {
	if len(deps.Sinks) == 0 {
		return nil, errors.New("feed: no sinks")
	}
	f := &Feed{
		deps:  deps,
		log:   deps.Log.With("component", "collector/feed"),
		quiet: logging.NewQuiet(time.Minute),
	}
	for _, s := range deps.Sinks {
		l := &loop{feed: f, sink: s}
		l.m = newLoopMetrics(deps.Metrics, s.Name(), l.lag)
		f.loops = append(f.loops, l)
	}
	return f, nil
}

// Start reads the cursors and begins to feed. It refuses a journal that ends before a cursor: its new
// entries would get numbers that the sink believes to have.
func (f *Feed) Start(ctx context.Context) error {
	for _, l := range f.loops {
		cursor, err := l.sink.Cursor(ctx)
		if err != nil {
			return fmt.Errorf("start feed of %s: %w", l.sink.Name(), err)
		}
		if next := f.deps.Journal.NextLSN(); cursor >= next {
			return fmt.Errorf("start feed of %s: it has applied up to entry %d, but the ingest journal ends at %d: the journal was removed or comes from an older backup, restore both from the same one",
				l.sink.Name(), cursor, next-1)
		}
		if first := f.deps.Journal.FirstLSN(); cursor+1 < first {
			f.log.Warn("the journal no longer holds what a sink has not taken, going on with the oldest entry",
				"sink", l.sink.Name(), "cursor", cursor, "first", first)
		}
		l.cursor.Store(cursor)
	}
	ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, l := range f.loops {
		f.wg.Go(func() { l.run(ctx) })
	}
	return nil
}

// Stop ends feeding after the batches in flight, at most until ctx is done. It may be called again, and
// without Start.
func (f *Feed) Stop(ctx context.Context) error {
	if f.cancel != nil {
		f.cancel()
	}
	return lifecycle.Wait(ctx, &f.wg, "batches in flight to the stores")
}

// trim lets go of segments that every sink has taken.
func (f *Feed) trim() {
	f.trimMu.Lock()
	defer f.trimMu.Unlock()
	segments := f.deps.Journal.Segments()
	if len(segments) <= keepSegments {
		return
	}
	below := segments[len(segments)-keepSegments].First
	for _, l := range f.loops {
		below = min(below, l.cursor.Load()+1)
	}
	if segments[0].Last >= below {
		return
	}
	if err := f.deps.Journal.DropBefore(below); err != nil {
		if suppressed, ok := f.quiet.Allow("trim"); ok {
			f.log.Warn("cannot remove old journal segments, will try again", "err", err, "suppressed", suppressed)
		}
	}
}

// loop feeds one sink.
type loop struct {
	feed   *Feed
	sink   Sink
	m      loopMetrics
	cursor atomic.Uint64
}

func (l *loop) lag() float64 {
	return float64(l.feed.deps.Journal.NextLSN() - 1 - l.cursor.Load())
}

func (l *loop) run(ctx context.Context) {
	b := newBatcher(l)
	defer b.close()
	for ctx.Err() == nil {
		changed := l.feed.deps.Journal.Changed() // before reading, so that nothing is missed
		entries, err := b.next()
		switch {
		case err != nil:
			l.failed("read the journal", err)
			b.close()
			pause(ctx, lastRetry/10)
		case len(entries) > 0:
			l.deliver(ctx, entries)
		default:
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
}

// deliver offers entries until the sink has taken them.
func (l *loop) deliver(ctx context.Context, entries []telemetry.Entry) {
	for wait := firstRetry; ctx.Err() == nil; wait = min(2*wait, lastRetry) {
		err := l.feed.deps.Journal.Sync(ctx) // what a power cut can take back must not be applied
		if err == nil {
			err = l.sink.Apply(ctx, entries)
		}
		if err == nil {
			l.cursor.Store(entries[len(entries)-1].LSN)
			l.m.entries.Add(len(entries))
			l.feed.trim()
			return
		}
		if ctx.Err() == nil {
			l.failed("feed a store", err)
			pause(ctx, wait/2+rand.N(wait/2))
		}
	}
}

func (l *loop) failed(what string, err error) {
	l.m.errors.Inc()
	if suppressed, ok := l.feed.quiet.Allow(l.sink.Name()); ok {
		l.feed.log.Error("cannot "+what+", will try again, nothing is lost meanwhile",
			"sink", l.sink.Name(), "err", err, "suppressed", suppressed)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
