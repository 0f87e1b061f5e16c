package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Errors that callers branch on.
var (
	ErrClosed   = errors.New("journal is closed")
	ErrLocked   = errors.New("another process has it open: stop that one, or choose another folder")
	ErrTooLarge = errors.New("record too large for the journal")
	ErrNothing  = errors.New("journal has no segment to drop")
)

// maxUnsynced is how many records may be visible and not durable. An Open after a crash leaves so many
// LSNs out, because a reader may have seen them.
const maxUnsynced = 1 << 20

// Options says where a journal lives and how it grows.
type Options struct {
	Dir          string           // created when it is missing
	SegmentBytes int64            // a segment is closed when it would grow past this; 0: 16 MiB
	Now          func() time.Time // stamps segments; nil: time.Now
	Log          *slog.Logger     // nil: no log
}

// Journal is an open journal.
type Journal struct {
	opts Options
	log  *slog.Logger
	lock *os.File

	mu       sync.Mutex
	segs     []*segment // in order; the last one is active unless it is sealed
	next     uint64     // LSN of the next record
	buf      []byte     // of Append
	torn     bool       // bytes behind the end of the active segment have to be cut
	changed  chan struct{}
	damaged  uint64
	closed   bool
	synced   uint64 // all LSNs below are durable
	unsynced []*segment
	flight   *flight

	fsync func(*os.File) error // (*os.File).Sync but in tests
}

// Open opens the journal in o.Dir, creates it when it is missing, and repairs its end.
func Open(o Options) (*Journal, error) {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 16 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	j := &Journal{opts: o, log: o.Log.With("component", "journal"), fsync: (*os.File).Sync}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := j.takeLock(); err != nil {
		return nil, fmt.Errorf("open journal %q: %w", o.Dir, err)
	}
	if err := j.recover(); err != nil {
		j.lock.Close()
		return nil, fmt.Errorf("open journal %q: %w", o.Dir, err)
	}
	return j, nil
}

func (j *Journal) takeLock() error {
	f, err := os.OpenFile(filepath.Join(j.opts.Dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrLocked
		}
		return fmt.Errorf("lock: %w", err)
	}
	j.lock = f
	return nil
}

// active is the segment that grows, or nil.
func (j *Journal) active() *segment {
	if n := len(j.segs); n > 0 && !j.segs[n-1].sealed {
		return j.segs[n-1]
	}
	return nil
}

// NextLSN is the LSN of the next record to be appended.
func (j *Journal) NextLSN() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.next
}

// FirstLSN is where the oldest segment begins, or NextLSN without one.
func (j *Journal) FirstLSN() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.segs) == 0 {
		return j.next
	}
	return j.segs[0].first
}

// Bytes is the size of all segments.
func (j *Journal) Bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	var n int64
	for _, s := range j.segs {
		n += s.end
	}
	return n
}

// Damaged is how many damaged records Open and the readers came across since Open.
func (j *Journal) Damaged() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.damaged
}

// Segments lists the segments, oldest first.
func (j *Journal) Segments() []SegmentInfo {
	j.mu.Lock()
	defer j.mu.Unlock()
	infos := make([]SegmentInfo, 0, len(j.segs))
	for _, s := range j.segs {
		infos = append(infos, s.info())
	}
	return infos
}

// Changed returns a channel that the next Append closes. Take it before reading to the end: then
// nothing is missed.
func (j *Journal) Changed() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.changed
}

// noteDamage counts the records of s with LSNs in first..last once, however many readers find them.
// The caller holds j.mu.
func (j *Journal) noteDamage(s *segment, first, last uint64) {
	first = max(first, s.counted+1)
	if first > last {
		return
	}
	s.counted = last
	j.damaged += last - first + 1
	j.log.Warn("damaged records in the journal, skipping them", "segment", s.path,
		"first_lsn", first, "last_lsn", last)
}

// before is what the next segment's name says of the present last one.
func (j *Journal) before() before {
	if len(j.segs) == 0 {
		return before{}
	}
	s := j.segs[len(j.segs)-1]
	return before{last: s.last, newest: s.newest}
}

func (j *Journal) syncDir() error {
	d, err := os.Open(j.opts.Dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return j.fsync(d)
}

// unixMilli is the present time; it never stands before the epoch.
func (j *Journal) unixMilli() int64 {
	return max(j.opts.Now().UnixMilli(), 0)
}
