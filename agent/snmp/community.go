package snmp

import (
	"bytes"
	"errors"
	"fmt"

	"ninewatch/internal/snmpwire"
)

// community is the security of SNMPv1 and SNMPv2c: none to speak of, hence the strict checks.
type community struct {
	request snmpwire.Message // last encoded
	buf     []byte
}

func newCommunity(c Credential) *community {
	v := snmpwire.V2c
	if c.Version == "1" {
		v = snmpwire.V1
	}
	return &community{request: snmpwire.Message{Version: v, Community: []byte(c.Community.Reveal())}}
}

func (s *community) version() snmpwire.Version { return s.request.Version }

func (s *community) encode(pdu *snmpwire.PDU) ([]byte, error) {
	s.request.PDU = *pdu
	s.buf = snmpwire.Append(s.buf[:0], &s.request)
	return s.buf, nil
}

func (s *community) open(datagram []byte, m *snmpwire.Message) error {
	err := snmpwire.DecodeInto(m, datagram)
	switch {
	case err == nil, errors.Is(err, snmpwire.ErrValue):
	case errors.Is(err, snmpwire.ErrStatus): // whose it is has been read by then
	case errors.Is(err, snmpwire.ErrVersion):
		return rejected("version")
	default:
		return rejected("malformed")
	}
	switch {
	case m.Version != s.request.Version:
		return rejected("version")
	case !bytes.Equal(m.Community, s.request.Community):
		return rejected("community")
	}
	return checkPDU(&m.PDU, &s.request.PDU, err)
}

// checkPDU is what is checked of a reply's PDU under any security.
func checkPDU(reply, request *snmpwire.PDU, decodeErr error) error {
	switch {
	case reply.Type != snmpwire.Response:
		return rejected("pdu_type")
	case reply.RequestID != request.RequestID:
		return rejected("request_id")
	case errors.Is(decodeErr, snmpwire.ErrStatus):
		return &Error{Kind: Protocol, Err: fmt.Errorf("reply cannot be read: %w", decodeErr)}
	}
	return nil
}
