// Package record turns a telemetry.Record into the bytes of a protobuf Batch and back. These bytes are
// what the spool keeps, the stream carries and the collector's journal holds.
//
// Promises:
//   - Decode(Encode(r)) is r, for every r that Encode takes. A list without entries comes back nil.
//   - Encode and Decode refuse the same records: exactly one payload; text of at most 4 KiB, valid UTF-8
//     without control characters; at most 10,000 runs and 20,000 interfaces, and of
//     the other lists of facts what telemetry.MaxFacts says; 100 addresses in a report of a scan; times greater than zero,
//     ranges in order; enumerations as defined. The error wraps ErrInvalid and names the field.
//   - No input makes Decode panic or use more than a small multiple of the input's size (and of
//     internal/frame's limit for frames).
//   - DecodeSmall is Decode, but refuses frames.
//   - ToWire and FromWire translate between these bytes and the message without looking into frames.
//
// Unknown fields, which a newer agent may send, are ignored by Decode and kept by ToWire and FromWire.
// FORMAT.md, beside this file, says which messages these are.
package record
