package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

type apiMetrics struct {
	requests map[int]*metrics.Counter // by the first digit of the status
	failures *metrics.Counter
	duration *metrics.Histogram
}

func newMetrics(set *metrics.Set) apiMetrics {
	m := apiMetrics{
		requests: map[int]*metrics.Counter{},
		failures: set.NewCounter(`ninewatch_collector_api_failures_total`),
		duration: set.NewHistogram(`ninewatch_collector_api_request_duration_seconds`),
	}
	for class := 1; class <= 5; class++ {
		m.requests[class] = set.NewCounter(fmt.Sprintf(`ninewatch_collector_api_requests_total{code="%dxx"}`, class))
	}
	return m
}

func (m apiMetrics) observe(status int, d time.Duration) {
	if c := m.requests[status/100]; c != nil {
		c.Inc()
	}
	m.duration.Update(d.Seconds())
}

// ownMetrics writes what the collector counts of itself. It names no site and no device, and is open to
// scrapers.
func (a *API) ownMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	a.deps.Metrics.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}
