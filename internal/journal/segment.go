package journal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	suffix     = ".journal"
	lockName   = "lock"
	closedName = "closed"
	markEvery  = 64 << 10
)

// SegmentInfo describes one segment.
type SegmentInfo struct {
	First, Last uint64 // LSNs; Last = First-1 while it is empty
	Bytes       int64
	Newest      time.Time // of the last append
}

// segment is one file. The fields that change are guarded by Journal.mu.
type segment struct {
	path   string
	first  uint64
	salt   uint32
	last   uint64
	newest int64 // Unix ms
	end    int64
	sealed bool
	marks  []mark // places to start reading at, in order

	f        *os.File // for writing; nil when all of it is durable and it is sealed
	syncedTo int64
	suspect  bool // an fsync failed: what lies behind syncedTo has to be written again
	dropped  bool
	counted  uint64 // damage is counted up to this LSN
}

type mark struct {
	lsn uint64
	at  int64
}

// before is what the name of a segment says of its predecessor.
type before struct {
	last   uint64
	newest int64
}

func segmentName(first uint64, b before, salt uint32) string {
	return fmt.Sprintf("%016x-%016x-%016x-%08x%s", first, b.last, uint64(b.newest), salt, suffix)
}

func parseName(name string) (first uint64, b before, salt uint32, ok bool) {
	var newest uint64
	n, err := fmt.Sscanf(name, "%16x-%16x-%16x-%8x", &first, &b.last, &newest, &salt)
	b.newest = int64(newest)
	return first, b, salt, err == nil && n == 4 && name == segmentName(first, b, salt)
}

// listSegments reads the folder. Of each segment but the newest it knows the end from the next name.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segs []*segment
	var previous []before
	for _, e := range entries { // sorted by name, and so by first LSN
		first, b, salt, ok := parseName(e.Name())
		if !ok {
			if strings.HasSuffix(e.Name(), suffix) {
				return nil, fmt.Errorf("file %q has not the name of a segment: move it away", filepath.Join(dir, e.Name()))
			}
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		segs = append(segs, &segment{
			path: filepath.Join(dir, e.Name()), first: first, last: first - 1, salt: salt,
			end: info.Size(), syncedTo: info.Size(), sealed: true,
		})
		previous = append(previous, b)
	}
	for i := 1; i < len(segs); i++ {
		segs[i-1].last = max(previous[i].last, segs[i-1].last)
		segs[i-1].newest = previous[i].newest
	}
	return segs, nil
}

// create makes the file of a new segment and its name durable.
func (j *Journal) create(first uint64, b before) (*segment, error) {
	var salt [4]byte
	rand.Read(salt[:]) //nolint:errcheck // crypto/rand.Read never fails
	s := &segment{first: first, last: first - 1, salt: binary.LittleEndian.Uint32(salt[:])}
	s.path = filepath.Join(j.opts.Dir, segmentName(first, b, s.salt))
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create segment: %w", err)
	}
	if err := j.syncDir(); err != nil {
		f.Close()
		os.Remove(s.path)
		return nil, fmt.Errorf("create segment %q: %w", s.path, err)
	}
	s.f = f
	return s, nil
}

func (s *segment) info() SegmentInfo {
	return SegmentInfo{First: s.first, Last: s.last, Bytes: s.end, Newest: time.UnixMilli(s.newest).UTC()}
}

// mark remembers that the record lsn starts at, if the last place remembered is far enough away.
func (s *segment) mark(lsn uint64, at int64) {
	if n := len(s.marks); n == 0 && at < markEvery || n > 0 && at-s.marks[n-1].at < markEvery {
		return
	}
	s.marks = append(s.marks, mark{lsn, at})
}

// scanFrom returns a scanner that stands at or before the record lsn.
func (s *segment) scanFrom(f *os.File, lsn uint64) *scanner {
	sc := &scanner{f: f, salt: s.salt, end: s.end, last: s.first - 1}
	i, found := slices.BinarySearchFunc(s.marks, lsn, func(m mark, lsn uint64) int {
		switch {
		case m.lsn < lsn:
			return -1
		case m.lsn > lsn:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	if i >= 0 {
		m := s.marks[i]
		sc.off, sc.lastEnd, sc.last = m.at, m.at, m.lsn-1
	}
	return sc
}
