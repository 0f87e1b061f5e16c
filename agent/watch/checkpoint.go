package watch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

// A checkpoint holds the open runs that have grown since they were last recorded, so that an agent that is killed
// loses a second of them, not the time since the last flush: telling each run every second would fill the spool and
// the line. It is a file that is replaced as a whole: records of package record, each behind its length (4, big
// endian). The next agent records them, and the longer copy of a run replaces the shorter.
const (
	// checkpointEvery is for up to checkpointRuns open runs; for more, as much longer.
	checkpointEvery = time.Second
	checkpointRuns  = 1000
)

// checkpoint writes the open runs, and returns in how long the next one is due.
func (w *Watcher) checkpoint() time.Duration {
	if w.deps.Checkpoint == "" {
		return flushEvery
	}
	runs := 0
	var data []byte
	for _, r := range w.recorder.Open() {
		runs += len(r.Runs)
		r.Seq = 1 // the spool gives it its own
		b, err := record.Encode(&r)
		if err != nil {
			w.checkpointFailed(err)
			return flushEvery
		}
		data = append(binary.BigEndian.AppendUint32(data, uint32(len(b))), b...)
	}
	if err := replaceFile(w.deps.Checkpoint, data); err != nil {
		w.checkpointFailed(err)
	}
	return checkpointEvery * time.Duration(1+runs/checkpointRuns)
}

func (w *Watcher) checkpointFailed(err error) {
	if suppressed, ok := w.quiet.Allow("checkpoint"); ok {
		w.log.Warn("open runs not kept, a kill of the agent would lose up to ten seconds of them", "err", err, "suppressed", suppressed)
	}
}

func replaceFile(path string, data []byte) error {
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// restore records what the checkpoint of an agent that was killed holds.
func (w *Watcher) restore() {
	if w.deps.Checkpoint == "" {
		return
	}
	data, err := os.ReadFile(w.deps.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	records, damaged := readCheckpoint(data)
	if err = errors.Join(err, damaged); err != nil {
		w.log.Warn("open runs of the agent before this one are lost in part", "file", w.deps.Checkpoint, "err", err)
	}
	w.append(records)
}

// readCheckpoint returns the records up to the first that is damaged.
func readCheckpoint(data []byte) (records []telemetry.Record, err error) {
	for len(data) > 0 {
		if len(data) < 4 || uint64(binary.BigEndian.Uint32(data)) > uint64(len(data)-4) {
			return records, fmt.Errorf("cut short at %d octets from its end", len(data))
		}
		n := binary.BigEndian.Uint32(data)
		r, err := record.DecodeSmall(data[4 : 4+n])
		if err != nil {
			return records, err
		}
		if r.Runs == nil {
			return records, errors.New("a record without runs")
		}
		records = append(records, telemetry.Record{Runs: r.Runs})
		data = data[4+n:]
	}
	return records, nil
}
