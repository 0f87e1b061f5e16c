package uptime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// remembered is how far back (s) the past of a device is read at least, once it is asked for.
const remembered = 100 * 86_400

// remember makes sure that the past of d is known from from (s) on. d is locked and loaded.
func (e *Engine) remember(ctx context.Context, d *device, from int64) error {
	exact := d.tail.exact
	if exact == math.MinInt64 || from >= exact/1000 || len(d.history) > 0 && d.from <= from {
		return nil
	}
	from = min(from, max(exact/1000-remembered, floorSecond(d.first)))
	t, _, err := e.facts.tail(ctx, d.name, d.policy, from*1000)
	if err != nil {
		return err
	}
	w := e.witness(ctx, d)
	line := t.line(d.policy, e.asOf(d, e.deps.Now().UnixMilli()), e.silencesSince(from*1000), w)
	d.from, d.history = from, clip(line, from, exact/1000)
	return w.err
}

// ownLine is what the evidence of d alone says from from (s) on, until when (s) it is complete, and since
// when (s) there is evidence.
func (e *Engine) ownLine(ctx context.Context, d *device, from int64) (line []Interval, asOf, first int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := e.deps.Now().UnixMilli()
	if err := e.load(ctx, d, now); err != nil {
		return nil, 0, 0, err
	}
	if err := e.remember(ctx, d, from); err != nil {
		return nil, 0, 0, err
	}
	end := e.asOf(d, now)
	if line, err = e.tailLine(ctx, d, end); err != nil {
		return nil, 0, 0, err
	}
	if exact := d.tail.exact; exact != math.MinInt64 && from < exact/1000 {
		line = coalesce(slices.Concat(clip(d.history, from, exact/1000), clip(line, exact/1000, floorSecond(end))))
	}
	return line, floorSecond(end), floorSecond(d.first), nil
}

// whole is a resolved timeline that reaches back far enough to know in full what goes on at from.
type whole struct {
	line  []Interval
	start int64 // s
	asOf  int64 // s
	first int64 // s of the first evidence
}

// resolved is the timeline of a device from from (s) on, its outages explained by its parents'.
func (e *Engine) resolved(ctx context.Context, name string, from int64) (whole, error) {
	w, err := e.unexplained(ctx, name, from)
	if err != nil || len(during(w.line, Down)) == 0 {
		return w, err
	}
	f := family{e: e, ctx: ctx, from: w.start - e.cfg.Policy.Skew, lines: map[string][]Interval{}, cuts: map[string]Windows{}}
	w.line = blameParents(w.line, func(at int64) Windows { return f.cutsOf(e.parentsAt(name, at*1000)) }, e.cfg.Policy.Skew)
	return w, f.err
}

// unexplained is the timeline of a device by its own evidence, and by what people say of it.
func (e *Engine) unexplained(ctx context.Context, name string, from int64) (whole, error) {
	d := e.device(name)
	if d == nil {
		return whole{}, fmt.Errorf("device %q: %w", name, ErrUnknownScope)
	}
	w := whole{start: from}
	var err error
	for back := int64(86_400); ; back *= 4 {
		if w.line, w.asOf, w.first, err = e.ownLine(ctx, d, w.start); err != nil {
			return w, err
		}
		if w.start <= w.first || working(stateAt(w.line, w.start)) {
			break
		}
		w.start -= back
	}
	w.line = annotated(clip(w.line, w.start, max(w.start, w.asOf)), e.annotationsOf(d))
	return w, nil
}

// explained puts what the parents explain into the verdict of a device that is down.
func (e *Engine) explained(ctx context.Context, d *device, v Verdict) (Verdict, error) {
	w, err := e.resolved(ctx, d.name, floorSecond(v.Since))
	if err != nil || len(w.line) == 0 {
		return v, err
	}
	last := w.line[len(w.line)-1]
	if last.State == Unreachable {
		v.State = string(Unreachable)
	}
	if at := last.From * 1000; (last.State == Unreachable || last.State == Down) && at >= v.Since+1000 {
		v.Since, v.UncertaintyMS, v.Detected = at, 0, max(v.Detected, at)
	}
	return v, nil
}

func (e *Engine) place(d *device) target {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return d.target
}

