package feed

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/journal"
	"ninewatch/internal/telemetry"
)

// drawEntries makes a journal of a few agents: runs that grow, boots, gaps, facts, duplicates, strangers.
func drawEntries(t *rapid.T) []telemetry.Entry {
	n := rapid.IntRange(1, 24).Draw(t, "entries")
	seqs := map[byte]uint64{}
	var out []telemetry.Entry
	for i := range n {
		lsn := uint64(i + 1)
		if i > 0 && rapid.IntRange(0, 5).Draw(t, "again") == 0 { // the agent sent it once more
			e := out[rapid.IntRange(0, i-1).Draw(t, "which")]
			e.LSN = lsn
			out = append(out, e)
			continue
		}
		epoch := byte(rapid.IntRange(1, 2).Draw(t, "epoch"))
		seqs[epoch] += uint64(rapid.IntRange(1, 2).Draw(t, "step"))
		e := telemetry.Entry{LSN: lsn, Site: "lisbon", Agent: rapid.SampledFrom([]string{"a1", "a2"}).Draw(t, "agent"),
			Offset: rapid.SampledFrom([]int64{0, 0, 7}).Draw(t, "offset")}
		e.Record = drawRecord(t)
		e.Record.Epoch, e.Record.Seq = telemetry.Epoch{epoch}, seqs[epoch]
		e.Quarantine = rapid.IntRange(0, 9).Draw(t, "quarantine") == 0
		out = append(out, e)
	}
	return out
}

func drawRecord(t *rapid.T) telemetry.Record {
	device := rapid.SampledFrom([]string{"sw1", "sw2", "opo1", "nobody"}).Draw(t, "device")
	at := rapid.Int64Range(1, 6).Draw(t, "at")
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return telemetry.Record{Boot: &telemetry.Boot{Device: device, Time: at, Ticks: uint64(at)}}
	case 1:
		first := uint64(rapid.IntRange(1, 3).Draw(t, "first"))
		last := first + uint64(rapid.IntRange(0, 3).Draw(t, "length"))
		return telemetry.Record{Gap: &telemetry.Gap{Epoch: telemetry.Epoch{9}, FirstSeq: first, LastSeq: last, Samples: last, Reason: "disk_full"}}
	case 2:
		return telemetry.Record{Facts: &telemetry.DeviceFacts{Device: device, Time: at,
			System:     telemetry.System{SysName: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "name")},
			Interfaces: []telemetry.Interface{{IfIndex: uint32(rapid.IntRange(1, 2).Draw(t, "index")), IfName: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "port")}}}}
	}
	r := run(device, at, at+rapid.Int64Range(0, 5).Draw(t, "length"))
	r.Runs[0].Result = telemetry.Result(rapid.IntRange(1, 2).Draw(t, "result"))
	return r
}

// model is what the rows of runs, boots, gaps and sequence numbers have to be, by brute force.
func model(entries []telemetry.Entry) []string {
	type longest struct {
		until uint64
		line  string
	}
	rows := map[string]longest{}
	keep := func(key string, until uint64, line string) {
		if old, ok := rows[key]; !ok || until > old.until {
			rows[key] = longest{until, line}
		}
	}
	seen := map[string]*telemetry.RangeSet{}
	for _, e := range entries {
		of := fmt.Sprintf("seen_ranges %s %02x", e.Agent, e.Record.Epoch[0])
		if seen[of] == nil {
			seen[of] = &telemetry.RangeSet{}
		}
		seen[of].Add(telemetry.Range{First: e.Record.Seq, Last: e.Record.Seq})
		own := func(device string) bool { return device == "sw1" || device == "sw2" }
		if e.Quarantine {
			continue
		}
		for _, r := range e.Record.Runs {
			if own(r.Device) {
				key := fmt.Sprintf("observation_runs %s %d %s %d", r.Device, r.Probe, e.Agent, r.From+e.Offset)
				keep(key, uint64(r.To+e.Offset), fmt.Sprintf("%s %d 1000 %d 0 ", key, r.To+e.Offset, r.Result))
			}
		}
		if b := e.Record.Boot; b != nil && own(b.Device) {
			key := fmt.Sprintf("boots %s %s %d", b.Device, e.Agent, b.Time+e.Offset)
			keep(key, 0, fmt.Sprintf("%s %d 0 0", key, b.Ticks))
		}
		if g := e.Record.Gap; g != nil {
			key := fmt.Sprintf("gaps %s 09 %d", e.Agent, g.FirstSeq)
			keep(key, g.LastSeq, fmt.Sprintf("%s %d %d disk_full %d %d", key, g.LastSeq, g.Samples, e.Offset, e.Offset))
		}
	}
	out := []string{}
	for _, l := range rows {
		out = append(out, l.line)
	}
	for of, set := range seen {
		for _, r := range *set {
			out = append(out, fmt.Sprintf("%s %d %d", of, r.First, r.Last))
		}
	}
	slices.Sort(out)
	return out
}

var (
	modelTables = []string{"observation_runs", "boots", "gaps", "seen_ranges"}
	sinkTables  = append([]string{"device_facts", "interfaces", "quarantine", "cursors"}, modelTables...)
)

