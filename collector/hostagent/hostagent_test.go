package hostagent

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"ninewatch/internal/conf"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

const secret = "a community made up"

// testAgent is an agent of a host, not started, whose clock stands at noon.
func testAgent(t *testing.T, from sources) (*Agent, *metrics.Set) {
	t.Helper()
	set := metrics.NewSet()
	a, err := newAgent(Config{Listen: "127.0.0.1:0", Community: secret},
		Deps{Log: slog.New(slog.DiscardHandler), Metrics: set, Now: func() time.Time { return noon }}, from)
	if err != nil {
		t.Fatal(err)
	}
	return a, set
}

func start(t *testing.T, a *Agent) {
	t.Helper()
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, a) })
}

func stop(t *testing.T, a *Agent) {
	t.Helper()
	if err := a.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// count is the value of a counter of set.
func count(set *metrics.Set, name string) uint64 {
	return set.GetOrCreateCounter(`ninewatch_collector_hostagent_` + name).Get()
}

func get(version snmpwire.Version, community string, id int32, kind snmpwire.PDUType) []byte {
	return snmpwire.Append(nil, &snmpwire.Message{Version: version, Community: []byte(community),
		PDU: snmpwire.PDU{Type: kind, RequestID: id, VarBinds: []snmpwire.VarBind{{OID: oid.MustParse("1.3.6.1.2.1.1.5.0"), Type: snmpwire.Null}}}})
}

// TestAgent asks wrongly many times, then rightly: the first answer is the one to the right question.
func TestAgent(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	a, set := testAgent(t, newTestHost().sources())
	if a.Addr().IsValid() {
		t.Errorf("address before Start: %s", a.Addr())
	}
	start(t, a)
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(a.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, request := range [][]byte{
		get(snmpwire.V2c, "public", 1, snmpwire.GetRequest),
		get(snmpwire.V2c, secret+"x", 2, snmpwire.GetRequest),
		get(snmpwire.V2c, "", 3, snmpwire.GetRequest),
		get(snmpwire.V1, secret, 4, snmpwire.GetRequest),
		get(snmpwire.V2c, secret, 5, snmpwire.TrapV2),
		[]byte("garbage"),
		bytes.Repeat([]byte{0x30}, longest+1),
		get(snmpwire.V2c, secret, 7, snmpwire.GetRequest),
	} {
		if _, err := conn.Write(request); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, longest)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	m, err := snmpwire.Decode(buf[:n])
	if err != nil || m.PDU.RequestID != 7 || string(m.PDU.VarBinds[0].Bytes) != "host.example.net" {
		t.Errorf("got %+v, %v", m, err)
	}
	stop(t, a)
	for name, want := range map[string]uint64{
		"requests_total":                          8,
		"answered_total":                          1,
		"varbinds_total":                          1,
		"readings_total":                          1,
		`ignored_total{reason="community"}`:       3,
		`ignored_total{reason="version"}`:         1,
		`ignored_total{reason="no_request"}`:      1,
		`ignored_total{reason="garbage"}`:         2,
		`ignored_total{reason="not_loopback"}`:    0,
		`send_errors_total`:                       0,
		`unreadable_total{source="file_systems"}`: 0,
	} {
		if got := count(set, name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}

func TestStranger(t *testing.T) {
	a, set := testAgent(t, newTestHost().sources())
	f := func(from string, want bool) {
		t.Helper()
		if _, ok := a.answer(&snmpwire.Message{}, netip.MustParseAddr(from), get(snmpwire.V2c, secret, 1, snmpwire.GetRequest)); ok != want {
			t.Errorf("from %s: answered %t, want %t", from, ok, want)
		}
	}
	f("192.0.2.1", false)
	f("2001:db8::1", false)
	f("127.0.0.1", true)
	f("::ffff:127.0.0.1", true)
	f("::1", true)
	if got := count(set, `ignored_total{reason="not_loopback"}`); got != 2 {
		t.Errorf("got %d ignored, want 2", got)
	}
}

func TestSetIsRefused(t *testing.T) {
	a, _ := testAgent(t, newTestHost().sources())
	packet, ok := a.answer(&snmpwire.Message{}, netip.MustParseAddr("127.0.0.1"), get(snmpwire.V2c, secret, 1, snmpwire.SetRequest))
	m, err := snmpwire.Decode(packet)
	if !ok || err != nil || m.PDU.ErrorStatus != snmpwire.NotWritable {
		t.Errorf("got %+v, %v", m, err)
	}
}

// TestReadingIsKept: the host is read at most once a second, and not before somebody asks.
func TestReadingIsKept(t *testing.T) {
	a, set := testAgent(t, newTestHost().sources())
	f := func(after time.Duration, want uint64) {
		t.Helper()
		a.view(noon.Add(after))
		if got := count(set, "readings_total"); got != want {
			t.Errorf("after %s: got %d readings, want %d", after, got, want)
		}
	}
	f(0, 1)
	f(999*time.Millisecond, 1)
	f(time.Second, 2)
	f(1999*time.Millisecond, 2)
	f(time.Minute, 3)
	f(0, 4) // the clock was set back
}

// TestHangingDisk: a file system that does not answer holds up neither readings nor, for ever, Stop.
func TestHangingDisk(t *testing.T) {
	files := newTestHost()
	from := files.sources()
	release := make(chan struct{})
	from.space = func(string) (space, error) { <-release; return space{}, context.DeadlineExceeded }
	a, set := testAgent(t, from)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // do not wait for the first measurement
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(a.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write(get(snmpwire.V2c, secret, 1, snmpwire.GetRequest)) //nolint:errcheck // the answer shows
	if _, err := conn.Read(make([]byte, longest)); err != nil {
		t.Errorf("no answer: %v", err)
	}
	if err := a.Stop(ctx); errText(err) != "wait for the host's agent: context canceled" {
		t.Errorf("stop while the disk hangs: got %v", err)
	}
	close(release)
	stop(t, a)
	if got := count(set, `unreadable_total{source="file_systems"}`); got != 1 {
		t.Errorf("got %d unreadable, want 1", got)
	}
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Second)
		defer cancel()
		calls := 0
		every(ctx, loadPeriod, func() { calls++ })
		if calls != 12 {
			t.Errorf("got %d calls in a minute, want 12", calls)
		}
	})
}

func TestLife(t *testing.T) {
	a, _ := testAgent(t, newTestHost().sources())
	stop(t, a) // without Start
	start(t, a)
	if err := a.Start(t.Context()); errText(err) != "start the host's agent: it was started before" {
		t.Errorf("second start: got %v", err)
	}
	taken, _ := testAgent(t, newTestHost().sources())
	taken.cfg.Listen = a.Addr().String()
	if err := taken.Start(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "listen for SNMP on "+taken.cfg.Listen+": ") {
		t.Errorf("start on an address in use: got %v", err)
	}
	stop(t, a)
	stop(t, a)
}

func TestValidate(t *testing.T) {
	f := func(cfg Config, want string) {
		t.Helper()
		_, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: time.Now})
		if got := errText(err); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Error("the community is in the error")
		}
	}
	f(Config{Listen: "127.0.0.1:0", Community: secret}, "")
	f(Config{Listen: "127.9.8.7:161", Community: secret}, "")
	f(Config{Listen: "[::1]:0", Community: secret}, "")
	const only = "SNMPv2c does not hide what it says, so it is answered on loopback only; take 127.0.0.1 or [::1]"
	f(Config{Listen: "0.0.0.0:161", Community: secret}, `listen address of the host's agent "0.0.0.0:161": `+only)
	f(Config{Listen: "[::]:161", Community: secret}, `listen address of the host's agent "[::]:161": `+only)
	f(Config{Listen: "192.0.2.1:161", Community: secret}, `listen address of the host's agent "192.0.2.1:161": `+only)
	f(Config{Listen: "[::ffff:192.0.2.1]:161", Community: secret}, `listen address of the host's agent "[::ffff:192.0.2.1]:161": `+only)
	const form = "write it as a numeric address and a port, as in 127.0.0.1:0"
	f(Config{Listen: "localhost:161", Community: secret}, `listen address of the host's agent "localhost:161": `+form)
	f(Config{Listen: ":161", Community: secret}, `listen address of the host's agent ":161": `+form)
	f(DefaultConfig(), "community of the host's agent: 0 bytes, 1 to 127 are allowed")
	f(Config{Community: conf.Secret(strings.Repeat("x", 147))}, "listen address of the host's agent \"\": "+form+
		"\ncommunity of the host's agent: 147 bytes, 1 to 127 are allowed")
}
