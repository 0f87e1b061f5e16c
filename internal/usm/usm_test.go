package usm

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestKeys has the examples of RFC 3414, A.3.1 and A.3.2.
func TestKeys(t *testing.T) {
	engine, err := hex.DecodeString("000000000000000000000002")
	if err != nil {
		t.Fatal(err)
	}
	f := func(protocol, wantKu, wantKul string) {
		t.Helper()
		a := Auths[protocol]
		ku := a.PasswordToKey([]byte("maplesyrup"))
		if got := hex.EncodeToString(ku); got != wantKu {
			t.Errorf("%s: Ku: got %s, want %s", protocol, got, wantKu)
		}
		if got := hex.EncodeToString(a.Localize(ku, engine)); got != wantKul {
			t.Errorf("%s: Kul: got %s, want %s", protocol, got, wantKul)
		}
	}
	f("MD5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b")
	f("SHA", "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f")
}

// TestRoundTrip: for all pairs of protocols and all lengths around the blocks of the ciphers, what is sealed is opened
// again, and no bit can be changed.
func TestRoundTrip(t *testing.T) {
	engine := []byte("\x80\x00\x7e\xd9\x04test")
	for authName, auth := range Auths {
		for privName, priv := range Privs {
			ku := auth.PasswordToKey([]byte("a passphrase"))
			k, err := NewKeys(auth, ku, priv, ku, engine)
			if err != nil {
				t.Fatal(err)
			}
			for n := 1; n < 70; n += 3 {
				pdu := bytes.Repeat([]byte{0xa0}, n)
				scoped := AppendScoped(nil, engine, "context", pdu)
				m := Message{ID: 7, Flags: Authentic | Encrypted, EngineID: engine, Boots: 3, Time: 1 << 20, User: []byte("u"), Priv: bytes.Clone(k.Salt(3, 9))}
				m.Scoped = append(scoped, make([]byte, k.Padding(len(scoped)))...)
				wire, code, at := m.Append(nil, auth.Size)
				k.Encrypt(wire[at:], m.Boots, m.Time, m.Priv)
				k.Sign(wire, code)
				before := bytes.Clone(wire)
				got, err := Parse(wire)
				if err != nil || !k.Verify(wire, &got) || !bytes.Equal(wire, before) {
					t.Fatalf("%s %s, %d octets: not authentic, %v", authName, privName, n, err)
				}
				wire[len(wire)-1] ^= 1
				if k.Verify(wire, &got) {
					t.Fatalf("%s: a changed bit is not noticed", authName)
				}
				wire[len(wire)-1] ^= 1
				if err := k.Decrypt(got.Scoped, got.Boots, got.Time, got.Priv); err != nil {
					t.Fatal(err)
				}
				id, context, back, err := ParseScoped(got.Scoped)
				if err != nil || !bytes.Equal(id, engine) || string(context) != "context" || !bytes.Equal(back, pdu) {
					t.Fatalf("%s %s, %d octets: got %x, %q, %x, %v", authName, privName, n, id, context, back, err)
				}
			}
			if k.Decrypt(nil, 0, 0, make([]byte, 8)) == nil || k.Decrypt(make([]byte, 16), 0, 0, make([]byte, 7)) == nil {
				t.Errorf("%s %s: wrong lengths are decrypted", authName, privName)
			}
		}
	}
}

func TestKeysTakeNoMemory(t *testing.T) {
	k, err := NewKeys(Auths["SHA"], []byte("key"), Privs["AES"], []byte("key"), []byte("engine"))
	if err != nil {
		t.Fatal(err)
	}
	text, m := make([]byte, 1200), Message{Auth: make([]byte, 12)}
	k.Sign(text, 0)
	if allocs := testing.AllocsPerRun(100, func() {
		k.Encrypt(text, 1, 2, k.Salt(1, 3))
		k.Sign(text, 0)
		k.Verify(text, &m)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzParse: nothing panics, and what is parsed is encoded and parsed again as the same.
func FuzzParse(f *testing.F) {
	m := Message{ID: 5, Flags: Reportable, EngineID: []byte("engine"), User: []byte("u"), Scoped: AppendScoped(nil, []byte("engine"), "c", []byte{0xa0, 0})}
	wire, _, _ := m.Append(nil, 0)
	f.Add(wire)
	m.Flags, m.Priv = Authentic|Encrypted, make([]byte, 8)
	wire, _, _ = m.Append(nil, 12)
	f.Add(wire)
	f.Add([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		ParseScoped(b) //nolint:errcheck // must not panic
		m, err := Parse(b)
		if err != nil {
			return
		}
		code := m.Auth
		wire, at, _ := m.Append(nil, len(code))
		copy(wire[at:], code)
		again, err := Parse(wire)
		if err != nil || again.ID != m.ID || again.Flags != m.Flags || again.Boots != m.Boots || again.Time != m.Time ||
			!bytes.Equal(again.EngineID, m.EngineID) || !bytes.Equal(again.User, m.User) || !bytes.Equal(again.Auth, code) ||
			!bytes.Equal(again.Priv, m.Priv) || !bytes.Equal(again.Scoped, m.Scoped) {
			t.Fatalf("%x is written as %x, %v", b, wire, err)
		}
	})
}
