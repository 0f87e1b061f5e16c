package store

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"ninewatch/internal/telemetry"
)

type cursor struct {
	mu  sync.Mutex
	lsn uint64
}

func (c *cursor) get(context.Context) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lsn, nil
}

func (c *cursor) set(_ context.Context, lsn uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lsn = lsn
	return nil
}

type point struct {
	t int64
	v float64
}

func open(t *testing.T, cfg Config, info []Info) (*Store, *cursor) {
	t.Helper()
	c := &cursor{}
	if cfg.OutOfOrder == 0 {
		cfg.OutOfOrder = 8 * 24 * time.Hour
	}
	if cfg.Retention == 0 {
		cfg.Retention = 90 * 24 * time.Hour
	}
	s, err := Open(cfg, Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: time.Now, Cursor: c.get, SetCursor: c.set,
		Info: func(context.Context) ([]Info, error) { return info, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// read returns all points of each series, by its labels.
func read(t *testing.T, s *Store) map[string][]point {
	t.Helper()
	q, err := s.Queryable().Querier(math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	out := map[string][]point{}
	set := q.Select(t.Context(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+"))
	for set.Next() {
		series := set.At()
		it := series.Iterator(nil)
		for it.Next() != 0 {
			at, v := it.At()
			out[series.Labels().String()] = append(out[series.Labels().String()], point{at, v})
		}
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	return out
}

func entry(lsn uint64, at int64, values ...telemetry.Value) telemetry.Entry {
	return telemetry.Entry{LSN: lsn, Site: "lisbon", Agent: "a1", Record: telemetry.Record{Frame: &telemetry.Frame{
		Device: "sw1",
		Template: []telemetry.Series{
			{Name: "ifHCInOctets", Labels: []telemetry.Label{{Name: "ifName", Value: "Gi1"}}},
			{Name: "ninewatch_snmp_up", Vantage: true},
		},
		Polls: []telemetry.Poll{{Time: at, Values: values}},
	}}}
}

const (
	octets = `{__name__="ifHCInOctets", device="sw1", ifName="Gi1", site="lisbon"}`
	up     = `{__name__="ninewatch_snmp_up", agent="a1", device="sw1", site="lisbon"}`
)

func wantPoints(t *testing.T, got map[string][]point, series string, want ...point) {
	t.Helper()
	g := got[series]
	sort.Slice(g, func(i, j int) bool { return g[i].t < g[j].t })
	if len(g) != len(want) {
		t.Errorf("%s: got %v, want %v", series, g, want)
		return
	}
	for i := range want {
		stale := value.IsStaleNaN(want[i].v) && value.IsStaleNaN(g[i].v)
		if g[i].t != want[i].t || g[i].v != want[i].v && !stale {
			t.Errorf("%s: got %v, want %v", series, g, want)
		}
	}
}

// TestApply: labels from the envelope, absent values left out, late and repeated entries harmless.
func TestApply(t *testing.T) {
	s, c := open(t, Config{Dir: t.TempDir()}, nil)
	now := time.Now().UnixMilli()
	one := telemetry.UintValue(1)
	first := entry(1, now, telemetry.UintValue(100), one)
	second := entry(2, now+60_000, telemetry.UintValue(250), telemetry.Value{})
	late := entry(3, now-3_600_000, telemetry.UintValue(7), telemetry.Value{})
	gone := entry(4, now+120_000, telemetry.Value{Kind: telemetry.Stale}, telemetry.Value{})
	ahead := entry(5, now+999_000, telemetry.UintValue(1), one)
	ahead.Quarantine = true
	for range 2 { // a crash before the cursor: everything comes again
		if err := s.Apply(t.Context(), []telemetry.Entry{first, second, late, gone, ahead}); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, s)
	wantPoints(t, got, octets, point{now - 3_600_000, 7}, point{now, 100}, point{now + 60_000, 250}, point{now + 120_000, math.Float64frombits(value.StaleNaN)})
	wantPoints(t, got, up, point{now, 1})
	if lsn, _ := c.get(t.Context()); lsn != 5 {
		t.Errorf("cursor: got %d, want 5", lsn)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSamplesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, Config{Dir: dir}, nil)
	now := time.Now().UnixMilli()
	if err := s.Apply(t.Context(), []telemetry.Entry{entry(1, now, telemetry.UintValue(1<<53), telemetry.UintValue(1))}); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, Config{Dir: dir}, nil)
	defer s.Stop(t.Context()) //nolint:errcheck // test
	wantPoints(t, read(t, s), octets, point{now, 1 << 53})
}

func TestOffsetAndHostilePayload(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir()}, nil)
	defer s.Stop(t.Context()) //nolint:errcheck // test
	now := time.Now().UnixMilli()
	e := entry(1, now, telemetry.FloatValue(math.Inf(1)), telemetry.FloatValue(2))
	e.Offset = -5000
	e.Record.Frame.Template[1].Labels = []telemetry.Label{{Name: "device", Value: "other"}, {Name: "site", Value: "porto"}}
	if err := s.Apply(t.Context(), []telemetry.Entry{e}); err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	wantPoints(t, got, up, point{now - 5000, 2})
	if len(got) != 1 {
		t.Errorf("got %v, want the one series of sw1 in lisbon", got)
	}
}

func TestTooOldIsCountedAndLeftOut(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), OutOfOrder: time.Hour}, nil)
	defer s.Stop(t.Context()) //nolint:errcheck // test
	now := time.Now().UnixMilli()
	entries := []telemetry.Entry{
		entry(1, now, telemetry.UintValue(5), telemetry.Value{}),
		entry(2, now-7_200_000, telemetry.UintValue(1), telemetry.Value{}),
	}
	if err := s.Apply(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	wantPoints(t, read(t, s), octets, point{now, 5})
	if got := s.m.tooOld.Get(); got != 1 {
		t.Errorf("too old: got %d, want 1", got)
	}
}

func TestBelowTheReserveNothingIsTaken(t *testing.T) {
	s, c := open(t, Config{Dir: t.TempDir(), ReserveBytes: 1 << 62}, nil)
	defer s.Stop(t.Context()) //nolint:errcheck // test
	err := s.Apply(t.Context(), []telemetry.Entry{entry(1, time.Now().UnixMilli(), telemetry.UintValue(5), telemetry.Value{})})
	if !errors.Is(err, ErrNoSpace) {
		t.Errorf("got %v, want ErrNoSpace", err)
	}
	if lsn, _ := c.get(t.Context()); lsn != 0 || len(read(t, s)) != 0 {
		t.Errorf("cursor %d, want 0 and no samples", lsn)
	}
}

func TestInfoSeriesEndWhenTheirLabelsChange(t *testing.T) {
	info := []Info{{Identity: "sw1", Labels: map[string]string{"__name__": "ninewatch_device_info", "device": "sw1", "model": "A"}}}
	s, _ := open(t, Config{Dir: t.TempDir()}, info)
	defer s.Stop(t.Context()) //nolint:errcheck // test
	now := time.Now()
	s.deps.Now = func() time.Time { return now }
	if err := s.EmitInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := now.UnixMilli()
	now = now.Add(5 * time.Minute)
	info[0].Labels = map[string]string{"__name__": "ninewatch_device_info", "device": "sw1", "model": "B"}
	if err := s.EmitInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	wantPoints(t, got, `{__name__="ninewatch_device_info", device="sw1", model="A"}`, point{first, 1}, point{now.UnixMilli(), math.Float64frombits(value.StaleNaN)})
	wantPoints(t, got, `{__name__="ninewatch_device_info", device="sw1", model="B"}`, point{now.UnixMilli(), 1})
}

func TestTheTSDBIsQuiet(t *testing.T) {
	var out strings.Builder
	log := slog.New(quiet{slog.NewTextHandler(&out, nil)}.WithAttrs([]slog.Attr{slog.String("component", "collector/store")}))
	log.Warn("Overlapping blocks found during reloadBlocks")
	log.Error("compaction failed")
	if got := out.String(); strings.Contains(got, "Overlapping") || !strings.Contains(got, "compaction failed") {
		t.Errorf("got %q", got)
	}
}
