package state

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
)

func testDB(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(t.Context(), Config{Path: path}, testDeps())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func testDeps() Deps {
	return Deps{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }}
}

func TestOpenMakesADatabaseForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a?b#c%20.db")
	d := testDB(t, path)
	if err := d.Write(t.Context(), func(tx *sql.Tx) error { return SetMeta(tx, "k", "v") }); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
			t.Errorf("mode of database%s: got %o, want %o", suffix, got, want)
		}
	}
	f := func(pragma, want string) {
		t.Helper()
		for name, pool := range map[string]*sql.DB{"read": d.read, "write": d.write} {
			var got string
			if err := pool.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s of pool %s: got %q, want %q", pragma, name, got, want)
			}
		}
	}
	f("journal_mode", "wal")
	f("synchronous", "2")
	f("busy_timeout", "10000")
	f("foreign_keys", "0")
	if _, err := d.Read().Exec(`DELETE FROM meta`); err == nil {
		t.Error("the read pool could write")
	}
}

func TestMetaSurvivesReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	d := testDB(t, path)
	first, err := d.Meta(t.Context(), MetaInstance)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 32 {
		t.Errorf("instance: got %q, want 32 hex digits", first)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = testDB(t, path)
	f := func(key, want string) {
		t.Helper()
		if got, err := d.Meta(t.Context(), key); got != want || err != nil {
			t.Errorf("meta %q: got %q, %v; want %q", key, got, err, want)
		}
	}
	f(MetaInstance, first)
	f(MetaTerm, "1")
	f(MetaCreated, "1700000000000")
	f("none", "")
}

func TestCursor(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	f := func(want uint64) {
		t.Helper()
		if got, err := d.Cursor(t.Context(), "samples"); got != want || err != nil {
			t.Errorf("cursor: got %d, %v; want %d", got, err, want)
		}
	}
	f(0)
	set := func(lsn uint64, fail error) error {
		return d.Write(t.Context(), func(tx *sql.Tx) error {
			if err := SetCursor(tx, "samples", lsn); err != nil {
				return err
			}
			return fail
		})
	}
	if err := set(7, nil); err != nil {
		t.Fatal(err)
	}
	f(7)
	broken := errors.New("sink broke")
	if err := set(9, broken); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	f(7)
}

func TestNewerSchemaIsRefusedInWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	d := testDB(t, path)
	if _, err := d.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Config{Path: path}, testDeps())
	if !errors.Is(err, ErrNewer) {
		t.Fatalf("got %v, want %v", err, ErrNewer)
	}
	for _, want := range []string{path, "version 99", "knows up to ", "start the newer ninewatch-collector"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestMigrationsKeepRows(t *testing.T) {
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	if err := d.Write(t.Context(), func(tx *sql.Tx) error { return SetCursor(tx, "state", 5) }); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	present, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range present {
		data, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	files["90002_second.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE cursors ADD COLUMN note TEXT NOT NULL DEFAULT 'x';\n")}
	for range 2 {
		if err := migrateWith(t.Context(), d.write, files, d.log); err != nil {
			t.Fatal(err)
		}
	}
	var lsn int
	var note string
	if err := d.write.QueryRow(`SELECT lsn, note FROM cursors WHERE name = 'state'`).Scan(&lsn, &note); err != nil || lsn != 5 || note != "x" {
		t.Errorf("got %d, %q, %v; want 5, \"x\"", lsn, note, err)
	}
	files["90003_broken.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nDELETE FROM cursors;\nSELECT nonsense FROM nowhere;\n")}
	if err := migrateWith(t.Context(), d.write, files, d.log); err == nil {
		t.Error("a broken migration was accepted")
	}
	if got, _ := d.Cursor(t.Context(), "state"); got != 5 {
		t.Errorf("cursor after a broken migration: got %d, want 5", got)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	f := func(path, want string) {
		t.Helper()
		d, err := Open(t.Context(), Config{Path: path}, testDeps())
		if err == nil {
			d.Close()
			t.Fatalf("%q was opened", path)
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to say %q", err, want)
		}
	}
	f("", "no path")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	f(text, "file is not a database")
	f(filepath.Join(text, "state.db"), "not a directory")
}

func TestCloseTwiceAndWriteAfterwards(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	d := testDB(t, filepath.Join(t.TempDir(), "state.db"))
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Write(context.Background(), func(*sql.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
	goleak.VerifyNone(t, ignore)
}
