package simulate

import (
	"math"
	"strconv"
	"time"

	"ninewatch/internal/telemetry"
)

// sampleSeries is one series of a device with its value at a time.
type sampleSeries struct {
	series telemetry.Series
	value  func(at time.Time) telemetry.Value
}

// Samples emits what graphs show of the past: for each device and day a frame of MIB objects and one of
// ICMP figures, a poll each step, from days before Since on. In an outage there are no polls.
func (d *Demo) Samples(days int, step time.Duration, emit func(telemetry.Entry) error) error {
	s := d.sender("samples", emit)
	for n := range d.devices {
		x := &d.devices[n]
		groups := []struct {
			probe  telemetry.Probe
			series []sampleSeries
		}{{telemetry.ProbeSNMP, d.machines[n].series()}, {telemetry.ProbeICMP, d.echoes(n, days, step)}}
		for ago := days; ago > 0; ago-- {
			from := d.since.Add(-time.Duration(ago) * day)
			for _, g := range groups {
				if g.probe == telemetry.ProbeICMP && !x.ICMP {
					continue
				}
				if err := s.send(x.Site, telemetry.Record{Frame: d.frame(n, g.probe, g.series, from, step)}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// frame is one day of polls.
func (d *Demo) frame(n int, probe telemetry.Probe, series []sampleSeries, from time.Time, step time.Duration) *telemetry.Frame {
	f := &telemetry.Frame{Device: d.devices[n].Name}
	for _, s := range series {
		f.Template = append(f.Template, s.series)
	}
	for at := from.Truncate(step).Add(step); !at.After(from.Add(day)) && at.Before(d.since); at = at.Add(step) {
		result, _, _ := d.episodeAt(n, at).seen(probe)
		if result == 0 || result == telemetry.ProberFault || probe == telemetry.ProbeSNMP && result != telemetry.OK {
			continue
		}
		p := telemetry.Poll{Time: at.UnixMilli(), Values: make([]telemetry.Value, len(series))}
		for i, s := range series {
			p.Values[i] = s.value(at)
		}
		f.Polls = append(f.Polls, p)
	}
	return f
}

// series is what an agent reads of m by SNMP.
func (m *machine) series() []sampleSeries {
	all := []sampleSeries{{telemetry.Series{Name: "sysUpTime"}, func(at time.Time) telemetry.Value {
		return telemetry.UintValue(m.sysUpTime(at))
	}}}
	for i := range m.ports {
		add := func(name string, value func(at time.Time) telemetry.Value) {
			all = append(all, labelled(name, "ifName", m.ports[i].name, value))
		}
		counter := func(name string, f func(i int, at time.Time) uint64) {
			add(name, func(at time.Time) telemetry.Value { return telemetry.UintValue(f(i, at)) })
		}
		counter("ifHCInOctets", m.inOctets)
		counter("ifHCOutOctets", m.outOctets)
		counter("ifInErrors", m.inErrors)
		counter("ifOutErrors", func(int, time.Time) uint64 { return 0 })
		add("ifAdminStatus", func(time.Time) telemetry.Value { return telemetry.IntValue(m.ports[i].adminStatus()) })
		add("ifOperStatus", func(time.Time) telemetry.Value { return telemetry.IntValue(m.ports[i].operStatus()) })
	}
	for i := range m.cpus {
		all = append(all, labelled("hrProcessorLoad", "name", cpuName(i), func(at time.Time) telemetry.Value {
			return telemetry.IntValue(m.cpuLoad(i, at))
		}))
	}
	for i := range m.stores {
		st := &m.stores[i]
		add := func(name string, value func(at time.Time) int64) {
			all = append(all, labelled(name, "name", st.descr, func(at time.Time) telemetry.Value { return telemetry.IntValue(value(at)) }))
		}
		add("hrStorageAllocationUnits", func(time.Time) int64 { return st.unit })
		add("hrStorageSize", func(time.Time) int64 { return st.size })
		add("hrStorageUsed", func(at time.Time) int64 { return m.storageUsed(i, at) })
	}
	return all
}

func labelled(name, label, text string, value func(at time.Time) telemetry.Value) sampleSeries {
	return sampleSeries{telemetry.Series{Name: name, Labels: []telemetry.Label{{Name: label, Value: text}}}, value}
}

// echoes is what an agent measures of device n by ICMP. Its counters start with the samples.
func (d *Demo) echoes(n, days int, step time.Duration) []sampleSeries {
	x := &d.devices[n]
	begin := d.since.Add(-time.Duration(days) * day)
	base := 0.0006 // seconds within Lisbon
	if x.Site == "porto" {
		base = 0.0071
	}
	base *= 1 + 0.15*float64(n%4)
	sent := func(at time.Time) uint64 { return uint64(at.Sub(begin) / demoICMPInterval) }
	// busy is from 0 to about 1: queues are longer in the afternoon, and differ from poll to poll.
	busy := func(at time.Time) float64 {
		return 0.5*wave{mean: 0.5}.rate(at) + 0.5*chance(2, "queue", n, int(at.Unix()/int64(step.Seconds())))
	}
	series := func(name string, f func(at time.Time) telemetry.Value, labels ...telemetry.Label) sampleSeries {
		return sampleSeries{telemetry.Series{Name: name, Labels: labels, Vantage: true}, f}
	}
	answered := func(f func(at time.Time) float64) func(at time.Time) telemetry.Value {
		return func(at time.Time) telemetry.Value {
			if result, _, _ := d.episodeAt(n, at).seen(telemetry.ProbeICMP); result == telemetry.Fail {
				return telemetry.Value{}
			}
			return telemetry.FloatValue(f(at))
		}
	}
	all := []sampleSeries{
		series("ninewatch_icmp_sent_total", func(at time.Time) telemetry.Value { return telemetry.UintValue(sent(at)) }),
		series("ninewatch_icmp_received_total", func(at time.Time) telemetry.Value {
			return telemetry.UintValue(sent(at) - d.lost(n, begin, at))
		}),
	}
	for _, q := range []struct {
		label string
		above float64 // share of base by which this quantile exceeds it when the queues are long
	}{{"0", 0}, {"0.05", 0.03}, {"0.25", 0.1}, {"0.5", 0.18}, {"0.75", 0.35}, {"0.95", 0.8}, {"1", 2.4}} {
		all = append(all, series("ninewatch_icmp_rtt_seconds", answered(func(at time.Time) float64 {
			return base * (1 + q.above*busy(at))
		}), telemetry.Label{Name: "quantile", Value: q.label}))
	}
	return append(all, series("ninewatch_icmp_ipdv_seconds", answered(func(at time.Time) float64 { return base * 0.2 * busy(at) })))
}

// lost is how many echoes to device n were lost from one instant to another.
func (d *Demo) lost(n int, from, to time.Time) uint64 {
	var lost float64
	for i := range episodes {
		e := &episodes[i]
		if !e.concerns(&d.devices[n]) {
			continue
		}
		begin := d.since.Add(-e.age)
		end := begin.Add(e.lasts)
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		share := float64(e.loss) / 1e6
		if e.icmp == telemetry.Fail {
			share = 1
		}
		lost += share * math.Max(0, end.Sub(begin).Seconds())
	}
	return uint64(lost)
}

func cpuName(i int) string { return "cpu" + strconv.Itoa(i) }
