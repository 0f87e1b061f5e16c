package spool

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"time"

	"ninewatch/internal/journal"
	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

const (
	liveFor    = 2 * time.Minute
	maxAnswer  = 1 << 20 // bytes of one Next, one record at least
	maxForward = 1024    // LSNs that a reader steps over rather than start anew
)

// liveRecord is a record of this run that no lane has had.
type liveRecord struct {
	lsn uint64
	at  int64 // Unix ms of Append
}

// flying is a record in flight.
type flying struct {
	data
	at int64 // of a live record, else 0
}

// laneReader is where a lane reads.
type laneReader struct {
	r    *journal.Reader
	next uint64
}

func (l *laneReader) close() {
	if l.r != nil {
		l.r.Close()
		l.r = nil
	}
}

// Next hands out at most limit records of a lane. They are in flight until Ack or Return.
func (q *Queue) Next(lane Lane, limit int) []Item {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || limit <= 0 {
		return nil
	}
	q.expireLive()
	for {
		lsns := q.pick(lane, limit)
		if len(lsns) == 0 {
			return nil
		}
		items, done := q.fetch(lane, lsns)
		if len(items) > 0 || done == 0 {
			return items
		}
	}
}

// pick returns the LSNs that a lane is to have next, ascending.
func (q *Queue) pick(lane Lane, limit int) []uint64 {
	var lsns []uint64
	if lane == Live {
		for _, l := range q.live[max(0, len(q.live)-limit):] {
			lsns = append(lsns, l.lsn)
		}
		return lsns
	}
	for _, x := range q.waiting {
		for lsn := x.First; lsn <= x.Last && len(lsns) < limit; lsn++ {
			lsns = append(lsns, lsn)
		}
		if len(lsns) == limit {
			break
		}
	}
	return lsns
}

// fetch reads the records at lsns and puts them in flight, until the answer is full. done is how many of
// lsns are dealt with; those that cannot be read are given up.
func (q *Queue) fetch(lane Lane, lsns []uint64) (items []Item, done int) {
	l := q.readers[lane]
	if l.r == nil || lsns[0] < l.next || lsns[0]-l.next > maxForward {
		l.close()
		l.r, l.next = q.j.Read(lsns[0]), lsns[0]
	}
	size := 0
	for done < len(lsns) && size < maxAnswer {
		lsn, rec, err := l.r.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			l.close()
			q.warn("read", "cannot read the spool, will try again", err)
			return items, done
		}
		if err != nil {
			lsn = lsns[len(lsns)-1] + 1 // none of them is there
			l.close()
		} else {
			l.next = lsn + 1
		}
		if lsns[done] < lsn {
			q.unreadable(lsns[done], lsn-1)
		}
		for done < len(lsns) && lsns[done] < lsn {
			done++
		}
		if done == len(lsns) || lsn < lsns[done] {
			continue
		}
		done++
		d, b, ok := parseData(rec)
		if !ok {
			q.unreadable(lsn, lsn)
			continue
		}
		q.launch(lane, lsn, d)
		items = append(items, Item{d.epoch, d.seq, slices.Clone(b), int(d.samples), d.time})
		size += len(b)
	}
	return items, done
}

// launch puts a record in flight.
func (q *Queue) launch(lane Lane, lsn uint64, d data) {
	var at int64
	if i, found := slices.BinarySearchFunc(q.live, lsn, byLSN); found {
		at = q.live[i].at
	}
	q.forget(telemetry.Range{First: lsn, Last: lsn})
	q.flight[lane][lsn] = flying{d, at}
}

// unreadable gives what is queued at first..last up. How many samples that had shows when the rest of its
// part is settled.
func (q *Queue) unreadable(first, last uint64) {
	q.settle(dropDamaged, settlement{first: first, last: last})
	for _, p := range slices.Clone(q.st.parts) {
		if p.lsn.First <= last && first <= p.lsn.Last {
			q.closePart(p.lsn.First)
		}
	}
}

// closePart counts what is left in the part of lsn, when that has nothing to send any more, as damaged.
func (q *Queue) closePart(lsn uint64) {
	i := q.st.partOf(lsn)
	if i < 0 || q.st.parts[i].samples == 0 || !q.st.settled(q.st.parts[i]) {
		return
	}
	p := q.st.parts[i]
	q.gap(telemetry.Gap{Epoch: p.epoch, Samples: p.samples, Reason: dropDamaged,
		From: max(p.oldest, 1), To: max(p.newest, 1)})
	q.settle(dropDamaged, settlement{p.lsn.First, p.lsn.Last, p.samples})
}

// forget takes LSNs out of all lanes.
func (q *Queue) forget(r telemetry.Range) {
	if intersects(q.waiting, r) {
		q.waiting.Remove(r)
	}
	i, _ := slices.BinarySearchFunc(q.live, r.First, byLSN)
	j := i
	for j < len(q.live) && q.live[j].lsn <= r.Last {
		j++
	}
	q.live = slices.Delete(q.live, i, j)
	for _, flight := range q.flight {
		if r.Last-r.First < uint64(len(flight)) {
			for lsn := r.First; lsn <= r.Last; lsn++ {
				delete(flight, lsn)
			}
			continue
		}
		for lsn := range flight {
			if r.First <= lsn && lsn <= r.Last {
				delete(flight, lsn)
			}
		}
	}
}

