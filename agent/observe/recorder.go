package observe

import (
	"sync"
	"time"

	"ninewatch/internal/telemetry"
)

// runsPerRecord bounds a record; the limit of internal/record is ten times as much.
const runsPerRecord = 1000

// Recorder keeps the runs, windows and traces of all that an agent watches: devices, and other targets.
type Recorder struct {
	length time.Duration

	mu      sync.Mutex
	devices map[string]*device
}

type device struct {
	icmp, snmp *Builder
	looks      *Builder // nil before the first look
	window     *Window
	trace      Trace
	burst      Burst
	lost       int // echoes in a row
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
			window: NewWindow(Subject{Device: name}, r.length),
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
	b := d.icmp
	if e.Look {
		if d.looks == nil {
			d.looks = NewBuilder(name, telemetry.ProbeICMP)
		}
		b = d.looks
	} else {
		records = appendFrame(records, d.window.Add(e))
		d.trace.Add(e)
	}
	if d.changed(e.Result) {
		d.trace.Want()
		records = appendFrame(records, d.trace.Frame(d.window.Subject, true))
	}
	s := Sample{Slot: e.Slot, Every: e.Every, Result: e.Result, Reason: e.Reason, Hop: e.Hop}
	return appendRuns(records, b.Add(nil, s)), d.burst.Add(e.Result)
}

// changed tells whether so many echoes were lost by now that it is an outage, or whether one has ended.
func (d *device) changed(r telemetry.Result) bool {
	switch r {
	case telemetry.Fail:
		d.lost++
		return d.lost == confirms
	case telemetry.OK:
		ended := d.lost >= confirms
		d.lost = 0
		return ended
	}
	return false
}

func appendFrame(records []telemetry.Record, f *telemetry.Frame) []telemetry.Record {
	if f == nil {
		return records
	}
	return append(records, telemetry.Record{Frame: f})
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
		runs = d.flush(runs)
		records = appendFrame(records, d.window.Flush(now.UnixMilli()))
		records = appendFrame(records, d.trace.Frame(d.window.Subject, false))
	}
	return appendRuns(records, runs)
}

// Open returns the runs that grew since they were last recorded, as Flush would, without counting them as recorded.
func (r *Recorder) Open() []telemetry.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	var runs []telemetry.Run
	for _, d := range r.devices {
		for _, b := range []*Builder{d.icmp, d.looks, d.snmp} {
			if b != nil && b.grown {
				runs = append(runs, b.run)
			}
		}
	}
	return appendRuns(nil, runs)
}

// flush appends the runs that grew.
func (d *device) flush(runs []telemetry.Run) []telemetry.Run {
	runs = d.icmp.Flush(runs)
	if d.looks != nil {
		runs = d.looks.Flush(runs)
	}
	return d.snmp.Flush(runs)
}

// Keep has the subjects in keep labelled as said there, forgets all others, and returns what is still to be
// recorded of these.
func (r *Recorder) Keep(keep map[string]Subject, now time.Time) []telemetry.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, s := range keep {
		r.device(name).window.Relabel(s)
	}
	return r.close(func(name string) bool { _, kept := keep[name]; return !kept }, now)
}

// Close forgets everything, and returns what is still to be recorded: open runs, and windows as far as they
// have come.
func (r *Recorder) Close(now time.Time) []telemetry.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.close(func(string) bool { return true }, now)
}

func (r *Recorder) close(gone func(name string) bool, now time.Time) (records []telemetry.Record) {
	var runs []telemetry.Run
	for name, d := range r.devices {
		if !gone(name) {
			continue
		}
		runs = d.flush(runs)
		if d.window.used {
			records = appendFrame(records, d.window.finish(now.UnixMilli()))
		}
		records = appendFrame(records, d.trace.Frame(d.window.Subject, true))
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
