package snmpwire

import (
	"ninewatch/internal/oid"
)

// Append encodes m behind dst. Names need at least two numbers, the first at most 2; a value whose Type
// is none of this package is written as NULL.
func Append(dst []byte, m *Message) []byte {
	list, pdu := m.PDU.sizes()
	body := intSize(int64(m.Version)) + tlvSize(len(m.Community)) + tlvSize(pdu)
	dst = appendHeader(dst, tagSequence, body)
	dst = appendInt(dst, int64(m.Version))
	dst = append(appendHeader(dst, tagOctetString, len(m.Community)), m.Community...)
	return m.PDU.append(dst, list, pdu)
}

// AppendPDU encodes p alone behind dst, as SNMPv3 needs it.
func AppendPDU(dst []byte, p *PDU) []byte {
	list, pdu := p.sizes()
	return p.append(dst, list, pdu)
}

// fields are the two numbers behind the request-id, whose meaning depends on the type.
func (p *PDU) fields() (second, third int64) {
	if p.Type == GetBulkRequest {
		return int64(p.NonRepeaters), int64(p.MaxRepetitions)
	}
	return int64(p.ErrorStatus), int64(p.ErrorIndex)
}

// sizes are the lengths of the contents of the list of bindings and of the PDU.
func (p *PDU) sizes() (list, pdu int) {
	for i := range p.VarBinds {
		list += p.VarBinds[i].Size()
	}
	second, third := p.fields()
	return list, intSize(int64(p.RequestID)) + intSize(second) + intSize(third) + tlvSize(list)
}

func (p *PDU) append(dst []byte, list, pdu int) []byte {
	second, third := p.fields()
	dst = appendHeader(dst, byte(p.Type), pdu)
	dst = appendInt(dst, int64(p.RequestID))
	dst = appendInt(dst, second)
	dst = appendInt(dst, third)
	dst = appendHeader(dst, tagSequence, list)
	for i := range p.VarBinds {
		dst = p.VarBinds[i].append(dst)
	}
	return dst
}

// AppendNull encodes a variable binding of an encoded name with NULL behind dst: one of a GetRequest's list.
func AppendNull(dst, name []byte) []byte {
	dst = appendHeader(dst, tagSequence, tlvSize(len(name))+2)
	dst = append(appendHeader(dst, tagOID, len(name)), name...)
	return append(dst, byte(Null), 0)
}

// AppendGet encodes a GetRequest or GetNextRequest for an encoded list behind dst.
func AppendGet(dst []byte, t PDUType, id int32, list []byte) []byte {
	pdu := intSize(int64(id)) + 6 + tlvSize(len(list))
	dst = appendHeader(dst, byte(t), pdu)
	dst = appendInt(dst, int64(id))
	dst = append(dst, tagInteger, 1, 0, tagInteger, 1, 0)
	return append(appendHeader(dst, tagSequence, len(list)), list...)
}

// AppendGetMessage is AppendGet within a community message.
func AppendGetMessage(dst []byte, v Version, community []byte, t PDUType, id int32, list []byte) []byte {
	pdu := intSize(int64(id)) + 6 + tlvSize(len(list))
	dst = appendHeader(dst, tagSequence, 3+tlvSize(len(community))+tlvSize(pdu))
	dst = append(dst, tagInteger, 1, byte(v))
	dst = append(appendHeader(dst, tagOctetString, len(community)), community...)
	return AppendGet(dst, t, id, list)
}

// AppendHead encodes the PDU of h behind dst.
func AppendHead(dst []byte, h *Head) []byte {
	dst = appendHeader(dst, byte(h.Type), intSize(int64(h.RequestID))+intSize(int64(h.Status))+intSize(int64(h.Index))+tlvSize(len(h.List)))
	dst = appendInt(dst, int64(h.RequestID))
	dst = appendInt(dst, int64(h.Status))
	dst = appendInt(dst, int64(h.Index))
	return append(appendHeader(dst, tagSequence, len(h.List)), h.List...)
}

// AppendResponsePDU encodes a Response without an error around an encoded list of bindings, behind dst.
func AppendResponsePDU(dst []byte, id int32, list []byte) []byte {
	return AppendHead(dst, &Head{Type: Response, RequestID: id, List: list})
}

// AppendResponse is AppendResponsePDU within a message of SNMPv2c.
func AppendResponse(dst, community []byte, id int32, list []byte) []byte {
	pdu := intSize(int64(id)) + 6 + tlvSize(len(list))
	dst = appendHeader(dst, tagSequence, 3+tlvSize(len(community))+tlvSize(pdu))
	dst = append(dst, tagInteger, 1, byte(V2c))
	dst = append(appendHeader(dst, tagOctetString, len(community)), community...)
	return AppendResponsePDU(dst, id, list)
}

