package uptime

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"ninewatch/collector/inventory"
)

// BurnFinding is an objective whose budget is spent too fast, for whoever opens incidents. A single device
// is no case for it: its outage is news at once.
type BurnFinding struct {
	Scope, Site string
	Severity    string // page or ticket; empty: nothing fires any more
	Long, Short int64  // s: the look-backs of the pair that fires
	Rate        string // over Long, as a multiple of what is allowed
	Objective   string
	At          int64  // Unix s: all evidence up to here has come
	Newest      Window // the newest outage
	Alone       bool   // nothing fires without it
	Devices     []string
	Ports       []string // DEVICE/KEY: with Devices, what the objective stands on
}

// Burns evaluates the objectives of services and circuits, each over its window, and tells those that burn
// faster than they may: the most urgent pair of each.
func (e *Engine) Burns(ctx context.Context) ([]BurnFinding, error) {
	a := e.ask(ctx)
	var out []BurnFinding
	look := func(scope, window string) error {
		s, err := a.plan.subject(scope)
		if err != nil || s.objective == "" {
			return err
		}
		objective, ok := Objective(s.objective)
		if !ok {
			return nil
		}
		now := floorSecond(e.deps.Now().UnixMilli())
		w, err := a.line(scope, now-longestLookBack)
		if errors.Is(err, ErrUnknownScope) {
			return nil
		}
		if err != nil {
			return err
		}
		back := Window{now - longestLookBack, now}
		line := outside(w.line, counting(a.plan.planned(s, back)))
		if c := a.plan.calendars[s.calendar]; c != nil {
			line = outside(line, NewWindows(back).Minus(c.Within(back)))
		}
		f, fires := burning(line, objective, windowSeconds(window), w.asOf)
		if !fires {
			return nil
		}
		f.Scope, f.Site, f.Objective = scope, s.site, s.objective
		f.Devices, f.Ports, err = a.plan.standing(s)
		out = append(out, f)
		return err
	}
	for name, v := range a.plan.services {
		if err := look(inventory.KindService+":"+name, v.Objective.Window); err != nil {
			return nil, err
		}
	}
	for name := range a.plan.circuits {
		if err := look(inventory.KindCircuit+":"+name, ""); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b BurnFinding) int { return strings.Compare(a.Scope, b.Scope) })
	return out, nil
}

const longestLookBack = 259_200 // s, of the rules

// outside is a timeline without the seconds of a set: they are in no term of a rate.
func outside(line []Interval, set Windows) []Interval {
	for _, w := range set {
		line = overlay(line, Interval{From: w.From, To: w.To, State: Maintenance})
	}
	return line
}

// burning finds the most urgent pair of windows that both burn too fast.
func burning(line []Interval, objective *big.Rat, length, at int64) (f BurnFinding, fires bool) {
	b := BurnRates(line, objective, length, at)
	if len(b.Fires) == 0 {
		return f, false
	}
	severity, pair, _ := strings.Cut(b.Fires[0], ":")
	long, short, _ := strings.Cut(pair, "/")
	f = BurnFinding{Severity: severity, At: at}
	f.Long, _ = strconv.ParseInt(long, 10, 64) // BurnRates wrote both
	f.Short, _ = strconv.ParseInt(short, 10, 64)
	f.Rate = b.Rates[f.Long].FloatString(1)
	f.Newest = newest(line, at)
	without := overlay(line, Interval{From: f.Newest.From, To: f.Newest.To, State: Up})
	f.Alone = len(BurnRates(without, objective, length, at).Fires) == 0
	return f, true
}

// newest is the last outage before at: down time that only unknown time interrupts.
func newest(line []Interval, at int64) (last Window) {
	open := false
	for _, x := range clip(line, at-longestLookBack, at) {
		switch {
		case x.State == Down && open:
			last.To = x.To
		case x.State == Down:
			last, open = Window{x.From, x.To}, true
		case x.State != Unknown:
			open = false
		}
	}
	return last
}

// standing is the devices and ports by which a scope is judged, in order.
func (p *plan) standing(s subject) (devices, ports []string, err error) {
	targets := []string{string(s.scope)}
	if s.kind == inventory.KindService {
		e, err := p.expression(s)
		if err != nil {
			return nil, nil, err
		}
		targets = e.targets()
	}
	for _, t := range targets {
		kind, name, _ := strings.Cut(t, ":")
		switch kind {
		case inventory.KindDevice:
			devices = append(devices, name)
		case inventory.ScopeInterface:
			device, _, _ := strings.Cut(name, "/")
			devices, ports = append(devices, device), append(ports, name)
		case inventory.KindCircuit:
			if c := p.circuits[name]; c.Device != "" {
				devices = append(devices, c.Device)
				if c.Interface != "" {
					ports = append(ports, c.Device+"/"+c.Interface)
				}
			}
		}
	}
	slices.Sort(devices)
	slices.Sort(ports)
	return slices.Compact(devices), slices.Compact(ports), nil
}

// windowSeconds is the length of an objective's window.
func windowSeconds(text string) int64 {
	switch text {
	case "week":
		return 7 * 86_400
	case "quarter":
		return 90 * 86_400
	case "year":
		return 365 * 86_400
	}
	if n, err := strconv.ParseInt(strings.TrimSuffix(text, "d"), 10, 32); err == nil && n > 0 {
		return n * 86_400
	}
	return 30 * 86_400
}
