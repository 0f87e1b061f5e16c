package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/agent/allow"
	"ninewatch/agent/icmp"
	"ninewatch/agent/observe"
	"ninewatch/agent/schedule"
	"ninewatch/agent/snmp"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
)

const (
	window     = time.Minute      // of ICMP statistics
	flushEvery = 10 * time.Second // how long a run may be known to be shorter than it is
	outbox     = 4096             // records between the probes and the disk
)

// Deps are what a Watcher uses but does not own. All are required.
type Deps struct {
	Log       *slog.Logger
	Metrics   *metrics.Set
	Append    func(...telemetry.Record) error // spool.Queue.Append
	Prober    interface{ SetTargets([]icmp.Target) error }
	Scheduler interface {
		SetJobs([]schedule.Job) error
		Trigger(key string) bool
	}
	Allow allow.List
	Now   func() time.Time
}

// Watcher watches the devices of an assignment. Its methods may be called from several goroutines.
type Watcher struct {
	deps     Deps
	log      *slog.Logger
	quiet    *logging.Quiet
	recorder *observe.Recorder
	m        watchMetrics
	meter    *snmp.Meter
	out      chan []telemetry.Record
	cancel   context.CancelFunc
	stopped  context.Context
	wg       sync.WaitGroup
	asking   sync.WaitGroup // looks, and sessions that are closed once their poll has ended

	mu      sync.Mutex
	devices map[string]*device
	flushed int64 // Unix ms up to which evidence has been appended
}

type watchMetrics struct{ polls, failed, discoveries, bursts, lost *metrics.Counter }

// New returns a Watcher of nothing.
func New(deps Deps) *Watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watcher{
		deps: deps, log: deps.Log.With("component", "agent/watch"), quiet: logging.NewQuiet(time.Minute),
		recorder: observe.NewRecorder(window), out: make(chan []telemetry.Record, outbox),
		meter: snmp.NewMeter(deps.Metrics), cancel: cancel, stopped: ctx, devices: map[string]*device{},
		m: watchMetrics{
			polls:       deps.Metrics.NewCounter(`ninewatch_agent_watch_polls_total`),
			failed:      deps.Metrics.NewCounter(`ninewatch_agent_watch_polls_failed_total`),
			discoveries: deps.Metrics.NewCounter(`ninewatch_agent_watch_discoveries_total`),
			bursts:      deps.Metrics.NewCounter(`ninewatch_agent_watch_bursts_total`),
			lost:        deps.Metrics.NewCounter(`ninewatch_agent_watch_append_failures_total`),
		},
	}
	deps.Metrics.NewGauge(`ninewatch_agent_watch_devices`, func() float64 { return float64(w.Devices()) })
	return w
}

// Start begins to record what the probes report.
func (w *Watcher) Start(context.Context) error {
	w.wg.Go(w.record)
	return nil
}

// Stop ends the looks in flight, records what is left and closes the sessions. The Prober and the Scheduler
// are stopped before it.
func (w *Watcher) Stop(ctx context.Context) error {
	w.mu.Lock()
	for _, d := range w.devices {
		d.end()
		w.asking.Go(d.close)
	}
	w.mu.Unlock()
	err := lifecycle.Wait(ctx, &w.asking, "requests to devices") // they may have something to record
	w.cancel()
	return errors.Join(err, lifecycle.Wait(ctx, &w.wg, "records"))
}

// Devices counts what is watched.
func (w *Watcher) Devices() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.devices)
}

// Watermark is the Unix ms up to which all evidence is in the spool.
func (w *Watcher) Watermark() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushed
}

// record moves records to the spool, and has runs and windows told in time.
func (w *Watcher) record() {
	flush, minute := time.NewTicker(flushEvery), time.NewTicker(window)
	defer flush.Stop()
	defer minute.Stop()
	for {
		select {
		case records := <-w.out:
			w.append(records)
		case <-flush.C:
			w.flush()
		case <-minute.C:
			w.append(w.reachability())
		case <-w.stopped.Done():
			for {
				select {
				case records := <-w.out:
					w.append(records)
					continue
				default:
				}
				break
			}
			w.flush()
			return
		}
	}
}

func (w *Watcher) flush() {
	now := w.deps.Now()
	for range len(w.out) { // what was told before now is on disk before the watermark says so
		w.append(<-w.out)
	}
	w.append(w.recorder.Flush(now))
	w.mu.Lock()
	// An echo that was sent just now is judged a timeout later.
	w.flushed = now.Add(-icmp.DefaultConfig().Timeout).UnixMilli()
	w.mu.Unlock()
}

// reachability is the series ninewatch_up of all devices that were looked at.
func (w *Watcher) reachability() []telemetry.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.deps.Now().UnixMilli()
	var records []telemetry.Record
	for name, d := range w.devices {
		if up, known := d.up(); known {
			records = append(records, telemetry.Record{Frame: &telemetry.Frame{
				Device:   name,
				Template: []telemetry.Series{{Name: "ninewatch_up", Vantage: true}},
				Polls:    []telemetry.Poll{{Time: now, Values: []telemetry.Value{truth(up)}}},
			}})
		}
	}
	return records
}

