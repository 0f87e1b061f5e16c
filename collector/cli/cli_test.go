package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ninewatch/internal/version"
)

const words = "not for others" // stands for every secret

// run executes a command line.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), args, &out, &errs)
	if strings.Contains(out.String()+errs.String(), words) {
		t.Errorf("%v shows a secret: %q %q", args, out.String(), errs.String())
	}
	return code, out.String(), errs.String()
}

// refused checks exit code and the lines of an error.
func refused(t *testing.T, code int, want string, args ...string) {
	t.Helper()
	got, out, errs := run(t, args...)
	if got != code || errs != want+"\n" || out != "" {
		t.Errorf("%s:\ngot  %d %q (printed %q)\nwant %d %q", strings.Join(args, " "), got, errs, out, code, want)
	}
}

// printed checks what a command that succeeds prints.
func printed(t *testing.T, want string, args ...string) {
	t.Helper()
	if code, out, errs := run(t, args...); code != 0 || out != want || errs != "" {
		t.Errorf("%s:\ngot  %d %q (errors %q)\nwant %q", strings.Join(args, " "), code, out, errs, want)
	}
}

// write makes a file in a folder of its own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fake is a collector that answers what a test says, by method and path.
type fake struct {
	answers map[string]string
	status  int
	posted  int // the status of answers to POST, status if 0

	mu   sync.Mutex
	seen []string // method and URI
	body string   // of the last request with one
}

func serve(t *testing.T, answers map[string]string) *fake {
	t.Helper()
	f := &fake{answers: answers, status: http.StatusOK}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Setenv("NINEWATCH_SERVER", server.URL+"/")
	t.Setenv("NINEWATCH_API_TOKEN", words)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, r.Method+" "+r.URL.RequestURI())
	if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 {
		f.body = string(body)
	}
	if r.Header.Get("Authorization") != "Bearer "+words {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer, ok := f.answers[r.Method+" "+r.URL.RequestURI()]
	if !ok {
		answer, ok = f.answers[r.Method+" "+r.URL.Path]
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	status := f.status
	if r.Method == http.MethodPost {
		status = cmp.Or(f.posted, status)
	}
	w.WriteHeader(status)
	fmt.Fprint(w, answer)
}

func (f *fake) requests() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.seen, "\n")
}

func TestHelp(t *testing.T) {
	f := func(want string, command ...string) {
		t.Helper()
		code, out, errs := run(t, append(command, "--help")...)
		if code != 0 || errs != "" || !strings.Contains(out, want) || !strings.Contains(out, "Usage:\n  ninewatch-collector") {
			t.Errorf("%v --help: got %d %q %q, want %q", command, code, out, errs, want)
		}
	}
	f("Available Commands:")
	f("--demo", "up")
	f("--config FILE", "serve")
	f("--dump", "check-config")
	f("--dry-run", "apply")
	f("agents|api-tokens|assets|", "get")
	f("add", "user")
	f("export [flags]", "export")
	f("create", "token")
	f("--ttl", "token", "create")
	f("create", "api-token")
	f("--data FOLDER", "api-token", "create")
	f("--listen RANGE:PORT", "simulate")
	f("vectors", "analyze")
	f("FILE.json...", "analyze", "vectors")
	f("Print the version", "version")
}

func TestVersion(t *testing.T) {
	printed(t, "ninewatch-collector "+version.String()+"\n", "version")
}

