package watch

import (
	"context"
	"errors"
	"time"

	"ninewatch/agent/observe"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// poll reads the interfaces of a device once, which shows too whether it answers. As long as it is not known what the
// device has, it is only asked for that.
func (w *Watcher) poll(ctx context.Context, d *device, slot time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return
	}
	w.m.polls.Inc()
	interval := d.assigned.SNMPInterval
	// A poll may take most of its interval, not more: the next one is due then.
	ctx, cancel := context.WithTimeout(ctx, max(interval*9/10, 5*time.Second))
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	records, info, err := w.read(ctx, d, slot)
	if d.ctx.Err() != nil {
		return // removed meanwhile
	}
	result, reason := resultOf(err)
	seen := slot
	if result == telemetry.OK && info.Retries > 0 {
		seen = w.deps.Now() // a retry was answered: nothing shows that the device answered in the slot
	}
	if err != nil {
		if w.stopped.Err() != nil || errors.Is(ctx.Err(), context.Canceled) {
			return // we were stopped: no evidence
		}
		w.m.failed.Inc()
		w.complain(d, err)
	}
	w.saw(d, result)
	records = append(records, telemetry.Record{Frame: d.own(slot, info, result == telemetry.OK)})
	records = append(records, w.recorder.SNMP(d.assigned.Name, observe.Sample{
		Slot: seen.UnixMilli(), Every: interval.Milliseconds(), Result: result, Reason: reason,
	})...)
	w.send(records...)
	if session, err := d.session(); err == nil && info.Answered {
		w.states(ctx, d, session)
	}
}

// read makes one poll.
func (w *Watcher) read(ctx context.Context, d *device, slot time.Time) (records []telemetry.Record, info snmp.PollInfo, err error) {
	session, err := d.session()
	if err != nil {
		return nil, info, err
	}
	defer func() {
		if err := d.memory.Note(d.assigned.Name, session.Learnt()); err != nil {
			w.log.Warn("limits of devices are not remembered over a restart", "err", err)
		}
	}()
	if d.plan == nil {
		before := session.Counts()
		info.RTT, _, err = snmp.Liveness(ctx, session)
		info.Retries = session.Counts().Retries - before.Retries
		if err == nil {
			w.want(d)
		}
		return nil, info, err
	}
	frame, info, err := d.plan.Poll(ctx, session, slot)
	if frame != nil {
		frame.Polls[0].Time = stamp(slot, w.deps.Now(), d.assigned.SNMPInterval).UnixMilli()
		records = append(records, telemetry.Record{Frame: frame})
	}
	if info.Boot != nil {
		records = append(records, telemetry.Record{Boot: info.Boot})
	}
	w.m.invalid.Add(info.Invalid)
	if info.Rediscover {
		d.changed = info.Why
	}
	if d.changed != "" && info.Answered {
		w.want(d)
	}
	if info.Answered {
		err = nil // a part that is missing is no silence
	}
	return records, info, err
}

// look asks by SNMP whether a device answers at all, apart from its polls: once, and once more when it does not.
func (w *Watcher) look(name string) {
	w.mu.Lock()
	d := w.devices[name]
	w.mu.Unlock()
	if d == nil || d.assigned.Credential == "" || d.assigned.SNMPInterval == 0 {
		return
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(d.ctx, 2*lookTimeout)
		slot := w.deps.Now()
		err := d.look(ctx)
		cancel()
		if d.ctx.Err() != nil {
			return
		}
		result, reason := resultOf(err)
		w.saw(d, result)
		w.send(w.recorder.SNMP(name, observe.Sample{
			Slot: slot.UnixMilli(), Every: d.assigned.SNMPInterval.Milliseconds(), Result: result, Reason: reason,
		})...)
		if result != telemetry.Fail {
			return
		}
	}
}

// look uses a session of its own: that of the polls may be busy waiting.
func (d *device) look(ctx context.Context) error {
	client, err := d.manager.Dial(d.target(lookTimeout, -1))
	if err != nil {
		return err
	}
	defer client.Close()
	_, _, err = snmp.Liveness(ctx, client)
	return err
}

// saw remembers the last result of SNMP for the series ninewatch_up.
func (w *Watcher) saw(d *device, r telemetry.Result) {
	w.mu.Lock()
	d.snmp = r
	back := r == telemetry.OK && d.lost
	w.mu.Unlock()
	if back { // echoes may return too, though long dead they are seldom sent
		w.deps.Prober.Look(d.assigned.Name)
	}
}

// resultOf is the evidence in the outcome of a request.
func resultOf(err error) (telemetry.Result, string) {
	if err == nil {
		return telemetry.OK, ""
	}
	switch kind := snmp.KindOf(err); kind {
	case snmp.Timeout, snmp.Refused:
		return telemetry.Fail, string(kind)
	case snmp.Credentials, snmp.Engine:
		return telemetry.Credentials, string(kind)
	case snmp.Protocol:
		return telemetry.OK, string(kind) // it answers, if not well
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return telemetry.Fail, string(snmp.Timeout) // the device did not come to an end in its time
	}
	return telemetry.ProberFault, "agent"
}

// stamp is the time of the samples: the slot when the poll is punctual, else the true time.
func stamp(slot, now time.Time, interval time.Duration) time.Time {
	if late := now.Sub(slot); late >= 0 && late <= interval/200 {
		return slot
	}
	return now
}

// own are the samples about the poll itself. They depend on who looks.
func (d *device) own(slot time.Time, info snmp.PollInfo, up bool) *telemetry.Frame {
	d.dialing.Lock()
	counts := snmp.Counts{}
	if d.client != nil {
		counts = d.client.Counts()
	}
	d.dialing.Unlock()
	rtt := telemetry.Value{}
	if info.RTT > 0 {
		rtt = telemetry.FloatValue(info.RTT.Seconds())
	}
	series := func(name string) telemetry.Series { return telemetry.Series{Name: name, Vantage: true} }
	return &telemetry.Frame{
		Device: d.assigned.Name,
		Template: []telemetry.Series{
			series("ninewatch_snmp_up"), series("ninewatch_snmp_rtt_seconds"),
			series("ninewatch_snmp_requests_total"), series("ninewatch_snmp_timeouts_total"),
		},
		Polls: []telemetry.Poll{{Time: slot.UnixMilli(), Values: []telemetry.Value{
			truth(up), rtt, telemetry.UintValue(counts.Requests), telemetry.UintValue(counts.Timeouts),
		}}},
	}
}

func truth(b bool) telemetry.Value {
	if b {
		return telemetry.UintValue(1)
	}
	return telemetry.UintValue(0)
}

func (w *Watcher) complain(d *device, err error) {
	if suppressed, ok := w.quiet.Allow(d.assigned.Name); ok {
		w.log.Warn("device not read, next try at its interval", "device", d.assigned.Name, "addr", d.address.String(), "err", err, "suppressed", suppressed)
	}
}
