// Package telemetryv1 is the wire between agents and collectors, generated from telemetry.proto by
// "make proto" and committed with it. Its types stop at agent/uplink and collector/ingest, which turn
// them into those of internal/telemetry.
package telemetryv1