func (f *stateFixture) wipe(t *rapid.T) {
	err := f.db.Write(context.Background(), func(tx *sql.Tx) error {
		for _, table := range sinkTables {
			if _, err := tx.Exec("DELETE FROM " + table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnyInterruptionGivesTheSameRows applies a journal in any batches, with crashes before and after the
// transaction and whole stretches again, and compares with the model and with one undisturbed pass.
func TestAnyInterruptionGivesTheSameRows(t *testing.T) {
	f := newStateFixture(t, t.TempDir())
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		entries := drawEntries(rt)
		f.wipe(rt)
		if err := f.sink.Apply(ctx, entries); err != nil {
			rt.Fatal(err)
		}
		undisturbed := dump(t, f.db, sinkTables...)
		f.wipe(rt)
		for done := 0; done < len(entries); {
			cursor, err := f.sink.Cursor(ctx) // a restart
			if err != nil {
				rt.Fatal(err)
			}
			if int(cursor) != done {
				rt.Fatalf("cursor: got %d, want %d", cursor, done)
			}
			batch := entries[done : done+rapid.IntRange((len(entries)-done+2)/3, len(entries)-done).Draw(rt, "batch")]
			if rapid.IntRange(0, 2).Draw(rt, "crash") == 0 {
				f.crash(rt, batch)
				continue
			}
			if rapid.Bool().Draw(rt, "twice") { // the answer was lost
				if err := f.sink.Apply(ctx, batch); err != nil {
					rt.Fatal(err)
				}
			}
			if err := f.sink.Apply(ctx, batch); err != nil {
				rt.Fatal(err)
			}
			done += len(batch)
		}
		if diff := cmp.Diff(dump(t, f.db, sinkTables...), undisturbed); diff != "" {
			rt.Fatalf("got - undisturbed +\n%s", diff)
		}
		if diff := cmp.Diff(dump(t, f.db, modelTables...), model(entries)); diff != "" {
			rt.Fatalf("got - model +\n%s", diff)
		}
	})
}

var errCrash = errors.New("crash")

// crash does all that Apply does, and ends before the commit.
func (f *stateFixture) crash(t *rapid.T, entries []telemetry.Entry) {
	err := f.db.Write(context.Background(), func(tx *sql.Tx) error {
		w, err := newStateWriter(context.Background(), tx)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := w.entry(e); err != nil {
				return err
			}
		}
		return errors.Join(errCrash, w.storeSeen(), w.close())
	})
	if !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
}

const (
	crashEnv = "NINEWATCH_TEST_CRASH_DIR"
	total    = 300 // entries
)

// TestKilledFeedGoesOnWhereItWas kills -9 a feeding child several times; what it leaves is completed by
// the next one, and equals what an undisturbed feed stores.
func TestKilledFeedGoesOnWhereItWas(t *testing.T) {
	if dir := os.Getenv(crashEnv); dir != "" {
		feedUntilDone(t, dir)
		return
	}
	killed, calm := t.TempDir(), t.TempDir()
	for _, dir := range []string{killed, calm} {
		writeJournal(t, dir)
	}
	for round := range 4 {
		feedChild(t, killed, uint64(20+50*round))
	}
	feedUntilDone(t, killed)
	feedUntilDone(t, calm)
	rows := map[string][]string{}
	for _, dir := range []string{killed, calm} {
		f := newStateFixture(t, dir)
		rows[dir] = dump(t, f.db, sinkTables...)
	}
	if len(rows[calm]) < 100 {
		t.Fatalf("got %d rows: this test shows nothing", len(rows[calm]))
	}
	same(t, "rows after kills", rows[killed], rows[calm])
}

func decodeJSON(b []byte) (e telemetry.Entry, err error) {
	return e, json.Unmarshal(b, &e)
}

func writeJournal(t *testing.T, dir string) {
	t.Helper()
	j, err := journal.Open(journal.Options{Dir: filepath.Join(dir, "journal"), SegmentBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for i := range total {
		at := int64(i%100) * 1000
		e := entry(uint64(i+1), run("sw1", at, at+int64(i)))
		if i%50 == 0 {
			e.Record.Facts = &telemetry.DeviceFacts{Device: "sw2", Time: int64(i), System: telemetry.System{SysName: fmt.Sprint(i / 200)},
				Interfaces: []telemetry.Interface{{IfIndex: uint32(i), IfName: fmt.Sprint("p", i/100)}}}
		}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// oneByOne makes batches of one entry, so that a kill finds the feed at work, and tells the cursor.
type oneByOne struct {
	Sink
	tell bool
	done chan struct{} // closed with the last entry
}

func (s oneByOne) Apply(ctx context.Context, entries []telemetry.Entry) error {
	for _, e := range entries {
		if err := s.Sink.Apply(ctx, []telemetry.Entry{e}); err != nil {
			return err
		}
		if s.tell {
			fmt.Println(e.LSN)
		}
		if e.LSN == total {
			close(s.done)
		}
	}
	return nil
}

func feedUntilDone(t *testing.T, dir string) {
	f := newStateFixture(t, dir)
	j, err := journal.Open(journal.Options{Dir: filepath.Join(dir, "journal"), SegmentBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	done := make(chan struct{})
	sink := oneByOne{Sink: f.sink, done: done, tell: os.Getenv(crashEnv) != ""}
	feed, err := New(Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Journal: j, Decode: decodeJSON, Sinks: []Sink{sink}})
	if err != nil {
		t.Fatal(err)
	}
	start(t, feed)
	<-done
	stop(t, feed)
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
}

func feedChild(t *testing.T, dir string, until uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledFeedGoesOnWhereItWas$")
	cmd.Env = append(os.Environ(), crashEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for told := uint64(0); told < until; {
		if _, err := fmt.Fscanln(out, &told); err != nil {
			t.Fatalf("the child ended at %d: %v", told, err)
		}
	}
	cmd.Process.Kill() //nolint:errcheck // it has far to go
	cmd.Wait()         //nolint:errcheck // killed
	db := newStateFixture(t, dir)
	defer db.db.Close()
	cursor, err := db.sink.Cursor(t.Context())
	if err != nil || cursor < until {
		t.Errorf("after the kill: cursor %d, %v; want at least %d", cursor, err, until)
	}
}
