package hostagent

import (
	"github.com/VictoriaMetrics/metrics"
)

// agentMetrics: requests = answered + the ignored ones + send errors, once nothing is in flight.
type agentMetrics struct {
	requests, answered, varBinds, readings           *metrics.Counter
	sendErrors, receiveErrors                        *metrics.Counter
	stranger, garbage, version, community, noRequest *metrics.Counter
	unreadable                                       func(source string) *metrics.Counter
}

func newAgentMetrics(set *metrics.Set) agentMetrics {
	counter := func(name string) *metrics.Counter {
		return set.GetOrCreateCounter(`ninewatch_collector_hostagent_` + name)
	}
	ignored := func(reason string) *metrics.Counter { return counter(`ignored_total{reason="` + reason + `"}`) }
	return agentMetrics{
		requests:      counter(`requests_total`),
		answered:      counter(`answered_total`),
		varBinds:      counter(`varbinds_total`),
		readings:      counter(`readings_total`),
		sendErrors:    counter(`send_errors_total`),
		receiveErrors: counter(`receive_errors_total`),
		stranger:      ignored("not_loopback"),
		garbage:       ignored("garbage"),
		version:       ignored("version"),
		community:     ignored("community"),
		noRequest:     ignored("no_request"),
		unreadable: func(source string) *metrics.Counter {
			return counter(`unreadable_total{source="` + source + `"}`)
		},
	}
}
