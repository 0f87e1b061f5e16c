package plan

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"syscall"
	"testing"
	"time"

	"ninewatch/collector/capacity"
)

const (
	nightLinks = 10_000
	nightDays  = 180
)

// BenchmarkNight is two nights of a site with 10,000 links of half a year in both directions, from its rows to the
// stored forecasts of days and hours: both make as many back-tests of hours as a night may. P11 allows 60 s of CPU and
// 512 MB.
func BenchmarkNight(b *testing.B) {
	r := newRig(b)
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		b.Fatal(err)
	}
	first := dateIn(t0.UnixMilli(), zone)
	today := plus(first, nightDays)
	r.links(func(tx *sql.Tx, series string, i int) error {
		if err := putFeatures(b.Context(), tx, series, growth(i, first, nightDays)); err != nil {
			return err
		}
		from := plus(today, -hourDays)
		begin, _ := dayBounds(from, zone)
		h := hours{made: 1, series: capacity.Series{Start: begin, Step: hourMillis}}
		for d := from; between(d, plus(today, -1)) > 0; d = plus(d, 1) {
			day := bucketsOf(i, d).lines[0].rate
			a, b := dayBounds(d, zone)
			for at := 0; at < int((b-a)/bucketMillis); at += perHour {
				h.series.Values = append(h.series.Values, mean(day[at:at+perHour]))
			}
		}
		return saveHours(b.Context(), tx, series, plus(today, -2), h)
	})
	night := func() float64 {
		yesterday := plus(today, -1)
		r.links(func(tx *sql.Tx, series string, i int) error {
			body, err := encodeDay(bucketsOf(i, yesterday))
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(b.Context(), `INSERT INTO capacity_days (series, day, revision, body) VALUES (?, ?, 1, ?)`, series, number(yesterday), body)
			return err
		})
		r.now = noon(today)
		before := cpu()
		if err := r.service.Forecast(context.Background(), Scope{}); err != nil {
			b.Fatal(err)
		}
		return cpu() - before
	}
	for b.Loop() {
		b.ReportMetric(night(), "cpu-s/first-night")
		today = plus(today, 1)
		r.links(func(tx *sql.Tx, series string, i int) error {
			return putFeatures(b.Context(), tx, series, growth(i, plus(today, -1), 1))
		})
		b.ReportMetric(night(), "cpu-s/night")
		today = plus(today, 1)
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(u.Maxrss)/1024, "MB-peak")
}

// links writes something of each link.
func (r *rig) links(write func(tx *sql.Tx, series string, i int) error) {
	r.t.Helper()
	for from := 0; from < nightLinks; from += 500 {
		err := r.db.Write(r.t.Context(), func(tx *sql.Tx) error {
			for i := from; i < from+500; i++ {
				if err := write(tx, fmt.Sprintf("interface:sw1/Gi%d", i), i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// growth is some days of a line with weekends, and growth of its own.
func growth(i int, from capacity.Date, days int) map[capacity.Date]Feature {
	out := map[capacity.Date]Feature{}
	for n := range days {
		d := noon(plus(from, n)).Unix() / 86400 % 1000
		v := 200e6 * (1 + 0.2*math.Sin(2*math.Pi*float64(d)/7)) * (1 + float64(i%40)/10*float64(n)/nightDays) * (1 + 0.05*math.Sin(float64(d*d+int64(i))))
		out[plus(from, n)] = Feature{Capacity: 1e9, Lines: []capacity.Day{{P95: v, Max: v, Mean: v / 2, Coverage: 1}, {P95: v * 0.6, Max: v, Mean: v / 3, Coverage: 1}}}
	}
	return out
}

// bucketsOf is a day of a line that is busy by day.
func bucketsOf(i int, date capacity.Date) day {
	n := noon(date).Unix() / 86400 % 1000
	out := day{lines: []line{newLine(288), newLine(288)}}
	for at := range 288 {
		v := 150e6 * (1 - math.Cos(2*math.Pi*float64(at)/288)) * (1 + 0.1*math.Sin(float64(n*n+int64(at/perHour*i))))
		out.lines[0].rate[at], out.lines[0].peak[at] = v, v
		out.lines[1].rate[at], out.lines[1].peak[at] = v/2, v/2
	}
	return out
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return math.NaN()
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
