package frame

import (
	"encoding/binary"
	"math/bits"

	"ninewatch/internal/telemetry"
)

// stringTable numbers strings in the order of their first use.
type stringTable map[string]uint64

func (t stringTable) append(b []byte, s string) []byte {
	if n, ok := t[s]; ok {
		return binary.AppendUvarint(b, n)
	}
	t[s] = uint64(len(t) + 1)
	b = append(b, 0)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendBody(b []byte, f *telemetry.Frame) []byte {
	table := stringTable{}
	b = table.append(b, f.Device)
	b = binary.AppendUvarint(b, uint64(len(f.Template)))
	b = binary.AppendUvarint(b, uint64(len(f.Polls)))
	for _, s := range f.Template {
		b = table.append(b, s.Name)
		n := uint64(len(s.Labels)) * 2
		if s.Vantage {
			n++
		}
		b = binary.AppendUvarint(b, n)
		for _, l := range s.Labels {
			b = table.append(b, l.Name)
			b = table.append(b, l.Value)
		}
	}
	var last, step int64
	for _, p := range f.Polls {
		b = binary.AppendVarint(b, p.Time-last-step)
		step = p.Time - last
		last = p.Time
	}
	if len(f.Polls) == 0 {
		return b
	}
	for i := range f.Template {
		b = appendKinds(b, f.Polls, i)
	}
	for i := range f.Template {
		b = appendValues(b, f.Polls, i)
	}
	return b
}

// appendKinds appends the kinds of the i-th series.
func appendKinds(b []byte, polls []telemetry.Poll, i int) []byte {
	start := len(b)
	b = append(b, mixedKinds)
	for from := 0; from < len(polls); {
		kind, to := polls[from].Values[i].Kind, from+1
		for to < len(polls) && polls[to].Values[i].Kind == kind {
			to++
		}
		if to-from == len(polls) {
			return append(b[:start], byte(kind))
		}
		b = append(b, byte(kind))
		b = binary.AppendUvarint(b, uint64(to-from))
		from = to
	}
	return b
}

// appendValues appends the present values of the i-th series.
func appendValues(b []byte, polls []telemetry.Poll, i int) []byte {
	var whole, float uint64
	for _, p := range polls {
		switch v := p.Values[i]; v.Kind {
		case telemetry.Uint, telemetry.Int:
			b = binary.AppendVarint(b, int64(v.Bits-whole))
			whole = v.Bits
		case telemetry.Float:
			b = appendXOR(b, v.Bits^float)
			float = v.Bits
		}
	}
	return b
}

// appendXOR appends x without its zero bytes at both ends.
func appendXOR(b []byte, x uint64) []byte {
	if x == 0 {
		return append(b, 0)
	}
	high := bits.LeadingZeros64(x) / 8
	low := bits.TrailingZeros64(x) / 8
	n := 8 - high - low
	b = append(b, byte(high<<4|n))
	var all [8]byte
	binary.BigEndian.PutUint64(all[:], x)
	return append(b, all[high:high+n]...)
}
