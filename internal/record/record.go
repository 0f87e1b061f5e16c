package record

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"ninewatch/internal/frame"
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// ErrInvalid means that a record breaks a limit or is no record. Trying again does not help.
var ErrInvalid = errors.New("invalid record")

// maxRecord leaves room in a gRPC message of 4 MiB.
const maxRecord = 4<<20 - 64<<10

// Encode returns r as bytes.
func Encode(r *telemetry.Record) ([]byte, error) {
	if err := check(r); err != nil {
		return nil, err
	}
	b := &telemetryv1.Batch{Epoch: r.Epoch[:], Seq: r.Seq}
	switch {
	case r.Frame != nil:
		f, err := frame.Append(nil, r.Frame)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		b.Payload = &telemetryv1.Batch_Frame{Frame: f}
	case r.Runs != nil:
		b.Payload = &telemetryv1.Batch_Runs{Runs: runsToWire(r.Runs)}
	case r.Facts != nil:
		b.Payload = &telemetryv1.Batch_Facts{Facts: factsToWire(r.Facts)}
	case r.Gap != nil:
		b.Payload = &telemetryv1.Batch_Gap{Gap: gapToWire(r.Gap)}
	case r.Boot != nil:
		b.Payload = &telemetryv1.Batch_Boot{Boot: bootToWire(r.Boot)}
	case r.Scan != nil:
		w := &telemetryv1.ScanReport{}
		structureToWire(r.Scan, w)
		b.Payload = &telemetryv1.Batch_Scan{Scan: w}
	}
	data, err := FromWire(b)
	if err == nil && r.Facts != nil {
		err = checkCounts(data)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Decode reads what Encode wrote, and checks all of it.
func Decode(data []byte) (*telemetry.Record, error) { return decode(data, frame.Decode) }

// DecodeSmall is Decode without frames, which it refuses: who needs only the others is built without what reads frames.
func DecodeSmall(data []byte) (*telemetry.Record, error) {
	return decode(data, func([]byte) (*telemetry.Frame, error) { return nil, errors.New("a frame is out of place here") })
}

func decode(data []byte, frameOf func([]byte) (*telemetry.Frame, error)) (*telemetry.Record, error) {
	b, err := ToWire(data)
	if err != nil {
		return nil, err
	}
	r := &telemetry.Record{Seq: b.GetSeq()}
	if len(b.GetEpoch()) != len(r.Epoch) {
		return nil, invalid("epoch", "%d bytes, not %d", len(b.GetEpoch()), len(r.Epoch))
	}
	copy(r.Epoch[:], b.GetEpoch())
	switch p := b.GetPayload().(type) {
	case *telemetryv1.Batch_Frame:
		if r.Frame, err = frameOf(p.Frame); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	case *telemetryv1.Batch_Runs:
		r.Runs, err = runsFromWire(p.Runs.GetRuns())
	case *telemetryv1.Batch_Facts:
		r.Facts, err = factsFromWire(p.Facts)
	case *telemetryv1.Batch_Gap:
		r.Gap, err = gapFromWire(p.Gap)
	case *telemetryv1.Batch_Boot:
		r.Boot = bootFromWire(p.Boot)
	case *telemetryv1.Batch_Scan:
		r.Scan = &telemetry.ScanReport{}
		err = structureFromWire(p.Scan, r.Scan)
	}
	if err == nil {
		err = check(r)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// ToWire returns the message that an encoded record is. It checks no more than that it is one, and how
// many parts it has.
func ToWire(data []byte) (*telemetryv1.Batch, error) {
	if len(data) > maxRecord {
		return nil, invalid("record", "%d bytes, the limit is %d", len(data), maxRecord)
	}
	if err := checkCounts(data); err != nil {
		return nil, err
	}
	b := &telemetryv1.Batch{}
	if err := proto.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return b, nil
}

// FromWire returns the encoded record of a message. It checks no more than its size: Decode does.
func FromWire(b *telemetryv1.Batch) ([]byte, error) {
	data, err := proto.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(data) > maxRecord {
		return nil, invalid("record", "%d bytes, the limit is %d", len(data), maxRecord)
	}
	return data, nil
}

func invalid(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrInvalid, field, fmt.Sprintf(format, args...))
}
