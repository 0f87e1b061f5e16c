package ingest

import (
	"context"
	"time"

	"ninewatch/collector/auth"
	telemetryv1 "ninewatch/proto/telemetry/v1"

	"sync"
)

// registry knows the live streams, one per agent and lane.
type registry struct {
	mu      sync.Mutex
	closed  error
	streams map[streamKey]*streamEntry
}

type streamKey struct {
	agent string
	lane  telemetryv1.Lane
}

type streamEntry struct {
	site   string
	cancel context.CancelCauseFunc
}

func newRegistry() *registry { return &registry{streams: map[streamKey]*streamEntry{}} }

// add enters a stream and ends the one that it replaces. remove takes it out again.
func (r *registry) add(key streamKey, site string, cancel context.CancelCauseFunc) (remove func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed != nil {
		cancel(r.closed)
		return func() {}
	}
	if old := r.streams[key]; old != nil {
		old.cancel(errReplaced)
	}
	e := &streamEntry{site: site, cancel: cancel}
	r.streams[key] = e
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.streams[key] == e {
			delete(r.streams, key)
		}
	}
}

func (r *registry) count() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return float64(len(r.streams))
}

// endAll ends all streams, those to come too.
func (r *registry) endAll(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = cause
	for _, e := range r.streams {
		e.cancel(cause)
	}
}

// endUnless ends the streams of agents that are not among the allowed ones (id to site).
func (r *registry) endUnless(allowed map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, e := range r.streams {
		if site, ok := allowed[key.agent]; !ok || site != e.site {
			e.cancel(auth.ErrRevoked)
		}
	}
}

// watchRevocations ends the streams of agents that lost their right.
func (s *Service) watchRevocations(ctx context.Context) {
	tick := time.NewTicker(revocationPoll)
	defer tick.Stop()
	for {
		revoked := s.deps.Auth.Revocations()
		s.endRevoked(ctx)
		select {
		case <-revoked:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) endRevoked(ctx context.Context) {
	if s.streams.count() == 0 {
		return
	}
	agents, err := s.deps.Auth.Agents(ctx)
	if err != nil {
		if suppressed, ok := s.quiet.Allow("revocations"); ok && ctx.Err() == nil {
			s.log.Error("cannot check for revoked agents, will try again", "err", err, "suppressed", suppressed)
		}
		return
	}
	allowed := make(map[string]string, len(agents))
	for _, a := range agents {
		if a.Revoked == 0 {
			allowed[a.ID] = a.Site
		}
	}
	s.streams.endUnless(allowed)
}
