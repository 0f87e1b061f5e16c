package simulate

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testDeps() Deps {
	return Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: time.Now}
}

// freePort is a UDP port that nobody uses on any address.
func freePort(t *testing.T) uint16 {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // nothing to lose
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

func start(t *testing.T, f *Fleet) {
	t.Helper()
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 { // safe twice
			if err := f.Stop(context.Background()); err != nil { // t.Context has ended
				t.Error(err)
			}
		}
	})
}

func startFleet(t *testing.T, change func(*Config)) *Fleet {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Devices, cfg.Interfaces = 5, 3
	cfg.Listen = fmt.Sprintf("127.77.0.0/16:%d", freePort(t))
	change(&cfg)
	f, err := New(cfg, testDeps())
	if err != nil {
		t.Fatal(err)
	}
	start(t, f)
	return f
}

// ask sends one request from an unconnected socket, so that it sees answers from any address.
func ask(t *testing.T, to netip.AddrPort, community string, wait time.Duration, names ...string) (snmpwire.Message, netip.AddrPort, bool) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // nothing to lose
	req := snmpwire.Message{Version: snmpwire.V2c, Community: []byte(community), PDU: snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: 5}}
	for _, n := range names {
		req.PDU.VarBinds = append(req.PDU.VarBinds, snmpwire.VarBind{OID: oid.MustParse(n)})
	}
	if _, err := c.WriteToUDPAddrPort(snmpwire.Append(nil, &req), to); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(wait)) //nolint:errcheck // of an open socket
	buf := make([]byte, 65536)
	n, from, err := c.ReadFromUDPAddrPort(buf)
	if err != nil {
		return snmpwire.Message{}, from, false
	}
	m, err := snmpwire.Decode(buf[:n])
	if err != nil {
		t.Fatal(err)
	}
	return m, from, true
}

const (
	sysNameOID = "1.3.6.1.2.1.1.5.0"
	patience   = 10 * time.Second
	silenceFor = 150 * time.Millisecond
)

func TestFleetAnswersFromTheAskedAddress(t *testing.T) {
	f := startFleet(t, func(*Config) {})
	devices := f.Devices()
	if len(devices) != 5 || devices[0].Addr.Addr().String() != "127.77.0.1" || devices[4].Addr.Addr().String() != "127.77.0.5" {
		t.Fatalf("got %v", devices)
	}
	for _, d := range devices {
		m, from, ok := ask(t, d.Addr, "public", patience, sysNameOID)
		if !ok || from != d.Addr || string(m.PDU.VarBinds[0].Bytes) != d.Name {
			t.Errorf("%s: got %+v from %s", d.Name, m.PDU, from)
		}
	}
	stranger := netip.AddrPortFrom(netip.MustParseAddr("127.77.0.6"), devices[0].Addr.Port())
	if _, _, ok := ask(t, stranger, "public", silenceFor, sysNameOID); ok {
		t.Error("an address without a device answers")
	}
	if _, _, ok := ask(t, devices[0].Addr, "private", silenceFor, sysNameOID); ok {
		t.Error("another community is answered")
	}
	f.SetDown("sim-000002", true)
	if _, _, ok := ask(t, devices[1].Addr, "public", silenceFor, sysNameOID); ok {
		t.Error("a device that is down answers")
	}
	f.SetDown("sim-000002", false)
	if _, _, ok := ask(t, devices[1].Addr, "public", patience, sysNameOID); !ok {
		t.Error("a device that is up again does not answer")
	}
	if f.SetDown("sim-000006", true) {
		t.Error("there is no sixth device")
	}
	got := []uint64{f.m.requests.Get(), f.m.answered.Get(), f.m.stranger.Get(), f.m.community.Get(), f.m.silent.Get(), f.m.varBinds.Get()}
	if diff := cmp.Diff([]uint64{9, 6, 1, 1, 1, 6}, got); diff != "" {
		t.Errorf("requests, answered, strangers, community, silent, values: %s", diff)
	}
}

// TestFleetIsOnLoopbackAlone: an address of this host that is not loopback has no device.
func TestFleetIsOnLoopbackAlone(t *testing.T) {
	f := startFleet(t, func(*Config) {})
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		ip, ok := netip.AddrFromSlice(a.(*net.IPNet).IP.To4())
		if !ok || ip.IsLoopback() {
			continue
		}
		if _, _, ok := ask(t, netip.AddrPortFrom(ip, f.cfg.port), "public", silenceFor, sysNameOID); ok {
			t.Errorf("%s answers", ip)
		}
	}
}

