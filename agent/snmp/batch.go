package snmp

import (
	"unique"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Batch is names that a device is known to have, encoded once to be read again and again. Devices of one kind
// have the same names: equal batches share their memory. A Batch does not change.
type Batch struct {
	list unique.Handle[string] // variable bindings with NULL, see snmpwire.AppendNames
	n    int
}

// NewBatch encodes names, each of which is there once.
func NewBatch(names []oid.OID) Batch {
	return Batch{unique.Make(string(snmpwire.AppendNames(nil, names))), len(names)}
}

// Len is how many names b has.
func (b Batch) Len() int { return b.n }

// names decodes all names.
func (b Batch) names() []oid.OID {
	if b.n == 0 {
		return nil
	}
	out := make([]oid.OID, 0, b.n)
	for list := b.list.Value(); list != ""; list = list[snmpwire.NameEnd(list):] {
		out = append(out, snmpwire.Name(list))
	}
	return out
}

// span is a part of a batch that is to be read: count names from the one numbered from, encoded in
// list[at:end]. A batch has at most 65,536 names of at most 650 octets.
type span struct {
	from, count int32
	at, end     int32
}

// maxList is how long a list of names may be, so that a request with it fits an Ethernet frame.
const maxList = 1300

// split cuts s behind its first n names, or where they get too long.
func (s span) split(list string, n int32) (first, rest span) {
	at, count := s.at, int32(0)
	for count < min(n, s.count) {
		end := at + int32(snmpwire.NameEnd(list[at:]))
		if count > 0 && end-s.at > maxList {
			break
		}
		at = end
		count++
	}
	return span{s.from, count, s.at, at}, span{s.from + count, s.count - count, at, s.end}
}
