package simulate

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// pulled is what has been taken out of a port for now.
type pulled struct {
	cut               bool
	at                time.Time // of the newest change; zero: never
	in, out           uint64    // counters at the cut
	missedIn, missedO uint64    // what would have been counted while it was cut
}

// pullEvery is how often the file of what is pulled is looked at.
const pullEvery = time.Second

// Pull takes things out of a demo network, and puts all else back: DEVICE/PORT is the cable of a port, and takes
// both its ends down; DEVICE/PART a power supply or fan, which the device then lists no more; DEVICE all of a
// device, which says nothing any more and takes the far ends of its cables down. (The kernel goes on to answer
// echoes in its place.) Of a list with a mistake nothing is done.
func (f *Fleet) Pull(list ...string) error {
	if f.cfg.pull == nil {
		return fmt.Errorf("pull %q: only a demo network can be pulled apart", list)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cfg.pull(list, f.deps.Now())
}

// follow pulls what a file names, one thing a line, as it changes. No file is an empty one.
func (f *Fleet) follow(ctx context.Context) {
	ticker := time.NewTicker(pullEvery)
	defer ticker.Stop()
	last := ""
	for {
		data, err := os.ReadFile(f.cfg.pulls)
		if text := string(data); (err == nil || os.IsNotExist(err)) && text != last {
			last = text
			list := slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
			if err := f.Pull(list...); err != nil {
				f.log.Warn("what is to be pulled is left as it was", "file", f.cfg.pulls, "err", err)
			} else {
				f.log.Info("pulled out of the demo network, all else is in its place", "pulled", strings.Join(list, ", "))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// pull is Fleet.Pull for the machines of a demo.
func (d *Demo) pull(list []string, at time.Time) error {
	off, cut, gone := map[*machine]bool{}, map[*port]bool{}, map[*part]bool{}
	for _, text := range list {
		device, thing, _ := strings.Cut(strings.TrimSpace(text), "/")
		n := slices.IndexFunc(d.machines, func(m *machine) bool { return m.name == device })
		if n < 0 {
			return fmt.Errorf("pull %.80q: there is no such device in the demo network", text)
		}
		m := d.machines[n]
		port := slices.IndexFunc(m.ports, func(p port) bool { return p.name == thing })
		part := slices.IndexFunc(m.parts, func(p part) bool { return p.name == thing })
		switch {
		case thing == "":
			off[m] = true
		case port >= 0:
			cut[&m.ports[port]] = true
		case part >= 0:
			gone[&m.parts[part]] = true
		default:
			return fmt.Errorf("pull %.80q: %s has no such port, power supply or fan", text, device)
		}
	}
	for _, m := range d.machines {
		for _, c := range m.cables {
			if off[m] || cut[&m.ports[c.port]] {
				cut[&c.far.ports[c.remote]] = true
			}
		}
	}
	for _, m := range d.machines {
		m.off = off[m]
		for i := range m.parts {
			p := &m.parts[i]
			if p.pulled != gone[p] {
				p.pulled, m.swapped = gone[p], at
			}
		}
		for i := range m.ports {
			m.cut(i, cut[&m.ports[i]], at)
		}
		m.bundle(at)
		m.table = columns(m)
	}
	return nil
}

// cut takes a port down, or up again. Its counters stand still meanwhile.
func (m *machine) cut(i int, cut bool, at time.Time) {
	p := &m.ports[i].pulled
	if p.cut == cut {
		return
	}
	if cut {
		p.in, p.out = m.inOctets(i, at), m.outOctets(i, at)
	} else {
		p.missedIn += m.grown(i, waveIn, &m.ports[i].in, "in", at) - p.missedIn - p.in
		p.missedO += m.grown(i, waveOut, &m.ports[i].out, "out", at) - p.missedO - p.out
	}
	p.cut, p.at = cut, at
}

// bundle takes an aggregate down with the last of its members, and up with the first.
func (m *machine) bundle(at time.Time) {
	for i := range m.ports {
		lag := &m.ports[i]
		if lag.kind != ieee8023adLag {
			continue
		}
		members, up := 0, 0
		for j := range m.ports {
			if p := &m.ports[j]; p.above == lag.index {
				members++
				if p.up() {
					up++
				}
			}
		}
		m.cut(i, lag.pulled.cut && members == 0 || members > 0 && up == 0, at)
	}
}

// lastChange is ifLastChange in TimeTicks.
func (m *machine) lastChange(i int, at time.Time) uint64 {
	return m.stamp(m.ports[i].pulled.at, at)
}

// stamp is the TimeStamp (RFC 2579) of a change as the device says it at a time.
func (m *machine) stamp(changed, at time.Time) uint64 {
	if changed.IsZero() || changed.Before(m.started(at)) {
		return 0
	}
	return m.sysUpTime(changed)
}

// vrrpState is what a router is: vrrpOperState of RFC 2787.
func (m *machine) vrrpState() int64 {
	const initialize, backup, master = 1, 2, 3
	s := m.standby
	switch {
	case !s.alive(m):
		return initialize
	case s.master || !s.far.standby.alive(s.far):
		return master
	}
	return backup
}

// alive tells whether a router takes part in its group.
func (s *standby) alive(m *machine) bool {
	at := slices.IndexFunc(m.ports, func(p port) bool { return p.index == s.port })
	return !m.off && m.ports[at].up()
}
