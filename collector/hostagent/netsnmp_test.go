package hostagent

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/testkit"
)

// ask runs a command of net-snmp and returns its lines "OID = TYPE: VALUE" by OID below MIB-2.
func ask(t *testing.T, command, community string, addr netip.AddrPort, under string) map[string]string {
	t.Helper()
	_, err := exec.LookPath(command)
	testkit.Need(t, err == nil, "net-snmp's "+command+" (Debian package snmp)")
	cmd := exec.Command(command, "-v2c", "-c", community, "-t", "1", "-r", "20", "-On", "-Oe", "-Ot", "-OU", addr.String(), under)
	cmd.Env = append(os.Environ(), "MIBS=", "SNMP_PERSISTENT_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s of %s: %v: %s", command, addr, err, out)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
		if ok && !strings.HasPrefix(value, "No more variables") {
			all[strings.TrimPrefix(name, ".1.3.6.1.2.1.")] = value
		}
	}
	return all
}

// realAgent is the agent of this very host.
func realAgent(t *testing.T) *Agent {
	t.Helper()
	a, err := New(Config{Listen: "127.0.0.1:0", Community: "made-up"},
		Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	start(t, a)
	return a
}

// TestWalks: net-snmp's commands read everything, and the same in two ways.
func TestWalks(t *testing.T) {
	a, _ := testAgent(t, newTestHost().sources())
	start(t, a)
	next := ask(t, "snmpwalk", secret, a.Addr(), ".1")
	bulk := ask(t, "snmpbulkwalk", secret, a.Addr(), ".1")
	if diff := cmp.Diff(next, bulk); diff != "" {
		t.Error(diff)
	}
	if got, want := len(next), strings.Count(wholeHost, "\n"); got != want {
		t.Errorf("got %d objects, want %d", got, want)
	}
	for name, want := range map[string]string{
		"1.5.0":             `STRING: "host.example.net"`,
		"2.2.1.6.7":         `Hex-STRING: 02 00 5E 00 53 01 `,
		"31.1.1.1.6.7":      "Counter64: 18446744073709551615",
		"31.1.1.1.15.7":     "Gauge32: 25000",
		"25.3.3.1.2.196608": "INTEGER: 30",
	} {
		if next[name] != want {
			t.Errorf("%s: got %s, want %s", name, next[name], want)
		}
	}
}

// TestWrongCommunityIsSilence: net-snmp hears nothing at all.
func TestWrongCommunityIsSilence(t *testing.T) {
	_, err := exec.LookPath("snmpget")
	testkit.Need(t, err == nil, "net-snmp's snmpget (Debian package snmp)")
	a, _ := testAgent(t, newTestHost().sources())
	start(t, a)
	out, err := exec.Command("snmpget", "-v2c", "-c", "public", "-t", "0.1", "-r", "0", a.Addr().String(), ".1.3.6.1.2.1.1.5.0").CombinedOutput()
	if err == nil || !strings.HasPrefix(string(out), "Timeout: No Response from ") {
		t.Errorf("got %v: %s", err, out)
	}
}

// readBySNMPD is what Debian's snmpd says of this host. It is a new process each time, since it keeps what
// it has read for 15 s.
func readBySNMPD(t *testing.T, under string) map[string]string {
	t.Helper()
	const binary = "/usr/sbin/snmpd"
	_, err := os.Stat(binary)
	testkit.Need(t, err == nil, "net-snmp's snmpd (Debian package snmpd)")
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	addr := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	probe.Close() //nolint:errcheck // its port is what counts

	dir := t.TempDir()
	config := filepath.Join(dir, "snmpd.conf")
	text := fmt.Sprintf("agentaddress udp:%s\nrocommunity public 127.0.0.1\n", addr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, binary, "-f", "-Lf", filepath.Join(dir, "log"), "-C", "-c", config, "-I", "-smux", "-p", filepath.Join(dir, "pid"))
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "MIBS=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		cmd.Wait() //nolint:errcheck // killed
	}()
	return ask(t, "snmpbulkwalk", "public", addr, under)
}

// number64 is the number of a value such as "Counter64: 17"; time ticks come without a type.
func number64(t *testing.T, name, value string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(value[strings.LastIndexByte(value, ' ')+1:], 10, 64)
	if err != nil {
		t.Fatalf("%s = %q is not a number", name, value)
	}
	return n
}

// quietHost is set where a test runs in a network namespace of its own.
const quietHost = "NINEWATCH_TEST_QUIET_HOST"

