package snmpwire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ninewatch/internal/oid"
)

// sysUpTimeAnswer is what Debian's snmpd sent for sysUpTime.0, byte for byte.
const sysUpTimeAnswer = "302c02010104067075626c6963a21f020412345678020100020100" +
	"3011300f06082b060102010103004303012345"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// with wraps variable bindings, given in hexadecimal, into a sound response.
func with(t testing.TB, binds string) []byte {
	list := unhex(t, binds)
	pdu := append(unhex(t, "020101 020100 020100"), appendHeader(nil, tagSequence, len(list))...)
	pdu = append(pdu, list...)
	body := append(unhex(t, "020101 0406 7075626c6963"), appendHeader(nil, 0xa2, len(pdu))...)
	body = append(body, pdu...)
	return append(appendHeader(nil, tagSequence, len(body)), body...)
}

func TestDecodeSysUpTime(t *testing.T) {
	got, err := Decode(unhex(t, sysUpTimeAnswer))
	if err != nil {
		t.Fatal(err)
	}
	want := Message{Version: V2c, Community: []byte("public"), PDU: PDU{
		Type: Response, RequestID: 0x12345678,
		VarBinds: []VarBind{{OID: oid.OID{1, 3, 6, 1, 2, 1, 1, 3, 0}, Type: TimeTicks, Uint: 0x012345}},
	}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Message{})); diff != "" {
		t.Error(diff)
	}
	if again := hex.EncodeToString(Append(nil, &got)); again != sysUpTimeAnswer {
		t.Errorf("encoded again: got %s, want %s", again, sysUpTimeAnswer)
	}
}

