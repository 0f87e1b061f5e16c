package uptime

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/rrule"
)

// Planned is a window of maintenance of a target.
type Planned struct {
	Window
	Name, Reason string
	// Retroactive: it was made, or changed, after it began. It counts only where it has a reason, and is
	// shown either way.
	Retroactive bool
}

// Counts tells whether the seconds of p are left out of the agreed time.
func (p Planned) Counts() bool { return !p.Retroactive || p.Reason != "" }

// counting is the seconds of windows that count.
func counting(in []Planned) Windows {
	out := make([]Window, 0, len(in))
	for _, p := range in {
		if p.Counts() {
			out = append(out, p.Window)
		}
	}
	return NewWindows(out...)
}

// schedule is an object of the kind maintenance, ready to be asked.
type schedule struct {
	name, reason string
	scopes       []inventory.Scope
	known        int64 // s: made or changed then
	zone         *time.Location
	once         Window
	rule         *rrule.Rule
	start        time.Time // wall clock of the first occurrence
	length       int64     // s
	events       []rrule.Event
}

// longestWindow (s) is that of one occurrence: what lasts longer is no maintenance, but a mistake.
const longestWindow = 366 * 86_400

// newSchedule reads an object, and says what of it cannot be used.
func newSchedule(m inventory.Maintenance, known int64, feed string) (schedule, error) {
	s := schedule{name: m.Name, reason: m.Reason, scopes: m.Scope, known: known, length: int64(time.Duration(m.Duration) / time.Second)}
	var err error
	if s.zone, err = time.LoadLocation(m.TimeZone); err != nil {
		return s, fmt.Errorf("maintenance %q: time_zone %q is none of the IANA data base, write for example Europe/Lisbon", m.Name, m.TimeZone)
	}
	from, to := m.From.Time(), m.To.Time()
	switch {
	case m.ICal != "":
		s.events, err = rrule.ParseCalendar(strings.NewReader(feed))
		if feed == "" {
			err = nil // it has not been read yet
		}
		if err != nil {
			err = fmt.Errorf("maintenance %q: %w", m.Name, err)
		}
		return s, err
	case m.RRule != "":
		rule, err := rrule.Parse(m.RRule)
		if err != nil {
			return s, fmt.Errorf("maintenance %q: %w", m.Name, err)
		}
		if s.length < 1 || s.length > longestWindow || from.IsZero() {
			return s, fmt.Errorf("maintenance %q: a recurring window needs from, when it first begins, and a duration of up to a year", m.Name)
		}
		s.rule, s.start = &rule, wall(from.In(s.zone))
		return s, nil
	}
	s.once = Window{from.Unix(), to.Unix()}
	if to.IsZero() && s.length > 0 {
		s.once.To = s.once.From + s.length
	}
	if from.IsZero() || s.once.To <= s.once.From {
		return s, fmt.Errorf("maintenance %q: it needs from, and a to that lies after it, or a duration", m.Name)
	}
	return s, nil
}

// wall is what a clock on the wall shows at t, as a time in UTC.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// local is the instant of a wall clock in a zone.
func local(zone *time.Location, w time.Time) int64 {
	return Local(zone, dateOf(w), int64(w.Hour()*3600+w.Minute()*60+w.Second()))
}

