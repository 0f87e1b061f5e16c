package feed

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

const testInventory = `
sites: [{name: lisbon}, {name: porto}]
devices:
  - {name: sw1, site: lisbon, address: 192.0.2.1}
  - {name: sw2, site: lisbon, address: 192.0.2.2}
  - {name: opo1, site: porto, address: 192.0.2.3}
`

type stateFixture struct {
	db    *state.DB
	inv   *inventory.Store
	sink  *StateSink
	set   *metrics.Set
	told  []string // devices of OnRuns, a line a call
	heard []telemetry.Entry
	keys  int
}

func newStateFixture(t *testing.T, dir string) *stateFixture {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := state.Open(t.Context(), state.Config{Path: filepath.Join(dir, "state.db")}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // of a test
	inv, err := inventory.Open(t.Context(), inventory.Config{KeyFile: filepath.Join(dir, "secrets.key")}, inventory.Deps{DB: db, Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	f := &stateFixture{db: db, inv: inv, set: metrics.NewSet()}
	f.sink = NewStateSink(StateDeps{
		DB: db, Metrics: f.set,
		OnRuns: func(devices []string, entries []telemetry.Entry) {
			f.told = append(f.told, strings.Join(devices, " "))
			f.heard = append(f.heard, entries...)
		},
		OnKeys: func() { f.keys++ },
	})
	f.inventory(t, testInventory)
	return f
}

func (f *stateFixture) inventory(t *testing.T, text string) {
	t.Helper()
	parsed, problems := inventory.Parse(inventory.File{Name: "inventory.yaml", Data: []byte(text)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.inv.Apply(t.Context(), parsed, inventory.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (f *stateFixture) apply(t *testing.T, entries ...telemetry.Entry) {
	t.Helper()
	if err := f.sink.Apply(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

// dump is all rows of the tables that the sink writes, as sorted text.
func dump(t testing.TB, db *state.DB, tables ...string) []string {
	t.Helper()
	out := []string{}
	for _, table := range tables {
		rows, err := db.Read().Query("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			pointers := make([]any, len(columns))
			for i := range values {
				pointers[i] = &values[i]
			}
			if err := rows.Scan(pointers...); err != nil {
				t.Fatal(err)
			}
			line := table
			for _, v := range values {
				if b, ok := v.([]byte); ok {
					v = fmt.Sprintf("%x", b[:1])
				}
				line += fmt.Sprintf(" %v", v)
			}
			out = append(out, line)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s: got - want +\n%s", what, diff)
	}
}

func entry(lsn uint64, r telemetry.Record) telemetry.Entry {
	r.Epoch, r.Seq = telemetry.Epoch{0xaa}, lsn
	return telemetry.Entry{LSN: lsn, Site: "lisbon", Agent: "a1", Record: r}
}

func run(device string, from, to int64) telemetry.Record {
	return telemetry.Record{Runs: []telemetry.Run{{Device: device, Probe: telemetry.ProbeICMP, From: from, To: to, Every: 1000, Result: telemetry.OK}}}
}

func TestStateSinkStoresEveryKind(t *testing.T) {
	f := newStateFixture(t, t.TempDir())
	late := entry(2, run("sw1", 1000, 9000))
	late.Offset = 500
	future := entry(7, telemetry.Record{Frame: &telemetry.Frame{Device: "sw1", Template: make([]telemetry.Series, 1),
		Polls: []telemetry.Poll{{Time: 9_000_000, Values: []telemetry.Value{telemetry.UintValue(1)}}}}})
	future.Quarantine, future.Received = true, 77
	bad := entry(8, run("sw2", 8_000_000, 8_000_000))
	bad.Quarantine = true
	f.apply(t,
		entry(1, run("sw1", 1000, 5000)),
		late,
		entry(3, run("sw1", 1000, 7000)),
		entry(4, run("sw1", 1000, 6000)), // shorter: the longer one stays
		entry(5, telemetry.Record{Boot: &telemetry.Boot{Device: "sw1", Time: 4000, Ticks: 12, Previous: 3000, PreviousTicks: 99}}),
		entry(6, telemetry.Record{Gap: &telemetry.Gap{Epoch: telemetry.Epoch{0xbb}, FirstSeq: 3, LastSeq: 5, Samples: 40, Reason: "disk_full", From: 10, To: 20}}),
		future, bad,
	)
	same(t, "rows", dump(t, f.db, "observation_runs", "boots", "gaps", "quarantine", "seen_ranges", "cursors"), []string{
		"boots sw1 a1 4000 12 3000 99",
		"cursors state 8",
		"gaps a1 bb 3 5 40 disk_full 10 20",
		"observation_runs sw1 1 a1 1000 7000 1000 1 0 ",
		"observation_runs sw1 1 a1 1500 9500 1000 1 0 ",
		"quarantine 7 a1 sw1 9000000 77 1",
		"quarantine 8 a1 sw2 8000000 0 0",
		"seen_ranges a1 aa 1 8",
	})
	same(t, "told", f.told, []string{"sw1"})
	if len(f.heard) != 4 {
		t.Errorf("entries with runs: got %d, want 4", len(f.heard))
	}
}

func TestStateSinkAllocatesKeys(t *testing.T) {
	f := newStateFixture(t, t.TempDir())
	facts := func(at int64, interfaces ...telemetry.Interface) telemetry.Record {
		return telemetry.Record{Facts: &telemetry.DeviceFacts{Device: "sw1", Time: at,
			System: telemetry.System{SysName: "sw1", SysUpTime: uint64(at)}, Interfaces: interfaces}}
	}
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	f.apply(t, entry(1, facts(1000, telemetry.Interface{IfIndex: 1, IfName: "Gi1", IfPhysAddress: mac}, telemetry.Interface{IfIndex: 2, IfName: "Gi2"})))
	f.apply(t, entry(2, facts(2000, telemetry.Interface{IfIndex: 1, IfName: "Gi1", IfPhysAddress: mac}, telemetry.Interface{IfIndex: 2, IfName: "Gi2"})))
	if f.keys != 1 {
		t.Errorf("told of keys: got %d times, want 1", f.keys)
	}
	f.apply(t, entry(3, facts(3000, telemetry.Interface{IfIndex: 11, IfName: "Gi1", IfPhysAddress: mac}, telemetry.Interface{IfIndex: 1, IfName: "Gi2"})))
	if f.keys != 2 {
		t.Errorf("told of keys after renumbering: got %d times, want 2", f.keys)
	}
	interfaces, err := f.inv.Interfaces(t.Context(), "sw1")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, i := range interfaces {
		got = append(got, fmt.Sprintf("%d %s %d-%d", i.Facts.IfIndex, i.Facts.Key, i.FirstSeen, i.LastSeen))
	}
	same(t, "interfaces", got, []string{"1 Gi2 1000-3000", "11 Gi1 1000-3000"})
}

func TestStateSinkTakesNothingAboutForeignDevices(t *testing.T) {
	f := newStateFixture(t, t.TempDir())
	runs := telemetry.Record{Runs: []telemetry.Run{run("opo1", 1, 1).Runs[0], run("sw1", 1, 1).Runs[0], run("nobody", 1, 1).Runs[0]}}
	f.apply(t,
		entry(1, runs),
		entry(2, telemetry.Record{Boot: &telemetry.Boot{Device: "opo1", Time: 1}}),
		entry(3, telemetry.Record{Facts: &telemetry.DeviceFacts{Device: "opo1", Time: 1, Interfaces: []telemetry.Interface{{IfIndex: 1}}}}),
	)
	same(t, "rows", dump(t, f.db, "observation_runs", "boots", "device_facts", "interfaces", "seen_ranges"), []string{
		"observation_runs sw1 1 a1 1 1 1000 1 0 ", "seen_ranges a1 aa 1 3"})
	if got := f.set.GetOrCreateCounter(`ninewatch_collector_feed_foreign_total`).Get(); got != 4 {
		t.Errorf("foreign: got %d, want 4", got)
	}
	same(t, "told", f.told, []string{"sw1"})

	var got []telemetry.Entry
	behind := Resolved(f.db, takerSink{&got})
	frame := func(device string) telemetry.Record {
		return telemetry.Record{Frame: &telemetry.Frame{Device: device}}
	}
	if err := behind.Apply(t.Context(), []telemetry.Entry{entry(4, frame("opo1")), entry(5, frame("sw1")), entry(6, frame("unknown"))}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Record.Frame != nil || got[0].LSN != 4 || got[1].Record.Frame.Device != "sw1" || got[2].Record.Frame == nil {
		t.Errorf("behind Resolved: got %+v", got)
	}
	if len(runs.Runs) != 3 {
		t.Error("the caller's entry was changed")
	}
}

type takerSink struct{ got *[]telemetry.Entry }

func (takerSink) Name() string                           { return "taker" }
func (takerSink) Cursor(context.Context) (uint64, error) { return 0, nil }
func (s takerSink) Apply(_ context.Context, e []telemetry.Entry) error {
	*s.got = append(*s.got, e...)
	return nil
}

func TestLateRecordsFindTheNewNames(t *testing.T) {
	f := newStateFixture(t, t.TempDir())
	f.apply(t, entry(1, run("sw1", 1000, 2000)))
	f.inventory(t, "sites: [{name: lx, renamed_from: lisbon}]\ndevices: [{name: core1, renamed_from: sw1, site: lx, address: 192.0.2.1}]")
	f.inventory(t, "devices: [{name: core2, renamed_from: core1, site: lx, address: 192.0.2.1}]")
	f.apply(t, entry(2, run("sw1", 1000, 3000)), entry(3, run("sw2", 1, 2)), entry(4, run("core1", 5000, 6000)))
	same(t, "runs", dump(t, f.db, "observation_runs"), []string{
		"observation_runs core2 1 a1 1000 3000 1000 1 0 ",
		"observation_runs core2 1 a1 5000 6000 1000 1 0 ",
		"observation_runs sw2 1 a1 1 2 1000 1 0 ",
	})
	if f.heard[len(f.heard)-1].Site != "lx" {
		t.Errorf("site: got %q, want lx", f.heard[len(f.heard)-1].Site)
	}
}

func TestAFailedBatchLeavesNothing(t *testing.T) {
	f := newStateFixture(t, t.TempDir())
	f.apply(t, entry(1, run("sw1", 1, 1)))
	err := f.db.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(`ALTER TABLE boots RENAME TO away`); return err })
	if err != nil {
		t.Fatal(err)
	}
	before := dump(t, f.db, "observation_runs", "seen_ranges", "cursors")
	boot := telemetry.Record{Boot: &telemetry.Boot{Device: "sw1", Time: 1}}
	if err := f.sink.Apply(t.Context(), []telemetry.Entry{entry(2, run("sw2", 1, 1)), entry(3, boot)}); err == nil || !strings.Contains(err.Error(), "apply entry 3") {
		t.Errorf("got %v", err)
	}
	same(t, "rows", dump(t, f.db, "observation_runs", "seen_ranges", "cursors"), before)
	same(t, "told", f.told, []string{"sw1"})
}
