package snmp

import (
	"bytes"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	ber "ninewatch/internal/usm"
)

// TestAllProtocols: for each pair of protocols our Client and gosnmp read the same engine, with a context.
func TestAllProtocols(t *testing.T) {
	began := time.Now()
	for auth := range ber.Auths {
		for priv := range ber.Privs {
			t.Run(auth+" "+priv, func(t *testing.T) {
				secret, err := snmpagent.NewSecret(snmpagent.User{Name: "someone", AuthProtocol: auth, AuthPassphrase: authPass, PrivProtocol: priv, PrivPassphrase: privPass})
				if err != nil {
					t.Fatal(err)
				}
				e, err := snmpagent.NewEngine([]byte(engineA), 5, func() time.Duration { return time.Since(began) }, secret)
				if err != nil {
					t.Fatal(err)
				}
				addr := snmptest.Fake(t, func(b []byte) [][]byte {
					pdu, report, ok := e.Open(nil, b)
					if !ok {
						return [][]byte{report}
					}
					var m snmpwire.Message
					if snmpwire.DecodePDU(&m, pdu) != nil {
						return nil
					}
					m.PDU.Type = snmpwire.Response
					for i := range m.PDU.VarBinds {
						m.PDU.VarBinds[i].Type, m.PDU.VarBinds[i].Bytes = snmpwire.OctetString, bytes.Clone(e.Context())
					}
					return [][]byte{e.Seal(nil, snmpwire.AppendPDU(nil, &m.PDU))}
				})
				cred := user("someone", auth, priv)
				cred.Context = "vlan-20"
				c := dial(t, Device{Addr: addr, Credential: cred, Timeout: 2 * time.Second})
				for range 2 {
					if got, err := c.Get(t.Context(), nameA, nameB); err != nil || string(got[1].Bytes) != "vlan-20" {
						t.Fatalf("got %v, %v", got, err)
					}
				}
				other := &gosnmp.GoSNMP{Target: addr.Addr().String(), Port: addr.Port(), Version: gosnmp.Version3, Timeout: 2 * time.Second, MaxOids: 60,
					SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.AuthPriv, ContextName: "vlan-20",
					SecurityParameters: &gosnmp.UsmSecurityParameters{UserName: "someone", AuthenticationProtocol: gosnmpAuth[auth],
						AuthenticationPassphrase: authPass, PrivacyProtocol: gosnmpPriv[priv], PrivacyPassphrase: privPass}}
				if err := other.Connect(); err != nil {
					t.Fatal(err)
				}
				defer other.Conn.Close() //nolint:errcheck // a UDP socket
				got, err := other.Get([]string{nameA.String()})
				if err != nil || len(got.Variables) != 1 || string(got.Variables[0].Value.([]byte)) != "vlan-20" {
					t.Errorf("gosnmp: got %+v, %v", got, err)
				}
			})
		}
	}
}
