package uptime

import (
	"fmt"
	"time"
	_ "time/tzdata" // zones are the same on every host
)

// Date is a day on a local calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads 2026-03-29.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: want a day such as 2026-03-29", s)
	}
	return dateOf(t), nil
}

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

func (d Date) String() string { return d.utc().Format(time.DateOnly) }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Add is the day n days later.
func (d Date) Add(n int) Date { return dateOf(d.utc().AddDate(0, 0, n)) }

// Weekday is the ISO day of the week, 1 for Monday to 7 for Sunday.
func (d Date) Weekday() int { return (int(d.utc().Weekday())+6)%7 + 1 }

// Local is the first instant (Unix seconds) whose local clock in zone shows the given second of day d or a
// later time: in a gap the instant of the change, in a fold the earlier of the two. Second 86,400 is
// midnight of the next day. The same rule for starts and ends makes neighbouring days and windows tile.
func Local(zone *time.Location, d Date, second int64) int64 {
	wall := d.utc().Unix() + second
	const farthest = 26 * 3600 // no zone was ever further than this from UTC
	for at := wall - farthest; ; {
		t := time.Unix(at, 0).In(zone)
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		found := max(at, wall-int64(offset))
		if end.IsZero() || found < end.Unix() {
			return found
		}
		at = end.Unix()
	}
}

// LocalDay is day d in zone: 23, 24 or 25 hours long, or odder.
func LocalDay(zone *time.Location, d Date) Window {
	return Window{Local(zone, d, 0), Local(zone, d.Add(1), 0)}
}

// LocalMonth is a calendar month in zone.
func LocalMonth(zone *time.Location, year int, month time.Month) Window {
	return localMonths(zone, year, month, 1)
}

func localMonths(zone *time.Location, year int, month time.Month, n int) Window {
	first := Date{year, month, 1}
	return Window{Local(zone, first, 0), Local(zone, dateOf(first.utc().AddDate(0, n, 0)), 0)}
}

// ParsePeriod reads a day 2026-03-29, a month 2026-03, a quarter 2026-Q1 or a year 2026 in zone.
func ParsePeriod(s string, zone *time.Location) (Window, error) {
	var year, quarter int
	if n, err := fmt.Sscanf(s, "%4d-Q%1d", &year, &quarter); n == 2 && err == nil && len(s) == 7 && 1 <= quarter && quarter <= 4 {
		return localMonths(zone, year, time.Month(3*quarter-2), 3), nil
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		return LocalMonth(zone, t.Year(), t.Month()), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return LocalDay(zone, dateOf(t)), nil
	}
	if t, err := time.Parse("2006", s); err == nil {
		return localMonths(zone, t.Year(), time.January, 12), nil
	}
	return Window{}, fmt.Errorf("period %q: want a day 2026-03-29, a month 2026-03, a quarter 2026-Q1 or a year 2026", s)
}

// Calendar is the agreed service time of a week: windows of local time, without those that start on a
// holiday.
type Calendar struct {
	Zone     *time.Location
	Weekly   []Hours
	Holidays map[Date]bool
	Yearly   map[Date]bool // without a year
}

// Hours is a window of local time on some days of the week, in seconds from midnight. A window that does
// not end later than it begins ends on the next day; it belongs to the day on which it starts.
type Hours struct {
	Days     []int // ISO days of the week, 1 for Monday to 7 (or 0) for Sunday
	From, To int64
}

// ParseClock reads 08:00, 24:00 or 23:59:59 as seconds from midnight.
func ParseClock(s string) (int64, error) {
	var h, m, sec int64
	n, err := fmt.Sscanf(s+":0", "%d:%d:%d", &h, &m, &sec)
	if n != 3 || err != nil || h < 0 || m < 0 || sec < 0 || m > 59 || sec > 59 || 3600*h+60*m+sec > 86_400 {
		return 0, fmt.Errorf("time of day %q: want 00:00 to 24:00", s)
	}
	return 3600*h + 60*m + sec, nil
}

// Within is the agreed time in a period. A nil Calendar agrees on all of it.
func (c *Calendar) Within(period Window) Windows {
	all := NewWindows(period)
	if c == nil || len(all) == 0 {
		return all
	}
	var out []Window
	last := dateOf(time.Unix(period.To, 0).In(c.Zone)).Add(1)
	for d := dateOf(time.Unix(period.From, 0).In(c.Zone)).Add(-2); d.utc().Compare(last.utc()) <= 0; d = d.Add(1) {
		if c.Holidays[d] || c.Yearly[Date{0, d.Month, d.Day}] {
			continue
		}
		for _, h := range c.Weekly {
			if h.on(d.Weekday()) {
				out = append(out, h.window(c.Zone, d))
			}
		}
	}
	return NewWindows(out...).Intersect(all)
}

func (h Hours) on(weekday int) bool {
	for _, d := range h.Days {
		if d == weekday || d == 0 && weekday == 7 {
			return true
		}
	}
	return false
}

func (h Hours) window(zone *time.Location, d Date) Window {
	end := d
	if h.To <= h.From {
		end = d.Add(1)
	}
	return Window{Local(zone, d, h.From), Local(zone, end, h.To)}
}