// Timeline is the states of a device over [from, to) in Unix seconds, as far as evidence has come.
func (e *Engine) Timeline(ctx context.Context, device string, from, to int64) ([]Interval, error) {
	w, err := e.resolved(ctx, device, from)
	if err != nil {
		return nil, err
	}
	if to = min(to, w.asOf); to <= from {
		return nil, nil
	}
	return clip(w.line, from, to), nil
}

// Shown is Timeline with maintenance in place of what it covers, as people see it.
func (e *Engine) Shown(ctx context.Context, device string, from, to int64) ([]Interval, error) {
	line, err := e.Timeline(ctx, device, from, to)
	if err != nil || len(line) == 0 {
		return line, err
	}
	all, err := e.Planned("device:"+device, from, to)
	if err != nil {
		return nil, err
	}
	return outside(line, counting(all).clip(Window{from, line[len(line)-1].To})), nil
}

// Planned is the maintenance of a target over [from, to) (s).
func (e *Engine) Planned(scope string, from, to int64) ([]Planned, error) {
	e.mu.RLock()
	p := e.plan
	e.mu.RUnlock()
	s, err := p.subject(scope)
	if err != nil {
		return nil, err
	}
	return p.planned(s, Window{from, to}), nil
}

// Day is the seconds of a local day by state, added up over the devices of the scope.
type Day struct {
	Date         string `json:"date"`
	Up           int64  `json:"up"`
	Degraded     int64  `json:"degraded"`
	Down         int64  `json:"down"`
	Unreachable  int64  `json:"unreachable"`
	Unknown      int64  `json:"unknown"`
	Maintenance  int64  `json:"maintenance"`
	NotInService int64  `json:"not_in_service"`
	AdminDown    int64  `json:"admin_down"`
}

// Strip is the last days of a scope by local days of zone, today as far as evidence has come.
func (e *Engine) Strip(ctx context.Context, scope string, days int, zone *time.Location) ([]Day, error) {
	today := dateOf(e.deps.Now().In(zone))
	out := make([]Day, days)
	bounds := make([]int64, days+1)
	for i := range bounds {
		bounds[i] = Local(zone, today.Add(i-days+1), 0)
	}
	for i := range out {
		out[i].Date = today.Add(i - days + 1).String()
	}
	a := e.ask(ctx)
	scopes, _, err := a.group(scope)
	if err != nil {
		return nil, err
	}
	asOf := floorSecond(e.deps.Now().UnixMilli())
	kept := make([]string, 0, len(scopes))
	lines := make([]whole, 0, len(scopes))
	since := make([]int64, 0, len(scopes))
	for _, x := range scopes {
		w, err := a.line(x, bounds[0])
		if errors.Is(err, ErrUnknownScope) && len(scopes) > 1 {
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := a.plan.subject(x)
		if err != nil {
			return nil, err
		}
		kept, lines, since = append(kept, x), append(lines, w), append(since, min(s.created, w.first))
		asOf = min(asOf, w.asOf)
	}
	for i, w := range lines {
		line := clip(w.line, bounds[0], max(bounds[0], min(bounds[days], asOf)))
		if since[i] > bounds[0] {
			line = slices.Concat(clip(nil, bounds[0], min(since[i], asOf)), clip(line, max(since[i], bounds[0]), max(asOf, since[i])))
		}
		if s, err := a.plan.subject(kept[i]); err == nil {
			line = outside(line, counting(a.plan.planned(s, Window{bounds[0], bounds[days]})).clip(Window{bounds[0], max(bounds[0], asOf)}))
		}
		addDays(out, bounds, line, since[i])
	}
	return out, nil
}

// addDays cuts a timeline at the bounds of days and adds its seconds.
func addDays(out []Day, bounds []int64, line []Interval, since int64) {
	i := 0
	for _, x := range line {
		for at := x.From; at < x.To; {
			for i < len(out) && bounds[i+1] <= at {
				i++
			}
			if i == len(out) {
				return
			}
			end := min(x.To, bounds[i+1])
			out[i].add(x.State, end-at, at < since)
			at = end
		}
	}
}

func (d *Day) add(s State, n int64, before bool) {
	switch {
	case before:
		d.NotInService += n
	case s == Up:
		d.Up += n
	case s == Degraded:
		d.Degraded += n
	case s == Down:
		d.Down += n
	case s == Unreachable:
		d.Unreachable += n
	case s == Maintenance:
		d.Maintenance += n
	case s == AdminDown:
		d.AdminDown += n
	default:
		d.Unknown += n
	}
}
