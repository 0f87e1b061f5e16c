package plan

import (
	"math"

	"ninewatch/collector/capacity"
)

// assess forecasts the lines of a resource and tells of the one that fills up first.
func assess(f *capacity.Forecaster, r Resource, p past, cal capacity.Calendar, today capacity.Date, horizon int, what WhatIf) Outlook {
	values := linesOf(p)
	order := []int{0}
	if len(values) == 2 {
		if order = []int{0, 1}; levelOf(values[1], 0) > levelOf(values[0], 0) {
			order = []int{1, 0}
		}
	}
	var best Outlook
	for n, i := range order {
		direction := ""
		if len(values) == 2 {
			direction = []string{"in", "out"}[i]
		}
		if n > 0 && best.Withheld == "" && staysBelow(values[i], values[order[0]]) {
			continue
		}
		a := assessLine(f, r, direction, values[i], p.first, cal, today, horizon, what)
		now, before91 := levels(p, i, today)
		a.Mean, a.MeanBefore = known(signOf(r.Series)*now*what.load()), known(signOf(r.Series)*before91)
		if n == 0 || before(a, best) {
			best = a
		}
	}
	return best
}

// linesOf are the daily values of each line.
func linesOf(p past) [][]float64 {
	lines := 1
	for _, d := range p.days {
		lines = max(lines, len(d.Lines))
	}
	out := make([][]float64, lines)
	for i := range out {
		out[i] = daily(p, i)
	}
	return out
}

// levelOf is the median of four weeks that end some days before the last.
func levelOf(values []float64, before int) float64 {
	end := max(0, len(values)-before)
	return median(values[max(0, end-4*week):end])
}

// staysBelow tells that b has not reached a limit before a: it is clearly lower, and has gained no more than a, neither
// of late nor over all of the history.
func staysBelow(b, a []float64) bool {
	const clearly = 0.8
	if !(levelOf(b, 0) < clearly*levelOf(a, 0)) {
		return false
	}
	gain := func(values []float64, before int) float64 { return levelOf(values, 0) - levelOf(values, before) }
	for _, before := range []int{4 * week, max(0, min(len(a), len(b))-4*week)} {
		if !(gain(b, before) <= gain(a, before)) {
			return false
		}
	}
	return true
}

// before tells whether a is the more urgent direction.
func before(a, b Outlook) bool {
	if ra, rb := rank(a), rank(b); min(ra, rb) < 2 && ra != rb {
		return ra < rb
	}
	if a.OrderBy != nil && b.OrderBy != nil && *a.OrderBy != *b.OrderBy {
		return *a.OrderBy < *b.OrderBy
	}
	return fill(a) > fill(b)
}

// daily is the 95th percentiles of a line; days of which less than half is known are missing.
func daily(p past, line int) []float64 {
	out := make([]float64, len(p.days))
	for i, d := range p.days {
		out[i] = math.NaN()
		if line < len(d.Lines) && d.Lines[line].Coverage >= 0.5 {
			out[i] = d.Lines[line].P95
		}
	}
	return out
}
