package snmp

import (
	"encoding/binary"
	"unique"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Batch is names that a device is known to have, encoded once to be read again and again. It takes about three
// octets for each name, and equal batches share their memory: devices of one kind have the same names. A Batch
// does not change.
type Batch struct {
	packed unique.Handle[string]
	n      int
}

// A packed batch has the offset of every keyEvery-th name in 4 octets, then the names: as octets of the encoded
// name before that are kept, octets that follow, and these. The names with an offset keep nothing.
const keyEvery = 32

// NewBatch encodes names, each of which is there once.
func NewBatch(names []oid.OID) Batch {
	keys := (len(names) + keyEvery - 1) / keyEvery
	packed := make([]byte, 4*keys)
	var last, name []byte
	for i, n := range names {
		name = snmpwire.AppendOID(name[:0], n)
		keep := 0
		if i%keyEvery == 0 {
			binary.BigEndian.PutUint32(packed[4*(i/keyEvery):], uint32(len(packed)))
		} else {
			for keep < min(len(last), len(name)) && last[keep] == name[keep] {
				keep++
			}
		}
		packed = binary.AppendUvarint(packed, uint64(keep))
		packed = binary.AppendUvarint(packed, uint64(len(name)-keep))
		packed = append(packed, name[keep:]...)
		last, name = name, last
	}
	return Batch{unique.Make(string(packed)), len(names)}
}

// Len is how many names b has.
func (b Batch) Len() int { return b.n }

// Name decodes the name i.
func (b Batch) Name(i int) oid.OID {
	list, _ := expand(nil, b.packed.Value(), span{int32(i), 1})
	return snmpwire.Name(list)
}

// span is a part of a batch: count names from the one numbered from on.
type span struct{ from, count int32 }

func (s span) split(n int32) (first, rest span) {
	n = min(n, s.count)
	return span{s.from, n}, span{s.from + n, s.count - n}
}

// maxList is how long a list of names may be, so that a request with it fits an Ethernet frame.
const maxList = 1300

// expand appends the variable bindings of s with NULL to dst, as far as maxList allows, and tells of how many.
func expand(dst []byte, packed string, s span) (list []byte, n int32) {
	var buf [oid.MaxLen * 5]byte
	name := buf[:0]
	at := int(uint32(packed[4*(s.from/keyEvery)])<<24 | uint32(packed[4*(s.from/keyEvery)+1])<<16 |
		uint32(packed[4*(s.from/keyEvery)+2])<<8 | uint32(packed[4*(s.from/keyEvery)+3]))
	for i := s.from / keyEvery * keyEvery; i < s.from+s.count; i++ {
		keep, more := 0, 0
		keep, at = uvarint(packed, at)
		more, at = uvarint(packed, at)
		name = append(name[:keep], packed[at:at+more]...)
		if at += more; i < s.from {
			continue
		}
		if n > 0 && len(dst)+len(name)+8 > maxList {
			break
		}
		dst = snmpwire.AppendNull(dst, name)
		n++
	}
	return dst, n
}

// uvarint reads a number below 2^14 at an offset of s.
func uvarint(s string, at int) (n, next int) {
	if s[at] < 0x80 {
		return int(s[at]), at + 1
	}
	return int(s[at]&0x7f) | int(s[at+1])<<7, at + 2
}
