package watch

import (
	"context"
	"errors"
	"time"

	"ninewatch/agent/profile"
	"ninewatch/internal/telemetry"
)

// soonestTick is how often the job of the sensors runs at most.
const soonestTick = time.Second

// sensors polls the groups of a device that are due: processors, memory, sensors and what else its profile reads.
func (w *Watcher) sensors(ctx context.Context, d *device, slot time.Time) {
	d.sensing.Lock()
	defer d.sensing.Unlock()
	if d.ctx.Err() != nil || len(d.groups) == 0 {
		return
	}
	tick := time.Duration(d.tick.Load())
	ctx, cancel := context.WithTimeout(ctx, max(tick*9/10, 5*time.Second))
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	session, err := d.session()
	if err != nil {
		return // the poll of the interfaces tells why
	}
	why := ""
	for _, g := range d.groups {
		if last, ok := d.sensed[g.Interval]; ok && slot.Sub(last) < g.Interval-tick/2 {
			continue
		}
		d.sensed[g.Interval] = slot
		frame, info, err := g.Poll(ctx, session, slot)
		if d.ctx.Err() != nil {
			return
		}
		if frame != nil {
			frame.Polls[0].Time = stamp(slot, w.deps.Now(), g.Interval).UnixMilli()
			w.send(telemetry.Record{Frame: frame})
		}
		if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
			w.complain(d, err)
		}
		if info.Rediscover {
			why = info.Why
		}
	}
	if why != "" {
		w.asking.Go(func() { w.changed(d, why) })
	}
}

// changed has a device discovered soon. It waits for a poll in flight.
func (w *Watcher) changed(d *device, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.plan != nil && d.ctx.Err() == nil {
		d.changed = why
		w.want(d)
	}
}

// series are those of all groups.
func series(groups []*profile.Group) (out []telemetry.Series) {
	for _, g := range groups {
		out = append(out, g.Template()...)
	}
	return out
}

// without are the series of before that are not in now.
func without(before, now []telemetry.Series) (out []telemetry.Series) {
	there := make(map[string]bool, len(now))
	for _, s := range now {
		there[seriesKey(s)] = true
	}
	for _, s := range before {
		if !there[seriesKey(s)] {
			out = append(out, s)
		}
	}
	return out
}

func seriesKey(s telemetry.Series) string {
	text := s.Name
	for _, l := range s.Labels {
		text += "\x00" + l.Name + "\x00" + l.Value
	}
	return text
}

// tickOf is how often the job of the sensors has to run, so that each group is polled at its interval.
func tickOf(groups []*profile.Group, usual time.Duration) time.Duration {
	tick := time.Duration(0)
	fits := true
	for _, g := range groups {
		fits = fits && g.Interval%usual == 0
		tick = divisor(tick, g.Interval)
	}
	if fits {
		return usual
	}
	return max(tick, soonestTick)
}

// divisor is the greatest common one; that of 0 and b is b.
func divisor(a, b time.Duration) time.Duration {
	for a != 0 {
		a, b = b%a, a
	}
	return b
}
