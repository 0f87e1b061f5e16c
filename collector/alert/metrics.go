package alert

import (
	"database/sql"

	"github.com/VictoriaMetrics/metrics"
)

type engineMetrics struct{ opened, resolved, dropped, sourceErrors *metrics.Counter }

func newMetrics(set *metrics.Set, read *sql.DB) engineMetrics {
	set.NewGauge(`ninewatch_collector_alert_incidents_open`, func() float64 {
		var n float64
		// A failed read leaves 0; the state store counts its own errors.
		_ = read.QueryRow(`SELECT count(*) FROM incidents WHERE status <> 'resolved'`).Scan(&n)
		return n
	})
	return engineMetrics{
		opened:       set.NewCounter(`ninewatch_collector_alert_incidents_opened_total`),
		resolved:     set.NewCounter(`ninewatch_collector_alert_incidents_resolved_total`),
		dropped:      set.NewCounter(`ninewatch_collector_alert_findings_dropped_total`),
		sourceErrors: set.NewCounter(`ninewatch_collector_alert_source_errors_total`),
	}
}
