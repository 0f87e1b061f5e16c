package usm

import (
	"encoding/binary"
	"errors"
)

// Message is a message of RFC 3412, section 6, with USM's parameters of RFC 3414, section 2.4. What Parse
// returns aliases the datagram.
type Message struct {
	ID       int32
	Flags    byte
	EngineID []byte
	Boots    uint32
	Time     uint32
	User     []byte
	Auth     []byte // msgAuthenticationParameters
	Priv     []byte // msgPrivacyParameters
	Scoped   []byte // the element ScopedPDU with its header, or the ciphertext when Flags has Encrypted
}

// Flags of a message.
const (
	Authentic  = 1
	Encrypted  = 2
	Reportable = 4
	Level      = Authentic | Encrypted
)

const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagSequence = 0x30

	version3      = 3
	securityModel = 3
	maxMessage    = 65507 // what we can receive: the largest UDP payload over IPv4
)

var errForm = errors.New("not a message of RFC 3412")

// element cuts one element with this tag off b.
func element(b []byte, tag byte) (value, rest []byte, err error) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, errForm
	}
	length, b := int(b[1]), b[2:]
	if length >= 0x80 {
		octets := length & 0x7f
		if octets == 0 || octets > 4 || octets > len(b) {
			return nil, nil, errForm
		}
		length = 0
		for _, x := range b[:octets] {
			length = length<<8 | int(x)
		}
		b = b[octets:]
	}
	if length < 0 || length > len(b) {
		return nil, nil, errForm
	}
	return b[:length:length], b[length:], nil
}

// number cuts an INTEGER from 0 to 2147483647 off b.
func number(b []byte) (n uint32, rest []byte, err error) {
	value, rest, err := element(b, tagInteger)
	if err != nil || len(value) == 0 || len(value) > 5 || value[0]&0x80 != 0 {
		return 0, nil, errForm
	}
	var x uint64
	for _, v := range value {
		x = x<<8 | uint64(v)
	}
	if x > 1<<31-1 {
		return 0, nil, errForm
	}
	return uint32(x), rest, nil
}

// Parse reads a message. It checks the form, nothing of who sent it.
func Parse(b []byte) (m Message, err error) {
	body, rest, err := element(b, tagSequence)
	if err != nil || len(rest) > 0 {
		return m, errForm
	}
	version, body, err := number(body)
	if err != nil || version != version3 {
		return m, errForm
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
	if m.Flags&Encrypted != 0 {
		if m.Scoped, rest, err = element(body, tagOctets); err != nil || len(rest) > 0 {
			return m, errForm
		}
		return m, nil
	}
	if _, rest, err = element(body, tagSequence); err != nil || len(rest) > 0 {
		return m, errForm
	}
	m.Scoped = body
	return m, nil
}

func (m *Message) parseHeader(b []byte) error {
	id, b, err := number(b)
	if err != nil {
		return err
	}
	m.ID = int32(id)
	if _, b, err = number(b); err != nil { // msgMaxSize
		return err
	}
	flags, b, err := element(b, tagOctets)
	if err != nil || len(flags) != 1 || flags[0]&Level == Encrypted {
		return errForm
	}
	m.Flags = flags[0]
	model, b, err := number(b)
	if err != nil || model != securityModel || len(b) > 0 {
		return errForm
	}
	return nil
}

func (m *Message) parseSecurity(b []byte) error {
	b, rest, err := element(b, tagSequence)
	if err != nil || len(rest) > 0 {
		return errForm
	}
	if m.EngineID, b, err = element(b, tagOctets); err != nil {
		return err
	}
	if m.Boots, b, err = number(b); err != nil {
		return err
	}
	if m.Time, b, err = number(b); err != nil {
		return err
	}
	if m.User, b, err = element(b, tagOctets); err != nil {
		return err
	}
	if m.Auth, b, err = element(b, tagOctets); err != nil {
		return err
	}
	if m.Priv, b, err = element(b, tagOctets); err != nil || len(b) > 0 {
		return errForm
	}
	return nil
}

// Append encodes m behind dst with zeros for its code, and returns where that and the scoped PDU stand. Scoped
// is written as it is, within an OCTET STRING when Flags has Encrypted.
func (m *Message) Append(dst []byte, codeSize int) (out []byte, code, scoped int) {
	security := size(len(m.EngineID)) + numberSize(m.Boots) + numberSize(m.Time) + size(len(m.User)) +
		size(codeSize) + size(len(m.Priv))
	header := numberSize(uint32(m.ID)) + numberSize(maxMessage) + 3 + numberSize(securityModel)
	data := len(m.Scoped)
	if m.Flags&Encrypted != 0 {
		data = size(data)
	}
	out = appendHeader(dst, tagSequence, numberSize(version3)+size(header)+size(size(security))+data)
	out = appendNumber(out, version3)
	out = appendHeader(out, tagSequence, header)
	out = appendNumber(out, uint32(m.ID))
	out = appendNumber(out, maxMessage)
	out = append(out, tagOctets, 1, m.Flags)
	out = appendNumber(out, securityModel)
	out = appendHeader(out, tagOctets, size(security))
	out = appendHeader(out, tagSequence, security)
	out = appendOctets(out, m.EngineID)
	out = appendNumber(out, m.Boots)
	out = appendNumber(out, m.Time)
	out = appendOctets(out, m.User)
	out = appendHeader(out, tagOctets, codeSize)
	code = len(out)
	for range codeSize {
		out = append(out, 0)
	}
	out = appendOctets(out, m.Priv)
	if m.Flags&Encrypted != 0 {
		out = appendHeader(out, tagOctets, len(m.Scoped))
	}
	scoped = len(out)
	return append(out, m.Scoped...), code, scoped
}

// AppendScoped encodes a ScopedPDU behind dst around an encoded PDU.
func AppendScoped(dst, engineID []byte, context string, pdu []byte) []byte {
	dst = appendHeader(dst, tagSequence, size(len(engineID))+size(len(context))+len(pdu))
	dst = appendOctets(dst, engineID)
	dst = append(appendHeader(dst, tagOctets, len(context)), context...)
	return append(dst, pdu...)
}

// ParseScoped cuts a ScopedPDU, which padding may follow, into the context's engine id and name and the
// encoded PDU.
func ParseScoped(b []byte) (engineID, context, pdu []byte, err error) {
	body, _, err := element(b, tagSequence)
	if err != nil {
		return nil, nil, nil, err
	}
	if engineID, body, err = element(body, tagOctets); err != nil {
		return nil, nil, nil, err
	}
	context, pdu, err = element(body, tagOctets)
	return engineID, context, pdu, err
}

func size(length int) int {
	switch {
	case length < 0x80:
		return 2 + length
	case length < 0x100:
		return 3 + length
	}
	return 4 + length
}

func appendHeader(dst []byte, tag byte, length int) []byte {
	switch {
	case length < 0x80:
		return append(dst, tag, byte(length))
	case length < 0x100:
		return append(dst, tag, 0x81, byte(length))
	}
	return append(dst, tag, 0x82, byte(length>>8), byte(length))
}

func appendOctets(dst, value []byte) []byte {
	return append(appendHeader(dst, tagOctets, len(value)), value...)
}

func numberSize(n uint32) int {
	length := 1
	for ; n > 0x7f; n >>= 8 {
		length++
	}
	return 2 + length
}

func appendNumber(dst []byte, n uint32) []byte {
	var b [5]byte
	binary.BigEndian.PutUint32(b[1:], n)
	length := numberSize(n) - 2
	return append(append(dst, tagInteger, byte(length)), b[5-length:]...)
}
