package plan

import (
	"context"
	"errors"
	"fmt"
	"math"

	"ninewatch/collector/capacity"
)

// ErrOther means that the load of one resource cannot come on top of that of another.
var ErrOther = errors.New("loads of different kinds do not add up")

// moved is the past of a resource with the load of another on top: of the same buckets where they are kept, so that
// peaks at different hours do not add up, and else of the same days, which is the most that it can be.
func (s *Service) moved(ctx context.Context, a Outlook, p past, today capacity.Date, what WhatIf) (past, error) {
	found := s.Answers(Scope{Resource: what.Plus})
	if len(found) == 0 {
		return p, fmt.Errorf("look up %q: %w", what.Plus, ErrUnknown)
	}
	b := found[0]
	if b.Unit != a.Unit || b.Series == a.Series || a.Unit == "percent" || a.Minimum || b.Minimum {
		return p, fmt.Errorf("%w: %s is in %s, %s in %s; name two with the same unit that is no percentage", ErrOther, a.Resource, a.Unit, b.Resource, b.Unit)
	}
	share := 1.0
	if what.Share > 0 {
		share = what.Share / 100
	}
	other, err1 := s.past(ctx, b.Series, today)
	first := plus(today, -len(p.days))
	mine, err2 := s.buckets(ctx, a.Series, first, plus(today, -1))
	theirs, err3 := s.buckets(ctx, b.Series, first, plus(today, -1))
	if err := errors.Join(err1, err2, err3); err != nil {
		return p, err
	}
	out := past{first: p.first, days: make([]Feature, len(p.days))}
	for i, f := range p.days {
		date := p.date(i)
		out.days[i] = Feature{Capacity: f.Capacity}
		var g Feature
		if at := between(other.first, date); at >= 0 && at < len(other.days) {
			g = other.days[at]
		}
		for l := range f.Lines {
			out.days[i].Lines = append(out.days[i].Lines, together(f, g, mine[number(date)], theirs[number(date)], l, share))
		}
	}
	return out, nil
}

// together is a day of one line with a share of another on top; unknown where either is.
func together(f, g Feature, mine, theirs day, l int, share float64) capacity.Day {
	if l < len(mine.lines) && l < len(theirs.lines) && len(mine.lines[l].rate) == len(theirs.lines[l].rate) {
		sum := make([]float64, len(mine.lines[l].rate))
		for i, v := range mine.lines[l].rate {
			sum[i] = v + share*theirs.lines[l].rate[i]
		}
		return capacity.DayFeatures(sum, math.NaN(), perHour)
	}
	out := f.Lines[l]
	if l >= len(g.Lines) {
		nan := math.NaN()
		return capacity.Day{P95: nan, P99: nan, Max: nan, Mean: nan, BusyHour: nan}
	}
	o := g.Lines[l]
	out.P95, out.P99, out.Max = out.P95+share*o.P95, out.P99+share*o.P99, out.Max+share*o.Max
	out.Mean, out.BusyHour, out.Coverage = out.Mean+share*o.Mean, out.BusyHour+share*o.BusyHour, min(out.Coverage, o.Coverage)
	return out
}

// Upgrade is what a larger size would do.
type Upgrade struct {
	Capacity float64 `json:"capacity"`
	Times    float64 `json:"times" doc:"of today's"`
	FullOn   FullOn  `json:"full_on"`
	OrderBy  *string `json:"order_by"`
	Withheld string  `json:"withheld,omitempty"`
}

// upgradeSteps are the sizes that are looked at, in multiples of today's.
var upgradeSteps = []float64{1.5, 2, 3, 5, 10}

// Upgrades are larger sizes of a resource, and how long each would last.
func (s *Service) Upgrades(ctx context.Context, resource string) ([]Upgrade, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 {
		return nil, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	out := []Upgrade{}
	if found[0].Capacity == nil || found[0].Unit == "percent" {
		return out, nil // nobody knows what a percentage would be of a larger one
	}
	var list []WhatIf
	for _, k := range upgradeSteps {
		list = append(list, WhatIf{Capacity: k * *found[0].Capacity})
	}
	answers, err := s.whatIfs(ctx, resource, list...)
	if err != nil {
		return nil, err
	}
	for i, a := range answers {
		out = append(out, Upgrade{list[i].Capacity, upgradeSteps[i], a.FullOn, a.OrderBy, a.Withheld})
	}
	return out, nil
}
