package simulate

import (
	"crypto/sha256"
	"slices"
	"time"

	"ninewatch/internal/telemetry"
)

// episode is a time in the past in which something was not as usual. It ends age-long before Since.
type episode struct {
	device string // empty: all of site
	site   string
	age    time.Duration // from the beginning of the episode to the end of the history
	lasts  time.Duration
	icmp   telemetry.Result // 0: nothing was seen, OK: as usual
	snmp   telemetry.Result
	loss   uint32
	reason string
}

const day = 24 * time.Hour

// coreRestart is how long before the end of the history lis-core-2 came back from its restart.
const coreRestart = 61*day - 11*time.Minute

// episodes: one outage of a site, one restart, flapping, loss, silence of SNMP alone, a prober fault and a
// time without an agent. A later one wins where two overlap.
var episodes = []episode{
	{device: "lis-acc-1", age: 9 * day, lasts: 3*time.Minute + 20*time.Second, icmp: telemetry.Fail, snmp: telemetry.Fail, reason: "timeout"},
	{device: "lis-acc-1", age: 9*day - 12*time.Minute, lasts: 2*time.Minute + 5*time.Second, icmp: telemetry.Fail, snmp: telemetry.Fail, reason: "timeout"},
	{device: "lis-acc-1", age: 9*day - 31*time.Minute, lasts: 4*time.Minute + 48*time.Second, icmp: telemetry.Fail, snmp: telemetry.Fail, reason: "timeout"},
	{device: "lis-core-2", age: coreRestart + 11*time.Minute, lasts: 11 * time.Minute, icmp: telemetry.Fail, snmp: telemetry.Fail, reason: "timeout"},
	{device: "lis-srv-1", age: 40 * day, lasts: 2*time.Hour + 10*time.Minute, icmp: telemetry.OK, snmp: telemetry.Fail, reason: "refused"},
	{device: "opo-edge-1", age: 5*day + 3*time.Hour, lasts: 45 * time.Minute, icmp: telemetry.Loss, snmp: telemetry.OK, loss: 300_000},
	{device: "opo-ups-1", age: 15*day + 7*time.Hour, lasts: 17 * time.Minute, icmp: telemetry.Fail, snmp: telemetry.Fail, reason: "timeout"},
	{site: "porto", age: 23*day + 6*time.Hour, lasts: 38*time.Minute + 12*time.Second, icmp: telemetry.Fail, snmp: telemetry.Fail, reason: "host-unreachable"},
	{site: "porto", age: 70 * day, lasts: 6 * time.Minute, icmp: telemetry.ProberFault, snmp: telemetry.ProberFault, reason: "no-route"},
	{site: "lisbon", age: 33*day + 2*time.Hour, lasts: 52 * time.Minute},
}

// concerns tells whether e says what happened to the device.
func (e *episode) concerns(x *DemoDevice) bool {
	return e.device == x.Name || e.device == "" && e.site == x.Site
}

// History emits the past of the demo from days before Since on: facts, boots and observation runs, as
// backlog. It takes milliseconds. Entries have no LSN.
func (d *Demo) History(days int, emit func(telemetry.Entry) error) error {
	from := d.since.Add(-time.Duration(days) * day)
	s := d.sender("history", emit)
	for n := range d.devices {
		x := &d.devices[n]
		facts := &telemetry.DeviceFacts{Device: x.Name, Time: d.since.UnixMilli(), System: x.System, Interfaces: x.Interfaces, Components: d.machines[n].pastComponents()}
		facts.System.SysUpTime = d.machines[n].sysUpTime(d.since)
		if err := s.send(x.Site, telemetry.Record{Facts: facts}); err != nil {
			return err
		}
		for _, boot := range d.boots(n, from) {
			if err := s.send(x.Site, telemetry.Record{Boot: &boot}); err != nil {
				return err
			}
		}
		var runs []telemetry.Run
		if x.ICMP {
			runs = d.runs(runs, n, telemetry.ProbeICMP, demoICMPInterval, from)
		}
		runs = d.runs(runs, n, telemetry.ProbeSNMP, demoSNMPInterval, from)
		if err := s.send(x.Site, telemetry.Record{Runs: runs}); err != nil {
			return err
		}
	}
	return nil
}

