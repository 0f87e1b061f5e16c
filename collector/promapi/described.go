package promapi

// described are our own series (CONTRACT §5); the type and unit are what Grafana shows beside a query.
var described = []struct{ name, kind, unit, help string }{
	{"ninewatch_icmp_sent_total", "counter", "", "Echo requests sent, per agent and device."},
	{"ninewatch_icmp_received_total", "counter", "", "Echo replies that came in time, per agent and device."},
	{"ninewatch_icmp_rtt_seconds", "gauge", "seconds", "Quantiles of the round-trip time over a probe window (RFC 2681)."},
	{"ninewatch_icmp_ipdv_seconds", "gauge", "seconds", "Inter-packet delay variation over a probe window (RFC 3393)."},
	{"ninewatch_snmp_up", "gauge", "", "1 when the device answered the last SNMP poll."},
	{"ninewatch_snmp_rtt_seconds", "gauge", "seconds", "Round-trip time of the last SNMP request."},
	{"ninewatch_snmp_requests_total", "counter", "", "SNMP requests sent."},
	{"ninewatch_snmp_timeouts_total", "counter", "", "SNMP requests without an answer."},
	{"ninewatch_link_trap", "gauge", "", "A trap of a link that an agent received: 1 linkUp, 2 linkDown."},
	{"ninewatch_start_trap", "gauge", "", "A trap of a device's start that an agent received: 1 coldStart, 2 warmStart."},
	{"ninewatch_up", "gauge", "", "Reachability seen by one agent, 0 or 1. The ledger reads observation runs, not this."},
	{"ninewatch_state", "gauge", "", "The ledger's verdict: 1 for the state that the device is in."},
	{"ninewatch_device_info", "gauge", "", "1, with what may change of a device in its labels."},
	{"ninewatch_interface_info", "gauge", "", "1, with what may change of an interface in its labels."},
}
