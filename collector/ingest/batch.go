package ingest

import (
	"context"
	"fmt"
	"time"

	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// incoming is a batch on its way into the journal.
type incoming struct {
	epoch telemetry.Epoch
	seq   uint64
	data  []byte            // the encoded record
	rec   *telemetry.Record // nil: it is no record
}

// accept journals what is new among batches, and returns what to acknowledge: all of them. An error
// ends the stream; the agent sends again what was not acknowledged.
func (c *session) accept(ctx context.Context, batches []*telemetryv1.Batch) ([]*telemetryv1.Ack, error) {
	in := make([]incoming, 0, len(batches))
	for _, b := range batches {
		x, err := c.parse(b)
		if err != nil {
			return nil, err
		}
		in = append(in, x)
	}
	if err := c.journal(ctx, in); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := c.s.deps.Journal.Sync(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		c.s.m.syncErrors.Inc()
		return nil, c.journalFailed(err)
	}
	c.s.m.syncSeconds.UpdateDuration(start)
	return acks(in), nil
}

// parse reads one batch. A batch without a usable name cannot be acknowledged, so it is an error.
func (c *session) parse(b *telemetryv1.Batch) (incoming, error) {
	epoch, err := epochOf(b.GetEpoch())
	if err != nil || b.GetSeq() == 0 {
		return incoming{}, fmt.Errorf("%w: batch with an epoch of %d bytes and sequence number %d", errProtocol, len(b.GetEpoch()), b.GetSeq())
	}
	x := incoming{epoch: epoch, seq: b.GetSeq()}
	if x.data, err = record.FromWire(b); err == nil {
		x.rec, err = record.Decode(x.data)
	}
	if err != nil {
		c.s.m.invalid.Inc()
		if suppressed, ok := c.s.quiet.Allow("invalid " + c.peer.Agent); ok {
			c.log.Error("record of an agent cannot be read and is lost", "epoch", epoch.String(), "seq", x.seq, "err", err, "suppressed", suppressed)
		}
	}
	return x, nil
}

func epochOf(b []byte) (e telemetry.Epoch, err error) {
	if len(b) != len(e) {
		return e, fmt.Errorf("%w: epoch of %d bytes instead of %d", errProtocol, len(b), len(e))
	}
	copy(e[:], b)
	return e, nil
}

// journal appends what was not seen yet. Looking up, appending and remembering are one step for the
// streams of an agent.
func (c *session) journal(ctx context.Context, in []incoming) error {
	now := c.s.deps.Now()
	c.agent.mu.Lock()
	defer c.agent.mu.Unlock()
	var entries [][]byte
	var added []incoming
	for _, x := range in {
		set := c.agent.epoch(x.epoch)
		if set.Contains(x.seq) {
			c.s.m.duplicate.Inc()
			continue
		}
		if err := c.checkRoom(x, set); err != nil {
			c.undo(added)
			return err
		}
		set.Add(telemetry.Range{First: x.seq, Last: x.seq})
		added = append(added, x)
		if x.rec != nil {
			e := c.entry(ctx, x, now)
			entries = append(entries, appendEntry(nil, &e, x.data))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	if _, err := c.s.deps.Journal.Append(entries...); err != nil {
		c.undo(added)
		c.s.m.appendErrors.Inc()
		return c.journalFailed(err)
	}
	c.count(entries, added)
	return nil
}

func (c *session) checkRoom(x incoming, set *telemetry.RangeSet) error {
	if len(*set) >= maxRanges {
		return fmt.Errorf("%w: %d holes in the sequence of epoch %s", errTooMany, len(*set), x.epoch)
	}
	if len(c.agent.epochs) > maxEpochs+maxHelloEpochs {
		return fmt.Errorf("%w: %d epochs", errTooMany, len(c.agent.epochs))
	}
	return nil
}

func (c *session) undo(added []incoming) {
	for _, x := range added {
		c.agent.epoch(x.epoch).Remove(telemetry.Range{First: x.seq, Last: x.seq})
	}
}

func (c *session) count(entries [][]byte, added []incoming) {
	c.s.m.accepted.Add(len(entries))
	for _, e := range entries {
		c.s.m.bytes.Add(len(e))
	}
	for _, x := range added {
		if x.rec != nil {
			c.s.m.samples.Add(x.rec.Samples())
		}
	}
}

func (c *session) journalFailed(err error) error {
	if suppressed, ok := c.s.quiet.Allow("journal"); ok {
		c.log.Error("cannot write the journal, agents keep their data and will try again", "err", err, "suppressed", suppressed)
	}
	return errJournal // the cause is nobody's business outside
}

// entry wraps a record with what we know of its sender and its time.
func (c *session) entry(ctx context.Context, x incoming, now time.Time) telemetry.Entry {
	what := summarize(x.rec)
	offset := c.agent.clock.offset(what.newest)
	e := telemetry.Entry{
		Site:     c.peer.Site,
		Agent:    c.peer.Agent,
		Received: now.UnixMilli(),
		Offset:   offset,
		Record:   *x.rec,
	}
	age := e.Received - (what.newest + offset)
	if age > max(liveAge.Milliseconds(), 2*what.every) {
		e.Backlog = true
		c.s.m.backlog.Inc()
	}
	if age < -futureTolerance.Milliseconds() {
		e.Quarantine = true
		c.s.m.future.Inc()
		if suppressed, ok := c.s.quiet.Allow("future " + c.peer.Agent); ok {
			c.log.Warn("record lies in the future and is kept apart", "time", time.UnixMilli(what.newest+offset).UTC(),
				"devices", len(what.devices), "suppressed", suppressed)
		}
	}
	for device := range what.devices {
		if site, known := c.s.deps.DeviceSite(device); known && site != c.peer.Site {
			e.Quarantine = true
			c.s.m.foreign.Inc()
			c.auditForeign(ctx, device, site)
		}
	}
	return e
}

// auditForeign notes that an agent spoke of a device of another site.
func (c *session) auditForeign(ctx context.Context, device, site string) {
	suppressed, ok := c.s.audits.Allow(c.peer.Agent + " " + device)
	if !ok {
		return
	}
	c.log.Warn("record about a device of another site is kept apart", "device", device, "device_site", site, "suppressed", suppressed)
	detail := fmt.Sprintf("agent %s of site %s sent a record about device %s of site %s; it was kept apart", c.peer.Agent, c.peer.Site, device, site)
	if err := c.s.deps.Auth.Audit(ctx, "ingest.other_site", device, detail); err != nil {
		c.log.Error("cannot append to the audit log", "err", err)
	}
}

// summary is what the service wants to know of a record.
type summary struct {
	devices map[string]bool
	newest  int64 // the latest time in it
	every   int64 // the longest interval of its runs
}

func summarize(r *telemetry.Record) summary {
	s := summary{devices: map[string]bool{}}
	add := func(device string, at int64) {
		s.devices[device] = true
		s.newest = max(s.newest, at)
	}
	switch {
	case r.Frame != nil:
		for _, p := range r.Frame.Polls {
			add(r.Frame.Device, p.Time)
		}
		s.devices[r.Frame.Device] = true
	case r.Facts != nil:
		add(r.Facts.Device, r.Facts.Time)
	case r.Boot != nil:
		add(r.Boot.Device, r.Boot.Time)
	case r.Scan != nil:
		s.newest = r.Scan.Time
	case r.Gap != nil:
		s.newest = r.Gap.To
	}
	for _, run := range r.Runs {
		add(run.Device, run.To)
		s.every = max(s.every, run.Every)
	}
	return s
}

// acks groups what came in by epoch.
func acks(in []incoming) []*telemetryv1.Ack {
	sets := map[telemetry.Epoch]*telemetry.RangeSet{}
	for _, x := range in {
		if sets[x.epoch] == nil {
			sets[x.epoch] = &telemetry.RangeSet{}
		}
		sets[x.epoch].Add(telemetry.Range{First: x.seq, Last: x.seq})
	}
	var out []*telemetryv1.Ack
	for e, set := range sets {
		out = append(out, ackOf(e, *set))
	}
	return out
}

func ackOf(e telemetry.Epoch, set telemetry.RangeSet) *telemetryv1.Ack {
	a := &telemetryv1.Ack{Epoch: e[:]}
	for _, r := range set {
		a.Ranges = append(a.Ranges, &telemetryv1.Range{First: r.First, Last: r.Last})
	}
	return a
}
