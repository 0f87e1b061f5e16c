package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// DropBefore removes the segments all of whose records are below lsn. The active one stays.
func (j *Journal) DropBefore(lsn uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return ErrClosed
	}
	n := len(j.segs)
	for len(j.segs) > 1 && j.segs[0].last < lsn {
		if err := j.drop(); err != nil {
			return err
		}
	}
	if len(j.segs) < n {
		j.keepDropped()
	}
	return nil
}

// DropOldestSegment removes the oldest segment, whatever it holds, and returns its first and last LSN.
// The newest one stays (ErrNothing): Rotate first to drop that too.
func (j *Journal) DropOldestSegment() (first, last uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return 0, 0, ErrClosed
	}
	if len(j.segs) < 2 {
		return 0, 0, ErrNothing
	}
	s := j.segs[0]
	if err := j.drop(); err != nil {
		return 0, 0, err
	}
	j.keepDropped()
	return s.first, s.last, nil
}

// keepDropped makes a removal durable. Where it cannot, a power cut may bring a segment back.
func (j *Journal) keepDropped() {
	if err := j.syncDir(); err != nil {
		j.log.Warn("cannot make the removal of a segment durable", "dir", j.opts.Dir, "err", err)
	}
}

// drop removes the oldest segment. The caller holds j.mu.
func (j *Journal) drop() error {
	s := j.segs[0]
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop segment: %w", err)
	}
	s.dropped = true
	if j.flight == nil {
		j.release(s)
	}
	j.segs = j.segs[1:]
	return nil
}
