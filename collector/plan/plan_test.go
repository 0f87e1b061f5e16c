package plan

import (
	"context"
	"database/sql"
	"log/slog"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
	"ninewatch/collector/store"
	"ninewatch/internal/telemetry"
)

// t0 is midnight in Lisbon, which is on UTC in winter.
var t0 = time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)

// rig is a Service over real tables, with samples of the test.
type rig struct {
	t       testing.TB
	db      *state.DB
	sink    *Sink
	service *Service
	now     time.Time
	stored  []store.Samples
	cursor  uint64
	lsn     uint64
	answer  func(expr string, sites []string, at time.Time) []Evaluated // with one value each
	queries int
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, now: t0.Add(25 * time.Hour)}
	clock := func() time.Time { return r.now }
	db, err := state.Open(t.Context(), state.Config{Path: filepath.Join(t.TempDir(), "state.db")}, state.Deps{Log: slog.New(slog.DiscardHandler), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	r.db = db
	inv, err := inventory.Open(t.Context(), inventory.Config{KeyFile: filepath.Join(t.TempDir(), "key")}, inventory.Deps{DB: db, Log: slog.New(slog.DiscardHandler), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	code, problems := inventory.Parse(inventory.File{Name: "inventory.yaml", Data: []byte(`
sites: [{name: lisbon, time_zone: Europe/Lisbon}]
devices: [{name: sw1, site: lisbon, address: 192.0.2.1, snmp: {interval: 15s}}]
circuits: [{name: lis-a, device: sw1, interface: Gi1, bandwidth: 100Mbit/s}]
capacity:
- {match: {resource: circuit}, limit: 70, lead_time: 45d}
- {name: leases, expr: dhcp_leases, max: 200, limit: 90, match: {site: lisbon}}
`)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := inv.Apply(t.Context(), code, inventory.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	facts := telemetry.DeviceFacts{Device: "sw1", Time: t0.UnixMilli(), Interfaces: []telemetry.Interface{{IfIndex: 1, Key: "Gi1", IfName: "Gi1", IfType: 6, SpeedBps: 1e9}}}
	if err := db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := inventory.ApplyFacts(t.Context(), tx, telemetry.Entry{Site: "lisbon", Agent: "a"}, facts)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	r.sink = NewSink(db.Read(), db.Write)
	r.service, err = New(DefaultConfig(), Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: clock, Read: db.Read(), Write: db.Write,
		Samples: r, Inventory: inv, Facts: inv, Sink: r.sink, Evaluate: r.evaluate})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Read implements Samples.
func (r *rig) Read(_ context.Context, _, _ string, _ []string, from, to int64, take func(store.Samples)) error {
	for _, s := range r.stored {
		out := store.Samples{Name: s.Name, Labels: s.Labels}
		for i, at := range s.Times {
			if from <= at && at <= to {
				out.Times, out.Values = append(out.Times, at), append(out.Values, s.Values[i])
			}
		}
		take(out)
	}
	return nil
}

// Cursor implements Samples.
func (r *rig) Cursor(context.Context) (uint64, error) { return r.cursor, nil }

// evaluate implements Evaluate by asking answer at each step.
func (r *rig) evaluate(_ context.Context, expr string, sites []string, from, to time.Time, step time.Duration) ([]Evaluated, error) {
	r.queries++
	var out []Evaluated
	for at := from; !at.After(to); at = at.Add(step) {
		for i, e := range r.answer(expr, sites, at) {
			if i == len(out) {
				out = append(out, Evaluated{Site: e.Site, Device: e.Device, Labels: e.Labels})
			}
			out[i].Times, out[i].Values = append(out[i].Times, at.UnixMilli()), append(out[i].Values, e.Values[0])
		}
	}
	return out, nil
}

// poll stores a counter that rises by bps from an instant to another, read every step, and notes it.
func (r *rig) poll(object string, from, to time.Time, step time.Duration, start, bps float64) {
	r.t.Helper()
	s := store.Samples{Name: object, Labels: map[string]string{"ifName": "Gi1"}}
	f := &telemetry.Frame{Device: "sw1", Template: []telemetry.Series{{Name: object, Labels: []telemetry.Label{{Name: "ifName", Value: "Gi1"}}}}}
	for at := from; at.Before(to); at = at.Add(step) {
		v := start + bps/8*at.Sub(from).Seconds()
		s.Times, s.Values = append(s.Times, at.UnixMilli()), append(s.Values, v)
		f.Polls = append(f.Polls, telemetry.Poll{Time: at.UnixMilli(), Values: []telemetry.Value{telemetry.UintValue(uint64(v))}})
	}
	r.stored = append(r.stored, s)
	r.lsn++
	if err := r.sink.Apply(r.t.Context(), []telemetry.Entry{{LSN: r.lsn, Site: "lisbon", Record: telemetry.Record{Frame: f}}}); err != nil {
		r.t.Fatal(err)
	}
	r.cursor = r.lsn
}

func (r *rig) collect() past {
	r.t.Helper()
	if err := r.service.Collect(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	p, err := r.service.past(r.t.Context(), "interface:sw1/Gi1", dateIn(r.now.UnixMilli(), time.UTC))
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-6*math.Abs(want) }

func TestCountersBecomeFeatures(t *testing.T) {
	for _, step := range []time.Duration{15 * time.Second, 2 * time.Minute} { // as it is polled today, and as it was
		r := newRig(t)
		r.poll("ifHCInOctets", t0.Add(-time.Minute), t0.Add(24*time.Hour+time.Minute), step, 1000, 40e6)
		p := r.collect()
		if len(p.days) != 2 { // the evening before has a minute
			t.Fatalf("every %s: got %d days", step, len(p.days))
		}
		f := p.days[1]
		in := f.Lines[0]
		if !near(in.P95, 40e6) || !near(in.Max, 40e6) || !near(in.Mean, 40e6) || in.Coverage != 1 || f.Capacity != 100e6 {
			t.Errorf("every %s: got %+v of %g", step, in, f.Capacity)
		}
		if !math.IsNaN(f.Lines[1].P95) || f.Lines[1].Coverage != 0 {
			t.Errorf("nobody read what was sent: %+v", f.Lines[1])
		}
	}
}

func TestLateSamplesAreCounted(t *testing.T) {
	r := newRig(t)
	r.poll("ifHCInOctets", t0, t0.Add(12*time.Hour), time.Minute, 0, 40e6)
	if got := r.collect().days[0].Lines[0].Coverage; got < 0.49 || got > 0.51 {
		t.Errorf("half a day: coverage %g", got)
	}
	r.stored = nil
	r.poll("ifHCInOctets", t0, t0.Add(24*time.Hour), time.Minute, 0, 40e6) // the whole day, and the first half again
	if got := r.collect().days[0].Lines[0]; got.Coverage < 0.99 || !near(got.P95, 40e6) {
		t.Errorf("with what came late: %+v", got)
	}
	var left int
	if err := r.db.Read().QueryRow(`SELECT count(*) FROM capacity_touched`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d notes are left, %v", left, err)
	}
}

func TestNothingIsComputedBeforeTheSamplesAreStored(t *testing.T) {
	r := newRig(t)
	r.poll("ifHCInOctets", t0, t0.Add(time.Hour), time.Minute, 0, 40e6)
	r.cursor = 0
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = r.service.Collect(ctx)
	var left int
	if err := r.db.Read().QueryRow(`SELECT count(*) FROM capacity_touched`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d notes are left, want 1: %v", left, err)
	}
}

// rising is 30 Mbit/s and half a Mbit/s more each day, every five minutes, up to now.
func (r *rig) rising(days int) []float64 {
	const perDay = 288
	r.now = t0.AddDate(0, 0, days)
	rates := make([]float64, days*perDay)
	for i := range rates {
		d := i / perDay
		rates[i] = 30e6 + 0.5e6*float64(d) + 1e6*math.Sin(float64(d*d))
	}
	return rates
}

func TestACircuitIsItsInterfaceAgainstItsBandwidth(t *testing.T) {
	r := newRig(t)
	rates := r.rising(60)
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: t0.UnixMilli(), Rates: [][]float64{rates}, Peaks: [][]float64{rates}}}); err != nil {
		t.Fatal(err)
	}
	if err := r.service.Forecast(t.Context(), Scope{Site: "lisbon"}); err != nil {
		t.Fatal(err)
	}
	a, err := r.service.Detail(t.Context(), "circuit:lis-a")
	if err != nil {
		t.Fatal(err)
	}
	if a.Kind != KindCircuit || *a.Limit != 70e6 || a.LeadDays != 45 || a.HistoryDays != 60 {
		t.Errorf("got %+v", a)
	}
	// 60 Mbit/s at the end, limit 70: 20 days on, which is before an order of today arrives.
	if a.Withheld != "" || a.FullOn.P50 == nil {
		t.Fatalf("no date: %s", a.Withheld)
	}
	if full, _ := time.Parse(time.DateOnly, *a.FullOn.P50); full.Sub(r.now.AddDate(0, 0, 20)).Abs() > 6*24*time.Hour {
		t.Errorf("full on %s, want about %s", *a.FullOn.P50, r.now.AddDate(0, 0, 20).Format(time.DateOnly))
	}
	if !a.Overdue {
		t.Errorf("order by %s is not overdue on %s", *a.OrderBy, r.now.Format(time.DateOnly))
	}
	if same, err := r.service.Detail(t.Context(), "interface:sw1/Gi1"); err != nil || same.Resource != a.Resource {
		t.Errorf("the interface of the circuit is %q, %v", same.Resource, err)
	}
}

func TestFindingsTakeThreeEvaluations(t *testing.T) {
	r := newRig(t)
	const perDay = 288
	full := make([]float64, 40*perDay)
	for i := range full {
		full[i] = 90e6 + 2e6*math.Sin(float64(i/perDay*7))
	}
	if err := r.service.Import(t.Context(), []Import{{Series: "interface:sw1/Gi1", Capacity: 1e9, From: t0.UnixMilli(), Rates: [][]float64{full}, Peaks: [][]float64{full}}}); err != nil {
		t.Fatal(err)
	}
	for n, want := range []int{0, 0, 1} {
		r.now = t0.AddDate(0, 0, 30+n)
		for range 2 { // asking twice a day counts once
			if err := r.service.Forecast(t.Context(), Scope{}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := r.service.Findings(t.Context())
		if err != nil || len(got) != want {
			t.Errorf("evaluation %d: got %d findings, want %d, %v", n+1, len(got), want, err)
		}
		if len(got) == 1 && (got[0].Severity != "critical" || got[0].Kind != KindCapacityDate || got[0].Resource != "circuit:lis-a") {
			t.Errorf("got %+v", got[0])
		}
	}
	again, err := New(DefaultConfig(), r.service.deps.withMetrics())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := again.Findings(t.Context()); len(got) != 1 {
		t.Errorf("after a restart there are %d findings, want 1", len(got))
	}
}

// withMetrics is d with a set of its own, as each Service needs one.
func (d Deps) withMetrics() Deps {
	d.Metrics = metrics.NewSet()
	return d
}
