package uptime

import (
	"context"
	"errors"
	"math"
	"slices"
)

// judge brings the verdicts of some devices, and of those behind them, up to date.
func (e *Engine) judge(ctx context.Context, names []string) ([]Verdict, error) {
	var out []Verdict
	var errs []error
	done := map[string]bool{}
	for len(names) > 0 {
		slices.Sort(names)
		var next []string
		for _, name := range names {
			if done[name] {
				continue
			}
			done[name] = true
			v, changed, err := e.judgeOne(ctx, name)
			errs = append(errs, err)
			if changed {
				if !isProbe(name) {
					out = append(out, v)
				}
				next = append(next, e.children(name)...)
			}
		}
		names = next
	}
	e.m.changes.Add(len(out))
	return out, errors.Join(errs...)
}

func (e *Engine) children(name string) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.childrenOf[name]
}

func (e *Engine) judgeOne(ctx context.Context, name string) (v Verdict, changed bool, err error) {
	d := e.device(name)
	if d == nil {
		return v, false, nil
	}
	now := e.deps.Now().UnixMilli()
	v, recheck, err := e.own(ctx, d, now)
	if err != nil {
		return v, false, err
	}
	v.Site = e.place(d).site
	waits := false
	if v.State == string(Down) && len(e.parentsAt(name, v.Since)) > 0 {
		if v, err = e.explained(ctx, d, v); err != nil {
			return v, false, err
		}
		waits = v.State == string(Down) && e.parentsPending(d, v, now)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v.date(d.arrival, now, e.cfg.Late.Milliseconds())
	old := d.verdict
	if waits && d.judged && old.State != string(Down) {
		d.recheck = now
		return old, false, nil
	}
	changed = !d.judged || v.State != old.State || v.Since != old.Since || v.Late != old.Late
	d.verdict, d.judged, d.recheck = v, true, recheck
	return v, changed, nil
}

// own judges a device by its own evidence.
func (e *Engine) own(ctx context.Context, d *device, now int64) (Verdict, int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := e.load(ctx, d, now); err != nil {
		return Verdict{}, 0, err
	}
	e.m.evaluations.Inc()
	asOf := e.asOf(d, now)
	streams := withAway(d.tail.streams(), e.silencesSince(d.tail.exact), d.policy.DegradedPPM)
	all := make([]evaluated, 0, len(streams))
	for _, s := range streams {
		x := evaluate(s, d.policy, asOf, edgeHold)
		if seen, silent := e.silent(s.Agent, now); silent {
			x.spans = carve(x.spans, seen, math.MaxInt64)
		}
		all = append(all, x)
	}
	w := e.witness(ctx, d)
	spans := dateOutages(combineEvaluated(all, d.policy, asOf), all, w)
	line := WithReboots(toSeconds(spans), bootRestarts(d.tail.boots, streams, d.policy, w))
	if w.err != nil {
		return Verdict{}, 0, w.err
	}
	v := verdict(line, spans, all, d.policy, asOf)
	v.Device = d.name
	if behind := now-asOf > e.cfg.Silent.Milliseconds(); behind && v.State != string(Unknown) { // what its agent delivers now is of the past
		v.State, v.Since, v.UncertaintyMS, v.Detected = string(Unknown), asOf, 0, asOf
	}
	if len(line) == 0 {
		v.Since, v.Detected = d.created, d.created
	}
	if exact := d.tail.exact; exact != math.MinInt64 && v.Since <= exact && v.State != string(Unknown) {
		since, err := e.begin(ctx, d, State(v.State), v.Since)
		if err != nil {
			return v, 0, err
		}
		v.Since = since
	}
	return v, e.recheck(v, all, now), nil
}

// begin finds in the past when a state began that lasts since before the tail.
func (e *Engine) begin(ctx context.Context, d *device, st State, since int64) (int64, error) {
	if d.judged && d.verdict.State == string(st) && d.verdict.Since <= since {
		return d.verdict.Since, nil
	}
	for back := int64(86_400); ; back *= 4 {
		from := max(d.tail.exact/1000-back, floorSecond(d.first))
		if err := e.remember(ctx, d, from); err != nil {
			return 0, err
		}
		for i := len(d.history) - 1; i >= 0; i-- {
			if x := d.history[i]; x.State != st {
				return x.To * 1000, nil
			}
		}
		if from <= floorSecond(d.first) {
			return from * 1000, nil
		}
	}
}

// recheck is when the verdict may change without new facts.
func (e *Engine) recheck(v Verdict, all []evaluated, now int64) int64 {
	if v.State != string(Up) {
		return now // also an outage that waits to settle, or for a parent
	}
	at := int64(math.MaxInt64)
	for _, s := range all {
		if n := len(s.samples); n > 0 {
			x := s.samples[n-1]
			at = min(at, x.last()+e.cfg.Policy.probe(s.Probe).hold(x.every, x.every))
		}
	}
	return min(at, now+e.cfg.Silent.Milliseconds())
}

// load makes sure that the tail of d is there, and trims it now and then. d is locked.
func (e *Engine) load(ctx context.Context, d *device, now int64) error {
	if d.tail == nil {
		e.m.reloads.Inc()
		at := (now - settleMin) / 1000 * 1000
		t, first, err := e.facts.tail(ctx, d.name, d.policy, at)
		if err == nil && t.exact == at && t.settled(d.policy, now) < at { // long intervals settle later
			t, first, err = e.facts.tail(ctx, d.name, d.policy, t.settled(d.policy, now))
		}
		if err != nil {
			return err
		}
		d.tail, d.first, d.history, d.reread = t, first, nil, true
		return nil
	}
	if d.tail.size() < max(e.tailMost, d.trimAt) {
		return nil
	}
	old := d.tail.exact
	at := d.tail.settled(d.policy, e.asOf(d, now))
	var line []Interval
	if len(d.history) > 0 && at > old {
		var err error
		if line, err = e.tailLine(ctx, d, e.asOf(d, now)); err != nil {
			return err
		}
	}
	d.tail.trim(d.policy, at)
	if len(d.history) > 0 && d.tail.exact > old {
		d.history = coalesce(append(d.history, clip(line, old/1000, d.tail.exact/1000)...))
	}
	d.trimAt = 2 * d.tail.size()
	return nil
}

// tailLine is the timeline that the tail of d gives up to asOf (ms). d is locked.
func (e *Engine) tailLine(ctx context.Context, d *device, asOf int64) ([]Interval, error) {
	w := e.witness(ctx, d)
	return d.tail.line(d.policy, asOf, e.silencesSince(d.tail.exact), w), w.err
}
