// Package workqueue stands in for the client of Kubernetes: see internal/absent/README.md.
package workqueue

// The metrics of a queue that there is not.
type (
	GaugeMetric interface {
		Inc()
		Dec()
	}
	SettableGaugeMetric interface{ Set(float64) }
	CounterMetric       interface{ Inc() }
	HistogramMetric     interface{ Observe(float64) }
)

// MetricsProvider would make them.
type MetricsProvider interface {
	NewDepthMetric(name string) GaugeMetric
	NewAddsMetric(name string) CounterMetric
	NewLatencyMetric(name string) HistogramMetric
	NewWorkDurationMetric(name string) HistogramMetric
	NewUnfinishedWorkSecondsMetric(name string) SettableGaugeMetric
	NewLongestRunningProcessorSecondsMetric(name string) SettableGaugeMetric
	NewRetriesMetric(name string) CounterMetric
}

// SetProvider does nothing.
func SetProvider(MetricsProvider) {}
