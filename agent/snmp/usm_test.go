package snmp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	ber "ninewatch/internal/usm"
)

// TestKeys has the examples of RFC 3414, A.3.1 and A.3.2.
func TestKeys(t *testing.T) {
	engine, _ := hex.DecodeString("000000000000000000000002")
	f := func(protocol, want string) {
		t.Helper()
		a := ber.Auths[protocol]
		if got := hex.EncodeToString(a.Localize(a.PasswordToKey([]byte("maplesyrup")), engine)); got != want {
			t.Errorf("%s: got %s, want %s", protocol, got, want)
		}
	}
	f("MD5", "526f5eed9fcce26f8964c2930787d82b")
	f("SHA", "6695febc9288e36282235fc7151f128497b38f3f")
}

var gosnmpAuth = map[string]gosnmp.SnmpV3AuthProtocol{"MD5": gosnmp.MD5, "SHA": gosnmp.SHA, "SHA224": gosnmp.SHA224,
	"SHA256": gosnmp.SHA256, "SHA384": gosnmp.SHA384, "SHA512": gosnmp.SHA512}

var gosnmpPriv = map[string]gosnmp.SnmpV3PrivProtocol{"DES": gosnmp.DES, "AES": gosnmp.AES, "AES192": gosnmp.AES192,
	"AES192C": gosnmp.AES192C, "AES256": gosnmp.AES256, "AES256C": gosnmp.AES256C}

// testLane encodes without a socket.
func testLane() *lane { return &lane{} }

// TestGosnmpReadsOurMessages compares all pairs of protocols with an independent implementation.
func TestGosnmpReadsOurMessages(t *testing.T) {
	for auth := range ber.Auths {
		for priv := range ber.Privs {
			t.Run(auth+" "+priv, func(t *testing.T) {
				u := newUSM(user("someone", auth, priv))
				if err := u.adopt([]byte("\x80\x00\x1f\x88\x04engine")); err != nil {
					t.Fatal(err)
				}
				u.clock = engineClock{boots: 7, time: 1000, at: time.Now()}
				l := testLane()
				err := u.encode(l, &request{id: 77, pdu: &snmpwire.PDU{Type: snmpwire.TrapV2, RequestID: 77, VarBinds: []snmpwire.VarBind{
					{OID: nameA, Type: snmpwire.TimeTicks, Uint: 4711}}}})
				if err != nil {
					t.Fatal(err)
				}
				other := &gosnmp.GoSNMP{Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.AuthPriv,
					SecurityParameters: &gosnmp.UsmSecurityParameters{UserName: "someone", AuthoritativeEngineID: string(u.engineID),
						AuthenticationProtocol: gosnmpAuth[auth], AuthenticationPassphrase: authPass,
						PrivacyProtocol: gosnmpPriv[priv], PrivacyPassphrase: privPass}}
				got, err := other.UnmarshalTrap(l.buf, false)
				if err != nil {
					t.Fatal(err)
				}
				if len(got.Variables) != 1 || got.RequestID != 77 || fmt.Sprint(got.Variables[0].Value) != "4711" {
					t.Errorf("got %+v", got)
				}
			})
		}
	}
}

// engine is an SNMPv3 agent that may lie. It holds the same keys as the client.
type engine struct {
	mu    sync.Mutex
	u     *usm
	boots uint32
	time  uint32
	seen  int
	shift func()                                                     // before each answer
	reply func(e *engine, in ber.Message, m snmpwire.Message) []byte // nil: a good one
}

func startEngine(t *testing.T, c Credential, id string) (*engine, netip.AddrPort) {
	t.Helper()
	e := &engine{u: newUSM(c), boots: 3, time: 500}
	if err := e.u.adopt([]byte(id)); err != nil {
		t.Fatal(err)
	}
	addr := snmptest.Fake(t, func(b []byte) [][]byte {
		e.mu.Lock()
		defer e.mu.Unlock()
		if answer := e.answer(b); answer != nil {
			return [][]byte{answer}
		}
		return nil
	})
	return e, addr
}

