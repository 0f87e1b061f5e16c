// Package frame is the compact layout of a telemetry.Frame: polls of one device against one template.
//
// A block is self-contained: device, template, times and values, metric by metric, whole numbers as
// differences, floats as XOR, zstd over the whole where that makes it smaller.
//
// Promises:
//   - Decode(Append(nil, f)) is f without loss: every bit of every present value. The bits of Absent and
//     Stale values are not kept, and nil and empty lists are not told apart.
//   - No input makes Decode panic, or use more than MaxDecoded bytes for its result; what it refuses
//     wraps ErrCorrupt.
//   - Append refuses what Decode would refuse, with ErrLimit or ErrShape.
//
// The functions may be called from several goroutines. FORMAT.md gives the layout byte by byte.
package frame
