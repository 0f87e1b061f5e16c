package snmp

import (
	"strings"
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	ber "ninewatch/internal/usm"
)

// following is the name and value behind each of names.
func following(t *testing.T, s Follower, names ...string) (out []string, err error) {
	t.Helper()
	list := make([]oid.OID, len(names))
	for i := range names {
		list[i] = oid.MustParse(names[i])
	}
	got, err := s.Next(t.Context(), NewBatch(list))
	for _, vb := range got {
		switch {
		case vb.Err != nil:
			out = append(out, vb.Err.Error())
		case vb.OID == nil:
			out = append(out, "-")
		default:
			out = append(out, vb.OID.String()+" "+string(vb.Bytes))
		}
	}
	return out, err
}

// TestNext: what follows each name, also where the end of all is among the answers, which SNMPv1 says by an error that
// takes the place of all of them, and where a device gives little at once.
func TestNext(t *testing.T) {
	rec := snmpagent.ParseRecording([]byte("1.3.6.1.2.1.1.1.0|4|a box\n1.3.6.1.2.1.2.2.1.2.1|4|one\n1.3.6.1.2.1.2.2.1.2.3|4|three\n"))
	names := []string{"1.3.6.1.2.1.1", "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.2.2.1.2.1", "1.3.6.1.2.1.2.2.1.2.2", "1.3.6.1.2.1.2.2.1.2.3", "1.3.6.1.2.1.3"}
	const want = "1.3.6.1.2.1.1.1.0 a box, 1.3.6.1.2.1.2.2.1.2.1 one, 1.3.6.1.2.1.2.2.1.2.3 three, 1.3.6.1.2.1.2.2.1.2.3 three, -, -"
	for what, c := range map[string]struct {
		version string
		o       snmptest.Options
	}{"2c": {"2c", snmptest.Options{}}, "1": {"1", snmptest.Options{}}, "small answers": {"2c", snmptest.Options{MaxMessage: 70}}} {
		t.Run(what, func(t *testing.T) {
			addr := snmptest.Serve(t, rec, c.o).Addr
			s := dial(t, Device{Addr: addr, Credential: Credential{Version: c.version, Community: "public"}, Timeout: 2 * time.Second})
			if got, err := following(t, s, names...); err != nil || strings.Join(got, ", ") != want {
				t.Errorf("got %s, %v", strings.Join(got, ", "), err)
			}
		})
	}
}

// TestNextOfMisbehavingDevices: what cannot be used is told, and nothing is made of it.
func TestNextOfMisbehavingDevices(t *testing.T) {
	f := func(what string, answer func(req snmpwire.Message, good *snmpwire.Message), want string, kind ErrKind) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte {
				if req.PDU.Type != snmpwire.GetNextRequest {
					t.Errorf("PDU 0x%x", req.PDU.Type)
				}
				answer(req, &good)
				return [][]byte{wire(good)}
			})
			got, err := following(t, dial(t, patient(addr)), "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.3")
			if KindOf(err) != kind || strings.Join(got, ", ") != want {
				t.Errorf("got %s, %v", strings.Join(got, ", "), err)
			}
		})
	}
	f("the names that were asked", func(_ snmpwire.Message, _ *snmpwire.Message) {}, "1.3.6.1.2.1.2.2.1.2 , 1.3.6.1.2.1.2.2.1.3 ", "")
	f("one answer for two", func(_ snmpwire.Message, good *snmpwire.Message) { good.PDU.VarBinds = rows(1) },
		"1.3.6.1.2.1.2.2.1.2.1 , the reply leaves this name out", "")
	f("three answers for two", func(_ snmpwire.Message, good *snmpwire.Message) { good.PDU.VarBinds = rows(1, 2, 3) },
		"1.3.6.1.2.1.2.2.1.2.1 , 1.3.6.1.2.1.2.2.1.2.2 ", "")
	f("none", func(_ snmpwire.Message, good *snmpwire.Message) { good.PDU.VarBinds = nil }, "", Protocol)
	f("genErr at one", func(req snmpwire.Message, good *snmpwire.Message) {
		for i, vb := range req.PDU.VarBinds {
			if vb.OID.String() == "1.3.6.1.2.1.2.2.1.3" {
				good.PDU.ErrorStatus, good.PDU.ErrorIndex = snmpwire.GenErr, int32(i+1)
				return
			}
		}
		good.PDU.VarBinds = rows(1)
	}, "1.3.6.1.2.1.2.2.1.2.1 , the device reports an error: genErr", "")
}

// TestNextSecure: SNMPv3 carries it too.
func TestNextSecure(t *testing.T) {
	cred := user("someone", "SHA256", "AES")
	e, addr := startEngine(t, cred, engineA)
	e.set(func(e *engine) {
		e.reply = func(e *engine, in ber.Message, m snmpwire.Message) []byte {
			if m.PDU.Type != snmpwire.GetNextRequest {
				t.Errorf("PDU 0x%x", m.PDU.Type)
			}
			for i := range m.PDU.VarBinds {
				m.PDU.VarBinds[i].OID = m.PDU.VarBinds[i].OID.Append(7)
			}
			return e.good(in, m, e.u.level)
		}
	})
	got, err := following(t, dial(t, Device{Addr: addr, Credential: cred, Timeout: 2 * time.Second}), "1.3.6.1.2.1.2.2.1.2")
	if err != nil || strings.Join(got, ", ") != "1.3.6.1.2.1.2.2.1.2.7 " {
		t.Errorf("got %v, %v", got, err)
	}
}