func TestWrongUsage(t *testing.T) {
	t.Setenv("NINEWATCH_SERVER", "")
	refused(t, 2, `unknown command "dance" for "ninewatch-collector": see ninewatch-collector --help`, "dance")
	refused(t, 2, `unknown command "serv" for "ninewatch-collector", did you mean serve or user? See ninewatch-collector --help`, "serv")
	refused(t, 2, `unknown command "dance" for "ninewatch-collector token": see ninewatch-collector token --help`, "token", "dance")
	refused(t, 2, `unknown command "dance" for "ninewatch-collector api-token": see ninewatch-collector api-token --help`, "api-token", "dance")
	refused(t, 2, `unknown command "dance" for "ninewatch-collector analyze": see ninewatch-collector analyze --help`, "analyze", "dance")
	refused(t, 2, `unknown flag: --loud: see ninewatch-collector serve --help`, "serve", "--loud")
	refused(t, 2, `accepts between 1 and 2 arg(s), received 0: see ninewatch-collector get --help`, "get")
	refused(t, 2, `requires at least 1 arg(s), only received 0: see ninewatch-collector analyze vectors --help`, "analyze", "vectors")
	refused(t, 2, `unknown resource "dogs": it is one of agents, api-tokens, assets, audit, calendars, capacity, capacity-rules, circuits, components, credentials, deliveries, devices, findings, history, incidents, interfaces, lifecycle, links, maintenance, neighbors, proposals, receivers, redundancy, redundancy-groups, risk-groups, routes, rules, schedules, services, silences, single-points, sites, software-policies, topology, topology-changes, users`, "get", "dogs")
	refused(t, 2, `get interfaces: name a device for components, history, interfaces, neighbors, and nothing for the others`, "get", "interfaces")
	refused(t, 2, `get sites: name a device for components, history, interfaces, neighbors, and nothing for the others`, "get", "sites", "x")
	refused(t, 2, `output format "xml": it is one of table, json, csv, yaml`, "get", "sites", "-o", "xml")
	refused(t, 2, `output format "xml": it is one of table, json`, "token", "create", "--site", "x", "-o", "xml")
	refused(t, 2, `which inventory? give -f FILE, or -f - for the standard input`, "apply")
	refused(t, 2, `for which site? give --site`, "token", "create")
	refused(t, 2, `--data makes a token for all sites that does not end: give neither --sites nor --ttl, or ask a running collector`, "api-token", "create", "--data", "x", "--ttl", "1d")
	refused(t, 2, `role "king" is not one of viewer, operator, admin`, "user", "add", "ana", "--role", "king")
	refused(t, 2, `which collector? give --server and --api-token, set NINEWATCH_SERVER and NINEWATCH_API_TOKEN, or source client.env of the data folder of "up"`, "get", "sites", "--api-token", words)
	refused(t, 2, `--server "here" is not a URL, write for example http://127.0.0.1:8080`, "get", "sites", "--api-token", words, "--server", "here")
	refused(t, 2, "--devices: 0 is not from 1 to 16777214\n--loss: 2 is not a share from 0 to 1", "simulate", "--devices", "0", "--loss", "2")
}

// TestSimulatedUser: what cannot be a user of SNMPv3 is refused before any device is there.
func TestSimulatedUser(t *testing.T) {
	refused(t, 2, "which user? give --username with the protocols and passphrases of SNMPv3", "simulate", "--auth-protocol", "SHA")
	refused(t, 2, "a passphrase needs its protocol: give --auth-protocol, --priv-protocol", "simulate", "--username", "u", "--auth-passphrase", "long enough")
	refused(t, 2, `user "u": authentication protocol "SHA3" is not known, or its passphrase is below 8 bytes`,
		"simulate", "--username", "u", "--auth-protocol", "SHA3", "--auth-passphrase", "long enough")
	refused(t, 2, `user "u": privacy protocol "AES" is not known or without authentication, or its passphrase is below 8 bytes`,
		"simulate", "--username", "u", "--priv-protocol", "AES", "--priv-passphrase", "long enough")
}

