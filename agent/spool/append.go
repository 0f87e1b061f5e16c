package spool

import (
	"errors"
	"fmt"
	"syscall"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

const (
	maxChunk   = 4 << 20 // of one write
	maxPending = 1000    // settlements; beyond, a checkpoint is shorter
	maxLive    = 8192
)

// Reasons of dropped.
const (
	dropSize    = "size"
	dropAge     = "age"
	dropFull    = "disk_full"
	dropWrite   = "write_error"
	dropInvalid = "invalid"
	dropDamaged = "damaged"
	dropMissing = "missing"
)

// Append numbers recs in their order and stores them. An error says that some were not stored; their
// samples are counted as dropped, and there is no use in appending them again.
func (q *Queue) Append(recs ...telemetry.Record) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	var errs []error
	for len(recs) > 0 {
		n, err := q.appendSome(recs)
		recs = recs[n:]
		if err != nil {
			errs = append(errs, err)
		}
	}
	q.limit()
	q.appendGaps()
	return errors.Join(errs...)
}

// chunk is what one write brings.
type chunk struct {
	recs    [][]byte
	data    []data
	samples uint64
}

// appendSome writes the first of recs as one chunk and returns how many it dealt with.
func (q *Queue) appendSome(recs []telemetry.Record) (n int, err error) {
	var c chunk
	size := 0
	var errs []error
	for n < len(recs) && size < maxChunk {
		r := recs[n]
		n++
		r.Epoch, r.Seq = q.epoch, q.seq+uint64(len(c.data))+1
		b, err := record.Encode(&r)
		samples := r.Samples()
		if err != nil {
			q.lose(dropInvalid, uint64(samples), newest(&r))
			errs = append(errs, fmt.Errorf("spool: %w", err))
			continue
		}
		d := data{epoch: q.epoch, seq: r.Seq, samples: uint32(samples), time: max(newest(&r), 1)}
		c.samples += uint64(samples)
		c.data = append(c.data, d)
		c.recs = append(c.recs, appendData(nil, 0, d, b))
		size += len(b)
	}
	if len(c.data) > 0 {
		if err := q.store(c); err != nil {
			errs = append(errs, fmt.Errorf("spool: %w", err))
		}
	}
	return n, errors.Join(errs...)
}

