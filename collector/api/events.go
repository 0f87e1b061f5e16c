package api

import (
	"encoding/json"
	"sync"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/alert"
	"ninewatch/collector/uptime"
)

// The topics of events, as in the stream /api/v1/events.
const (
	topicState     = "state"
	topicIncident  = "incident"
	topicWatermark = "watermark"
	topicInventory = "inventory"
)

// Limits of event streams: a queue holds more than a burst of one evaluation of a site; a browser opens one
// stream for each tab.
const (
	queueLength = 256
	maxStreams  = 1000
)

// event is one change, on its way to those who may see its site.
type event struct {
	topic string
	site  string // empty: of no site, for everybody
	data  []byte // JSON
}

// Events hands changes to the open event streams. Its methods never block, and may be called from any
// goroutine.
type Events struct {
	mu      sync.Mutex
	streams map[*stream]bool

	published, dropped *metrics.Counter
}

// stream is the queue of one reader. It is closed from outside when the reader is too slow.
type stream struct {
	queue chan event
	slow  chan struct{} // closed when the queue has overflowed
}

// NewEvents returns a broker without readers.
func NewEvents(set *metrics.Set) *Events {
	e := &Events{
		streams:   map[*stream]bool{},
		published: set.NewCounter(`ninewatch_collector_api_events_total`),
		dropped:   set.NewCounter(`ninewatch_collector_api_event_streams_dropped_total`),
	}
	set.NewGauge(`ninewatch_collector_api_event_streams`, func() float64 {
		e.mu.Lock()
		defer e.mu.Unlock()
		return float64(len(e.streams))
	})
	return e
}

// State tells that the verdict of a device changed.
func (e *Events) State(v uptime.Verdict) {
	e.publish(topicState, v.Site, map[string]any{"device": v.Device, "site": v.Site, "state": v.State, "since": stamp(v.Since)})
}

// Incident tells that an incident changed.
func (e *Events) Incident(i alert.Incident) {
	e.publish(topicIncident, i.Site, incidentOf(i))
}

// Inventory tells that the inventory changed, or an agent came, went or fell silent. What changed in it is
// not said: readers have to ask for what they may see.
func (e *Events) Inventory() {
	e.publish(topicInventory, "", struct{}{})
}

func (e *Events) publish(topic, site string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		return // plain structs of texts and numbers
	}
	e.published.Inc()
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.streams {
		select {
		case s.queue <- event{topic, site, data}:
		default:
			e.dropped.Inc()
			close(s.slow)
			delete(e.streams, s)
		}
	}
}

// open adds a reader; not ok when there are too many.
func (e *Events) open() (s *stream, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.streams) >= maxStreams {
		return nil, false
	}
	s = &stream{queue: make(chan event, queueLength), slow: make(chan struct{})}
	e.streams[s] = true
	return s, true
}

func (e *Events) close(s *stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.streams, s)
}
