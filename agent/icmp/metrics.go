package icmp

import "github.com/VictoriaMetrics/metrics"

type proberMetrics struct {
	sent, replies, lost, faults        *metrics.Counter
	duplicates, late, foreign, invalid *metrics.Counter
	icmpErrors, missed, drops, steps   *metrics.Counter
	reordered, looks                   *metrics.Counter
}

func newMetrics(set *metrics.Set) proberMetrics {
	return proberMetrics{
		sent:       set.NewCounter(`ninewatch_agent_icmp_sent_total`),
		replies:    set.NewCounter(`ninewatch_agent_icmp_replies_total`),
		lost:       set.NewCounter(`ninewatch_agent_icmp_lost_total`),
		faults:     set.NewCounter(`ninewatch_agent_icmp_faults_total`),
		duplicates: set.NewCounter(`ninewatch_agent_icmp_duplicates_total`),
		late:       set.NewCounter(`ninewatch_agent_icmp_late_replies_total`),
		foreign:    set.NewCounter(`ninewatch_agent_icmp_foreign_packets_total`),
		invalid:    set.NewCounter(`ninewatch_agent_icmp_invalid_packets_total`),
		icmpErrors: set.NewCounter(`ninewatch_agent_icmp_error_messages_total`),
		missed:     set.NewCounter(`ninewatch_agent_icmp_missed_slots_total`),
		reordered:  set.NewCounter(`ninewatch_agent_icmp_reordered_replies_total`),
		looks:      set.NewCounter(`ninewatch_agent_icmp_looks_total`),
		drops:      set.NewCounter(`ninewatch_agent_icmp_receive_drops_total`),
		steps:      set.NewCounter(`ninewatch_agent_icmp_clock_steps_total`),
	}
}
