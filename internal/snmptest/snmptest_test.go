package snmptest

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/testkit"
)

const box = `1.3.6.1.2.1.1.1.0|4|A box
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072
1.3.6.1.2.1.1.3.0|67|12345
1.3.6.1.2.1.1.7.0|2|-1
1.3.6.1.2.1.4.20.1.1.192.0.2.1|64|192.0.2.1
1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551615
1.3.6.1.2.1.31.1.1.1.6.2147483648|65|7
`

// tool runs a command of net-snmp with numeric output.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	testkit.Need(t, err == nil, name+" of the Debian package snmp")
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-On", "-Oe", "-OU", "-m", "", "-t", "5", "-r", "0"}, args...)...)
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s %v: %v", name, args, err)
	}
	return string(out)
}

func TestNetSNMPReadsIt(t *testing.T) {
	s := Serve(t, snmpagent.ParseRecording([]byte(box)), Options{})
	f := func(want, name string, args ...string) {
		t.Helper()
		if got := strings.TrimSpace(tool(t, name, args...)); got != want {
			t.Errorf("%s %v: got\n%s\nwant\n%s", name, args, got, want)
		}
	}
	addr := s.Addr.String()
	f(".1.3.6.1.2.1.1.1.0 = STRING: \"A box\"\n.1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 18446744073709551615\n"+
		".1.3.6.1.2.1.1.9.0 = No Such Object available on this agent at this OID",
		"snmpget", "-v2c", "-c", "public", addr, "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.31.1.1.1.6.1", "1.3.6.1.2.1.1.9.0")
	all := `.1.3.6.1.2.1.1.1.0 = STRING: "A box"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072
.1.3.6.1.2.1.1.3.0 = Timeticks: (12345) 0:02:03.45
.1.3.6.1.2.1.1.7.0 = INTEGER: -1
.1.3.6.1.2.1.4.20.1.1.192.0.2.1 = IpAddress: 192.0.2.1
.1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 18446744073709551615
.1.3.6.1.2.1.31.1.1.1.6.2147483648 = Counter32: 7`
	end := "\n.1.3.6.1.2.1.31.1.1.1.6.2147483648 = No more variables left in this MIB View (It is past the end of the MIB tree)"
	f(all+end, "snmpwalk", "-v2c", "-c", "public", addr, ".1")
	f(all+end, "snmpbulkwalk", "-v2c", "-c", "public", addr, ".1")
	without64 := strings.Replace(all, ".1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 18446744073709551615\n", "", 1)
	f(without64+"\nEnd of MIB", "snmpwalk", "-v1", "-c", "public", addr, ".1")
	if s.Requests() == 0 || s.VarBinds() < s.Requests() {
		t.Errorf("counted %d requests and %d values", s.Requests(), s.VarBinds())
	}
}

// TestEveryRecording walks all recorded devices to their end, in order, by GETBULK over UDP.
func TestEveryRecording(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "devices"), "*.snmprec"))
	if err != nil || len(files) < 60 {
		t.Fatalf("got %d recordings, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			rec := LoadRecording(t, file)
			s := Serve(t, rec, Options{})
			got := bulkWalk(t, s.Addr)
			for i, vb := range rec.Objects() {
				if i >= len(got) || !vb.OID.Equal(got[i].OID) || vb.Type != got[i].Type || vb.Uint != got[i].Uint ||
					vb.Int != got[i].Int || !slices.Equal(vb.Bytes, got[i].Bytes) || !vb.Object.Equal(got[i].Object) {
					t.Fatalf("value %d of %d, %s, does not come back", i, rec.Len(), vb.OID)
				}
			}
			if len(got) != rec.Len() {
				t.Errorf("got %d values, want %d", len(got), rec.Len())
			}
		})
	}
}

// TestNetSNMPWalksRecordings: an independent client agrees on the number of values.
func TestNetSNMPWalksRecordings(t *testing.T) {
	for _, name := range []string{"apc_smx750i", "edgeos", "hiveos-wireless"} {
		rec := LoadRecording(t, testkit.Shared(t, "devices", name+".snmprec"))
		s := Serve(t, rec, Options{MaxMessage: 60000})
		out := tool(t, "snmpbulkwalk", "-v2c", "-c", "public", "-Cr50", "-Ox", s.Addr.String(), ".1")
		if got := strings.Count("\n"+out, "\n.") - strings.Count(out, "No more variables left"); got != rec.Len() {
			t.Errorf("%s: got %d values, want %d; the end of the output is %q", name, got, rec.Len(), out[max(0, len(out)-200):])
		}
	}
}

