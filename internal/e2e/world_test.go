package e2e

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the state is read beside the collector
)

// Where things listen in the namespace of the site.
const (
	httpAddr    = "127.0.0.1:8080"
	grpcAddr    = "127.0.0.1:7443"
	agentAddr   = "127.0.0.1:9145"
	receiveAddr = "127.0.0.1:9000"
	site        = "lisbon"
)

// world is one site with a collector and an agent.
type world struct {
	*testing.T
	ns     namespace
	dir    string
	data   string // of the collector
	client *http.Client
	token  string
	db     *sql.DB // opened by state

	collectors []string // what the agent is told instead of the addresses of its token
	reserve    string
	traps      string // where the agent receives them

	collector, agent       *process
	collectorOut, agentOut output
	scrapes                atomic.Int64
}

// newWorld makes the folders and namespaces; nothing runs yet.
func newWorld(t *testing.T) *world {
	t.Helper()
	ns := newNamespace(t, "s")
	program(t, "agent")
	w := &world{T: t, ns: ns, dir: t.TempDir(), client: ns.client(t), reserve: "16MiB"}
	w.data = filepath.Join(w.dir, "collector")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("collector:\n%s\nagent:\n%s", w.collectorOut.tail(), w.agentOut.tail())
		}
	})
	return w
}

// write makes a file in the folder of the world.
func (w *world) write(name, text string) string {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// startCollector starts the collector, the first time and any other, and waits until it is ready.
func (w *world) startCollector() {
	w.Helper()
	config := w.write("collector.yaml", fmt.Sprintf(`
listen: {http: %q, grpc: %q}
data_dir: %s
samples: {embedded: {reserve_disk: %s}}
webhooks: {allow_addresses: [127.0.0.0/8]}
`, httpAddr, grpcAddr, w.data, w.reserve))
	w.collector = spawn(w.T, w.ns, &w.collectorOut, exec.Command(program(w, "collector"), "serve", "--config", config))
	eventually(w.T, 60*time.Second, "collector ready", func() bool {
		answer, err := w.client.Get("http://" + httpAddr + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	if w.token == "" {
		out, errs, code := command(w.T, w.ns, nil, program(w, "collector"), "api-token", "create", "--data", w.data)
		if code != 0 {
			w.Fatalf("api-token create: exit code %d: %s", code, errs)
		}
		w.token = strings.TrimSpace(out)
	}
}

// cli runs a client command of the collector.
func (w *world) cli(args ...string) (stdout, stderr string, code int) {
	w.Helper()
	env := []string{"NINEWATCH_SERVER=http://" + httpAddr, "NINEWATCH_API_TOKEN=" + w.token}
	return command(w.T, w.ns, env, program(w, "collector"), args...)
}

// apply makes text the inventory.
func (w *world) apply(text string) {
	w.Helper()
	if out, errs, code := w.cli("apply", "-f", w.write("inventory.yaml", text)); code != 0 {
		w.Fatalf("apply: exit code %d\n%s%s", code, out, errs)
	}
}

// joinToken is a token for an agent of the site.
func (w *world) joinToken(args ...string) string {
	w.Helper()
	out, errs, code := w.cli(append([]string{"token", "create", "--site", site}, args...)...)
	if code != 0 {
		w.Fatalf("token create: exit code %d: %s", code, errs)
	}
	return strings.TrimSpace(out)
}

// agentConfig writes the configuration of the agent.
func (w *world) agentConfig() string {
	w.Helper()
	list, err := json.Marshal(w.collectors)
	if err != nil {
		w.Fatal(err)
	}
	if w.collectors == nil {
		list = []byte("[]")
	}
	return w.write("agent.yaml", fmt.Sprintf(`
state_dir: %s
join: {token_file: %s}
collectors: %s
listen: %q
traps: {listen: %q}
`, filepath.Join(w.dir, "agent"), filepath.Join(w.dir, "token"), list, agentAddr, w.traps))
}

// startAgent starts the agent, the first time with a new token, and waits until it serves its metrics.
func (w *world) startAgent() {
	w.Helper()
	if w.agent == nil {
		w.write("token", w.joinToken())
		w.watchAccount()
	}
	w.agent = spawn(w.T, w.ns, &w.agentOut, exec.Command(program(w, "agent"), "run", "--config", w.agentConfig()))
	eventually(w.T, 30*time.Second, "agent serves its metrics", func() bool {
		_, err := w.account()
		return err == nil
	})
}

// request makes a request to the API and decodes the answer into out.
func (w *world) request(path string, query url.Values, out any) error {
	r, err := http.NewRequest(http.MethodGet, "http://"+httpAddr+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	answer, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", path, answer.Status, body)
	}
	return json.Unmarshal(body, out)
}

// get is request that must not fail.
func (w *world) get(path string, query url.Values, out any) {
	w.Helper()
	if err := w.request(path, query, out); err != nil {
		w.Fatal(err)
	}
}

// state opens the state store beside the collector.
func (w *world) state() *sql.DB {
	w.Helper()
	if w.db == nil {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(w.data, "state.db")+"?_pragma=busy_timeout(10000)")
		if err != nil {
			w.Fatal(err)
		}
		w.Cleanup(func() { db.Close() }) //nolint:errcheck // nothing to lose
		w.db = db
	}
	return w.db
}

// account is the agent's bookkeeping of samples.
type account struct {
	Produced, Acknowledged, Queued uint64
	Dropped                        map[string]uint64
}

func (a account) balanced() bool {
	sum := a.Acknowledged + a.Queued
	for n := range maps.Values(a.Dropped) {
		sum += n
	}
	return sum == a.Produced
}

func (a account) lost() uint64 { return a.Produced - a.Acknowledged - a.Queued }

// account scrapes the agent.
func (w *world) account() (account, error) {
	all, err := w.metrics(agentAddr)
	if err != nil {
		return account{}, err
	}
	a := account{
		Produced:     all["ninewatch_agent_samples_produced_total"],
		Acknowledged: all["ninewatch_agent_samples_acknowledged_total"],
		Queued:       all["ninewatch_agent_samples_queued"],
		Dropped:      map[string]uint64{},
	}
	for name, n := range all {
		if reason, ok := strings.CutPrefix(name, `ninewatch_agent_samples_dropped_total{reason="`); ok && n > 0 {
			a.Dropped[strings.TrimSuffix(reason, `"}`)] = n
		}
	}
	return a, nil
}

// now is the account of an agent that runs.
func (w *world) now() account {
	w.Helper()
	a, err := w.account()
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// metrics reads the whole numbers that a program tells of itself.
func (w *world) metrics(address string) (map[string]uint64, error) {
	answer, err := w.client.Get("http://" + address + "/metrics")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	all := map[string]uint64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseUint(value, 10, 64); err == nil {
			all[name] = n
		}
	}
	return all, lines.Err()
}

// watchAccount checks the account at every scrape until the test ends: it always balances, and produced never
// goes back, over restarts too.
func (w *world) watchAccount() {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		var before account
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
			}
			a, err := w.account()
			if err != nil {
				continue // the agent is down, by the will of the test
			}
			w.scrapes.Add(1)
			if !a.balanced() {
				w.Errorf("the account of the agent does not balance: %+v", a)
				return
			}
			if a.Produced < before.Produced {
				w.Errorf("produced went back: %+v after %+v", a, before)
			}
			before = a
		}
	}()
	w.Cleanup(func() {
		close(stop)
		<-stopped
		if w.scrapes.Load() == 0 {
			w.Error("the account was never seen")
		}
	})
}
