package observe

import (
	"sync"
	"time"

	"ninewatch/internal/telemetry"
)

// runsPerRecord bounds a record; the limit of internal/record is ten times as much.
const runsPerRecord = 1000

// Recorder keeps the runs and windows of all devices of an agent.
type Recorder struct {
	length time.Duration

	mu      sync.Mutex
	devices map[string]*device
}

type device struct {
	icmp, snmp *Builder
	window     *Window
	burst      Burst
}

// NewRecorder returns a Recorder whose windows have the given length.
func NewRecorder(window time.Duration) *Recorder {
	return &Recorder{length: window, devices: map[string]*device{}}
}

func (r *Recorder) device(name string) *device {
	d := r.devices[name]
	if d == nil {
		d = &device{
			icmp:   NewBuilder(name, telemetry.ProbeICMP),
			snmp:   NewBuilder(name, telemetry.ProbeSNMP),
			window: NewWindow(name, r.length),
		}
		r.devices[name] = d
	}
	return d
}

// Echo takes a result of package icmp. It returns what has to be recorded at once, and whether other probes
// of the device are to be triggered (see Burst).
func (r *Recorder) Echo(name string, e Echo) (records []telemetry.Record, burst bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.device(name)
	if f := d.window.Add(e); f != nil {
		records = append(records, telemetry.Record{Frame: f})
	}
	s := Sample{Slot: e.Slot, Every: e.Every, Result: e.Result, Reason: e.Reason}
	return appendRuns(records, d.icmp.Add(nil, s)), d.burst.Add(e.Result)
}

// SNMP takes whether a device answered SNMP. It returns what has to be recorded at once.
func (r *Recorder) SNMP(name string, s Sample) []telemetry.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return appendRuns(nil, r.device(name).snmp.Add(nil, s))
}

// Flush returns the runs that grew since they were last recorded, and the windows that ended. The agent calls
// it every ten seconds: for so long a run may be known to be shorter than it is.
func (r *Recorder) Flush(now time.Time) []telemetry.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	var records []telemetry.Record
	var runs []telemetry.Run
	for _, d := range r.devices {
		runs = d.icmp.Flush(runs)
		runs = d.snmp.Flush(runs)
		if f := d.window.Flush(now.UnixMilli()); f != nil {
			records = append(records, telemetry.Record{Frame: f})
		}
	}
	return appendRuns(records, runs)
}

// Keep forgets the devices that are not among names, and returns what is still to be recorded of them.
func (r *Recorder) Keep(names []string) []telemetry.Record {
	keep := make(map[string]bool, len(names))
	for _, n := range names {
		keep[n] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var records []telemetry.Record
	var runs []telemetry.Run
	for name, d := range r.devices {
		if keep[name] {
			continue
		}
		runs = d.icmp.Flush(runs)
		runs = d.snmp.Flush(runs)
		if d.window.used {
			records = append(records, telemetry.Record{Frame: d.window.finish()})
		}
		delete(r.devices, name)
	}
	return appendRuns(records, runs)
}

func appendRuns(records []telemetry.Record, runs []telemetry.Run) []telemetry.Record {
	for len(runs) > 0 {
		n := min(len(runs), runsPerRecord)
		records = append(records, telemetry.Record{Runs: runs[:n:n]})
		runs = runs[n:]
	}
	return records
}
