package inventory

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"ninewatch/collector/rrule"
	"ninewatch/internal/conf"
)

const (
	longestWindow = 366 * 24 * time.Hour
	minuteForm    = "2006-01-02T15:04"
)

// validate also gives times without a zone that of the window.
func (m *Maintenance) validate(at conf.Section) {
	texts(at, "reason", m.Reason)
	if len(m.Scope) == 0 {
		at.Problemf("scope", "of what? write for example scope: site:lisbon, or all")
	}
	location := zone(at, "time_zone", m.TimeZone)
	from := moment(at, "from", &m.From, location)
	to := moment(at, "to", &m.To, location)
	switch {
	case m.ICal != "":
		validateURL(at, "ical", m.ICal)
		exclude(at, "ical, which says when", "from", "to", "rrule", "duration")
	case m.RRule != "":
		exclude(at, "rrule", "to")
		m.validateRule(at, from.In(location))
	default:
		m.validateOnce(at, from, to)
	}
}

// moment reads RFC 3339, or a time without a zone at location, and writes the former.
func moment(at conf.Section, key string, t *Time, location *time.Location) time.Time {
	if *t == "" {
		return time.Time{}
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", minuteForm, "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if v, err := time.ParseInLocation(form, string(*t), location); err == nil {
			*t = Time(v.Format(time.RFC3339))
			return v
		}
	}
	at.Problemf(key, "%q is not a time, write for example 2026-11-30T22:00:00Z, or 2026-11-30T22:00 and time_zone", *t)
	return time.Time{}
}

func exclude(at conf.Section, by string, keys ...string) {
	for _, key := range keys {
		if at.Has(key) {
			at.Problemf(key, "does not go with %s: leave one of them out", by)
		}
	}
}

func (m *Maintenance) validateOnce(at conf.Section, from, to time.Time) {
	if at.Has("duration") && m.Duration > 0 && !at.Has("to") && !from.IsZero() {
		to = from.Add(time.Duration(m.Duration))
		m.To = Time(to.Format(time.RFC3339))
		m.Duration = 0
	}
	switch {
	case !at.Has("from"):
		at.Problemf("from", "when does it begin? write from and to, or from, rrule and duration, or ical")
	case !at.Has("to") && m.To == "":
		at.Problemf("to", "when does it end? A window without an end would hide every fault to come: write to, and a later one when the work takes longer")
	case from.IsZero() || to.IsZero(): // told already
	case !to.After(from):
		at.Problemf("to", "%s is not later than from, %s", m.To, m.From)
	case to.Sub(from) > longestWindow:
		at.Problemf("to", "more than a year after from is no maintenance: delete the device, or make the window shorter")
	case at.Has("duration") && m.Duration != 0:
		at.Problemf("duration", "does not go with to: leave one of them out")
	}
}

func (m *Maintenance) validateRule(at conf.Section, from time.Time) {
	rule, err := rrule.Parse(m.RRule)
	if err != nil {
		at.Problemf("rrule", "%s", err)
		return
	}
	length := time.Duration(m.Duration)
	switch {
	case !at.Has("duration"):
		at.Problemf("duration", "how long is each? write for example duration: 2h")
		return
	case length < time.Minute || length > longestWindow:
		at.Problemf("duration", "%s is not between 1m and 366d", m.Duration)
		return
	case !at.Has("from"):
		at.Problemf("from", "when does the first begin? write for example from: 2026-12-01T22:00")
		return
	case from.IsZero():
		return // told already
	}
	shortest, longest := gaps(rule, from)
	endless := rule.Count == 0 && rule.Until.IsZero()
	switch {
	case length > shortest:
		at.Problemf("duration", "%s is longer than the %s from one window to the next: they would overlap", m.Duration, Duration(shortest))
	case endless && length == longest:
		at.Problemf("duration", "each window ends where the next begins: a window without an end would hide every fault to come, make each shorter than %s, or end the rule with COUNT or UNTIL", Duration(longest))
	}
}

// gaps are the least and the most time between the beginnings of the first windows.
func gaps(rule rrule.Rule, from time.Time) (shortest, longest time.Duration) {
	const looked = 60
	start := time.Date(from.Year(), from.Month(), from.Day(), from.Hour(), from.Minute(), from.Second(), 0, time.UTC)
	shortest, last, n := longestWindow, time.Time{}, 0
	for t := range rule.From(start, func(t time.Time) int64 { return t.Unix() }) {
		if n++; n > looked || t.Sub(start) > 100*longestWindow {
			break
		}
		if !last.IsZero() {
			shortest, longest = min(shortest, t.Sub(last)), max(longest, t.Sub(last))
		}
		last = t
	}
	return shortest, longest
}

// checkWindows refuses windows of the past without a reason, and windows of one scope that overlap.
func (p *planner) checkWindows(final map[id]object) {
	type window struct {
		Maintenance
		from, to time.Time
	}
	var all []window
	for _, key := range slices.SortedFunc(maps.Keys(final), compareIDs) {
		if key.kind != KindMaintenance {
			continue
		}
		var m Maintenance
		if err := decode(final[key].spec, &m); err == nil && m.RRule == "" && m.ICal == "" {
			all = append(all, window{m, m.From.Time(), m.To.Time()})
		}
	}
	for i, w := range all {
		me := id{KindMaintenance, w.Name}
		if !p.touched[me] {
			continue
		}
		if w.from.Before(p.now) && w.Reason == "" {
			p.problemOf(me, "from", fmt.Sprintf("%s lies in the past: a window that changes what has been reported needs a reason", w.From))
		}
		for j, other := range all {
			second := p.touched[id{KindMaintenance, other.Name}]
			if i == j || second && j > i || !w.from.Before(other.to) || !other.from.Before(w.to) || !sameScope(w.Scope, other.Scope) {
				continue
			}
			p.problemOf(me, "from", fmt.Sprintf("overlaps %q of the same scope, from %s to %s: make one window of both, or move one", other.Name, other.From, other.To))
		}
	}
}

func sameScope(a, b Scopes) bool {
	return slices.ContainsFunc(a, func(s Scope) bool { return slices.Contains(b, s) })
}
