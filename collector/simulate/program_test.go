package simulate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/testkit"
)

// TestProgramsAnswerAsViews: a request that is answered from a program, at another time and by another machine than it
// was made for, gets the answer that the view gives.
func TestProgramsAnswerAsViews(t *testing.T) {
	cfg := Config{Devices: 4, Interfaces: 5, Seed: 3}
	machine, plain := generated(cfg), generated(cfg)
	var p programs
	columns := machine(0).table
	rapid.Check(t, func(t *rapid.T) {
		req := snmpwire.Message{Version: snmpwire.V2c, Community: []byte("c"), PDU: snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: 9}}
		if rapid.Bool().Draw(t, "bulk") {
			req.PDU.Type = snmpwire.GetBulkRequest
			req.PDU.NonRepeaters, req.PDU.MaxRepetitions = int32(rapid.IntRange(0, 2).Draw(t, "once")), int32(rapid.IntRange(0, 30).Draw(t, "rows"))
		}
		for range rapid.IntRange(1, 12).Draw(t, "names") {
			name := columns[rapid.IntRange(0, len(columns)-1).Draw(t, "column")].name
			if n := rapid.IntRange(-1, 6).Draw(t, "row"); n >= 0 {
				name = name.Append(uint32(n))
			}
			req.PDU.VarBinds = append(req.PDU.VarBinds, snmpwire.VarBind{OID: name, Type: snmpwire.Null})
		}
		h, ok := snmpwire.QuickHead(snmpwire.Append(nil, &req))
		if !ok {
			t.Fatal("request")
		}
		for range 2 {
			n := rapid.IntRange(0, 3).Draw(t, "device")
			at := noon.Add(time.Duration(rapid.Int64Range(0, int64(900*24*time.Hour)).Draw(t, "time")))
			m := *plain(n)
			m.memo = nil
			const limit = 300
			want, _ := snmpagent.Answer(view{&m, at}, &req, limit)
			list, values, ok := p.answer(nil, machine(n), at, &h, limit-snmpwire.Overhead(h.Community))
			if !ok {
				if want.PDU.ErrorStatus != snmpwire.TooBig {
					t.Fatalf("not answered; want %+v", want.PDU)
				}
				continue
			}
			got := snmpwire.AppendResponse(nil, h.Community, 9, list)
			if values != len(want.PDU.VarBinds) || !bytes.Equal(got, snmpwire.Append(nil, &want)) {
				t.Fatalf("got %x\nwant %x", got, snmpwire.Append(nil, &want))
			}
		}
	})
}

// TestNetSNMPReadsItSecurely: an independent client finds the engine, and reads with authentication and privacy.
func TestNetSNMPReadsItSecurely(t *testing.T) {
	path, err := exec.LookPath("snmpget")
	testkit.Need(t, err == nil, "snmpget of the Debian package snmp")
	f := startFleet(t, func(c *Config) {
		c.User = &snmpagent.User{Name: "u", AuthProtocol: "SHA256", AuthPassphrase: "authentic passphrase", PrivProtocol: "AES", PrivPassphrase: "private passphrase"}
	})
	ask := func(auth, priv string) string {
		cmd := exec.CommandContext(t.Context(), path, "-On", "-OU", "-m", "", "-t", "2", "-r", "1", "-v3", "-u", "u", "-l", "authPriv",
			"-a", "SHA-256", "-A", auth, "-x", "AES", "-X", priv, f.Devices()[2].Addr.String(), "1.3.6.1.2.1.1.5.0")
		cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+t.TempDir())
		out, _ := cmd.CombinedOutput() // its text says more than its status
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return lines[len(lines)-1]
	}
	if got, want := ask("authentic passphrase", "private passphrase"), `.1.3.6.1.2.1.1.5.0 = STRING: "sim-000003"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := ask("another passphrase", "private passphrase"); !strings.Contains(got, "Authentication failure") {
		t.Errorf("wrong authentication: got %q", got)
	}
	if got := ask("authentic passphrase", "another passphrase"); !strings.Contains(strings.ToLower(got), "decryption") && !strings.Contains(got, "Timeout") {
		t.Errorf("wrong privacy: got %q", got)
	}
}

func TestUserOfAFleet(t *testing.T) {
	cfg := DefaultConfig()
	cfg.User = &snmpagent.User{Name: "u", AuthProtocol: "SHA3", AuthPassphrase: "authentic passphrase"}
	want := `user "u": authentication protocol "SHA3" is not known, or its passphrase is below 8 bytes`
	if _, err := New(cfg, testDeps()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func BenchmarkAnswer(b *testing.B) {
	cfg := Config{Devices: 1000, Interfaces: 48, Seed: 1}
	machine := generated(cfg)
	req := snmpwire.Message{Version: snmpwire.V2c, PDU: snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: 1 << 24}}
	for i := range uint32(48) {
		req.PDU.VarBinds = append(req.PDU.VarBinds, snmpwire.VarBind{OID: oid.MustParse(fmt.Sprintf("1.3.6.1.2.1.31.1.1.1.6.%d", i+1)), Type: snmpwire.Null})
	}
	h, _ := snmpwire.QuickHead(snmpwire.Append(nil, &req))
	var p programs
	var list []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		list, _, _ = p.answer(list[:0], machine(i%1000), noon.Add(time.Duration(i)*10*time.Microsecond), &h, 1400)
	}
}
