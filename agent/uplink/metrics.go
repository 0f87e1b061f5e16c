package uplink

import "github.com/VictoriaMetrics/metrics"

type uplinkMetrics struct {
	connects, failures          *metrics.Counter
	records, bytes, acks        *metrics.Counter
	oversized                   *metrics.Counter
	renewals, renewalErrors     *metrics.Counter
	assignments, assignmentsBad *metrics.Counter
}

func newUplinkMetrics(set *metrics.Set, connected func() float64) uplinkMetrics {
	set.NewGauge(`ninewatch_agent_uplink_connected`, connected)
	return uplinkMetrics{
		connects:       set.NewCounter(`ninewatch_agent_uplink_connections_total`),
		failures:       set.NewCounter(`ninewatch_agent_uplink_failures_total`),
		records:        set.NewCounter(`ninewatch_agent_uplink_sent_records_total`),
		bytes:          set.NewCounter(`ninewatch_agent_uplink_sent_bytes_total`),
		acks:           set.NewCounter(`ninewatch_agent_uplink_acks_total`),
		oversized:      set.NewCounter(`ninewatch_agent_uplink_oversized_records_total`),
		renewals:       set.NewCounter(`ninewatch_agent_uplink_renewals_total{result="ok"}`),
		renewalErrors:  set.NewCounter(`ninewatch_agent_uplink_renewals_total{result="error"}`),
		assignments:    set.NewCounter(`ninewatch_agent_uplink_assignments_total{result="applied"}`),
		assignmentsBad: set.NewCounter(`ninewatch_agent_uplink_assignments_total{result="refused"}`),
	}
}
