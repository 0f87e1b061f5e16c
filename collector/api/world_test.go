package api

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"

	"ninewatch/collector/alert"
	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/collector/plan"
	"ninewatch/collector/promapi"
	"ninewatch/collector/report"
	"ninewatch/collector/state"
	"ninewatch/collector/topology"
	"ninewatch/collector/topology/live"
	"ninewatch/collector/uptime"
	"ninewatch/collector/webhook"
	"ninewatch/internal/conf"
	"ninewatch/internal/telemetry"
)

// t0 is when everything in these tests happens: Wed 18 Nov 2026 14:32:00 UTC.
const t0 = 1_795_012_320_000

// canary is part of every secret of the world: no answer and no line of the log may hold it.
const canary = "cAnArY"

const inventoryCode = `
sites:
  - {name: lisbon, display_name: Lisbon, region: south, time_zone: Europe/Lisbon}
  - {name: porto, display_name: Porto, region: north, time_zone: Europe/Lisbon}
credentials:
  - {name: shared, snmp: {version: 2c, community: cAnArY-shared}}
  - {name: porto-v3, sites: [porto], snmp: {version: "3", username: poll, auth_protocol: SHA256, auth_passphrase: cAnArY-auth, priv_protocol: AES, priv_passphrase: cAnArY-priv}}
devices:
  - {name: lis-sw-1, site: lisbon, address: 192.0.2.1, credential: shared, role: core}
  - {name: opo-sw-1, site: porto, address: 198.51.100.1, credential: porto-v3, role: core, interval: 30s}
receivers:
  - {name: noc, webhook: {url: "https://hooks.example.net/cAnArY-path", secret: cAnArY-secret}}
  - {name: noc-lisbon, sites: [lisbon], webhook: {url: "https://lis.example.net/x?token=cAnArY-token", secret: cAnArY-secret-2}}
  - {name: noc-porto, sites: [porto], webhook: {url: "https://opo.example.net/cAnArY-path", secret: cAnArY-secret-3}}
`

// world is an API over real stores, with a ledger that says what the test wants.
type world struct {
	t         *testing.T
	api       *API
	server    *httptest.Server
	db        *state.DB
	auth      *auth.Auth
	inventory *inventory.Store
	alert     *alert.Engine
	events    *Events
	topology  *live.Service
	ledger    *ledger
	plan      *plan.Service
	log       *safeBuffer
	now       time.Time
	tokens    map[string]string // by name of the role
}

// ledger is a fake of uptime.Engine.
type ledger struct {
	mu       sync.Mutex
	states   []uptime.Verdict
	answers  map[string]uptime.Answer // by scope
	asked    []string
	from, to int64
}

func (l *ledger) States(context.Context) []uptime.Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]uptime.Verdict{}, l.states...)
}

func (l *ledger) Availability(_ context.Context, scope string, from, to int64, _ string) (uptime.Answer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.from, l.to = append(l.asked, scope), from, to
	a, ok := l.answers[scope]
	if !ok {
		return a, uptime.ErrUnknownScope
	}
	return a, nil
}

func (l *ledger) List(_ context.Context, scopes []string, from, to int64, _ string) ([]uptime.Answer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.from, l.to = append(l.asked, "list"), from, to
	var out []uptime.Answer
	for _, scope := range scopes {
		if a, ok := l.answers[scope]; ok {
			a.Scope = scope
			out = append(out, a)
		}
	}
	return out, nil
}

// sitesOf are those of the targets that the fake knows.
var sitesOf = map[string]string{
	"device:lis-sw-1": "lisbon", "device:opo-sw-1": "porto", "circuit:lis-wan": "lisbon", "circuit:opo-wan": "porto", "service:mail": "",
}

