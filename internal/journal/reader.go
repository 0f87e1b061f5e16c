package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Reader reads forward, one record at a time. It belongs to one goroutine.
type Reader struct {
	j    *Journal
	from uint64 // LSN to read next, or a later one
	seg  *segment
	f    *os.File
	sc   *scanner
}

// Read returns a Reader of the records from LSN from on, or from the oldest on if that is gone.
func (j *Journal) Read(from uint64) *Reader {
	return &Reader{j: j, from: from}
}

// Next returns the next intact record. LSNs that it leaves out are damaged or were dropped.
// io.EOF means the present end: a later call finds what was appended since. rec is valid until the next
// call. What was visible before may still be read after its segment was dropped.
func (r *Reader) Next() (lsn uint64, rec []byte, err error) {
	for {
		if err := r.ready(); err != nil {
			return 0, nil, err
		}
		h, rec, err := r.sc.next(r.from)
		if err == nil {
			r.from = h.lsn + 1
			return h.lsn, rec, nil
		}
		if !errors.Is(err, io.EOF) {
			return 0, nil, fmt.Errorf("read segment %q: %w", r.seg.path, err)
		}
		if !r.leave() {
			return 0, nil, io.EOF
		}
	}
}

// ready opens the segment of r.from if none is open, and lets the scanner see its present end.
func (r *Reader) ready() error {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	if r.j.closed {
		return ErrClosed
	}
	if r.seg == nil {
		s := r.j.find(r.from)
		if s == nil {
			return io.EOF
		}
		f, err := os.Open(s.path)
		if err != nil {
			return fmt.Errorf("open segment: %w", err)
		}
		r.seg, r.f, r.sc = s, f, s.scanFrom(f, r.from)
		r.sc.hole = r.note
	}
	r.sc.end = r.seg.end
	return nil
}

// find returns the segment to start with for lsn: the last that begins at or before it, else the first.
func (j *Journal) find(lsn uint64) *segment {
	var s *segment
	for _, x := range j.segs {
		if s != nil && x.first > lsn {
			break
		}
		s = x
	}
	return s
}

// leave ends the reading of a segment, if that is complete and another follows.
func (r *Reader) leave() bool {
	j := r.j
	j.mu.Lock()
	defer j.mu.Unlock()
	if !r.seg.sealed || r.sc.end < r.seg.end {
		return r.sc.end < r.seg.end
	}
	var next *segment
	for _, x := range j.segs {
		if x.first > r.seg.first {
			next = x
			break
		}
	}
	if next == nil {
		return false
	}
	j.noteDamage(r.seg, r.sc.last+1, r.seg.last)
	r.from = max(r.from, next.first)
	r.f.Close()
	r.seg, r.f, r.sc = nil, nil, nil
	return true
}

func (r *Reader) note(first, last uint64) {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	r.j.noteDamage(r.seg, first, last)
}

// Close gives the Reader's file free.
func (r *Reader) Close() error {
	if r.f == nil {
		return nil
	}
	err := r.f.Close()
	r.seg, r.f, r.sc = nil, nil, nil
	return err
}
