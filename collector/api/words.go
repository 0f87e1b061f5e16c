package api

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// narrow is the space before a percent sign: it does not break.
const narrowSpace = "\u202f"

// durationInWords has two units, cut off: 25 s, 24 min 48 s, 2 h 27 min, 3 d 11 h.
func durationInWords(d time.Duration) string {
	s := int64(max(0, d) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	case s < 86_400:
		return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d %02d h", s/86_400, s%86_400/3600)
}

// roundTripInWords is 0.61 ms, 4.1 ms, 128 ms or 1.24 s.
func roundTripInWords(seconds float64) string {
	ms := seconds * 1000
	switch {
	case ms >= 999.5:
		return fmt.Sprintf("%.2f s", seconds)
	case ms >= 99.5:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 0.995:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 0.01 && ms > 0:
		return fmt.Sprintf("%.3f ms", math.Max(ms, 0.001))
	}
	return fmt.Sprintf("%.2f ms", ms)
}

// percentInWords writes a percentage that is text already.
func percentInWords(percent string) string { return percent + narrowSpace + "%" }

// countInWords groups thousands: 1,274.
func countInWords(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is 1 device, 2 devices.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return countInWords(n) + " " + one + "s"
}

// instantInWords is a moment soon after now: 14:50 on the same day, else Wed 21 Oct 19:58.
func instantInWords(t, now time.Time) string {
	if t.Format(time.DateOnly) == now.In(t.Location()).Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("Mon 2 Jan 15:04")
}

// plainName is a name without the label that simulated things carry.
func plainName(s string) string { return strings.TrimSuffix(s, " (DEMO)") }
