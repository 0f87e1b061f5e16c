package spool

import (
	"encoding/binary"
	"errors"

	"ninewatch/internal/telemetry"
)

// Kinds of journal records (FORMAT.md).
const (
	kindData       = 'D'
	kindSettle     = 'S'
	kindLoss       = 'L'
	kindCheckpoint = 'C'
)

const (
	commonBytes       = 1 + 8
	dataBytes         = commonBytes + 16 + 8 + 4 + 8
	checkpointVersion = 1
)

var errFormat = errors.New("spool record is malformed")

// data is the head of a data record.
type data struct {
	epoch   telemetry.Epoch
	seq     uint64
	samples uint32
	time    int64
}

// settlement takes the samples of the data at first..last, which lie in one part, out of the queue.
type settlement struct {
	first, last uint64
	samples     uint64
}

func appendCommon(b []byte, kind byte, produced uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, kind), produced)
}

func appendData(b []byte, produced uint64, d data, record []byte) []byte {
	b = appendCommon(b, kindData, produced)
	b = append(b, d.epoch[:]...)
	b = binary.LittleEndian.AppendUint64(b, d.seq)
	b = binary.LittleEndian.AppendUint32(b, d.samples)
	b = binary.LittleEndian.AppendUint64(b, uint64(d.time))
	return append(b, record...)
}

// parseData returns the head of a data record and the record itself, which lies in b.
func parseData(b []byte) (d data, record []byte, ok bool) {
	if len(b) < dataBytes || b[0] != kindData {
		return data{}, nil, false
	}
	copy(d.epoch[:], b[commonBytes:])
	b = b[commonBytes+16:]
	d.seq = binary.LittleEndian.Uint64(b)
	d.samples = binary.LittleEndian.Uint32(b[8:])
	d.time = int64(binary.LittleEndian.Uint64(b[12:]))
	return d, b[20:], true
}

func appendText(b []byte, s string) []byte {
	s = s[:min(len(s), 255)]
	return append(append(b, byte(len(s))), s...)
}

func appendSettle(b []byte, produced uint64, reason string, list []settlement) []byte {
	b = appendText(appendCommon(b, kindSettle, produced), reason)
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendRange(b, s.first, s.last)
		b = binary.AppendUvarint(b, s.samples)
	}
	return b
}

func appendLoss(b []byte, produced uint64, reason string, samples uint64) []byte {
	return binary.AppendUvarint(appendText(appendCommon(b, kindLoss, produced), reason), samples)
}

func appendRange(b []byte, first, last uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, first), last-first)
}

// reader takes fields off b; after the first mistake all of them are zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return make([]byte, n)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads a number of things that take size bytes or more each.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) text() string { return string(r.take(int(r.take(1)[0]))) }

func (r *reader) span() telemetry.Range {
	first, more := r.uvarint(), r.uvarint()
	if first+more < first {
		r.bad = true
	}
	return telemetry.Range{First: first, Last: first + more}
}
