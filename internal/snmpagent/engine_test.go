package snmpagent

import (
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/usm"
)

// TestEngineReports: what RFC 3414, section 3.2, does not let pass is told by the counter that it raises.
func TestEngineReports(t *testing.T) {
	secret, err := NewSecret(User{Name: "u", AuthProtocol: "SHA", AuthPassphrase: "authentic passphrase"})
	if err != nil {
		t.Fatal(err)
	}
	id := []byte("\x80\x00\x7e\xd9\x04test")
	uptime := 1000 * time.Second
	e, err := NewEngine(id, 3, func() time.Duration { return uptime }, secret)
	if err != nil {
		t.Fatal(err)
	}
	ku := usm.Auths["SHA"].PasswordToKey([]byte("authentic passphrase"))
	keys, err := usm.NewKeys(usm.Auths["SHA"], ku, usm.Priv{}, nil, id)
	if err != nil {
		t.Fatal(err)
	}
	pdu := snmpwire.AppendPDU(nil, &snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: 1})
	f := func(what string, change func(*usm.Message), want uint32) {
		t.Helper()
		m := usm.Message{ID: 9, Flags: usm.Authentic, EngineID: id, Boots: 3, Time: 1000, User: []byte("u"), Scoped: usm.AppendScoped(nil, id, "vlan-20", pdu)}
		change(&m)
		wire, code, _ := m.Append(nil, 12)
		keys.Sign(wire, code)
		if m.ID == 10 {
			wire[code] ^= 1
		}
		got, report, ok := e.Open(nil, wire)
		if want == 0 {
			if !ok || string(got) != string(pdu) || string(e.Context()) != "vlan-20" {
				t.Errorf("%s: got %x, %t, context %q", what, got, ok, e.Context())
			}
			return
		}
		in, err := usm.Parse(report)
		if ok || err != nil || in.ID != m.ID {
			t.Errorf("%s: got %t, %x", what, ok, report)
			return
		}
		var reply snmpwire.Message
		_, _, body, err := usm.ParseScoped(in.Scoped)
		if err != nil || snmpwire.DecodePDU(&reply, body) != nil || reply.PDU.Type != snmpwire.Report ||
			!reply.PDU.VarBinds[0].OID.Equal(oid.MustParse("1.3.6.1.6.3.15.1.1").Append(want, 0)) {
			t.Errorf("%s: got %+v, want the counter %d", what, reply.PDU, want)
		}
	}
	f("good", func(*usm.Message) {}, 0)
	f("149 s behind", func(m *usm.Message) { m.Time = 851 }, 0)
	f("level", func(m *usm.Message) { m.Flags = 0 }, 1)
	f("151 s behind", func(m *usm.Message) { m.Time = 849 }, 2)
	f("151 s ahead", func(m *usm.Message) { m.Time = 1151 }, 2)
	f("other boots", func(m *usm.Message) { m.Boots = 2 }, 2)
	f("user", func(m *usm.Message) { m.User = []byte("x") }, 3)
	f("engine", func(m *usm.Message) { m.EngineID = nil }, 4)
	f("digest", func(m *usm.Message) { m.ID = 10 }, 5)
}
