package schedule

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The file of last runs is a log of records of 16 bytes, little-endian: the hash of the key (8), the slot in
// Unix ms (8). Later records win. It is written without fsync: it outlives a killed process, and after a
// power cut a poll too many does no harm. That is also all that a damaged record can cause.
const recordSize = 16

// maxLastAge is how long the last run of a key is remembered: a month, as no interval is longer.
const maxLastAge = 31 * 24 * 3600 * 1000

// lastRuns remembers when keys ran. The zero value remembers in memory only.
type lastRuns struct {
	path  string
	file  *os.File
	known map[uint64]int64
	size  int64
	buf   []byte
}

// openLastRuns reads path, drops what is older than a month or lies after now, and writes it anew. With an
// error it works all the same, in memory.
func openLastRuns(path string, now int64) (*lastRuns, error) {
	l := &lastRuns{path: path, known: map[uint64]int64{}}
	if path == "" {
		return l, nil
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf("read last runs: %w", err)
	}
	for ; len(data) >= recordSize; data = data[recordSize:] {
		key := binary.LittleEndian.Uint64(data)
		slot := int64(binary.LittleEndian.Uint64(data[8:]))
		if slot > now-maxLastAge && slot <= now {
			l.known[key] = slot
		}
	}
	return l, l.compact(now)
}

// compact replaces the file by one with a single record per key.
func (l *lastRuns) compact(now int64) error {
	l.close()
	l.buf = l.buf[:0]
	for key, slot := range l.known {
		if slot <= now-maxLastAge {
			delete(l.known, key)
			continue
		}
		l.buf = appendRecord(l.buf, key, slot)
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return fmt.Errorf("make folder of last runs: %w", err)
	}
	temporary := l.path + ".new"
	if err := os.WriteFile(temporary, l.buf, 0o600); err != nil {
		return fmt.Errorf("write last runs: %w", err)
	}
	if err := os.Rename(temporary, l.path); err != nil {
		return fmt.Errorf("replace last runs: %w", err)
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("open last runs: %w", err)
	}
	l.file, l.size, l.buf = f, int64(len(l.buf)), l.buf[:0]
	return nil
}

// last is when key ran, or 0.
func (l *lastRuns) last(key string) int64 { return l.known[hash(key)] }

// note remembers a run; write makes it last.
func (l *lastRuns) note(key string, slot int64) {
	h := hash(key)
	l.known[h] = slot
	if l.path != "" {
		l.buf = appendRecord(l.buf, h, slot)
	}
}

// write appends what was noted. After an error the noted runs are known in memory, and the file is made anew
// with the next write.
func (l *lastRuns) write(now int64) error {
	if len(l.buf) == 0 {
		return nil
	}
	if l.file == nil || l.size > 1<<16+4*recordSize*int64(len(l.known)) {
		return l.compact(now)
	}
	n, err := l.file.Write(l.buf)
	l.size, l.buf = l.size+int64(n), l.buf[:0]
	if err != nil {
		l.close()
		return fmt.Errorf("write last runs: %w", err)
	}
	return nil
}

func (l *lastRuns) close() {
	if l.file != nil {
		l.file.Close() //nolint:errcheck // nothing is buffered
		l.file = nil
	}
}

func appendRecord(dst []byte, key uint64, slot int64) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, key)
	return binary.LittleEndian.AppendUint64(dst, uint64(slot))
}