func (l *ledger) Scopes(_ context.Context, kind string) ([]string, error) {
	var out []string
	for scope := range sitesOf {
		if strings.HasPrefix(scope, kind+":") {
			out = append(out, scope)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (l *ledger) Members(_ context.Context, scope string) ([]string, error) {
	return map[string][]string{"all": {"site:lisbon", "site:porto"}, "site:lisbon": {"site:lisbon"}, "region:north": {"site:porto"}}[scope], nil
}

func (l *ledger) SiteOf(scope string) (string, error) {
	site, ok := sitesOf[scope]
	if !ok {
		return "", uptime.ErrUnknownScope
	}
	return site, nil
}

func (l *ledger) Revisions(_ context.Context, scope string, _, _ int64, _ int) ([]uptime.Revision, error) {
	return []uptime.Revision{{ID: 1, Target: scope}}, nil
}

func (l *ledger) Interfaces(context.Context, string) ([]uptime.InterfaceNow, error) {
	return []uptime.InterfaceNow{{Device: "lis-sw-1", Key: "Gi1", Monitored: true, State: uptime.Up, Since: t0}}, nil
}

func (l *ledger) Planned(string, int64, int64) ([]uptime.Planned, error) { return nil, nil }

func (l *ledger) Providers() []string { return []string{"Example Telecom", "opo-net"} }

func (l *ledger) Measured(_ context.Context, scope string, _, _ int64) (*uptime.Promise, *uptime.Quality, error) {
	return &uptime.Promise{Availability: "99.9"}, &uptime.Quality{Sent: 60, LossPercent: "0.0000"}, nil
}

func (l *ledger) Claim(_ context.Context, circuit string, _, _ int64) (uptime.Claim, error) {
	return uptime.Claim{Circuit: circuit}, nil
}

func (l *ledger) Strip(_ context.Context, scope string, days int, _ *time.Location) ([]uptime.Day, error) {
	return make([]uptime.Day, days), nil
}

// deliveries is the real service, but that it sends nothing.
type deliveries struct{ *webhook.Service }

func (deliveries) Test(context.Context, string) (int, string, string, error) {
	return 204, "{}", "", nil
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, log: &safeBuffer{}, now: time.UnixMilli(t0), tokens: map[string]string{}}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	set := metrics.NewSet()
	clock := func() time.Time { return w.now }
	w.db = must(state.Open(t.Context(), state.Config{Path: filepath.Join(dir, "state.db")}, state.Deps{Log: log, Now: clock}))
	t.Cleanup(func() { w.db.Close() })
	w.inventory = must(inventory.Open(t.Context(), inventory.Config{KeyFile: filepath.Join(dir, "secrets.key")}, inventory.Deps{DB: w.db, Log: log, Now: clock}))
	ca := must(auth.OpenCA(filepath.Join(dir, "ca"), clock))
	w.auth = must(auth.New(auth.DefaultConfig(), auth.Deps{Log: log, Metrics: set, DB: w.db, CA: ca, Now: clock}))
	hooks := webhook.New(webhook.Config{Instance: "i"}, webhook.Deps{
		Log: log, Metrics: set, Read: w.db.Read(), Write: w.db.Write, Now: clock,
	})
	w.events = NewEvents(set)
	book := &alert.Book{Receivers: []alert.ReceiverBook{{Name: "noc"}}}
	w.alert = alert.New(alert.Deps{Log: log, Metrics: set, Read: w.db.Read(), Write: w.db.Write, Deliver: hooks.Deliver, Changed: w.events.Incident, Now: clock,
		Book: func() *alert.Book { return book }})
	samples := must(tsdb.Open(filepath.Join(dir, "samples"), slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil))
	t.Cleanup(func() { samples.Close() })
	w.fill()
	w.sample(samples)
	prom := promapi.New(promapi.Deps{Log: log, Metrics: set, Queryable: samples, Sites: Sites, Lookback: 15 * time.Minute, Now: clock})
	w.topology = must(live.New(live.DefaultConfig(), live.Deps{
		Log: log, Metrics: set, Now: clock, Read: w.db.Read(), Write: w.db.Write, Inventory: w.inventory, Changed: func() {},
		States: func(context.Context) map[string]topology.State {
			return map[string]topology.State{"lis-sw-1": topology.Up, "opo-sw-1": topology.Up}
		},
		Lines: func(context.Context, string, int64, int64) ([]topology.Stretch[topology.State], error) {
			return nil, nil
		},
	}))
	if err := w.topology.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.plan = must(plan.New(plan.DefaultConfig(), plan.Deps{
		Log: log, Metrics: set, Now: clock, Read: w.db.Read(), Write: w.db.Write, Samples: noSamples{}, Inventory: w.inventory,
		Facts: w.inventory, Sink: plan.NewSink(w.db.Read(), w.db.Write),
	}))
	a := must(New(Deps{
		Log: log, Metrics: set, Now: clock, Auth: w.auth, Inventory: w.inventory, Uptime: w.ledger, Plan: w.plan, Incidents: w.alert,
		Deliveries: deliveries{hooks}, Topology: w.topology, Events: w.events, ReportKey: must(report.OpenKey(filepath.Join(dir, "report.key"))), Queryable: samples, Lookback: 15 * time.Minute, Prom: prom.Handler(),
		UI:    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the pages") }),
		Ready: func() error { return nil }, Organisation: "Example", RunningSince: time.UnixMilli(t0 - 60_000),
		AgentAddresses: func() []string { return []string{"nw.example.net:7443"} },
	}))
	w.api, w.server = a, httptest.NewServer(a.Handler())
	t.Cleanup(w.server.Close)
	return w
}

// must is v, or the end of the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// fill makes two sites that have one of everything.
func (w *world) fill() {
	w.t.Helper()
	ctx := w.t.Context()
	inv, mistakes := inventory.Parse(inventory.File{Name: "world.yaml", Data: []byte(inventoryCode)})
	if err := mistakes.Err(); err != nil {
		w.t.Fatal(err)
	}
	must(w.inventory.Apply(ctx, inv, inventory.ApplyOptions{}))
	w.ledger = &ledger{answers: map[string]uptime.Answer{}}
	for i, d := range []struct{ site, device, agent string }{{"lisbon", "lis-sw-1", "aaaa"}, {"porto", "opo-sw-1", "bbbb"}} {
		w.agent(d.agent, d.site, t0-2000)
		w.ledger.states = append(w.ledger.states, uptime.Verdict{Device: d.device, Site: d.site, State: "down", Since: t0 - 60_000, Evidence: "ICMP does not answer"})
		w.ledger.answers["site:"+d.site], w.ledger.answers["device:"+d.device] = measuredAs("99.9512"), measuredAs("99.9512")
		if err := w.alert.Observe(ctx, []alert.Finding{{Site: d.site, Device: d.device, Role: "core", State: alert.Down, Since: t0 - 60_000, Detected: t0 - 57_000, Evidence: "3 lost"}}); err != nil {
			w.t.Fatal(i, err)
		}
		facts := telemetry.DeviceFacts{Device: d.device, Time: t0 - 1000, System: telemetry.System{SysObjectID: "1.3.6.1.4.1.9.1.1", SysDescr: d.device + " of " + d.site, SysUpTime: 100},
			Interfaces: []telemetry.Interface{{IfIndex: 1, Key: "Gi1", IfName: "Gi1", IfAdminStatus: 1, IfOperStatus: 7, SpeedBps: 1e9}}}
		err := w.db.Write(ctx, func(tx *sql.Tx) error {
			_, err := inventory.ApplyFacts(ctx, tx, telemetry.Entry{}, facts)
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.ledger.answers["all"] = measuredAs("99.9000")
	for name, role := range map[string]auth.Role{
		"viewer": {Role: "viewer", Sites: []string{"lisbon"}}, "operator": {Role: "operator", Sites: []string{"lisbon"}},
		"admin": {Role: "admin", Sites: []string{"lisbon"}}, "all": {Role: "admin", Sites: []string{"*"}}, "viewall": {Role: "viewer", Sites: []string{"*"}},
	} {
		w.tokens[name] = must(w.auth.CreateAPIToken(ctx, name, []auth.Role{role}, 0))
	}
}

// person makes an account with a password; hashing it takes a while.
func (w *world) person() {
	w.t.Helper()
	if err := w.auth.SetUser(w.t.Context(), "m.duarte", conf.Secret(canary+"-password"), []auth.Role{{Role: "operator", Sites: []string{"lisbon"}}}); err != nil {
		w.t.Fatal(err)
	}
}

func measuredAs(percent string) uptime.Answer {
	total, left := int64(2592), int64(1296)
	met := uptime.Met
	return uptime.Answer{PeriodSeconds: 2_592_000, AgreedSeconds: 2_592_000, Availability: &percent, AvailabilityLow: &percent, AvailabilityHigh: &percent,
		BudgetSeconds: &total, BudgetLeftSeconds: &left, Verdict: &met, Devices: 1, Outages: []uptime.OutageAnswer{}}
}

func (w *world) agent(id, site string, seen int64) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO agents (id, site, hostname, version, created_ms, not_after_ms, last_seen_ms, watermark_ms, heartbeat)
			VALUES (?, ?, ?, '1.0', ?, ?, ?, ?, '{"spool_records":1,"spool_bytes":9,"produced":12,"acknowledged":7,"queued":2,"dropped":{"age":2,"disk_full":1}}')`,
			id, site, "probe."+site+".example.net", t0-9000, t0+9000, seen, seen)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// sample stores 30 min of traffic: 1,000 octets/s in, 2,000 out, one packet of 100 with an error.
func (w *world) sample(db *tsdb.DB) {
	w.t.Helper()
	appender := db.Appender(w.t.Context())
	for i := range int64(31) {
		at := int64(t0) - (30-i)*60_000
		for device, site := range map[string]string{"lis-sw-1": "lisbon", "opo-sw-1": "porto"} {
			for name, rate := range map[string]float64{"ifHCInOctets": 1000, "ifHCOutOctets": 2000, "ifInErrors": 1, "ifHCInUcastPkts": 60, "ifHCOutMulticastPkts": 39} {
				l := labels.FromStrings("__name__", name, "site", site, "device", device, "ifName", "Gi1")
				must(appender.Append(0, l, at, rate*60*float64(i)))
			}
			l := labels.FromStrings("__name__", "ninewatch_icmp_rtt_seconds", "site", site, "device", device, "agent", "x", "quantile", "0.5")
			must(appender.Append(0, l, at, 0.0041))
		}
	}
	if err := appender.Commit(); err != nil {
		w.t.Fatal(err)
	}
}

// ask sends a request as the holder of a token of the world; "" is nobody.
func (w *world) ask(role, method, path, body string) (int, string) {
	w.t.Helper()
	r := must(http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body)))
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+w.tokens[role])
	}
	switch {
	case strings.HasPrefix(path, "/api/v1/apply"):
		r.Header.Set("Content-Type", "application/yaml")
	case body != "":
		r.Header.Set("Content-Type", "application/json")
	}
	answer := must(http.DefaultClient.Do(r))
	defer answer.Body.Close()
	text := must(io.ReadAll(answer.Body))
	if strings.Contains(string(text), canary) {
		w.t.Errorf("%s %s as %q answers with a secret: %s", method, path, role, text)
	}
	return answer.StatusCode, string(text)
}

// read decodes the answer to a GET.
func read[T any](w *world, role, path string) T {
	w.t.Helper()
	status, body := w.ask(role, http.MethodGet, path, "")
	var v T
	if status != http.StatusOK {
		w.t.Fatalf("GET %s: got %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		w.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return v
}
