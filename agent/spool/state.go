package spool

import (
	"encoding/binary"
	"maps"
	"slices"

	"ninewatch/internal/telemetry"
)

// state is the account and what is queued, as a function of the records of the journal in order. It
// knows no files and no clock.
type state struct {
	produced     uint64
	acknowledged uint64
	waiting      uint64 // samples queued: the sum over parts
	dropped      map[string]uint64
	parts        []part             // ascending
	queued       telemetry.RangeSet // LSNs of data that is not settled
	cut          bool               // the next data begins a new part
	last         uint64             // LSN of the last record applied
}

// part is a stretch of data in one segment and one epoch.
type part struct {
	lsn            telemetry.Range
	epoch          telemetry.Epoch
	seq            telemetry.Range
	samples        uint64 // queued
	oldest, newest int64  // Unix ms of the content
}

func newState() *state { return &state{dropped: map[string]uint64{}, cut: true} }

// add takes in a data record.
func (s *state) add(lsn uint64, d data) {
	s.produced += uint64(d.samples)
	s.waiting += uint64(d.samples)
	s.queued.Add(telemetry.Range{First: lsn, Last: lsn})
	s.last = lsn
	n := len(s.parts)
	if s.cut || n == 0 || s.parts[n-1].epoch != d.epoch && !s.parts[n-1].unknown() {
		s.cut = false
		s.parts = append(s.parts, part{
			lsn: telemetry.Range{First: lsn, Last: lsn}, epoch: d.epoch, seq: telemetry.Range{First: d.seq, Last: d.seq},
			samples: uint64(d.samples), oldest: d.time, newest: d.time,
		})
		return
	}
	p := &s.parts[n-1]
	if p.unknown() {
		p.epoch, p.seq.First, p.oldest = d.epoch, d.seq, d.time
	}
	p.lsn.Last, p.seq.Last = lsn, d.seq
	p.samples += uint64(d.samples)
	p.oldest, p.newest = min(p.oldest, d.time), max(p.newest, d.time)
}

// unknown tells whether nothing of p could be read yet.
func (p part) unknown() bool { return p.epoch == telemetry.Epoch{} }

// lose counts samples that were never stored.
func (s *state) lose(reason string, samples uint64) {
	s.produced += samples
	if samples > 0 {
		s.dropped[reason] += samples
	}
}

// settle takes data out of the queue; an empty reason means acknowledged.
func (s *state) settle(reason string, x settlement) {
	s.queued.Remove(telemetry.Range{First: x.first, Last: x.last})
	for i := max(s.partOf(x.first), 0); i < len(s.parts) && s.parts[i].lsn.First <= x.last; i++ {
		if s.parts[i].lsn.Last < x.first {
			continue
		}
		n := min(x.samples, s.parts[i].samples)
		x.samples -= n
		s.parts[i].samples -= n
		s.waiting -= n
		if reason == "" {
			s.acknowledged += n
		} else if n > 0 {
			s.dropped[reason] += n
		}
	}
}

// partOf returns the index of the part that holds lsn, or -1.
func (s *state) partOf(lsn uint64) int {
	i, found := slices.BinarySearchFunc(s.parts, lsn, func(p part, lsn uint64) int {
		switch {
		case p.lsn.Last < lsn:
			return -1
		case p.lsn.First > lsn:
			return 1
		}
		return 0
	})
	if !found {
		return -1
	}
	return i
}

// settled tells whether nothing of p is to be sent any more. Samples may be left that cannot be read.
func (s *state) settled(p part) bool { return !intersects(s.queued, p.lsn) }

func intersects(set telemetry.RangeSet, r telemetry.Range) bool {
	i, found := slices.BinarySearchFunc(set, r.First, func(x telemetry.Range, first uint64) int {
		switch {
		case x.Last < first:
			return -1
		case x.First > first:
			return 1
		}
		return 0
	})
	return found || i < len(set) && set[i].First <= r.Last
}

