package schedule

import "github.com/VictoriaMetrics/metrics"

type schedulerMetrics struct {
	runs, triggers, skipped, steps, fileErrors *metrics.Counter
}

func newMetrics(set *metrics.Set, s *Scheduler) schedulerMetrics {
	set.NewGauge(`ninewatch_agent_schedule_running`, func() float64 { return float64(s.counts().running) })
	set.NewGauge(`ninewatch_agent_schedule_waiting`, func() float64 { return float64(s.counts().waiting) })
	return schedulerMetrics{
		runs:       set.NewCounter(`ninewatch_agent_schedule_runs_total`),
		triggers:   set.NewCounter(`ninewatch_agent_schedule_triggers_total`),
		skipped:    set.NewCounter(`ninewatch_agent_schedule_skipped_slots_total`),
		steps:      set.NewCounter(`ninewatch_agent_schedule_clock_steps_total`),
		fileErrors: set.NewCounter(`ninewatch_agent_schedule_file_errors_total`),
	}
}
