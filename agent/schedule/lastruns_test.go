package schedule

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestLastRunsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "last-runs")
	l, err := openLastRuns(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	l.note("a", 900)
	l.note("a", 950)
	l.note("b", 990)
	if err := l.write(1000); err != nil {
		t.Fatal(err)
	}
	// No close: as after kill -9. A torn record at the end is left out.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("torn")); err != nil {
		t.Fatal(err)
	}
	f.Close()

	l, err = openLastRuns(path, 960) // the clock went back: b lies in the future
	if err != nil {
		t.Fatal(err)
	}
	if a, b, c := l.last("a"), l.last("b"), l.last("c"); a != 950 || b != 0 || c != 0 {
		t.Errorf("last runs: got %d %d %d, want 950 0 0", a, b, c)
	}
	l, err = openLastRuns(path, 950+maxLastAge)
	if err != nil {
		t.Fatal(err)
	}
	if a := l.last("a"); a != 0 {
		t.Errorf("after a month: got %d, want 0", a)
	}
}

func TestLastRunsStaySmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "last-runs")
	l, err := openLastRuns(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	for now := int64(1); now <= 20_000; now++ {
		l.note(fmt.Sprint("key", now%50), now)
		if err := l.write(now); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 1<<16+5*50*recordSize {
		t.Errorf("size after 20,000 runs of 50 keys: %d", info.Size())
	}
	if got := l.last("key49"); got != 19_999 {
		t.Errorf("last run of key49: got %d, want 19999", got)
	}
}

func TestLastRunsWithoutFolder(t *testing.T) {
	block := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(block, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := openLastRuns(filepath.Join(block, "last-runs"), 1)
	if err == nil {
		t.Fatal("no error for a folder that is a file")
	}
	l.note("a", 1)
	if err := l.write(1); err == nil || l.last("a") != 1 {
		t.Errorf("write: %v, last %d; want an error, and 1 from memory", err, l.last("a"))
	}
}
