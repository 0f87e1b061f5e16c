package plan

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"syscall"
	"testing"

	"ninewatch/collector/capacity"
)

const (
	nightLinks = 10_000
	nightDays  = 180
)

// BenchmarkNight is the night of a site with 10,000 links of half a year in both directions, from its rows to the
// stored forecasts. P11 allows 60 s of CPU and 512 MB.
func BenchmarkNight(b *testing.B) {
	r := newRig(b)
	r.now = t0.AddDate(0, 0, nightDays)
	first := dateIn(t0.UnixMilli(), r.now.Location())
	for from := 0; from < nightLinks; from += 500 {
		err := r.db.Write(b.Context(), func(tx *sql.Tx) error {
			for i := from; i < from+500; i++ {
				if err := putFeatures(b.Context(), tx, fmt.Sprintf("interface:sw1/Gi%d", i), growth(i, first)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		before := cpu()
		if err := r.service.Forecast(context.Background(), Scope{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(cpu()-before, "cpu-s/night")
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(u.Maxrss)/1024, "MB-peak")
}

// growth is half a year of a line with weekends, and growth of its own.
func growth(i int, first capacity.Date) map[capacity.Date]Feature {
	out := map[capacity.Date]Feature{}
	for d := range nightDays {
		week := 1 + 0.2*math.Sin(2*math.Pi*float64(d)/7)
		v := 200e6 * week * (1 + float64(i%40)/10*float64(d)/nightDays) * (1 + 0.05*math.Sin(float64(d*d+i)))
		out[plus(first, d)] = Feature{Capacity: 1e9, Lines: []capacity.Day{{P95: v, Max: v, Mean: v / 2, Coverage: 1}, {P95: v * 0.6, Max: v, Mean: v / 3, Coverage: 1}}}
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
