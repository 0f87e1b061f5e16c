package uptime

import (
	"testing"

	"ninewatch/internal/telemetry"
)

// BenchmarkObserve is one device whose open run of echoes grew: read from the store, judged, nothing new.
func BenchmarkObserve(b *testing.B) {
	s := newStore(b)
	s.device("sw1", "lisbon")
	e := s.engine()
	r := icmp("sw1", start, 1000, telemetry.OK)
	s.now = r.To
	s.run("a1", r)
	s.heard("a1", s.now)
	if _, err := e.Reload(b.Context()); err != nil {
		b.Fatal(err)
	}
	if _, err := e.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	entries := []telemetry.Entry{{Agent: "a1", Record: telemetry.Record{Runs: []telemetry.Run{r}}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Observe(b.Context(), entries); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTimeline is 90 days of a device with an outage a day, seen by echoes each second and SNMP.
func BenchmarkTimeline(b *testing.B) {
	var echoes, polls Stream
	echoes.Probe, polls.Probe = telemetry.ProbeICMP, telemetry.ProbeSNMP
	for day := range int64(90) {
		at := day * 86_400_000
		echoes.Runs = append(echoes.Runs, icmp("", at, 86_000, telemetry.OK), icmp("", at+86_000_000, 400, telemetry.Fail))
		polls.Runs = append(polls.Runs, snmp("", at, 1434, telemetry.OK), snmp("", at+86_040_000, 6, telemetry.Fail))
	}
	b.ReportAllocs()
	for b.Loop() {
		Timeline([]Stream{echoes, polls}, DefaultPolicy(), 0, 90*86_400, 90*86_400_000)
	}
}
