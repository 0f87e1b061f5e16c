package snmp

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Memory keeps what was learnt of devices over restarts, in a file that FORMAT.md describes. What is in it is a
// hint: a file that is damaged or missing costs some requests. Its methods may be called from any goroutine; a
// nil Memory remembers nothing.
type Memory struct {
	path  string
	mu    sync.Mutex
	known map[string]Learnt
	saved time.Time
	dirty bool
}

const (
	memoryHeader = "ninewatch learnt 1\n"
	memoryLine   = "%q %d %d %d %t %d\n"
	mostLearnt   = 100_000 // devices; beyond, nothing new is remembered
	mostMemory   = 16 << 20
	saveEvery    = 5 * time.Minute
)

// NewMemory returns a Memory of nothing. An empty path means none at all.
func NewMemory(path string) *Memory {
	if path == "" {
		return nil
	}
	return &Memory{path: path, known: map[string]Learnt{}}
}

// Open reads the file. With an error the Memory works, and begins with nothing.
func (m *Memory) Open() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = time.Now()
	b, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was learnt of devices: %w", err)
	}
	body, ok := bytes.CutPrefix(b, []byte(memoryHeader))
	if !ok || len(b) > mostMemory {
		return fmt.Errorf("what was learnt of devices is not read: %q is no file of this version", m.path)
	}
	for line := range bytes.Lines(body) {
		var name string
		var l Learnt
		if _, err := fmt.Sscanf(string(line), memoryLine, &name, &l.Names, &l.Rows, &l.Gap, &l.Single, &l.Below); err == nil && len(m.known) < mostLearnt {
			m.known[name] = l
		}
	}
	return nil
}

// Of is what is remembered of a device.
func (m *Memory) Of(device string) Learnt {
	if m == nil {
		return Learnt{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[device]
}

// Note remembers l, and writes the file now and then.
func (m *Memory) Note(device string, l Learnt) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, ok := m.known[device]; before == l || !ok && len(m.known) >= mostLearnt {
		return nil
	}
	if m.known[device] = l; l == (Learnt{}) {
		delete(m.known, device)
	}
	if m.dirty = true; time.Since(m.saved) < saveEvery {
		return nil
	}
	return m.save()
}

// Close writes the file, if there is anything new.
func (m *Memory) Close() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.save()
}

func (m *Memory) save() error {
	m.saved = time.Now()
	if !m.dirty {
		return nil
	}
	names := make([]string, 0, len(m.known))
	for name := range m.known {
		names = append(names, name)
	}
	slices.Sort(names)
	b := []byte(memoryHeader)
	for _, name := range names {
		l := m.known[name]
		b = fmt.Appendf(b, memoryLine, name, l.Names, l.Rows, l.Gap, l.Single, l.Below)
	}
	part := filepath.Join(filepath.Dir(m.path), "."+filepath.Base(m.path)+".part")
	if err := errors.Join(os.WriteFile(part, b, 0o600), os.Rename(part, m.path)); err != nil {
		return fmt.Errorf("keep what was learnt of devices: %w", err)
	}
	m.dirty = false
	return nil
}
