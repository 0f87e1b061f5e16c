package inventory

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/state"
	"ninewatch/internal/conf"
)

const base = `
sites:
  - {name: lisbon, display_name: Lisbon HQ, time_zone: Europe/Lisbon, users: 412}
  - {name: porto}
credentials:
  - {name: v2, snmp: {version: 2c, community: canary-community}}
  - {name: v3, sites: [lisbon], snmp: {version: 3, username: nw, auth_protocol: SHA256, auth_passphrase: canary-auth-pass, priv_protocol: AES, priv_passphrase: canary-priv-pass}}
devices:
  - {name: lis-edge-1, site: lisbon, address: 192.0.2.1, credential: v3, role: edge, snmp: {interval: 1m}}
  - {name: lis-access-1, site: lisbon, address: sw1.example.net, credential: v2, parents: [lis-edge-1], icmp: {interval: 0s}, tags: [a, b]}
  - {name: opo-1, site: porto, address: "2001:db8::1"}
receivers:
  - {name: ops, webhook: {url: "https://hooks.example.net/canary?t=canary", secret: whsec_Y2FuYXJ5LXdlYmhvb2s=}}
`

type fixture struct {
	dir string
	db  *state.DB
	*Store
}

func open(t *testing.T, dir string) fixture {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	now := func() time.Time { return time.UnixMilli(1_700_000_000_000) }
	db, err := state.Open(t.Context(), state.Config{Path: filepath.Join(dir, "state.db")}, state.Deps{Log: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // closed twice where a test reopens
	s, err := Open(t.Context(), Config{KeyFile: filepath.Join(dir, "secrets.key")}, Deps{DB: db, Log: log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return fixture{dir, db, s}
}

func parse(t *testing.T, text string) Inventory {
	t.Helper()
	inv, problems := Parse(File{Name: "inventory.yaml", Data: []byte(text)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return inv
}

func (f fixture) apply(t *testing.T, text string, opts ApplyOptions) Diff {
	t.Helper()
	d, err := f.Apply(t.Context(), parse(t, text), opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// brief is a diff as lines, without what did not change.
func brief(d Diff) []string {
	out := []string{}
	for _, c := range d.Changes {
		if c.Action == Unchanged {
			continue
		}
		line := c.Action + " " + c.Kind + " " + c.Name
		for _, f := range c.Fields {
			if c.Action != Create {
				line += " " + f.Name + ":" + f.From + "→" + f.To
			}
		}
		out = append(out, line)
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s: got - want +\n%s", what, diff)
	}
}

func TestApplyIsIdempotentAndExact(t *testing.T) {
	f := open(t, t.TempDir())
	changed := f.Changed()
	same(t, "dry run", brief(f.apply(t, base, ApplyOptions{DryRun: true})), []string{
		"create site lisbon", "create site porto", "create credential v2", "create credential v3",
		"create device lis-access-1", "create device lis-edge-1", "create device opo-1", "create receiver ops",
	})
	if sites, err := f.Sites(t.Context()); err != nil || len(sites) != 0 {
		t.Errorf("after a dry run: got %v, %v; want nothing", sites, err)
	}
	select {
	case <-changed:
		t.Error("a dry run notified")
	default:
	}
	if got := f.apply(t, base, ApplyOptions{}); len(brief(got)) != 8 {
		t.Errorf("first apply: got %v", brief(got))
	}
	<-changed
	changed = f.Changed()
	same(t, "second apply", brief(f.apply(t, base, ApplyOptions{Prune: true})), []string{})
	select {
	case <-changed:
		t.Error("an apply that changed nothing notified")
	default:
	}
	text := strings.NewReplacer("Lisbon HQ", "Lisbon", "users: 412", "users: 413", "canary-auth-pass", "canary-auth-next",
		"tags: [a, b]", "tags: [a]", "icmp: {interval: 0s}", "icmp: {interval: 2s}", "address: 192.0.2.1", "address: 192.0.2.2, port: 1161", "canary?t=", "canary?u=").Replace(base)
	same(t, "changes", brief(f.apply(t, text, ApplyOptions{})), []string{
		"update site lisbon display_name:Lisbon HQ→Lisbon users:412→413",
		"update credential v3 snmp.auth_passphrase:<secret>→<secret>",
		`update device lis-access-1 icmp.interval:0s→2s tags:["a","b"]→["a"]`,
		"update device lis-edge-1 address:192.0.2.1→192.0.2.2 port:→1161",
		"update receiver ops webhook.url:<secret>→<secret>",
	})
}

func TestPruneRemovesOnlyWhatApplyCreated(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, "sites: [{name: home}]\ndevices: [{name: gateway, site: home, address: 192.0.2.9}]", ApplyOptions{Source: SourceUp})
	f.apply(t, base, ApplyOptions{})
	// What apply changes but did not create is not its own either.
	f.apply(t, "devices: [{name: gateway, site: home, address: 192.0.2.10}]", ApplyOptions{})
	rest := "sites: [{name: lisbon}]\ncredentials: [{name: v2, snmp: {community: canary-community}}]"
	same(t, "without prune", brief(f.apply(t, rest, ApplyOptions{DryRun: true})), []string{
		"update site lisbon display_name:Lisbon HQ→ time_zone:Europe/Lisbon→ users:412→"})
	same(t, "prune", brief(f.apply(t, rest, ApplyOptions{Prune: true})), []string{
		"update site lisbon display_name:Lisbon HQ→ time_zone:Europe/Lisbon→ users:412→",
		"delete site porto", "delete credential v3",
		"delete device lis-access-1", "delete device lis-edge-1", "delete device opo-1", "delete receiver ops"})
	devices, err := f.Devices(t.Context(), Filter{})
	if err != nil || len(devices) != 1 || devices[0].Address != "192.0.2.10" || devices[0].Source != SourceUp {
		t.Errorf("got %+v, %v; want the gateway of up", devices, err)
	}
}

func TestApplyRefusesAnInventoryThatDoesNotHold(t *testing.T) {
	fx := open(t, t.TempDir())
	fx.apply(t, base, ApplyOptions{})
	fx.apply(t, "devices: [{name: up-1, site: porto, address: 192.0.2.9}]", ApplyOptions{Source: SourceUp})
	err := fx.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO agents (id, site, created_ms) VALUES ('a1', 'lisbon', 1)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(text string, prune bool, want string) {
		t.Helper()
		for _, dry := range []bool{true, false} {
			_, err := fx.Apply(t.Context(), parse(t, text), ApplyOptions{Prune: prune, DryRun: dry})
			var problems conf.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			same(t, "problems", err.Error(), strings.TrimSpace(want))
		}
	}
	f("devices:\n  - {name: x, site: lisboa, address: a.example.net, credential: v9999, parents: [lis-edge-2, nothing-like-it]}", false, `
inventory.yaml:2:21: devices[0].site: no site "lisboa" is known, did you mean "lisbon"?
inventory.yaml:2:65: devices[0].credential: no credential "v9999" is known, define it under credentials
inventory.yaml:2:82: devices[0].parents[0]: no device "lis-edge-2" is known, did you mean "lis-edge-1"?
inventory.yaml:2:94: devices[0].parents[1]: no device "nothing-like-it" is known, define it under devices`)
	f("devices: [{name: x, site: porto, address: a.example.net, credential: v3}]", false,
		`inventory.yaml:1:70: devices[0].credential: credential "v3" is not for site "porto" of device "x": add the site to its sites, or name another`)
	f("devices: [{name: opo-1, site: porto, address: a.example.net, renamed_from: lis-edge-1}]", false,
		`inventory.yaml:1:76: devices[0].renamed_from: device "lis-edge-1" and "opo-1" both exist: leave renamed_from out, or delete one of them`)
	f("sites: [{name: lisbon}]", true,
		`inventory: site: device "up-1" (made by up) needs site "porto", which is not there in the end: keep it, or delete the device first`)
	f("sites: [{name: porto}]", true, `inventory: sites: site "lisbon" still has 1 enrolled agents, revoke them before it is deleted`)
	same(t, "afterwards", brief(fx.apply(t, base, ApplyOptions{})), []string{})
}

func TestSecretsAreSealedEverywhere(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	diff := f.apply(t, base, ApplyOptions{})
	c, err := f.Credential(t.Context(), "v3")
	if err != nil || c.AuthPassphrase.Reveal() != "canary-auth-pass" || c.PrivPassphrase.Reveal() != "canary-priv-pass" || c.Username != "nw" {
		t.Errorf("opened credential: got %+v, %v", c, err)
	}
	receiver, err := f.Receiver(t.Context(), "ops")
	if err != nil || receiver.Webhook.URL.Reveal() != "https://hooks.example.net/canary?t=canary" || receiver.Webhook.Host != "https://hooks.example.net" {
		t.Errorf("opened URL: got %+v, %v", receiver.Webhook, err)
	}
	receivers, err := f.Receivers(t.Context())
	if err != nil || receivers[0].Webhook.Secret.Reveal() != "whsec_Y2FuYXJ5LXdlYmhvb2s=" {
		t.Errorf("opened receiver: got %+v, %v", receivers, err)
	}
	credentials, err := f.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	assignment, err := f.Assignment(t.Context(), "a1", "lisbon", true)
	if err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]any{"diff": diff, "credentials": credentials, "receivers": receivers, "credential": c, "assignment": assignment, "inventory": parse(t, base)} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		noCanary(t, what, string(data))
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		noCanary(t, e.Name(), string(data))
	}
	info, err := os.Stat(filepath.Join(dir, "secrets.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the key: got %v, %v; want 600", info.Mode(), err)
	}
}

func noCanary(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range []string{"canary", "Y2FuYXJ5", "whsec_"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %q", what, secret)
		}
	}
}

func TestKeyFileIsNeverReplaced(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	f.apply(t, base, ApplyOptions{})
	key := filepath.Join(dir, "secrets.key")
	reopen := func() error {
		_, err := Open(t.Context(), Config{KeyFile: key}, Deps{DB: f.db, Log: f.log, Now: f.now})
		return err
	}
	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if err := reopen(); err == nil || !strings.Contains(err.Error(), "is missing: restore it from the backup") {
		t.Errorf("missing key: got %v", err)
	}
	if err := os.WriteFile(key, good[:20], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := reopen(); err == nil || !strings.Contains(err.Error(), "is damaged") || strings.Contains(err.Error(), string(good[:20])) {
		t.Errorf("damaged key: got %v", err)
	}
	other := open(t, t.TempDir())
	other.db = f.db
	other.Store.db = f.db
	if _, err := other.Credential(t.Context(), "v2"); !errors.Is(err, ErrSealed) {
		t.Errorf("another key: got %v, want %v", err, ErrSealed)
	}
}

func TestReads(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, base, ApplyOptions{})
	names := func(filter Filter) []string {
		t.Helper()
		devices, err := f.Devices(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, d := range devices {
			out = append(out, d.Name)
		}
		return out
	}
	same(t, "all", names(Filter{}), []string{"lis-access-1", "lis-edge-1", "opo-1"})
	same(t, "site", names(Filter{Sites: []string{"porto"}}), []string{"opo-1"})
	same(t, "no site", names(Filter{Sites: []string{}}), []string{})
	same(t, "query", names(Filter{Query: "EDGE"}), []string{"lis-edge-1"})
	if _, err := f.Device(t.Context(), "x"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), `device "x"`) {
		t.Errorf("got %v", err)
	}
	d, err := f.Device(t.Context(), "lis-access-1")
	if err != nil || d.ICMPInterval() != 0 || d.SNMPInterval() != time.Minute {
		t.Errorf("got %+v, %v", d, err)
	}
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "JSON", string(data), `{"name":"lis-access-1","site":"lisbon","address":"sw1.example.net","credential":"v2","icmp":{"interval":"0s"},"parents":["lis-edge-1"],"tags":["a","b"],"source":"apply"}`)
}

func TestWireKeepsEverything(t *testing.T) {
	inv := parse(t, base+"  - {name: second, webhook: {url: \"http://192.0.2.5:9000/\", secret: plain}}\n")
	inv.Sites[0].RenamedFrom = "lx"
	body, err := inv.Wire()
	if err != nil {
		t.Fatal(err)
	}
	again, problems := Parse(File{Name: "body", Data: body, Remote: true})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	want := inv
	got, wantList := [4]any{again.Sites, again.Credentials, again.Devices, again.Receivers}, [4]any{want.Sites, want.Credentials, want.Devices, want.Receivers}
	same(t, "inventory", got, wantList)
	if again.Credentials[0].SNMP.Community.Reveal() != "canary-community" || again.Receivers[1].Webhook.Secret.Reveal() != "plain" {
		t.Error("secrets were lost on the way")
	}
}
