package uptime

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/telemetry"
)

// sharp judges one agent's echoes each second and SNMP polls; the timeline is from 0 to 300 s.
func sharp(asOf int64, runs ...telemetry.Run) []Interval {
	by := map[telemetry.Probe]*Stream{
		telemetry.ProbeICMP: {Probe: telemetry.ProbeICMP, Agent: "a"}, telemetry.ProbeSNMP: {Probe: telemetry.ProbeSNMP, Agent: "a"},
	}
	for _, r := range runs {
		by[r.Probe].Runs = append(by[r.Probe].Runs, r)
	}
	pol := DefaultPolicy()
	return statesOnly(Timeline([]Stream{*by[telemetry.ProbeICMP], *by[telemetry.ProbeSNMP]}, pol, 0, 300, asOf*1000))
}

func TestSharpen(t *testing.T) {
	echo := func(from, to int64, r telemetry.Result) telemetry.Run { return icmp("", from*1000, to-from, r) }
	poll := func(at int64, r telemetry.Result) telemetry.Run { return snmp("", at*1000, 1, r) }
	f := func(name string, asOf int64, want []Interval, runs ...telemetry.Run) {
		t.Helper()
		if diff := cmp.Diff(want, sharp(asOf, runs...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	ok, fail := telemetry.OK, telemetry.Fail
	f("a cut between two polls is down while echoes are lost, not degraded", 300,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 130, State: Down}, {From: 130, To: 300, State: Up}},
		echo(0, 100, ok), echo(100, 130, fail), echo(130, 300, ok),
		poll(0, ok), poll(60, ok), poll(120, fail), poll(180, ok), poll(240, ok))
	f("and where no poll fell into it", 300,
		[]Interval{{From: 0, To: 130, State: Up}, {From: 130, To: 150, State: Down}, {From: 150, To: 300, State: Up}},
		echo(0, 130, ok), echo(130, 150, fail), echo(150, 300, ok),
		poll(0, ok), poll(60, ok), poll(120, ok), poll(180, ok), poll(240, ok))
	f("a long cut ends with the echoes, not with the next poll", 300,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 250, State: Down}, {From: 250, To: 300, State: Up}},
		echo(0, 100, ok), echo(100, 250, fail), echo(250, 300, ok),
		poll(0, ok), poll(60, ok), poll(120, fail), poll(180, fail), poll(240, fail))
	f("a poll that began before the cut and failed by it does not date it", 300,
		[]Interval{{From: 0, To: 122, State: Up}, {From: 122, To: 270, State: Down}, {From: 270, To: 300, State: Up}},
		echo(0, 122, ok), echo(122, 270, fail), echo(270, 300, ok),
		poll(0, ok), poll(60, ok), poll(120, fail), poll(180, fail), poll(240, fail))
	f("snmpd stopped while echoes return is degraded", 300,
		[]Interval{{From: 0, To: 120, State: Up}, {From: 120, To: 240, State: Degraded}, {From: 240, To: 300, State: Up}},
		echo(0, 300, ok), poll(0, ok), poll(60, ok), poll(120, fail), poll(180, fail), poll(240, ok))
	f("echoes filtered while SNMP answers is degraded", 300,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 300, State: Degraded}},
		echo(0, 100, ok), echo(100, 300, fail), poll(0, ok), poll(60, ok), poll(120, ok), poll(180, ok), poll(240, ok))
	f("snmpd does not come back with the box: degraded from the first echo", 300,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 150, State: Down}, {From: 150, To: 300, State: Degraded}},
		echo(0, 100, ok), echo(100, 150, fail), echo(150, 300, ok),
		poll(0, ok), poll(60, ok), poll(120, fail), poll(180, fail), poll(240, fail))
	f("live: SNMP is given its time", 104,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 104, State: Degraded}, {From: 104, To: 300, State: Unknown}},
		echo(0, 100, ok), echo(100, 104, fail), poll(0, ok), poll(60, ok))
	f("live: then the old reply vouches for nothing", 106,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 106, State: Down}, {From: 106, To: 300, State: Unknown}},
		echo(0, 100, ok), echo(100, 106, fail), poll(0, ok), poll(60, ok))
	f("live: a poll that failed needs no time", 104,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 104, State: Down}, {From: 104, To: 300, State: Unknown}},
		echo(0, 100, ok), echo(100, 104, fail), poll(0, ok), poll(60, ok), poll(102, fail))
	f("wrong credentials are an answer", 300,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 120, State: Degraded}, {From: 120, To: 300, State: Unknown}},
		echo(0, 100, ok), echo(100, 300, fail), poll(0, ok), poll(60, ok),
		poll(120, telemetry.Credentials), poll(180, telemetry.Credentials), poll(240, telemetry.Credentials))
	f("a prober fault is no loss", 300,
		[]Interval{{From: 0, To: 100, State: Up}, {From: 100, To: 200, State: Unknown}, {From: 200, To: 300, State: Up}},
		echo(0, 100, ok), echo(100, 200, telemetry.ProberFault), echo(200, 300, ok))
}

// TestChangeOfInterval: neither bursts nor a new interval make holes.
func TestChangeOfInterval(t *testing.T) {
	run := func(from, to, every int64) telemetry.Run {
		return telemetry.Run{Probe: telemetry.ProbeICMP, From: from, To: to, Every: every, Result: telemetry.OK}
	}
	got := sharp(300, run(0, 60_000, 60_000), run(60_500, 61_500, 200), run(120_000, 180_000, 60_000), run(190_000, 200_000, 10_000), run(250_000, 300_000, 60_000))
	want := []Interval{{From: 0, To: 300, State: Up}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
