package capacity

import (
	"math"
	"time"
)

const (
	dayMillis  = 24 * 3600 * 1000
	weekMillis = 7 * dayMillis
)

// Series is values at a steady step. NaN is a missing value: down time, unknown and maintenance are missing,
// never zero. Times are milliseconds since 1970 UTC.
type Series struct {
	Start  int64 // of the first value
	Step   int64
	Values []float64
}

// Calendar says which clock the seasons follow. The zero Calendar is UTC without holidays.
type Calendar struct {
	Zone     *time.Location
	Holidays map[Date]bool // local days that are like Sundays
}

// slots gives each of n values, and of those that would follow, its place in the season: the hour of the week
// or of the day on the local clock where the season is a week or a day long, else the position. Where clocks
// change, two values share a slot or a slot is left out. The middle of a value decides.
func slots(s Series, season, n int, cal Calendar) (out []int32, byWeek bool) {
	out = make([]int32, n)
	if season <= 1 {
		return out, false
	}
	length := s.Step * int64(season)
	byWeek = length == weekMillis && season%7 == 0
	if !byWeek && length != dayMillis {
		for i := range out {
			out[i] = int32(i % season)
		}
		return out, false
	}
	var offset, until int64 = 0, math.MinInt64
	for i := range out {
		at := s.Start + int64(i)*s.Step + s.Step/2
		if cal.Zone != nil && at >= until {
			offset, until = zoneOffset(cal.Zone, at)
		}
		local := at + offset
		if len(cal.Holidays) > 0 && byWeek && cal.Holidays[dateOf(time.UnixMilli(local).UTC())] {
			local = sundayMillis + (local - floorTo(local, dayMillis))
		}
		const thursday = 3 * dayMillis // 1970 began on one; weeks begin on Monday
		place := local + thursday - floorTo(local+thursday, length)
		out[i] = int32(place / s.Step)
	}
	return out, byWeek
}

const sundayMillis = 3 * dayMillis // 1970-01-04

// zoneOffset is how far the local clock is ahead at an instant, and until when.
func zoneOffset(zone *time.Location, at int64) (offset, until int64) {
	t := time.UnixMilli(at).In(zone)
	_, seconds := t.Zone()
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return int64(seconds) * 1000, math.MaxInt64
	}
	return int64(seconds) * 1000, end.UnixMilli()
}
