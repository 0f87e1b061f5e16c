package uptime

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// store is a state store as collector/state lays it out, and a clock.
type store struct {
	t   testing.TB
	db  *sql.DB
	now int64 // Unix ms
}

func newStore(t testing.TB) *store {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "state.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	files, err := filepath.Glob("../state/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations: %d files, %v", len(files), err)
	}
	slices.Sort(files)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		if _, err := db.Exec(up); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	return &store{t: t, db: db, now: start}
}

const start = 1_800_000_000_000

func (s *store) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Exec(query, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *store) device(name, site string, parents ...string) {
	s.t.Helper()
	spec, _ := json.Marshal(map[string]any{"name": name, "parents": parents})
	s.exec(`INSERT INTO objects (kind, name, site, spec, source, created_ms, updated_ms) VALUES ('device', ?, ?, ?, 'apply', ?, ?)`,
		name, site, string(spec), s.now, s.now)
}

func (s *store) object(kind, name, site, spec string) {
	s.t.Helper()
	s.exec(`INSERT INTO objects (kind, name, site, spec, source, created_ms, updated_ms) VALUES (?, ?, ?, ?, 'apply', ?, ?)`, kind, name, site, spec, s.now, s.now)
}

func (s *store) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (s *store) run(agent string, r telemetry.Run) {
	s.t.Helper()
	s.exec(`INSERT INTO observation_runs (device, probe, agent, from_ms, to_ms, every_ms, result, loss_ppm, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET to_ms = excluded.to_ms WHERE excluded.to_ms > to_ms`,
		r.Device, r.Probe, agent, r.From, r.To, r.Every, r.Result, r.LossPPM, r.Reason)
}

func (s *store) heard(agent string, seen int64) {
	s.t.Helper()
	s.exec(`INSERT INTO agents (id, site, created_ms, last_seen_ms, watermark_ms) VALUES (?, 'lisbon', 0, ?, ?)
		ON CONFLICT DO UPDATE SET last_seen_ms = excluded.last_seen_ms, watermark_ms = excluded.watermark_ms`, agent, seen, seen)
}