// TestDecodeRejects is ROBUSTNESS 3: garbage, truncation, trailing bytes, versions, error-status.
func TestDecodeRejects(t *testing.T) {
	sound := sysUpTimeAnswer
	f := func(what, packet string, want error) {
		t.Helper()
		if _, err := Decode(unhex(t, packet)); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	f("nothing", "", ErrTruncated)
	f("garbage", "deadbeef", ErrSyntax)
	f("another tag", "3102"+"0500", ErrSyntax)
	f("a byte behind", sound+"00", ErrTrailing)
	f("version 3", strings.Replace(sound, "0201010406", "0201030406", 1), ErrVersion)
	f("version 2", strings.Replace(sound, "0201010406", "0201020406", 1), ErrVersion)
	f("trap of version 1", strings.Replace(sound, "a21f", "a41f", 1), ErrSyntax)
	f("unknown PDU", strings.Replace(sound, "a21f", "a91f", 1), ErrSyntax)
	f("status 19", strings.Replace(sound, "020100020100", "020113020100", 1), ErrStatus)
	f("status -1", strings.Replace(sound, "020100020100", "0201ff020100", 1), ErrStatus)
	f("status 256", "302d02010104067075626c6963a2200204123456780202010002010030113"+
		"00f06082b060102010103004303012345", ErrStatus)
	f("status as text", strings.Replace(sound, "020100020100", "040100020100", 1), ErrSyntax)
	f("status 6 in version 1", strings.Replace(strings.Replace(sound, "020100020100", "020106020100", 1),
		"0201010406", "0201000406", 1), ErrStatus)
	f("negative error-index", strings.Replace(sound, "020100020100", "0201000201ff", 1), ErrSyntax)
	f("indefinite length", "3080"+sound[4:]+"0000", ErrSyntax)
	f("length of five octets", "30850000000000", ErrSyntax)
	f("length beyond the packet", "3084ffffffff"+sound[4:], ErrTruncated)
}

func TestEveryCutIsRejected(t *testing.T) {
	sound := unhex(t, sysUpTimeAnswer)
	for n := range sound {
		if _, err := Decode(sound[:n]); !errors.Is(err, ErrTruncated) {
			t.Errorf("first %d of %d bytes: got %v, want %v", n, len(sound), err, ErrTruncated)
		}
	}
}

// TestDecodeNames: a name that cannot be read makes the whole message worthless.
func TestDecodeNames(t *testing.T) {
	f := func(what, binds string, want error) {
		t.Helper()
		if _, err := Decode(with(t, binds)); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	f("sound", "3007 0603 2b0601 0500", nil)
	f("none at all", "", nil)
	f("empty name", "3004 0600 0500", ErrSyntax)
	f("padded number", "3007 0603 2b8001 0500", ErrSyntax)
	f("unfinished number", "3006 0602 2b81 0500", ErrSyntax)
	f("2^32", "300a 0606 2b9080808000 0500", ErrSyntax)
	f("2^32-1", "300a 0606 2b8fffffff7f 0500", nil)
	f("129 numbers", "308185 068180 2b"+strings.Repeat("01", 127)+"0500", ErrSyntax)
	f("128 numbers", "308183 067f 2b"+strings.Repeat("01", 126)+"0500", nil)
	f("name is a number", "3007 0203 2b0601 0500", ErrSyntax)
	f("no value", "3005 0603 2b0601", ErrTruncated)
	f("two values", "3009 0603 2b0601 0500 0500", ErrTrailing)
}

// TestDecodeValues is ROBUSTNESS 3, cases 11 to 15: what is not a value of its type is never a number.
func TestDecodeValues(t *testing.T) {
	name := "0603 2b0601"
	f := func(value string, want VarBind) {
		t.Helper()
		raw := unhex(t, name+value)
		m, err := Decode(with(t, hex.EncodeToString(append(appendHeader(nil, tagSequence, len(raw)), raw...))))
		if err != nil {
			t.Errorf("%s: %v", value, err)
			return
		}
		want.OID = oid.OID{1, 3, 6, 1}
		if diff := cmp.Diff([]VarBind{want}, m.PDU.VarBinds); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
	}
	f("0201 ff", VarBind{Type: Integer, Int: -1})
	f("0204 80000000", VarBind{Type: Integer, Int: math.MinInt32})
	f("0205 007fffffff", VarBind{Type: Integer, Int: math.MaxInt32})
	f("4104 ffffffff", VarBind{Type: Counter32, Uint: math.MaxUint32})
	f("4105 00ffffffff", VarBind{Type: Counter32, Uint: math.MaxUint32})
	f("4203 000001", VarBind{Type: Gauge32, Uint: 1})
	f("4608 ffffffffffffffff", VarBind{Type: Counter64, Uint: math.MaxUint64})
	f("4609 00ffffffffffffffff", VarBind{Type: Counter64, Uint: math.MaxUint64})
	f("0600", VarBind{Type: ObjectIdentifier, Object: oid.OID{0, 0}})
	f("0603 883703", VarBind{Type: ObjectIdentifier, Object: oid.OID{2, 999, 3}})
	f("4004 c0000201", VarBind{Type: IPAddress, Bytes: []byte{192, 0, 2, 1}})
	f("0482 0002 6869", VarBind{Type: OctetString, Bytes: []byte("hi")})
	f("8100", VarBind{Type: NoSuchInstance})
}

func TestDecodeInvalidValues(t *testing.T) {
	f := func(value, want string) {
		t.Helper()
		bad := unhex(t, "0603 2b0601"+value)
		raw := append(appendHeader(nil, tagSequence, len(bad)), bad...)
		good := "3008 0603 2b0602 4101 07"
		m, err := Decode(with(t, hex.EncodeToString(raw)+strings.ReplaceAll(good, " ", "")))
		if !errors.Is(err, ErrValue) || err.Error() != "1.3.6.1: value is not one of its type: "+want {
			t.Errorf("%s: got the error %v, want %q", value, err, want)
			return
		}
		if got := m.PDU.VarBinds[0]; got.Err == nil || got.Uint != 0 || got.Int != 0 {
			t.Errorf("%s: got %+v, want Err and no number", value, got)
		}
		if got := m.PDU.VarBinds[1]; got.Err != nil || got.Uint != 7 {
			t.Errorf("%s: its neighbour: got %+v, want 7", value, got)
		}
	}
	f("4600", "Counter64 of 0 octets")
	f("460a 00000000000000000001", "Counter64 of 10 octets")
	f("4609 010000000000000000", "Counter64 is beyond 64 bits")
	f("4105 0100000000", "Counter32 is beyond 32 bits")
	f("4306 000000000001", "TimeTicks of 6 octets")
	f("4200", "Gauge32 of 0 octets")
	f("0205 0080000000", "INTEGER 2147483648 is beyond 32 bits")
	f("0208 8000000000000000", "INTEGER -9223372036854775808 is beyond 32 bits")
	f("0200", "INTEGER of 0 octets")
	f("4003 0a0000", "IpAddress of 3 octets")
	f("0501 00", "tag 0x05 with 1 octets")
	f("8001 00", "tag 0x80 with 1 octets")
	f("0602 2b81", "object identifier ends within a number")
	f("4701 00", "tag 0x47")
	f("3000", "tag 0x30")
}

func TestAppend(t *testing.T) {
	f := func(m Message, want string) {
		t.Helper()
		want = strings.ReplaceAll(want, " ", "")
		if got := hex.EncodeToString(Append(nil, &m)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for i := range m.PDU.VarBinds {
			if got, want := m.PDU.VarBinds[i].Size(), len(m.PDU.VarBinds[i].append(nil)); got != want {
				t.Errorf("size: got %d, want %d", got, want)
			}
		}
	}
	f(Message{Version: V2c, Community: []byte("public"), PDU: PDU{
		Type: GetBulkRequest, RequestID: -1, NonRepeaters: 1, MaxRepetitions: 300,
		VarBinds: []VarBind{{OID: oid.OID{1, 3, 6, 1, 4, 1, 2021}, Type: Null}},
	}}, "3026 020101 0406 7075626c6963 a519 0201ff 020101 0202012c 300d 300b 0607 2b060104018f65 0500")
	f(Message{Version: V1, PDU: PDU{Type: Response, ErrorStatus: NoSuchName, ErrorIndex: 1, VarBinds: []VarBind{
		{OID: oid.OID{2, 999, 3}, Type: Counter64, Uint: math.MaxUint64},
		{OID: oid.OID{0, 0}, Type: EndOfMibView},
	}}}, "302b 020100 0400 a224 020100 020102 020101 3019 3010 0603 883703 4609 00ffffffffffffffff 3005 0601 00 8200")
}

func TestLongLengths(t *testing.T) {
	for _, n := range []int{0, 127, 128, 255, 256, 65535, 65536, 100000} {
		m := Message{Version: V2c, Community: []byte("c"), PDU: PDU{Type: Response, RequestID: 9, VarBinds: []VarBind{
			{OID: oid.OID{1, 3, 6}, Type: OctetString, Bytes: bytes.Repeat([]byte{'x'}, n)},
		}}}
		got, err := Decode(Append(nil, &m))
		if err != nil || len(got.PDU.VarBinds) != 1 || len(got.PDU.VarBinds[0].Bytes) != n {
			t.Errorf("text of %d octets does not come back: %v", n, err)
		}
	}
}

// FuzzDecode: what is read is written and read again as the same, and nothing panics.
func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, sysUpTimeAnswer))
	f.Add(with(f, "3007 0603 2b0601 0500"))
	f.Add(with(f, "3010 0603 2b0601 4609 00ffffffffffffffff"))
	f.Add(with(f, "300b 0603 2b0601 4104 ffffffff"))
	f.Add(with(f, "300a 0606 2b8fffffff7f 8200"))
	f.Add([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		wire := Append(nil, &m)
		again, err := Decode(wire)
		if err != nil {
			t.Fatalf("%x is written as %x, which is not read: %v", b, wire, err)
		}
		if !bytes.Equal(wire, Append(nil, &again)) {
			t.Fatalf("%x is not stable", wire)
		}
		if diff := cmp.Diff(m.PDU.VarBinds, again.PDU.VarBinds, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkDecodeInto(b *testing.B) {
	m := Message{Version: V2c, Community: []byte("public"), PDU: PDU{Type: Response, RequestID: 77}}
	for i := range uint32(55) {
		m.PDU.VarBinds = append(m.PDU.VarBinds, VarBind{OID: oid.OID{1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, i}, Type: Counter64, Uint: 1 << 40})
	}
	wire := Append(nil, &m)
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		if err := DecodeInto(&m, wire); err != nil {
			b.Fatal(err)
		}
	}
}
