package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// recover finds the end of the journal and decides where it goes on.
func (j *Journal) recover() error {
	segs, err := listSegments(j.opts.Dir)
	if err != nil {
		return err
	}
	j.segs, j.next = segs, 1
	closedAt, closed, err := j.takeClosed()
	if err != nil {
		return err
	}
	if len(segs) > 0 {
		if err := j.recoverEnd(closedAt, closed); err != nil {
			return err
		}
	} else if closed {
		j.next = max(closedAt, 1)
	}
	j.synced = j.next
	return nil
}

// recoverEnd repairs the newest segment. It goes on in it only when nothing can be missing at its end.
func (j *Journal) recoverEnd(closedAt uint64, closed bool) error {
	s := j.segs[len(j.segs)-1]
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	cut, err := j.repair(s, f)
	if err != nil {
		f.Close()
		return fmt.Errorf("repair segment %q: %w", s.path, err)
	}
	if !closed || closedAt <= s.last {
		j.next = s.last + 1 + maxUnsynced + uint64(cut)/headerBytes
		return f.Close()
	}
	j.next = max(closedAt, s.first+1) // an empty segment stays, and no other begins where it does
	if closedAt == s.last+1 && cut == 0 {
		j.next = closedAt
		s.f, s.sealed = f, false
		return nil
	}
	return f.Close()
}

// repair reads s whole, cuts what is behind its last batch and sets last, newest, end and marks.
func (j *Journal) repair(s *segment, f *os.File) (cut int64, err error) {
	size := s.end
	var batchStart, batchEnd, seenEnd int64
	sc := s.scanFrom(f, 0)
	sc.seen = func(at int64, h header) {
		if at >= batchEnd {
			batchStart = at
		}
		seenEnd = at + headerBytes + int64(h.length)
		batchEnd = max(batchEnd, seenEnd+int64(h.rest))
		s.newest = max(s.newest, h.time)
		s.mark(h.lsn, at)
		if batchEnd <= size {
			s.last = h.lsn
		}
	}
	sc.hole = func(first, last uint64) { j.noteDamage(s, first, last) }
	for err == nil {
		_, _, err = sc.next(0)
	}
	if !errors.Is(err, io.EOF) {
		return 0, err
	}
	j.noteDamage(s, sc.last+1, s.last)
	s.end = batchEnd
	if batchEnd > size {
		s.end = batchStart
	} else if size-seenEnd >= headerBytes {
		j.damaged++
		j.log.Warn("no record at the end of the journal", "segment", s.path, "bytes", size-seenEnd)
	}
	s.syncedTo = s.end
	if s.end == size {
		return 0, nil
	}
	for len(s.marks) > 0 && s.marks[len(s.marks)-1].at >= s.end {
		s.marks = s.marks[:len(s.marks)-1]
	}
	if err := f.Truncate(s.end); err != nil {
		return 0, err
	}
	return size - s.end, j.fsync(f)
}

// takeClosed reads and removes the note that Close left.
func (j *Journal) takeClosed() (next uint64, ok bool, err error) {
	path := filepath.Join(j.opts.Dir, closedName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if n, err := fmt.Sscanf(string(b), "%16x", &next); err == nil && n == 1 {
		ok = string(b) == closedText(next)
	}
	if err := os.Remove(path); err != nil {
		return 0, false, err
	}
	return next, ok, j.syncDir()
}

func closedText(next uint64) string {
	digits := fmt.Sprintf("%016x", next)
	return fmt.Sprintf("%s %08x\n", digits, checksum([]byte(digits)))
}