func (s *store) engine() *Engine {
	s.t.Helper()
	e, err := New(DefaultConfig(), Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), DB: s.db, Write: s.write,
		Now: func() time.Time { return time.UnixMilli(s.now) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// observe stores runs as they come from an agent, and shows them to the engine.
func (s *store) observe(e *Engine, agent string, backlog bool, runs ...telemetry.Run) []Verdict {
	s.t.Helper()
	for _, r := range runs {
		s.run(agent, r)
	}
	s.heard(agent, s.now)
	refreshed, err := e.Refresh(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := e.Observe(s.t.Context(), []telemetry.Entry{{Agent: agent, Backlog: backlog, Record: telemetry.Record{Runs: runs}}})
	if err != nil {
		s.t.Fatal(err)
	}
	return append(refreshed, got...)
}

func icmp(device string, from, seconds int64, result telemetry.Result) telemetry.Run {
	return telemetry.Run{Device: device, Probe: telemetry.ProbeICMP, From: from, To: from + (seconds-1)*1000, Every: 1000, Result: result}
}

func snmp(device string, from, minutes int64, result telemetry.Result) telemetry.Run {
	return telemetry.Run{Device: device, Probe: telemetry.ProbeSNMP, From: from, To: from + (minutes-1)*60_000, Every: 60_000, Result: result}
}

func states(vs []Verdict) string {
	var out []string
	for _, v := range vs {
		late := ""
		if v.Late {
			late = " late"
		}
		out = append(out, fmt.Sprintf("%s %s %d%s", v.Device, v.State, v.Since-start, late))
	}
	return strings.Join(out, ", ")
}

func wantStates(t *testing.T, got []Verdict, want string) {
	t.Helper()
	if s := states(got); s != want {
		t.Errorf("verdicts: got %q, want %q", s, want)
	}
}

func reload(t *testing.T, e *Engine) []Verdict {
	t.Helper()
	got, err := e.Reload(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestOutageLive follows a cut: down from the first lost echo, once the third is lost and SNMP is given its
// time, and up from the first of two echoes.
func TestOutageLive(t *testing.T) {
	s := newStore(t)
	s.device("opo-dist-1", "porto")
	e := s.engine()
	wantStates(t, reload(t, e), "opo-dist-1 unknown 0")

	s.now = start + 120_000
	wantStates(t, s.observe(e, "a1", false, icmp("opo-dist-1", start+300, 120, telemetry.OK), snmp("opo-dist-1", start+10_000, 2, telemetry.OK)),
		"opo-dist-1 up 300")
	s.now = start + 122_400
	wantStates(t, s.observe(e, "a1", false, icmp("opo-dist-1", start+120_300, 2, telemetry.Fail)), "")
	s.now = start + 123_400
	wantStates(t, s.observe(e, "a1", false, icmp("opo-dist-1", start+120_300, 3, telemetry.Fail)), "opo-dist-1 degraded 120300")
	s.now = start + 126_400
	got := s.observe(e, "a1", false, icmp("opo-dist-1", start+120_300, 6, telemetry.Fail))
	wantStates(t, got, "opo-dist-1 down 120300")
	if got[0].UncertaintyMS != 1000 || got[0].Detected != start+122_300 || got[0].Site != "porto" {
		t.Errorf("uncertainty %d, detected %d, site %q; want 1000, %d, porto", got[0].UncertaintyMS, got[0].Detected-start, got[0].Site, 122_300)
	}
	want := "ICMP does not answer since 2027-01-15T08:02:00.300Z (agent a1); SNMP answers since 2027-01-15T08:00:10.000Z (agent a1)"
	if got[0].Evidence != want {
		t.Errorf("evidence: got %q, want %q", got[0].Evidence, want)
	}
	s.now = start + 130_400
	wantStates(t, s.observe(e, "a1", false, icmp("opo-dist-1", start+120_300, 8, telemetry.Fail), icmp("opo-dist-1", start+128_300, 2, telemetry.OK)),
		"opo-dist-1 up 128300")
	line, err := e.Timeline(t.Context(), "opo-dist-1", start/1000+60, start/1000+130)
	if err != nil {
		t.Fatal(err)
	}
	wantLine := []Interval{
		{From: start/1000 + 60, To: start/1000 + 120, State: Up},
		{From: start/1000 + 120, To: start/1000 + 128, State: Down},
		{From: start/1000 + 128, To: start/1000 + 130, State: Up},
	}
	if diff := cmp.Diff(wantLine, statesOnly(line)); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

// TestSilentAgent: what a silent agent watches is unknown, and known again when it is back.
func TestSilentAgent(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	e := s.engine()
	reload(t, e)
	s.now = start + 60_000
	wantStates(t, s.observe(e, "a1", false, icmp("sw1", start, 60, telemetry.OK), snmp("sw1", start, 2, telemetry.OK)), "sw1 up 0")
	s.now = start + 89_000
	refresh := func() []Verdict {
		got, err := e.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	wantStates(t, refresh(), "")
	s.now = start + 91_000
	wantStates(t, refresh(), "sw1 unknown 60000")
	wantStates(t, refresh(), "")
	s.now = start + 100_000
	wantStates(t, s.observe(e, "a1", false, icmp("sw1", start, 100, telemetry.OK)), "sw1 up 0")
}

// TestBacklogIsLate: an outage that comes as backlog revises history; live evidence makes it news.
func TestBacklogIsLate(t *testing.T) {
	s := newStore(t)
	s.device("sw1", "lisbon")
	e := s.engine()
	reload(t, e)
	s.now = start + 60_000
	s.observe(e, "a1", false, icmp("sw1", start, 60, telemetry.OK))
	s.now = start + 1_200_000
	wantStates(t, s.observe(e, "a1", true, icmp("sw1", start+60_000, 600, telemetry.Fail)), "sw1 unknown 660000 late")
	s.now = start + 1_260_000
	wantStates(t, s.observe(e, "a1", true, icmp("sw1", start+60_000, 1200, telemetry.Fail)), "sw1 down 60000 late")
	s.now = start + 1_261_000
	got := s.observe(e, "a1", false, icmp("sw1", start+60_000, 1201, telemetry.Fail))
	wantStates(t, got, "sw1 down 60000")
	if got[0].Detected != start+1_260_000 {
		t.Errorf("detected: got %d, want the first live evidence", got[0].Detected-start)
	}
}

// TestParents: a child behind a parent that is down is unreachable.
func TestParents(t *testing.T) {
	s := newStore(t)
	s.object("site", "lisbon", "lisbon", `{"name": "lisbon"}`)
	s.device("core", "lisbon")
	s.device("leaf", "lisbon", "core")
	e := s.engine()
	reload(t, e)
	s.now = start + 60_000
	s.observe(e, "a1", false, icmp("core", start, 60, telemetry.OK), icmp("leaf", start+500, 60, telemetry.OK))
	s.now = start + 63_400 // the leaf is confirmed first: whether its parent answers is not known yet
	wantStates(t, s.observe(e, "a1", false, icmp("leaf", start+60_500, 3, telemetry.Fail)), "")
	s.now = start + 63_900
	wantStates(t, s.observe(e, "a1", false, icmp("core", start+60_000, 4, telemetry.Fail)), "core down 60000, leaf unreachable 60500")
	a, err := e.Availability(t.Context(), "site:lisbon", start/1000, start/1000+70, "99.9")
	if err != nil {
		t.Fatal(err)
	}
	if a.PeriodSeconds != 64 || a.Up != 60 || a.Down != 4 || *a.Availability != "93.7500" || *a.Verdict != Breached || a.Failures != 1 ||
		a.Composition != "device:core" || a.Devices != 1 || a.Outages[0].Device != "core" {
		t.Errorf("availability of the site: %+v", a)
	}
	if *a.BudgetSeconds != 0 || *a.BudgetLeftSeconds != -4 || a.AsOf != "2027-01-15T08:01:04Z" {
		t.Errorf("budget %d, left %d, as of %s", *a.BudgetSeconds, *a.BudgetLeftSeconds, a.AsOf)
	}
}

func TestUnknownScope(t *testing.T) {
	e := newStore(t).engine()
	for _, scope := range []string{"device:nowhere", "site:nowhere", "nonsense"} {
		if _, err := e.Availability(t.Context(), scope, 0, 1, ""); !errors.Is(err, ErrUnknownScope) {
			t.Errorf("scope %q: got %v, want %v", scope, err, ErrUnknownScope)
		}
	}
	if _, err := e.Availability(t.Context(), "all", 0, 1, "1e9"); err == nil {
		t.Error("objective 1e9: want an error")
	}
}

// TestStrip: local days add up to the time since the first, with what was before service apart.
func TestStrip(t *testing.T) {
	s := newStore(t) // 2027-01-15T08:00:00Z
	s.device("sw1", "lisbon")
	e := s.engine()
	s.now = start + 86_400_000
	s.run("a1", icmp("sw1", start, 86_400, telemetry.OK))
	s.heard("a1", s.now)
	reload(t, e)
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Strip(t.Context(), "device:sw1", 3, zone)
	if err != nil {
		t.Fatal(err)
	}
	want := []Day{
		{Date: "2027-01-14", NotInService: 86_400},
		{Date: "2027-01-15", Up: 57_600, NotInService: 28_800},
		{Date: "2027-01-16", Up: 28_800},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("strip (-want +got):\n%s", diff)
	}
}

// feed draws evidence as it comes: runs that grow, new ones, late ones, from two agents.
type feed struct {
	store  *store
	device string
	open   map[streamKey]telemetry.Run
	all    map[streamKey]map[int64]telemetry.Run
	boots  []telemetry.Boot
	told   said
	keys   []streamKey
}

func (f *feed) put(k streamKey, r telemetry.Run) telemetry.Run {
	r.Device, r.Probe = f.device, k.probe
	if f.all[k] == nil {
		f.all[k] = map[int64]telemetry.Run{}
	}
	if old, ok := f.all[k][r.From]; ok {
		r.Result, r.Every, r.To = old.Result, old.Every, max(old.To, r.To)
	}
	f.all[k][r.From] = r
	return r
}

// next draws the runs of one stream up to now.
func (f *feed) next(t *rapid.T, k streamKey) []telemetry.Run {
	every := int64(10_000)
	if k.probe == telemetry.ProbeSNMP {
		every = 60_000
	}
	r, ok := f.open[k]
	var out []telemetry.Run
	if !ok || rapid.IntRange(0, 2).Draw(t, "new run") > 0 {
		from := f.store.now - every
		if ok {
			out = append(out, f.put(k, r))
			from = r.To + every
			if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
				from += rapid.Int64Range(1, 20).Draw(t, "gap length") * every
			}
		}
		r = telemetry.Run{From: from, To: from, Every: every}
		r.Result = rapid.SampledFrom([]telemetry.Result{telemetry.OK, telemetry.OK, telemetry.OK, telemetry.Fail, telemetry.Fail, telemetry.ProberFault}).Draw(t, "result")
	}
	if r.From > f.store.now {
		return out
	}
	r.To = r.From + (f.store.now-r.From)/every*every
	if rapid.IntRange(0, 1).Draw(t, "short") == 0 { // the rest of the time is left to the next run
		r.To = r.From + min(r.To-r.From, rapid.Int64Range(0, 3).Draw(t, "samples")*every)
	}
	r = f.put(k, r)
	f.open[k] = r
	return append(out, r)
}

func (f *feed) whole() *tail {
	w := newTail()
	w.boots = f.boots
	for k, runs := range f.all {
		for _, r := range runs {
			w.put(k, r)
		}
	}
	return w
}

// TestEngineEqualsThePureFunction: whatever way evidence comes, the engine says what the pure function says
// of all of it.
func TestEngineEqualsThePureFunction(t *testing.T) {
	s := newStore(t)
	n, trimmed := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s.now = start
		f := &feed{store: s, device: fmt.Sprintf("d%d", n), open: map[streamKey]telemetry.Run{}, all: map[streamKey]map[int64]telemetry.Run{}}
		s.exec(`DELETE FROM objects`)
		s.exec(`DELETE FROM agent_contacts`)
		s.exec(`DELETE FROM agents`)
		s.device(f.device, "lisbon")
		f.lead(rt)
		e := s.engine()
		e.facts.page, e.tailMost = 4, 8
		if _, err := e.Reload(t.Context()); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			f.step(rt, e)
		}
		if e.device(f.device).tail.exact > start {
			trimmed++
		}
	})
	if trimmed == 0 {
		t.Error("no check came to a trimmed tail")
	}
	t.Logf("%d of %d checks ended with a trimmed tail", trimmed, n)
}

var feedKeys = []streamKey{{telemetry.ProbeICMP, "a"}, {telemetry.ProbeSNMP, "a"}, {telemetry.ProbeICMP, "b"}}

func (f *feed) step(t *rapid.T, e *Engine) {
	s := f.store
	s.now += rapid.SampledFrom([]int64{10_000, 60_000, 300_000, 1_800_000}).Draw(t, "pass")
	var entries []telemetry.Entry
	for _, k := range f.keys {
		if rapid.IntRange(0, 3).Draw(t, "quiet") == 0 {
			continue
		}
		runs := f.next(t, k)
		if rapid.IntRange(0, 19).Draw(t, "late") == 0 {
			from := start + rapid.Int64Range(0, (s.now-start)/10_000).Draw(t, "late from")*10_000
			runs = append(runs, f.put(k, telemetry.Run{From: from, To: min(from+100_000, s.now), Every: 10_000, Result: telemetry.Fail}))
		}
		for _, r := range runs {
			s.run(k.agent, r)
		}
		f.contact(k.agent)
		entries = append(entries, telemetry.Entry{Agent: k.agent, Record: telemetry.Record{Runs: runs}})
	}
	if rapid.IntRange(0, 9).Draw(t, "boot") == 0 {
		entries = append(entries, f.boot(t))
	}
	ctx := s.t.Context()
	if _, err := e.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if rapid.IntRange(0, 9).Draw(t, "touched") == 0 {
		if _, err := e.Touched(ctx, []string{f.device}); err != nil {
			t.Fatal(err)
		}
	} else if _, err := e.Observe(ctx, entries); err != nil {
		t.Fatal(err)
	}
	f.tell(t, e)
	f.compare(t, e)
}

// contact is a sign of life. In steps of minutes most of them end a silence.
func (f *feed) contact(agent string) {
	s := f.store
	if err := s.write(s.t.Context(), func(tx *sql.Tx) error { return RecordContact(s.t.Context(), tx, agent, "", s.now) }); err != nil {
		s.t.Fatal(err)
	}
	s.heard(agent, s.now)
}

// boot draws a restart between two readings.
func (f *feed) boot(t *rapid.T) telemetry.Entry {
	b := telemetry.Boot{Device: f.device, Time: f.store.now}
	b.Previous = b.Time - rapid.SampledFrom([]int64{60_000, 300_000, 7_200_000}).Draw(t, "previous")
	b.PreviousTicks = 1_000_000_000
	b.Ticks = rapid.Uint64Range(0, uint64(b.Time-b.Previous)/10).Draw(t, "ticks")
	f.boots = append(f.boots, b)
	f.store.exec(`INSERT INTO boots VALUES (?, 'a', ?, ?, ?, ?) ON CONFLICT DO NOTHING`, b.Device, b.Time, b.Ticks, b.Previous, b.PreviousTicks)
	return telemetry.Entry{Agent: "a", Record: telemetry.Record{Boot: &b}}
}

func (f *feed) compare(t *rapid.T, e *Engine) {
	from := start/1000 + rapid.Int64Range(-10, (f.store.now-start)/1000).Draw(t, "from")
	got, err := e.Timeline(f.store.t.Context(), f.device, from, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	d := e.device(f.device)
	asOf := e.asOf(d, f.store.now)
	line := f.whole().line(e.cfg.Policy, asOf, e.silences, f.told)
	var want []Interval
	if from < asOf/1000 {
		want = clip(line, from, asOf/1000)
	}
	if diff := cmp.Diff(statesOnly(want), statesOnly(got), cmp.Transformer("nil", func(x []Interval) []Interval { return append([]Interval{}, x...) })); diff != "" {
		t.Fatalf("timeline from %d, exact %d (-pure +engine):\n%s", from-start/1000, (d.tail.exact-start)/1000, diff)
	}
	if last := stateAt(line, asOf/1000-1); d.verdict.State != string(last) && !f.silent(e) {
		t.Fatalf("verdict: got %s, want %s", d.verdict.State, last)
	}
}

// silent tells whether an agent is: then the verdict knows more than the ledger.
func (f *feed) silent(e *Engine) bool {
	for _, c := range e.contacts {
		if f.store.now-c.seen > 30_000 {
			return true
		}
	}
	return false
}
