package icmp

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// An echo request of ours and what may come back for it, byte by byte (RFC 792, RFC 4443).
const (
	request4 = "0800 d5b1 1234 0003 0000000000000003 0102030405060708"
	reply4   = "4500002c 00004000 40010000 c0000202 c0000201 0000 ddb1 1234 0003 0000000000000003 0102030405060708"
	// From a router that quotes 8 bytes only, as RFC 792 asks for.
	short4 = "45000038 00000000 40010000 c6336401 c0000201 0301 02e4 00000000" +
		"4500002c 00004000 01010000 c0000201 c0000202 0800 d5b1 1234 0003"
	reply6 = "8100 0000 1234 0003 0000000000000003 0102030405060708"
	error6 = "0101 0000 00000000 60000000 0018 3a 01 20010db8000000000000000000000001 20010db8000000000000000000000002" +
		"8000 abcd 1234 0003 0000000000000003 0102030405060708"
)

var ours = echo{id: 0x1234, seq: 3, full: true, number: 3, nonce: 0x0102030405060708}

func TestPutEcho(t *testing.T) {
	var b [echoSize]byte
	sum := putEcho(b[:], false, ours.id, ours.number, ours.nonce)
	if got, want := hex.EncodeToString(b[:]), strings.ReplaceAll(request4, " ", ""); got != want {
		t.Errorf("IPv4: got %s, want %s", got, want)
	}
	if sum != 0xd5b1 || checksum(b[:]) != 0 {
		t.Errorf("checksum: got %04x", sum)
	}
	putEcho(b[:], true, ours.id, ours.number, ours.nonce)
	if got, want := hex.EncodeToString(b[:]), strings.ReplaceAll("8000 0000 1234 0003 0000000000000003 0102030405060708", " ", ""); got != want {
		t.Errorf("IPv6: got %s, want %s", got, want)
	}
}

func TestParse(t *testing.T) {
	with := func(e echo, sum uint16) echo { e.checksum = sum; return e }
	got, ok := parseIPv4(unhex(t, reply4), true)
	if want := (message{echo: with(ours, 0xddb1)}); !ok || got != want {
		t.Errorf("reply: got %+v %t, want %+v", got, ok, want)
	}
	got, ok = parseIPv4(unhex(t, short4), true)
	want := message{echo: echo{id: 0x1234, seq: 3, checksum: 0xd5b1}, reason: ReasonHostUnreachable, dst: netip.MustParseAddr("192.0.2.2")}
	if !ok || got != want {
		t.Errorf("short error: got %+v %t, want %+v", got, ok, want)
	}
	got, ok = parseICMPv6(unhex(t, reply6))
	if want := (message{echo: ours}); !ok || got != want {
		t.Errorf("IPv6 reply: got %+v %t, want %+v", got, ok, want)
	}
	got, ok = parseICMPv6(unhex(t, error6))
	want = message{echo: with(ours, 0xabcd), reason: ReasonProhibited, dst: netip.MustParseAddr("2001:db8::2")}
	if !ok || got != want {
		t.Errorf("IPv6 error: got %+v %t, want %+v", got, ok, want)
	}
}

func TestParseRefuses(t *testing.T) {
	f := func(what string, spoil func(b []byte) []byte) {
		t.Helper()
		if m, ok := parseIPv4(spoil(unhex(t, reply4)), true); ok {
			t.Errorf("%s: got %+v, want nothing", what, m)
		}
	}
	set := func(i int, v byte) func([]byte) []byte {
		return func(b []byte) []byte { b[i] = v; return b }
	}
	f("no byte", func([]byte) []byte { return nil })
	f("IP version 6", set(0, 0x65))
	f("IP header of 16 bytes", set(0, 0x44))
	f("IP header of 60 bytes", set(0, 0x4f))
	f("a later fragment", set(7, 1))
	f("a wrong checksum", set(22, 0))
	f("no nonce", func(b []byte) []byte { return b[:28] })
	f("a request of somebody", set(20, typeEcho))
	for n := range 44 {
		f("cut", func(b []byte) []byte { return b[:n] })
	}
}

func TestReasons(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(reasonICMP(3, 0), ReasonNetUnreachable)
	f(reasonICMP(3, 1), ReasonHostUnreachable)
	f(reasonICMP(3, 2), ReasonProtocolUnreachable)
	f(reasonICMP(3, 3), ReasonPortUnreachable)
	f(reasonICMP(3, 13), ReasonProhibited)
	f(reasonICMP(3, 5), ReasonUnreachable)
	f(reasonICMP(11, 0), ReasonTTLExceeded)
	f(reasonICMPv6(1, 0), ReasonNetUnreachable)
	f(reasonICMPv6(1, 1), ReasonProhibited)
	f(reasonICMPv6(1, 3), ReasonHostUnreachable)
	f(reasonICMPv6(1, 4), ReasonPortUnreachable)
	f(reasonICMPv6(1, 2), ReasonUnreachable)
	f(reasonICMPv6(3, 0), ReasonTTLExceeded)
}

// FuzzParse looks for packets that make a parser panic, or accept what a checksum forbids.
func FuzzParse(f *testing.F) {
	for _, s := range []string{request4, reply4, short4, reply6, error6, ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := parseIPv4(b, true); ok && m.reason == "" && !m.full {
			t.Errorf("a reply without a nonce: %+v", m)
		}
		parseIPv4(b, false)
		parseICMP(b, true)
		if m, ok := parseICMPv6(b); ok && m.reason == "" && !m.full {
			t.Errorf("a reply without a nonce: %+v", m)
		}
		var p packet
		p.readControl(append([]byte(nil), b...))
		address(b)
	})
}
