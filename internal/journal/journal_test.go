package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.UnixMilli(1_700_000_000_000).UTC()

func open(t testing.TB, dir string, segmentBytes int64) *Journal {
	t.Helper()
	j, err := Open(Options{Dir: dir, SegmentBytes: segmentBytes, Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func appendText(t testing.TB, j *Journal, recs ...string) uint64 {
	t.Helper()
	var b [][]byte
	for _, r := range recs {
		b = append(b, []byte(r))
	}
	first, err := j.Append(b...)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

// entries reads what r has, as "LSN:record".
func entries(t testing.TB, r *Reader) []string {
	t.Helper()
	var got []string
	for {
		lsn, rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d:%s", lsn, rec))
	}
}

func all(t testing.TB, j *Journal) []string {
	t.Helper()
	r := j.Read(0)
	defer r.Close()
	return entries(t, r)
}

func wantEntries(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("entries: got %q, want %q", got, want)
	}
}

func TestAppendAndRead(t *testing.T) {
	j := open(t, tempDir(t), 0)
	r := j.Read(1)
	defer r.Close()
	wantEntries(t, entries(t, r))

	if got := appendText(t, j, "a", "", "ccc"); got != 1 {
		t.Errorf("first LSN: got %d, want 1", got)
	}
	wantEntries(t, entries(t, r), "1:a", "2:", "3:ccc")
	if got := appendText(t, j, "d"); got != 4 {
		t.Errorf("second Append: got %d, want 4", got)
	}
	wantEntries(t, entries(t, r), "4:d")
	if got := appendText(t, j); got != 5 {
		t.Errorf("empty Append: got %d, want 5", got)
	}
	late := j.Read(3)
	defer late.Close()
	wantEntries(t, entries(t, late), "3:ccc", "4:d")
	want := []SegmentInfo{{First: 1, Last: 4, Bytes: 4*headerBytes + 5, Newest: epoch}}
	if got := j.Segments(); !slices.Equal(got, want) {
		t.Errorf("segments: got %v, want %v", got, want)
	}
}

func TestCloseAndOpenGoOn(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 0)
	appendText(t, j, "a", "b")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Errorf("second Close: got %v, want nil", err)
	}
	j = open(t, dir, 0)
	if got := appendText(t, j, "c"); got != 3 {
		t.Errorf("LSN after a clean Close: got %d, want 3", got)
	}
	wantEntries(t, all(t, j), "1:a", "2:b", "3:c")
	if n := len(j.Segments()); n != 1 {
		t.Errorf("segments: got %d, want 1", n)
	}
}

// TestKillLeavesAHole: a reader may have seen records that a power cut took away, and remembers their
// LSNs. They must not come back with other content.
func TestKillLeavesAHole(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 0)
	appendText(t, j, "a", "b")
	killed := copyDir(t, dir)
	j = open(t, killed, 0)
	wantEntries(t, all(t, j), "1:a", "2:b")
	if got, want := appendText(t, j, "c"), uint64(3+1<<20); got != want {
		t.Errorf("LSN after a kill: got %d, want %d", got, want)
	}
	wantEntries(t, all(t, j), "1:a", "2:b", fmt.Sprintf("%d:c", 3+1<<20))
	if j.Damaged() != 0 {
		t.Errorf("damaged: got %d, want 0", j.Damaged())
	}
}

