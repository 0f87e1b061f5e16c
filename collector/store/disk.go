package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// syncer fsyncs the segments of a write-ahead log that may have grown since the last time. The TSDB writes
// each commit to the file but leaves the fsync to the kernel.
type syncer struct {
	dir  string
	from int // segments below are complete and durable
}

func (s *syncer) sync() error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list segments of %s: %w", s.dir, err)
	}
	newest := s.from
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil || n < s.from {
			continue // a checkpoint, or done
		}
		if err := fsync(filepath.Join(s.dir, e.Name())); err != nil {
			return err
		}
		newest = max(newest, n)
	}
	if newest != s.from || s.from == 0 {
		if err := fsync(s.dir); err != nil {
			return err
		}
	}
	s.from = newest
	return nil
}

// fsync makes a file or folder durable. One that has gone meanwhile was compacted into a block.
func fsync(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open for fsync: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("fsync %s: %w", path, err)
	}
	return nil
}

// space watches the free disk, and looks at most once a second.
type space struct {
	dir     string
	reserve int64

	mu     sync.Mutex
	looked time.Time
	free   int64
}

func (s *space) short() bool { return s.freeBytes() < s.reserve }

func (s *space) freeBytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.looked) < time.Second {
		return s.free
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(s.dir, &stat); err != nil {
		return s.free // keeps the last figure; the write itself will tell
	}
	s.looked, s.free = time.Now(), int64(stat.Bavail)*stat.Bsize
	return s.free
}
