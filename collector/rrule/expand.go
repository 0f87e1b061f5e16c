package rrule

import (
	"iter"
	"slices"
	"time"
)

// barren bounds how many periods in a row may pass without an occurrence: rules such as 30 February end there.
const barren = 1000

// From yields the occurrences of r that start at start, which always is the first, in order. instant turns
// a wall clock into seconds; it is needed for an end that is given as an instant. The iteration is endless
// where the rule is.
func (r Rule) From(start time.Time, instant func(time.Time) int64) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		n := 0
		give := func(t time.Time) bool {
			if r.ended(t, instant) || r.Count > 0 && n >= r.Count {
				return false
			}
			n++
			return yield(t)
		}
		if !give(start) {
			return
		}
		idle := 0
		for k := 0; idle < barren; k++ {
			idle++
			for _, t := range r.period(start, k) {
				if !t.After(start) {
					continue
				}
				idle = 0
				if !give(t) {
					return
				}
			}
		}
	}
}

func (r Rule) ended(t time.Time, instant func(time.Time) int64) bool {
	switch {
	case r.Until.IsZero():
		return false
	case r.UntilUTC:
		return instant(t) > r.Until.Unix()
	case r.Until.Equal(midnight(r.Until)): // a day: that day still counts
		return midnight(t).After(r.Until)
	}
	return t.After(r.Until)
}

func midnight(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// period is the occurrences in the kth period of the rule, in order.
func (r Rule) period(start time.Time, k int) []time.Time {
	first, days := r.bounds(start, k)
	clock := start.Sub(midnight(start))
	var out []time.Time
	for d := range days {
		day := first.AddDate(0, 0, d)
		if r.fits(start, day) {
			out = append(out, day.Add(clock))
		}
	}
	return r.positions(out)
}

// bounds is the first day of the kth period and its length in days.
func (r Rule) bounds(start time.Time, k int) (first time.Time, days int) {
	day := midnight(start)
	n := k * r.Interval
	switch r.Frequency {
	case Daily:
		return day.AddDate(0, 0, n), 1
	case Weekly:
		back := (int(day.Weekday()) - int(r.WeekStart) + 7) % 7
		return day.AddDate(0, 0, 7*n-back), 7
	case Monthly:
		first = time.Date(day.Year(), day.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(0, 1, -1).Day()
	}
	first = time.Date(day.Year()+n, time.January, 1, 0, 0, 0, 0, time.UTC)
	return first, first.AddDate(1, 0, -1).YearDay()
}

// fits tells whether a day of a period is an occurrence. What the rule does not say, the start does.
func (r Rule) fits(start, day time.Time) bool {
	if len(r.ByMonth) > 0 && !slices.Contains(r.ByMonth, int(day.Month())) {
		return false
	}
	if len(r.ByMonthDay) > 0 {
		last := day.AddDate(0, 1, -day.Day()).Day()
		if !slices.Contains(r.ByMonthDay, day.Day()) && !slices.Contains(r.ByMonthDay, day.Day()-last-1) {
			return false
		}
	}
	if len(r.ByDay) > 0 {
		return slices.ContainsFunc(r.ByDay, func(d Weekday) bool { return r.isNth(d, day) })
	}
	switch {
	case len(r.ByMonthDay) > 0 || r.Frequency == Daily:
		return true
	case r.Frequency == Weekly:
		return day.Weekday() == start.Weekday()
	case r.Frequency == Yearly && len(r.ByMonth) == 0 && day.Month() != start.Month():
		return false
	}
	return day.Day() == start.Day()
}

// isNth tells whether day is d: of its month, or of its year where the rule is yearly and names no month.
func (r Rule) isNth(d Weekday, day time.Time) bool {
	if day.Weekday() != d.Day {
		return false
	}
	if d.Nth == 0 {
		return true
	}
	at, length := day.Day(), day.AddDate(0, 1, -day.Day()).Day()
	if r.Frequency == Yearly && len(r.ByMonth) == 0 {
		at, length = day.YearDay(), time.Date(day.Year(), time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()
	}
	if d.Nth > 0 {
		return (at-1)/7+1 == d.Nth
	}
	return (length-at)/7+1 == -d.Nth
}

// positions picks those that BYSETPOS names.
func (r Rule) positions(in []time.Time) []time.Time {
	if len(r.BySetPos) == 0 {
		return in
	}
	var out []time.Time
	for i, t := range in {
		if slices.Contains(r.BySetPos, i+1) || slices.Contains(r.BySetPos, i-len(in)) {
			out = append(out, t)
		}
	}
	return out
}