func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := tempDir(t)
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestSegmentsAndDrops(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 100) // two records of 10 bytes a segment
	for i := range 7 {
		appendText(t, j, fmt.Sprintf("record %03d", i))
	}
	want := []SegmentInfo{{1, 2, 92, epoch}, {3, 4, 92, epoch}, {5, 6, 92, epoch}, {7, 7, 46, epoch}}
	if got := j.Segments(); !slices.Equal(got, want) {
		t.Fatalf("segments: got %v, want %v", got, want)
	}
	r := j.Read(1)
	defer r.Close()
	if lsn, _, err := r.Next(); lsn != 1 || err != nil {
		t.Fatalf("Next: got %d, %v", lsn, err)
	}
	if err := j.DropBefore(4); err != nil {
		t.Fatal(err)
	}
	if got := j.FirstLSN(); got != 3 {
		t.Errorf("first LSN after DropBefore(4): got %d, want 3", got)
	}
	if first, last, err := j.DropOldestSegment(); first != 3 || last != 4 || err != nil {
		t.Errorf("DropOldestSegment: got %d, %d, %v, want 3, 4, nil", first, last, err)
	}
	wantEntries(t, entries(t, r), "2:record 001", "5:record 004", "6:record 005", "7:record 006")
	if err := j.DropBefore(100); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, all(t, j), "7:record 006")
	if _, _, err := j.DropOldestSegment(); !errors.Is(err, ErrNothing) {
		t.Errorf("dropping the active segment: got %v, want %v", err, ErrNothing)
	}
	if err := j.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, last, err := j.DropOldestSegment(); last != 7 || err != nil {
		t.Errorf("dropping after Rotate: got %d, %v, want 7, nil", last, err)
	}
	if j.Bytes() != 0 || j.FirstLSN() != 8 || j.NextLSN() != 8 {
		t.Errorf("empty journal: got %d bytes, %d to %d", j.Bytes(), j.FirstLSN(), j.NextLSN())
	}
	j.Close()
	j = open(t, dir, 100)
	if got := appendText(t, j, "x"); got != 8 {
		t.Errorf("LSN in the empty journal: got %d, want 8", got)
	}
}

func TestEndOfSegmentsAfterOpen(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 100)
	for i := range 5 {
		appendText(t, j, fmt.Sprintf("record %03d", i))
	}
	want := j.Segments()
	j = open(t, copyDir(t, dir), 100)
	if got := j.Segments(); !slices.Equal(got, want) {
		t.Errorf("segments after Open: got %v, want %v", got, want)
	}
}

func TestReadFromMarks(t *testing.T) {
	j := open(t, tempDir(t), 0)
	rec := bytes.Repeat([]byte("x"), 9000)
	for range 100 {
		if _, err := j.Append(rec, rec); err != nil {
			t.Fatal(err)
		}
	}
	for lsn := uint64(1); lsn <= 200; lsn++ {
		r := j.Read(lsn)
		got, b, err := r.Next()
		if got != lsn || len(b) != 9000 || err != nil {
			t.Fatalf("Read(%d): got %d, %d bytes, %v", lsn, got, len(b), err)
		}
		if r.sc.bufAt+int64(len(r.sc.buf)) > r.seg.end || r.sc.off > int64(lsn)*9036 {
			t.Fatalf("Read(%d) stands at %d", lsn, r.sc.off)
		}
		r.Close()
	}
	if n := len(j.segs[0].marks); n != 24 {
		t.Errorf("marks: got %d, want 24", n)
	}
	if j.Damaged() != 0 {
		t.Errorf("damaged: got %d, want 0", j.Damaged())
	}
}

func TestChanged(t *testing.T) {
	j := open(t, tempDir(t), 0)
	c := j.Changed()
	select {
	case <-c:
		t.Fatal("Changed is closed before an Append")
	default:
	}
	appendText(t, j, "a")
	<-c
	c = j.Changed()
	j.Close()
	<-c // Close wakes who waits
	if _, err := j.Append([]byte("b")); !errors.Is(err, ErrClosed) {
		t.Errorf("Append after Close: got %v, want %v", err, ErrClosed)
	}
	r := j.Read(1)
	if _, _, err := r.Next(); !errors.Is(err, ErrClosed) {
		t.Errorf("Next after Close: got %v, want %v", err, ErrClosed)
	}
}

func TestOneProcess(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 0)
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("second Open: got %v, want %v", err, ErrLocked)
	}
	j.Close()
	open(t, dir, 0)
}

