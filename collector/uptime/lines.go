package uptime

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// asker resolves the timelines that one question needs, each once.
type asker struct {
	e          *Engine
	ctx        context.Context
	plan       *plan
	memo       map[string]whole
	objectives map[string]*big.Rat
	brief      bool // outages are counted, not listed
}

func (e *Engine) ask(ctx context.Context) *asker {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return &asker{e: e, ctx: ctx, plan: e.plan, memo: map[string]whole{}, objectives: map[string]*big.Rat{}}
}

// line is the timeline of a target from from (s) on, and from as far back as it takes to know in full what
// goes on at from.
func (a *asker) line(scope string, from int64) (whole, error) {
	key := fmt.Sprintf("%d %s", from, scope)
	if w, ok := a.memo[key]; ok {
		return w, nil
	}
	s, err := a.plan.subject(scope)
	if err != nil {
		return whole{}, err
	}
	w, err := a.resolve(s, from)
	if err == nil {
		a.memo[key] = w
	}
	return w, err
}

func (a *asker) resolve(s subject, from int64) (whole, error) {
	switch s.kind {
	case inventory.KindDevice:
		return a.e.resolved(a.ctx, s.name, from)
	case inventory.ScopeInterface:
		return reach(from, func(start int64) (whole, error) { return a.interfaceLine(s.name, s.rest, start) })
	case inventory.ScopePath:
		return reach(from, func(start int64) (whole, error) { return a.e.pathLine(a.ctx, s.name, s.rest, start) })
	case kindAgent:
		return a.e.agentLine(a.ctx, s.name, from)
	case inventory.KindCircuit:
		return reach(from, func(start int64) (whole, error) { return a.circuitLine(s.name, start) })
	}
	expr, err := a.plan.expression(s)
	if err != nil {
		return whole{}, err
	}
	return reach(from, func(start int64) (whole, error) { return a.composed(expr, start) })
}

// reach looks further back until a target works at the start, or its evidence begins: so an outage that
// crosses the start is known in full.
func reach(from int64, get func(start int64) (whole, error)) (whole, error) {
	start := from
	for back := int64(86_400); ; back *= 4 {
		w, err := get(start)
		if err != nil || w.start <= w.first || w.start <= 0 {
			return w, err
		}
		if st := stateAt(w.line, w.start); working(st) || st == AdminDown {
			return w, nil
		}
		start -= back
	}
}

// composed is an expression over other targets.
func (a *asker) composed(expr Expr, from int64) (whole, error) {
	lines := map[string][]Interval{}
	out := whole{start: from, asOf: never, first: never}
	for _, target := range expr.targets() {
		w, err := a.line(target, from)
		if errors.Is(err, ErrUnknownScope) {
			continue // what is not watched is unknown
		}
		if err != nil {
			return whole{}, err
		}
		lines[target] = w.line
		out.asOf, out.first = min(out.asOf, w.asOf), min(out.first, w.first)
	}
	if out.asOf == never {
		out.asOf, out.first = floorSecond(a.e.deps.Now().UnixMilli()), from
	}
	if out.asOf > from {
		out.line = Compose(expr, lines, from, out.asOf)
	}
	return out, nil
}

