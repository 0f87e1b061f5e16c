package store

import "github.com/VictoriaMetrics/metrics"

type storeMetrics struct{ appended, duplicate, tooOld, notANumber *metrics.Counter }

func newMetrics(set *metrics.Set, s *Store) storeMetrics {
	set.NewGauge(`ninewatch_collector_store_series`, func() float64 { return float64(s.db.Head().NumSeries()) })
	set.NewGauge(`ninewatch_collector_store_free_disk_bytes`, func() float64 { return float64(s.space.freeBytes()) })
	set.NewGauge(`ninewatch_collector_store_paused`, func() float64 {
		if s.Paused() {
			return 1
		}
		return 0
	})
	return storeMetrics{
		appended:   set.NewCounter(`ninewatch_collector_store_samples_appended_total`),
		duplicate:  set.NewCounter(`ninewatch_collector_store_samples_refused_total{reason="duplicate"}`),
		tooOld:     set.NewCounter(`ninewatch_collector_store_samples_refused_total{reason="too_old"}`),
		notANumber: set.NewCounter(`ninewatch_collector_store_samples_refused_total{reason="not_a_number"}`),
	}
}
