package trap

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
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/testkit"
	"ninewatch/internal/usm"
)

var (
	community = &telemetry.Credential{Version: "2c", Community: "public"}
	secure    = &telemetry.Credential{
		Version: "3", Username: "watcher", AuthProtocol: "SHA256", AuthPassphrase: "authentic passphrase",
		PrivProtocol: "AES", PrivPassphrase: "private passphrase",
	}
)

// box is a Receiver with what it took.
type box struct {
	*Receiver
	set *metrics.Set

	mu      sync.Mutex
	senders []Sender // of 127.0.0.1
	taken   []string
}

func newBox(t testing.TB, senders ...Sender) *box {
	t.Helper()
	x := &box{set: metrics.NewSet(), senders: senders}
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	var err error
	x.Receiver, err = New(cfg, Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: x.set,
		Senders: func(a netip.Addr) []Sender {
			if a != netip.MustParseAddr("127.0.0.1") {
				return nil
			}
			return x.senders
		},
		Take: func(device string, tr Trap) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.taken = append(x.taken, fmt.Sprintf("%s %s %d %d", device, tr.Name, tr.IfIndex, tr.Link))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func started(t *testing.T, senders ...Sender) *box {
	t.Helper()
	x := newBox(t, senders...)
	if err := x.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return x
}

func (x *box) counted(result string) uint64 {
	return x.set.GetOrCreateCounter(`ninewatch_agent_trap_messages_total{result="` + result + `"}`).Get()
}

// wait waits until so many messages had this result.
func (x *box) wait(t *testing.T, result string, n uint64) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); x.counted(result) < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %d, want %d", result, x.counted(result), n)
		}
	}
}

func (x *box) took(t *testing.T, want ...string) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if got, want := strings.Join(x.taken, "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("taken: got\n%s\nwant\n%s", got, want)
	}
	x.taken = nil
}

// tool runs one of net-snmp's programs against the box.
func (x *box) tool(t *testing.T, name string, args ...string) error {
	t.Helper()
	path, err := exec.LookPath(name)
	testkit.Need(t, err == nil, name+" (Debian package snmp)")
	dir := t.TempDir()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "ADDR", x.Addr().String())
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "SNMPCONFPATH="+dir, "MIBS=", "HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s: %s", filepath.Base(path), out)
	}
	return err
}

const (
	down    = ".1.3.6.1.6.3.1.1.5.3"
	ifIndex = ".1.3.6.1.2.1.2.2.1.1"
	upTime  = "4242"
)

var user3 = []string{"-v3", "-u", "watcher", "-l", "authPriv", "-a", "SHA-256", "-A", "authentic passphrase", "-x", "AES", "-X", "private passphrase"}

// TestNetSNMP: what net-snmp's tools send is taken, in all versions.
func TestNetSNMP(t *testing.T) {
	x := started(t, Sender{"old", community}, Sender{"safe", secure})
	f := func(want, name string, args ...string) {
		t.Helper()
		before := x.counted("taken")
		if err := x.tool(t, name, args...); err != nil {
			t.Errorf("%s %v: %v", name, args, err)
			return
		}
		x.wait(t, "taken", before+1)
		x.took(t, want)
	}
	link := []string{"ADDR", upTime, down, ifIndex + ".7", "i", "7"}
	with := func(head []string, tail ...string) []string { return append(append([]string{}, head...), tail...) }
	f("old 1.3.6.1.6.3.1.1.5.3 7 2", "snmptrap", "-v1", "-c", "public", "ADDR", ".1.3.6.1.4.1.32473", "192.0.2.1", "2", "0", upTime, ifIndex+".7", "i", "7")
	f("old 1.3.6.1.4.1.32473.0.99 0 0", "snmptrap", "-v1", "-c", "public", "ADDR", ".1.3.6.1.4.1.32473", "192.0.2.1", "6", "99", upTime)
	f("old 1.3.6.1.6.3.1.1.5.3 7 2", "snmptrap", with([]string{"-v2c", "-c", "public"}, link...)...)
	f("old 1.3.6.1.6.3.1.1.5.4 8 1", "snmptrap", "-v2c", "-c", "public", "ADDR", upTime, ".1.3.6.1.6.3.1.1.5.4", ".1.3.6.1.2.1.2.2.1.8.8", "i", "1")
	f("old 1.3.6.1.6.3.1.1.5.1 0 0", "snmpinform", "-v2c", "-c", "public", "ADDR", upTime, ".1.3.6.1.6.3.1.1.5.1")
	f("safe 1.3.6.1.6.3.1.1.5.3 7 2", "snmptrap", with(with(user3, "-e", "0x80007ed90401020304", "-Z", "3,100"), link...)...)
	f("safe 1.3.6.1.6.3.1.1.5.3 7 2", "snmpinform", with(user3, link...)...)
	if n := x.counted("malformed") + x.counted("credentials") + x.counted("repeated"); n != 0 {
		t.Errorf("%d messages more", n)
	}
}