// planned is the windows of s that touch period, in order.
func (s *schedule) planned(period Window) []Planned {
	var out []Planned
	add := func(w Window, reason string) {
		if w.From < w.To && w.From < period.To && w.To > period.From {
			out = append(out, Planned{Window: w, Name: s.name, Reason: cmp.Or(s.reason, reason), Retroactive: w.From < s.known})
		}
	}
	instant := func(t time.Time) int64 { return local(s.zone, t) }
	switch {
	case s.rule != nil:
		for t := range s.rule.From(s.start, instant) {
			at := instant(t)
			if at >= period.To {
				break
			}
			add(Window{at, at + s.length}, "")
		}
	case s.events != nil:
		s.fromEvents(period, add)
	default:
		add(s.once, "")
	}
	slices.SortFunc(out, func(a, b Planned) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return out
}

// at is the instant of a clock of a published calendar.
func (s *schedule) at(c rrule.Clock) (int64, error) {
	if c.UTC {
		return c.Wall.Unix(), nil
	}
	zone := s.zone
	if c.Zone != "" {
		z, err := time.LoadLocation(c.Zone)
		if err != nil {
			return 0, fmt.Errorf("zone %q is none of the IANA data base", c.Zone)
		}
		zone = z
	}
	return local(zone, c.Wall), nil
}

// occurrence names one event of a series.
type occurrence struct {
	uid string
	at  int64
}

// fromEvents gives the occurrences of a published calendar: those that stand in place of one replace it,
// and those that are cancelled are none.
func (s *schedule) fromEvents(period Window, add func(Window, string)) {
	replaced := map[occurrence]bool{}
	for _, e := range s.events {
		if e.Replaces != nil {
			if at, err := s.at(*e.Replaces); err == nil {
				replaced[occurrence{e.UID, at}] = true
			}
		}
	}
	for _, e := range s.events {
		if e.Cancelled || e.Length <= 0 || e.Length > longestWindow*time.Second {
			continue
		}
		gone := map[int64]bool{}
		for _, x := range e.Except {
			if at, err := s.at(x); err == nil {
				gone[at] = true
			}
		}
		s.occurrences(e, period, func(w Window) {
			if !gone[w.From] && (e.Replaces != nil || !replaced[occurrence{e.UID, w.From}]) {
				add(w, e.Summary)
			}
		})
	}
}

func (s *schedule) occurrences(e rrule.Event, period Window, give func(Window)) {
	one := func(t time.Time) (Window, bool) {
		c := e.Start
		c.Wall = t
		from, err := s.at(c)
		to := from + int64(e.Length/time.Second)
		if e.Days && err == nil { // until midnight, however long the days are
			c.Wall = t.Add(e.Length)
			to, err = s.at(c)
		}
		return Window{from, to}, err == nil
	}
	starts := []time.Time{}
	for _, x := range e.Extra {
		starts = append(starts, x.Wall)
	}
	if e.Rule == nil {
		starts = append(starts, e.Start.Wall)
	} else {
		instant := func(t time.Time) int64 { w, _ := one(t); return w.From }
		for t := range e.Rule.From(e.Start.Wall, instant) {
			w, ok := one(t)
			if !ok || w.From >= period.To {
				break
			}
			give(w)
		}
	}
	for _, t := range starts {
		if w, ok := one(t); ok {
			give(w)
		}
	}
}

// newCalendar reads an object of the kind calendar.
func newCalendar(c inventory.Calendar) (*Calendar, error) {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("calendar %q: time_zone %q is none of the IANA data base, write for example Europe/Lisbon", c.Name, c.TimeZone)
	}
	out := &Calendar{Zone: zone, Holidays: map[Date]bool{}, Yearly: map[Date]bool{}}
	var errs []error
	for _, h := range c.Hours {
		hours, err := newHours(h)
		errs = append(errs, err)
		out.Weekly = append(out.Weekly, hours)
	}
	if len(out.Weekly) == 0 {
		out.Weekly = []Hours{{Days: []int{1, 2, 3, 4, 5, 6, 7}, From: 0, To: 86_400}}
	}
	for _, h := range c.Holidays {
		if d, err := ParseDate("2000-" + h); err == nil { // a leap year: 29 February is a day
			out.Yearly[Date{0, d.Month, d.Day}] = true
		} else if d, err := ParseDate(h); err == nil {
			out.Holidays[d] = true
		} else {
			errs = append(errs, fmt.Errorf("holiday %q: want a date such as 2026-12-24, or 12-25 for every year", h))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("calendar %q: %w", c.Name, err)
	}
	return out, nil
}

var dayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func newHours(h inventory.Hours) (Hours, error) {
	out := Hours{To: 86_400}
	var err1, err2 error
	if h.From != "" {
		out.From, err1 = ParseClock(h.From)
	}
	if h.To != "" {
		out.To, err2 = ParseClock(h.To)
	}
	if err := errors.Join(err1, err2); err != nil {
		return out, err
	}
	days := h.Days
	if len(days) == 0 {
		days = []string{"mon-sun"}
	}
	for _, text := range days {
		first, last, isRange := strings.Cut(strings.ToLower(text), "-")
		if !isRange {
			last = first
		}
		i, j := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if i < 0 || j < 0 {
			return out, fmt.Errorf("days %q: want mon, tue, wed, thu, fri, sat or sun, or a range such as mon-fri", text)
		}
		for ; ; i = (i + 1) % 7 { // sat-mon goes over the weekend
			out.Days = append(out.Days, i+1)
			if i == j {
				break
			}
		}
	}
	return out, nil
}
