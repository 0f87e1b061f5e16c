package uptime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
)

// group is the members of a scope that has no timeline of its own, and what they are; or the scope itself. Of
// a group @SITE,SITE behind its name leaves only what belongs to these sites.
func (a *asker) group(scope string) (scopes []string, of string, err error) {
	name, narrow, narrowed := strings.Cut(scope, "@")
	kind, name, _ := strings.Cut(name, ":")
	if kind == "company" {
		kind = inventory.ScopeAll
	}
	if kind == inventory.KindSite && strings.Contains(scope, ",") {
		kind, narrow, narrowed = inventory.ScopeAll, name, true
	}
	switch kind {
	case inventory.ScopeAll, inventory.ScopeRegion:
		of = "sites"
		for n, s := range a.plan.sites {
			if kind == inventory.ScopeAll || s.Region == name && name != "" {
				scopes = append(scopes, "site:"+n)
			}
		}
	case inventory.ScopeProvider:
		of = "circuits"
		for n, c := range a.plan.circuits {
			if c.Provider == name {
				scopes = append(scopes, "circuit:"+n)
			}
		}
	case inventory.ScopeRole, inventory.ScopeTag:
		of = "devices"
		for n, d := range a.plan.devices {
			if kind == inventory.ScopeRole && d.Role == name || kind == inventory.ScopeTag && slices.Contains(d.Tags, name) {
				scopes = append(scopes, "device:"+n)
			}
		}
	default:
		return []string{scope}, "", nil
	}
	if narrowed {
		sites := strings.Split(narrow, ",")
		scopes = slices.DeleteFunc(scopes, func(x string) bool {
			s, err := a.plan.subject(x)
			return err != nil || !slices.Contains(sites, s.site)
		})
	}
	if len(scopes) == 0 && kind != inventory.ScopeAll {
		return nil, of, fmt.Errorf("scope %q: %w", scope, ErrUnknownScope)
	}
	slices.Sort(scopes)
	return scopes, of, nil
}

// evidence is the devices on whose evidence a scope rests.
func (e *Engine) evidence(scope string) (map[string]bool, error) {
	a := e.ask(context.Background())
	scopes, _, err := a.group(scope)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, x := range scopes {
		s, err := a.plan.subject(x)
		if err != nil {
			return nil, err
		}
		a.plan.evidence(s, out)
	}
	return out, nil
}

func (p *plan) evidence(s subject, out map[string]bool) {
	add := func(name string) {
		if name == "" || out[name] {
			return
		}
		out[name] = true
	}
	switch s.kind {
	case inventory.KindDevice, inventory.ScopeInterface:
		add(s.name)
	case inventory.ScopePath:
		add(s.rest)
	case inventory.KindCircuit:
		add(p.circuits[s.name].Device)
		add("circuit:" + s.name)
	case inventory.KindSite, inventory.KindService:
		expr, err := p.expression(s)
		if err != nil {
			return
		}
		for _, target := range expr.targets() {
			if t, err := p.subject(target); err == nil {
				p.evidence(t, out)
			}
		}
	}
}

// Availability measures a scope over [from, to) in Unix seconds, at the longest until all evidence has
// come. The objective is a percentage such as 99.9; where it is empty, that which is agreed for the scope.
func (e *Engine) Availability(ctx context.Context, scope string, from, to int64, objective string) (Answer, error) {
	a := e.ask(ctx)
	scopes, of, err := a.group(scope)
	if err != nil {
		return Answer{}, err
	}
	if of != "" {
		return a.rollUp(scope, scopes, of, Window{from, to}, objective)
	}
	s, err := a.plan.subject(scope)
	if err != nil {
		return Answer{}, err
	}
	w, err := a.line(scope, from)
	if err != nil {
		return Answer{}, err
	}
	out, terms, err := a.measure(s, NewLedger(w.line), w, Window{from, to}, objective, nil)
	if err != nil {
		return out, err
	}
	if err := a.detail(s, w, terms, &out); err != nil {
		return out, err
	}
	targets := map[string]bool{}
	a.plan.evidence(s, targets)
	out.Devices = len(targets)
	e.saidOf(targets, terms.Period, &out)
	out.Revision, err = e.revision(ctx, targets, terms.Period)
	return out, err
}

