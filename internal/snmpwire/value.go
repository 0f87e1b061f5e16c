package snmpwire

import (
	"fmt"

	"ninewatch/internal/oid"
)

// readValue fills vb from the contents of a value.
func (m *Message) readValue(vb *VarBind, t Type, b []byte) (err error) {
	vb.Type = t
	switch t {
	case Integer:
		vb.Int, err = signed(b)
	case Counter32:
		vb.Uint, err = unsigned(b, 4, "Counter32")
	case Gauge32:
		vb.Uint, err = unsigned(b, 4, "Gauge32")
	case TimeTicks:
		vb.Uint, err = unsigned(b, 4, "TimeTicks")
	case Counter64:
		vb.Uint, err = unsigned(b, 8, "Counter64")
	case OctetString, Opaque:
		vb.Bytes = b
	case IPAddress:
		if len(b) != 4 {
			return fmt.Errorf("%w: IpAddress of %d octets", ErrValue, len(b))
		}
		vb.Bytes = b
	case Null, NoSuchObject, NoSuchInstance, EndOfMibView:
		if len(b) != 0 {
			return fmt.Errorf("%w: tag 0x%02x with %d octets", ErrValue, byte(t), len(b))
		}
	case ObjectIdentifier:
		if len(b) == 0 { // a common way to write zeroDotZero
			vb.Object = oid.OID{0, 0}
			return nil
		}
		if vb.Object, err = m.readOID(b); err != nil {
			return fmt.Errorf("%w: %w", ErrValue, err)
		}
	default:
		return fmt.Errorf("%w: tag 0x%02x", ErrValue, byte(t))
	}
	return err
}

// readOID decodes the contents of an OBJECT IDENTIFIER into the message's store of names.
func (m *Message) readOID(b []byte) (oid.OID, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("empty object identifier")
	}
	start := len(m.names)
	var n uint64
	begun := false
	for _, x := range b {
		if !begun && x == 0x80 {
			return nil, fmt.Errorf("object identifier with a padded number")
		}
		begun = true
		n = n<<7 | uint64(x&0x7f)
		if n > 1<<32-1+80 {
			return nil, fmt.Errorf("object identifier with a number beyond 32 bits")
		}
		if x&0x80 != 0 {
			continue
		}
		if len(m.names) == start { // the first number holds two: 40*a + b
			first := min(n/40, 2)
			m.names = append(m.names, uint32(first))
			n -= 40 * first
		}
		if n > 1<<32-1 {
			return nil, fmt.Errorf("object identifier with a number beyond 32 bits")
		}
		m.names = append(m.names, uint32(n))
		n, begun = 0, false
	}
	if begun {
		return nil, fmt.Errorf("object identifier ends within a number")
	}
	if len(m.names)-start > oid.MaxLen {
		return nil, fmt.Errorf("object identifier of %d numbers", len(m.names)-start)
	}
	return m.names[start:len(m.names):len(m.names)], nil
}
