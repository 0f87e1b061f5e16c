package journal

import (
	"context"
	"fmt"
)

// maxBuffer is how much memory an Append may leave behind for the next.
const maxBuffer = 1 << 20

// Append writes recs as one batch, all or none, and returns the LSN of the first; the others follow
// without a hole. Without records it returns NextLSN. Any error leaves the journal as it was.
func (j *Journal) Append(recs ...[]byte) (first uint64, err error) {
	size, err := batchBytes(recs)
	if err != nil {
		return 0, err
	}
	first, flush, err := j.append(recs, size)
	if err == nil && flush {
		// The records are in the journal whatever this gives; a caller that needs them durable calls Sync.
		if err := j.Sync(context.Background()); err != nil {
			j.log.Error("cannot make the journal durable", "err", err)
		}
	}
	return first, err
}

func (j *Journal) append(recs [][]byte, size int64) (first uint64, flush bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return 0, false, ErrClosed
	}
	if len(recs) == 0 {
		return j.next, false, nil
	}
	s, err := j.room(size)
	if err != nil {
		return 0, false, err
	}
	now := j.unixMilli()
	j.encode(s, recs, size, now)
	if err := j.write(s); err != nil {
		return 0, false, fmt.Errorf("append to segment %q: %w", s.path, err)
	}
	first = j.next
	j.next += uint64(len(recs))
	s.mark(first, s.end)
	s.end += size
	s.last, s.newest = j.next-1, now
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
	return first, j.next-j.synced >= maxUnsynced/2, nil
}

func batchBytes(recs [][]byte) (int64, error) {
	var size int64
	for _, r := range recs {
		if len(r) > MaxRecord {
			return 0, fmt.Errorf("record of %d bytes, the limit is %d: %w", len(r), MaxRecord, ErrTooLarge)
		}
		size += headerBytes + int64(len(r))
	}
	if size > maxBatch {
		return 0, fmt.Errorf("batch of %d bytes, the limit is %d: %w", size, maxBatch, ErrTooLarge)
	}
	return size, nil
}

// room returns a segment that takes size more bytes.
func (j *Journal) room(size int64) (*segment, error) {
	s := j.active()
	if s != nil && j.torn {
		if err := s.f.Truncate(s.end); err != nil {
			return nil, fmt.Errorf("cut segment %q: %w", s.path, err)
		}
		j.torn = false
	}
	if s == nil || s.end > 0 && s.end+size > j.opts.SegmentBytes {
		if err := j.rotate(); err != nil {
			return nil, err
		}
		s = j.active()
	}
	return s, nil
}

// Rotate closes the active segment, so that it can be dropped. It does nothing while that is empty.
func (j *Journal) Rotate() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return ErrClosed
	}
	if s := j.active(); s == nil || s.end == 0 {
		return nil
	}
	return j.rotate()
}

// rotate starts a new segment; what it cannot make leaves the old one active.
func (j *Journal) rotate() error {
	old := j.active()
	if old != nil && j.torn {
		if err := old.f.Truncate(old.end); err != nil {
			return fmt.Errorf("cut segment %q: %w", old.path, err)
		}
		j.torn = false
	}
	s, err := j.create(j.next, j.before())
	if err != nil {
		return err
	}
	if old != nil {
		old.sealed = true
		j.unsynced = append(j.unsynced, old)
	}
	j.segs = append(j.segs, s)
	return nil
}

func (j *Journal) encode(s *segment, recs [][]byte, size, now int64) {
	b := j.buf[:0]
	if int64(cap(b)) < size {
		b = make([]byte, 0, size)
	}
	rest := size
	for i, r := range recs {
		rest -= headerBytes + int64(len(r))
		h := header{
			length: uint32(len(r)), lsn: j.next + uint64(i), time: now, rest: uint32(rest), sum: checksum(r),
		}
		b = append(h.append(b, s.salt), r...)
	}
	j.buf = b
}

// write puts j.buf at the end of s, or takes back what it wrote of it.
func (j *Journal) write(s *segment) error {
	_, err := s.f.WriteAt(j.buf, s.end)
	if cap(j.buf) > maxBuffer {
		j.buf = nil
	}
	if err != nil {
		j.torn = s.f.Truncate(s.end) != nil
	}
	return err
}
