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

// add counts the difference between two Counts of one client. The reasons of rejection are our own words.
func (m *Meter) add(before, after Counts) {
	m.requests.AddInt64(int64(after.Requests - before.Requests))
	m.retries.AddInt64(int64(after.Retries - before.Retries))
	m.timeouts.AddInt64(int64(after.Timeouts - before.Timeouts))
	m.refused.AddInt64(int64(after.Refused - before.Refused))
	m.engines.AddInt64(int64(after.Engines - before.Engines))
	for reason, n := range after.Rejected {
		if n -= before.Rejected[reason]; n > 0 {
			m.set.GetOrCreateCounter(fmt.Sprintf(`ninewatch_agent_snmp_rejected_replies_total{reason=%q}`, reason)).AddInt64(int64(n))
		}
	}
}
