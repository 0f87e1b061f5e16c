package inventory

import (
	"database/sql"
	"slices"
	"testing"

	"ninewatch/internal/telemetry"
)

func (f fixture) exec(t *testing.T, statements ...string) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sql.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// texts reads one text column.
func (f fixture) texts(t *testing.T, query string) []string {
	t.Helper()
	rows, err := f.db.Read().Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func TestRenameTakesTheHistoryAlong(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, base, ApplyOptions{})
	f.exec(t,
		`INSERT INTO device_facts VALUES ('lis-edge-1', 1, NULL, 2, '{}')`,
		`INSERT INTO interfaces VALUES ('lis-edge-1', 'Gi1', 1, '{"key":"Gi1"}', 1, 2)`,
		`INSERT INTO observation_runs VALUES ('lis-edge-1', 1, 'a1', 1, 2, 1, 1, 0, ''), ('edge', 1, 'a1', 1, 9, 1, 1, 0, 'of a deleted namesake')`,
		`INSERT INTO boots VALUES ('lis-edge-1', 'a1', 1, 1, 0, 0)`,
		`INSERT INTO agents (id, site, created_ms) VALUES ('a1', 'lisbon', 1)`,
		`INSERT INTO join_tokens (hash, site, created_ms, expires_ms) VALUES ('h', 'lisbon', 1, 2)`,
		`INSERT INTO incidents (id, kind, severity, status, site, device, summary, started_ms, uncertainty_ms, detected_ms) VALUES (1, 'device_down', 'major', 'open', 'lisbon', 'lis-edge-1', '', 1, 1, 1)`,
		`INSERT INTO users (name, password_hash, roles, created_ms) VALUES ('eva', 'x', '[{"role":"viewer","sites":["lisbon","porto"]}]', 1), ('lisbon', 'x', '[{"role":"admin","sites":["*"]}]', 1)`,
		`INSERT INTO api_tokens VALUES ('h', 'n', '[{"role":"operator","sites":["lisbon"]}]', 1, NULL, NULL)`,
	)
	// Objects that the file does not name follow too: the credential v3 and the parent of lis-access-1.
	text := "sites: [{name: lx, renamed_from: lisbon, display_name: Lisbon HQ, time_zone: Europe/Lisbon, users: 412}]\n" +
		"devices: [{name: edge, renamed_from: lis-edge-1, site: lx, address: 192.0.2.1, credential: v3, role: edge, snmp: {interval: 1m}}]\n"
	want := []string{
		"update site lx name:lisbon→lx",
		`update credential v3 sites:["lisbon"]→["lx"]`,
		"update device edge name:lis-edge-1→edge site:lisbon→lx",
		`update device lis-access-1 parents:["lis-edge-1"]→["edge"] site:lisbon→lx`,
		`update user eva roles:[{"role":"viewer","sites":["lisbon","porto"]}]→[{"role":"viewer","sites":["lx","porto"]}]`,
	}
	same(t, "dry run", brief(f.apply(t, text, ApplyOptions{DryRun: true})), want)
	same(t, "apply", brief(f.apply(t, text, ApplyOptions{})), want)
	same(t, "again", brief(f.apply(t, text, ApplyOptions{})), []string{})

	for query, want := range map[string][]string{
		`SELECT device FROM device_facts`:                                          {"edge"},
		`SELECT device FROM interfaces`:                                            {"edge"},
		`SELECT device || ' ' || to_ms FROM observation_runs`:                      {"edge 2"},
		`SELECT device FROM boots`:                                                 {"edge"},
		`SELECT device || ' ' || site FROM incidents`:                              {"edge lx"},
		`SELECT site FROM agents`:                                                  {"lx"},
		`SELECT site FROM join_tokens`:                                             {"lx"},
		`SELECT roles FROM users ORDER BY name`:                                    {`[{"role":"viewer","sites":["lx","porto"]}]`, `[{"role":"admin","sites":["*"]}]`},
		`SELECT roles FROM api_tokens`:                                             {`[{"role":"operator","sites":["lx"]}]`},
		`SELECT name || ' ' || site FROM objects WHERE kind = 'device' ORDER BY 1`: {"edge lx", "lis-access-1 lx", "opo-1 porto"},
	} {
		same(t, query, f.texts(t, query), want)
	}
	if c, err := f.Credential(t.Context(), "v3"); err != nil || c.AuthPassphrase.Reveal() != "canary-auth-pass" {
		t.Errorf("the secrets of a credential that follows: %v", err)
	}
	if a, err := f.Assignment(t.Context(), "a1", "lisbon", true); err != nil || len(a.Devices) != 2 {
		t.Errorf("an agent with a certificate of the former name: got %d devices, %v; want 2", len(a.Devices), err)
	}
}

func TestRenames(t *testing.T) {
	f := open(t, t.TempDir())
	device := func(name, former string) {
		t.Helper()
		text := "sites: [{name: s}]\ndevices: [{name: " + name + ", site: s, address: 192.0.2.1"
		if former != "" {
			text += ", renamed_from: " + former
		}
		f.apply(t, text+"}]", ApplyOptions{})
	}
	check := func(want ...string) {
		t.Helper()
		r, err := ReadRenames(t.Context(), f.db.Read())
		if err != nil {
			t.Fatal(err)
		}
		got := []string{r.Device("a"), r.Device("b"), r.Device("c")}
		if !slices.Equal(got, want) {
			t.Errorf("present names of a, b, c: got %v, want %v", got, want)
		}
	}
	device("a", "")
	check("a", "b", "c")
	device("b", "a")
	check("b", "b", "c")
	device("c", "b")
	check("c", "c", "c")
	device("b", "") // a new one: late records of b are its own now
	check("c", "b", "c")
	device("a", "c") // and back
	check("a", "b", "a")
}

func TestRenamesChangeAllOfAnEntryAndNothingOfTheCaller(t *testing.T) {
	r := Renames{Sites: map[string]string{"s": "t"}, Devices: map[string]string{"a": "b"}}
	runs := []telemetry.Run{{Device: "a"}, {Device: "x"}}
	f := func(rec telemetry.Record, device func(telemetry.Record) string) {
		t.Helper()
		e := telemetry.Entry{Site: "s", Record: rec}
		r.Entry(&e)
		if e.Site != "t" || device(e.Record) != "b" || device(rec) != "a" {
			t.Errorf("got %s %s, caller's %s; want t b, a", e.Site, device(e.Record), device(rec))
		}
	}
	f(telemetry.Record{Frame: &telemetry.Frame{Device: "a"}}, func(r telemetry.Record) string { return r.Frame.Device })
	f(telemetry.Record{Facts: &telemetry.DeviceFacts{Device: "a"}}, func(r telemetry.Record) string { return r.Facts.Device })
	f(telemetry.Record{Boot: &telemetry.Boot{Device: "a"}}, func(r telemetry.Record) string { return r.Boot.Device })
	f(telemetry.Record{Runs: runs}, func(r telemetry.Record) string { return r.Runs[0].Device })
}

func (f fixture) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := f.db.Read().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
