package rrule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Frequency is how often the periods of a rule come.
type Frequency uint8

// The frequencies that are read: windows of work recur no more often than daily.
const (
	Daily Frequency = iota + 1
	Weekly
	Monthly
	Yearly
)

var frequencies = map[string]Frequency{"DAILY": Daily, "WEEKLY": Weekly, "MONTHLY": Monthly, "YEARLY": Yearly}

// Weekday is a day of the week, where Nth is not 0 only the nth (or, below 0, the nth from the end) of the
// month, or of the year.
type Weekday struct {
	Nth int
	Day time.Weekday
}

var weekdays = map[string]time.Weekday{
	"MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday, "SU": time.Sunday,
}

// Rule is a recurrence rule (RFC 5545, 3.3.10).
type Rule struct {
	Frequency  Frequency
	Interval   int // every so many periods; at least 1
	Count      int // 0: not limited
	Until      time.Time
	UntilUTC   bool // Until is an instant rather than a wall clock
	ByMonth    []int
	ByMonthDay []int
	ByDay      []Weekday
	BySetPos   []int
	WeekStart  time.Weekday
}

const maxInterval, maxCount = 1000, 10_000

// Parse reads a rule such as FREQ=MONTHLY;BYDAY=2SU.
func Parse(text string) (Rule, error) {
	r := Rule{Interval: 1, WeekStart: time.Monday}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "RRULE:"), ";") {
		key, value, ok := strings.Cut(part, "=")
		if !ok || value == "" {
			return r, fmt.Errorf("rrule %q: %q: want KEY=VALUE", text, part)
		}
		if seen[key] {
			return r, fmt.Errorf("rrule %q: %s stands twice", text, key)
		}
		seen[key] = true
		if err := r.set(key, value); err != nil {
			return r, fmt.Errorf("rrule %q: %w", text, err)
		}
	}
	if err := r.check(); err != nil {
		return r, fmt.Errorf("rrule %q: %w", text, err)
	}
	return r, nil
}

func (r *Rule) set(key, value string) (err error) {
	switch key {
	case "FREQ":
		f, ok := frequencies[value]
		if !ok {
			return fmt.Errorf("FREQ %s: want DAILY, WEEKLY, MONTHLY or YEARLY", value)
		}
		r.Frequency = f
	case "INTERVAL":
		r.Interval, err = number(value, 1, maxInterval)
	case "COUNT":
		r.Count, err = number(value, 1, maxCount)
	case "UNTIL":
		r.Until, r.UntilUTC, _, err = parseTime(value)
	case "BYMONTH":
		r.ByMonth, err = numbers(value, 1, 12, false)
	case "BYMONTHDAY":
		r.ByMonthDay, err = numbers(value, 1, 31, true)
	case "BYSETPOS":
		r.BySetPos, err = numbers(value, 1, 366, true)
	case "BYDAY":
		r.ByDay, err = days(value)
	case "WKST":
		day, ok := weekdays[value]
		if !ok {
			return fmt.Errorf("WKST %s: want MO to SU", value)
		}
		r.WeekStart = day
	default:
		return fmt.Errorf("%s is not read here: want FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS or WKST", key)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (r *Rule) check() error {
	nth := slices.ContainsFunc(r.ByDay, func(d Weekday) bool { return d.Nth != 0 })
	switch {
	case r.Frequency == 0:
		return errors.New("FREQ is missing")
	case r.Count > 0 && !r.Until.IsZero():
		return errors.New("COUNT and UNTIL exclude each other: leave one of them out")
	case nth && r.Frequency < Monthly:
		return errors.New("a number before a day of the week needs FREQ=MONTHLY or YEARLY")
	case r.Frequency == Weekly && len(r.ByMonthDay) > 0:
		return errors.New("BYMONTHDAY does not go with FREQ=WEEKLY")
	case len(r.BySetPos) > 0 && len(r.ByDay)+len(r.ByMonthDay)+len(r.ByMonth) == 0:
		return errors.New("BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH beside it")
	}
	return nil
}

func number(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q: want a number from %d to %d", text, low, high)
	}
	return n, nil
}

// numbers reads a list; where signed, also of numbers that count from the end.
func numbers(text string, low, high int, signed bool) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		digits, negative := strings.CutPrefix(part, "-")
		n, err := number(strings.TrimPrefix(digits, "+"), low, high)
		if err != nil || negative && !signed {
			return nil, fmt.Errorf("%q: want numbers from %d to %d", part, low, high)
		}
		if negative {
			n = -n
		}
		out = append(out, n)
	}
	return out, nil
}

func days(text string) ([]Weekday, error) {
	var out []Weekday
	for part := range strings.SplitSeq(text, ",") {
		day, ok := weekdays[part[max(0, len(part)-2):]]
		if !ok {
			return nil, fmt.Errorf("%q: want MO to SU, with a number before it where it is the nth", part)
		}
		d := Weekday{Day: day}
		if nth := part[:len(part)-2]; nth != "" {
			n, err := numbers(nth, 1, 53, true)
			if err != nil {
				return nil, err
			}
			d.Nth = n[0]
		}
		out = append(out, d)
	}
	return out, nil
}

// parseTime reads 20261130, 20261130T220000 or 20261130T220000Z.
func parseTime(text string) (t time.Time, utc, day bool, err error) {
	if text, utc = strings.CutSuffix(text, "Z"); utc || strings.Contains(text, "T") {
		t, err = time.Parse("20060102T150405", text)
	} else {
		t, err = time.Parse("20060102", text)
		day = true
	}
	if err != nil {
		return t, utc, day, fmt.Errorf("%q: want a time such as 20261130T220000 or a day such as 20261130", text)
	}
	return t, utc, day, nil
}