func TestFleetDelayDeadAndLoss(t *testing.T) {
	f := startFleet(t, func(c *Config) { c.Delay = 50 * time.Millisecond })
	begin := time.Now()
	if _, _, ok := ask(t, f.Devices()[0].Addr, "public", patience, sysNameOID); !ok || time.Since(begin) < 50*time.Millisecond {
		t.Errorf("answer: %t, after %s, want one that is late by 50 ms", ok, time.Since(begin))
	}
	dead := startFleet(t, func(c *Config) { c.Dead = 1 })
	if _, _, ok := ask(t, dead.Devices()[0].Addr, "public", silenceFor, sysNameOID); ok {
		t.Error("a dead device answers")
	}
	lossy := startFleet(t, func(c *Config) { c.Loss = 1 })
	if _, _, ok := ask(t, lossy.Devices()[0].Addr, "public", silenceFor, sysNameOID); ok {
		t.Error("an answer comes though all is lost")
	}
}

// TestNetSNMPWalksAFleet: an independent client finds the tables complete and in order.
func TestNetSNMPWalksAFleet(t *testing.T) {
	path, err := exec.LookPath("snmpbulkwalk")
	testkit.Need(t, err == nil, "snmpbulkwalk of the Debian package snmp")
	f := startFleet(t, func(*Config) {})
	walk := func(addr netip.AddrPort) []string {
		cmd := exec.CommandContext(t.Context(), path, "-v2c", "-c", "public", "-On", "-OU", "-m", "", addr.String(), ".1")
		cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+t.TempDir())
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	lines := walk(f.Devices()[2].Addr)
	// 7 system, ifNumber, 25 columns of 3 ports, ifTableLastChange, 6 columns of 2 stores, 2 of 2 CPUs, the end
	if want := 7 + 1 + 25*3 + 1 + 6*2 + 2*2 + 1; len(lines) != want {
		t.Errorf("got %d lines, want %d", len(lines), want)
	}
	for _, want := range []string{
		`.1.3.6.1.2.1.1.5.0 = STRING: "sim-000003"`, `.1.3.6.1.2.1.2.1.0 = INTEGER: 3`,
		`.1.3.6.1.2.1.31.1.1.1.1.2 = STRING: "ge-0/0/1"`, `.1.3.6.1.2.1.31.1.1.1.15.1 = Gauge32: 1000`,
	} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("the walk lacks %s", want)
		}
	}
}

// TestViewIsATree: the computed view answers as a tree of the same objects does.
func TestViewIsATree(t *testing.T) {
	views := map[string]snmpagent.View{"fleet": view{generated(Config{Interfaces: 4, Seed: 9})(11), noon}}
	d := NewDemo(DemoOptions{Since: noon})
	for n, m := range d.machines {
		views[d.devices[n].Name] = view{m, noon}
	}
	for name, v := range views {
		var objects []snmpwire.VarBind
		at := oid.OID{0, 0}
		for {
			vb := v.Next(at)
			if vb.Type == snmpwire.EndOfMibView {
				break
			}
			if vb.OID.Compare(at) <= 0 {
				t.Fatalf("%s: %s follows %s", name, vb.OID, at)
			}
			at = vb.OID
			objects = append(objects, vb)
		}
		tree := snmpagent.NewTree(objects)
		for _, o := range objects {
			for _, ask := range []oid.OID{o.OID, o.OID[:len(o.OID)-1], o.OID.Append(0), o.OID[:5]} {
				if diff := cmp.Diff(tree.Next(ask), v.Next(ask)); diff != "" {
					t.Fatalf("%s: behind %s: %s", name, ask, diff)
				}
			}
			if diff := cmp.Diff(o, v.Get(o.OID)); diff != "" {
				t.Fatalf("%s: %s: %s", name, o.OID, diff)
			}
			if got := v.Get(o.OID.Append(0)).Type; got != snmpwire.NoSuchInstance {
				t.Fatalf("%s: %s.0: got type 0x%02x", name, o.OID, got)
			}
		}
		if got := v.Get(oid.MustParse("1.3.6.1.2.1.99.1.0")).Type; got != snmpwire.NoSuchObject {
			t.Errorf("%s: got type 0x%02x for an unknown object", name, got)
		}
	}
}