func (e *engine) set(f func(*engine)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(e)
}

func (e *engine) answer(b []byte) []byte {
	in, err := ber.Parse(b)
	if err != nil {
		return nil
	}
	if e.seen++; e.shift != nil {
		e.shift()
	}
	if !bytes.Equal(in.EngineID, e.u.engineID) {
		return e.report(in, 4, 0)
	}
	if in.Flags&ber.Authentic != 0 && !e.u.keys.Verify(b, &in) {
		return e.report(in, 5, 0)
	}
	if in.Boots != e.boots {
		return e.report(in, 2, ber.Authentic)
	}
	if in.Flags&ber.Encrypted != 0 {
		if e.u.keys.Decrypt(in.Scoped, in.Boots, in.Time, in.Priv) != nil {
			return nil
		}
	}
	var m snmpwire.Message
	_, _, pdu, err := ber.ParseScoped(in.Scoped)
	if err != nil || snmpwire.DecodePDU(&m, pdu) != nil {
		return nil
	}
	if e.reply != nil {
		return e.reply(e, in, m)
	}
	return e.good(in, m, e.u.level)
}

func (e *engine) good(in ber.Message, m snmpwire.Message, level byte) []byte {
	pdu := snmpwire.PDU{Type: snmpwire.Response, RequestID: m.PDU.RequestID}
	for _, vb := range m.PDU.VarBinds {
		pdu.VarBinds = append(pdu.VarBinds, snmpwire.VarBind{OID: vb.OID, Type: snmpwire.TimeTicks, Uint: 42})
	}
	return e.seal(in, pdu, level)
}

func (e *engine) report(in ber.Message, stat uint32, level byte) []byte {
	return e.seal(in, snmpwire.PDU{Type: snmpwire.Report, VarBinds: []snmpwire.VarBind{
		{OID: usmStats.Append(stat, 0), Type: snmpwire.Counter32, Uint: 1}}}, level)
}

func (e *engine) seal(in ber.Message, pdu snmpwire.PDU, level byte) []byte {
	m := ber.Message{ID: in.ID, Flags: level, EngineID: e.u.engineID, Boots: e.boots, Time: e.time, User: in.User,
		Scoped: ber.AppendScoped(nil, e.u.engineID, "", snmpwire.AppendPDU(nil, &pdu))}
	u := *e.u
	if u.level = level; level&ber.Authentic == 0 {
		u.auth.Size = 0
	}
	l := testLane()
	if u.seal(l, &m) != nil {
		return nil
	}
	return l.buf
}

const engineA, engineB = "\x80\x00\x1f\x88\x04engine A", "\x80\x00\x1f\x88\x04engine B"

func TestEngineChanges(t *testing.T) {
	cred := user("someone", "SHA256", "AES")
	e, addr := startEngine(t, cred, engineA)
	c := dial(t, Device{Addr: addr, Credential: cred, Timeout: 500 * time.Millisecond, Retries: 1})
	ask := func(what string, want ErrKind) {
		t.Helper()
		got, err := c.Get(t.Context(), nameA)
		if KindOf(err) != want || err == nil && got[0].Uint != 42 {
			t.Fatalf("%s: got %v, %v", what, got, err)
		}
	}
	ask("first", "")
	e.set(func(e *engine) { e.boots, e.time = 4, 1 })
	ask("54 boots + 1", "")
	e.set(func(e *engine) {
		if err := e.u.adopt([]byte(engineB)); err != nil {
			t.Error(err)
		}
		e.boots = 1
	})
	ask("47 another engine id", "")
	if got := c.Counts().Engines; got != 1 {
		t.Errorf("engine changes: got %d, want 1", got)
	}
	e.set(func(e *engine) { e.boots, e.time = 9, 100 })
	ask("boots ahead", "")
	e.set(func(e *engine) { e.boots = 8 })
	ask("51 boots back", Engine)
	if c.Counts().Rejected["engine_time"] == 0 {
		t.Errorf("counts: %+v", c.Counts())
	}
}

