package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/agent/allow"
	"ninewatch/agent/icmp"
	"ninewatch/agent/observe"
	"ninewatch/agent/profile"
	"ninewatch/agent/schedule"
	"ninewatch/agent/snmp"
	"ninewatch/agent/trap"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/telemetry"
)

const (
	window     = time.Minute      // of ICMP statistics
	flushEvery = 10 * time.Second // how long a run may be known to be shorter than it is
	outbox     = 4096             // records between the probes and the disk
)

// Deps are what a Watcher uses but does not own. All are required but Learnt.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Append  func(...telemetry.Record) error // spool.Queue.Append
	Prober  interface {
		SetTargets([]icmp.Target) error
		Look(names ...string)
	}
	Scheduler interface {
		SetJobs([]schedule.Job) error
		Trigger(key string) bool
	}
	Allow    allow.List
	Profiles *profile.Library
	Now      func() time.Time
	// Learnt is the file that keeps limits of devices over restarts; empty: none.
	Learnt string
	// Checkpoint is the file that keeps open runs over a kill; empty: none.
	Checkpoint string
}

// Watcher watches the devices of an assignment. Its methods may be called from several goroutines.
type Watcher struct {
	deps     Deps
	log      *slog.Logger
	quiet    *logging.Quiet
	recorder *observe.Recorder
	m        watchMetrics
	manager  *snmp.Manager
	memory   *snmp.Memory
	meter    *snmp.Meter
	out      chan []telemetry.Record
	rejob    chan struct{} // jobs have other intervals
	cancel   context.CancelFunc
	stopped  context.Context
	wg       sync.WaitGroup
	asking   sync.WaitGroup // looks, and sessions that are closed once their poll has ended

	applying sync.Mutex // one assignment, or change of an address, at a time
	names    names
	assigned telemetry.Assignment // as it came
	own      own                  // networks of this host, when it was applied

	senders atomic.Pointer[map[netip.Addr][]trap.Sender] // devices by their address

	mu       sync.Mutex
	devices  map[string]*device
	targets  map[string]*target  // by their object
	children map[string][]string // objects that are reached through a device
	problems []string            // of the assignment, as it is watched now
	flushed  int64               // Unix ms up to which evidence has been appended
}

type watchMetrics struct{ polls, failed, invalid, discoveries, bursts, lost *metrics.Counter }

// New returns a Watcher of nothing.
func New(deps Deps) *Watcher {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watcher{
		deps: deps, log: deps.Log.With("component", "agent/watch"), quiet: logging.NewQuiet(time.Minute),
		recorder: observe.NewRecorder(window), out: make(chan []telemetry.Record, outbox), rejob: make(chan struct{}, 1),
		meter: snmp.NewMeter(deps.Metrics), cancel: cancel, stopped: ctx, devices: map[string]*device{},
		names: newNames(),
		m: watchMetrics{
			polls:       deps.Metrics.NewCounter(`ninewatch_agent_watch_polls_total`),
			invalid:     deps.Metrics.NewCounter(`ninewatch_agent_watch_invalid_values_total`),
			failed:      deps.Metrics.NewCounter(`ninewatch_agent_watch_polls_failed_total`),
			discoveries: deps.Metrics.NewCounter(`ninewatch_agent_watch_discoveries_total`),
			bursts:      deps.Metrics.NewCounter(`ninewatch_agent_watch_bursts_total`),
			lost:        deps.Metrics.NewCounter(`ninewatch_agent_watch_append_failures_total`),
		},
	}
	deps.Metrics.NewGauge(`ninewatch_agent_watch_devices`, func() float64 { return float64(w.Devices()) })
	w.manager, w.memory = snmp.NewManager(deps.Log), snmp.NewMemory(deps.Learnt)
	return w
}

// Start begins to record what the probes report.
func (w *Watcher) Start(context.Context) error {
	if err := w.memory.Open(); err != nil {
		w.log.Warn("limits of devices are found out anew", "err", err)
	}
	w.restore()
	w.wg.Go(w.record)
	w.wg.Go(w.follow)
	return nil
}

// follow looks up the names of the assignment again and again, and keeps the jobs at the intervals of profiles.
func (w *Watcher) follow() {
	ticker := time.NewTicker(lookupEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.lookAgain()
		case <-w.rejob:
			w.reschedule()
		case <-w.stopped.Done():
			return
		}
	}
}

