// Package journal is an append-only log of records in segment files. The agent's spool and the
// collector's ingest journal are journals. It knows nothing of what records hold.
//
// Promises:
//   - Append makes all records of one call visible, or none. Each record gets a log sequence number
//     (LSN), counted from 1. LSNs only grow, and no LSN is ever used twice, also after a power cut:
//     a journal that was not closed leaves a hole in the LSNs at the next Open.
//   - What was appended before Sync was called is durable when Sync returns nil. Many callers share one
//     fsync. After a failed fsync the same bytes are written again before the next one may succeed.
//   - What was appended without Sync survives the end of the process (kill -9), not a power cut.
//   - When the disk is full Append fails whole, and the journal works on as soon as there is space.
//   - A damaged record costs that record alone. Readers skip it, Damaged counts it; only its LSN is missing.
//     A batch whose write was torn at the end of the file is removed by Open.
//   - One folder is open in one process at a time (ErrLocked).
//
// All methods may be called from several goroutines; a Reader belongs to one.
// To play a kill in a test, copy the folder and open the copy: the lock of the original stays.
// FORMAT.md, beside this file, gives the layout byte by byte.
package journal
