package simulate

import (
	"time"

	"ninewatch/internal/telemetry"
)

// lineFault is a time in the past in which the line behind a port was dead. It ends age-long before Since.
type lineFault struct {
	device, port string
	age          time.Duration // from the beginning of the fault to the end of the history
	lasts        time.Duration
}

// lineFaults: the second circuit of Lisbon breaks its contract, the standby of Porto has been away once.
var lineFaults = []lineFault{
	{device: "lis-edge-1", port: "wan2", age: 44 * day, lasts: 9*time.Minute + 12*time.Second},
	{device: "lis-edge-1", port: "wan2", age: 12*day + 5*time.Hour, lasts: 82*time.Minute + 40*time.Second},
	{device: "opo-edge-1", port: "wan2", age: 29*day + 3*time.Hour, lasts: 26 * time.Minute},
}

// lineDown tells whether the line behind a port was dead.
func (d *Demo) lineDown(device, port string, at time.Time) bool {
	for _, f := range lineFaults {
		if begin := d.since.Add(-f.age); f.device == device && f.port == port && !at.Before(begin) && at.Before(begin.Add(f.lasts)) {
			return true
		}
	}
	return false
}

// DemoPolls is what was read of the ports of a device in the past: when, without holes, and what was new.
type DemoPolls struct {
	Device, Agent string
	Runs          []DemoRun
	Changes       []DemoStatus // of each port in the order of time; the first of each run is what it began with
}

// DemoRun is polls at a steady interval. Times are Unix ms, To is the last poll.
type DemoRun struct{ From, To, Every int64 }

// DemoStatus is what a port said from a poll on. Previous is the poll before, 0 for the first of a run.
type DemoStatus struct {
	Port         string
	At, Previous int64
	Admin, Oper  uint8 // as in IF-MIB
}

// Polls are the past of the ports of each device, from days before Since on. While a device did not answer SNMP
// nothing is known of its ports.
func (d *Demo) Polls(days int) []DemoPolls {
	from := d.since.Add(-time.Duration(days) * day)
	var out []DemoPolls
	for n, m := range d.machines {
		p := DemoPolls{Device: m.name, Agent: d.agent(d.devices[n].Site)}
		for _, r := range d.runs(nil, n, telemetry.ProbeSNMP, demoSNMPInterval, from) {
			if r.Result != telemetry.OK {
				continue
			}
			run := DemoRun{From: r.From, To: r.To, Every: r.Every}
			p.Runs = append(p.Runs, run)
			for i := range m.ports {
				p.Changes = append(p.Changes, d.statuses(m, &m.ports[i], run)...)
			}
		}
		out = append(out, p)
	}
	return out
}

// statuses are what a port said in a run of polls.
func (d *Demo) statuses(m *machine, p *port, run DemoRun) []DemoStatus {
	at := func(ms int64) DemoStatus {
		s := DemoStatus{Port: p.name, At: ms, Admin: uint8(p.adminStatus()), Oper: uint8(p.operStatus())}
		if d.lineDown(m.name, p.name, time.UnixMilli(ms)) {
			s.Oper = 2 // down, RFC 2863
		}
		return s
	}
	out := []DemoStatus{at(run.From)}
	for _, f := range lineFaults {
		if f.device != m.name || f.port != p.name {
			continue
		}
		begin := d.since.Add(-f.age).UnixMilli()
		for _, edge := range []int64{begin, begin + f.lasts.Milliseconds()} {
			first := run.From + (edge-run.From+run.Every-1)/run.Every*run.Every // the first poll that sees it
			if edge <= run.From || first > run.To {
				continue
			}
			s := at(first)
			s.Previous = first - run.Every
			out = append(out, s)
		}
	}
	return out
}
