package app

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"ninewatch/collector/state"
)

// TestJanitor: what is older than its time goes, what is younger or not settled stays.
func TestJanitor(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	db, err := state.Open(t.Context(), state.Config{Path: filepath.Join(t.TempDir(), "s.db")}, state.Deps{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	day := (24 * time.Hour).Milliseconds()
	at := now.UnixMilli()
	insert := func(statement string, args ...any) {
		t.Helper()
		if err := db.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(statement, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	for i, age := range []int64{776, 774} { // 25 months of 31 days are 775 days
		insert(`INSERT INTO observation_runs (device, probe, agent, from_ms, to_ms, every_ms, result) VALUES ('sw1', 1, 'a', ?, ?, 1000, 1)`, i, at-age*day)
	}
	for i, row := range []struct {
		status string
		age    int64
	}{{"delivered", 91}, {"delivered", 89}, {"dead", 91}} {
		insert(`INSERT INTO deliveries (id, message_id, incident, type, receiver, body, created_ms, status, next_ms, finished_ms)
			VALUES (?, 'm', 1, 't', 'r', '', 0, ?, 0, ?)`, i, row.status, at-row.age*day)
		insert(`INSERT INTO delivery_attempts (delivery, number, time_ms, duration_ms, code, error, answer) VALUES (?, 1, ?, 1, 200, '', '')`, i, at-row.age*day)
		insert(`INSERT INTO delivery_incidents (delivery, incident) VALUES (?, 1)`, i)
	}
	insert(`INSERT INTO deliveries (id, message_id, incident, type, receiver, body, created_ms, status, next_ms, finished_ms)
		VALUES (-1, 'm', 1, 't', 'r', '', 0, 'dead', 0, ?)`, at-776*day)
	for i, row := range []struct {
		status string
		age    any
	}{{"resolved", 776}, {"resolved", 774}, {"open", nil}} {
		var ended any
		if age, is := row.age.(int); is {
			ended = at - int64(age)*day
		}
		insert(`INSERT INTO incidents (id, kind, severity, status, site, device, summary, started_ms, uncertainty_ms, detected_ms, ended_ms)
			VALUES (?, 'device_down', 'major', ?, 's', 'd', '', 0, 0, 0, ?)`, i+1, row.status, ended)
		insert(`INSERT INTO incident_told (incident, route, receiver, escalates, stage, reopened, revision, first_ms, last_ms, withheld, withheld_ms)
			VALUES (?, '', 'r', 0, 'opened', 0, 0, 0, 0, '', 0)`, i+1)
	}
	j := &janitor{log: log, write: db.Write, now: func() time.Time { return now }}
	for range 2 { // the second time, what belonged to rows that went
		if err := j.clean(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := func(query string, want int) {
		t.Helper()
		var got int
		if err := db.Read().QueryRow(query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %d, %v; want %d", query, got, err, want)
		}
	}
	count(`SELECT count(*) FROM observation_runs`, 1)
	count(`SELECT count(*) FROM deliveries WHERE id IN (1, 2)`, 2)
	count(`SELECT count(*) FROM deliveries`, 2)
	count(`SELECT count(*) FROM delivery_attempts WHERE delivery IN (1, 2)`, 2)
	count(`SELECT count(*) FROM delivery_attempts`, 2)
	count(`SELECT count(*) FROM delivery_incidents`, 2)
	count(`SELECT count(*) FROM incident_told WHERE incident IN (2, 3)`, 2)
	count(`SELECT count(*) FROM incident_told`, 2)
}
