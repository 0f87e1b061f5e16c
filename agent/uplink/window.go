package uplink

import (
	"sync"

	"ninewatch/internal/telemetry"
)

// window counts the bytes of a lane that are sent and not acknowledged.
type window struct {
	limit int
	freed chan struct{} // holds one when bytes were freed

	mu    sync.Mutex
	bytes int
	usual int // size of a record, the larger of the last one and a slowly falling mean
	sizes map[recordID]int
}

type recordID struct {
	epoch telemetry.Epoch
	seq   uint64
}

func newWindow(limit int) *window {
	return &window{limit: limit, freed: make(chan struct{}, 1), usual: 1024, sizes: map[recordID]int{}}
}

// room is how many more records of the usual size may go out, at most most. A record larger than the
// window goes alone.
func (w *window) room(most int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	free := w.limit - w.bytes
	if free <= 0 {
		return 0
	}
	return min(max(free/w.usual, 1), most)
}

func (w *window) sent(id recordID, size int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += size - w.sizes[id]
	w.sizes[id] = size
	w.usual = max(size, w.usual-w.usual/8, 1)
}

// acknowledged frees what lies in ranges. Acks name what this lane sent, so the ranges are short; of
// an absurd one only what is on the way is looked at.
func (w *window) acknowledged(e telemetry.Epoch, ranges []telemetry.Range) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range ranges {
		if r.Last-r.First >= uint64(len(w.sizes)) {
			for id := range w.sizes {
				if id.epoch == e && r.First <= id.seq && id.seq <= r.Last {
					w.free(id)
				}
			}
			continue
		}
		for i := range r.Last - r.First + 1 {
			w.free(recordID{e, r.First + i})
		}
	}
	select {
	case w.freed <- struct{}{}:
	default:
	}
}

func (w *window) free(id recordID) {
	w.bytes -= w.sizes[id]
	delete(w.sizes, id)
}
