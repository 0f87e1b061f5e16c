package journal

import (
	"bytes"
	"errors"
	"io"
	"os"
)

const (
	firstRead = 8 << 10   // of a scanner; doubles up to
	fullRead  = 256 << 10 // so that a short look costs little
	pageBytes = 4 << 10
)

// scanner walks over the records of one segment and steps over damage.
type scanner struct {
	f    io.ReaderAt
	salt uint32
	off  int64 // of what comes next
	end  int64 // of what may be read

	last    uint64 // LSN of the last intact record
	lastEnd int64  // where that record ended

	// seen, if set, is told of each header that counts, also when its payload is damaged.
	seen func(at int64, h header)
	// hole, if set, is told of the LSNs that are missing before an intact record.
	hole func(first, last uint64)

	buf   []byte
	bufAt int64
	chunk int64
}

// next returns the next intact record from LSN from on, or io.EOF at s.end.
func (s *scanner) next(from uint64) (header, []byte, error) {
	for s.off+headerBytes <= s.end {
		b, err := s.view(s.off, headerBytes)
		if err != nil {
			return header{}, nil, err
		}
		h, ok := parseHeader(b, s.salt)
		if !ok || !s.possible(h) {
			if err := s.search(); err != nil {
				return header{}, nil, err
			}
			continue
		}
		at := s.off
		next := at + headerBytes + int64(h.length)
		if s.seen != nil {
			s.seen(at, h)
		}
		if next > s.end {
			break
		}
		s.off = next
		if h.lsn < from {
			s.pass(h, next)
			continue
		}
		rec, err := s.view(at+headerBytes, int64(h.length))
		if err != nil {
			return header{}, nil, err
		}
		if checksum(rec) != h.sum {
			continue
		}
		s.pass(h, next)
		return h, rec, nil
	}
	return header{}, nil, io.EOF
}

// pass notes that the record of h, which ends at end, is intact.
func (s *scanner) pass(h header, end int64) {
	if s.hole != nil && h.lsn > s.last+1 {
		s.hole(s.last+1, h.lsn-1)
	}
	s.last, s.lastEnd = h.lsn, end
}

// possible tells whether the LSN of a header at s.off can follow the last one.
func (s *scanner) possible(h header) bool {
	return h.lsn > s.last && h.lsn-s.last-1 <= uint64(s.off-s.lastEnd)/headerBytes
}

// search moves s.off forward to the next place that looks like a record.
func (s *scanner) search() error {
	for s.off++; s.off+headerBytes <= s.end; {
		b, err := s.view(s.off, min(fullRead, s.end-s.off))
		if err != nil {
			return err
		}
		if i := bytes.Index(b, magicBytes); i >= 0 {
			s.off += int64(i)
			return nil
		}
		s.off += int64(len(b) - len(magicBytes) + 1)
	}
	s.off = max(s.off, s.end-headerBytes+1)
	return nil
}

// view returns n bytes at off, valid until the next call.
func (s *scanner) view(off, n int64) ([]byte, error) {
	if off < s.bufAt || off+n > s.bufAt+int64(len(s.buf)) {
		s.chunk = min(max(2*s.chunk, firstRead), fullRead)
		size := max(n, min(s.chunk, s.end-off))
		if int64(cap(s.buf)) < size || int64(cap(s.buf)) > max(size, 4*fullRead) {
			s.buf = make([]byte, size)
		}
		s.buf, s.bufAt = s.buf[:size], off
		if err := readDamaged(s.f, s.buf, off); err != nil {
			s.buf = s.buf[:0]
			return nil, err
		}
	}
	return s.buf[off-s.bufAt:][:n], nil
}

// readDamaged fills b. What the disk does not give is zero, and fails its checksum later.
func readDamaged(f io.ReaderAt, b []byte, off int64) error {
	_, err := f.ReadAt(b, off)
	if err == nil {
		return nil
	}
	for i := 0; i < len(b); i += pageBytes {
		page := b[i:min(i+pageBytes, len(b))]
		n, err := f.ReadAt(page, off+int64(i))
		if errors.Is(err, os.ErrClosed) {
			return err
		}
		clear(page[n:])
	}
	return nil
}