func TestGet(t *testing.T) {
	f := serve(t, map[string]string{
		"GET /api/v1/devices":                      `{"items":[{"name":"a","site":"lisbon","address":"192.0.2.1","role":"core","state":"up","since":"2026-03-01T12:00:00Z","extra":1}],"next_cursor":"c1"}`,
		"GET /api/v1/devices?cursor=c1":            `{"items":[{"name":"b","site":"lisbon","address":"192.0.2.2","state":"down"}]}`,
		"GET /api/v1/devices/a%20b/interfaces":     `{"items":[{"key":"ge-0/0/0","if_index":1,"alias":"to \"b\", and on","speed_bps":10000000000,"in_bps":12.5}]}`,
		"GET /api/v1/sites":                        `{"items":[]}`,
		"GET /api/v1/incidents?site=x&status=open": `{"items":[{"id":"INC-1","severity":"major","status":"open","site":"x","summary":"a does not answer","started_at":"2026-03-01T12:00:00Z"}]}`,
	})
	printed(t, "NAME  SITE    ADDRESS    ROLE  STATE  SINCE\na     lisbon  192.0.2.1  core  up     2026-03-01T12:00:00Z\nb     lisbon  192.0.2.2  –     down   –\n", "get", "devices")
	printed(t, "name,site,address,role,state,since\na,lisbon,192.0.2.1,core,up,2026-03-01T12:00:00Z\nb,lisbon,192.0.2.2,,down,\n", "get", "devices", "-o", "csv")
	printed(t, "- alias: to \"b\", and on\n  if_index: 1\n  in_bps: 12.5\n  key: ge-0/0/0\n  speed_bps: 10000000000\n", "get", "interfaces", "a b", "-o", "yaml")
	printed(t, "key,if_index,alias,speed_bps,admin_status,oper_status,in_bps,out_bps\nge-0/0/0,1,\"to \"\"b\"\", and on\",10000000000,,,12.5,\n", "get", "interfaces", "a b", "-o", "csv")
	printed(t, "[]\n", "get", "sites", "-o", "json")
	printed(t, "[]\n", "get", "sites", "-o", "yaml")
	printed(t, "NAME  DISPLAY_NAME  REGION  TIME_ZONE  USERS\n", "get", "sites")
	printed(t, "ID     SEVERITY  STATUS  SITE  SUMMARY            STARTED_AT            ENDED_AT  OWNER\n"+
		"INC-1  major     open    x     a does not answer  2026-03-01T12:00:00Z  –         –\n", "get", "incidents", "--site", "x", "--status", "open")
	code, out, _ := run(t, "get", "devices", "-o", "json")
	var items []map[string]any
	if err := json.Unmarshal([]byte(out), &items); err != nil || code != 0 || len(items) != 2 || items[0]["extra"] != 1.0 {
		t.Errorf("json: got %d %s, %v", code, out, err)
	}
	if !strings.HasPrefix(f.requests(), "GET /api/v1/devices\nGET /api/v1/devices?cursor=c1\n") {
		t.Errorf("got requests\n%s", f.requests())
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	f := serve(t, map[string]string{"GET /api/v1/sites": `<html>`})
	server := strings.TrimRight(os.Getenv("NINEWATCH_SERVER"), "/")
	refused(t, 1, server+" does not answer as a collector does: invalid character '<' looking for beginning of value", "get", "sites")
	f.status = http.StatusForbidden
	refused(t, 1, "403 Forbidden", "get", "sites")
	f.answers["GET /api/v1/sites"] = `{"title":"Forbidden","status":403,"detail":"this needs the role admin"}`
	refused(t, 1, "this needs the role admin", "get", "sites")
	f.status = http.StatusUnprocessableEntity
	f.answers["GET /api/v1/sites"] = `{"title":"Unprocessable","detail":"one; two","errors":["one","two"]}`
	refused(t, 2, "one\ntwo", "get", "sites")
	refused(t, 1, "the collector does not know this API token: make one with ninewatch-collector api-token create", "get", "sites", "--api-token", "another")
	dead := httptest.NewServer(nil)
	dead.Close()
	refused(t, 1, "the collector at "+dead.URL+" does not answer: dial tcp "+strings.TrimPrefix(dead.URL, "http://")+": connect: connection refused", "get", "sites", "--server", dead.URL)
}

const inventoryText = `sites: [{name: lisbon}]
credentials: [{name: c, snmp: {version: 2c, community: not for others}}]
devices: [{name: sw1, site: lisbon, address: 192.0.2.1, credential: c}]
`

// known is a collector that has nothing yet.
func known(diff string) map[string]string {
	return map[string]string{
		"GET /api/v1/sites": `{"items":[]}`, "GET /api/v1/devices": `{"items":[]}`, "GET /api/v1/credentials": `{"items":[]}`,
		"GET /api/v1/receivers": `{"items":[]}`, "POST /api/v1/apply": diff,
	}
}

// TestApplyTellsPlacesInFiles: what only the collector can find wrong is told at its place in the file.
func TestApplyTellsPlacesInFiles(t *testing.T) {
	f := serve(t, known(`{"title":"Unprocessable Entity","detail":"a; b","errors":["body:1:9: devices[0].address: 192.0.2.1 is that of sw9","body: credentials[0]: b","inventory: c"]}`))
	f.posted = http.StatusUnprocessableEntity
	path := write(t, "inventory.yaml", inventoryText)
	refused(t, 2, path+":3:46: devices[0].address: 192.0.2.1 is that of sw9\n"+path+":2:15: credentials[0]: b\ninventory: c", "apply", "-f", path)
}

func TestApply(t *testing.T) {
	f := serve(t, known(`{"changes":[
		{"kind":"site","name":"lisbon","action":"create","fields":[{"name":"region","to":"south"}]},
		{"kind":"credential","name":"c","action":"update","fields":[{"name":"snmp.community","from":"<secret>","to":"<secret>"}]},
		{"kind":"device","name":"old","action":"delete"},
		{"kind":"device","name":"sw1","action":"unchanged"}]}`))
	diff := "create site lisbon\n    region: – → south\nupdate credential c\n    snmp.community: <secret> → <secret>\ndelete device old\n"
	path := write(t, "inventory.yaml", inventoryText)
	printed(t, diff+"applied: 1 created, 1 updated, 1 deleted, 1 unchanged\n", "apply", "-f", path)
	if !strings.Contains(f.body, words) || !strings.Contains(f.body, `"sw1"`) {
		t.Errorf("the collector got %s, want the inventory with its secret", f.body)
	}
	printed(t, diff+"would apply: 1 created, 1 updated, 1 deleted, 1 unchanged\n", "apply", "-f", path, "--dry-run", "--prune")
	if !strings.HasSuffix(f.requests(), "\nPOST /api/v1/apply?dry_run=true&prune=true") {
		t.Errorf("got requests\n%s", f.requests())
	}
}

// TestApplyMistakes: all of all files at once, with their places, and nothing is sent.
func TestApplyMistakes(t *testing.T) {
	f := serve(t, known(`{}`))
	first := write(t, "first.yaml", "sites: [{name: lisbon}]\ndevices:\n  - {name: sw1, site: porto, address: 192.0.2.1}\n  - {name: sw2, site: lisbon, adress: 192.0.2.2}\n")
	second := write(t, "second.yaml", "devices: [{name: sw1, site: lisbon, address: 192.0.2.3, credential: nobody, snmp: {interval: 5x}}]\n")
	code, out, errs := run(t, "apply", "-f", first, "-f", second)
	if code != 2 || out != "" {
		t.Errorf("got %d %q, want 2 and nothing", code, out)
	}
	for _, want := range []string{first + ":3:23: devices[0].site: ", first + ":4:31: devices[1].adress: unknown key", "second.yaml:1:18: devices[0].name: ",
		"second.yaml:1:", "no credential \"nobody\"", `"5x" is not a duration`} {
		if !strings.Contains(errs, want) {
			t.Errorf("got\n%swant %q in it", errs, want)
		}
	}
	if strings.Contains(f.requests(), "POST") {
		t.Errorf("got requests\n%s", f.requests())
	}
	none := filepath.Join(t.TempDir(), "none.yaml")
	refused(t, 2, "open "+none+": no such file or directory", "apply", "-f", none)
}

// TestApplyMistakesWithoutCollector: what the files show is told even when nobody can be asked.
func TestApplyMistakesWithoutCollector(t *testing.T) {
	t.Setenv("NINEWATCH_SERVER", "")
	path := write(t, "inventory.yaml", "sites: [{name: Lisbon}]\n")
	if code, _, errs := run(t, "apply", "-f", path); code != 2 || !strings.HasPrefix(errs, path+":1:16: sites[0].name: ") {
		t.Errorf("got %d %q", code, errs)
	}
}

func TestTokenCreate(t *testing.T) {
	f := serve(t, map[string]string{"POST /api/v1/tokens": `{"token":"nw1.abc","expires_at":"2026-03-04T12:00:00Z","command":"ninewatch-agent enroll --token nw1.abc"}`})
	code, out, errs := run(t, "token", "create", "--site", "lisbon", "--ttl", "1h")
	if want := "works once, until 2026-03-04T12:00:00Z; on the other host: ninewatch-agent enroll --token TOKEN\n"; code != 0 || out != "nw1.abc\n" || errs != want {
		t.Errorf("got %d %q %q", code, out, errs)
	}
	if want := `{"site":"lisbon","ttl":"1h0m0s"}`; f.body != want {
		t.Errorf("got body %s, want %s", f.body, want)
	}
	printed(t, `{"token":"nw1.abc","expires_at":"2026-03-04T12:00:00Z","command":"ninewatch-agent enroll --token nw1.abc"}`+"\n", "token", "create", "--site", "lisbon", "-o", "json")
}

func TestCheckConfig(t *testing.T) {
	good := write(t, "collector.yaml", "data_dir: /tmp/x\n")
	printed(t, "the configuration is good\n", "check-config", "--config", good)
	if code, out, errs := run(t, "check-config", "--config", good, "--dump"); code != 0 || errs != "" || !strings.Contains(out, "data_dir: /tmp/x\n") {
		t.Errorf("got %d %q %q", code, out, errs)
	}
	bad := write(t, "collector.yaml", "data_dir: /tmp/x\nlisten: {htp: 127.0.0.1:8080}\nlog: {level: loud}\n")
	for _, command := range []string{"check-config", "serve"} {
		code, out, errs := run(t, command, "--config", bad)
		lines := strings.Split(errs, "\n")
		if code != 2 || out != "" || len(lines) != 3 || !strings.HasPrefix(lines[0], bad+`:2:10: listen.htp: unknown key, did you mean "http"?`) || !strings.HasPrefix(lines[1], bad+":3:14: log.level: ") {
			t.Errorf("%s: got %d %q %q", command, code, out, errs)
		}
	}
	none := filepath.Join(t.TempDir(), "none.yaml")
	refused(t, 2, none+": no such file, copy the commented example from deploy/", "serve", "--config", none)
}

// said is what a running program has printed.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

var readyLine = regexp.MustCompile(`collector is ready.* http=(\S+)`)

// TestServe: a collector on its first start, and the commands that speak to it.
func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := write(t, "collector.yaml", "data_dir: "+dir+"\nlisten: {http: 127.0.0.1:0, grpc: 127.0.0.1:0}\nsamples: {embedded: {reserve_disk: 16MiB}}\n")
	refused(t, 1, dir+" holds no collector: its state.db is missing; give the data_dir of its configuration", "api-token", "create", "--data", dir)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log said
	ended := make(chan int)
	go func() { ended <- Run(ctx, []string{"serve", "--config", path}, io.Discard, &log) }()
	var server string
	for end := time.Now().Add(20 * time.Second); server == ""; time.Sleep(20 * time.Millisecond) {
		if m := readyLine.FindStringSubmatch(log.String()); m != nil {
			server = m[1]
		} else if time.Now().After(end) {
			t.Fatalf("not ready: %s", log.String())
		}
	}
	refused(t, 2, `invalid value: role "king" is not one of viewer, operator, admin`, "api-token", "create", "--data", dir, "--role", "king")
	code, token, errs := run(t, "api-token", "create", "--data", dir)
	if code != 0 || errs != "" || !strings.HasPrefix(token, "nwt_") {
		t.Fatalf("got %d %q %q", code, token, errs)
	}
	t.Setenv("NINEWATCH_SERVER", server)
	t.Setenv("NINEWATCH_API_TOKEN", strings.TrimSpace(token))
	inventory := write(t, "inventory.yaml", inventoryText)
	code, dry, errs := run(t, "apply", "-f", inventory, "--dry-run")
	if code != 0 || errs != "" || !strings.HasSuffix(dry, "would apply: 3 created, 0 updated, 0 deleted, 0 unchanged\n") {
		t.Errorf("apply --dry-run: got %d %q %q", code, dry, errs)
	}
	printed(t, "NAME  DISPLAY_NAME  REGION  TIME_ZONE  USERS\n", "get", "sites")
	printed(t, strings.Replace(dry, "would apply", "applied", 1), "apply", "-f", inventory)
	printed(t, "applied: 0 created, 0 updated, 0 deleted, 3 unchanged\n", "apply", "-f", inventory)
	if code, out, _ := run(t, "get", "devices", "-o", "csv"); code != 0 || !strings.HasPrefix(out, "name,site,address,role,state,since\nsw1,lisbon,192.0.2.1,,unknown,") {
		t.Errorf("get devices: got %d %q", code, out)
	}
	if code, out, errs := run(t, "token", "create", "--site", "lisbon"); code != 0 || !strings.HasPrefix(out, "nw1.") {
		t.Errorf("token create: got %d %q %q", code, out, errs)
	}
	refused(t, 1, `there is no site "porto", or it is at a site that you may not see`, "token", "create", "--site", "porto")
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("interrupted: got exit code %d: %s", code, log.String())
	}
	if strings.Contains(log.String(), words) {
		t.Errorf("the log shows a secret: %s", log.String())
	}
}

func TestAnalyze(t *testing.T) {
	path := write(t, "cases.json", `{"cases": []}`)
	code, out, errs := run(t, "analyze", "vectors", path)
	if code != 0 || strings.TrimSpace(out) != "{}" || errs != "" {
		t.Errorf("got %d %q %q", code, out, errs)
	}
	none := filepath.Join(t.TempDir(), "none.json")
	refused(t, 1, none+": open "+none+": no such file or directory", "analyze", "vectors", none)
	code, _, errs = run(t, "analyze", "vectors", write(t, "cases.json", "[1"))
	if code != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "cases.json: ") {
		t.Errorf("a damaged file: got %d %q", code, errs)
	}
}

func TestSimulate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := Run(ctx, []string{"simulate", "--devices", "2", "--interfaces", "1", "--listen", "127.77.0.0/24:16777"}, &out, &errs)
	if want := "2 simulated devices, from 127.77.0.1:16777 to 127.77.0.2:16777; community public; Ctrl-C ends them\n"; code != 0 || out.String() != want {
		t.Errorf("got %d %q %q, want %q", code, out.String(), errs.String(), want)
	}
}