// TestNotBelieved: what is not from the device, or not with what it has to know, is counted and changes nothing.
func TestNotBelieved(t *testing.T) {
	x := started(t, Sender{"safe", secure})
	link := []string{"ADDR", upTime, down, ifIndex + ".7", "i", "7"}
	f := func(result string, args ...string) {
		t.Helper()
		before := x.counted(result)
		if err := x.tool(t, "snmptrap", append(args, link...)...); err != nil {
			t.Errorf("%v: %v", args, err)
			return
		}
		x.wait(t, result, before+1)
		x.took(t)
	}
	f("credentials", "-v2c", "-c", "public")
	engine := []string{"-e", "0x80007ed90401020304", "-v3", "-u", "watcher"}
	f("credentials", append(engine, "-l", "noAuthNoPriv")...)
	f("credentials", append(engine, "-l", "authNoPriv", "-a", "SHA-256", "-A", "authentic passphrase")...)
	f("credentials", append(engine, "-l", "authPriv", "-a", "SHA-256", "-A", "another passphrase", "-x", "AES", "-X", "private passphrase")...)
	before := x.counted("report")
	if err := x.tool(t, "snmpinform", append([]string{"-r", "0", "-t", "2", "-v3", "-u", "watcher", "-l", "authPriv", "-a", "SHA-256",
		"-A", "another passphrase", "-x", "AES", "-X", "private passphrase"}, link...)...); err == nil {
		t.Error("an inform with another passphrase was answered")
	}
	x.wait(t, "report", before+2) // the engine is told, the digest is wrong
	x.took(t)
}

// TestReplay: an authentic trap that was recorded is taken once its engine's clock has gone on no more.
func TestReplay(t *testing.T) {
	x := started(t, Sender{"safe", secure})
	send := func(result, clock string) {
		t.Helper()
		before := x.counted(result)
		args := append(append([]string{}, user3...), "-e", "0x80007ed90401020304", "-Z", clock, "ADDR", upTime, down)
		if err := x.tool(t, "snmptrap", args...); err != nil {
			t.Fatal(err)
		}
		x.wait(t, result, before+1)
	}
	send("taken", "3,10000")
	send("taken", "3,9900") // within the window of 150 s
	send("credentials", "3,9000")
	send("credentials", "2,20000")
	send("taken", "4,1")
}

func v2(kind snmpwire.PDUType, id int32, name string) []byte {
	return snmpwire.Append(nil, &snmpwire.Message{Version: snmpwire.V2c, Community: []byte("public"), PDU: snmpwire.PDU{
		Type: kind, RequestID: id, VarBinds: []snmpwire.VarBind{
			{OID: snmpwire.SysUpTime, Type: snmpwire.TimeTicks, Uint: 1},
			{OID: snmpwire.SnmpTrapOID, Type: snmpwire.ObjectIdentifier, Object: oid.MustParse(name)},
		}}})
}

// TestStart: of the generic traps of RFC 3418 two tell of a start.
func TestStart(t *testing.T) {
	for last, want := range map[string]uint32{"1": 1, "2": 2, "3": 0, "5": 0, "1.1": 0} {
		name := oid.MustParse("1.3.6.1.6.3.1.1.5." + last)
		got, ok := read(&snmpwire.PDU{Type: snmpwire.TrapV2, VarBinds: []snmpwire.VarBind{{OID: snmpwire.SnmpTrapOID, Type: snmpwire.ObjectIdentifier, Object: name}}})
		if !ok || got.Start != want {
			t.Errorf("%s: got %+v, %v; want start %d", name, got, ok, want)
		}
	}
}

// TestInformAgain: an inform whose answer was lost is answered again and taken once.
func TestInformAgain(t *testing.T) {
	x := newBox(t, Sender{"old", community})
	from := netip.MustParseAddr("127.0.0.1")
	f := func(id int32, want string) {
		t.Helper()
		got, answer := x.handle(v2(snmpwire.InformRequest, id, "1.3.6.1.6.3.1.1.5.2"), from)
		m, err := snmpwire.Decode(answer)
		if got != want || err != nil || m.PDU.Type != snmpwire.Response || m.PDU.RequestID != id || len(m.PDU.VarBinds) != 2 {
			t.Errorf("%d: got %s, %+v, %v; want %s with an answer", id, got, m.PDU, err, want)
		}
	}
	f(5, "taken")
	f(5, "repeated")
	f(0, "taken")
	f(5, "repeated")
	x.took(t, "old 1.3.6.1.6.3.1.1.5.2 0 0", "old 1.3.6.1.6.3.1.1.5.2 0 0")
	if got, answer := x.handle(v2(snmpwire.TrapV2, 9, "1.3.6.1.6.3.1.1.5.2"), from); got != "taken" || answer != nil {
		t.Errorf("a trap: got %s, answer %x", got, answer)
	}
}

