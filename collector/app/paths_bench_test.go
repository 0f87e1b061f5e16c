package app

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"ninewatch/collector/alert"
	"ninewatch/collector/uptime"
)

// BenchmarkPaths1000 judges the paths to 1,000 devices over a week of samples, one a minute: what is usual is read
// anew once an hour, what is now every pathsEvery.
func BenchmarkPaths1000(b *testing.B) {
	const devices, begin, minutes = 1000, int64(1_790_000_000_000), baselineDays * 24 * 60
	db, err := tsdb.Open(b.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	book := &alert.Book{Devices: map[string]alert.Place{}}
	var states []uptime.Verdict
	var series [][3]labels.Labels
	for n := range devices {
		device := fmt.Sprintf("r%d", n)
		book.Devices[device] = alert.Place{Site: "porto"}
		states = append(states, uptime.Verdict{Device: device, State: string(uptime.Up)})
		of := func(name string, more ...string) labels.Labels {
			return labels.FromStrings(append([]string{"__name__", name, "site", "porto", "device", device, "agent", "a1"}, more...)...)
		}
		series = append(series, [3]labels.Labels{of("ninewatch_icmp_sent_total"), of("ninewatch_icmp_received_total"), of("ninewatch_icmp_rtt_seconds", "quantile", "0.5")})
	}
	refs := make([][3]storage.SeriesRef, devices)
	for m := range minutes {
		appender := db.Appender(b.Context())
		for n := range devices {
			for k, v := range [3]float64{float64(60 * m), float64(60*m - m/100), 0.02 + 0.001*float64((m+n)%7)} {
				if refs[n][k], err = appender.Append(refs[n][k], series[n][k], begin+int64(m)*60_000, v); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := appender.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	p := &paths{
		past: map[string]baseline{},
		log:  slog.New(slog.DiscardHandler), engine: newQueryEngine(slog.New(slog.DiscardHandler)), samples: func() storage.Queryable { return db },
		inventory: circuits{}, states: func(context.Context) []uptime.Verdict { return states }, outage: func(string, int64, int64) bool { return false },
		now: func() time.Time { return time.UnixMilli(begin + minutes*60_000) }, book: func() *alert.Book { return book },
	}
	for name, anew := range map[string]bool{"with what is usual": true, "now": false} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				if anew {
					clear(p.past)
				}
				list, err := p.findings(b.Context())
				if err != nil || len(list) != 0 {
					b.Fatal(len(list), err)
				}
			}
			if n := len(p.past["porto"].rtt); n != devices {
				b.Fatalf("what is usual is known of %d devices", n)
			}
		})
	}
}
