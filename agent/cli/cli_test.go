package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"ninewatch/agent/icmp"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/testkit"
	"ninewatch/internal/version"
)

const box = `1.3.6.1.2.1.1.1.0|4|A box
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072
1.3.6.1.2.1.1.3.0|67|500000
1.3.6.1.2.1.1.5.0|4|box.example.net
1.3.6.1.2.1.2.1.0|2|1
1.3.6.1.2.1.2.2.1.1.1|2|1
1.3.6.1.2.1.2.2.1.2.1|4|lan
1.3.6.1.2.1.31.1.1.1.6.1|70|1000
`

// run executes a command line.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// refused checks exit code and the one line of an error.
func refused(t *testing.T, code int, want string, args ...string) {
	t.Helper()
	got, out, errs := run(t, args...)
	if got != code || errs != want+"\n" || out != "" {
		t.Errorf("%s:\ngot  %d %q (printed %q)\nwant %d %q", strings.Join(args, " "), got, errs, out, code, want)
	}
}

func serve(t *testing.T) string {
	t.Helper()
	return snmptest.Serve(t, snmpagent.ParseRecording([]byte(box)), snmptest.Options{}).Addr.String()
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

func TestHelp(t *testing.T) {
	f := func(want string, command ...string) {
		t.Helper()
		code, out, errs := run(t, append(command, "--help")...)
		if code != 0 || errs != "" || !strings.Contains(out, want) || !strings.Contains(out, "Usage:\n  ninewatch-agent") {
			t.Errorf("%v --help: got %d %q %q, want %q", command, code, out, errs, want)
		}
	}
	f("Available Commands:")
	f("--config FILE", "run")
	f("--token-file FILE", "enroll")
	f("--dump", "check-config")
	f("--budget", "inspect")
	f("--snmp-version", "walk")
	f("--count", "ping")
	f("Print the version", "version")

	_, want, _ := run(t, "ping", "--help")
	if code, out, errs := run(t, "help", "ping"); code != 0 || out != want || errs != "" {
		t.Errorf("help ping: got %d %q %q, want %q", code, out, errs, want)
	}
}

func TestVersion(t *testing.T) {
	code, out, errs := run(t, "version")
	if want := "ninewatch-agent " + version.String() + "\n"; code != 0 || out != want || errs != "" {
		t.Errorf("got %d %q %q, want 0 %q", code, out, errs, want)
	}
}

func TestWrongUsage(t *testing.T) {
	refused(t, 2, `unknown command "dance" for "ninewatch-agent": see ninewatch-agent --help`, "dance")
	refused(t, 2, `unknown command "inspct" for "ninewatch-agent", did you mean inspect? See ninewatch-agent --help`, "inspct")
	refused(t, 2, `unknown command "chek" for "ninewatch-agent profile", did you mean check? See ninewatch-agent profile --help`, "profile", "chek")
	refused(t, 2, `required flag(s) "against" not set: see ninewatch-agent profile test --help`, "profile", "test", "x.yaml")
	refused(t, 2, `unknown flag: --loud: see ninewatch-agent version --help`, "version", "--loud")
	refused(t, 2, `unknown command "now" for "ninewatch-agent version": see ninewatch-agent version --help`, "version", "now")
	refused(t, 2, `accepts 1 arg(s), received 0: see ninewatch-agent inspect --help`, "inspect")
	refused(t, 2, `accepts 2 arg(s), received 1: see ninewatch-agent walk --help`, "walk", "192.0.2.1")
	refused(t, 2, `requires at least 1 arg(s), only received 0: see ninewatch-agent ping --help`, "ping")
	refused(t, 2, `invalid argument "soon" for "--timeout" flag: time: invalid duration "soon": see ninewatch-agent inspect --help`, "inspect", "192.0.2.1", "--timeout", "soon")
	refused(t, 2, `--count is 1 to 100000 and --interval at least 10ms`, "ping", "127.0.0.1", "--count", "0")
	refused(t, 2, `--count is 1 to 100000 and --interval at least 10ms`, "ping", "127.0.0.1", "--interval", "1ms")
	refused(t, 2, `output format "xml": it is one of table, json, csv, yaml`, "ping", "127.0.0.1", "-o", "xml")
	refused(t, 2, `output format "xml": it is one of json, table, csv, yaml, snmprec`, "inspect", "192.0.2.1", "--community", "public", "-o", "xml")
	refused(t, 2, `SNMP version 2c needs a community`, "inspect", "192.0.2.1")
	refused(t, 2, `SNMP version "4": it is one of 1, 2c, 3`, "inspect", "192.0.2.1", "--snmp-version", "4")
	refused(t, 2, `community has 128 bytes, at most 127 are possible`, "inspect", "192.0.2.1", "--community", strings.Repeat("x", 128))
	refused(t, 2, `give either --token or --token-file`, "enroll")
	refused(t, 2, `give either --token or --token-file`, "enroll", "--token", "a", "--token-file", "b")
	refused(t, 2, `join token does not begin with "nw1.": copy the whole line that the collector printed`, "enroll", "--token", "secret-words")
}

// TestSecretsAreNotPrinted: neither help nor errors show what was given.
func TestSecretsAreNotPrinted(t *testing.T) {
	const words = "not for others"
	for _, args := range [][]string{
		{"inspect", "192.0.2.1", "--community", words, "--help"},
		{"inspect", "192.0.2.1", "--community", words, "--auth-passphrase", words, "--loud"},
		{"inspect", "192.0.2.1", "--snmp-version", "3", "--auth-passphrase", words, "--priv-passphrase", words},
		{"walk", "127.0.0.1:9", "1.3", "--community", words, "--timeout", "10ms", "--retries", "0"},
		{"enroll", "--token", words},
	} {
		if code, out, errs := run(t, args...); strings.Contains(out+errs, words) {
			t.Errorf("%v: got %d %q %q", args, code, out, errs)
		}
	}
}

func TestCheckConfig(t *testing.T) {
	good := write(t, "agent.yaml", "state_dir: /tmp/x\nlocal: {credentials: [{name: c, snmp: {version: 2c, community: hush}}]}\n")
	if code, out, errs := run(t, "check-config", "--config", good); code != 0 || out != "the configuration is good\n" || errs != "" {
		t.Errorf("got %d %q %q", code, out, errs)
	}
	code, out, errs := run(t, "check-config", "--config", good, "--dump")
	if code != 0 || errs != "" || strings.Contains(out, "hush") || !strings.Contains(out, "community: <secret>") || !strings.Contains(out, "max_age: 168h0m0s") {
		t.Errorf("got %d %q %q", code, out, errs)
	}
	bad := write(t, "agent.yaml", "spol: 1\nlisten: nowhere\n")
	for _, command := range []string{"check-config", "run"} {
		code, out, errs = run(t, command, "--config", bad)
		want := bad + `:1:1: spol: unknown key, did you mean "spool"?` + "\n" + bad + `:2:9: listen: "nowhere" is not an address with a port, write for example 127.0.0.1:9145` + "\n"
		if code != 2 || out != "" || errs != want {
			t.Errorf("%s: got %d %q %q, want 2 %q", command, code, out, errs, want)
		}
	}
	none := filepath.Join(t.TempDir(), "none.yaml")
	refused(t, 2, none+": no such file, copy the commented example from deploy/", "check-config", "--config", none)
	refused(t, 2, none+": no such file, copy the commented example from deploy/", "enroll", "--config", none, "--token", "x")
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	path := write(t, "agent.yaml", "state_dir: "+dir+"/state\nlisten: 127.0.0.1:0\nlog: {level: error}\n")
	refused(t, 1, "this agent is not enrolled: run ninewatch-agent enroll with a join token, or name its file as join.token_file in the configuration", "run", "--config", path)
	path = write(t, "agent.yaml", "state_dir: "+dir+"/state\nlisten: 127.0.0.1:0\nlog: {level: error}\nlocal: {devices: [{name: box, address: 192.0.2.1}]}\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if code := Run(ctx, []string{"run", "--config", path}, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Errorf("interrupted: got %d %q, want 0", code, errs.String())
	}
}

func TestInspect(t *testing.T) {
	addr := serve(t)
	code, out, errs := run(t, "inspect", addr, "--community", "public", "-o", "json")
	var got struct {
		Target string
		System struct{ Name string }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || errs != "" || got.Target != addr || got.System.Name != "box.example.net" {
		t.Errorf("got %d %s %q, %v", code, out, errs, err)
	}
	t.Setenv("NINEWATCH_SNMP_COMMUNITY", "public")
	if code, out, errs = run(t, "inspect", addr); code != 0 || !strings.Contains(out, "box.example.net") || errs != "" {
		t.Errorf("with the community from the environment: got %d %q %q", code, out, errs)
	}
	if code, _, errs = run(t, "inspect", addr, "--community", "wrong", "--timeout", "50ms", "--retries", "1"); code != 1 ||
		errs != addr+": timeout: no answer to 2 attempts of 50ms\n" {
		t.Errorf("another community: got %d %q", code, errs)
	}
}

// TestInspectInPart: a device that stops answering in the middle.
func TestInspectInPart(t *testing.T) {
	view := snmpagent.ParseRecording([]byte(box))
	n := 0
	addr := snmptest.Fake(t, func(b []byte) [][]byte {
		request, err := snmpwire.Decode(b)
		if n++; err != nil || n > 2 {
			return nil
		}
		answer, _ := snmpagent.Answer(view, &request, snmpagent.MaxMessage)
		return [][]byte{snmpwire.Append(nil, &answer)}
	})
	code, out, errs := run(t, "inspect", addr.String(), "--community", "public", "-o", "json", "--timeout", "20ms", "--retries", "0")
	if code != 3 || errs != "" || !strings.Contains(out, `"errors": [`) || !strings.Contains(out, "timeout") {
		t.Errorf("got %d %s %q, want 3 and what is missing", code, out, errs)
	}
}

func TestWalk(t *testing.T) {
	addr := serve(t)
	f := func(format, want string) {
		t.Helper()
		code, out, errs := run(t, "walk", addr, "1.3.6.1.2.1.1", "--community", "public", "-o", format)
		if code != 0 || errs != "" || !strings.HasPrefix(out, want) {
			t.Errorf("%s: got %d %q %q, want %q", format, code, out, errs, want)
		}
	}
	f("table", "1.3.6.1.2.1.1.1.0 = STRING: A box\n")
	f("csv", "oid,type,value\n1.3.6.1.2.1.1.1.0,STRING,A box\n")
	f("snmprec", strings.Join(strings.SplitAfter(box, "\n")[:4], ""))
	f("yaml", "- oid: 1.3.6.1.2.1.1.1.0\n  type: STRING\n  value: A box\n")
	f("json", "[\n  {\n    \"oid\": \"1.3.6.1.2.1.1.1.0\",\n    \"type\": \"STRING\",\n    \"value\": \"A box\"\n  },")
	refused(t, 1, addr+": the device has nothing at or below 1.3.6.1.2.1.4", "walk", addr, "1.3.6.1.2.1.4", "--community", "public")
	code, _, errs := run(t, "walk", addr, "not.an.oid", "--community", "public")
	if code != 2 || !strings.Contains(errs, "not.an.oid") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a wrong OID: got %d %q, want 2 and a line that names it", code, errs)
	}
	nobody := unused(t)
	refused(t, 1, nobody+": refused: nothing listens at this port, or it is prohibited; asked 1 times",
		"walk", nobody, "1.3", "--community", "public", "--retries", "0", "--timeout", "100ms")
}

// unused is an address on loopback where nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

func TestPing(t *testing.T) {
	_, err := icmp.Ping(t.Context(), "127.0.0.1", 1, 10*time.Millisecond)
	testkit.Need(t, err == nil, "the right to send ICMP echoes")
	ping := func(want int, format string, hosts ...string) (out, errs string) {
		t.Helper()
		code, out, errs := run(t, append([]string{"ping", "--count", "3", "--interval", "10ms", "-o", format}, hosts...)...)
		if code != want {
			t.Errorf("ping %v: got exit code %d, want %d: %s", hosts, code, want, errs)
		}
		return out, errs
	}
	var results []icmp.PingResult
	out, _ := ping(0, "json", "127.0.0.1", "127.0.0.2")
	if err := json.Unmarshal([]byte(out), &results); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"127.0.0.1", "127.0.0.2"} {
		if r := results[i]; r.Host != want || r.Address != netip.MustParseAddr(want) || r.Sent != 3 || r.Received != 3 || r.Loss != 0 || r.RTT == nil {
			t.Errorf("got %+v", r)
		}
	}
	out, _ = ping(0, "csv", "127.0.0.1")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][2] != "sent" || rows[1][2] != "3" || rows[1][0] != "127.0.0.1" {
		t.Errorf("csv: got %v, %v", rows, err)
	}
	out, _ = ping(0, "yaml", "127.0.0.1")
	var tree []map[string]any
	if err := yaml.Unmarshal([]byte(out), &tree); err != nil || len(tree) != 1 || tree[0]["sent"] != 3 || tree[0]["host"] != "127.0.0.1" {
		t.Errorf("yaml: got %v, %v", tree, err)
	}
	if out, _ = ping(0, "table", "127.0.0.1"); !strings.HasPrefix(out, "HOST ") || !strings.Contains(out, "0.0 %") {
		t.Errorf("table: got %q", out)
	}
	// A name with blanks is not even asked for.
	out, errs := ping(3, "csv", "127.0.0.1", "not a host")
	if rows := strings.Count(out, "\n"); rows != 2 || !strings.HasPrefix(errs, "not a host: ") || strings.Count(errs, "\n") != 1 {
		t.Errorf("in part: got %q %q", out, errs)
	}
	if out, errs = ping(1, "json", "not a host"); out != "[]\n" || !strings.HasPrefix(errs, "not a host: ") {
		t.Errorf("nothing: got %q %q", out, errs)
	}
}

func TestEnroll(t *testing.T) {
	dir := t.TempDir()
	config := write(t, "agent.yaml", "state_dir: "+dir+"/state\n")
	none := filepath.Join(dir, "none")
	refused(t, 2, "read the join token: open "+none+": no such file or directory", "enroll", "--config", config, "--token-file", none)
	file := write(t, "token", "nw1.AAAA\n")
	code, _, errs := run(t, "enroll", "--config", config, "--token-file", file)
	if code != 2 || !strings.Contains(errs, "cut off or mistyped") || !strings.HasPrefix(errs, file+": ") {
		t.Errorf("a damaged token: got %d %q", code, errs)
	}
}
