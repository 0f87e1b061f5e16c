package journal

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/testkit"
)

// batches are what the crash tests write; the last one has several records.
var batches = [][]string{{"alpha"}, {"b", "c"}, {""}, {"NWJ1 looks like a record, and is none"}, {"x", "yy", "zzz"}}

// written returns a folder that looks as after kill -9 or a Close, and the path of its only segment.
func written(t testing.TB, clean bool) (dir, segment string) {
	t.Helper()
	dir = tempDir(t)
	j := open(t, dir, 0)
	for _, b := range batches {
		appendText(t, j, b...)
	}
	if clean {
		j.Close()
	} else {
		dir = copyDir(t, dir)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil || len(names) != 1 {
		t.Fatalf("segments: %q, %v", names, err)
	}
	return dir, names[0]
}

// tempDir is a folder in memory where the system has one: crash tests open journals thousands of times, and
// an fsync on disk takes milliseconds.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ninewatch-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// model is what a journal with the first n bytes of the segment must show.
func model(n int) (want []string) {
	lsn, end := 1, 0
	for _, batch := range batches {
		for _, r := range batch {
			end += headerBytes + len(r)
		}
		if end > n {
			return want
		}
		for _, r := range batch {
			want = append(want, fmt.Sprintf("%d:%s", lsn, r))
			lsn++
		}
	}
	return want
}

// TestCutAtEveryByte: whatever part of the last write reached the file, whole batches remain, and the
// journal goes on.
func TestCutAtEveryByte(t *testing.T) {
	dir, segment := written(t, false)
	content, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(content) + 1 {
		if err := os.WriteFile(segment, content[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, copyDir(t, dir), 0)
		want := model(n)
		wantEntries(t, all(t, j), want...)
		if j.Damaged() != 0 {
			t.Errorf("cut at %d: damaged: got %d, want 0", n, j.Damaged())
		}
		first := appendText(t, j, "more")
		wantEntries(t, all(t, j), append(want, fmt.Sprintf("%d:more", first))...)
		if first <= uint64(len(want)) {
			t.Errorf("cut at %d: LSN %d is used twice", n, first)
		}
		j.Close()
	}
}

// TestFlipAtEveryByte: a wrong byte costs the record it lies in, and no other.
func TestFlipAtEveryByte(t *testing.T) {
	for _, clean := range []bool{false, true} {
		dir, segment := written(t, clean)
		content, err := os.ReadFile(segment)
		if err != nil {
			t.Fatal(err)
		}
		intact := model(len(content))
		for at := range content {
			flipped := slices.Clone(content)
			flipped[at] ^= byte(1 + at*37%255)
			if err := os.WriteFile(segment, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			checkFlip(t, copyDir(t, dir), intact, recordAt(at), at)
		}
	}
}

func recordAt(at int) int {
	n, end := 0, 0
	for _, batch := range batches {
		for _, r := range batch {
			if end += headerBytes + len(r); at < end {
				return n
			}
			n++
		}
	}
	return n
}

func checkFlip(t *testing.T, dir string, intact []string, hit, at int) {
	t.Helper()
	j := open(t, dir, 0)
	defer j.Close()
	want := slices.Delete(slices.Clone(intact), hit, hit+1)
	for range 2 { // the second reader counts nothing anew
		wantEntries(t, all(t, j), want...)
		if j.Damaged() != 1 {
			t.Errorf("flip at %d: damaged: got %d, want 1", at, j.Damaged())
		}
	}
	first := appendText(t, j, "more")
	wantEntries(t, all(t, j), append(want, fmt.Sprintf("%d:more", first))...)
	if first <= uint64(len(intact)) {
		t.Errorf("flip at %d: LSN %d is used twice", at, first)
	}
}

// TestFlipInOldSegment: damage in a closed segment is found by the reader.
func TestFlipInOldSegment(t *testing.T) {
	dir := tempDir(t)
	j := open(t, dir, 100)
	for i := range 5 {
		appendText(t, j, fmt.Sprintf("record %03d", i))
	}
	path := j.Segments()
	old := filepath.Join(dir, filepath.Base(j.segs[0].path))
	content, err := os.ReadFile(old)
	if err != nil || len(path) != 3 {
		t.Fatal(err, path)
	}
	for at := range content {
		flipped := slices.Clone(content)
		flipped[at] ^= 0x10
		if err := os.WriteFile(old, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		k := open(t, copyDir(t, dir), 100)
		want := []string{"1:record 000", "2:record 001", "3:record 002", "4:record 003", "5:record 004"}
		wantEntries(t, all(t, k), slices.Delete(want, at/46, at/46+1)...)
		if k.Damaged() != 1 {
			t.Errorf("flip at %d: damaged: got %d, want 1", at, k.Damaged())
		}
		k.Close()
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, copyDir(t, dir), 100)
	wantEntries(t, all(t, k), "3:record 002", "4:record 003", "5:record 004")
	if k.Damaged() != 2 {
		t.Errorf("empty segment: damaged: got %d, want 2", k.Damaged())
	}
}

// TestNoteOfCloseIsDamaged: then the journal acts as after a kill.
func TestNoteOfCloseIsDamaged(t *testing.T) {
	dir, _ := written(t, true)
	note, err := os.ReadFile(filepath.Join(dir, closedName))
	if err != nil {
		t.Fatal(err)
	}
	for at := range note {
		copied := copyDir(t, dir)
		flipped := slices.Clone(note)
		flipped[at] ^= 0x01
		if err := os.WriteFile(filepath.Join(copied, closedName), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, copied, 0)
		if got, want := j.NextLSN(), uint64(9+1<<20); got != want {
			t.Errorf("flip at %d of the note: next LSN %d, want %d", at, got, want)
		}
		j.Close()
	}
}

// TestRandomLife plays appends, kills, clean closes, cuts, drops and reads against a list in memory.
func TestRandomLife(t *testing.T) {
	root := tempDir(t)
	lives := 0
	rapid.Check(t, func(rt *rapid.T) {
		lives++
		dir := filepath.Join(root, fmt.Sprint("life", lives))
		segmentBytes := rapid.Int64Range(60, 400).Draw(rt, "segment bytes")
		reopen := func() *Journal {
			j, err := Open(Options{Dir: dir, SegmentBytes: segmentBytes, Now: func() time.Time { return epoch }})
			if err != nil {
				rt.Fatal(err)
			}
			return j
		}
		j := reopen()
		defer func() { j.Close() }()
		want := map[uint64]string{}
		for step := range rapid.IntRange(1, 40).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"append", "append", "append", "drop", "kill", "close", "rotate"}).Draw(rt, "do") {
			case "append":
				var recs [][]byte
				for i := range rapid.IntRange(1, 4).Draw(rt, "records") {
					recs = append(recs, fmt.Appendf(nil, "%d.%d%s", step, i, strings.Repeat("-", rapid.IntRange(0, 60).Draw(rt, "size"))))
				}
				next := j.NextLSN()
				first, err := j.Append(recs...)
				if err != nil || first != next {
					rt.Fatalf("Append: got %d, %v, want %d", first, err, next)
				}
				for i, r := range recs {
					want[first+uint64(i)] = string(r)
				}
			case "drop":
				before := rapid.Uint64Range(0, j.NextLSN()).Draw(rt, "before")
				segs := j.Segments()
				if err := j.DropBefore(before); err != nil {
					rt.Fatal(err)
				}
				for i, s := range segs {
					if s.Last >= before || i == len(segs)-1 {
						break
					}
					maps.DeleteFunc(want, func(lsn uint64, _ string) bool { return lsn <= s.Last })
				}
			case "rotate":
				if err := j.Rotate(); err != nil {
					rt.Fatal(err)
				}
			case "close":
				if err := j.Close(); err != nil {
					rt.Fatal(err)
				}
				j = reopen()
			case "kill":
				old := dir
				dir = filepath.Join(root, fmt.Sprint("life", lives, "-", step))
				if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
					rt.Fatal(err)
				}
				j.Close()
				os.RemoveAll(old)
				j = reopen()
			}
			compare(rt, j, want)
		}
	})
}