func TestFleetOfRecordings(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.snmprec": "1.3.6.1.2.1.1.5.0|4|a\n1.3.6.1.2.1.2.2.1.10.1|65|5", "b.snmprec": "1.3.6.1.2.1.1.5.0|4|b",
		"a@20.snmprec": "1.3.6.1.2.1.1.5.0|4|context",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := startFleet(t, func(c *Config) { c.Recordings = dir })
	for n, want := range []string{"a", "b", "a"} {
		m, _, ok := ask(t, f.Devices()[n].Addr, "public", patience, sysNameOID)
		if !ok || string(m.PDU.VarBinds[0].Bytes) != want {
			t.Errorf("device %d: got %+v, want %s", n, m.PDU, want)
		}
	}
	cfg := DefaultConfig()
	cfg.Recordings = t.TempDir()
	if _, err := New(cfg, testDeps()); err == nil || err.Error() != fmt.Sprintf("folder %q holds no .snmprec file", cfg.Recordings) {
		t.Errorf("an empty folder: got %v", err)
	}
}

// TestFleetOfRealRecordings loads all recorded devices.
func TestFleetOfRealRecordings(t *testing.T) {
	dir := testkit.Shared(t, "devices")
	f := startFleet(t, func(c *Config) { c.Recordings, c.Devices = dir, 60 })
	for _, d := range f.Devices() {
		if _, _, ok := ask(t, d.Addr, "public", patience, "1.3.6.1.2.1.1.1.0"); !ok {
			t.Errorf("%s does not answer", d.Addr)
		}
	}
}

func TestPortInUse(t *testing.T) {
	f := startFleet(t, func(*Config) {})
	cfg := DefaultConfig()
	cfg.Listen = fmt.Sprintf("127.0.0.0/8:%d", f.cfg.port)
	second, err := New(cfg, testDeps())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("listen on UDP port %d of loopback: listen udp4 0.0.0.0:%d: bind: address already in use", f.cfg.port, f.cfg.port)
	if err := second.Start(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	f := func(change func(*Config), want string) {
		t.Helper()
		cfg := DefaultConfig()
		change(&cfg)
		got := ""
		if err := cfg.Validate(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	f(func(*Config) {}, "")
	f(func(c *Config) { c.Listen = "127.0.0.5:161"; c.Devices = 1 }, "")
	f(func(c *Config) { c.Devices, c.Interfaces, c.Loss, c.Dead, c.Delay = 0, 5000, 2, -1, -time.Second },
		"--devices: 0 is not from 1 to 16777214\n--interfaces: 5000 is not from 1 to 4096\n--delay: -1s is negative\n"+
			"--loss: 2 is not a share from 0 to 1\n--dead: -1 is not a share from 0 to 1")
	f(func(c *Config) { c.Community = "" }, "--community: 0 bytes, 1 to 127 are allowed")
	f(func(c *Config) { c.Listen = "127.0.0.0/25:161"; c.Devices = 127 },
		"--listen: 127.0.0.0/25 has 126 usable addresses for 127 devices; take a wider range")
	f(func(c *Config) { c.Listen = "127.0.0.0/8" }, `--listen: "127.0.0.0/8" has no port; write it as 127.0.0.0/8:16100`)
	f(func(c *Config) { c.Listen = "127.0.0.0/8:0" }, `--listen: "127.0.0.0/8:0": port "0" is not from 1 to 65535`)
	f(func(c *Config) { c.Listen = "localhost:161" }, `--listen: "localhost" is not an address range; write it as 127.0.0.0/8:16100`)
	outside := " is not within 127.0.0.0/8, and simulated devices live on loopback only"
	f(func(c *Config) { c.Listen = "192.0.2.0/24:161" }, "--listen: 192.0.2.0/24"+outside)
	f(func(c *Config) { c.Listen = "126.0.0.0/7:161" }, "--listen: 126.0.0.0/7"+outside)
	f(func(c *Config) { c.Listen = "::1/128:161" }, "--listen: ::1/128"+outside)
}
