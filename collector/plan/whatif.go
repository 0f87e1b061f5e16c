package plan

import (
	"context"
	"fmt"
	"math"

	"ninewatch/collector/capacity"
)

// WhatIf changes a forecast. The zero value changes nothing.
type WhatIf struct {
	Growth   float64 // the trend, in percent of the one that was found; 0: 100; use Flat for none
	Flat     bool    // no growth
	Load     float64 // what is carried, in percent of today's, such as 130 for 30 % more users; 0: 100
	Capacity float64 // in the unit of the resource; 0: as it is
	Limit    float64 // percent; 0: as it is
	LeadDays float64 // negative: as it is
	HasLead  bool
	Plus     string  // a resource whose load comes on top, as when a department moves
	Share    float64 // of it, in percent; 0: 100
}

func (w WhatIf) load() float64 {
	if w.Load == 0 {
		return 1
	}
	return w.Load / 100
}

func (w WhatIf) growth() float64 {
	switch {
	case w.Flat:
		return 0
	case w.Growth == 0:
		return 1
	}
	return w.Growth / 100
}

func (w WhatIf) resource(r Resource) Resource {
	if w.Capacity > 0 {
		r.Capacity = w.Capacity
	}
	if w.Limit > 0 {
		r.Limit = w.Limit
	}
	if w.HasLead {
		r.LeadDays = w.LeadDays
	}
	return r
}

// apply bends the paths of the quantiles by another trend, and scales them and the history with the load. The
// widths of the intervals stay as they were found.
func (w WhatIf) apply(s *capacity.Series, res *capacity.Result) {
	if g := w.growth(); g != 1 && len(res.Quantiles) > 2*week {
		slope, floor := slopeOf(res.Quantiles), math.Inf(-1)
		if res.Quantiles[0].Q10 >= 0 { // what never was negative never will be
			floor = 0
		}
		for i := range res.Quantiles {
			by := (g - 1) * slope * float64(i)
			q := &res.Quantiles[i]
			q.Q10, q.Q50, q.Q90, q.Q95 = max(floor, q.Q10+by), max(floor, q.Q50+by), max(floor, q.Q90+by), max(floor, q.Q95+by)
		}
	}
	if l := w.load(); l != 1 {
		values := make([]float64, len(s.Values))
		for i, v := range s.Values {
			values[i] = v * l
		}
		s.Values = values
		for i := range res.Quantiles {
			q := &res.Quantiles[i]
			q.Q10, q.Q50, q.Q90, q.Q95 = q.Q10*l, q.Q50*l, q.Q90*l, q.Q95*l
		}
	}
}

// slopeOf is the growth of the middle path in a day.
func slopeOf(q []capacity.Quantiles) float64 {
	n := min(trendWindow, len(q))
	var early, late []float64
	for i := range week {
		early, late = append(early, q[i].Q50), append(late, q[n-1-i].Q50)
	}
	return (median(late) - median(early)) / float64(n-week)
}

// WhatIf is the answer of a resource under other assumptions. Nothing is stored.
func (s *Service) WhatIf(ctx context.Context, resource string, what WhatIf) (Outlook, error) {
	out, err := s.whatIfs(ctx, resource, what)
	if err != nil {
		return Outlook{}, err
	}
	return out[0], nil
}

// whatIfs is the answer of a resource under each of some assumptions; the load that comes on top is that of the first.
func (s *Service) whatIfs(ctx context.Context, resource string, list ...WhatIf) ([]Outlook, error) {
	found := s.Answers(Scope{Resource: resource})
	if len(found) == 0 {
		return nil, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	w, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	today := s.todayOf(found[0])
	p, err := s.past(ctx, found[0].Series, today)
	if err != nil {
		return nil, err
	}
	r, ok := w.resource(found[0].Series, sizeOf(p))
	if !ok {
		return nil, fmt.Errorf("look up %q: %w", resource, ErrUnknown)
	}
	if list[0].Plus != "" {
		if p, err = s.moved(ctx, found[0], p, today, list[0]); err != nil {
			return nil, err
		}
	}
	var f capacity.Forecaster
	out := make([]Outlook, len(list))
	for i, what := range list {
		a := assess(&f, r, p, capacity.Calendar{Holidays: w.holidays[r.Site]}, today, s.cfg.Horizon, what)
		a.Day, a.MadeAt, a.Held = found[0].Day, found[0].MadeAt, found[0].Held
		out[i] = a
	}
	return out, nil
}