func compare(t *rapid.T, j *Journal, want map[uint64]string) {
	r := j.Read(0)
	defer r.Close()
	lsns := slices.Sorted(maps.Keys(want))
	for {
		lsn, rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(lsns) == 0 || lsn != lsns[0] || string(rec) != want[lsn] {
			t.Fatalf("got %d:%q, %v, want %v of %v", lsn, rec, err, lsns, want)
		}
		lsns = lsns[1:]
	}
	if len(lsns) > 0 || j.Damaged() > 0 {
		t.Fatalf("not read: %v, damaged %d", lsns, j.Damaged())
	}
}

// TestDiskFull fills a small file system, frees it, and goes on without a restart.
func TestDiskFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "ninewatch-test", dir).CombinedOutput()
	testkit.Need(t, err == nil, fmt.Sprintf("the right to mount a tmpfs (%s)", strings.TrimSpace(string(out))))
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })

	j := open(t, dir, 64<<10)
	rec := make([]byte, 10_000)
	var last uint64
	for {
		first, err := j.Append(rec, rec)
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = first + 1
	}
	if got := j.NextLSN(); got != last+1 {
		t.Errorf("next LSN on the full disk: got %d, want %d", got, last+1)
	}
	if got := uint64(len(all(t, j))); got != last {
		t.Errorf("records on the full disk: got %d, want %d", got, last)
	}
	if _, _, err := j.DropOldestSegment(); err != nil {
		t.Fatal(err)
	}
	if got := appendText(t, j, "after"); got != last+1 {
		t.Errorf("after space came back: got LSN %d, want %d", got, last+1)
	}
	if err := j.Sync(t.Context()); err != nil || j.Damaged() != 0 {
		t.Errorf("after space came back: %v, damaged %d", err, j.Damaged())
	}
}

// FuzzOpen opens a folder whose segment holds anything: it neither fails nor loops, and goes on.
func FuzzOpen(f *testing.F) {
	_, segment := written(f, false)
	content, err := os.ReadFile(segment)
	if err != nil {
		f.Fatal(err)
	}
	name := filepath.Base(segment)
	f.Add(content)
	f.Add(content[:50])
	f.Add(append([]byte("NWJ1NWJ1NWJ1"), content...))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := tempDir(t)
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		before := all(t, j)
		first := appendText(t, j, "more")
		wantEntries(t, all(t, j), append(before, fmt.Sprintf("%d:more", first))...)
	})
}
