package feed

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

type loopMetrics struct{ entries, errors, undecodable *metrics.Counter }

func newLoopMetrics(set *metrics.Set, sink string, lag func() float64) loopMetrics {
	set.NewGauge(fmt.Sprintf(`ninewatch_collector_feed_lag_entries{sink=%q}`, sink), lag)
	return loopMetrics{
		entries:     set.NewCounter(fmt.Sprintf(`ninewatch_collector_feed_entries_total{sink=%q}`, sink)),
		errors:      set.NewCounter(fmt.Sprintf(`ninewatch_collector_feed_errors_total{sink=%q}`, sink)),
		undecodable: set.NewCounter(fmt.Sprintf(`ninewatch_collector_feed_undecodable_total{sink=%q}`, sink)),
	}
}
