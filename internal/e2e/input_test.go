package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ninewatch/internal/jointoken"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/testkit"
)

// TestWrongConfiguration: exit code 2, and all mistakes with their places.
func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := func(name, text string, want []string, args ...string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		env := []string{"NINEWATCH_SERVER=http://127.0.0.1:9", "NINEWATCH_API_TOKEN=none"}
		_, errs, code := command(t, "", env, program(t, args[0]), append(args[1:], path)...)
		if code != 2 {
			t.Errorf("%s: exit code %d, want 2: %s", name, code, errs)
		}
		mistakes(t, path, errs, want)
	}
	agent := "state_dir: /tmp/x\nspol: {max_size: 1GiB}\nspool: {max_age: 7 days}\nlisten: nowhere\n"
	wrong := []string{`2:1: spol: `, `3:18: spool.max_age: `, `4:9: listen: `}
	f("agent.yaml", agent, wrong, "agent", "check-config", "--config")
	f("agent.yaml", agent, wrong, "agent", "run", "--config")
	collector := "data_dir: /tmp/x\nlisten: {htp: 127.0.0.1:8080}\nsamples: {embedded: {retention: 1h}}\n"
	wrong = []string{`2:10: listen.htp: `, `3:33: samples.embedded.retention: `}
	f("collector.yaml", collector, wrong, "collector", "check-config", "--config")
	f("collector.yaml", collector, wrong, "collector", "serve", "--config")
	f("inventory.yaml", mistaken, mistakenHere, "collector", "apply", "-f")
}

// mistaken is an inventory with an unknown credential, an unknown key, a device that stands twice and a bad duration.
const mistaken = `sites: [{name: lisbon}]
devices:
  - {name: sw1, site: lisbon, address: 192.0.2.1, credential: nobody}
  - {name: sw2, site: lisbon, address: 192.0.2.2, adress: x}
  - {name: sw1, site: lisbon, address: 192.0.2.3, snmp: {interval: 5x}}
`

// The places of its mistakes. Which credentials there are is known to the collector alone.
var (
	mistakenHere = []string{`4:51: devices[1].adress: unknown key, did you mean "address"?`, `5:12: devices[2].name: device "sw1" stands here again`,
		`5:68: devices[2].snmp.interval: "5x" is not a duration`}
	mistakenThere = append([]string{`3:63: devices[0].credential: no credential "nobody" is known`}, mistakenHere...)
)

// mistakes checks that errs names the places in a file that want begins with, one a line.
func mistakes(t *testing.T, path, errs string, want []string) {
	t.Helper()
	got := strings.Split(strings.TrimSpace(errs), "\n")
	if len(got) != len(want) {
		t.Errorf("got %d mistakes, want %d:\n%s", len(got), len(want), errs)
		return
	}
	for i := range want {
		if !strings.HasPrefix(got[i], path+":"+want[i]) {
			t.Errorf("got  %s\nwant %s:%s…", got[i], path, want[i])
		}
	}
}

// sentence is one line that tells what is wrong and, behind a colon or comma, what helps.
var sentence = regexp.MustCompile(`^[^\n]{20,400}\n$`)

// fails runs a program that has to give up with exit code 1 and one clear sentence that holds all of want.
func (w *world) fails(path string, args []string, want ...string) {
	w.Helper()
	_, errs, code := command(w.T, w.ns, nil, path, args...)
	w.gaveUp(strings.Join(args, " "), errs, code, want...)
}

