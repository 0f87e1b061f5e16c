package snmp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
)

// device is a fake: it gets the decoded request and a good reply to it (value 42 for every name of a
// GetRequest), and answers what it likes.
func device(t *testing.T, behave func(req, good snmpwire.Message) [][]byte) netip.AddrPort {
	return snmptest.Fake(t, func(b []byte) [][]byte {
		req, err := snmpwire.Decode(b)
		if err != nil {
			t.Errorf("request: %v", err)
			return nil
		}
		good := req
		good.PDU = snmpwire.PDU{Type: snmpwire.Response, RequestID: req.PDU.RequestID}
		for _, vb := range req.PDU.VarBinds {
			good.PDU.VarBinds = append(good.PDU.VarBinds, snmpwire.VarBind{OID: vb.OID, Type: snmpwire.Gauge32, Uint: 42})
		}
		return behave(req, good)
	})
}

func wire(m snmpwire.Message) []byte { return snmpwire.Append(nil, &m) }

var (
	nameA = oid.MustParse("1.3.6.1.2.1.1.3.0")
	nameB = oid.MustParse("1.3.6.1.2.1.2.1.0")
)

// quick is a device with little patience, so that a test of silence is short.
func quick(addr netip.AddrPort) Device {
	return Device{Addr: addr, Credential: v2c("public"), Timeout: 60 * time.Millisecond, Retries: 1}
}

// patient is a device that answers, be it that this machine has much to do.
func patient(addr netip.AddrPort) Device {
	return Device{Addr: addr, Credential: v2c("public"), Timeout: 10 * time.Second, Retries: 1}
}

// TestGoodReplyAfterBadOne: whatever comes first, the good reply behind it is taken, and the bad one is
// counted by its reason. Numbers are those of ROBUSTNESS, section 3.
func TestGoodReplyAfterBadOne(t *testing.T) {
	f := func(what, reason string, bad func(req, good snmpwire.Message) []byte) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte { return [][]byte{bad(req, good), wire(good)} })
			c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 10 * time.Second, Retries: -1})
			got, err := c.Get(t.Context(), nameA)
			if err != nil || len(got) != 1 || got[0].Uint != 42 || got[0].Err != nil {
				t.Fatalf("got %v, %v", got, err)
			}
			if counts := c.Counts(); counts.Rejected[reason] != 1 || counts.Requests != 1 {
				t.Errorf("got %+v, want one %s", counts, reason)
			}
		})
	}
	evil := func(change func(*snmpwire.Message)) func(req, good snmpwire.Message) []byte {
		return func(req, good snmpwire.Message) []byte {
			good.PDU.VarBinds = append([]snmpwire.VarBind(nil), good.PDU.VarBinds...)
			good.PDU.VarBinds[0].Uint = 666
			change(&good)
			return wire(good)
		}
	}
	f("2 garbage", "malformed", func(_, _ snmpwire.Message) []byte { return []byte("garbage") })
	f("2 nothing", "malformed", func(_, _ snmpwire.Message) []byte { return nil })
	f("3 request-id 0", "request_id", evil(func(m *snmpwire.Message) { m.PDU.RequestID = 0 }))
	f("4 wrong request-id", "request_id", evil(func(m *snmpwire.Message) { m.PDU.RequestID++ }))
	f("5 echo of the request", "pdu_type", func(req, _ snmpwire.Message) []byte { return wire(req) })
	f("6 SetRequest", "pdu_type", evil(func(m *snmpwire.Message) { m.PDU.Type = snmpwire.SetRequest }))
	f("6 SNMPv2-Trap", "pdu_type", evil(func(m *snmpwire.Message) { m.PDU.Type = snmpwire.TrapV2 }))
	f("6 Report", "pdu_type", evil(func(m *snmpwire.Message) { m.PDU.Type = snmpwire.Report }))
	f("7 community", "community", evil(func(m *snmpwire.Message) { m.Community = []byte("Public") }))
	f("7 version 1", "version", evil(func(m *snmpwire.Message) { m.Version = snmpwire.V1 }))
	f("7 version 3", "version", evil(func(m *snmpwire.Message) { m.Version = 3 }))
	f("8 another name", "names", evil(func(m *snmpwire.Message) { m.PDU.VarBinds[0].OID = nameB }))
	f("20 truncated", "malformed", func(_, good snmpwire.Message) []byte { b := wire(good); return b[:len(b)-1] })
	f("20 trailing bytes", "malformed", func(_, good snmpwire.Message) []byte { return append(wire(good), 0) })
}