func TestTooLarge(t *testing.T) {
	j := open(t, tempDir(t), 0)
	if _, err := j.Append(make([]byte, MaxRecord+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
	big := make([]byte, MaxRecord)
	if _, err := j.Append(slices.Repeat([][]byte{big}, 16)...); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
	if _, err := j.Append(big); err != nil {
		t.Errorf("the largest record: %v", err)
	}
	r := j.Read(1)
	defer r.Close()
	if _, rec, err := r.Next(); len(rec) != MaxRecord || err != nil {
		t.Errorf("the largest record: got %d bytes, %v", len(rec), err)
	}
}

func TestStrangeFileNames(t *testing.T) {
	dir := tempDir(t)
	open(t, dir, 0).Close()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir, 0).Close()
	if err := os.WriteFile(filepath.Join(dir, "copy of 1.journal"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir}); err == nil {
		t.Error("a file that ends in .journal and is no segment: got no error")
	}
}

func TestSyncIsShared(t *testing.T) {
	j := open(t, tempDir(t), 0)
	var mu sync.Mutex
	rounds := 0
	gate := make(chan struct{})
	j.fsync = func(f *os.File) error {
		mu.Lock()
		rounds++
		mu.Unlock()
		<-gate
		return f.Sync()
	}
	close(gate)
	appendText(t, j, "first") // creates the segment, which is a round of its own
	if err := j.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	gate, rounds = make(chan struct{}), 0
	appendText(t, j, "a")
	var wg sync.WaitGroup
	wg.Go(func() { j.Sync(t.Context()) })
	for !j.inFlight() {
		time.Sleep(time.Millisecond)
	}
	appendText(t, j, "b") // not in the round under way
	for range 50 {
		wg.Go(func() {
			if err := j.Sync(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Sync(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("Sync with a cancelled context: got %v", err)
	}
	close(gate)
	wg.Wait()
	if rounds != 2 {
		t.Errorf("rounds of fsync for 51 callers: got %d, want 2", rounds)
	}
	if err := j.Sync(canceled); err != nil {
		t.Errorf("Sync with nothing to do: got %v, want nil", err)
	}
}

func (j *Journal) inFlight() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.flight != nil
}

// TestFailedSyncIsNotForgotten: the kernel drops what it could not write, and a second fsync says nil.
func TestFailedSyncIsNotForgotten(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 0)
	appendText(t, j, "a")
	if err := j.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendText(t, j, "b", "c")
	j.fsync = func(*os.File) error { return syscall.EIO }
	if err := j.Sync(t.Context()); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Sync: got %v, want %v", err, syscall.EIO)
	}
	s := j.active()
	if !s.suspect || s.syncedTo != headerBytes+1 {
		t.Errorf("after a failed Sync: suspect %t, durable to %d", s.suspect, s.syncedTo)
	}
	j.fsync = (*os.File).Sync
	if err := j.Sync(t.Context()); err != nil || s.suspect {
		t.Errorf("Sync after the fault is over: %v, suspect %t", err, s.suspect)
	}
	wantEntries(t, all(t, j), "1:a", "2:b", "3:c")
}

func TestManyUnsyncedForceSync(t *testing.T) {
	j := open(t, tempDir(t), 1<<30)
	recs := slices.Repeat([][]byte{{}}, 1<<17)
	for range 4 {
		if _, err := j.Append(recs...); err != nil {
			t.Fatal(err)
		}
	}
	if j.synced != j.next {
		t.Errorf("after %d records: %d are durable", j.next-1, j.synced-1)
	}
}

func TestConcurrentUse(t *testing.T) {
	j := open(t, tempDir(t), 4<<10)
	const writers, each = 4, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := j.Append(fmt.Appendf(nil, "%d/%d", w, i)); err != nil {
					t.Error(err)
				}
				if i%50 == 0 {
					if err := j.Sync(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	r := j.Read(1)
	defer r.Close()
	next := map[int]int{}
	for n := 0; n < writers*each; {
		changed := j.Changed()
		_, rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			<-changed
			continue
		}
		var w, i int
		if _, err := fmt.Sscanf(string(rec), "%d/%d", &w, &i); err != nil || i != next[w] {
			t.Fatalf("record %q, want number %d of writer %d", rec, next[w], w)
		}
		next[w]++
		n++
	}
	wg.Wait()
	if j.Damaged() != 0 {
		t.Errorf("damaged: got %d, want 0", j.Damaged())
	}
}
