package feed

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"ninewatch/internal/journal"
	"ninewatch/internal/telemetry"
)

var errRefused = errors.New("disk full")

// memorySink takes entries by LSN. The cursor is stored after the rows, so that a crash can come in between.
type memorySink struct {
	name string
	fail func(call int) (before, between bool)

	mu     sync.Mutex
	calls  []time.Time
	cursor uint64
	rows   map[uint64]int // LSN → how often
	order  []uint64
}

func (s *memorySink) Name() string { return s.name }

func (s *memorySink) Cursor(context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursor, nil
}

func (s *memorySink) Apply(_ context.Context, entries []telemetry.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, time.Now())
	before, between := false, false
	if s.fail != nil {
		before, between = s.fail(len(s.calls))
	}
	if before {
		return errRefused
	}
	for _, e := range entries {
		if s.rows == nil {
			s.rows = map[uint64]int{}
		}
		s.rows[e.LSN]++
		s.order = append(s.order, e.LSN)
	}
	if between {
		return errRefused
	}
	s.cursor = entries[len(entries)-1].LSN
	return nil
}

func (s *memorySink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}

func openJournal(t *testing.T, segmentBytes int64) *journal.Journal {
	t.Helper()
	j, err := journal.Open(journal.Options{Dir: filepath.Join(t.TempDir(), "journal"), SegmentBytes: segmentBytes, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() }) //nolint:errcheck // of a test
	return j
}

// numbered decodes what appendNumbers wrote: the number is the sequence number.
func numbered(b []byte) (telemetry.Entry, error) {
	n := binary.BigEndian.Uint64(b)
	if n == 0 {
		return telemetry.Entry{}, errors.New("not an entry")
	}
	return telemetry.Entry{Record: telemetry.Record{Seq: n}}, nil
}

func appendNumbers(t *testing.T, j *journal.Journal, size int, numbers ...uint64) {
	t.Helper()
	for _, n := range numbers {
		if _, err := j.Append(append(binary.BigEndian.AppendUint64(nil, n), make([]byte, size)...)); err != nil {
			t.Fatal(err)
		}
	}
}

func newFeed(t *testing.T, j *journal.Journal, sinks ...Sink) (*Feed, *metrics.Set) {
	t.Helper()
	set := metrics.NewSet()
	f, err := New(Deps{Log: slog.New(slog.DiscardHandler), Metrics: set, Journal: j, Decode: numbered, Sinks: sinks})
	if err != nil {
		t.Fatal(err)
	}
	return f, set
}

func start(t *testing.T, f *Feed) {
	t.Helper()
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, f) })
}

func stop(t *testing.T, f *Feed) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := f.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestEachSinkGetsAllInOrder(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		j := openJournal(t, 0)
		a, b := &memorySink{name: "a"}, &memorySink{name: "b"}
		f, set := newFeed(t, j, a, b)
		appendNumbers(t, j, 0, 1, 2, 0, 4) // the third cannot be decoded
		start(t, f)
		synctest.Wait()
		appendNumbers(t, j, 0, 5)
		synctest.Wait()
		for _, s := range []*memorySink{a, b} {
			if want := []uint64{1, 2, 4, 5}; !slices.Equal(s.order, want) || s.cursor != 5 {
				t.Errorf("sink %s: got %v, cursor %d; want %v, 5", s.name, s.order, s.cursor, want)
			}
		}
		if got := set.GetOrCreateCounter(`ninewatch_collector_feed_undecodable_total{sink="a"}`).Get(); got != 1 {
			t.Errorf("undecodable: got %d, want 1", got)
		}
		stop(t, f)
		stop(t, f)
	})
}

func TestARefusedBatchComesAgainAndOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := openJournal(t, 0)
		good := &memorySink{name: "good"}
		bad := &memorySink{name: "bad", fail: func(call int) (bool, bool) { return call <= 10, call == 11 }}
		f, set := newFeed(t, j, good, bad)
		appendNumbers(t, j, 0, 1, 2, 3)
		start(t, f)
		synctest.Wait()
		if good.count() != 3 || bad.count() != 0 {
			t.Fatalf("got %d and %d entries, want 3 and 0", good.count(), bad.count())
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if want := []uint64{1, 2, 3, 1, 2, 3}; !slices.Equal(bad.order, want) || bad.cursor != 3 {
			t.Errorf("got %v, cursor %d; want %v, 3", bad.order, bad.cursor, want)
		}
		for i := 1; i < len(bad.calls); i++ {
			low := min(firstRetry<<(i-1), lastRetry) / 2
			if d := bad.calls[i].Sub(bad.calls[i-1]); d < low || d > 2*low {
				t.Errorf("wait %d: got %s, want %s to %s", i, d, low, 2*low)
			}
		}
		if got := set.GetOrCreateCounter(`ninewatch_collector_feed_errors_total{sink="bad"}`).Get(); got != 11 {
			t.Errorf("errors: got %d, want 11", got)
		}
	})
}

func TestBatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := openJournal(t, 0)
		var sizes []int
		s := &memorySink{name: "s"}
		f, _ := newFeed(t, j, sizer{s, &sizes})
		for n := range uint64(2500) {
			appendNumbers(t, j, 0, n+1)
		}
		appendNumbers(t, j, maxBytes/2, 2501, 2502, 2503)
		start(t, f)
		synctest.Wait()
		if want := []int{1000, 1000, 502, 1}; !slices.Equal(sizes, want) {
			t.Errorf("batches: got %v, want %v", sizes, want)
		}
	})
}

type sizer struct {
	Sink
	sizes *[]int
}

func (s sizer) Apply(ctx context.Context, entries []telemetry.Entry) error {
	*s.sizes = append(*s.sizes, len(entries))
	return s.Sink.Apply(ctx, entries)
}

func TestTheJournalKeepsWhatASinkHasNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := openJournal(t, 4<<10)
		stuck := true
		fast := &memorySink{name: "fast"}
		slow := &memorySink{name: "slow", fail: func(int) (bool, bool) { return stuck, false }}
		f, _ := newFeed(t, j, fast, slow)
		for n := range uint64(100) {
			appendNumbers(t, j, 1000, n+1) // three or four fit into a segment
		}
		start(t, f)
		synctest.Wait()
		if fast.count() != 100 || j.FirstLSN() != 1 {
			t.Fatalf("fast has %d, journal begins at %d; want 100 and 1", fast.count(), j.FirstLSN())
		}
		slow.mu.Lock()
		stuck = false
		slow.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		segments := j.Segments()
		if slow.count() != 100 || len(segments) != keepSegments {
			t.Errorf("slow has %d, journal %d segments; want 100 and %d", slow.count(), len(segments), keepSegments)
		}
	})
}

func TestStartRefusesAnOlderJournal(t *testing.T) {
	j := openJournal(t, 0)
	appendNumbers(t, j, 0, 1, 2)
	f, _ := newFeed(t, j, &memorySink{name: "samples", cursor: 2})
	start(t, f)
	f, _ = newFeed(t, j, &memorySink{name: "samples", cursor: 3})
	err := f.Start(t.Context())
	want := "start feed of samples: it has applied up to entry 3, but the ingest journal ends at 2: the journal was removed or comes from an older backup, restore both from the same one"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	stop(t, f)
}

func TestNewNeedsASink(t *testing.T) {
	if _, err := New(Deps{}); err == nil || !strings.Contains(err.Error(), "no sinks") {
		t.Errorf("got %v", err)
	}
}

// TestRestartsBetweenSinkAndCursor stops and starts the feed while a sink fails before and after it stored.
func TestRestartsBetweenSinkAndCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := openJournal(t, 0)
		s := &memorySink{name: "s", fail: func(call int) (bool, bool) { return call%5 == 1, call%5 == 3 }}
		var n uint64
		for round := range 20 {
			f, _ := newFeed(t, j, s)
			if err := f.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 7 {
				n++
				appendNumbers(t, j, 0, n)
				if round%3 == 0 {
					synctest.Wait()
				}
			}
			time.Sleep(time.Duration(round) * 20 * time.Millisecond)
			stop(t, f)
		}
		f, _ := newFeed(t, j, s)
		start(t, f)
		time.Sleep(time.Hour)
		synctest.Wait()
		if s.count() != int(n) || s.cursor != n {
			t.Errorf("got %d entries, cursor %d; want %d", s.count(), s.cursor, n)
		}
		if len(s.order) <= int(n) {
			t.Error("nothing came twice: this test shows nothing")
		}
	})
}