// openTimes keeps what calendars say of a period, as many targets share them.
type openTimes map[string]Windows

// parsed is Objective, each text once.
func (a *asker) parsed(text string) (*big.Rat, bool) {
	if o, ok := a.objectives[text]; ok {
		return o, true
	}
	o, ok := Objective(text)
	if ok {
		a.objectives[text] = o
	}
	return o, ok
}

// terms is what a target is measured against.
func (a *asker) terms(s subject, w whole, period Window, objective string, open openTimes) (Terms, []Planned, error) {
	if objective == "" {
		objective = s.objective
	}
	o, ok := a.parsed(objective)
	if objective != "" && !ok {
		return Terms{}, nil, fmt.Errorf("objective %q: want a percentage from 0 to 100", objective)
	}
	t := Terms{
		Period: Window{period.From, max(period.From, min(period.To, w.asOf))}, Since: min(s.created, w.first),
		UnreachableCounts: s.unreachableCounts, Objective: o, Calendar: a.plan.calendars[s.calendar], Brief: a.brief,
	}
	if s.kind == inventory.ScopeInterface {
		t.Since = w.first // its device may be older than the first look at it
	}
	if t.Calendar != nil && open != nil {
		if _, known := open[s.calendar]; !known {
			open[s.calendar] = t.Calendar.Within(period)
		}
		t.Open = open[s.calendar]
	}
	if len(a.plan.schedules) == 0 {
		return t, nil, nil
	}
	planned := a.plan.planned(s, t.Period)
	t.Maintenance = counting(planned)
	return t, planned, nil
}

// measure holds a ledger against the terms of its target.
func (a *asker) measure(s subject, l *Ledger, w whole, period Window, objective string, open openTimes) (Answer, Terms, error) {
	t, planned, err := a.terms(s, w, period, objective, open)
	if err != nil {
		return Answer{}, t, err
	}
	out := Answer{
		Scope: string(s.scope), Site: s.site, From: stamp(period.From), To: stamp(period.To), AsOf: stamp(w.asOf), Revision: 1,
		Devices: 1, Calendar: s.calendar, Outages: []OutageAnswer{}, summary: l.Measure(t),
	}
	if objective == "" {
		objective = s.objective
	}
	out.Objective = text(objective)
	out.finish()
	for _, p := range planned {
		out.Windows = append(out.Windows, WindowAnswer{p.Name, stamp(p.From), stamp(p.To), p.Reason, p.Retroactive, p.Counts()})
	}
	out.unplanned = out.summary
	if len(t.Maintenance) > 0 {
		t.Maintenance = nil
		out.unplanned = l.Measure(t)
		out.WithoutMaintenance = figure(out.unplanned)
		t.Maintenance = counting(planned)
	}
	return out, t, nil
}

// rollUp measures the members of a group, and adds their seconds up.
func (a *asker) rollUp(scope string, scopes []string, of string, period Window, objective string) (Answer, error) {
	o, ok := Objective(objective)
	if objective != "" && !ok {
		return Answer{}, fmt.Errorf("objective %q: want a percentage from 0 to 100", objective)
	}
	asOf := floorSecond(a.e.deps.Now().UnixMilli())
	type member struct {
		subject
		whole
	}
	var members []member
	targets := map[string]bool{}
	for _, x := range scopes {
		s, err := a.plan.subject(x)
		if err != nil {
			return Answer{}, err
		}
		w, err := a.line(x, period.From)
		if errors.Is(err, ErrUnknownScope) {
			continue // nothing of it is watched
		}
		if err != nil {
			return Answer{}, err
		}
		asOf = min(asOf, w.asOf)
		members = append(members, member{s, w})
		a.plan.evidence(s, targets)
	}
	out := Answer{
		Scope: scope, From: stamp(period.From), To: stamp(period.To), AsOf: stamp(asOf), Objective: text(objective),
		Weighting: "time-weighted over " + of, Devices: len(targets), Outages: []OutageAnswer{}, summary: Summary{objective: o},
		Members: &Distribution{Of: of, Worst: []Member{}},
	}
	var figures []Answer
	open := openTimes{}
	for _, m := range members {
		m.asOf = asOf // one end for all
		own, terms, err := a.measure(m.subject, NewLedger(m.line), m.whole, period, objective, open)
		if err != nil {
			return out, err
		}
		out.take(own)
		out.Outages = append(out.Outages, outageAnswers(m.subject, own.summary.Outages)...)
		out.Gaps = append(out.Gaps, gaps(m.subject, m.whole, terms)...)
		figures = append(figures, own)
	}
	out.finish()
	if out.WithoutMaintenance != nil {
		out.unplanned.objective = o
		out.WithoutMaintenance = figure(out.unplanned)
	}
	slices.SortStableFunc(out.Gaps, func(a, b GapAnswer) int { return cmp.Compare(a.window.From, b.window.From) })
	out.Gaps = out.Gaps[max(0, len(out.Gaps)-mostGaps):]
	out.Members.fill(figures)
	a.e.saidOf(targets, period, &out)
	var err error
	out.Revision, err = a.e.revision(a.ctx, targets, Window{period.From, max(period.From, min(period.To, asOf))})
	return out, err
}