func TestSilence(t *testing.T) { // 1
	addr := device(t, func(_, _ snmpwire.Message) [][]byte { return nil })
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 50 * time.Millisecond, Retries: 2})
	start := time.Now()
	_, err := c.Get(t.Context(), nameA)
	want := addr.String() + ": timeout: no answer to 3 attempts of 50ms"
	if KindOf(err) != Timeout || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if took := time.Since(start); took < 150*time.Millisecond {
		t.Errorf("gave up after %s", took)
	}
	if got := c.Counts(); got.Requests != 3 || got.Retries != 2 || got.Timeouts != 1 {
		t.Errorf("counts: %+v", got)
	}
}

func TestRetryRepeatsTheRequestID(t *testing.T) { // 22: the first reply comes late
	var mu sync.Mutex
	var seen [][]byte
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if seen = append(seen, wire(req)); len(seen) < 3 {
			return nil
		}
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 300 * time.Millisecond, Retries: 3})
	if _, err := c.Get(t.Context(), nameA); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) < 3 || !bytes.Equal(seen[0], seen[1]) || !bytes.Equal(seen[1], seen[2]) {
		t.Errorf("requests differ: %x", seen)
	}
}

func TestNamesAreMatched(t *testing.T) { // 8
	f := func(what string, change func(binds []snmpwire.VarBind) []snmpwire.VarBind, want ...string) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte {
				for i := range good.PDU.VarBinds {
					good.PDU.VarBinds[i].Uint = uint64(i)
				}
				good.PDU.VarBinds = change(good.PDU.VarBinds)
				return [][]byte{wire(good)}
			})
			got, err := dial(t, patient(addr)).Get(t.Context(), nameA, nameB)
			if err != nil {
				t.Fatal(err)
			}
			for i, vb := range got {
				text := fmt.Sprint(vb.Uint)
				if vb.Err != nil {
					text = vb.Err.Error()
				}
				if text != want[i] {
					t.Errorf("value %d: got %s, want %s", i, text, want[i])
				}
			}
		})
	}
	type binds = []snmpwire.VarBind
	f("reordered", func(b binds) binds { return binds{b[1], b[0]} }, "0", "1")
	f("extra", func(b binds) binds { return binds{{OID: nameA.Append(9), Type: snmpwire.Null}, b[0], b[1]} }, "0", "1")
	f("left out", func(b binds) binds { return b[1:] }, "the reply leaves this name out", "1")
}

func TestErrorsInReplies(t *testing.T) {
	f := func(what string, reply func(good snmpwire.Message) []byte, want ErrKind, text string) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(_, good snmpwire.Message) [][]byte { return [][]byte{reply(good)} })
			_, err := dial(t, patient(addr)).Get(t.Context(), nameA)
			if KindOf(err) != want || !strings.Contains(fmt.Sprint(err), text) {
				t.Errorf("got %v, want %s with %q", err, want, text)
			}
		})
	}
	f("9 no values", func(m snmpwire.Message) []byte { m.PDU.VarBinds = nil; return wire(m) }, Protocol, "without any value")
	f("16 error-status 256", func(m snmpwire.Message) []byte { m.PDU.ErrorStatus = 256; return wire(m) }, Protocol, "error-status")
	f("16 error-status that is a text", func(m snmpwire.Message) []byte {
		m.PDU.ErrorStatus, m.PDU.ErrorIndex = 5, 0
		return bytes.Replace(wire(m), []byte{2, 1, 5, 2, 1, 0}, []byte{4, 1, 'x', 2, 1, 0}, 1)
	}, Protocol, "error-status")
	f("authorizationError", func(m snmpwire.Message) []byte { m.PDU.ErrorStatus = 16; return wire(m) }, Credentials, "no access")
}

