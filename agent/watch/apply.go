package watch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ninewatch/agent/icmp"
	"ninewatch/agent/observe"
	"ninewatch/agent/schedule"
	"ninewatch/agent/trap"
	"ninewatch/internal/telemetry"
)

// plan is what an assignment comes to.
type plan struct {
	devices  map[string]*device
	targets  map[string]*target
	children map[string][]string
	subjects map[string]observe.Subject
	probes   []icmp.Target
	jobs     []schedule.Job
	senders  map[netip.Addr][]trap.Sender
	problems []string

	own  own
	seen map[netip.AddrPort]string // the first device of an address and SNMP port
}

// apply makes a what is watched. Names of a have been looked up before.
func (w *Watcher) apply(a telemetry.Assignment) (problems []string, left []telemetry.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own = ownNetworks()
	p := w.plan(a)
	for name, old := range w.devices {
		if p.devices[name] != old {
			old.end()
			w.asking.Go(old.close) // waits for a poll in flight
		}
	}
	w.devices, w.targets, w.children = p.devices, p.targets, p.children
	w.senders.Store(&p.senders)
	p.tell(w.deps.Prober.SetTargets(p.probes))
	p.tell(w.deps.Scheduler.SetJobs(p.jobs))
	w.problems = p.problems
	return p.problems, w.recorder.Keep(p.subjects, w.deps.Now())
}

// tell adds each of joined errors to the problems.
func (p *plan) tell(err error) {
	if err != nil {
		p.problems = append(p.problems, strings.Split(err.Error(), "\n")...)
	}
}

func (p *plan) problemf(kind, name, format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf("%s %q: %s", kind, name, fmt.Sprintf(format, args...)))
}

func (w *Watcher) plan(a telemetry.Assignment) *plan {
	p := &plan{
		devices: map[string]*device{}, targets: map[string]*target{}, children: map[string][]string{},
		subjects: map[string]observe.Subject{}, own: w.own, seen: map[netip.AddrPort]string{}, senders: map[netip.Addr][]trap.Sender{},
	}
	for _, assigned := range a.Devices {
		if p.devices[assigned.Name] != nil {
			p.problemf("device", assigned.Name, "stands there twice, the first is watched")
		} else if d, err := w.device(p, assigned, a.Credentials); err != nil {
			p.problemf("device", assigned.Name, "%s", err)
		} else {
			w.watch(p, d, assigned)
		}
	}
	for _, assigned := range a.Targets {
		if err := w.target(p, assigned); err != nil {
			p.problemf(assigned.Kind, assigned.Name, "%s", err)
		}
	}
	return p
}

// watch plans the probes of a device.
func (w *Watcher) watch(p *plan, d *device, assigned telemetry.AssignedDevice) {
	name := assigned.Name
	p.devices[name] = d
	p.subjects[name] = observe.Subject{Device: name}
	place := netip.AddrPortFrom(d.address, assigned.Port)
	if first := p.seen[place]; first != "" {
		p.problemf("device", name, "address %s is also that of device %q: both show the same host", d.address, first)
	} else {
		p.seen[place] = name
	}
	for _, parent := range assigned.Parents {
		p.children[parent] = append(p.children[parent], name)
	}
	if assigned.ICMPInterval > 0 {
		p.probes = append(p.probes, icmp.Target{Name: name, Addr: d.address, Interval: assigned.ICMPInterval})
	}
	p.jobs = append(p.jobs, w.jobs(d)...)
	if assigned.Credential != "" && assigned.SNMPInterval > 0 {
		p.senders[d.address.WithZone("")] = append(p.senders[d.address.WithZone("")], trap.Sender{Device: name, Credential: &d.credential})
	}
}

// jobs are what is due for a device, each at its own interval.
func (w *Watcher) jobs(d *device) []schedule.Job {
	if d.assigned.Credential == "" || d.assigned.SNMPInterval == 0 {
		return nil
	}
	job := func(key string, every time.Duration, long bool, run func(context.Context, *device, time.Time)) schedule.Job {
		return schedule.Job{Key: key, Interval: every, Long: long, Run: func(ctx context.Context, slot time.Time) { run(ctx, d, slot) }}
	}
	name := d.assigned.Name
	return []schedule.Job{
		job(pollKey(name), d.assigned.SNMPInterval, false, w.poll),
		job(sensorsKey(name), time.Duration(d.tick.Load()), false, w.sensors),
		job(inventoryKey(name), rediscover, true, w.inventory),
	}
}

func pollKey(name string) string      { return "snmp/" + name }
func sensorsKey(name string) string   { return "sensors/" + name }
func inventoryKey(name string) string { return "inventory/" + name }

// reschedule has jobs follow what profiles say of intervals.
func (w *Watcher) reschedule() {
	w.applying.Lock()
	defer w.applying.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	var jobs []schedule.Job
	for _, d := range w.devices {
		jobs = append(jobs, w.jobs(d)...)
	}
	if err := w.deps.Scheduler.SetJobs(jobs); err != nil {
		w.log.Error("intervals of profiles are not followed", "err", err)
	}
}

// device returns the device for an assignment: the one that is there when it is still the same.
func (w *Watcher) device(p *plan, assigned telemetry.AssignedDevice, credentials map[string]telemetry.Credential) (*device, error) {
	address, err := w.address(p, "device", assigned.Name, assigned.Address)
	if err != nil {
		return nil, err
	}
	d := w.newDevice(assigned, address)
	if assigned.Credential != "" {
		credential, ok := credentials[assigned.Credential]
		if !ok {
			return nil, fmt.Errorf("credential %q is not part of the assignment", assigned.Credential)
		}
		d.credential = credential
	}
	if err := w.knows(assigned.Profile); err != nil {
		p.problemf("device", assigned.Name, "%s", err)
	}
	if old := w.devices[assigned.Name]; old != nil && old.same(d) {
		old.allocated.Store(&assigned.Interfaces)
		return old, nil
	}
	return d, nil
}

// address is where something is found, if the agent may talk to it.
func (w *Watcher) address(p *plan, kind, name, text string) (netip.Addr, error) {
	addr, note, err := w.names.address(text)
	if err == nil {
		err = p.own.refuse(addr)
	}
	if err != nil {
		return addr, err
	}
	if !w.deps.Allow.Permits(addr) {
		return addr, fmt.Errorf("address %s is outside of this agent's allow-list", addr)
	}
	for _, note := range []string{note, p.own.note(addr)} {
		if note != "" {
			p.problemf(kind, name, "%s", note)
		}
	}
	return addr, nil
}

// target plans the probes of a target beyond the devices.
func (w *Watcher) target(p *plan, assigned telemetry.Target) error {
	object := assigned.Object()
	if p.targets[object] != nil {
		return errors.New("stands there twice, the first is watched")
	}
	addr, err := w.address(p, assigned.Kind, assigned.Name, assigned.Address)
	if err != nil {
		return err
	}
	t := &target{assigned: assigned}
	if old := w.targets[object]; old != nil {
		t.lost = old.lost
	}
	p.targets[object] = t
	p.subjects[object] = subject(assigned)
	if assigned.Device != "" {
		p.children[assigned.Device] = append(p.children[assigned.Device], object)
	}
	p.probes = append(p.probes, probe(assigned, addr))
	return nil
}
