package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

type circuits []inventory.Circuit

func (c circuits) Circuits(context.Context) ([]inventory.Circuit, error) { return c, nil }

// pathSeries is a sample store with the counters of echoes of one path, as one agent delivers them each minute.
type pathSeries struct {
	t              *testing.T
	db             *tsdb.DB
	device         string
	circuit        string
	at             int64 // Unix ms, of the next reading
	sent, received float64
}

// minutes appends readings: in each minute 60 echoes are sent and lost of them are lost, with a median of rtt seconds.
func (p *pathSeries) minutes(n int, lost, rtt float64) {
	p.t.Helper()
	appender := p.db.Appender(p.t.Context())
	series := func(name string, more ...string) labels.Labels {
		l := append([]string{"__name__", name, "site", "porto", "device", p.device, "agent", "a1"}, more...)
		if p.circuit != "" {
			l = append(l, "circuit", p.circuit)
		}
		return labels.FromStrings(l...)
	}
	for range n {
		p.sent, p.received = p.sent+60, p.received+60-lost
		for _, s := range []struct {
			labels labels.Labels
			value  float64
		}{
			{series("ninewatch_icmp_sent_total"), p.sent}, {series("ninewatch_icmp_received_total"), p.received},
			{series("ninewatch_icmp_rtt_seconds", "quantile", "0.5"), rtt},
		} {
			if _, err := appender.Append(0, s.labels, p.at, s.value); err != nil {
				p.t.Fatal(err)
			}
		}
		p.at += 60_000
	}
	if err := appender.Commit(); err != nil {
		p.t.Fatal(err)
	}
}

// TestPathsOverSeries: the expressions over stored samples. A device that took 20 ms and lost nothing for two days
// loses 12 of 60 echoes, then takes 100 ms, and is well again after each; a circuit loses 3 of 60, where its
// contract promises 1 %.
func TestPathsOverSeries(t *testing.T) {
	const begin = 1_790_000_000_000
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	own := &pathSeries{t: t, db: db, device: "r1", at: begin}
	line := &pathSeries{t: t, db: db, device: "r1", circuit: "mpls", at: begin}
	now := int64(0)
	p := &paths{
		past: map[string]baseline{},
		log:  slog.New(slog.DiscardHandler), engine: newQueryEngine(slog.New(slog.DiscardHandler)), samples: func() storage.Queryable { return db },
		inventory: circuits{{Name: "mpls", Site: "porto", Device: "r1", Contract: inventory.Contract{Loss: "1", RTT: inventory.Duration(150 * time.Millisecond)}}},
		states: func(context.Context) []uptime.Verdict {
			return []uptime.Verdict{{Device: "r1", State: string(uptime.Up)}}
		},
		outage: func(string, int64, int64) bool { return false }, now: func() time.Time { return time.UnixMilli(now) },
		book: func() *alert.Book { return &alert.Book{Devices: map[string]alert.Place{"r1": {Site: "porto"}}} },
	}
	f := func(want ...string) []alert.Finding {
		t.Helper()
		now = own.at - 60_000 + rulesDelay.Milliseconds() // as of the last reading
		list, err := p.findings(t.Context())
		if diff := cmp.Diff(append([]string{}, want...), said(list)); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		return list
	}
	minutes := func(n int, lost, rtt, lineLost float64) {
		t.Helper()
		for n > 0 { // the store takes samples in their order
			part := min(n, 30)
			own.minutes(part, lost, rtt)
			line.minutes(part, lineLost, 0.1)
			n -= part
		}
	}
	minutes(2*24*60, 0, 0.02, 0)
	f()
	minutes(10, 12, 0.02, 0)
	lossy := f("packet_loss porto|r1| down")
	if got := lossy[0].Summary + "; " + lossy[0].Evidence; got != "r1 loses 20.0 % of echoes; 60 of 300 echoes lost in 5 minutes; more than is usual" {
		t.Errorf("got %q", got)
	}
	minutes(10, 0, 0.02, 0)
	f()
	minutes(10, 0, 0.1, 0)
	slow := f("latency porto|r1| down")
	if got := slow[0].Summary + "; " + slow[0].Evidence; got != "r1 takes 100.0 ms to answer; median of 5 minutes; usual is 20.0 ms" {
		t.Errorf("got %q", got)
	}
	minutes(10, 0, 0.02, 3)
	f("packet_loss porto|r1|circuit:mpls down")
	minutes(10, 0, 0.02, 0)
	f()
}

// TestPathsAreJudgedWithoutAPast: where what is usual cannot be read, what was known of it stays, and what a contract
// promises is judged all the same.
func TestPathsAreJudgedWithoutAPast(t *testing.T) {
	const begin = 1_790_000_000_000
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	line := &pathSeries{t: t, db: db, device: "r1", circuit: "mpls", at: begin}
	line.minutes(10, 3, 0.1)
	known := map[path]usual{{"r1", ""}: {n: 84, median: 0.02}}
	now := line.at - 60_000 + rulesDelay.Milliseconds()
	p := &paths{
		log: slog.New(slog.DiscardHandler), engine: newQueryEngine(slog.New(slog.DiscardHandler)), samples: func() storage.Queryable { return noPast{db, now - time.Hour.Milliseconds()} },
		past:      map[string]baseline{"porto": {rtt: known}, "gone": {rtt: known}},
		inventory: circuits{{Name: "mpls", Site: "porto", Device: "r1", Contract: inventory.Contract{Loss: "1"}}},
		states: func(context.Context) []uptime.Verdict {
			return []uptime.Verdict{{Device: "r1", State: string(uptime.Up)}}
		},
		outage: func(string, int64, int64) bool { return false }, now: func() time.Time { return time.UnixMilli(now) },
		book: func() *alert.Book { return &alert.Book{Devices: map[string]alert.Place{"r1": {Site: "porto"}}} },
	}
	for range 2 {
		list, err := p.findings(t.Context())
		if diff := cmp.Diff([]string{"packet_loss porto|r1|circuit:mpls down"}, said(list)); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if got := p.past["porto"]; len(got.rtt) != 1 || !got.due.Equal(p.now().Add(-rulesDelay).Add(baselineAgain)) {
			t.Errorf("of porto %d paths are known, due at %s", len(got.rtt), got.due)
		}
		if _, kept := p.past["gone"]; kept {
			t.Error("what was usual at a site that is gone is kept")
		}
	}
}

// noPast cannot be asked for what lies before a time.
type noPast struct {
	storage.Queryable
	least int64
}

func (s noPast) Querier(from, to int64) (storage.Querier, error) {
	if from < s.least {
		return nil, errors.New("the store is busy")
	}
	return s.Queryable.Querier(from, to)
}
