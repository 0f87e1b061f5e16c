package uptime

import (
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"ninewatch/internal/telemetry"
)

// cpu reports the processor time of an operation: that of the clock depends on what else runs.
func cpu(b *testing.B) func() {
	used := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64((used()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

// BenchmarkReport10000 is PERFORMANCE P11: the figures of 10,000 targets over a month of Kathmandu's clock (+5:45),
// office hours, one maintenance each; every target with an outage a day.
func BenchmarkReport10000(b *testing.B) {
	zone, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		b.Fatal(err)
	}
	period := LocalMonth(zone, 2026, time.November)
	calendar := &Calendar{Zone: zone, Weekly: []Hours{{Days: []int{1, 2, 3, 4, 5}, From: 8 * 3600, To: 18 * 3600}}}
	ledgers := make([]*Ledger, 10_000)
	for i := range ledgers {
		var line []Interval
		for at := period.From - 86_400; at < period.To+86_400; at += 86_400 {
			line = append(line, Interval{From: at, To: at + 40_000 + int64(i%100), State: Up}, Interval{From: at + 40_000 + int64(i%100), To: at + 40_600, State: Down},
				Interval{From: at + 40_600, To: at + 86_400, State: Up})
		}
		ledgers[i] = NewLedger(coalesce(line))
	}
	objective, _ := Objective("99.9")
	maintenance := NewWindows(Window{period.From + 86_400, period.From + 90_000})
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		open := calendar.Within(period)
		for _, l := range ledgers {
			a := Answer{summary: l.Measure(Terms{Period: period, Open: open, Maintenance: maintenance, Objective: objective, Brief: true})}
			a.finish()
		}
	}
}

// BenchmarkYearOfADevice is one device with 10,000 intervals in a year.
func BenchmarkYearOfADevice(b *testing.B) {
	var line []Interval
	for i := range int64(5_000) {
		at := i * 6_300
		line = append(line, Interval{From: at, To: at + 6_000, State: Up}, Interval{From: at + 6_000, To: at + 6_300, State: Down})
	}
	objective, _ := Objective("99.9")
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		NewLedger(line).Measure(Terms{Period: Window{0, 31_500_000}, Objective: objective})
	}
}

// BenchmarkList10000 is the list of 10,000 devices over 30 days from what the engine keeps, as the API asks for it.
func BenchmarkList10000(b *testing.B) {
	s := newStore(b)
	scopes := s.fleet(b, 10_000, 30)
	e := s.engine()
	if _, err := e.Reload(b.Context()); err != nil {
		b.Fatal(err)
	}
	if _, err := e.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	from := s.now/1000 - 30*86_400
	if _, err := e.List(b.Context(), scopes, from, s.now/1000, "99.9"); err != nil { // the first one reads
		b.Fatal(err)
	}
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		if got, err := e.List(b.Context(), scopes, from, s.now/1000, "99.9"); err != nil || len(got) != len(scopes) {
			b.Fatal(len(got), err)
		}
	}
}

// fleet stores devices that were seen for some days, with an outage each.
func (s *store) fleet(b *testing.B, devices, days int64) (scopes []string) {
	b.Helper()
	s.now = start + days*86_400_000
	tx, err := s.db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	for i := range devices {
		name := fmt.Sprintf("d%05d", i)
		scopes = append(scopes, "device:"+name)
		s.insert(b, tx, `INSERT INTO objects (kind, name, site, spec, source, created_ms, updated_ms) VALUES ('device', ?, 'lisbon', '{}', 'apply', ?, ?)`, name, start, start)
		out := start + i%days*86_400_000
		for _, r := range []telemetry.Run{icmp(name, start, (out-start)/1000+3600, telemetry.OK), icmp(name, out+3_600_000, 300, telemetry.Fail),
			icmp(name, out+3_900_000, (s.now-out)/1000-3900, telemetry.OK)} {
			s.insert(b, tx, `INSERT INTO observation_runs (device, probe, agent, from_ms, to_ms, every_ms, result) VALUES (?, ?, 'a', ?, ?, ?, ?)`,
				name, r.Probe, r.From, r.To, r.Every, r.Result)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	s.heard("a", s.now)
	return scopes
}

func (s *store) insert(b *testing.B, tx *sql.Tx, query string, args ...any) {
	b.Helper()
	if _, err := tx.Exec(query, args...); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBacklog1000 is the re-computation after a backlog of 24 h of 1,000 devices, with ten outages each: read,
// judged, compared with what was published, and its revision stored.
func BenchmarkBacklog1000(b *testing.B) {
	defer cpu(b)() // with the making of the fleet
	for b.Loop() {
		b.StopTimer()
		s := newStore(b)
		s.fleet(b, 1000, 3)
		e := s.engine()
		ctx := b.Context()
		if _, err := e.Reload(ctx); err != nil {
			b.Fatal(err)
		}
		if _, err := e.Refresh(ctx); err != nil {
			b.Fatal(err)
		}
		s.publishAll(b, e)
		entries := s.backlog(b)
		b.StartTimer()
		if _, err := e.Observe(ctx, entries); err != nil {
			b.Fatal(err)
		}
		s.publishAll(b, e)
		b.StopTimer()
		var n int
		if err := s.db.QueryRow(`SELECT count(*) FROM ledger_revisions`).Scan(&n); err != nil || n != 1000 {
			b.Fatalf("%d revisions, %v", n, err)
		}
		b.StartTimer()
	}
}

func (s *store) publishAll(b *testing.B, e *Engine) {
	b.Helper()
	for range 30 {
		if err := e.Publish(b.Context()); err != nil {
			b.Fatal(err)
		}
		s.now += 2_000
	}
}

// backlog is what another agent saw in the second day: it delivers it late.
func (s *store) backlog(b *testing.B) []telemetry.Entry {
	b.Helper()
	tx, err := s.db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	var entries []telemetry.Entry
	for i := range 1000 {
		var runs []telemetry.Run
		for k := range int64(10) {
			at := start + 86_400_000 + k*8_640_000
			for _, r := range []telemetry.Run{snmp(fmt.Sprintf("d%05d", i), at, 134, telemetry.OK), snmp(fmt.Sprintf("d%05d", i), at+8_040_000, 10, telemetry.Fail)} {
				runs = append(runs, r)
				s.insert(b, tx, `INSERT INTO observation_runs (device, probe, agent, from_ms, to_ms, every_ms, result) VALUES (?, ?, 'b', ?, ?, ?, ?)`,
					r.Device, r.Probe, r.From, r.To, r.Every, r.Result)
			}
		}
		entries = append(entries, telemetry.Entry{Agent: "b", Backlog: true, Record: telemetry.Record{Runs: runs}})
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	return entries
}