// TestValuesThatAreNone: 11-15, 17-19. The value is replaced on the wire by the bytes given.
func TestValuesThatAreNone(t *testing.T) {
	f := func(what string, tag byte, value ...byte) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte {
				good.PDU.VarBinds[0] = snmpwire.VarBind{OID: nameA, Type: snmpwire.OctetString, Bytes: value}
				b := wire(good)
				at := bytes.LastIndex(b, append([]byte{4, byte(len(value))}, value...))
				b[at] = tag
				return [][]byte{b}
			})
			got, err := dial(t, patient(addr)).Get(t.Context(), nameA)
			if err != nil {
				t.Fatal(err)
			}
			if sysUpTime.checked(got[0]) == nil {
				t.Errorf("read as %d", got[0].Uint)
			}
			if got[0].Uint != 0 && got[0].Err != nil {
				t.Errorf("invalid, but has the value %d", got[0].Uint)
			}
		})
	}
	f("11 Counter64 of 10 bytes", 0x46, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	f("12 Counter64 of 0 bytes", 0x46)
	f("13 Counter32 beyond 32 bits", 0x41, 1, 0, 0, 0, 0)
	f("14 TimeTicks of 6 bytes", 0x43, 1, 2, 3, 4, 5, 6)
	f("15 Integer beyond int32", 0x02, 1, 0, 0, 0, 0)
	f("17 a text for a number", 0x04, '4', '2')
	f("17 a Counter32 for TimeTicks", 0x41, 42)
	f("18 NaN in Opaque", 0x44, 0x9f, 0x78, 4, 0x7f, 0xc0, 0, 0)
	f("19 noSuchInstance", 0x81)
	f("19 noSuchObject", 0x80)
}