func TestLyingEngines(t *testing.T) {
	f := func(what, reason string, reply func(e *engine, in ber.Message, m snmpwire.Message) []byte) {
		t.Run(what, func(t *testing.T) {
			cred := user("someone", "SHA", "AES")
			e, addr := startEngine(t, cred, engineA)
			c := dial(t, Device{Addr: addr, Credential: cred, Timeout: 400 * time.Millisecond, Retries: 1})
			if _, err := c.Get(t.Context(), nameA); err != nil {
				t.Fatal(err)
			}
			e.set(func(e *engine) { e.reply = reply })
			if got, err := c.Get(t.Context(), nameA); err == nil {
				t.Fatalf("took %v", got)
			}
			if c.Counts().Rejected[reason] == 0 {
				t.Errorf("got %+v, want %s", c.Counts(), reason)
			}
		})
	}
	f("49 signed by another engine", "engine_id", func(e *engine, in ber.Message, m snmpwire.Message) []byte {
		other := &engine{u: newUSM(user("someone", "SHA", "AES")), boots: e.boots, time: e.time}
		if err := other.u.adopt([]byte(engineB)); err != nil {
			return nil
		}
		return other.good(in, m, other.u.level)
	})
	f("50 plaintext", "security_level", func(e *engine, in ber.Message, m snmpwire.Message) []byte { return e.good(in, m, 0) })
	f("50 signed, not encrypted", "security_level", func(e *engine, in ber.Message, m snmpwire.Message) []byte { return e.good(in, m, ber.Authentic) })
	f("51 time back", "engine_time", func(e *engine, in ber.Message, m snmpwire.Message) []byte {
		e.time = 10
		return e.good(in, m, e.u.level)
	})
	f("forged digest", "digest", func(e *engine, in ber.Message, m snmpwire.Message) []byte {
		b := e.good(in, m, e.u.level)
		b[len(b)-1] ^= 1
		return b
	})
	f("another message id", "message_id", func(e *engine, in ber.Message, m snmpwire.Message) []byte {
		in.ID++
		return e.good(in, m, e.u.level)
	})
	f("another request-id", "request_id", func(e *engine, in ber.Message, m snmpwire.Message) []byte {
		m.PDU.RequestID++
		return e.good(in, m, e.u.level)
	})
	f("another user", "user", func(e *engine, in ber.Message, m snmpwire.Message) []byte {
		in.User = []byte("else")
		return e.good(in, m, e.u.level)
	})
}

// FuzzOpen: no datagram makes a panic, and none that was not signed passes.
func FuzzOpen(f *testing.F) {
	u := newUSM(user("someone", "SHA", "AES"))
	if err := u.adopt([]byte(engineA)); err != nil {
		f.Fatal(err)
	}
	l := testLane()
	if err := u.encode(l, &request{id: 1, pdu: &snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: 1, VarBinds: nulls([]oid.OID{nameA})}}); err != nil {
		f.Fatal(err)
	}
	request := bytes.Clone(l.buf)
	f.Add(bytes.Clone(request))
	e := &engine{u: u}
	in, _ := ber.Parse(bytes.Clone(request))
	f.Add(e.report(in, 4, 0))
	f.Add([]byte{0x30, 0x84})
	f.Fuzz(func(t *testing.T, b []byte) {
		fresh := newUSM(user("someone", "SHA", "AES"))
		fresh.engineID, fresh.keys = u.engineID, u.keys
		m, err := ber.Parse(b)
		if err != nil {
			return
		}
		before := bytes.Clone(b)
		pdu, err := fresh.open(b, &m, false)
		if err == nil && m.Flags&ber.Level != 0 && !bytes.Equal(before, request) {
			t.Errorf("a reply that nobody signed was taken: %x", b)
		}
		if err == nil && m.Flags&ber.Level == 0 && snmpwire.PDUType(pdu[0]) != snmpwire.Report {
			t.Errorf("more than a report was taken without a signature: %x", b)
		}
		if err != nil && !bytes.Equal(b, before) && fresh.clock.at.IsZero() {
			t.Error("the datagram was changed")
		}
	})
}
