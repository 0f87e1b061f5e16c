package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func addRow(tx *sql.Tx, id int) error {
	_, err := tx.Exec(`INSERT INTO audit (id, time_ms, who, action) VALUES (?, 0, 'x', 'y')`, id)
	return err
}

func rowIDs(t *testing.T, d *DB) map[int]bool {
	t.Helper()
	rows, err := d.Read().Query(`SELECT id FROM audit`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ids := map[int]bool{}
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids[id] = true
	}
	return ids
}

var errOwn = errors.New("own mistake")

func TestWritersShareTransactionsButNotFailures(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	var wg sync.WaitGroup
	results := make([]error, 200)
	for i := range results {
		wg.Go(func() {
			results[i] = d.Write(t.Context(), func(tx *sql.Tx) error {
				if err := addRow(tx, i); err != nil {
					return err
				}
				switch i % 5 {
				case 3:
					return errOwn
				case 4: // the same row again: a constraint of SQLite itself
					return addRow(tx, i)
				}
				return nil
			})
		})
	}
	wg.Wait()
	ids := rowIDs(t, d)
	for i, err := range results {
		if ok := i%5 < 3; ok != (err == nil) || ok != ids[i] {
			t.Errorf("writer %d: got error %v and row %t; want success %t", i, err, ids[i], ok)
		}
	}
}

// group runs the functions as one group, as if all had waited for the writer.
func group(ctx context.Context, d *DB, fns ...func(*sql.Tx) error) []*request {
	var rs []*request
	for _, fn := range fns {
		rs = append(rs, &request{ctx: ctx, fn: fn, done: make(chan struct{})})
	}
	d.run(rs)
	return rs
}

func TestLostTransactionRunsTheOthersAgain(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	rs := group(t.Context(), d,
		func(tx *sql.Tx) error { return addRow(tx, 1) },
		func(tx *sql.Tx) error { // what an interrupt or a full disk does within SQLite
			if _, err := tx.Exec("ROLLBACK"); err != nil {
				return err
			}
			return errOwn
		},
		func(tx *sql.Tx) error { return addRow(tx, 3) },
		func(*sql.Tx) error { panic("boom") },
		func(tx *sql.Tx) error { _, err := tx.Exec("ROLLBACK"); return err },
		func(tx *sql.Tx) error { return addRow(tx, 6) },
	)
	for i, want := range []string{"<nil>", "own mistake", "<nil>", "<nil>", "no such savepoint", "<nil>"} {
		if got := fmt.Sprint(rs[i].err); !strings.Contains(got, want) {
			t.Errorf("member %d: got %s, want %s", i, got, want)
		}
	}
	if rs[3].panicked != "boom" {
		t.Errorf("panic: got %v, want boom", rs[3].panicked)
	}
	if ids := rowIDs(t, d); len(ids) != 3 || !ids[1] || !ids[3] || !ids[6] {
		t.Errorf("rows: got %v, want 1, 3, 6", ids)
	}
}

func TestInterruptedStatementHurtsOnlyItsWriter(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	ctx, cancel := context.WithCancel(t.Context())
	rs := group(t.Context(), d,
		func(tx *sql.Tx) error { return addRow(tx, 1) },
		func(tx *sql.Tx) error {
			go cancel()
			_, err := tx.ExecContext(ctx, `INSERT INTO audit (id, time_ms, who, action)
				WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i+1 FROM n) SELECT i, 0, 'x', 'y' FROM n`)
			return err
		},
		func(tx *sql.Tx) error { return addRow(tx, 3) },
	)
	if rs[0].err != nil || rs[1].err == nil || rs[2].err != nil {
		t.Errorf("got %v, %v, %v; want only the second to fail", rs[0].err, rs[1].err, rs[2].err)
	}
	if ids := rowIDs(t, d); len(ids) != 2 || !ids[1] || !ids[3] {
		t.Errorf("rows: got %d of them, want 1 and 3", len(ids))
	}
}

func TestWriteOfACancelledCallerDoesNotRun(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rs := group(ctx, d, func(tx *sql.Tx) error { return addRow(tx, 1) })
	if !errors.Is(rs[0].err, context.Canceled) || len(rowIDs(t, d)) != 0 {
		t.Errorf("got %v and %v, want a cancelled write without rows", rs[0].err, rowIDs(t, d))
	}
}

func TestPanicComesBackToItsCaller(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("got %v, want boom", got)
			}
		}()
		d.Write(t.Context(), func(*sql.Tx) error { panic("boom") }) //nolint:errcheck // it panics
	}()
	if err := d.Write(t.Context(), func(tx *sql.Tx) error { return addRow(tx, 1) }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

const crashEnv = "NINEWATCH_TEST_CRASH_DB"

// TestKillKeepsCursorAndRowsTogether kills -9 a writing child again and again: a row stands exactly
// where the cursor says so, and what the child was told is durable is there.
func TestKillKeepsCursorAndRowsTogether(t *testing.T) {
	if path := os.Getenv(crashEnv); path != "" {
		writeUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "state.db")
	for round := range 5 {
		told := killWriter(t, path, 20+17*round)
		d := testDB(t, path)
		cursor, err := d.Cursor(t.Context(), "state")
		if err != nil {
			t.Fatal(err)
		}
		ids := rowIDs(t, d)
		if int(cursor) < told {
			t.Errorf("round %d: cursor %d, but the writer was told that %d is durable", round, cursor, told)
		}
		if len(ids) != int(cursor) || !ids[int(cursor)] {
			t.Errorf("round %d: cursor %d with %d rows", round, cursor, len(ids))
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter starts a child, reads the given number of acknowledgements and kills it.
func killWriter(t *testing.T, path string, acks int) (told int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillKeepsCursorAndRowsTogether$")
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range acks {
		if _, err := fmt.Fscanln(out, &told); err != nil {
			t.Fatalf("the child ended early: %v", err)
		}
	}
	cmd.Process.Kill() //nolint:errcheck // it runs until it is killed
	cmd.Wait()         //nolint:errcheck // killed
	return told
}

func writeUntilKilled(t *testing.T, path string) {
	d := testDB(t, path)
	for {
		var next uint64
		err := d.Write(t.Context(), func(tx *sql.Tx) error {
			if err := tx.QueryRow(`SELECT coalesce(max(lsn), 0) + 1 FROM cursors`).Scan(&next); err != nil {
				return err
			}
			if err := addRow(tx, int(next)); err != nil {
				return err
			}
			return SetCursor(tx, "state", next)
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(next)
	}
}
