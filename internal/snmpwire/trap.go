package snmpwire

import (
	"fmt"

	"ninewatch/internal/oid"
)

// What a trap begins with in SNMPv2 (RFC 3416, section 4.2.6).
var (
	SysUpTime   = oid.MustParse("1.3.6.1.2.1.1.3.0")
	SnmpTrapOID = oid.MustParse("1.3.6.1.6.3.1.1.4.1.0")
	SnmpTraps   = oid.MustParse("1.3.6.1.6.3.1.1.5")
)

// enterpriseSpecific is the generic-trap that leaves the word to specific-trap (RFC 1157, section 4.1.6).
const enterpriseSpecific = 6

// DecodeTrapV1 reads the one message with the Trap-PDU of SNMPv1 that b holds into m. Its bindings are those that the
// trap has in SNMPv2 (RFC 3584, section 3.1): sysUpTime and snmpTrapOID come first. Errors are as of Decode.
func DecodeTrapV1(m *Message, b []byte) error {
	*m = Message{}
	body, err := whole(b, tagSequence, "message")
	if err != nil {
		return err
	}
	version, body, err := readInt32(body, "version")
	if err != nil {
		return err
	}
	if m.Version = Version(version); m.Version != V1 {
		return fmt.Errorf("%w: Trap-PDU in version %d", ErrVersion, version)
	}
	if m.Community, body, err = expect(body, tagOctetString, "community"); err != nil {
		return err
	}
	if body, err = whole(body, byte(TrapV1), "Trap-PDU"); err != nil {
		return err
	}
	m.PDU.Type = TrapV1
	return m.decodeTrapV1(body)
}

func (m *Message) decodeTrapV1(b []byte) error {
	var field [5][]byte
	for i, tag := range [...]byte{tagOID, byte(IPAddress), tagInteger, tagInteger, byte(TimeTicks)} {
		var err error
		if field[i], b, err = expect(b, tag, "field of a Trap-PDU"); err != nil {
			return err
		}
	}
	name, err := m.readOID(field[0])
	generic, err2 := signed(field[2])
	specific, err3 := signed(field[3])
	ticks, err4 := unsigned(field[4], 4, "time-stamp")
	for _, err := range []error{err, err2, err3, err4} {
		if err != nil {
			return fmt.Errorf("%w: Trap-PDU: %w", ErrSyntax, err)
		}
	}
	switch {
	case generic < 0 || generic > enterpriseSpecific || specific < 0:
		return fmt.Errorf("%w: trap %d, %d", ErrSyntax, generic, specific)
	case generic < enterpriseSpecific:
		name = SnmpTraps.Append(uint32(generic) + 1)
	default:
		name = name.Append(0, uint32(specific))
	}
	list, err := whole(b, tagSequence, "list of variable bindings")
	if err != nil {
		return err
	}
	m.PDU.VarBinds = []VarBind{{OID: SysUpTime, Type: TimeTicks, Uint: ticks}, {OID: SnmpTrapOID, Type: ObjectIdentifier, Object: name}}
	return m.decodeVarBinds(list)
}
