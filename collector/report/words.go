package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Lasted is a duration in words of at most two units, rounded down: "4 min 05 s", "3 h 00 min", "2 d 04 h".
func Lasted(seconds int64) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	switch {
	case seconds < 60:
		return fmt.Sprintf("%s%d s", sign, seconds)
	case seconds < 3600:
		return fmt.Sprintf("%s%d min %02d s", sign, seconds/60, seconds%60)
	case seconds < 48*3600:
		return fmt.Sprintf("%s%d h %02d min", sign, seconds/3600, seconds/60%60)
	}
	return fmt.Sprintf("%s%d d %02d h", sign, seconds/86400, seconds/3600%24)
}

// Grouped is a whole number with a thin gap every three digits.
func Grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var out strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteString(",")
		}
		out.WriteRune(r)
	}
	return sign + out.String()
}

// shortNumber is a label of an axis.
func shortNumber(v float64) string {
	abs := math.Abs(v)
	for _, u := range []struct {
		from, unit float64
		mark       string
	}{{1e12, 1e12, " T"}, {1e9, 1e9, " G"}, {1e6, 1e6, " M"}, {1e4, 1e3, " k"}} {
		if abs >= u.from {
			return strconv.FormatFloat(v/u.unit, 'g', 4, 64) + u.mark
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func unitText(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}

// plural is n and its noun: "1 outage", "3 outages".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", Grouped(n), noun)
}
