package app

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ninewatch/collector/config"
	"ninewatch/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCollector: from a first start to an incident, over a restart, to its end.
func TestCollector(t *testing.T) {
	r, hooks := newRig(t), newReceiver(t)
	password := r.AdminPassword.Reveal()
	if password == "" {
		t.Fatal("the first start made no password")
	}
	if status := r.call(http.MethodGet, "/api/v1/sites", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("not signed in: got status %d, want 401", status)
	}
	if status := r.signIn("wrong"); status != http.StatusUnauthorized {
		t.Errorf("a wrong password: got status %d, want 401", status)
	}
	if status := r.signIn(password); status != http.StatusNoContent {
		t.Fatalf("sign in: got status %d, want 204", status)
	}
	inventory := map[string]any{
		"sites":   []any{map[string]any{"name": "lisbon"}},
		"devices": []any{map[string]any{"name": "sw1", "site": "lisbon", "address": "192.0.2.1", "role": "core"}},
		"receivers": []any{map[string]any{"name": "ops", "webhook": map[string]any{
			"url": hooks.URL, "secret": hookSecret}}},
	}
	if status := r.call(http.MethodPost, "/api/v1/apply", inventory, nil); status != http.StatusOK {
		t.Fatalf("apply: got status %d, want 200", status)
	}

	p := r.enrol("lisbon")
	p.connect()
	if got := p.assigned(); !slices.Equal(got, []string{"sw1"}) {
		t.Errorf("got devices %v, want sw1", got)
	}
	now := time.Now().Truncate(time.Second)
	p.tell(octets("sw1", now.Add(-15*time.Second), 4711), echoes("sw1", now.Add(-time.Minute), now.Add(-10*time.Second), telemetry.OK))
	eventually(t, "sw1 is up", func() bool { return r.state("sw1") == "up" })
	series := "map[device:sw1 ifName:lan site:lisbon]"
	eventually(t, "samples can be asked for", func() bool { return r.samples("ifHCInOctets")[series] == "4711" })
	if got := r.samples("ninewatch_state")["map[device:sw1 site:lisbon state:up]"]; got != "1" {
		t.Errorf("ninewatch_state of up: got %q of %v, want 1", got, r.samples("ninewatch_state"))
	}

	down := echoes("sw1", now.Add(-9*time.Second), now.Add(-time.Second), telemetry.Fail)
	p.tell(down)
	eventually(t, "a webhook tells that sw1 is down", func() bool { return len(hooks.all()) == 1 })
	if r.incidents() != 1 || r.state("sw1") != "down" {
		t.Errorf("got %d incidents and sw1 is %s, want 1 and down", r.incidents(), r.state("sw1"))
	}
	p.close()
	r.stop()

	r.start()
	if r.AdminPassword != "" {
		t.Error("a second start made another password")
	}
	if status := r.signIn(password); status != http.StatusNoContent {
		t.Fatalf("sign in again: got status %d, want 204", status)
	}
	if got := r.samples("ifHCInOctets")[series]; got != "4711" {
		t.Errorf("after the restart: got %q, want 4711", got)
	}
	p.connect() // with the certificate of before
	if d := p.welcome.GetDurable(); len(d) != 1 || len(d[0].GetRanges()) != 1 || d[0].GetRanges()[0].GetLast() != 3 {
		t.Errorf("the collector knows of %v, want records 1 to 3", d)
	}
	p.seq-- // an acknowledgement that got lost: the same record again
	p.tell(down)
	now = time.Now().Truncate(time.Second)
	p.tell(echoes("sw1", now.Add(-8*time.Second), now, telemetry.OK), octets("sw1", now, 4712))
	eventually(t, "a second webhook", func() bool { return len(hooks.all()) >= 2 })
	want := []string{"incident.opened sw1 INC-1", "incident.resolved sw1 INC-1"}
	if got := hooks.all(); !slices.Equal(got, want) || r.incidents() != 1 {
		t.Errorf("got %v of %d incidents, want %v of 1", got, r.incidents(), want)
	}
	eventually(t, "new samples can be asked for", func() bool { return r.samples("ifHCInOctets")[series] == "4712" })
	p.close()
	r.stop()
}

// TestService: what is served to anybody.
func TestService(t *testing.T) {
	r := newRig(t)
	for path, want := range map[string]int{
		"/": 200, "/healthz": 200, "/readyz": 200, "/api/v1/session": 401, "/api/v1/nothing": 401, "/prometheus/api/v1/query?query=up": 401,
	} {
		if got := r.call(http.MethodGet, path, nil, nil); got != want {
			t.Errorf("%s: got status %d, want %d", path, got, want)
		}
	}
	r.stop()
}

func TestCannotStart(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(name string, change func(*config.Config), want string) {
		t.Helper()
		cfg := testConfig(filepath.Join(dir, name))
		change(&cfg)
		err := Run(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
	}
	inUse := busy.Addr().String() + " is in use by another program: stop that one or choose another port"
	f("http", func(c *config.Config) { c.Listen.HTTP = busy.Addr().String() }, "start pages: "+inUse)
	f("grpc", func(c *config.Config) { c.Listen.GRPC = busy.Addr().String() }, "start agents' service: "+inUse)
	f("folder", func(c *config.Config) { c.DataDir = file },
		"data_dir "+file+" cannot be made: mkdir "+file+": not a directory; give it to the user of this program, or choose another")
	f("tls", func(c *config.Config) { c.TLS = config.TLS{CertFile: file, KeyFile: file} }, "tls: ")
	f("webhooks", func(c *config.Config) { c.Webhooks.AllowAddresses = []string{"here"} }, `webhooks.allow_addresses: `)
	if err := os.Mkdir(filepath.Join(dir, "broken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken", "state.db"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	f("broken", func(*config.Config) {}, "open state database \""+filepath.Join(dir, "broken", "state.db")+"\": ")
}

// TestTwice: two collectors on one data folder would spoil it.
func TestTwice(t *testing.T) {
	r := newRig(t)
	if other, err := New(t.Context(), testConfig(r.dir), Options{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a second collector opened the data folder")
		other.close(t.Context()) //nolint:errcheck // the test has failed
	} else if want := "open the ingest journal: open journal \"" + r.dir + "/journal\": another process has it open: stop that one, or choose another folder"; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	r.stop()
}