// TestHostile: garbage, other messages, strangers and floods are counted, and take neither memory nor the place of
// others.
func TestHostile(t *testing.T) {
	x := newBox(t, Sender{"old", community})
	home := netip.MustParseAddr("127.0.0.1")
	f := func(want string, from netip.Addr, b []byte) {
		t.Helper()
		if got, answer := x.handle(b, from); got != want || answer != nil {
			t.Errorf("got %s, answer %x; want %s", got, answer, want)
		}
	}
	good := v2(snmpwire.TrapV2, 1, "1.3.6.1.6.3.1.1.5.1")
	for i := range 1000 {
		f("unknown_source", netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), good)
	}
	if len(x.sources) != 0 {
		t.Errorf("%d strangers are remembered", len(x.sources))
	}
	f("malformed", home, nil)
	f("malformed", home, make([]byte, maxDatagram))
	f("malformed", home, good[:len(good)-1])
	f("malformed", home, v2(snmpwire.GetRequest, 1, "1.3.6.1.6.3.1.1.5.1"))
	f("malformed", home, v2(snmpwire.Response, 1, "1.3.6.1.6.3.1.1.5.1"))
	f("malformed", home, snmpwire.Append(nil, &snmpwire.Message{Version: snmpwire.V2c, Community: []byte("public"), PDU: snmpwire.PDU{Type: snmpwire.TrapV2}}))
	f("credentials", home, []byte(strings.Replace(string(good), "public", "secret", 1)))
	for range 43 { // of a burst of 50 there are 43 left
		f("taken", home, good)
	}
	s := x.sources[home]
	s.room, s.at = 0, time.Now().Add(time.Hour) // whatever time this test takes
	f("limited", home, good)
	now := time.Now()
	s.at = now
	if s.room = 0; s.admit(now, x.cfg) || !s.admit(now.Add(time.Second), x.cfg) || s.room != 9 {
		t.Errorf("a second of a rate of 10, of which one was taken: got room for %v", s.room)
	}
}

// TestPortInUse: the error names the key, the address and the mend.
func TestPortInUse(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	x := newBox(t)
	x.cfg.Listen = conn.LocalAddr().String()
	want := "traps.listen: " + x.cfg.Listen + " is in use by another program, such as snmptrapd: stop that one or choose another port"
	if err := x.Start(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := x.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// FuzzHandle: no datagram makes the receiver panic, and none without the community is taken.
func FuzzHandle(f *testing.F) {
	trap := v2(snmpwire.TrapV2, 1, "1.3.6.1.6.3.1.1.5.3")
	f.Add(trap, false)
	f.Add(v2(snmpwire.InformRequest, 1, "1.3.6.1.6.3.1.1.5.4"), false)
	// Of snmptrap -v1 -c public ADDR 1.3.6.1.4.1.32473 192.0.2.1 2 0 4242.
	f.Add([]byte("\x30\x29\x02\x01\x00\x04\x06public\xa4\x1c\x06\x08\x2b\x06\x01\x04\x01\x81\xfd\x59\x40\x04\xc0\x00\x02\x01\x02\x01\x02\x02\x01\x00\x43\x02\x10\x92\x30\x00"), false)
	for _, m := range []usm.Message{
		{ID: 1, Flags: usm.Reportable},
		{ID: 1, EngineID: []byte("\x80\x00\x7e\xd9\x04abc"), Boots: 1, Time: 5, User: []byte("watcher")},
		{ID: 1, Flags: usm.Level, EngineID: []byte("\x80\x00\x7e\xd9\x04abc"), Boots: 1, Time: 5, User: []byte("watcher"), Priv: make([]byte, 8)},
	} {
		m.Scoped = usm.AppendScoped(nil, m.EngineID, "", trap[len(trap)-int(trap[14])-2:])
		b, _, _ := m.Append(nil, 24)
		f.Add(b, true)
	}
	boxes := map[bool]*box{false: newBox(f, Sender{"old", community}), true: newBox(f, Sender{"safe", secure})}
	f.Fuzz(func(t *testing.T, b []byte, v3 bool) {
		x := boxes[v3]
		x.cfg.Burst, x.cfg.Rate = 1e9, 1e9
		result, _ := x.handle(b, netip.MustParseAddr("127.0.0.1"))
		if result == "limited" || result == "taken" && (v3 || !strings.Contains(string(b), "public")) {
			t.Errorf("got %s", result)
		}
		x.took(t, x.taken...)
	})
}
