package plan

import "github.com/VictoriaMetrics/metrics"

type planMetrics struct {
	hours, failures, forecasts, withheld *metrics.Counter
	duration                             *metrics.Histogram
}

func newMetrics(set *metrics.Set) planMetrics {
	return planMetrics{
		hours:     set.NewCounter(`ninewatch_collector_plan_hours_total`),
		failures:  set.NewCounter(`ninewatch_collector_plan_failures_total`),
		forecasts: set.NewCounter(`ninewatch_collector_plan_forecasts_total`),
		withheld:  set.NewCounter(`ninewatch_collector_plan_withheld_total`),
		duration:  set.NewHistogram(`ninewatch_collector_plan_run_duration_seconds`),
	}
}
