package icmp

import (
	"encoding/binary"
	"net/netip"
)

// Types and codes of RFC 792 and RFC 4443.
const (
	typeEchoReply    = 0
	typeUnreachable  = 3
	codeTooBig       = 4 // fragmentation needed and DF set
	typeEcho         = 8
	typeTimeExceeded = 11

	type6Unreachable  = 1
	type6TooBig       = 2
	type6TimeExceeded = 3
	type6Echo         = 128
	type6EchoReply    = 129

	protocolICMP   = 1
	protocolICMPv6 = 58
)

// An echo of ours: the ICMP header (8), the number of the probe (8), its nonce (8), and zeros up to the payload
// that was asked for. The sequence number is the low part of the number, so that an error that quotes no more
// than RFC 792 asks for can be matched too.
const (
	headerSize = 8
	minPayload = 16
	echoSize   = headerSize + minPayload
)

// echo identifies a probe, as far as a packet shows it.
type echo struct {
	id, seq  uint16
	checksum uint16
	full     bool // number and nonce are there
	number   uint64
	nonce    uint64
}

// message is what a received packet says.
type message struct {
	echo
	reason string     // of an ICMP error; empty: an echo reply
	dst    netip.Addr // of an ICMP error: where the packet that it quotes was going
}

// putEcho writes an echo request into b, whose octets from echoSize on are zero, and returns its checksum: zeros
// do not change it. For IPv6 the kernel writes the checksum, as it knows the source address.
func putEcho(b []byte, v6 bool, id uint16, number, nonce uint64) uint16 {
	b[0], b[1], b[2], b[3] = typeEcho, 0, 0, 0
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], uint16(number))
	binary.BigEndian.PutUint64(b[8:], number)
	binary.BigEndian.PutUint64(b[16:], nonce)
	if v6 {
		b[0] = type6Echo
		return 0
	}
	sum := checksum(b[:echoSize])
	binary.BigEndian.PutUint16(b[2:], sum)
	return sum
}

// checksum is that of RFC 1071; over data that holds its own checksum it is 0.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// parseIPv4 reads what a raw socket receives: an ICMP message with its IPv4 header in front. whole says that
// b was not cut at the end of our buffer: a checksum can be verified then.
func parseIPv4(b []byte, whole bool) (message, bool) {
	header, ok := headerIPv4(b)
	if !ok {
		return message{}, false
	}
	return parseICMP(b[header:], whole)
}

// parseICMP reads an ICMP message, which is what a datagram socket receives.
func parseICMP(b []byte, whole bool) (message, bool) {
	if len(b) < headerSize || whole && checksum(b) != 0 {
		return message{}, false
	}
	switch b[0] {
	case typeEchoReply:
		e := parseEcho(b)
		return message{echo: e}, b[1] == 0 && e.full
	case typeUnreachable, typeTimeExceeded:
		quoted := b[headerSize:]
		header, ok := headerIPv4(quoted)
		if !ok || quoted[9] != protocolICMP || len(quoted) < header+headerSize || quoted[header] != typeEcho {
			return message{}, false
		}
		return message{
			echo:   parseEcho(quoted[header:]),
			reason: reasonICMP(b[0], b[1]),
			dst:    netip.AddrFrom4([4]byte(quoted[16:20])),
		}, true
	}
	return message{}, false
}

// parseICMPv6 reads an ICMPv6 message, whose checksum the kernel has verified.
func parseICMPv6(b []byte) (message, bool) {
	if len(b) < headerSize {
		return message{}, false
	}
	switch b[0] {
	case type6EchoReply:
		e := parseEcho(b)
		return message{echo: e}, b[1] == 0 && e.full
	case type6Unreachable, type6TooBig, type6TimeExceeded:
		const header = 40
		quoted := b[headerSize:]
		if len(quoted) < header+headerSize || quoted[0]>>4 != 6 || quoted[6] != protocolICMPv6 || quoted[header] != type6Echo {
			return message{}, false
		}
		return message{
			echo:   parseEcho(quoted[header:]),
			reason: reasonICMPv6(b[0], b[1]),
			dst:    netip.AddrFrom16([16]byte(quoted[24:40])),
		}, true
	}
	return message{}, false
}

// headerIPv4 returns the length of the IPv4 header of a packet that is no later fragment.
func headerIPv4(b []byte) (int, bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return 0, false
	}
	n := int(b[0]&15) * 4
	return n, n >= 20 && n <= len(b) && binary.BigEndian.Uint16(b[6:])&0x1fff == 0
}

// parseEcho reads an echo or echo reply of at least headerSize bytes.
func parseEcho(b []byte) echo {
	e := echo{
		checksum: binary.BigEndian.Uint16(b[2:]),
		id:       binary.BigEndian.Uint16(b[4:]),
		seq:      binary.BigEndian.Uint16(b[6:]),
	}
	if len(b) >= echoSize {
		e.full = true
		e.number = binary.BigEndian.Uint64(b[8:])
		e.nonce = binary.BigEndian.Uint64(b[16:])
	}
	return e
}

func reasonICMP(kind, code byte) string {
	if kind == typeTimeExceeded {
		return ReasonTTLExceeded
	}
	switch code {
	case 0, 6, 11:
		return ReasonNetUnreachable
	case 1, 7, 12:
		return ReasonHostUnreachable
	case 2:
		return ReasonProtocolUnreachable
	case 3:
		return ReasonPortUnreachable
	case codeTooBig:
		return ReasonFragmentationNeeded
	case 9, 10, 13:
		return ReasonProhibited
	}
	return ReasonUnreachable
}

func reasonICMPv6(kind, code byte) string {
	switch kind {
	case type6TimeExceeded:
		return ReasonTTLExceeded
	case type6TooBig:
		return ReasonFragmentationNeeded
	}
	switch code {
	case 0:
		return ReasonNetUnreachable
	case 1, 5, 6:
		return ReasonProhibited
	case 3:
		return ReasonHostUnreachable
	case 4:
		return ReasonPortUnreachable
	}
	return ReasonUnreachable
}
