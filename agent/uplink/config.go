package uplink

import (
	"errors"
	"time"
)

// Config says where the identity is kept and how the collector is reached.
type Config struct {
	StateDir   string        // holds the identity and the last assignment
	Addresses  []string      // host:port of collectors; empty: those of the join token
	Version    string        // of the agent program, for people
	Window     int           // bytes of a lane that may be unacknowledged
	Heartbeat  time.Duration // between two; the collector calls an agent silent after 30 s
	MinBackoff time.Duration
	MaxBackoff time.Duration
}

// DefaultConfig is a window of 1 MiB, a heartbeat each 10 s, and back-off from 1 s to 60 s.
func DefaultConfig() Config {
	return Config{Window: 1 << 20, Heartbeat: 10 * time.Second, MinBackoff: time.Second, MaxBackoff: time.Minute}
}

// Validate reports every mistake in c.
func (c Config) Validate() error {
	var errs []error
	if c.StateDir == "" {
		errs = append(errs, errors.New("no StateDir"))
	}
	if c.Window <= 0 {
		errs = append(errs, errors.New("a Window that is not positive"))
	}
	if c.Heartbeat <= 0 {
		errs = append(errs, errors.New("a Heartbeat that is not positive"))
	}
	if c.MinBackoff <= 0 || c.MaxBackoff < c.MinBackoff {
		errs = append(errs, errors.New("MinBackoff has to be positive and at most MaxBackoff"))
	}
	return errors.Join(errs...)
}

const (
	maxMessage     = 4 << 20           // the collector's limit
	maxRecord      = maxMessage - 1024 // leaves room for the message around a record
	maxAssignment  = 64 << 20          // bytes of all chunks together
	maxChunks      = 10_000
	itemsAtOnce    = 64
	helloTimeout   = 15 * time.Second
	renewTimeout   = 30 * time.Second
	keepaliveEvery = 15 * time.Second // the collector allows 10 s
	keepaliveWait  = 10 * time.Second
	steadyAfter    = time.Minute // a connection that lived so long resets the back-off
	clockStep      = time.Second // of the wall clock against the monotonic one
)
