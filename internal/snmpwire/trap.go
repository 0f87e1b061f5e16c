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

// DecodeTrapV1 reads the one message with the Trap-PDU of SNMPv1 that b holds. Its bindings are those that the trap
// has in SNMPv2 (RFC 3584, section 3.1): sysUpTime and snmpTrapOID come first. Errors are as of Decode.
func DecodeTrapV1(b []byte) (m Message, err error) {
	body, err := whole(b, tagSequence, "message")
	if err != nil {
		return m, err
	}
	version, body, err := readInt32(body, "version")
	if err != nil {
		return m, err
	}
	if m.Version = Version(version); m.Version != V1 {
		return m, fmt.Errorf("%w: Trap-PDU in version %d", ErrVersion, version)
	}
	if m.Community, body, err = expect(body, tagOctetString, "community"); err != nil {
		return m, err
	}
	pdu, err := whole(body, byte(TrapV1), "Trap-PDU")
	if err != nil {
		return m, err
	}
	return m, m.decodeTrapV1(pdu)
}

func (m *Message) decodeTrapV1(b []byte) error {
	m.PDU.Type = TrapV1
	enterprise, b, err := expect(b, tagOID, "enterprise")
	if err != nil {
		return err
	}
	name, err := m.readOID(enterprise)
	if err != nil {
		return fmt.Errorf("%w: enterprise: %w", ErrSyntax, err)
	}
	if _, b, err = expect(b, byte(IPAddress), "agent-addr"); err != nil {
		return err
	}
	generic, b, err := readInt32(b, "generic-trap")
	if err != nil {
		return err
	}
	specific, b, err := readInt32(b, "specific-trap")
	if err != nil {
		return err
	}
	stamp, b, err := expect(b, byte(TimeTicks), "time-stamp")
	if err != nil {
		return err
	}
	ticks, err := unsigned(stamp, 4, "TimeTicks")
	if err != nil {
		return fmt.Errorf("%w: time-stamp: %w", ErrSyntax, err)
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