func TestAnotherSource(t *testing.T) { // 10
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := server.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			req, _ := snmpwire.Decode(buf[:n])
			req.PDU.Type = snmpwire.Response
			other.WriteToUDPAddrPort(wire(req), from) //nolint:errcheck // seen as a timeout
		}
	}()
	_, err = dial(t, quick(server.LocalAddr().(*net.UDPAddr).AddrPort())).Get(t.Context(), nameA)
	if KindOf(err) != Timeout {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestFloodOfForeignReplies(t *testing.T) { // 21
	addr := device(t, func(_, good snmpwire.Message) [][]byte {
		good.PDU.RequestID++
		return slicesOf(wire(good), 2000)
	})
	start := time.Now()
	c := dial(t, quick(addr))
	_, err := c.Get(t.Context(), nameA)
	if KindOf(err) != Timeout || c.Counts().Rejected["request_id"] == 0 {
		t.Errorf("got %v, %+v", err, c.Counts())
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
}

func slicesOf(b []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

func TestRefused(t *testing.T) { // 23
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	addr := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	probe.Close()
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 40 * time.Millisecond, Retries: 2})
	start := time.Now()
	_, err = c.Get(t.Context(), nameA)
	if KindOf(err) != Refused {
		t.Errorf("got %v, want refused", err)
	}
	if took := time.Since(start); took < 120*time.Millisecond {
		t.Errorf("burned 3 attempts in %s", took)
	}
}

func TestValuesAreCopied(t *testing.T) { // 24
	c := &snmpwire.PDU{VarBinds: []snmpwire.VarBind{
		{OID: oid.OID{1, 3, 1}, Type: snmpwire.OctetString, Bytes: []byte("one")},
		{OID: oid.OID{1, 3, 2}, Type: snmpwire.ObjectIdentifier, Object: oid.OID{1, 3, 9}},
	}}
	got := clonePDU(c)
	c.VarBinds[0].Bytes[0], c.VarBinds[0].OID[2], c.VarBinds[1].Object[2] = 'X', 7, 7
	if string(got.VarBinds[0].Bytes) != "one" || got.VarBinds[0].OID[2] != 1 || got.VarBinds[1].Object[2] != 9 {
		t.Errorf("shares memory: %v", got.VarBinds)
	}
	if cap(got.VarBinds[0].Bytes) != 3 {
		t.Errorf("a value of 3 bytes keeps %d", cap(got.VarBinds[0].Bytes))
	}
}

func TestCredentialValidate(t *testing.T) { // 25
	f := func(c Credential, want string) {
		t.Helper()
		got := ""
		if err := c.Validate(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(v2c("public"), "")
	f(v2c(strings.Repeat("x", 127)), "")
	f(v2c(strings.Repeat("x", 128)), "community has 128 bytes, at most 127 are possible")
	f(v2c(""), "SNMP version 2c needs a community")
	f(Credential{Version: "4"}, `SNMP version "4": it is one of 1, 2c, 3`)
	f(Credential{Version: "2c", Community: "c", Username: "u"}, "SNMP version 2c has a community, not a user name and protocols: these need version 3")
	f(Credential{Version: "3"}, "SNMP version 3 needs a user name")
	f(Credential{Version: "3", Username: "u", AuthProtocol: "sha256", AuthPassphrase: "long enough"}, "")
	f(Credential{Version: "3", Username: "u", AuthProtocol: "SHA3", AuthPassphrase: "long enough"},
		`authentication protocol "SHA3": it is one of MD5, SHA, SHA224, SHA256, SHA384, SHA512`)
	f(Credential{Version: "3", Username: "u", AuthProtocol: "SHA", AuthPassphrase: "short"}, "authentication passphrase has 5 bytes, at least 8 are needed")
	f(Credential{Version: "3", Username: "u", PrivProtocol: "AES", PrivPassphrase: "long enough"}, "privacy needs an authentication protocol too")
	f(Credential{Version: "3", Username: "u", PrivPassphrase: "long enough"}, "the privacy passphrase needs a protocol")
	if text := fmt.Sprintf("%v %+v", v2c("hidden"), v2c("hidden")); strings.Contains(text, "hidden") {
		t.Errorf("a credential prints its community: %s", text)
	}
}

func TestCancelReturnsAtOnce(t *testing.T) { // 26
	addr := device(t, func(_, _ snmpwire.Message) [][]byte { return nil })
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := c.Get(ctx, nameA); done <- err }()
	for c.Counts().Requests == 0 {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	cancel()
	err := <-done
	if !errors.Is(err, context.Canceled) || KindOf(err) != "" {
		t.Errorf("got %v, want canceled", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %s", took)
	}
}

func TestCloseEndsACall(t *testing.T) {
	addr := device(t, func(_, _ snmpwire.Message) [][]byte { return nil })
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: time.Minute})
	done := make(chan error)
	go func() { _, err := c.Get(t.Context(), nameA); done <- err }()
	for c.Counts().Requests == 0 {
		time.Sleep(time.Millisecond)
	}
	c.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want closed", err)
	}
}

func TestGetTooBigAndBadNames(t *testing.T) {
	names := make([]oid.OID, 120)
	for i := range names {
		names[i] = nameB.Append(uint32(i))
	}
	f := func(what, version string, answer func(req snmpwire.Message, good *snmpwire.Message)) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte {
				for i, vb := range req.PDU.VarBinds {
					good.PDU.VarBinds[i].Uint = uint64(vb.OID[len(vb.OID)-1])
				}
				answer(req, &good)
				return [][]byte{wire(good)}
			})
			c := dial(t, Device{Addr: addr, Credential: Credential{Version: version, Community: "public"}})
			got, err := c.Get(t.Context(), names...)
			if err != nil || len(got) != len(names) {
				t.Fatalf("got %d values, %v", len(got), err)
			}
			for i, vb := range got {
				bad := i == 7 || i == 77
				if !vb.OID.Equal(names[i]) || !bad && (vb.Uint != uint64(i) || vb.Err != nil) {
					t.Errorf("value %d: %+v", i, vb)
				}
				if bad && what != "tooBig" && vb.Err == nil && !exception(vb.Type) {
					t.Errorf("value %d: got %+v, want none", i, vb)
				}
			}
		})
	}
	f("tooBig", "2c", func(req snmpwire.Message, good *snmpwire.Message) {
		if len(req.PDU.VarBinds) > 10 {
			good.PDU.ErrorStatus, good.PDU.VarBinds = snmpwire.TooBig, nil
		}
	})
	at := func(req snmpwire.Message) int32 {
		for i, vb := range req.PDU.VarBinds {
			if n := vb.OID[len(vb.OID)-1]; n == 7 || n == 77 {
				return int32(i + 1)
			}
		}
		return 0
	}
	f("noSuchName of SNMPv1", "1", func(req snmpwire.Message, good *snmpwire.Message) {
		if i := at(req); i > 0 {
			good.PDU.ErrorStatus, good.PDU.ErrorIndex, good.PDU.VarBinds = snmpwire.NoSuchName, i, req.PDU.VarBinds
		}
	})
	f("genErr with an index", "2c", func(req snmpwire.Message, good *snmpwire.Message) {
		if i := at(req); i > 0 {
			good.PDU.ErrorStatus, good.PDU.ErrorIndex, good.PDU.VarBinds = snmpwire.GenErr, i, req.PDU.VarBinds
		}
	})
	f("genErr without an index", "2c", func(req snmpwire.Message, good *snmpwire.Message) {
		if at(req) > 0 {
			good.PDU.ErrorStatus, good.PDU.VarBinds = snmpwire.GenErr, req.PDU.VarBinds
		}
	})
}