// lookAgain applies the assignment anew when a name has other addresses, or this host has.
func (w *Watcher) lookAgain() {
	w.applying.Lock()
	defer w.applying.Unlock()
	if len(w.assigned.Devices)+len(w.assigned.Targets) == 0 {
		return
	}
	before := w.names.known
	changed := w.names.refresh(w.stopped, hostsOf(w.assigned))
	if maps.EqualFunc(before, w.names.known, answer.equal) && slices.Equal(w.own, ownNetworks()) {
		return
	}
	for _, host := range changed {
		w.log.Warn("a name has another address, which is watched from now on", "name", host,
			"before", before[host].addr.String(), "addr", w.names.known[host].addr.String())
	}
	problems, left := w.apply(w.assigned)
	w.send(left...)
	for _, p := range problems {
		if suppressed, ok := w.quiet.Allow("problem/" + p); ok {
			w.log.Warn("not watched as assigned", "problem", p, "suppressed", suppressed)
		}
	}
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
	return errors.Join(err, lifecycle.Wait(ctx, &w.wg, "records"), w.manager.Close(), w.memory.Close())
}

// Devices counts what is watched.
func (w *Watcher) Devices() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.devices)
}

// Problems are what is not watched as assigned or is odd, in words: the first of them, and how many more there are.
func (w *Watcher) Problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.problems) <= telemetry.MaxProblems {
		return slices.Clone(w.problems)
	}
	told := slices.Clone(w.problems[:telemetry.MaxProblems-1])
	return append(told, fmt.Sprintf("and %d more, see the log of the collector", len(w.problems)-len(told)))
}

// Watermark is the Unix ms up to which all evidence is in the spool.
func (w *Watcher) Watermark() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushed
}

// record moves records to the spool, and has runs and windows told in time.
func (w *Watcher) record() {
	flush, minute, keep := time.NewTicker(flushEvery), time.NewTicker(window), time.NewTimer(checkpointEvery)
	defer flush.Stop()
	defer minute.Stop()
	defer keep.Stop()
	for {
		select {
		case records := <-w.out:
			w.append(records)
		case <-flush.C:
			w.flush()
		case <-keep.C:
			keep.Reset(w.checkpoint())
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
			w.append(w.recorder.Close(w.deps.Now()))
			os.Remove(w.deps.Checkpoint) //nolint:errcheck // what it holds is told; told again it is the same
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
	w.applying.Lock()
	defer w.applying.Unlock()
	w.assigned = a
	w.names.refresh(w.stopped, hostsOf(a))
	problems, left := w.apply(a)
	w.send(left...) // may wait for the disk, and others must not wait for us meanwhile
	return problems
}

// Echo takes a result of the prober. It is quick: the disk is written elsewhere.
func (w *Watcher) Echo(r icmp.Result) {
	known, returned := w.heard(r)
	if !known {
		return // sent before it was removed
	}
	records, burst := w.recorder.Echo(r.Target, observe.Echo{
		Slot: r.Slot.UnixMilli(), Every: r.Interval.Milliseconds(), Result: r.Outcome.Result(), Look: r.Look,
		RTT: r.RTT, Reason: r.Reason, Hop: r.Hop, Duplicates: r.Duplicates, Late: r.Late, Reordered: r.Reordered,
	})
	w.send(records...)
	if burst || returned {
		w.m.bursts.Inc()
		w.lookAround(r.Target, burst)
	}
}

// lookAround has fresh evidence gathered around a change: on a first loss of the target itself and of what it is
// reached through; on a return, of what is reached through it and was lost with it.
func (w *Watcher) lookAround(name string, lost bool) {
	w.mu.Lock()
	echoes, polls := []string{name}, []string{name}
	if lost {
		for _, parent := range w.parents(name) {
			if d := w.devices[parent]; d != nil && d.assigned.ICMPInterval == 0 {
				polls = append(polls, parent)
			}
			echoes = append(echoes, parent)
		}
	} else {
		for _, child := range w.children[name] {
			if w.lost(child) {
				echoes = append(echoes, child)
			}
		}
	}
	w.mu.Unlock()
	w.deps.Prober.Look(echoes...)
	for _, name := range polls {
		w.asking.Go(func() { w.look(name) })
	}
}

// parents are the devices that something is reached through; Watcher.mu is held.
func (w *Watcher) parents(name string) []string {
	if d := w.devices[name]; d != nil {
		return d.assigned.Parents
	}
	if t := w.targets[name]; t != nil && t.assigned.Device != "" {
		return []string{t.assigned.Device}
	}
	return nil
}

// lost tells whether the last echo to something did not come back; Watcher.mu is held.
func (w *Watcher) lost(name string) bool {
	if d := w.devices[name]; d != nil {
		return d.lost
	}
	t := w.targets[name]
	return t != nil && t.lost
}

// heard remembers a result. It tells whether its target is watched, and whether this is the first echo that
// comes back after a loss.
func (w *Watcher) heard(r icmp.Result) (known, returned bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	result := r.Outcome.Result()
	var lost *bool
	if d := w.devices[r.Target]; d != nil {
		d.echo, lost = result, &d.lost
	} else if t := w.targets[r.Target]; t != nil {
		lost = &t.lost
	} else {
		return false, false
	}
	if result == telemetry.ProberFault {
		return true, false
	}
	returned = *lost && result == telemetry.OK
	*lost = result == telemetry.Fail
	return true, returned
}
