// Package telemetry holds the facts that agents record and collectors keep: samples, observation runs,
// device facts, boots and gaps, and the envelope in which they travel.
//
// These are plain values. They know nothing of protobuf (internal/record), of the compressed layout of
// samples (internal/frame), of sockets or of databases. All times are Unix milliseconds, UTC, on the
// clock of the agent; an Entry carries the offset that corrects them.
package telemetry