// boots: the one that was found when the history began, and the restart of lis-core-2.
func (d *Demo) boots(n int, from time.Time) []telemetry.Boot {
	m := d.machines[n]
	first := telemetry.Boot{Device: m.name, Time: from.UnixMilli(), Ticks: m.sysUpTime(from)}
	restart := d.since.Add(-coreRestart)
	if n != demoCore2 || !restart.After(from) {
		return []telemetry.Boot{first}
	}
	seen, before := restart.Add(demoSNMPInterval), restart.Add(-11*time.Minute)
	return []telemetry.Boot{first, {
		Device: m.name, Time: seen.UnixMilli(), Ticks: m.sysUpTime(seen),
		Previous: before.UnixMilli(), PreviousTicks: m.sysUpTime(before),
	}}
}

// runs appends what one probe saw of device n from an instant to the end of the history.
func (d *Demo) runs(runs []telemetry.Run, n int, probe telemetry.Probe, every time.Duration, from time.Time) []telemetry.Run {
	step := every.Milliseconds()
	phase := int64(chance(1, "phase", n, int(probe)) * float64(step))
	// firstSlot is the first time at or after t at which the probe looks.
	firstSlot := func(t time.Time) int64 { return (t.UnixMilli()-phase+step-1)/step*step + phase }
	cuts := d.cuts(n, from)
	for i := range len(cuts) - 1 {
		e := d.episodeAt(n, cuts[i])
		result, loss, reason := e.seen(probe)
		first, end := firstSlot(cuts[i]), firstSlot(cuts[i+1])
		if result == 0 || first >= end {
			continue
		}
		r := telemetry.Run{Device: d.devices[n].Name, Probe: probe, From: first, To: end - step, Every: step, Result: result, LossPPM: loss, Reason: reason}
		if k := len(runs) - 1; k >= 0 && joins(runs[k], r) {
			runs[k].To = r.To
			continue
		}
		runs = append(runs, r)
	}
	return runs
}

func joins(a, b telemetry.Run) bool {
	return a.Probe == b.Probe && a.Result == b.Result && a.LossPPM == b.LossPPM && a.Reason == b.Reason && a.To+a.Every == b.From
}

// cuts are the instants between which nothing changes for device n, both ends of the history included.
func (d *Demo) cuts(n int, from time.Time) []time.Time {
	all := []time.Time{from, d.since}
	for i := range episodes {
		e := &episodes[i]
		if !e.concerns(&d.devices[n]) {
			continue
		}
		for _, t := range []time.Time{d.since.Add(-e.age), d.since.Add(e.lasts - e.age)} {
			if t.After(from) && t.Before(d.since) {
				all = append(all, t)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// episodeAt is what was unusual for device n at the time; nil: nothing.
func (d *Demo) episodeAt(n int, at time.Time) *episode {
	var found *episode
	for i := range episodes {
		e := &episodes[i]
		begin := d.since.Add(-e.age)
		if e.concerns(&d.devices[n]) && !at.Before(begin) && at.Before(begin.Add(e.lasts)) {
			found = e
		}
	}
	return found
}

// seen is what the probe saw in the episode; result 0: nobody looked.
func (e *episode) seen(probe telemetry.Probe) (result telemetry.Result, loss uint32, reason string) {
	if e == nil {
		return telemetry.OK, 0, ""
	}
	result = e.snmp
	if probe == telemetry.ProbeICMP {
		result = e.icmp
	}
	switch result {
	case telemetry.OK:
		return result, 0, ""
	case telemetry.Loss:
		return result, e.loss, e.reason
	}
	return result, 0, e.reason
}

// sender wraps records into entries with an epoch of their own and numbers without holes for each agent.
type sender struct {
	demo *Demo
	what string
	seq  map[string]uint64
	emit func(telemetry.Entry) error
}

func (d *Demo) sender(what string, emit func(telemetry.Entry) error) *sender {
	return &sender{demo: d, what: what, seq: map[string]uint64{}, emit: emit}
}

func (s *sender) send(site string, r telemetry.Record) error {
	agent := s.demo.agent(site)
	s.seq[agent]++
	sum := sha256.Sum256([]byte("demo " + s.what + " " + agent + " " + s.demo.since.Format(time.RFC3339)))
	copy(r.Epoch[:], sum[:])
	r.Seq = s.seq[agent]
	return s.emit(telemetry.Entry{Site: site, Agent: agent, Received: s.demo.since.UnixMilli(), Backlog: true, Record: r})
}
