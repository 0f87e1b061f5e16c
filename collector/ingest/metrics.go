package ingest

import (
	"github.com/VictoriaMetrics/metrics"
)

type ingestMetrics struct {
	accepted, duplicate, invalid *metrics.Counter
	future, foreign, backlog     *metrics.Counter
	bytes, samples               *metrics.Counter
	appendErrors, syncErrors     *metrics.Counter
	epochsForgotten              *metrics.Counter
	refused                      *metrics.Counter
	paused                       *metrics.Counter
	syncSeconds                  *metrics.Histogram
}

func newIngestMetrics(set *metrics.Set, streams func() float64) ingestMetrics {
	set.NewGauge(`ninewatch_collector_ingest_streams`, streams)
	return ingestMetrics{
		accepted:        set.NewCounter(`ninewatch_collector_ingest_records_total{result="journaled"}`),
		duplicate:       set.NewCounter(`ninewatch_collector_ingest_records_total{result="duplicate"}`),
		invalid:         set.NewCounter(`ninewatch_collector_ingest_records_total{result="invalid"}`),
		future:          set.NewCounter(`ninewatch_collector_ingest_quarantined_total{reason="future"}`),
		foreign:         set.NewCounter(`ninewatch_collector_ingest_quarantined_total{reason="other_site"}`),
		backlog:         set.NewCounter(`ninewatch_collector_ingest_backlog_records_total`),
		bytes:           set.NewCounter(`ninewatch_collector_ingest_journaled_bytes_total`),
		samples:         set.NewCounter(`ninewatch_collector_ingest_samples_total`),
		appendErrors:    set.NewCounter(`ninewatch_collector_ingest_append_errors_total`),
		syncErrors:      set.NewCounter(`ninewatch_collector_ingest_sync_errors_total`),
		epochsForgotten: set.NewCounter(`ninewatch_collector_ingest_epochs_forgotten_total`),
		refused:         set.NewCounter(`ninewatch_collector_ingest_streams_refused_total`),
		paused:          set.NewCounter(`ninewatch_collector_ingest_pauses_total`),
		syncSeconds:     set.NewHistogram(`ninewatch_collector_ingest_sync_seconds`),
	}
}
