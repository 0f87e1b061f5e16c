package up

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ninewatch/internal/telemetry"
)

// agentThat is a program in the agent's place.
func agentThat(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestScan: the agent's program is asked with the ranges; credentials come to it through a pipe, and stand neither
// among its arguments nor in its environment.
func TestScan(t *testing.T) {
	t.Setenv("NINEWATCH_SNMP_COMMUNITY", "canary-1")
	seen := filepath.Join(t.TempDir(), "seen")
	binary := agentThat(t, `{ echo "$@"; env; cat "$5"; } > '`+seen+`'
echo '[{"address":"192.0.2.7","icmp":true,"snmp":true,"credential":"core","name":"sw7","rtt_ms":3}]'
echo 'nothing was pinged' >&2
exit 3
`)
	var errs bytes.Buffer
	found, err := scan(t.Context(), binary, []string{"192.0.2.0/28", "198.51.100.1"}, []namedCredential{
		{"given", telemetry.Credential{Version: "2c", Community: "canary-1"}},
		{"core", telemetry.Credential{Version: "3", Username: "u", AuthProtocol: "SHA", AuthPassphrase: "canary-2"}},
	}, &errs)
	if err != nil || len(found) != 1 || found[0].Address != "192.0.2.7" || found[0].Credential != "core" || !found[0].SNMP {
		t.Fatalf("got %+v, %v", found, err)
	}
	if errs.String() != "nothing was pinged\n" {
		t.Errorf("got errors %q", errs.String())
	}
	data, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if want := "discover -o json --credentials /dev/stdin 192.0.2.0/28 198.51.100.1"; lines[0] != want {
		t.Errorf("got arguments %q, want %q", lines[0], want)
	}
	const file = `{"credentials":[{"name":"given","snmp":{"community":"canary-1","version":"2c"}},` +
		`{"name":"core","snmp":{"auth_passphrase":"canary-2","auth_protocol":"SHA","username":"u","version":"3"}}]}`
	last := len(lines) - 1
	if lines[last] != file {
		t.Errorf("got credentials %s", lines[last])
	}
	if slices.ContainsFunc(lines[:last], func(l string) bool { return strings.Contains(l, "canary") }) {
		t.Error("a secret stands in the arguments or the environment")
	}
}

func TestScanFails(t *testing.T) {
	f := func(script, want string) {
		t.Helper()
		_, err := scan(t.Context(), agentThat(t, script), []string{"192.0.2.0/28"}, nil, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", script, err, want)
		}
	}
	f("exit 2\n", "scan 192.0.2.0/28: exit status 2")
	f("echo none\n", "read what the scan of 192.0.2.0/28 found")
}

func TestCheckRanges(t *testing.T) {
	if err := CheckRanges([]string{"192.0.2.0/24", "2001:db8::/120", "192.0.2.9"}); err != nil {
		t.Error(err)
	}
	const want = `--discover "office" is neither a CIDR range such as 192.0.2.0/24 nor an address`
	if err := CheckRanges([]string{"192.0.2.0/24", "office"}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestGiven(t *testing.T) {
	f := func(variables map[string]string, version string) {
		t.Helper()
		for _, name := range []string{"VERSION", "COMMUNITY", "USERNAME"} {
			t.Setenv("NINEWATCH_SNMP_"+name, variables[name])
		}
		got := given()
		if (got == nil) != (version == "") || got != nil && got.Version != version {
			t.Errorf("%v: got %+v, want version %q", variables, got, version)
		}
	}
	f(nil, "")
	f(map[string]string{"COMMUNITY": "c"}, "2c")
	f(map[string]string{"COMMUNITY": "c", "VERSION": "1"}, "1")
	f(map[string]string{"USERNAME": "u", "COMMUNITY": "c"}, "3")
}