func (w *world) gaveUp(what, errs string, code int, want ...string) {
	w.Helper()
	var lines []string
	for line := range strings.Lines(errs) {
		if !strings.HasPrefix(line, "time=") && !strings.HasPrefix(line, "first start:") { // not of the log
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "")
	if code != 1 || !sentence.MatchString(text) {
		w.Errorf("%s: got exit code %d and %q, want 1 and one sentence", what, code, text)
	}
	for _, part := range want {
		if !strings.Contains(text, part) {
			w.Errorf("%s: got %q, want it to say %q", what, text, part)
		}
	}
}

// TestStartRefused: what keeps a program from starting is told in one sentence.
func TestStartRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, collector := program(t, "agent"), program(t, "collector")
	w.startCollector()
	w.apply("sites: [{name: lisbon}]\n")
	inventory := w.write("mistaken.yaml", mistaken)
	if _, errs, code := w.cli("apply", "-f", inventory); code != 2 {
		t.Errorf("apply: exit code %d, want 2: %s", code, errs)
	} else {
		mistakes(t, inventory, errs, mistakenThere)
	}

	other := func(name, text string) []string { return []string{"serve", "--config", w.write(name, text)} }
	const listen = "listen: {http: %q, grpc: %q}\ndata_dir: %s\nsamples: {embedded: {reserve_disk: 16MiB}}\n"
	w.fails(collector, other("http.yaml", fmt.Sprintf(listen, httpAddr, "127.0.0.1:7000", filepath.Join(w.dir, "second"))), httpAddr, "in use")
	w.fails(collector, other("grpc.yaml", fmt.Sprintf(listen, "127.0.0.1:8000", grpcAddr, filepath.Join(w.dir, "third"))), grpcAddr, "in use")

	frozen := filepath.Join(w.dir, "frozen")
	if err := os.Mkdir(frozen, 0o700); err != nil {
		t.Fatal(err)
	}
	err := unix.Mount("ninewatch-e2e", frozen, "tmpfs", unix.MS_RDONLY, "size=1m")
	testkit.Need(t, err == nil, "the right to mount a tmpfs")
	t.Cleanup(func() { unix.Unmount(frozen, unix.MNT_DETACH) }) //nolint:errcheck // a leftover goes with the namespace
	for _, dir := range []string{frozen, filepath.Join(frozen, "deeper")} {
		w.fails(collector, other("frozen.yaml", fmt.Sprintf(listen, "127.0.0.1:8000", "127.0.0.1:7000", dir)), "data_dir", dir, "read-only file system")
		w.fails(agent, []string{"run", "--config", w.write("frozen-agent.yaml", "state_dir: "+dir+"\njoin: {token_file: /tmp/none}\n")}, "state_dir", dir, "read-only file system")
	}

	w.fails(agent, []string{"run", "--config", w.write("alone.yaml", "state_dir: "+w.dir+"/alone\n")}, "not enrolled")
	w.startAgent()
	eventually(t, 10*time.Second, "the account is seen", func() bool { return w.scrapes.Load() > 2 })
	w.fails(agent, []string{"run", "--config", w.write("twin.yaml", fmt.Sprintf("state_dir: %s/twin\nlisten: %q\njoin: {token_file: %s}\n", w.dir, agentAddr, w.write("twin-token", w.joinToken())))},
		agentAddr, "in use")
}

// TestEnrolmentRefused: tokens that do not help, told in one sentence each.
func TestEnrolmentRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.startCollector()
	w.apply("sites: [{name: lisbon}]\n")
	enroll := func(name, token string, want ...string) {
		t.Helper()
		w.fails(program(t, "agent"), []string{"enroll", "--state-dir", filepath.Join(w.dir, name), "--token-file", w.write(name+".token", token)}, want...)
	}
	good := w.joinToken()
	parsed, err := jointoken.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(token jointoken.Token) string {
		text, err := token.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	enroll("unknown", encode(jointoken.New(parsed.Addresses, parsed.CAPin)), "token")
	elsewhere := parsed
	elsewhere.CAPin[0]++
	enroll("other-ca", encode(elsewhere), "another CA")
	nobody := parsed
	nobody.Addresses = []string{"127.0.0.1:9"}
	enroll("unreachable", encode(nobody), "127.0.0.1:9", "cannot be reached")
	short := w.joinToken("--ttl", "1s")
	time.Sleep(1500 * time.Millisecond)
	enroll("expired", short, "expired")
	state := filepath.Join(w.dir, "joined")
	if _, errs, code := command(t, w.ns, nil, program(t, "agent"), "enroll", "--state-dir", state, "--token", good); code != 0 {
		t.Fatalf("enroll: exit code %d: %s", code, errs)
	}
	enroll("again", good, "used")
	cut := good[:len(good)-4]
	_, errs, code := command(t, w.ns, nil, program(t, "agent"), "enroll", "--state-dir", state, "--token", cut)
	if code != 2 || !strings.Contains(errs, "cut off or mistyped") {
		t.Errorf("a token that was cut: got exit code %d, %q", code, errs)
	}
	w.otherCA()
}

