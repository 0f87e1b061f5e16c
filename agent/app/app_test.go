package app

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ninewatch/agent/config"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
)

const box = `1.3.6.1.2.1.1.1.0|4|A box
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072
1.3.6.1.2.1.1.3.0|67|500000
1.3.6.1.2.1.2.1.0|2|1
1.3.6.1.2.1.2.2.1.1.1|2|1
1.3.6.1.2.1.2.2.1.2.1|4|lan
1.3.6.1.2.1.31.1.1.1.6.1|70|1000
`

var quiet = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for what other goroutines do: real sockets have no virtual clock.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// freeAddress is one on loopback where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// alone is the configuration of an agent without a collector, with one device.
func alone(t *testing.T, device netip.AddrPort) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.StateDir, cfg.Listen = filepath.Join(t.TempDir(), "state"), freeAddress(t)
	cfg.Local = config.Local{
		Credentials: []config.Credential{{Name: "public", SNMP: config.SNMP{Version: "2c", Community: "public"}}},
		Devices: []config.Device{{Name: "box", Address: device.Addr().String(), Port: device.Port(), Credential: "public",
			SNMP: config.Probe{Interval: time.Second}, ICMP: config.Probe{Interval: 200 * time.Millisecond}}},
	}
	return cfg
}

func get(address, path string) (string, error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + address + path)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return string(body), err
}

// account reads the bookkeeping of one scrape.
type account struct{ produced, acknowledged, queued, dropped, asked uint64 }

var sampleLine = regexp.MustCompile(`^(\w+)(?:\{[^}]*\})? (\d+)$`)

func scrape(t *testing.T, address string) (a account, text string) {
	t.Helper()
	text, err := get(address, "/metrics")
	if err != nil {
		return a, ""
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		m := sampleLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		n, err := strconv.ParseUint(m[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch m[1] {
		case "ninewatch_agent_samples_produced_total":
			a.produced = n
		case "ninewatch_agent_samples_acknowledged_total":
			a.acknowledged = n
		case "ninewatch_agent_samples_queued":
			a.queued = n
		case "ninewatch_agent_samples_dropped_total":
			a.dropped += n
		case "ninewatch_agent_watch_polls_total":
			a.asked = n
		}
	}
	return a, text
}

// TestAlone: an agent without a collector measures local devices, accounts for what it has, and is there again
// with all of it after a stop.
func TestAlone(t *testing.T) {
	server := snmptest.Serve(t, snmpagent.ParseRecording([]byte(box)), snmptest.Options{PerSecond: 1})
	cfg := alone(t, server.Addr)
	var before account
	for range 2 {
		a, err := New(cfg, quiet)
		if err != nil {
			t.Fatal(err)
		}
		a.Start()
		var got account
		var text string
		eventually(t, "two polls are accounted for", func() bool {
			got, text = scrape(t, cfg.Listen)
			if got.produced != got.acknowledged+got.queued+got.dropped {
				t.Fatalf("the account does not balance: %+v", got)
			}
			return got.asked >= 2 && got.produced >= before.produced+10
		})
		if got.acknowledged != 0 || got.dropped != 0 || got.queued < before.queued {
			t.Errorf("got %+v, want all of it queued, that of before (%+v) too", got, before)
		}
		for _, want := range []string{"ninewatch_agent_info{version=", "ninewatch_agent_watch_devices 1\n", "process_resident_memory_bytes "} {
			if !strings.Contains(text, want) {
				t.Errorf("/metrics lacks %q", want)
			}
		}
		if health, err := get(cfg.Listen, "/healthz"); err != nil || health != "ok\n" {
			t.Errorf("/healthz: got %q, %v", health, err)
		}
		if _, err := get(cfg.Listen, "/nothing"); err == nil {
			t.Error("an unknown path was answered")
		}
		if err := a.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if held := a.Account(); held.Produced < got.produced || held.Produced != held.Queued {
			t.Errorf("after the stop: got %+v, want at least %+v", held, got)
		}
		before = got
	}
	if server.Requests() == 0 {
		t.Error("the device was never asked")
	}
}

// locked is a log that several goroutines write.
type locked struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestRefusedDevice: what may not be watched is told, and the agent runs.
func TestRefusedDevice(t *testing.T) {
	cfg := alone(t, netip.MustParseAddrPort("192.0.2.1:161"))
	cfg.Allow = []string{"127.0.0.0/8"}
	var log locked
	a, err := New(cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	a.Start()
	eventually(t, "the problem is told", func() bool {
		return strings.Contains(log.String(), `device \"box\": address 192.0.2.1 is outside of this agent's allow-list`)
	})
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCannotStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("no token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	f := func(name string, change func(*config.Config), want string) {
		t.Helper()
		cfg := alone(t, netip.MustParseAddrPort("127.0.0.1:161"))
		cfg.StateDir = filepath.Join(dir, name)
		change(&cfg)
		if err := Run(t.Context(), cfg, quiet); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
	}
	f("state", func(c *config.Config) { c.StateDir = file },
		"state_dir "+file+" cannot be made: mkdir "+file+": not a directory; give it to the user of this program, or choose another")
	f("port", func(c *config.Config) { c.Listen = busy.Addr().String() },
		"start /metrics: "+busy.Addr().String()+" is in use by another program: stop that one or choose another port")
	f("stranger", func(c *config.Config) { c.Local.Devices = nil },
		"this agent is not enrolled: run ninewatch-agent enroll with a join token, or name its file as join.token_file in the configuration")
	f("no-token", func(c *config.Config) { c.Join.TokenFile = filepath.Join(dir, "none") },
		"start uplink: this agent is not enrolled, and its join token cannot be read: open "+filepath.Join(dir, "none")+": no such file or directory")
	f("bad-token", func(c *config.Config) { c.Join.TokenFile = file },
		"start uplink: "+file+`: join token does not begin with "nw1.": copy the whole line that the collector printed`)
	f("allow", func(c *config.Config) { c.Allow = []string{"everything"} },
		`"everything" is neither private, connected nor a range such as 192.0.2.0/24`)
}