func bulkWalk(t *testing.T, addr netip.AddrPort) []snmpwire.VarBind {
	t.Helper()
	conn := dial(t, addr)
	m := snmpwire.Message{Version: snmpwire.V2c, Community: []byte("public")}
	m.PDU = snmpwire.PDU{Type: snmpwire.GetBulkRequest, MaxRepetitions: 50}
	name := []uint32{0, 0}
	var all []snmpwire.VarBind
	for {
		m.PDU.RequestID++
		m.PDU.VarBinds = []snmpwire.VarBind{{OID: name}}
		answer, err := snmpwire.Decode(exchange(t, conn, snmpwire.Append(nil, &m)))
		if err != nil {
			t.Fatalf("behind %v: %v", name, err)
		}
		if answer.PDU.RequestID != m.PDU.RequestID || answer.PDU.ErrorStatus != 0 || len(answer.PDU.VarBinds) == 0 {
			t.Fatalf("behind %v: got %+v", name, answer.PDU)
		}
		for _, vb := range answer.PDU.VarBinds {
			if vb.Type == snmpwire.EndOfMibView {
				return all
			}
			all = append(all, vb)
			name = vb.OID
		}
	}
}

func dial(t *testing.T, addr netip.AddrPort) *net.UDPConn {
	t.Helper()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() }) //nolint:errcheck // nothing to lose
	return conn
}

func exchange(t *testing.T, conn *net.UDPConn, packet []byte) []byte {
	t.Helper()
	if _, err := conn.Write(packet); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second)) //nolint:errcheck // of an open socket
	buf := make([]byte, 65536)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

func TestContexts(t *testing.T) {
	s := Serve(t, snmpagent.ParseRecording([]byte("1.3.6.1.1|2|1")), Options{
		Contexts: map[string]Recording{"20": snmpagent.ParseRecording([]byte("1.3.6.1.1|2|20"))},
	})
	conn := dial(t, s.Addr)
	f := func(community string, want int64) {
		t.Helper()
		req := snmpwire.Message{Version: snmpwire.V2c, Community: []byte(community), PDU: snmpwire.PDU{
			Type: snmpwire.GetRequest, VarBinds: []snmpwire.VarBind{{OID: []uint32{1, 3, 6, 1, 1}}},
		}}
		got, err := snmpwire.Decode(exchange(t, conn, snmpwire.Append(nil, &req)))
		if err != nil || got.PDU.VarBinds[0].Int != want {
			t.Errorf("%s: got %+v, %v, want %d", community, got.PDU, err, want)
		}
	}
	f("public", 1)
	f("public@20", 20)
}

func TestWhatIsIgnored(t *testing.T) {
	s := Serve(t, snmpagent.ParseRecording([]byte(box)), Options{})
	ask := func(community string) []byte {
		return snmpwire.Append(nil, &snmpwire.Message{Version: snmpwire.V2c, Community: []byte(community), PDU: snmpwire.PDU{Type: snmpwire.GetRequest}})
	}
	if got := s.handle([]byte("garbage")); got != nil {
		t.Errorf("garbage is answered: %x", got)
	}
	if got := s.handle(ask("private")); got != nil {
		t.Errorf("another community is answered: %x", got)
	}
	s.SetSilent(true)
	if got := s.handle(ask("public")); got != nil {
		t.Errorf("a silent device answers: %x", got)
	}
	s.SetSilent(false)
	if got := s.handle(ask("public")); len(got) != 1 {
		t.Errorf("got %d answers, want 1", len(got))
	}
	if s.Ignored() != 3 || s.Requests() != 1 {
		t.Errorf("got %d ignored, %d answered, want 3 and 1", s.Ignored(), s.Requests())
	}
}

func TestFake(t *testing.T) {
	addr := Fake(t, func(req []byte) [][]byte { return [][]byte{[]byte("junk"), req} })
	conn := dial(t, addr)
	if got := string(exchange(t, conn, []byte("hello"))); got != "junk" {
		t.Errorf("first answer: got %q, want junk", got)
	}
	buf := make([]byte, 100)
	if n, err := conn.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("second answer: got %q, %v, want hello", buf[:n], err)
	}
}
