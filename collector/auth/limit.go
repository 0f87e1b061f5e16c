package auth

import (
	"sync"
	"time"
)

// Failures within window per key; then the key waits until the window is over. A person who mistypes
// gets through, and a guesser gets 10 passwords in 15 min per account and 30 per address.
const (
	limitWindow     = 15 * time.Minute
	limitPerAccount = 10
	limitPerAddress = 30
	limitKeys       = 10_000 // beyond, old windows are forgotten
)

// limiter counts failures by key in fixed windows.
type limiter struct {
	now  func() time.Time
	mu   sync.Mutex
	keys map[string]*attempts
}

type attempts struct {
	since time.Time
	n     int
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, keys: map[string]*attempts{}}
}

// take counts an attempt and tells whether key has not reached limit in this window. A success gives back.
func (l *limiter) take(key string, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	a := l.keys[key]
	if a == nil || now.Sub(a.since) >= limitWindow {
		if len(l.keys) >= limitKeys {
			l.prune(now)
		}
		a = &attempts{since: now}
		l.keys[key] = a
	}
	if a.n >= limit {
		return false
	}
	a.n++
	return true
}

// giveBack undoes a take: the attempt was right.
func (l *limiter) giveBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.keys[key]; a != nil && a.n > 0 {
		a.n--
	}
}

// prune looks at a few windows, and forgets those that are over, or else the oldest.
func (l *limiter) prune(now time.Time) {
	const few = 16
	oldest, since, n := "", now, 0
	for key, a := range l.keys { // begins anywhere
		if now.Sub(a.since) >= limitWindow {
			delete(l.keys, key)
		} else if !a.since.After(since) {
			oldest, since = key, a.since
		}
		if n++; n == few {
			break
		}
	}
	if len(l.keys) >= limitKeys {
		delete(l.keys, oldest)
	}
}
