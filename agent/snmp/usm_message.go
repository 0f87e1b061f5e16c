package snmp

import (
	"encoding/binary"
	"errors"
)

// v3Message is a message of RFC 3412, section 6, with USM's parameters of RFC 3414, section 2.4.
type v3Message struct {
	msgID    int32
	flags    byte
	engineID []byte
	boots    uint32
	time     uint32
	user     []byte
	auth     []byte // msgAuthenticationParameters; in a parsed message a part of the datagram
	priv     []byte
	scoped   []byte // contents of ScopedPDU, or the ciphertext when flags has flagPriv
}

const (
	flagAuth       = 1
	flagPriv       = 2
	flagReportable = 4

	tagInteger  = 0x02
	tagOctets   = 0x04
	tagSequence = 0x30

	version3         = 3
	securityModelUSM = 3
	maxMessage       = 65507 // what we can receive: the largest UDP payload over IPv4
)

var errBER = errors.New("not a message of RFC 3412")

// element cuts one element with this tag off b.
func element(b []byte, tag byte) (value, rest []byte, err error) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, errBER
	}
	length, b := int(b[1]), b[2:]
	if length >= 0x80 {
		octets := length & 0x7f
		if octets == 0 || octets > 4 || octets > len(b) {
			return nil, nil, errBER
		}
		length = 0
		for _, x := range b[:octets] {
			length = length<<8 | int(x)
		}
		b = b[octets:]
	}
	if length > len(b) {
		return nil, nil, errBER
	}
	return b[:length:length], b[length:], nil
}

// number cuts an INTEGER from 0 to 2147483647 off b.
func number(b []byte) (n uint32, rest []byte, err error) {
	value, rest, err := element(b, tagInteger)
	if err != nil || len(value) == 0 || len(value) > 5 || value[0]&0x80 != 0 {
		return 0, nil, errBER
	}
	var x uint64
	for _, v := range value {
		x = x<<8 | uint64(v)
	}
	if x > 1<<31-1 {
		return 0, nil, errBER
	}
	return uint32(x), rest, nil
}

// parseV3 reads a message; its parts alias b. It checks the form, nothing of who sent it.
func parseV3(b []byte) (m v3Message, err error) {
	body, rest, err := element(b, tagSequence)
	if err != nil || len(rest) > 0 {
		return m, errBER
	}
	version, body, err := number(body)
	if err != nil || version != version3 {
		return m, errBER
	}
	header, body, err := element(body, tagSequence)
	if err != nil {
		return m, err
	}
	if err := m.parseHeader(header); err != nil {
		return m, err
	}
	security, body, err := element(body, tagOctets)
	if err != nil {
		return m, err
	}
	if err := m.parseSecurity(security); err != nil {
		return m, err
	}
	tag := byte(tagSequence)
	if m.flags&flagPriv != 0 {
		tag = tagOctets
	}
	if m.scoped, rest, err = element(body, tag); err != nil || len(rest) > 0 {
		return m, errBER
	}
	return m, nil
}

func (m *v3Message) parseHeader(b []byte) error {
	id, b, err := number(b)
	if err != nil {
		return err
	}
	m.msgID = int32(id)
	if _, b, err = number(b); err != nil { // msgMaxSize
		return err
	}
	flags, b, err := element(b, tagOctets)
	if err != nil || len(flags) != 1 || flags[0]&(flagAuth|flagPriv) == flagPriv {
		return errBER
	}
	m.flags = flags[0]
	model, b, err := number(b)
	if err != nil || model != securityModelUSM || len(b) > 0 {
		return errBER
	}
	return nil
}

func (m *v3Message) parseSecurity(b []byte) error {
	b, rest, err := element(b, tagSequence)
	if err != nil || len(rest) > 0 {
		return errBER
	}
	if m.engineID, b, err = element(b, tagOctets); err != nil {
		return err
	}
	if m.boots, b, err = number(b); err != nil {
		return err
	}
	if m.time, b, err = number(b); err != nil {
		return err
	}
	if m.user, b, err = element(b, tagOctets); err != nil {
		return err
	}
	if m.auth, b, err = element(b, tagOctets); err != nil {
		return err
	}
	if m.priv, b, err = element(b, tagOctets); err != nil || len(b) > 0 {
		return errBER
	}
	return nil
}

// append encodes m behind dst. m.auth is written as it is; authAt is where it stands.
func (m *v3Message) append(dst []byte) (out []byte, authAt int) {
	header := appendNumber(nil, uint32(m.msgID))
	header = appendNumber(header, maxMessage)
	header = appendElement(header, tagOctets, []byte{m.flags})
	header = appendNumber(header, securityModelUSM)

	security := appendElement(nil, tagOctets, m.engineID)
	security = appendNumber(security, m.boots)
	security = appendNumber(security, m.time)
	security = appendElement(security, tagOctets, m.user)
	security = appendElement(security, tagOctets, m.auth)
	authEnd := len(security)
	security = appendElement(security, tagOctets, m.priv)
	afterAuth := len(security) - authEnd

	tag := byte(tagSequence)
	if m.flags&flagPriv != 0 {
		tag = tagOctets
	}
	scoped := appendElement(nil, tag, m.scoped)

	body := appendNumber(nil, version3)
	body = appendElement(body, tagSequence, header)
	body = appendElement(body, tagOctets, appendElement(nil, tagSequence, security))
	authAt = len(body) - afterAuth - len(m.auth)
	body = append(body, scoped...)
	out = appendElement(dst, tagSequence, body)
	return out, len(out) - len(body) + authAt
}

func appendElement(dst []byte, tag byte, value []byte) []byte {
	dst = append(dst, tag)
	switch n := len(value); {
	case n < 0x80:
		dst = append(dst, byte(n))
	case n < 0x100:
		dst = append(dst, 0x81, byte(n))
	default:
		dst = append(dst, 0x82, byte(n>>8), byte(n))
	}
	return append(dst, value...)
}

func appendNumber(dst []byte, n uint32) []byte {
	b := binary.BigEndian.AppendUint32([]byte{0}, n)
	for len(b) > 1 && b[0] == 0 && b[1] < 0x80 {
		b = b[1:]
	}
	return appendElement(dst, tagInteger, b)
}
