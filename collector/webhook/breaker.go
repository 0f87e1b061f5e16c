package webhook

import (
	"context"
	"database/sql"
	"time"
)

// A receiver that fails breakAfter times in a row rests: one delivery is tried when the rest is over, and all
// others wait for what becomes of it.
const (
	breakAfter  = 5
	shortRest   = 30 * time.Second
	longestRest = 10 * time.Minute
)

// breaker is what is remembered of a receiver in trouble.
type breaker struct {
	fails int
	until time.Time
}

// trouble notes how an attempt went, and tells whether the receiver is in trouble now.
func (s *Service) trouble(ctx context.Context, name string, r result) bool {
	s.mu.Lock()
	b, was := s.rest[name]
	if !r.again { // it answers
		delete(s.rest, name)
		s.mu.Unlock()
		if was && b.fails >= breakAfter {
			s.hurry(ctx, name)
		}
		return false
	}
	b.fails++
	if over := b.fails - breakAfter; over >= 0 {
		b.until = s.deps.Now().Add(min(longestRest, shortRest<<min(over, 10)))
	}
	s.rest[name] = b
	s.mu.Unlock()
	return true
}

// resting lists the receivers that are let alone now.
func (s *Service) resting() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.deps.Now()
	var out []string
	for name, b := range s.rest {
		if now.Before(b.until) {
			out = append(out, name)
		}
	}
	return out
}

// rested ends the rest of a receiver, or of all.
func (s *Service) rested(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, b := range s.rest {
		if name == "" || n == name {
			b.until = time.Time{}
			s.rest[n] = b
		}
	}
}

// hurry makes all due that waits for a receiver which answers again.
func (s *Service) hurry(ctx context.Context, name string) {
	now := s.deps.Now().UnixMilli()
	err := s.deps.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE deliveries SET next_ms = ? WHERE status = 'pending' AND receiver = ? AND next_ms > ?`, now, name, now)
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.Error("deliveries of a receiver that answers again wait for their time", "receiver", name, "err", err)
	}
}
