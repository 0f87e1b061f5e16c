package uptime

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// hear reads when agents were not heard.
func (e *Engine) hear(ctx context.Context) error {
	present, err := e.facts.presence(ctx)
	if err != nil {
		return err
	}
	silences := map[string][][2]int64{}
	for agent, list := range present {
		if gone := absences(list); len(gone) > 0 {
			silences[agent] = gone
		}
	}
	e.mu.Lock()
	e.silences = silences
	e.mu.Unlock()
	return nil
}

// silencesSince is the silences that matter from at (ms) on; MinInt64 is all.
func (e *Engine) silencesSince(at int64) map[string][][2]int64 {
	if at != math.MinInt64 {
		at -= lead
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := map[string][][2]int64{}
	for agent, list := range e.silences {
		i, _ := slices.BinarySearchFunc(list, at, func(x [2]int64, t int64) int { return cmp.Compare(x[1], t) })
		if i < len(list) {
			out[agent] = list[i:]
		}
	}
	return out
}

// returned is the agents that are heard again, with when they fell silent (ms).
func returned(before, now map[string]contact) map[string]int64 {
	back := map[string]int64{}
	for agent, c := range now {
		if old, ok := before[agent]; ok && c.seen-old.seen > contactHole {
			back[agent] = old.seen
		}
	}
	return back
}

// welcome lets agents that are heard again explain the time in which they were not: what was said of it is
// read again.
func (e *Engine) welcome(ctx context.Context, all []*device, back map[string]int64) error {
	if err := e.hear(ctx); err != nil {
		return err
	}
	for _, d := range all {
		d.mu.Lock()
		if d.tail != nil {
			for k := range d.tail.runs {
				if since, ok := back[k.agent]; ok {
					d.tail, d.history, d.recheck = nil, nil, 0
					d.revise.from(since, "agent:"+k.agent, "it is heard again: it was away since then")
					break
				}
			}
		}
		d.mu.Unlock()
	}
	return nil
}

// asOf is up to when all evidence of d has come: the watermark of its agents that are heard, or now. It
// includes the whole second of the newest sample, so that what it shows has a place in the ledger.
func (e *Engine) asOf(d *device, now int64) int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	asOf, heard := d.tail.newest()+1000, false
	for k := range d.tail.runs {
		if c, ok := e.contacts[k.agent]; ok && now-c.seen <= e.cfg.Silent.Milliseconds() {
			asOf, heard = max(asOf, c.watermark), true
		}
	}
	if !heard {
		asOf = now
	}
	return min(asOf, now/1000*1000+1000)
}

// silent tells whether an agent has not been heard for too long, and when it was last. What it watches is
// unknown from there on.
func (e *Engine) silent(agent string, now int64) (seen int64, silent bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	c, known := e.contacts[agent]
	return c.seen, known && now-c.seen > e.cfg.Silent.Milliseconds()
}
