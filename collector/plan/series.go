package plan

import (
	"math"
	"time"

	"ninewatch/collector/capacity"
)

const (
	bucketMillis = capacity.DefaultBucket
	perHour      = 3_600_000 / bucketMillis
)

// line is the buckets of one direction of a day; NaN is missing.
type line struct {
	rate []float64 // means
	peak []float64 // largest single reading or pair
}

func newLine(n int) line {
	l := line{make([]float64, n), make([]float64, n)}
	for i := range n {
		l.rate[i], l.peak[i] = math.NaN(), math.NaN()
	}
	return l
}

// day is the buckets of a series on a local day: one line for gauges, in and out for traffic.
type day struct {
	lines []line
	fine  bool // thousandths are kept, as of percentages; else whole numbers
}

// features sums a day up; size is what the resource can carry.
func (d day) features(size float64) Feature {
	f := Feature{Capacity: size}
	for _, l := range d.lines {
		peak := math.NaN()
		for _, v := range l.peak {
			if !math.IsNaN(v) && (math.IsNaN(peak) || v > peak) {
				peak = v
			}
		}
		f.Lines = append(f.Lines, capacity.DayFeatures(l.rate, peak, perHour))
	}
	return f
}

// Feature is what is kept of a day of a series.
type Feature struct {
	Capacity float64 // what the resource could carry; 0 unknown
	Lines    []capacity.Day
}

// number is a date as 20261118.
func number(d capacity.Date) int64 {
	return int64(d.Year)*10000 + int64(d.Month)*100 + int64(d.Day)
}

func dateOf(n int64) capacity.Date {
	return capacity.Date{Year: int(n / 10000), Month: time.Month(n / 100 % 100), Day: int(n % 100)}
}

// dateIn is the local day of an instant.
func dateIn(ms int64, zone *time.Location) capacity.Date {
	y, m, d := time.UnixMilli(ms).In(zone).Date()
	return capacity.Date{Year: y, Month: m, Day: d}
}

// noon is a day as an instant of UTC, to count days with.
func noon(d capacity.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// plus is the date some days later.
func plus(d capacity.Date, days int) capacity.Date {
	y, m, dd := noon(d).AddDate(0, 0, days).Date()
	return capacity.Date{Year: y, Month: m, Day: dd}
}

// between is how many days b is after a.
func between(a, b capacity.Date) int { return int(noon(b).Sub(noon(a)).Hours() / 24) }

func dateText(d capacity.Date) string { return noon(d).Format(time.DateOnly) }

// dayBounds are the beginning and the end of a local day, in milliseconds, on bounds of buckets.
func dayBounds(d capacity.Date, zone *time.Location) (from, to int64) {
	down := func(ms int64) int64 { return ms - ((ms%bucketMillis)+bucketMillis)%bucketMillis }
	return down(d.Start(zone)), down(plus(d, 1).Start(zone))
}

// mean of what is there; NaN with less than half.
func mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if 2*n < len(values) || n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
