package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

// The layout of an entry in the journal: FORMAT.md.
const (
	entryVersion = 1

	flagBacklog    = 1 << 0
	flagQuarantine = 1 << 1
	knownFlags     = flagBacklog | flagQuarantine

	maxName = 255 // of a site or an agent
)

// ErrEntry means that bytes are not an entry that this version reads.
var ErrEntry = errors.New("invalid journal entry")

// EncodeEntry returns e as it stands in the journal. The position, e.LSN, is the journal's.
func EncodeEntry(e *telemetry.Entry) ([]byte, error) {
	if len(e.Site) > maxName || len(e.Agent) > maxName {
		return nil, fmt.Errorf("%w: site of %d bytes, agent of %d", ErrEntry, len(e.Site), len(e.Agent))
	}
	rec, err := record.Encode(&e.Record)
	if err != nil {
		return nil, err
	}
	return appendEntry(nil, e, rec), nil
}

// DecodeEntry reads what EncodeEntry wrote. The caller sets LSN.
func DecodeEntry(b []byte) (telemetry.Entry, error) {
	e, rec, err := cutEntry(b)
	if err != nil {
		return telemetry.Entry{}, err
	}
	r, err := record.Decode(rec)
	if err != nil {
		return telemetry.Entry{}, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	e.Record = *r
	return e, nil
}

// appendEntry appends the envelope of e and the record that is already encoded.
func appendEntry(dst []byte, e *telemetry.Entry, rec []byte) []byte {
	var flags byte
	if e.Backlog {
		flags |= flagBacklog
	}
	if e.Quarantine {
		flags |= flagQuarantine
	}
	dst = append(dst, entryVersion, flags)
	dst = append(append(dst, byte(len(e.Site))), e.Site...)
	dst = append(append(dst, byte(len(e.Agent))), e.Agent...)
	dst = binary.AppendVarint(dst, e.Received)
	dst = binary.AppendVarint(dst, e.Offset)
	return append(dst, rec...)
}

// cutEntry splits an entry into its envelope and the encoded record, which shares memory with b.
func cutEntry(b []byte) (e telemetry.Entry, rec []byte, err error) {
	if len(b) < 2 {
		return e, nil, fmt.Errorf("%w: %d bytes", ErrEntry, len(b))
	}
	if b[0] != entryVersion || b[1]&^knownFlags != 0 {
		return e, nil, fmt.Errorf("%w: version %d, flags %#x", ErrEntry, b[0], b[1])
	}
	e.Backlog, e.Quarantine = b[1]&flagBacklog != 0, b[1]&flagQuarantine != 0
	b = b[2:]
	if e.Site, b, err = cutName(b); err != nil {
		return e, nil, err
	}
	if e.Agent, b, err = cutName(b); err != nil {
		return e, nil, err
	}
	if e.Received, b, err = cutVarint(b); err != nil {
		return e, nil, err
	}
	if e.Offset, b, err = cutVarint(b); err != nil {
		return e, nil, err
	}
	return e, b, nil
}

func cutName(b []byte) (string, []byte, error) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return "", nil, fmt.Errorf("%w: cut off in a name", ErrEntry)
	}
	n := 1 + int(b[0])
	return string(b[1:n]), b[n:], nil
}

func cutVarint(b []byte) (int64, []byte, error) {
	v, n := binary.Varint(b)
	if n <= 0 {
		return 0, nil, fmt.Errorf("%w: cut off in a time", ErrEntry)
	}
	return v, b[n:], nil
}
