package snmpwire

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// slow is a VarBind as the thorough decoder gives it, in the form of a Value with its octets.
func slow(vb VarBind) (v Value, octets []byte) {
	switch vb.Type {
	case Integer:
		return Value{Integer, uint64(vb.Int)}, nil
	case OctetString, Opaque, IPAddress:
		return Value{Type: vb.Type}, vb.Bytes
	case ObjectIdentifier:
		return Value{Type: vb.Type}, AppendOID(nil, vb.Object)
	}
	return Value{vb.Type, vb.Uint}, nil
}

// FuzzQuick: what the quick decoder takes, Decode takes too, with the same meaning.
func FuzzQuick(f *testing.F) {
	f.Add(unhex(f, sysUpTimeAnswer))
	f.Add(with(f, "3007 0603 2b0601 0500"))
	f.Add(with(f, "3010 0603 2b0601 4609 00ffffffffffffffff 3009 0603 2b0602 0402 6869"))
	f.Add(with(f, "3081 0b 0603 2b0601 4104 ffffffff"))
	f.Add(with(f, "300a 0603 2b0601 0603 2b0601"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := QuickHead(b)
		if !ok {
			return
		}
		m, err := Decode(b)
		if h.Type == GetBulkRequest || err != nil && !errors.Is(err, ErrValue) {
			return // the list and the status are checked later
		}
		if h.Version != m.Version || !bytes.Equal(h.Community, m.Community) || h.Type != m.PDU.Type || h.RequestID != m.PDU.RequestID ||
			h.Status != m.PDU.ErrorStatus || h.Index != m.PDU.ErrorIndex {
			t.Fatalf("got %+v, want %+v", h, m)
		}
		var asked []byte
		for _, vb := range m.PDU.VarBinds {
			asked = AppendNull(asked, AppendOID(nil, vb.OID))
		}
		out := make([]Value, len(m.PDU.VarBinds))
		if ok, _ := QuickValues(h.List, asked, out); !ok {
			return
		}
		if err != nil {
			t.Fatalf("taken, but %v", err)
		}
		for i, vb := range m.PDU.VarBinds {
			want, octets := slow(vb)
			got := out[i]
			if !got.Inline() {
				if !bytes.Equal(got.Octets(h.List), octets) {
					t.Fatalf("value %d: got %x, want %x", i, got.Octets(h.List), octets)
				}
				got.Bits = 0
			}
			if got != want {
				t.Fatalf("value %d: got %+v, want %+v", i, got, want)
			}
		}
	})
}

// TestQuickRefuses: what is not exactly as asked is left to the thorough decoder.
func TestQuickRefuses(t *testing.T) {
	asked := append(AppendNull(nil, []byte{0x2b, 6, 1}), AppendNull(nil, []byte{0x2b, 6, 2})...)
	f := func(what, list string, want bool) {
		t.Helper()
		out := make([]Value, 2)
		if got, _ := QuickValues(unhex(t, list), asked, out); got != want {
			t.Errorf("%s: got %t, want %t", what, got, want)
		}
	}
	f("as asked", "3008 0603 2b0601 4101 07 3008 0603 2b0602 4101 08", true)
	f("reordered", "3008 0603 2b0602 4101 08 3008 0603 2b0601 4101 07", false)
	f("one is missing", "3008 0603 2b0601 4101 07", false)
	f("one more", "3008 0603 2b0601 4101 07 3008 0603 2b0602 4101 08 3008 0603 2b0603 4101 08", false)
	f("bytes behind", "3008 0603 2b0601 4101 07 3008 0603 2b0602 4101 08 00", false)
	f("cut", "3008 0603 2b0601 4101 07 3008 0603 2b0602 4101", false)
	f("Counter64 of 10 octets", "3011 0603 2b0601 460a 00000000000000000001 3008 0603 2b0602 4101 08", false)
	f("Counter32 beyond 32 bits", "300c 0603 2b0601 4105 0100000000 3008 0603 2b0602 4101 08", false)
	f("no octets", "3007 0603 2b0601 4100 3008 0603 2b0602 4101 08", false)
	f("another tag", "3008 0603 2b0601 4701 07 3008 0603 2b0602 4101 08", false)
}

func TestQuickTakesNoMemory(t *testing.T) {
	m := Message{Version: V2c, Community: []byte("public"), PDU: PDU{Type: Response, RequestID: 77}}
	var asked []byte
	for i := range uint32(55) {
		name := []uint32{1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, i}
		m.PDU.VarBinds = append(m.PDU.VarBinds, VarBind{OID: name, Type: Counter64, Uint: 1 << 40})
		asked = AppendNull(asked, AppendOID(nil, name))
	}
	wire, out := Append(nil, &m), make([]Value, 55)
	request := make([]byte, 0, 2000)
	allocs := testing.AllocsPerRun(100, func() {
		request = AppendGetMessage(request[:0], V2c, m.Community, GetRequest, 77, asked)
		h, _ := QuickHead(wire)
		if ok, _ := QuickValues(h.List, asked, out); !ok || out[54] != (Value{Counter64, 1 << 40}) {
			t.Fatal("not read")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	got, err := Decode(request)
	if err != nil || got.PDU.Type != GetRequest || got.PDU.RequestID != 77 || len(got.PDU.VarBinds) != 55 {
		t.Errorf("request: %+v, %v", got, err)
	}
	if diff := cmp.Diff(m.PDU.VarBinds[0].OID, got.PDU.VarBinds[0].OID, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
