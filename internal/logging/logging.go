// Package logging makes the loggers of both programs, and keeps what repeats out of the log.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// New returns a logger that writes lines of the format ("text" or "json") from level ("debug", "info",
// "warn" or "error") up to w.
func New(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q is not one of debug, info, warn, error", level)
	}
	options := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("log format %q is not one of text, json", format)
}

// maxKeys bounds the memory of a Quiet. Beyond it all further keys share one allowance.
const maxKeys = 10_000

// Quiet lets one line per key through in a while, and counts those that it holds back.
// It may be used by several goroutines.
type Quiet struct {
	every  time.Duration
	mu     sync.Mutex
	keys   map[string]*quietKey
	forgot time.Time // when the old keys were last dropped
}

type quietKey struct {
	last       time.Time
	suppressed int
}

// NewQuiet returns a Quiet that allows one line per key in every.
func NewQuiet(every time.Duration) *Quiet {
	return &Quiet{every: every, keys: map[string]*quietKey{}}
}

// Allow tells whether a line about key may be logged now, and how many were held back since the last.
func (q *Quiet) Allow(key string) (suppressed int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.keys[key]
	if k == nil {
		if len(q.keys) >= maxKeys && time.Since(q.forgot) >= q.every {
			q.forget()
		}
		if len(q.keys) >= maxKeys {
			key = ""
		}
		if k = q.keys[key]; k == nil {
			k = &quietKey{}
			q.keys[key] = k
		}
	}
	if !k.last.IsZero() && time.Since(k.last) < q.every {
		k.suppressed++
		return 0, false
	}
	suppressed, k.suppressed, k.last = k.suppressed, 0, time.Now()
	return suppressed, true
}

// forget drops the keys whose time is over.
func (q *Quiet) forget() {
	q.forgot = time.Now()
	for key, k := range q.keys {
		if time.Since(k.last) >= q.every {
			delete(q.keys, key)
		}
	}
}
