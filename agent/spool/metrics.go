package spool

import (
	"fmt"
	"io"

	"github.com/VictoriaMetrics/metrics"
)

// register shows the account. One writer for all of it: a scrape sees one moment.
func (q *Queue) register(set *metrics.Set) {
	if set != nil {
		set.RegisterMetricsWriter(q.writeMetrics)
	}
}

func (q *Queue) writeMetrics(w io.Writer) {
	a := q.Account()
	metrics.WriteCounterUint64(w, "ninewatch_agent_samples_produced_total", a.Produced)
	metrics.WriteCounterUint64(w, "ninewatch_agent_samples_acknowledged_total", a.Acknowledged)
	metrics.WriteGaugeUint64(w, "ninewatch_agent_samples_queued", a.Queued)
	for _, reason := range []string{dropSize, dropAge, dropFull, dropWrite, dropInvalid, dropDamaged, dropMissing} {
		metrics.WriteCounterUint64(w, fmt.Sprintf("ninewatch_agent_samples_dropped_total{reason=%q}", reason), a.Dropped[reason])
	}
	metrics.WriteGaugeUint64(w, "ninewatch_agent_spool_records", a.Records)
	metrics.WriteGaugeUint64(w, "ninewatch_agent_spool_bytes", a.Bytes)
	metrics.WriteCounterUint64(w, "ninewatch_agent_spool_damaged_records_total", q.j.Damaged())
}
