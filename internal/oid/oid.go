// Package oid is object identifiers as SNMP uses them (RFC 2578, section 7.1.3): at most 128
// sub-identifiers of 32 bits each, ordered lexicographically.
//
// An OID is a plain slice: it may be compared and cut like one. Functions that make a longer OID always
// copy. All functions are safe for concurrent use on values that nobody changes.
package oid

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxLen is the most sub-identifiers that a name may have (RFC 2578, section 3.5).
const MaxLen = 128

// OID is an object identifier, one sub-identifier an element.
type OID []uint32

// Parse reads the dotted numeric form, with or without a leading dot.
func Parse(s string) (OID, error) {
	text := strings.TrimPrefix(s, ".")
	parts := strings.Count(text, ".") + 1
	if parts > MaxLen {
		return nil, fmt.Errorf("object identifier of %d numbers, at most %d are allowed", parts, MaxLen)
	}
	o := make(OID, 0, parts)
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || part[0] == '+' {
			return nil, fmt.Errorf("object identifier %q: %q is not a number from 0 to 4294967295", s, part)
		}
		o = append(o, uint32(n))
	}
	return o, nil
}

// MustParse is Parse for constants of the program: it panics where Parse has an error.
//
//go:noinline
func MustParse(s string) OID {
	o, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return o
}

// String is the dotted form without a leading dot.
func (o OID) String() string {
	b := make([]byte, 0, 4*len(o))
	for i, n := range o {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}

// Compare is -1, 0 or 1: o before, equal to or after p in lexicographical order.
func (o OID) Compare(p OID) int { return slices.Compare(o, p) }

// Equal tells whether o and p are the same name.
func (o OID) Equal(p OID) bool { return slices.Equal(o, p) }

// HasPrefix tells whether o is prefix itself or below it.
func (o OID) HasPrefix(prefix OID) bool {
	return len(o) >= len(prefix) && slices.Equal(o[:len(prefix)], prefix)
}

// Append returns a new OID: o followed by sub.
func (o OID) Append(sub ...uint32) OID {
	return append(slices.Clip(o), sub...)
}

// Clone returns a copy of o that shares no memory with it.
func (o OID) Clone() OID { return slices.Clone(o) }