// take adds the seconds of a member, and names the planned work that touched it, each window once.
func (a *Answer) take(own Answer) {
	a.summary.add(own.summary)
	a.unplanned.add(own.unplanned)
	if own.WithoutMaintenance != nil {
		a.WithoutMaintenance = own.WithoutMaintenance
	}
	for _, w := range own.Windows {
		if !slices.Contains(a.Windows, w) {
			a.Windows = append(a.Windows, w)
		}
	}
}

// fill counts how the members fared.
func (d *Distribution) fill(members []Answer) {
	d.Count = len(members)
	var seen []Answer
	for _, m := range members {
		f := m.summary.Availability()
		if f.Den > 0 {
			seen = append(seen, m)
		}
		switch m.summary.Verdict() {
		case Met:
			d.Met++
		case Breached:
			d.Breached++
		case Undetermined:
			d.Undetermined++
		case NoData:
			d.NoData++
		}
	}
	if d.Met+d.Breached+d.Undetermined+d.NoData > 0 {
		d.ShareMet = text(Fraction{int64(d.Met), int64(d.Count)}.Percent())
	}
	slices.SortStableFunc(seen, func(a, b Answer) int {
		x, y := a.summary.Availability(), b.summary.Availability()
		switch {
		case x.less(y):
			return -1
		case y.less(x):
			return 1
		}
		return 0
	})
	if n := len(seen); n > 0 {
		d.Median = seen[(n-1)/2].Availability
	}
	for _, m := range seen[:min(10, len(seen))] {
		d.Worst = append(d.Worst, Member{m.Scope, m.Availability, m.Verdict})
	}
}

// outageAnswers puts outages into words.
func outageAnswers(s subject, in []Outage) []OutageAnswer {
	out := make([]OutageAnswer, 0, len(in))
	for _, o := range in {
		x := OutageAnswer{
			Scope: string(s.scope), From: stamp(o.From), RawSeconds: o.Raw, CountedSeconds: o.Counted,
			Cause: o.Cause, UncertaintySeconds: o.Uncertainty,
		}
		if o.Dated != "" {
			x.Evidence = "dated by " + o.Dated
		}
		switch s.kind {
		case inventory.KindDevice, inventory.ScopeInterface:
			x.Device = s.name
		case inventory.ScopePath:
			x.Device = s.rest
		default: // the cause begins with the component that failed
			if rest, ok := strings.CutPrefix(o.Cause, "device:"); ok {
				x.Device, _, _ = strings.Cut(rest, " ")
			}
		}
		if !o.Ongoing {
			to := stamp(o.To)
			x.To = &to
		}
		out = append(out, x)
	}
	return out
}

// SiteOf is the site that a target belongs to, "" for one of all sites.
func (e *Engine) SiteOf(scope string) (string, error) {
	e.mu.RLock()
	p := e.plan
	e.mu.RUnlock()
	s, err := p.subject(scope)
	return s.site, err
}

var hundred = big.NewRat(1, 1)
