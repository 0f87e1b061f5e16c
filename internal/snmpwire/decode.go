package snmpwire

import (
	"errors"
	"fmt"
	"math"
)

const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagOID         = 0x06
	tagSequence    = 0x30
)

// Decode reads the one message that b holds. With ErrValue the message is filled nevertheless.
func Decode(b []byte) (Message, error) {
	var m Message
	err := DecodeInto(&m, b)
	return m, err
}

// DecodeInto is Decode into the memory of m, whose slices are used again.
func DecodeInto(m *Message, b []byte) error {
	binds := m.PDU.VarBinds[:0]
	*m = Message{names: m.names[:0]}
	m.PDU.VarBinds = binds
	body, err := whole(b, tagSequence, "message")
	if err != nil {
		return err
	}
	version, body, err := readInt32(body, "version")
	if err != nil {
		return err
	}
	if m.Version = Version(version); m.Version != V1 && m.Version != V2c {
		return fmt.Errorf("%w: %d", ErrVersion, version)
	}
	if m.Community, body, err = expect(body, tagOctetString, "community"); err != nil {
		return err
	}
	tag, pdu, rest, err := readTLV(body, "PDU")
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %d after the PDU", ErrTrailing, len(rest))
	}
	m.PDU.Type = PDUType(tag)
	return m.decodePDU(pdu)
}

// DecodePDU decodes the one PDU that b holds into m by the rules of SNMPv2c, as SNMPv3 needs it.
func DecodePDU(m *Message, b []byte) error {
	binds := m.PDU.VarBinds[:0]
	*m = Message{Version: V2c, names: m.names[:0]}
	m.PDU.VarBinds = binds
	tag, pdu, rest, err := readTLV(b, "PDU")
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %d after the PDU", ErrTrailing, len(rest))
	}
	m.PDU.Type = PDUType(tag)
	return m.decodePDU(pdu)
}

func (m *Message) decodePDU(b []byte) error {
	p := &m.PDU
	if p.Type < GetRequest || p.Type > Report || p.Type == TrapV1 {
		return fmt.Errorf("%w: PDU with tag 0x%02x", ErrSyntax, byte(p.Type))
	}
	var second, third int32
	var err error
	if p.RequestID, b, err = readInt32(b, "request-id"); err != nil {
		return err
	}
	if second, b, err = readInt32(b, "error-status"); err != nil {
		return err
	}
	if third, b, err = readInt32(b, "error-index"); err != nil {
		return err
	}
	if p.Type == GetBulkRequest {
		// Negative numbers count as zero (RFC 3416, section 4.2.3).
		p.NonRepeaters, p.MaxRepetitions = max(0, second), max(0, third)
	} else {
		limit := int32(maxErrorStatusOfV2c)
		if m.Version == V1 {
			limit = maxErrorStatusOfV1
		}
		if second < 0 || second > limit {
			return fmt.Errorf("%w: %d", ErrStatus, second)
		}
		if third < 0 {
			return fmt.Errorf("%w: error-index is %d", ErrSyntax, third)
		}
		p.ErrorStatus, p.ErrorIndex = second, third
	}
	list, err := whole(b, tagSequence, "list of variable bindings")
	if err != nil {
		return err
	}
	return m.decodeVarBinds(list)
}

func (m *Message) decodeVarBinds(list []byte) error {
	var invalid error
	for len(list) > 0 {
		bind, rest, err := expect(list, tagSequence, "variable binding")
		if err != nil {
			return err
		}
		list = rest
		name, bind, err := expect(bind, tagOID, "name")
		if err != nil {
			return err
		}
		tag, value, left, err := readTLV(bind, "value")
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return fmt.Errorf("%w: %d in a variable binding", ErrTrailing, len(left))
		}
		var vb VarBind
		if vb.OID, err = m.readOID(name); err != nil {
			return fmt.Errorf("%w: name: %w", ErrSyntax, err)
		}
		if vb.Err = m.readValue(&vb, Type(tag), value); vb.Err != nil && invalid == nil {
			invalid = fmt.Errorf("%s: %w", vb.OID, vb.Err)
		}
		m.PDU.VarBinds = append(m.PDU.VarBinds, vb)
	}
	return invalid
}

// readTLV cuts the first element off b.
func readTLV(b []byte, what string) (tag byte, value, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, nil, fmt.Errorf("%w: %s", ErrTruncated, what)
	}
	tag = b[0]
	if tag&0x1f == 0x1f {
		return 0, nil, nil, fmt.Errorf("%w: %s with a long tag", ErrSyntax, what)
	}
	length, b := int(b[1]), b[2:]
	if length >= 0x80 {
		// The long form, not necessarily the shortest: many agents write 82 00 05 for 5.
		octets := length & 0x7f
		if octets == 0 || octets > 4 {
			return 0, nil, nil, fmt.Errorf("%w: %s with a length of %d octets", ErrSyntax, what, octets)
		}
		if len(b) < octets {
			return 0, nil, nil, fmt.Errorf("%w: %s", ErrTruncated, what)
		}
		length = 0
		for _, x := range b[:octets] {
			length = length<<8 | int(x)
		}
		b = b[octets:]
	}
	if length > len(b) {
		return 0, nil, nil, fmt.Errorf("%w: %s of %d bytes, %d are there", ErrTruncated, what, length, len(b))
	}
	return tag, b[:length:length], b[length:], nil
}

func expect(b []byte, want byte, what string) (value, rest []byte, err error) {
	tag, value, rest, err := readTLV(b, what)
	if err != nil {
		return nil, nil, err
	}
	if tag != want {
		return nil, nil, fmt.Errorf("%w: %s has the tag 0x%02x, not 0x%02x", ErrSyntax, what, tag, want)
	}
	return value, rest, nil
}

// whole is expect for an element that fills b.
func whole(b []byte, want byte, what string) ([]byte, error) {
	value, rest, err := expect(b, want, what)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d after the %s", ErrTrailing, len(rest), what)
	}
	return value, err
}

func readInt32(b []byte, what string) (int32, []byte, error) {
	kind := ErrSyntax
	if what == "error-status" {
		kind = ErrStatus
	}
	value, rest, err := expect(b, tagInteger, what)
	if errors.Is(err, ErrSyntax) {
		return 0, nil, fmt.Errorf("%w: %w", kind, err)
	}
	if err != nil {
		return 0, nil, err
	}
	n, err := signed(value)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %s: %w", kind, what, err)
	}
	return int32(n), rest, nil
}

// signed reads a two's complement number that fits into 32 bits, whatever its length up to 8 octets.
func signed(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 8 {
		return 0, fmt.Errorf("%w: INTEGER of %d octets", ErrValue, len(b))
	}
	n := int64(int8(b[0]))
	for _, x := range b[1:] {
		n = n<<8 | int64(x)
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0, fmt.Errorf("%w: INTEGER %d is beyond 32 bits", ErrValue, n)
	}
	return n, nil
}

// unsigned reads a number of at most size octets. One more is allowed when it is the zero that keeps
// the first bit clear; agents that leave this zero out are common, and what they mean is plain.
func unsigned(b []byte, size int, name string) (uint64, error) {
	switch {
	case len(b) == 0, len(b) > size+1:
		return 0, fmt.Errorf("%w: %s of %d octets", ErrValue, name, len(b))
	case len(b) == size+1 && b[0] != 0:
		return 0, fmt.Errorf("%w: %s is beyond %d bits", ErrValue, name, 8*size)
	}
	var n uint64
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return n, nil
}
