package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// flight is one round of fsync that many callers wait for.
type flight struct {
	upto uint64 // LSNs below are durable when err is nil
	done chan struct{}
	err  error
}

// Sync returns nil when all that was appended before it was called is durable.
// An error says that it may not be; calling again tries again.
func (j *Journal) Sync(ctx context.Context) error {
	j.mu.Lock()
	target := j.next
	for j.synced < target {
		if j.closed {
			j.mu.Unlock()
			return ErrClosed
		}
		fl := j.flight
		if fl == nil {
			fl = j.launch()
		}
		j.mu.Unlock()
		select {
		case <-fl.done:
		case <-ctx.Done():
			return fmt.Errorf("sync journal: %w", ctx.Err())
		}
		if fl.err != nil && fl.upto >= target {
			return fmt.Errorf("sync journal: %w", fl.err)
		}
		j.mu.Lock()
	}
	j.mu.Unlock()
	return nil
}

// part is what one round makes durable of a segment.
type part struct {
	seg     *segment
	f       *os.File
	from    int64
	to      int64
	rewrite bool
}

// launch starts a round over all that is not durable. The caller holds j.mu.
func (j *Journal) launch() *flight {
	fl := &flight{upto: j.next, done: make(chan struct{})}
	j.flight = fl
	segs := j.unsynced
	if s := j.active(); s != nil {
		segs = append(segs[:len(segs):len(segs)], s)
	}
	parts := make([]part, 0, len(segs))
	for _, s := range segs {
		parts = append(parts, part{seg: s, f: s.f, from: s.syncedTo, to: s.end, rewrite: s.suspect})
	}
	go j.fly(fl, parts)
	return fl
}

func (j *Journal) fly(fl *flight, parts []part) {
	var err error
	good := 0
	for good < len(parts) {
		if err = j.flush(parts[good]); err != nil {
			break
		}
		good++
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, p := range parts {
		if i < good {
			p.seg.suspect, p.seg.syncedTo = false, p.to
		} else if i == good {
			p.seg.suspect = true
		}
		j.release(p.seg)
	}
	if err == nil {
		j.synced = fl.upto
	}
	fl.err = err
	j.flight = nil
	close(fl.done)
}

// flush makes one part durable. The kernel forgets what an fsync could not write: after a failure the
// bytes are written once more.
func (j *Journal) flush(p part) error {
	if p.from == p.to {
		return nil
	}
	if p.rewrite {
		if err := rewrite(p); err != nil {
			return err
		}
	}
	if err := j.fsync(p.f); err != nil {
		return fmt.Errorf("segment %q: %w", p.seg.path, err)
	}
	return nil
}

func rewrite(p part) error {
	b := make([]byte, min(p.to-p.from, maxBuffer))
	for at := p.from; at < p.to; at += int64(len(b)) {
		b = b[:min(p.to-at, int64(len(b)))]
		if _, err := p.f.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read segment %q again: %w", p.seg.path, err)
		}
		if _, err := p.f.WriteAt(b, at); err != nil {
			return fmt.Errorf("write segment %q again: %w", p.seg.path, err)
		}
	}
	return nil
}

// release closes the file of a segment that needs no more fsync. The caller holds j.mu.
func (j *Journal) release(s *segment) {
	if s.f == nil || !s.sealed || !s.dropped && s.syncedTo < s.end {
		return
	}
	s.f.Close()
	s.f = nil
	for i, u := range j.unsynced {
		if u == s {
			j.unsynced = append(j.unsynced[:i:i], j.unsynced[i+1:]...)
			break
		}
	}
}

// Close makes all durable, notes where the journal ended and gives the folder free. It may be called again.
func (j *Journal) Close() error {
	j.mu.Lock()
	closed := j.closed
	j.mu.Unlock()
	if closed {
		return nil
	}
	err := j.Sync(context.Background())
	j.mu.Lock()
	for j.flight != nil { // of another caller
		fl := j.flight
		j.mu.Unlock()
		<-fl.done
		j.mu.Lock()
	}
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	if j.changed != nil {
		close(j.changed) // who waits finds ErrClosed
		j.changed = nil
	}
	if err == nil && j.synced == j.next {
		err = j.noteClosed()
	}
	for _, s := range append(j.segs[:len(j.segs):len(j.segs)], j.unsynced...) {
		if s.f != nil {
			err = errors.Join(err, s.f.Close())
			s.f = nil
		}
	}
	return errors.Join(err, j.lock.Close())
}

func (j *Journal) noteClosed() error {
	path := filepath.Join(j.opts.Dir, closedName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	_, err = f.WriteString(closedText(j.next))
	err = errors.Join(err, j.fsync(f), f.Close(), j.syncDir())
	if err != nil {
		os.Remove(path)
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}
