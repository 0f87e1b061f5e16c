package cli

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"ninewatch/agent/discover"
)

func TestDiscover(t *testing.T) {
	addr := netip.MustParseAddrPort(serve(t))
	t.Setenv("NINEWATCH_SNMP_COMMUNITY", "")
	file := filepath.Join(t.TempDir(), "credentials.yaml")
	text := "credentials:\n- {name: wrong, snmp: {version: 2c, community: other}}\n- {name: right, snmp: {version: 2c, community: public}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "scan.json")
	code, out, errs := run(t, "discover", addr.Addr().String(), "--port", strconv.Itoa(int(addr.Port())), "--credentials", file, "--tries-per-minute", "60",
		"--timeout", "200ms", "--resume", state, "-o", "json")
	var found []discover.Found
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 && code != 3 { // 3: the tests may not ping
		t.Fatalf("got %d %q %q, %v", code, out, errs, err)
	}
	if len(found) != 1 || !found[0].SNMP || found[0].Credential != "right" || netip.MustParseAddr(found[0].Address) != addr.Addr() || found[0].Profile == "" {
		t.Errorf("got %+v", found)
	}
	if data, err := os.ReadFile(state); err != nil || len(data) == 0 {
		t.Errorf("the state is not kept: %v", err)
	}
}