// targets is the leaves of e, each once.
func (e Expr) targets() []string {
	if e.Target != "" {
		return []string{e.Target}
	}
	var out []string
	for _, m := range e.Of {
		for _, t := range m.targets() {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// String says e in words.
func (e Expr) String() string {
	if e.Target != "" {
		return e.Target
	}
	of := make([]string, 0, len(e.Of))
	for _, m := range e.Of {
		of = append(of, m.String())
	}
	list := "(" + strings.Join(of, ", ") + ")"
	switch {
	case len(of) == 1:
		return of[0]
	case e.K == 1:
		return "any of " + list
	case e.K == len(of):
		return "all of " + list
	}
	return fmt.Sprintf("%d of %s", e.K, list)
}

// interfaceLine is an interface by its own evidence, and unknown where its device says nothing.
func (a *asker) interfaceLine(device, key string, from int64) (whole, error) {
	dev, err := a.line("device:"+device, from)
	if err != nil {
		return whole{}, err
	}
	f, first, err := a.e.facts.interfaceSince(a.ctx, device, key, from*1000)
	if err != nil {
		return whole{}, err
	}
	if first == never {
		known, err := a.e.facts.hasInterface(a.ctx, device, key)
		if err != nil {
			return whole{}, err
		}
		if !known {
			return whole{}, fmt.Errorf("interface %q of device %q: %w", key, device, ErrUnknownScope)
		}
	}
	w := whole{start: from, asOf: dev.asOf, first: floorSecond(min(first, never))}
	if w.asOf > from {
		w.line = clip(behind(clip(f.line(w.asOf*1000, edgeHold), from, w.asOf), dev.line), from, w.asOf)
	}
	return w, nil
}

func (f facts) hasInterface(ctx context.Context, device, key string) (bool, error) {
	var n int
	err := f.db.QueryRowContext(ctx, `SELECT count(*) FROM interfaces WHERE device = ? AND key = ?`, device, key).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look up interface %s/%s: %w", device, key, err)
	}
	return n > 0, nil
}

// circuitLine is a circuit by all that is known of it: its interface, and what answers beyond it. While its
// device says nothing and nobody answers beyond, it is unknown: that is no fault of the line.
func (a *asker) circuitLine(name string, from int64) (whole, error) {
	c := a.plan.circuits[name]
	var lists []Expr
	lines := map[string][]Interval{}
	out := whole{start: from, asOf: never, first: never}
	part := func(target string, w whole) {
		lists = append(lists, Expr{Target: target})
		lines[target] = w.line
		out.asOf, out.first = min(out.asOf, w.asOf), min(out.first, w.first)
	}
	if c.Device != "" && c.Interface != "" {
		w, err := a.line("interface:"+c.Device+"/"+c.Interface, from)
		if err != nil && !errors.Is(err, ErrUnknownScope) {
			return w, err
		} else if err == nil {
			part("interface:"+c.Device+"/"+c.Interface, w)
		}
	}
	if probe := (telemetry.Target{Kind: telemetry.TargetCircuit, Name: name}).Object(); c.Target != "" {
		w, err := a.e.resolved(a.ctx, probe, from)
		if err != nil {
			return w, err
		}
		part(c.Target, w)
	}
	if len(lists) == 0 {
		return out, fmt.Errorf("circuit %q: %w: give it a device and an interface, or a target", name, errNothing)
	}
	if out.asOf <= from {
		return out, nil
	}
	out.line = Compose(Expr{K: len(lists), Of: lists}, lines, from, out.asOf)
	if c.Device == "" {
		return out, nil
	}
	dev, err := a.line("device:"+c.Device, from)
	if err != nil {
		return out, err
	}
	out.line = excused(out.line, dev.line)
	return out, nil
}

// excused makes the down time of a line unknown while the device at its end says nothing.
func excused(line, device []Interval) []Interval {
	silent := during(device, Down, Unreachable, Unknown)
	var out []Interval
	for _, x := range line {
		if x.State != Down {
			out = append(out, x)
			continue
		}
		piece := []Interval{x}
		for _, w := range silent.clip(Window{x.From, x.To}) {
			piece = overlay(piece, Interval{From: w.From, To: w.To, State: Unknown, Why: whyDevice})
		}
		out = append(out, piece...)
	}
	return coalesce(out)
}

// pathLine is what one agent alone sees of a device.
func (e *Engine) pathLine(ctx context.Context, agent, name string, from int64) (whole, error) {
	var id string
	err := e.deps.DB.QueryRowContext(ctx, `SELECT coalesce(max(id), '') FROM agents WHERE id = ? OR hostname = ?`, agent, agent).Scan(&id)
	if err != nil {
		return whole{}, fmt.Errorf("look up agent %q: %w", agent, err)
	}
	if id == "" {
		return whole{}, fmt.Errorf("agent %q: %w", agent, ErrUnknownScope)
	}
	pol := e.policyOf(name)
	t, _, err := e.facts.tail(ctx, name, pol, from*1000)
	if err != nil {
		return whole{}, err
	}
	w := whole{start: from, first: never}
	for k, runs := range t.runs {
		if k.agent != id {
			delete(t.runs, k)
		} else if len(runs) > 0 {
			w.first = min(w.first, floorSecond(runs[0].From))
		}
	}
	now := e.deps.Now().UnixMilli()
	w.asOf = floorSecond(e.asOf(&device{tail: t}, now))
	if w.asOf > from {
		by := e.fresh(ctx, name, map[question]testimony{})
		w.line = clip(t.line(pol, w.asOf*1000, e.silencesSince(from*1000), by), from, w.asOf)
		err = by.err
	}
	return w, err
}

// policyOf is how the evidence of a device is weighed.
func (e *Engine) policyOf(name string) Policy {
	d := e.device(name)
	if d == nil {
		return e.cfg.Policy
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy
}

// agentLine is when an agent was heard. Silence is unknown: whether it ran, only what it delivers later
// tells.
func (e *Engine) agentLine(ctx context.Context, agent string, from int64) (whole, error) {
	present, err := e.facts.presence(ctx)
	if err != nil {
		return whole{}, err
	}
	rows := present[agent]
	if len(rows) == 0 || agent == CollectorAgent {
		return whole{}, fmt.Errorf("agent %q: %w", agent, ErrUnknownScope)
	}
	now := e.deps.Now().UnixMilli()
	w := whole{start: from, asOf: floorSecond(now), first: floorSecond(rows[0][0])}
	var line []Interval
	for i, r := range rows {
		to := r[1]
		if i == len(rows)-1 && now-to <= contactHole {
			to = now
		}
		line = append(line, Interval{From: floorSecond(r[0]), To: floorSecond(to), State: Up})
	}
	if w.asOf > from {
		w.line = clip(line, from, w.asOf)
		w.line = explainUnknown(w.line, []string{agent}, map[string][][2]int64{
			agent: {{rows[0][0], now}}, CollectorAgent: absences(present[CollectorAgent]),
		}, w.asOf)
	}
	return w, nil
}