func byLSN(l liveRecord, lsn uint64) int {
	switch {
	case l.lsn < lsn:
		return -1
	case l.lsn > lsn:
		return 1
	}
	return 0
}

// expireLive turns what is too old or too much for the live lane into backlog.
func (q *Queue) expireLive() {
	oldest := q.now().Add(-liveFor).UnixMilli()
	n := max(0, len(q.live)-maxLive)
	for n < len(q.live) && q.live[n].at < oldest {
		n++
	}
	for _, l := range q.live[:n] {
		q.waiting.Add(telemetry.Range{First: l.lsn, Last: l.lsn})
	}
	q.live = slices.Delete(q.live, 0, n)
}

// Return puts what a lane has in flight back into the queue, because its connection is lost. What is young
// enough is live again.
func (q *Queue) Return(lane Lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.flight[lane]) == 0 {
		return
	}
	for lsn, f := range q.flight[lane] {
		if f.at > 0 {
			i, _ := slices.BinarySearchFunc(q.live, lsn, byLSN)
			q.live = slices.Insert(q.live, i, liveRecord{lsn, f.at})
		} else {
			q.waiting.Add(telemetry.Range{First: lsn, Last: lsn})
		}
	}
	q.flight[lane] = map[uint64]flying{}
	q.expireLive()
	q.announce()
}

// Ack settles the records of the epoch e in ranges, in flight or not. What the queue does not hold any
// more is ignored. It is durable within a second.
func (q *Queue) Ack(e telemetry.Epoch, ranges ...telemetry.Range) error {
	var acked telemetry.RangeSet
	for _, r := range ranges {
		acked.Add(r)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	found := q.ackFlight(e, acked)
	if found > 0 && found == acked.Count() {
		return nil
	}
	return q.ackParts(e, acked)
}

// ackFlight settles what is in flight and returns how many records that were.
func (q *Queue) ackFlight(e telemetry.Epoch, acked telemetry.RangeSet) uint64 {
	samples := map[uint64]uint64{}
	for _, flight := range q.flight {
		for lsn, d := range flight {
			if d.epoch == e && acked.Contains(d.seq) {
				samples[lsn] = uint64(d.samples)
			}
		}
	}
	q.ackLSNs(samples)
	return uint64(len(samples))
}

// ackLSNs settles records by LSN, runs of them in one settlement.
func (q *Queue) ackLSNs(samples map[uint64]uint64) {
	var list []settlement
	lsns := make([]uint64, 0, len(samples))
	for lsn := range samples {
		lsns = append(lsns, lsn)
	}
	order.Sort(lsns, cmp.Compare)
	for _, lsn := range lsns {
		if n := len(list); n > 0 && list[n-1].last+1 == lsn && q.st.partOf(lsn) == q.st.partOf(list[n-1].first) {
			list[n-1].last = lsn
			list[n-1].samples += samples[lsn]
			continue
		}
		list = append(list, settlement{lsn, lsn, samples[lsn]})
	}
	if len(list) == 0 {
		return
	}
	q.settle("", list...)
	for _, x := range list {
		q.closePart(x.first)
	}
}

// ackParts settles what is not in flight. It reads the parts that hold such records.
func (q *Queue) ackParts(e telemetry.Epoch, acked telemetry.RangeSet) error {
	for i := range q.st.parts {
		p := q.st.parts[i]
		if p.epoch != e || !intersects(acked, p.seq) || q.st.settled(p) {
			continue
		}
		samples := map[uint64]uint64{}
		err := q.scan(p, func(lsn uint64, d data, _ []byte) {
			if q.st.queued.Contains(lsn) && d.epoch == e && acked.Contains(d.seq) {
				samples[lsn] = uint64(d.samples)
			}
		})
		q.ackLSNs(samples)
		if err != nil {
			return err
		}
	}
	return nil
}

// scan calls do for the readable data of a part.
func (q *Queue) scan(p part, do func(lsn uint64, d data, record []byte)) error {
	r := q.j.Read(p.lsn.First)
	defer r.Close()
	for {
		lsn, rec, err := r.Next()
		if errors.Is(err, io.EOF) || err == nil && lsn > p.lsn.Last {
			return nil
		}
		if err != nil {
			return err
		}
		if d, record, ok := parseData(rec); ok {
			do(lsn, d, record)
		}
	}
}

// Requeue puts back what the queue holds of the epoch e as acknowledged and the collector has not: it was
// restored from an older backup. What held does not contain is sent again. Only whole records that are
// retained on disk can come back.
func (q *Queue) Requeue(e telemetry.Epoch, held telemetry.RangeSet) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	again := false
	for i := range q.st.parts {
		p := &q.st.parts[i]
		if p.epoch != e {
			continue
		}
		err := q.scan(*p, func(lsn uint64, d data, _ []byte) {
			if q.st.queued.Contains(lsn) || held.Contains(d.seq) || d.epoch != e || q.st.acknowledged < uint64(d.samples) {
				return
			}
			lsns := telemetry.Range{First: lsn, Last: lsn}
			q.st.queued.Add(lsns)
			q.waiting.Add(lsns)
			q.st.acknowledged -= uint64(d.samples)
			q.st.waiting += uint64(d.samples)
			p.samples += uint64(d.samples)
			again = true
		})
		if err != nil {
			return err
		}
	}
	if again {
		q.pending, q.losses, q.fresh, q.dirty = nil, nil, true, true
		q.announce()
	}
	return nil
}
