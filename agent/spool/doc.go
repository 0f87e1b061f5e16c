// Package spool keeps the agent's records on disk until the collector has acknowledged them.
//
// Append numbers records and writes them to a journal. Two lanes hand them out: Live the newest, Backlog
// the oldest first. Ack settles them. Open of a new agent run starts a new epoch and has everything that
// is not acknowledged in the backlog.
//
// Promises:
//   - produced = acknowledged + queued + dropped{reason}, in every Account and every scrape, over restarts,
//     kill -9, power cuts and full disks too. The account lives in the same journal as the records, so that
//     any prefix of it is consistent.
//   - A record for which Append returned nil survives kill -9 at once, a power cut after at most a second.
//   - A record is handed out to one lane at a time, and again until it is acknowledged or dropped.
//   - Append never waits for the network. When the disk is full or the queue beyond its limits of bytes
//     and age, the oldest segment goes, and each record's samples are counted under a reason; a
//     telemetry.Gap tells the collector. What cannot be stored at all is counted too.
//   - Memory does not grow with the queue: it keeps ranges of positions, not records.
//   - Acknowledged segments stay up to 48 h while they fit, so that a collector restored from a backup can
//     get them again (Requeue).
//
// Reasons of dropped: size and age (limits), disk_full and write_error (could not be stored, or made room),
// invalid (broke a limit of internal/record), damaged (unreadable on disk), missing (segment file gone).
//
// A record is live while it is younger than two minutes and has not been passed over. Within one answer of
// Next the records ascend; over several answers the live lane goes from the newest down.
// A spool knows nothing of gRPC: that is package uplink. FORMAT.md gives the layout.
package spool