// AppendName encodes a name with its header behind dst.
func AppendName(dst []byte, name oid.OID) []byte {
	return appendOID(appendHeader(dst, tagOID, oidLen(name)), name)
}

// Overhead is the most that a message needs besides its variable bindings.
func Overhead(community []byte) int { return len(community) + 40 }

// Size is how many bytes vb takes in a message.
func (vb *VarBind) Size() int {
	return tlvSize(tlvSize(oidLen(vb.OID)) + tlvSize(vb.valueLen()))
}

func (vb *VarBind) append(dst []byte) []byte {
	name, value := oidLen(vb.OID), vb.valueLen()
	dst = appendHeader(dst, tagSequence, tlvSize(name)+tlvSize(value))
	dst = appendOID(appendHeader(dst, tagOID, name), vb.OID)
	return vb.appendValue(dst, value)
}

// AppendTo encodes vb behind dst with a name that is encoded already, see AppendName.
func (vb *VarBind) AppendTo(dst, name []byte) []byte {
	value := vb.valueLen()
	dst = appendHeader(dst, tagSequence, len(name)+tlvSize(value))
	return vb.appendValue(append(dst, name...), value)
}

func (vb *VarBind) appendValue(dst []byte, value int) []byte {
	switch vb.Type {
	case Integer:
		return appendInt(dst, vb.Int)
	case OctetString, Opaque, IPAddress:
		return append(appendHeader(dst, byte(vb.Type), value), vb.Bytes...)
	case Counter32, Gauge32, TimeTicks, Counter64:
		return appendBigEndian(appendHeader(dst, byte(vb.Type), value), vb.Uint, value)
	case ObjectIdentifier:
		return appendOID(appendHeader(dst, byte(vb.Type), value), vb.Object)
	case NoSuchObject, NoSuchInstance, EndOfMibView:
		return append(dst, byte(vb.Type), 0)
	}
	return append(dst, byte(Null), 0)
}

func (vb *VarBind) valueLen() int {
	switch vb.Type {
	case Integer:
		return intLen(vb.Int)
	case OctetString, Opaque, IPAddress:
		return len(vb.Bytes)
	case Counter32, Gauge32, TimeTicks, Counter64:
		return uintLen(vb.Uint)
	case ObjectIdentifier:
		return oidLen(vb.Object)
	}
	return 0
}

func tlvSize(length int) int {
	switch {
	case length < 0x80:
		return 2 + length
	case length < 0x100:
		return 3 + length
	case length < 0x10000:
		return 4 + length
	}
	return 5 + length
}

func appendHeader(dst []byte, tag byte, length int) []byte {
	switch {
	case length < 0x80:
		return append(dst, tag, byte(length))
	case length < 0x100:
		return append(dst, tag, 0x81, byte(length))
	case length < 0x10000:
		return append(dst, tag, 0x82, byte(length>>8), byte(length))
	}
	return append(dst, tag, 0x83, byte(length>>16), byte(length>>8), byte(length))
}

func intSize(n int64) int { return 2 + intLen(n) }

// intLen is the shortest two's complement form.
func intLen(n int64) int {
	size := 1
	for n < -128 || n > 127 {
		n >>= 8
		size++
	}
	return size
}

// uintLen is the shortest form with the first bit clear.
func uintLen(n uint64) int {
	size := 1
	for n > 0x7f {
		n >>= 8
		size++
	}
	return size
}

func appendInt(dst []byte, n int64) []byte {
	size := intLen(n)
	return appendBigEndian(append(dst, tagInteger, byte(size)), uint64(n), size)
}

func appendBigEndian(dst []byte, n uint64, size int) []byte {
	for i := size - 1; i >= 0; i-- {
		if i >= 8 {
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, byte(n>>(8*i)))
	}
	return dst
}

func oidLen(o oid.OID) int {
	size := 0
	for i := 1; i < len(o); i++ {
		size += base128Len(subID(o, i))
	}
	return size
}

// AppendOID encodes the contents of an OBJECT IDENTIFIER behind dst.
func AppendOID(dst []byte, o oid.OID) []byte {
	if len(o) < 2 {
		return dst
	}
	return appendOID(dst, o)
}

func appendOID(dst []byte, o oid.OID) []byte {
	for i := 1; i < len(o); i++ {
		n := subID(o, i)
		for shift := 7 * (base128Len(n) - 1); shift > 0; shift -= 7 {
			dst = append(dst, byte(n>>shift)|0x80)
		}
		dst = append(dst, byte(n)&0x7f)
	}
	return dst
}

// subID is the i-th number on the wire, where the first two numbers of a name share one.
func subID(o oid.OID, i int) uint64 {
	if i == 1 {
		return 40*uint64(o[0]) + uint64(o[1])
	}
	return uint64(o[i])
}

func base128Len(n uint64) int {
	size := 1
	for n > 0x7f {
		n >>= 7
		size++
	}
	return size
}
