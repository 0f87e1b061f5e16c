package snmpwire

import "ninewatch/internal/oid"

// Value is a value that needs no memory of its own.
type Value struct {
	Type Type   // 0: nothing was read
	Bits uint64 // the number (of an Integer the bits of an int64); of octets and names where they lie, see Octets
}

// Int is the value of an Integer.
func (v Value) Int() int64 { return int64(v.Bits) }

// Octets is the part of store that holds the contents of an OctetString, Opaque, IPAddress or, encoded, an
// ObjectIdentifier.
func (v Value) Octets(store []byte) []byte { return store[v.Bits>>32:][:uint32(v.Bits)] }

// Inline tells whether the value is wholly in Bits.
func (v Value) Inline() bool {
	switch v.Type {
	case OctetString, Opaque, IPAddress, ObjectIdentifier:
		return false
	}
	return true
}

// Head is a message up to its list of variable bindings, with all lengths checked up to there.
type Head struct {
	Version   Version
	Community []byte
	Type      PDUType
	RequestID int32
	Status    int32
	Index     int32
	List      []byte // contents of the list; it ends where the message ends
}

// short is one element with a tag and a length of at most two octets; rest is nil when there is none.
func short(b []byte, tag byte) (value, rest []byte) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil
	}
	n, at := int(b[1]), 2
	switch {
	case n < 0x80:
	case n == 0x81 && len(b) > 2:
		n, at = int(b[2]), 3
	case n == 0x82 && len(b) > 3:
		n, at = int(b[2])<<8|int(b[3]), 4
	default:
		return nil, nil
	}
	if n > len(b)-at {
		return nil, nil
	}
	return b[at : at+n : at+n], b[at+n:]
}

func small(b []byte) (n int32, rest []byte) {
	value, rest := short(b, tagInteger)
	if len(value) == 0 || len(value) > 4 {
		return 0, nil
	}
	n = int32(int8(value[0]))
	for _, x := range value[1:] {
		n = n<<8 | int32(x)
	}
	return n, rest
}

// QuickHead reads what a well-behaved agent sends, without memory and without a reason when it is not ok:
// then Decode tells.
func QuickHead(b []byte) (h Head, ok bool) {
	body, rest := short(b, tagSequence)
	if rest == nil || len(rest) > 0 || len(body) < 5 || body[0] != tagInteger || body[1] != 1 {
		return h, false
	}
	h.Version = Version(body[2])
	h.Community, rest = short(body[3:], tagOctetString)
	if len(rest) == 0 || h.Version > V2c {
		return h, false
	}
	return h, h.pdu(rest)
}

// IsV3 tells whether b may be a message of SNMPv3.
func IsV3(b []byte) bool {
	body, _ := short(b, tagSequence)
	return len(body) > 3 && body[0] == tagInteger && body[1] == 1 && body[2] == 3
}

// QuickPDU is QuickHead for a PDU alone, as it is within SNMPv3.
func QuickPDU(b []byte) (h Head, ok bool) {
	h.Version = V2c
	return h, len(b) > 0 && h.pdu(b)
}

func (h *Head) pdu(b []byte) bool {
	h.Type = PDUType(b[0])
	b, rest := short(b, b[0])
	if rest == nil || len(rest) > 0 {
		return false
	}
	if h.RequestID, b = small(b); b == nil {
		return false
	}
	if h.Status, b = small(b); b == nil {
		return false
	}
	if h.Index, b = small(b); b == nil {
		return false
	}
	h.List, rest = short(b, tagSequence)
	return rest != nil && len(rest) == 0
}

// QuickValues reads the values of list into out, provided that its names are exactly those of asked, a list
// as AppendNull writes it, in that order, and that all values are sound. Values that are not Inline lie in
// list, and outside tells that there are some. When it is not ok, out holds anything.
func QuickValues(list, asked []byte, out []Value) (ok, outside bool) {
	at := 0 // in list
	for i := range out {
		if len(asked) < 4 || asked[1] >= 0x80 {
			return false, false
		}
		name := asked[2:int(asked[1])] // with its header, without the NULL behind it
		asked = asked[2+int(asked[1]):]
		b := list[at:]
		if len(b) < 4+len(name) || b[0] != tagSequence {
			return false, false
		}
		head, n := 2, int(b[1])
		if n >= 0x80 {
			if n == 0x81 {
				head, n = 3, int(b[2])
			} else if n == 0x82 {
				head, n = 4, int(b[2])<<8|int(b[3])
			} else {
				return false, false
			}
		}
		if n < len(name)+2 || head+n > len(b) || string(b[head:head+len(name)]) != string(name) {
			return false, false
		}
		value := b[head+len(name) : head+n]
		if !quickValue(value, uint64(at+head+len(name)), &out[i]) {
			return false, false
		}
		outside = outside || !out[i].Inline()
		at += head + n
	}
	return len(asked) == 0 && at == len(list), outside
}

// quickValue reads one value with its header, which fills b; at is where b begins.
func quickValue(b []byte, at uint64, v *Value) bool {
	t, n, head := Type(b[0]), int(b[1]), 2
	if n >= 0x80 {
		switch {
		case n == 0x81 && len(b) > 3:
			n, head = int(b[2]), 3
		case n == 0x82 && len(b) > 4:
			n, head = int(b[2])<<8|int(b[3]), 4
		default:
			return false
		}
	}
	if n != len(b)-head {
		return false
	}
	c := b[head:]
	limit := 4
	switch t {
	case Counter64:
		limit = 8
	case Counter32, Gauge32, TimeTicks:
	case Integer:
		if n == 0 || n > 4 {
			return false
		}
		x := int64(int8(c[0]))
		for _, o := range c[1:] {
			x = x<<8 | int64(o)
		}
		v.Type, v.Bits = t, uint64(x)
		return true
	case OctetString, Opaque, ObjectIdentifier:
		v.Type, v.Bits = t, (at+uint64(head))<<32|uint64(n)
		return t != ObjectIdentifier || n > 0 && n < 128 && c[n-1]&0x80 == 0
	case IPAddress:
		v.Type, v.Bits = t, (at+uint64(head))<<32|uint64(n)
		return n == 4
	case Null, NoSuchObject, NoSuchInstance, EndOfMibView:
		v.Type, v.Bits = t, 0
		return n == 0
	default:
		return false
	}
	if n == 0 || n > limit+1 || n == limit+1 && c[0] != 0 {
		return false
	}
	var x uint64
	for _, o := range c {
		x = x<<8 | uint64(o)
	}
	v.Type, v.Bits = t, x
	return true
}

// NameEnd is the length of the first variable binding of an encoded list of names.
func NameEnd(list []byte) int {
	switch n := int(list[1]); n {
	case 0x81:
		return 3 + int(list[2])
	case 0x82:
		return 4 + int(list[2])<<8 + int(list[3])
	default:
		return 2 + n
	}
}

// Name decodes the name of the first variable binding of an encoded list of names.
func Name(list []byte) oid.OID {
	bind, _, err := expect(list[:NameEnd(list)], tagSequence, "variable binding")
	if err == nil {
		bind, _, err = expect(bind, tagOID, "name")
	}
	if err != nil {
		return nil
	}
	o, _ := DecodeOID(bind)
	return o
}

// DecodeOID decodes the contents of an OBJECT IDENTIFIER.
func DecodeOID(b []byte) (oid.OID, error) {
	if len(b) == 0 {
		return oid.OID{0, 0}, nil
	}
	var m Message
	return m.readOID(b)
}
