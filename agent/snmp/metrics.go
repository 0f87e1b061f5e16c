package snmp

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// Meter counts what all clients of a program do. One is shared by all devices, see Device.Meter.
type Meter struct {
	set                                           *metrics.Set
	requests, retries, timeouts, refused, engines *metrics.Counter
}

// NewMeter registers the counters.
func NewMeter(set *metrics.Set) *Meter {
	return &Meter{
		set:      set,
		requests: set.NewCounter(`ninewatch_agent_snmp_requests_total`),
		retries:  set.NewCounter(`ninewatch_agent_snmp_retries_total`),
		timeouts: set.NewCounter(`ninewatch_agent_snmp_timeouts_total`),
		refused:  set.NewCounter(`ninewatch_agent_snmp_refused_total`),
		engines:  set.NewCounter(`ninewatch_agent_snmp_engine_changes_total`),
	}
}

// The methods count one event each; a nil Meter counts nothing.
func (m *Meter) request() {
	if m != nil {
		m.requests.Inc()
	}
}

func (m *Meter) retry() {
	if m != nil {
		m.retries.Inc()
	}
}

func (m *Meter) timeout() {
	if m != nil {
		m.timeouts.Inc()
	}
}

func (m *Meter) refuse() {
	if m != nil {
		m.refused.Inc()
	}
}

func (m *Meter) engine() {
	if m != nil {
		m.engines.Inc()
	}
}

// reject counts by reason, which is one of our own words.
func (m *Meter) reject(reason string) {
	if m != nil {
		m.set.GetOrCreateCounter(fmt.Sprintf(`ninewatch_agent_snmp_rejected_replies_total{reason=%q}`, reason)).Inc()
	}
}
