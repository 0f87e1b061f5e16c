package simulate

import (
	"github.com/VictoriaMetrics/metrics"
)

// fleetMetrics: requests = answered + ignored + send errors, once nothing is in flight.
type fleetMetrics struct {
	requests, answered, varBinds, sendErrors               *metrics.Counter
	stranger, garbage, community, silent, lost, overflowed *metrics.Counter
}

func newFleetMetrics(set *metrics.Set) fleetMetrics {
	ignored := func(reason string) *metrics.Counter {
		return set.GetOrCreateCounter(`ninewatch_collector_simulate_ignored_total{reason="` + reason + `"}`)
	}
	return fleetMetrics{
		requests:   set.GetOrCreateCounter(`ninewatch_collector_simulate_requests_total`),
		answered:   set.GetOrCreateCounter(`ninewatch_collector_simulate_answered_total`),
		varBinds:   set.GetOrCreateCounter(`ninewatch_collector_simulate_varbinds_total`),
		sendErrors: set.GetOrCreateCounter(`ninewatch_collector_simulate_send_errors_total`),
		stranger:   ignored("no_device"),
		garbage:    ignored("garbage"),
		community:  ignored("community"),
		silent:     ignored("silent"),
		lost:       ignored("lost"),
		overflowed: ignored("overflow"),
	}
}
