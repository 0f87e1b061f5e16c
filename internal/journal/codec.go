package journal

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	// MaxRecord is the largest record that Append takes.
	MaxRecord = 16 << 20

	maxBatch    = 256 << 20
	headerBytes = 36
	magic       = 'N' | 'W'<<8 | 'J'<<16 | '1'<<24
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	magicBytes = []byte("NWJ1")
)

// header stands before each record (FORMAT.md).
type header struct {
	length uint32
	lsn    uint64
	time   int64 // Unix ms
	rest   uint32
	sum    uint32 // of the payload
}

func (h header) append(b []byte, salt uint32) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, magic)
	b = binary.LittleEndian.AppendUint32(b, h.length)
	b = binary.LittleEndian.AppendUint64(b, h.lsn)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.time))
	b = binary.LittleEndian.AppendUint32(b, h.rest)
	b = binary.LittleEndian.AppendUint32(b, h.sum)
	return binary.LittleEndian.AppendUint32(b, headerSum(b[start:], salt))
}

// parseHeader reads the header at the start of b, which has headerBytes or more.
func parseHeader(b []byte, salt uint32) (header, bool) {
	if binary.LittleEndian.Uint32(b) != magic {
		return header{}, false
	}
	h := header{
		length: binary.LittleEndian.Uint32(b[4:]),
		lsn:    binary.LittleEndian.Uint64(b[8:]),
		time:   int64(binary.LittleEndian.Uint64(b[16:])),
		rest:   binary.LittleEndian.Uint32(b[24:]),
		sum:    binary.LittleEndian.Uint32(b[28:]),
	}
	ok := h.length <= MaxRecord && h.rest <= maxBatch &&
		binary.LittleEndian.Uint32(b[32:]) == headerSum(b[:32], salt)
	return h, ok
}

func headerSum(b []byte, salt uint32) uint32 {
	var s [4]byte
	binary.LittleEndian.PutUint32(s[:], salt)
	return crc32.Update(checksum(s[:]), castagnoli, b)
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }
