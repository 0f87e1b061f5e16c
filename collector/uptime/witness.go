package uptime

import (
	"context"
	"fmt"
	"slices"

	"ninewatch/collector/inventory"
)

// trapTells (ms) is for how long a trap alone tells what a port is: polls have told by then.
const trapTells = 120_000

// mostKept bounds what is kept of what the witnesses of a device said.
const mostKept = 256

// testimony is what was asked of a witness, and what it said.
type testimony struct {
	dating
	ok bool
}

type question struct {
	start  bool // when it started, not when it was cut off
	lo, hi int64
}

// asked is a witness that reads the state store, and remembers what it read.
type asked struct {
	ctx   context.Context
	facts facts
	of    string
	ports func(at int64) []inventory.Port
	said  map[question]testimony
	err   error // the first; what was said then is worth nothing
}

// witness is that of d. What it says is kept in d, which is locked, until something else is known.
func (e *Engine) witness(ctx context.Context, d *device) *asked {
	if len(d.said) > mostKept || d.said == nil {
		d.said = map[question]testimony{}
	}
	return e.fresh(ctx, d.name, d.said)
}

func (e *Engine) fresh(ctx context.Context, name string, said map[question]testimony) *asked {
	return &asked{ctx: ctx, facts: e.facts, of: name, ports: func(at int64) []inventory.Port { return e.portsAt(name, at) }, said: said}
}

// portsAt are the ports by which a target is reached at a time (Unix ms): those of the parents of a device, or that of
// a circuit.
func (e *Engine) portsAt(name string, at int64) []inventory.Port {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if !isProbe(name) {
		return e.plan.parents.Ports(name, at)
	}
	if p, ok := e.plan.endOf(name); ok {
		return []inventory.Port{p}
	}
	return nil
}

// endOf is the interface at the near end of a circuit whose far end is probed.
func (p *plan) endOf(probe string) (inventory.Port, bool) {
	_, name, _ := inventory.Scope(probe).Split()
	c, ok := p.circuits[name]
	return inventory.Port{Device: c.Device, Key: c.Interface}, ok && c.Device != "" && c.Interface != ""
}

func (a *asked) once(q question, read func() (testimony, error)) testimony {
	t, known := a.said[q]
	if known || a.err != nil {
		return t
	}
	if t, a.err = read(); a.err == nil {
		a.said[q] = t
	}
	return t
}

// cut implements witness.
func (a *asked) cut(lo, hi int64) (dating, bool) {
	t := a.once(question{lo: lo, hi: hi}, func() (t testimony, err error) {
		ports := a.ports(hi)
		seen := map[inventory.Port][]sighting{}
		for _, p := range ports {
			if seen[p], err = a.facts.sightings(a.ctx, p, lo, hi); err != nil {
				return t, err
			}
		}
		t.dating, t.ok = cutOff(ports, func(p inventory.Port) []sighting { return seen[p] }, lo, hi)
		return t, nil
	})
	return t.dating, t.ok
}

// startTraps are the names of the kinds in start_traps (RFC 3418).
var startTraps = []string{1: "coldStart", 2: "warmStart"}

// started implements witness.
func (a *asked) started(lo, hi int64) (at int64, name string, ok bool) {
	t := a.once(question{true, lo, hi}, func() (t testimony, err error) {
		rows, err := a.facts.db.QueryContext(a.ctx, `SELECT time_ms, kind FROM start_traps WHERE device = ? AND time_ms > ? AND time_ms <= ?
			ORDER BY time_ms, kind LIMIT 1`, a.of, lo, hi)
		if err != nil {
			return t, fmt.Errorf("read traps of %q: %w", a.of, err)
		}
		defer rows.Close()
		for rows.Next() {
			kind := 0
			if err := rows.Scan(&t.at, &kind); err != nil {
				return t, fmt.Errorf("read traps of %q: %w", a.of, err)
			}
			if t.ok = 0 < kind && kind < len(startTraps); t.ok {
				t.by = startTraps[kind]
			}
		}
		return t, rows.Err()
	})
	return t.at, t.by, t.ok
}

// sightings reads what was seen of a port around (lo, hi] (ms). Of a change that is dated by ifLastChange a poll may
// tell only later.
func (f facts) sightings(ctx context.Context, p inventory.Port, lo, hi int64) ([]sighting, error) {
	traps, err := f.linkTraps(ctx, p.Device, p.Key, lo-trapTells)
	if err != nil {
		return nil, err
	}
	var since int64
	if err := f.db.QueryRowContext(ctx, `SELECT coalesce(max(time_ms), 0) FROM interface_changes WHERE device = ? AND if_key = ? AND time_ms <= ?`,
		p.Device, p.Key, lo).Scan(&since); err != nil {
		return nil, fmt.Errorf("read interface %s/%s: %w", p.Device, p.Key, err)
	}
	of := interfaceFacts{changes: map[string][]StatusChange{}}
	if err := f.changes(ctx, p.Device, p.Key, since, hi+lead, of); err != nil {
		return nil, err
	}
	var changes []StatusChange
	for _, list := range of.changes {
		changes = append(changes, list...)
	}
	return sightings(changes, slices.DeleteFunc(traps, func(t LinkTrap) bool { return t.At > hi })), nil
}

// PortsChanged takes devices of which ports changed, or that sent a trap of one or of their start, and since when
// (Unix ms). It returns the verdicts that this changes: of what lies behind them, and of themselves.
func (e *Engine) PortsChanged(ctx context.Context, since map[string]int64) ([]Verdict, error) {
	var names []string
	for device, at := range since {
		for _, name := range append(e.behind(device), device) {
			if d := e.device(name); d != nil {
				from, err := e.throughBoot(ctx, name, at)
				if err != nil {
					return nil, err
				}
				d.heard(at, from, device)
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return e.judge(ctx, slices.Compact(names))
}

// behind is what is reached by ports of a device: its children, and the far ends of circuits.
func (e *Engine) behind(device string) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := slices.Clone(e.childrenOf[device])
	for name := range e.devices {
		if !isProbe(name) {
			continue
		}
		if p, ok := e.plan.endOf(name); ok && p.Device == device {
			out = append(out, name)
		}
	}
	return out
}

// throughBoot is at, or the reading before a restart that spans it: it may be explained otherwise.
func (e *Engine) throughBoot(ctx context.Context, name string, at int64) (int64, error) {
	boots, err := e.facts.boots(ctx, name, at)
	for _, b := range boots {
		if b.Previous > 0 {
			at = min(at, b.Previous)
		}
	}
	return at, err
}

// heard notes that a witness may say something else of the time around at, or since from (ms).
func (d *device) heard(at, from int64, who string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = nil
	reach := int64(lead)
	if d.tail != nil {
		reach = d.tail.reach(d.policy)
	}
	if at = min(at-reach, from); d.tail == nil || at < d.tail.exact {
		d.history = nil
	}
	if d.revise.published == 0 || at < d.revise.published {
		d.revise.from(at, "collector", "what "+who+" told of a port, or of its start, came late")
		d.revise.last = 0
	}
}
