// Package ingest is the gRPC service that agents talk to: it enrols them, takes their records into the
// journal, acknowledges what is durable, and hands out assignments.
//
// Promises:
//   - a record is acknowledged only after the fsync of the journal that holds it;
//   - a record is in the journal once: (agent, epoch, sequence) is remembered over restarts, and what
//     comes again is acknowledged without being written;
//   - site and agent come from the certificate, never from the payload. A record about a device of
//     another site, and one whose time lies more than 5 min ahead of the corrected clock, is journaled
//     with Entry.Quarantine: no sink may feed it;
//   - a record that is no record is counted, logged sparingly and acknowledged, so that it stops no queue;
//   - without space (Deps.Pause) nothing is acknowledged and little is read on: agents keep their data;
//   - the streams of a revoked agent end within 5 s.
//
// It does not know what records mean, who reads the journal, or where assignments come from.
// FORMAT.md, beside this file, gives the layout of a journal entry.
package ingest
