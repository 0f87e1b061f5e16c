package ingest

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// inbox holds the batches of a stream between its reader and its worker. It is bounded by bytes: a full
// one stops the reader, and with it the agent. An agent that keeps to its window never fills it, so that
// its heartbeats come through while the collector has no space.
type inbox struct {
	mu      sync.Mutex
	batches []*telemetryv1.Batch
	bytes   int
	filled  chan struct{} // holds one when there may be something to take
	drained chan struct{} // holds one when there may be room
}

func newInbox() *inbox {
	return &inbox{filled: make(chan struct{}, 1), drained: make(chan struct{}, 1)}
}

// put waits for room, then adds b. It returns false when ctx ends.
func (i *inbox) put(ctx context.Context, b *telemetryv1.Batch) bool {
	for !i.tryPut(b) {
		select {
		case <-i.drained:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (i *inbox) tryPut(b *telemetryv1.Batch) bool {
	size := proto.Size(b)
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.batches) > 0 && i.bytes+size > maxInbox {
		return false
	}
	i.batches = append(i.batches, b)
	i.bytes += size
	signal(i.filled)
	return true
}

// take returns up to limit batches, the oldest first.
func (i *inbox) take(limit int) []*telemetryv1.Batch {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := min(limit, len(i.batches))
	out := i.batches[:n:n]
	i.batches = i.batches[n:]
	for _, b := range out {
		i.bytes -= proto.Size(b)
	}
	if len(i.batches) == 0 {
		i.batches = nil
	} else {
		signal(i.filled)
	}
	signal(i.drained)
	return out
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
