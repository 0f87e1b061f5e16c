package capacity

import (
	"time"
	_ "time/tzdata" // zones are the same on every host
)

// Date is a day on a local calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Start is the first instant of the day in zone, in milliseconds: where midnight does not exist, the change
// of the clock; where it comes twice, the first. time.Date promises neither.
func (d Date) Start(zone *time.Location) int64 {
	wall := d.utc().Unix()
	const farthest = 26 * 3600 // no zone was ever further than this from UTC
	for at := wall - farthest; ; {
		_, offset := time.Unix(at, 0).In(zone).Zone()
		_, end := time.Unix(at, 0).In(zone).ZoneBounds()
		found := max(at, wall-int64(offset))
		if end.IsZero() || found < end.Unix() {
			return found * 1000
		}
		at = end.Unix()
	}
}

// DayBounds are the midnights in zone from the day that holds from to the first one not before to, in
// milliseconds: days have 23, 24 or 25 hours, or odder.
func DayBounds(from, to int64, zone *time.Location) []int64 {
	day := dateOf(time.UnixMilli(from).In(zone))
	return bounds(day.Start(zone), to, func() int64 {
		day = dateOf(day.utc().AddDate(0, 0, 1))
		return day.Start(zone)
	})
}

// MonthBounds are the starts of months in zone from the month that holds from to the first one not before to,
// in milliseconds.
func MonthBounds(from, to int64, zone *time.Location) []int64 {
	month := dateOf(time.UnixMilli(from).In(zone))
	month.Day = 1
	return bounds(month.Start(zone), to, func() int64 {
		month = dateOf(month.utc().AddDate(0, 1, 0))
		return month.Start(zone)
	})
}

func bounds(first, to int64, next func() int64) []int64 {
	out := []int64{first}
	for out[len(out)-1] < to {
		out = append(out, next())
	}
	return out
}