func (w *Watcher) append(records []telemetry.Record) {
	if len(records) == 0 {
		return
	}
	if err := w.deps.Append(records...); err != nil {
		w.m.lost.Inc()
		if suppressed, ok := w.quiet.Allow("append"); ok {
			w.log.Error("records not stored, they are counted as dropped", "err", err, "suppressed", suppressed)
		}
	}
}

// send hands records to the recorder; while the disk hangs it waits.
func (w *Watcher) send(records ...telemetry.Record) {
	if len(records) == 0 {
		return
	}
	select {
	case w.out <- records:
	case <-w.stopped.Done():
		w.append(records)
	}
}

// Apply makes a the assignment. What of it cannot be watched is returned in words; the rest is watched.
// Devices that stay keep their sessions, plans and open runs.
func (w *Watcher) Apply(a telemetry.Assignment) (problems []string) {
	a.Devices = addresses(a.Devices)
	problems, left := w.apply(a)
	w.send(left...) // may wait for the disk, and others must not wait for us meanwhile
	return problems
}

func (w *Watcher) apply(a telemetry.Assignment) (problems []string, left []telemetry.Record) {
	next := map[string]*device{}
	var targets []icmp.Target
	var jobs []schedule.Job
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, assigned := range a.Devices {
		d, err := w.device(assigned, a.Credentials)
		if next[assigned.Name] != nil {
			err = errors.New("stands there twice, the first is watched")
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("device %q: %s", assigned.Name, err))
			continue
		}
		next[assigned.Name] = d
		if assigned.ICMPInterval > 0 {
			targets = append(targets, icmp.Target{Name: assigned.Name, Addr: d.address, Interval: assigned.ICMPInterval})
		}
		if assigned.Credential != "" && assigned.SNMPInterval > 0 {
			jobs = append(jobs, schedule.Job{Key: jobKey(assigned.Name), Interval: assigned.SNMPInterval, Run: func(ctx context.Context, slot time.Time) {
				w.poll(ctx, d, slot)
			}})
		}
	}
	for name, old := range w.devices {
		if next[name] != old {
			old.end()
			w.asking.Go(old.close) // waits for a poll in flight
		}
	}
	w.devices = next
	names := make([]string, 0, len(next))
	for name := range next {
		names = append(names, name)
	}
	if err := w.deps.Prober.SetTargets(targets); err != nil {
		problems = append(problems, err.Error())
	}
	if err := w.deps.Scheduler.SetJobs(jobs); err != nil {
		problems = append(problems, err.Error())
	}
	return problems, w.recorder.Keep(names)
}

func jobKey(name string) string { return "snmp/" + name }

// device returns the device for an assignment: the one that is there when it is still the same.
func (w *Watcher) device(assigned telemetry.AssignedDevice, credentials map[string]telemetry.Credential) (*device, error) {
	address, err := netip.ParseAddr(assigned.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q is not an IP address, and not a name that this host can look up", assigned.Address)
	}
	if !w.deps.Allow.Permits(address) {
		return nil, fmt.Errorf("address %s is outside of this agent's allow-list", address)
	}
	d := newDevice(assigned, address, w.meter)
	if assigned.Credential != "" {
		credential, ok := credentials[assigned.Credential]
		if !ok {
			return nil, fmt.Errorf("credential %q is not part of the assignment", assigned.Credential)
		}
		d.credential = credential
	}
	if old := w.devices[assigned.Name]; old != nil && old.same(d) {
		old.allocated.Store(&assigned.Interfaces)
		return old, nil
	}
	return d, nil
}

// Echo takes a result of the prober. It is quick: the disk is written elsewhere.
func (w *Watcher) Echo(r icmp.Result) {
	known, returned := w.heard(r)
	if !known {
		return // sent before the device was removed
	}
	records, burst := w.recorder.Echo(r.Target, observe.Echo{
		Slot: r.Slot.UnixMilli(), Every: r.Interval.Milliseconds(), Result: r.Outcome.Result(),
		RTT: r.RTT, Reason: r.Reason, Duplicates: r.Duplicates,
	})
	w.send(records...)
	if burst || returned {
		w.m.bursts.Inc()
		w.asking.Go(func() { w.look(r.Target) })
	}
}

// heard remembers a result. It tells whether the device is watched, and whether this is the first echo that
// comes back after a loss.
func (w *Watcher) heard(r icmp.Result) (known, returned bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.devices[r.Target]
	if d == nil {
		return false, false
	}
	d.echo = r.Outcome.Result()
	if d.echo == telemetry.ProberFault {
		return true, false
	}
	returned = d.lost && d.echo == telemetry.OK
	d.lost = d.echo == telemetry.Fail
	return true, returned
}