// store writes c, with room made by dropping the oldest where the disk is full.
func (q *Queue) store(c chunk) error {
	first, err := q.write(c)
	for isFull(err) && q.dropOldest(dropFull) {
		first, err = q.write(c)
	}
	if err != nil {
		reason := dropWrite
		if isFull(err) {
			reason = dropFull
		}
		for _, d := range c.data {
			q.lose(reason, uint64(d.samples), d.time)
		}
		q.warn(reason, "cannot store records, counting them as dropped", err)
		return err
	}
	now := q.now().UnixMilli()
	for i, d := range c.data {
		lsn := first + uint64(i)
		q.st.add(lsn, d)
		q.live = append(q.live, liveRecord{lsn, now})
	}
	q.seq += uint64(len(c.data))
	q.expireLive()
	q.announce()
	return nil
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// write puts the bookkeeping that is pending and then c into the journal as one batch, and returns the
// LSN of the first record of c.
func (q *Queue) write(c chunk) (uint64, error) {
	if q.written >= q.cfg.segmentBytes() || q.written > 0 && q.now().Sub(q.started) >= q.cfg.segmentAge() {
		if err := q.j.Rotate(); err != nil {
			return 0, err
		}
		q.written, q.started, q.fresh = 0, q.now(), true
	}
	var batch [][]byte
	if q.fresh {
		batch = append(batch, q.st.checkpoint())
	} else {
		batch = q.bookkeeping()
	}
	head := len(batch)
	produced := q.st.produced
	for i, d := range c.data {
		produced += uint64(d.samples)
		copy(c.recs[i], appendCommon(nil, kindData, produced))
	}
	batch = append(batch, c.recs...)
	if len(batch) == 0 {
		return 0, nil
	}
	first, err := q.j.Append(batch...)
	if err != nil {
		return 0, err
	}
	for _, b := range batch {
		q.written += int64(len(b)) + 36
	}
	if q.fresh {
		q.st.cut = true
	}
	q.fresh, q.dirty, q.pending, q.losses = false, false, nil, nil
	q.st.last = first + uint64(head) - 1
	return first + uint64(head), nil
}

// bookkeeping encodes what is pending. The losses are part of st.produced, so their records count up to it.
func (q *Queue) bookkeeping() [][]byte {
	produced := q.st.produced
	for _, l := range q.losses {
		produced -= l.samples
	}
	var batch [][]byte
	for _, p := range q.pending {
		batch = append(batch, appendSettle(nil, produced, p.reason, p.list))
	}
	for _, l := range q.losses {
		produced += l.samples
		batch = append(batch, appendLoss(nil, produced, l.reason, l.samples))
	}
	return batch
}

// flush writes what is pending, if anything is; what cannot be written stays pending.
func (q *Queue) flush() {
	q.appendGaps()
	if !q.dirty {
		return
	}
	if _, err := q.write(chunk{}); err != nil {
		q.warn("flush", "cannot write the spool's bookkeeping, will try again", err)
	}
}

// lose counts samples that are not stored.
func (q *Queue) lose(reason string, samples uint64, at int64) {
	q.st.lose(reason, samples)
	q.gap(telemetry.Gap{Epoch: q.epoch, Samples: samples, Reason: reason, From: max(at, 1), To: max(at, 1)})
	if samples == 0 {
		return
	}
	q.dirty = true
	if n := len(q.losses); n > 0 && q.losses[n-1].reason == reason {
		q.losses[n-1].samples += samples
		return
	}
	if len(q.losses) >= maxPending {
		q.losses, q.pending, q.fresh = nil, nil, true // a checkpoint says it all
		return
	}
	if !q.fresh {
		q.losses = append(q.losses, loss{reason, samples})
	}
}

// settle takes data out of the queue, now in memory and with the next write on disk.
func (q *Queue) settle(reason string, list ...settlement) {
	for _, x := range list {
		q.st.settle(reason, x)
		q.forget(telemetry.Range{First: x.first, Last: x.last})
	}
	q.dirty = true
	if q.fresh {
		return // the checkpoint to come says it all
	}
	if n := len(q.pending); n > 0 && q.pending[n-1].reason == reason {
		q.pending[n-1].list = append(q.pending[n-1].list, list...)
	} else {
		q.pending = append(q.pending, pendingSettle{reason, list})
	}
	if len(q.pending) > maxPending || len(q.pending[len(q.pending)-1].list) > maxPending {
		q.pending, q.losses, q.fresh = nil, nil, true
	}
}

// gap notes that the collector is to be told of a loss. Losses of one epoch and reason are one gap.
func (q *Queue) gap(g telemetry.Gap) {
	for i := range q.gaps {
		if x := &q.gaps[i]; x.Epoch == g.Epoch && x.Reason == g.Reason && (x.FirstSeq == 0) == (g.FirstSeq == 0) {
			x.FirstSeq, x.LastSeq = min(x.FirstSeq, g.FirstSeq), max(x.LastSeq, g.LastSeq)
			x.From, x.To = min(x.From, g.From), max(x.To, g.To)
			x.Samples += g.Samples
			return
		}
	}
	q.gaps = append(q.gaps, g)
}

// appendGaps appends the gaps as records; what cannot be written stays for the next time.
func (q *Queue) appendGaps() {
	if len(q.gaps) == 0 {
		return
	}
	var c chunk
	for i := range q.gaps {
		r := telemetry.Record{Epoch: q.epoch, Seq: q.seq + uint64(i) + 1, Gap: &q.gaps[i]}
		b, err := record.Encode(&r)
		if err != nil { // a bug in this package
			q.warn("gap", "cannot encode a gap record", err)
			q.gaps = nil
			return
		}
		d := data{epoch: q.epoch, seq: r.Seq, time: q.gaps[i].To}
		c.data = append(c.data, d)
		c.recs = append(c.recs, appendData(nil, 0, d, b))
	}
	first, err := q.write(c)
	if err != nil {
		q.warn("gap", "cannot write gap records, will try again", err)
		return
	}
	now := q.now().UnixMilli()
	for i, d := range c.data {
		q.st.add(first+uint64(i), d)
		q.live = append(q.live, liveRecord{first + uint64(i), now})
	}
	q.seq += uint64(len(c.data))
	q.gaps = nil
	q.announce()
}

// newest is the time of the newest content of r.
func newest(r *telemetry.Record) int64 {
	var t int64
	switch {
	case r.Frame != nil:
		for _, p := range r.Frame.Polls {
			t = max(t, p.Time)
		}
	case r.Runs != nil:
		for _, x := range r.Runs {
			t = max(t, x.To)
		}
	case r.Facts != nil:
		t = r.Facts.Time
	case r.Gap != nil:
		t = r.Gap.To
	case r.Boot != nil:
		t = r.Boot.Time
	case r.Scan != nil:
		t = r.Scan.Time
	}
	return t
}