// inQuietHost runs t again in a network namespace with two interfaces, where nothing else comes and goes.
func inQuietHost(t *testing.T) {
	t.Helper()
	testkit.Need(t, os.Getuid() == 0, "root, for a network namespace")
	name := fmt.Sprintf("nw-quiet-%d", os.Getpid())
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	run("netns", "add", name)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() }) //nolint:errcheck // goes with the machine
	run("-n", name, "link", "set", "lo", "up")
	run("-n", name, "link", "add", "quiet0", "type", "veth", "peer", "name", "quiet1")
	run("-n", name, "addr", "add", "192.0.2.1/24", "dev", "quiet0")
	run("-n", name, "link", "set", "quiet0", "up")
	run("-n", name, "link", "set", "quiet1", "up")

	cmd := exec.Command("ip", "netns", "exec", name, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), quietHost+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a namespace of its own: %v\n%s", err, out)
	}
}

// TestLikeSNMPD compares the agent with net-snmp's on this host: the rows are the same, and counters lie
// between what net-snmp read before and what it read after.
func TestLikeSNMPD(t *testing.T) {
	const mib2 = ".1.3.6.1.2.1"
	if os.Getenv(quietHost) == "" {
		inQuietHost(t)
		return
	}
	before := readBySNMPD(t, mib2)
	a := realAgent(t)
	ours := ask(t, "snmpbulkwalk", "made-up", a.Addr(), mib2)
	after := readBySNMPD(t, mib2)

	count := number64(t, "ifNumber", before["2.1.0"])
	if diff := cmp.Diff(below(before, "2.2.1.1."), below(after, "2.2.1.1.")); diff != "" {
		t.Fatalf("the interfaces changed in a namespace of the test's own: %s", diff)
	}
	if got := number64(t, "ifNumber", ours["2.1.0"]); got != count || got == 0 {
		t.Errorf("ifNumber: got %d, net-snmp has %d", got, count)
	}
	// What does not move is the same: sysDescr, sysObjectID, sysName; ifIndex, ifDescr, ifMtu, ifPhysAddress,
	// ifAdminStatus; ifName; hrMemorySize; hrProcessorFrwID. net-snmp's ifAlias is not the kernel's.
	for _, column := range []string{"1.1.", "1.2.", "1.5.", "2.2.1.1.", "2.2.1.2.", "2.2.1.4.", "2.2.1.6.", "2.2.1.7.",
		"31.1.1.1.1.", "25.2.2.", "25.3.3.1.1."} {
		if diff := cmp.Diff(below(before, column), below(ours, column)); diff != "" {
			t.Errorf("%s: %s", column, diff)
		}
	}
	compared := 0
	for _, column := range []string{
		"2.2.1.10.", "2.2.1.16.", "2.2.1.17.", "2.2.1.14.", "2.2.1.20.", // ifInOctets, ifOutOctets, ifOutUcastPkts, errors
		"31.1.1.1.6.", "31.1.1.1.10.", "31.1.1.1.11.", // ifHCInOctets, ifHCOutOctets, ifHCOutUcastPkts
		"25.1.1.", // hrSystemUptime
	} {
		for name, value := range below(ours, column) {
			low, high := number64(t, name, before[name]), number64(t, name, after[name])
			if got := number64(t, name, value); high >= low && (got < low || got > high) { // else a Counter32 wrapped
				t.Errorf("%s: got %d, net-snmp read %d before and %d after", name, got, low, high)
			}
			compared++
		}
	}
	if want := 8*int(count) + 1; compared != want {
		t.Errorf("compared %d counters, want %d", compared, want)
	}
	// The root file system has the same size; its index is another.
	if got, want := storeSize(t, ours, "/"), storeSize(t, before, "/"); got != want {
		t.Errorf("size of /: got %d, net-snmp has %d", got, want)
	}
	if got, want := storeSize(t, ours, "Physical memory"), storeSize(t, before, "Physical memory"); got != want {
		t.Errorf("size of the memory: got %d, net-snmp has %d", got, want)
	}
}

// below is the part of all below column.
func below(all map[string]string, column string) map[string]string {
	part := map[string]string{}
	for name, value := range all {
		if strings.HasPrefix(name, column) {
			part[name] = value
		}
	}
	return part
}

// storeSize is the size in octets of a row of hrStorageTable.
func storeSize(t *testing.T, all map[string]string, descr string) uint64 {
	t.Helper()
	for name, value := range below(all, "25.2.3.1.3.") {
		if value == fmt.Sprintf("STRING: %q", descr) {
			index := strings.TrimPrefix(name, "25.2.3.1.3.")
			return number64(t, name, all["25.2.3.1.4."+index]) * number64(t, name, all["25.2.3.1.5."+index])
		}
	}
	t.Errorf("no storage is called %q", descr)
	return 0
}

// TestRealHost: this host has a loopback interface, processors and memory.
func TestRealHost(t *testing.T) {
	_, err := os.Stat("/proc/net/dev")
	testkit.Need(t, err == nil, "Linux with /proc")
	a := realAgent(t)
	got := a.host.reading(time.Now())
	if len(got.links) == 0 || got.links[0].kind != softwareLoopback || !got.links[0].counted || !got.bootKnown || len(got.loads) == 0 || got.memory.total == 0 {
		t.Errorf("got %+v", got)
	}
}
