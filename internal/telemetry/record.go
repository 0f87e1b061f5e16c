package telemetry

import (
	"crypto/rand"
	"encoding/hex"
)

// Epoch names one start of an agent: 16 random bytes, so that a restored or cloned machine is never
// mistaken for old data. Sequence numbers count from 1 within it.
type Epoch [16]byte

// NewEpoch returns a fresh random epoch.
func NewEpoch() Epoch {
	var e Epoch
	rand.Read(e[:]) //nolint:errcheck // crypto/rand.Read never fails
	return e
}

func (e Epoch) String() string { return hex.EncodeToString(e[:]) }

// Record is one entry of an agent's spool; exactly one of the pointers (or Runs) is set.
type Record struct {
	Epoch Epoch
	Seq   uint64 // from 1, without holes within the epoch

	Frame *Frame
	Runs  []Run
	Facts *DeviceFacts
	Gap   *Gap
	Boot  *Boot
	Scan  *ScanReport
}

// Samples is what r counts for in "produced = acknowledged + queued + dropped": the values of its frame.
func (r *Record) Samples() int {
	if r.Frame == nil {
		return 0
	}
	return r.Frame.Samples()
}

// Entry is a record in the collector's journal, with what the collector knows of its sender.
// Site and agent come from the certificate, never from the payload.
type Entry struct {
	LSN      uint64 // position in the journal
	Site     string
	Agent    string
	Received int64 // Unix ms on the collector's clock
	Offset   int64 // ms to add to the agent's times to get the collector's; 0 below 1 s
	Backlog  bool  // came late: revises history, never pages

	// Quarantine: a time of the record lies more than 5 min ahead of the collector's clock.
	// It is kept and shown, and fed to no store.
	Quarantine bool

	Record Record
}
