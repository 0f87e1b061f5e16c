package schedule

import (
	"fmt"
	"time"

	"ninewatch/collector/uptime"
)

// ReadyAt is the hour, by the clock of the zone, at which the report of a period that ended is made.
const ReadyAt = 6

// Period is a whole period of a schedule.
type Period struct {
	uptime.Window
	Name string // as a report is asked for: 2026-11-21, 2026-11, 2026-Q4, 2026; empty for a week
	Due  int64  // Unix s
}

// Ended is the last period of a kind (day, week, month, quarter, year) whose report is due at now.
func Ended(kind string, zone *time.Location, now time.Time) (Period, error) {
	local := now.In(zone)
	for back := range 2 { // the period that ended last may not be due yet
		p, err := before(kind, zone, local, back)
		if err != nil || p.Due <= now.Unix() {
			return p, err
		}
	}
	return before(kind, zone, local, 2)
}

// before is the period that ended before the one of local, and further back.
func before(kind string, zone *time.Location, local time.Time, back int) (Period, error) {
	noon := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, time.UTC) // of the date: no clock changes here
	first := noon.AddDate(0, 0, 1-noon.Day())
	var p Period
	switch kind {
	case "day":
		p.Name = noon.AddDate(0, 0, -1-back).Format(time.DateOnly)
	case "week": // ISO 8601: it begins on Monday
		monday := noon.AddDate(0, 0, -(int(noon.Weekday())+6)%7-7*(1+back))
		return week(zone, monday)
	case "month":
		p.Name = first.AddDate(0, -1-back, 0).Format("2006-01")
	case "quarter":
		q := first.AddDate(0, -(int(first.Month())-1)%3-3*(1+back), 0)
		p.Name = fmt.Sprintf("%d-Q%d", q.Year(), (int(q.Month())+2)/3)
	case "year":
		p.Name = fmt.Sprint(noon.Year() - 1 - back)
	default:
		return p, fmt.Errorf("period %q is none of day, week, month, quarter, year", kind)
	}
	var err error
	if p.Window, err = uptime.ParsePeriod(p.Name, zone); err != nil {
		return p, err
	}
	p.Due = due(zone, p.To)
	return p, nil
}

func week(zone *time.Location, monday time.Time) (Period, error) {
	from, err := uptime.ParsePeriod(monday.Format(time.DateOnly), zone)
	if err != nil {
		return Period{}, err
	}
	to, err := uptime.ParsePeriod(monday.AddDate(0, 0, 6).Format(time.DateOnly), zone)
	return Period{Window: uptime.Window{From: from.From, To: to.To}, Due: due(zone, to.To)}, err
}

// due is ReadyAt on the day that begins at end. In a fold it is the earlier instant, in a gap the one behind it.
func due(zone *time.Location, end int64) int64 {
	day := time.Unix(end, 0).In(zone)
	return time.Date(day.Year(), day.Month(), day.Day(), ReadyAt, 0, 0, 0, zone).Unix()
}

// Since lists the periods that ended after the one that began at done, the oldest first, at most most of the newest.
func Since(kind string, zone *time.Location, now time.Time, done int64, most int) ([]Period, error) {
	var out []Period
	at := now
	for len(out) < most {
		p, err := Ended(kind, zone, at)
		if err != nil {
			return nil, err
		}
		if p.From <= done {
			break
		}
		out = append([]Period{p}, out...)
		at = time.Unix(p.Due-1, 0)
	}
	return out, nil
}
