package spool

import (
	"slices"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
)

// maxParts bounds the memory and the checkpoints of an agent that restarts over and over.
const maxParts = 4096

// limit holds the queue within its bytes and age, and removes what is acknowledged and old.
func (q *Queue) limit() {
	for q.j.Bytes() > q.cfg.MaxSize || len(q.st.parts) > maxParts {
		if !q.dropOldest(dropSize) {
			break
		}
	}
	for {
		segs := q.j.Segments()
		if len(segs) < 2 {
			return
		}
		s := segs[0]
		age := q.now().Sub(s.Newest)
		done := !intersects(q.st.queued, telemetry.Range{First: s.First, Last: s.Last})
		if age <= q.cfg.MaxAge && !(done && age > retain) {
			return
		}
		if !q.dropOldest(dropAge) {
			return
		}
	}
}

// dropOldest removes the oldest segment and counts what was queued in it. It is false when nothing can go.
func (q *Queue) dropOldest(reason string) bool {
	for _, l := range q.readers {
		l.close() // or the file would keep its space
	}
	segs := q.j.Segments()
	if len(segs) < 2 {
		return false
	}
	gaps := q.gapsOf(segs[0].Last, reason)
	if _, _, err := q.j.DropOldestSegment(); err != nil {
		q.warn("drop", "cannot drop the oldest segment of the spool", err)
		return false
	}
	for _, g := range gaps {
		q.gap(g)
	}
	q.dropParts(segs[0].Last, reason)
	return true
}

// gapsOf says what the collector is to be told when the parts up to the LSN last go: what is queued in them,
// and the gaps that they were to tell of.
func (q *Queue) gapsOf(last uint64, reason string) []telemetry.Gap {
	var gaps []telemetry.Gap
	for _, p := range q.st.parts {
		if p.lsn.Last > last {
			break
		}
		if p.samples == 0 && q.st.settled(p) {
			continue
		}
		g := telemetry.Gap{Epoch: p.epoch, Samples: p.samples, Reason: reason, From: max(p.oldest, 1), To: max(p.newest, 1)}
		err := q.scan(p, func(lsn uint64, d data, rec []byte) {
			if !q.st.queued.Contains(lsn) {
				return
			}
			if g.FirstSeq == 0 {
				g.FirstSeq = d.seq
			}
			g.LastSeq = d.seq
			if d.samples > 0 {
				return
			}
			if r, err := record.DecodeSmall(rec); err == nil && r.Gap != nil {
				gaps = append(gaps, *r.Gap)
			}
		})
		if err != nil {
			q.warn("read", "cannot read what is dropped", err)
		}
		gaps = append(gaps, g)
	}
	return gaps
}

// dropParts takes the parts up to the LSN last out of the state.
func (q *Queue) dropParts(last uint64, reason string) {
	n := 0
	for n < len(q.st.parts) && q.st.parts[n].lsn.Last <= last {
		p := q.st.parts[n]
		n++
		if p.samples == 0 && q.st.settled(p) {
			continue
		}
		q.settle(reason, settlement{p.lsn.First, p.lsn.Last, p.samples})
		if suppressed, ok := q.quiet.Allow("drop " + reason); ok {
			q.log.Warn("dropping the oldest records that are not acknowledged", "reason", reason,
				"samples", p.samples, "suppressed", suppressed)
		}
	}
	q.st.parts = slices.Delete(q.st.parts, 0, n)
}

// forgetMissing drops the parts whose segment is gone.
func (q *Queue) forgetMissing() {
	last := q.j.FirstLSN() - 1
	for _, p := range q.st.parts {
		if p.lsn.Last <= last && (p.samples > 0 || !q.st.settled(p)) {
			q.gap(telemetry.Gap{Epoch: p.epoch, FirstSeq: p.seq.First, LastSeq: p.seq.Last, Samples: p.samples,
				Reason: dropMissing, From: max(p.oldest, 1), To: max(p.newest, 1)})
		}
	}
	q.dropParts(last, dropMissing)
}