// apply takes in a record as it is read from the journal.
func (s *state) apply(lsn uint64, b []byte) error {
	if len(b) < commonBytes {
		return errFormat
	}
	produced := binary.LittleEndian.Uint64(b[1:])
	r := &reader{b: b[commonBytes:]}
	switch b[0] {
	case kindData:
		d, _, ok := parseData(b)
		if !ok {
			return errFormat
		}
		s.miss(lsn, produced-uint64(d.samples))
		s.add(lsn, d)
	case kindSettle:
		s.miss(lsn, produced)
		reason := r.text()
		for range r.count(3) {
			x := r.span()
			samples := r.uvarint()
			if !r.bad {
				s.settle(reason, settlement{x.First, x.Last, samples})
			}
		}
	case kindLoss:
		reason, samples := r.text(), r.uvarint()
		s.miss(lsn, produced-samples)
		s.lose(reason, samples)
	case kindCheckpoint:
		c, ok := parseCheckpoint(produced, r)
		if !ok {
			return errFormat
		}
		*s = *c
	default:
		return errFormat
	}
	s.last = lsn
	if r.bad {
		return errFormat
	}
	return nil
}

// miss compares what was produced before the record at lsn with what was seen. What is missing was in
// damaged records: it counts as queued at their LSNs, where reading will not find it.
func (s *state) miss(lsn, produced uint64) {
	if produced <= s.produced || lsn <= s.last+1 {
		return
	}
	samples := produced - s.produced
	s.produced += samples
	s.waiting += samples
	hole := telemetry.Range{First: s.last + 1, Last: lsn - 1}
	s.queued.Add(hole)
	if n := len(s.parts); n == 0 || s.cut {
		s.cut = false
		s.parts = append(s.parts, part{lsn: hole})
	}
	p := &s.parts[len(s.parts)-1]
	p.lsn.Last = hole.Last
	p.samples += samples
}

// checkpoint encodes all of s.
func (s *state) checkpoint() []byte {
	b := appendCommon(nil, kindCheckpoint, s.produced)
	b = binary.AppendUvarint(b, checkpointVersion)
	b = binary.AppendUvarint(b, s.acknowledged)
	b = binary.AppendUvarint(b, uint64(len(s.dropped)))
	for _, reason := range slices.Sorted(maps.Keys(s.dropped)) {
		b = binary.AppendUvarint(appendText(b, reason), s.dropped[reason])
	}
	b = binary.AppendUvarint(b, uint64(len(s.parts)))
	for _, p := range s.parts {
		b = append(appendRange(b, p.lsn.First, p.lsn.Last), p.epoch[:]...)
		b = appendRange(b, p.seq.First, p.seq.Last)
		b = binary.AppendUvarint(b, p.samples)
		b = binary.AppendUvarint(b, uint64(p.oldest))
		b = binary.AppendUvarint(b, uint64(p.newest))
	}
	b = binary.AppendUvarint(b, uint64(len(s.queued)))
	for _, x := range s.queued {
		b = appendRange(b, x.First, x.Last)
	}
	return b
}

func parseCheckpoint(produced uint64, r *reader) (*state, bool) {
	s := newState()
	s.produced = produced
	if r.uvarint() != checkpointVersion {
		r.bad = true
	}
	s.acknowledged = r.uvarint()
	sum := s.acknowledged
	for range r.count(2) {
		reason, n := r.text(), r.uvarint()
		s.dropped[reason] += n
		sum += n
	}
	for range r.count(23) {
		p := part{lsn: r.span()}
		copy(p.epoch[:], r.take(len(p.epoch)))
		p.seq = r.span()
		p.samples, p.oldest, p.newest = r.uvarint(), int64(r.uvarint()), int64(r.uvarint())
		s.parts = append(s.parts, p)
		s.waiting += p.samples
	}
	for range r.count(2) {
		if x := r.span(); !r.bad {
			s.queued.Add(x)
		}
	}
	return s, !r.bad && sum+s.waiting == produced
}
