package uptime

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
)

// parentsAt is what a device was reached through at a time (Unix ms).
func (e *Engine) parentsAt(name string, at int64) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.plan.parents.At(name, at)
}

// family reads the timelines of parents, each once. They need no explanation: what is down cuts the path as what is
// unreachable does. So parents that stand in a ring may be parents of each other.
type family struct {
	e     *Engine
	ctx   context.Context
	from  int64 // s
	lines map[string][]Interval
	cuts  map[string]Windows
	err   error // of the first one that could not be read
}

// cutsOf is when all of some parents were down.
func (f *family) cutsOf(parents []string) Windows {
	if len(parents) == 0 || f.err != nil {
		return nil
	}
	key := strings.Join(parents, "\x00")
	if known, ok := f.cuts[key]; ok {
		return known
	}
	lines := make([][]Interval, len(parents))
	for i, name := range parents {
		line, ok := f.lines[name]
		if !ok {
			w, err := f.e.unexplained(f.ctx, name, f.from)
			if err != nil && !errors.Is(err, ErrUnknownScope) { // a parent that is not watched cuts nothing
				f.err = err
				return nil
			}
			line = w.line
			f.lines[name] = line
		}
		lines[i] = line
	}
	f.cuts[key] = merged(cut(lines, AnyParent), f.e.cfg.Policy.Skew)
	return f.cuts[key]
}

// change is what the inventory, or topology, says otherwise of a target, and from when on (ms); why is empty when
// it says the same.
type change struct {
	from     int64
	who, why string
}

func (t target) changed(o target) change {
	switch {
	case t.confirm != o.confirm:
		return change{who: "inventory", why: "what confirms its outages changed"}
	case t.site != o.site || !slices.Equal(t.parents, o.parents):
		return change{who: "inventory", why: "its site or its parents changed"}
	case slices.Equal(t.learned, o.learned) && slices.Equal(t.ports, o.ports):
		return change{}
	case slices.Equal(t.learned, o.learned):
		return change{from: earliest(t.ports, o.ports), who: "topology", why: "topology shows other ports that lead to it"}
	}
	c := change{from: math.MaxInt64, who: "topology", why: "topology shows nothing any more that it is reached through"}
	for _, pair := range [2][2][]inventory.LearnedParent{{t.learned, o.learned}, {o.learned, t.learned}} {
		for _, l := range pair[0] {
			if slices.Contains(pair[1], l) {
				continue
			}
			at := l.From
			if slices.ContainsFunc(pair[1], func(x inventory.LearnedParent) bool { return x.Parent == l.Parent && x.From == l.From }) {
				at = l.Until // only its end differs, and one of the two ends is the earlier
			}
			c.from = min(c.from, at)
		}
	}
	c.from = min(c.from, earliest(t.ports, o.ports))
	var now []string
	for _, l := range o.learned {
		if l.Until == math.MaxInt64 {
			now = append(now, l.Parent)
		}
	}
	if len(now) > 0 {
		c.why = "topology shows that it is reached through " + strings.Join(now, ", ")
	}
	return c
}

// earliest is from when on (ms) two lists of ports differ.
func earliest(a, b []inventory.LearnedPort) int64 {
	from := int64(math.MaxInt64)
	for _, pair := range [2][2][]inventory.LearnedPort{{a, b}, {b, a}} {
		for _, l := range pair[0] {
			if slices.Contains(pair[1], l) {
				continue
			}
			at := l.From
			if slices.ContainsFunc(pair[1], func(x inventory.LearnedPort) bool { return x.Port == l.Port && x.From == l.From }) {
				at = l.Until // only its end differs
			}
			from = min(from, at)
		}
	}
	return from
}

// moved takes note of a change.
func (d *device) moved(pol Policy, c change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.policy != pol {
		d.policy, d.tail = pol, nil
	}
	d.history, d.said = nil, nil
	d.revise.from(c.from, c.who, c.why)
}