// otherCA puts another collector at the address of the one that the agent knows: the agent talks to it no further
// than to say so, and measures on.
func (w *world) otherCA() {
	w.Helper()
	w.startAgent()
	eventually(w.T, 20*time.Second, "the agent is connected", func() bool { return strings.Contains(w.agentOut.String(), "connected to the collector") })
	w.collector.stop()
	w.data, w.token = filepath.Join(w.dir, "other"), ""
	w.startCollector()
	eventually(w.T, 20*time.Second, "the agent says that it is another collector", func() bool { return strings.Contains(w.agentOut.String(), "another CA") })
	time.Sleep(5 * time.Second)
	if n := strings.Count(w.agentOut.String(), "another CA"); n != 1 {
		w.Errorf("got %d lines about the other CA, want 1 a minute:\n%s", n, w.agentOut.String())
	}
	w.agent.stop()
}

// TestGarbage: a device that answers nonsense is counted and named, and the rest goes on.
func TestGarbage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.startFleet()
	nonsense := [][]byte{{0x30, 0x82}, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), {}, make([]byte, 1400)}
	var babble netip.AddrPort
	err := w.ns.do(func() error {
		babble = snmptest.Fake(t, func(request []byte) [][]byte { return append(nonsense, request) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.startCollector()
	w.apply(f.inventory() + fmt.Sprintf("  - {name: babble, site: lisbon, address: %s, port: %d, credential: v2c, snmp: {interval: 1s}, icmp: {interval: 0s}}\n", babble.Addr(), babble.Port()))
	w.startAgent()
	w.becomes(30*time.Second, "babble", "down")
	f.moving(5)
	f.compare(nil)
	if n := strings.Count(w.agentOut.String(), "device=babble"); n != 1 {
		t.Errorf("got %d lines that name the device, want 1 a minute:\n%s", n, w.agentOut.String())
	}
	all, err := w.metrics(agentAddr)
	if err != nil {
		t.Fatal(err)
	}
	rejected := uint64(0)
	for name, n := range all {
		if strings.HasPrefix(name, "ninewatch_agent_snmp_rejected_replies_total") {
			rejected += n
		}
	}
	if rejected < 12 {
		t.Errorf("got %d rejected datagrams, want those of 3 attempts at least", rejected)
	}
}

// TestCollectorUnreachable: an agent without its collector says so once a minute and measures on, from its first
// start too.
func TestCollectorUnreachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.startFleet()
	w.startCollector()
	w.apply(f.inventory())
	w.startAgent()
	f.moving(3)
	w.collector.stop()
	stopped := time.Now().UnixMilli()
	w.agent.stop() // which gives up the polls that it waits for
	w.agentOut = output{}
	w.startAgent()
	before := f.count()
	time.Sleep(65 * time.Second)
	about := 0
	for line := range strings.Lines(w.agentOut.String()) {
		if strings.Contains(line, grpcAddr) || strings.Contains(line, "collector") {
			about++
		}
	}
	if about < 1 || about > 3 {
		t.Errorf("got %d lines about the collector in 65 s, want one a minute:\n%s", about, w.agentOut.String())
	}
	for key, n := range f.count() {
		if n < before[key]+50 {
			t.Errorf("%s was polled %d times in 65 s without a collector", key, n-before[key])
			break
		}
	}
	w.startCollector()
	f.compare(func(_ string, served int64) bool { return served > stopped-1000 && served < stopped+1000 })
	w.nothingDropped()
}

// TestNoRawSocket: an agent that may not send echoes says so in one sentence, and goes on with SNMP.
func TestNoRawSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.startFleet()
	w.startCollector()
	w.apply(f.inventory() + "  - {name: mute, site: lisbon, address: 127.0.0.1}\n")
	const nobody = 65534
	state := filepath.Join(w.dir, "agent")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("token", w.joinToken())
	config := w.agentConfig()
	for _, path := range []string{state, config, filepath.Join(w.dir, "token")} {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	openPath(t, w.dir)
	openPath(t, binaries)
	w.watchAccount()
	cmd := exec.Command(program(t, "agent"), "run", "--config", config)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	w.agent = spawn(t, w.ns, &w.agentOut, cmd)
	f.moving(3)
	w.becomes(20*time.Second, f.devices[0].name, "up")
	if got := w.is("mute"); got != "unknown" {
		t.Errorf("a device that could not be looked at: got %s, want unknown", got)
	}
	if n := strings.Count(w.agentOut.String(), "CAP_NET_RAW"); n != 1 {
		t.Errorf("got %d lines that name CAP_NET_RAW, want 1:\n%s", n, w.agentOut.String())
	}
	w.agent.stop()
}

// openPath lets anybody pass through the folders above and in dir.
func openPath(t *testing.T, dir string) {
	t.Helper()
	for ; strings.HasPrefix(dir, os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
