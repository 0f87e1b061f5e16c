package alert

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The ways to divide figures.
const (
	BySite = "site"
	ByKind = "kind"
	ByTeam = "team"
	ByRule = "rule"
)

// Figures sums up the incidents that began in a period (Unix ms), by site, kind, team or rule. Sites nil means all.
func (e *Engine) Figures(ctx context.Context, by string, sites []string, from, to int64) ([]Figures, error) {
	where, args := `WHERE started_ms >= ? AND started_ms < ? AND status <> 'pending'`, []any{from, to}
	if sites != nil {
		where += ` AND site IN (''` + strings.Repeat(", ?", len(sites)) + `)`
		for _, s := range sites {
			args = append(args, s)
		}
	}
	list, err := many(e.deps.Read.QueryContext(ctx, selectIncidents+" "+where+" ORDER BY id", args...))
	if err != nil {
		return nil, fmt.Errorf("figures of incidents: %w", err)
	}
	return sumUp(list, by, from, min(to, e.deps.Now().UnixMilli())), nil
}

// sumUp is pure: to is the end of what is known.
func sumUp(list []Incident, by string, from, to int64) []Figures {
	sums := map[string]*Figures{}
	for _, i := range list {
		name := map[string]string{BySite: i.Site, ByKind: i.Kind, ByTeam: i.Team, ByRule: or(i.Rule, i.Kind)}[by]
		f := sums[name]
		if f == nil {
			f = &Figures{By: name}
			sums[name] = f
		}
		f.add(i, to)
	}
	out := make([]Figures, 0, len(sums))
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, sums[name].means(time.Duration(to-from)*time.Millisecond))
	}
	return out
}

func (f *Figures) add(i Incident, to int64) {
	ms := func(from, to int64) time.Duration { return time.Duration(max(0, to-from)) * time.Millisecond }
	f.Opened++
	if i.Detected != 0 {
		f.detected++
		f.Detect += ms(i.Started, i.Detected)
	}
	if i.AcknowledgedAt != 0 {
		f.Taken++
		f.Take += ms(i.Detected, i.AcknowledgedAt)
	}
	switch {
	case i.Status != Resolved:
		f.Open++
		f.lasted += ms(i.Started, to)
	default:
		f.ended++
		f.Repair += ms(i.Started, i.Ended)
		f.lasted += ms(i.Started, i.Ended)
		if i.AcknowledgedAt == 0 && !i.ByHand {
			f.Noise++
		}
	}
}

func (f *Figures) means(period time.Duration) Figures {
	mean := func(sum time.Duration, n int) time.Duration {
		if n == 0 {
			return 0
		}
		return sum / time.Duration(n)
	}
	f.Detect, f.Take, f.Repair = mean(f.Detect, f.detected), mean(f.Take, f.Taken), mean(f.Repair, f.ended)
	f.Between = mean(max(0, period-f.lasted), f.Opened)
	return *f
}
