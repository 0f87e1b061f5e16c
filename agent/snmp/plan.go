package snmp

import (
	"context"
	"errors"
	"slices"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// maxSeries is how many series a frame may have (internal/frame).
const maxSeries = 65_536

// Plan is the interfaces of one device that are polled: a GET of known names, no walk. It remembers the
// reading before, so it belongs to one poller at a time.
type Plan struct {
	device   string
	names    []oid.OID // until they are in batch
	batch    Batch
	items    []item
	template []telemetry.Series
	left     int // series beyond maxSeries

	hasIfNumber, hasLastChange bool
	ifNumber, lastChange       uint64
	gone                       []bool // by template: Stale was told
	ticks                      uint64 // sysUpTime of the reading before
	ticksAt                    time.Time
}

// item is what one name of a plan is for.
type item struct {
	object *object
	series int32 // in the template; -1: looked at, not a sample
}

// PollInfo is what a poll showed besides samples.
type PollInfo struct {
	Answered   bool // at least one valid reply
	SysUpTime  uint64
	RTT        time.Duration // of the first request
	Requests   uint64        // datagrams, retries among them
	Retries    uint64
	Timeouts   uint64
	Invalid    int    // values of a wrong type or encoding
	Rediscover bool   // the plan does not fit the device any more
	Why        string // reason of Rediscover
	Boot       *telemetry.Boot
}

func newPlan(device string, r *Reading, rows []InterfaceReading, ignored func(key string) bool) *Plan {
	p := &Plan{device: device}
	if r.UpTime {
		p.add(&sysUpTime, sysUpTime.at, nil)
	}
	if p.hasIfNumber = r.IfNumber != nil; p.hasIfNumber {
		p.ifNumber = *r.IfNumber
		p.watch(&ifNumber)
	}
	if p.hasLastChange = r.IfTableLastChange != nil; p.hasLastChange {
		p.lastChange = *r.IfTableLastChange
		p.watch(&ifTableLastChange)
	}
	for i := range rows {
		if ignored == nil || !ignored(rows[i].Key) {
			p.addInterface(&rows[i])
		}
	}
	p.gone = make([]bool, len(p.template))
	if len(p.names) == 0 { // a device without any of it still shows that it is there
		p.names = []oid.OID{sysUpTime.at}
	}
	p.batch, p.names = NewBatch(p.names), nil
	return p
}

func (p *Plan) addInterface(r *InterfaceReading) {
	l := labels("ifName", r.Key)
	for n := range counters {
		o := &ifCounters[n].wide
		if _, bits, ok := r.Counter(n); !ok {
			continue
		} else if bits == 32 {
			o = &ifCounters[n].narrow
		}
		p.add(o, o.at.Append(r.IfIndex), l)
	}
	if r.statuses[0] {
		p.add(&ifAdminStatus, ifAdminStatus.at.Append(r.IfIndex), l)
	}
	if r.statuses[1] {
		p.add(&ifOperStatus, ifOperStatus.at.Append(r.IfIndex), l)
	}
	if r.lastChange { // shows a change and back again between two polls
		p.add(&ifLastChange, ifLastChange.at.Append(r.IfIndex), l)
	}
	if r.discontinuity {
		p.add(&ifCounterDiscontinuityTime, ifCounterDiscontinuityTime.at.Append(r.IfIndex), l)
	}
}

//go:noinline
func (p *Plan) add(o *object, instance oid.OID, l []telemetry.Label) {
	if len(p.template) >= maxSeries {
		p.left++
		return
	}
	p.names = append(p.names, instance)
	p.items = append(p.items, item{o, int32(len(p.template))})
	p.template = append(p.template, telemetry.Series{Name: o.name, Labels: l})
}

func (p *Plan) watch(o *object) {
	p.names = append(p.names, o.at)
	p.items = append(p.items, item{o, -1})
}

//go:noinline
func labels(name, value string) []telemetry.Label {
	return []telemetry.Label{{Name: name, Value: value}}
}

// Series is how many series a poll reads.
func (p *Plan) Series() int { return len(p.template) }

// After makes p go on where the plan before it stopped: a restart of the device between the two is seen.
func (p *Plan) After(old *Plan) {
	if old != nil {
		p.ticks, p.ticksAt = old.ticks, old.ticksAt
	}
}

// Poll reads the plan's instances once; at stamps the samples. The frame has a value for each that came:
// with an error it may hold a part, and is nil when nothing was answered.
func (p *Plan) Poll(ctx context.Context, s Session, at time.Time) (*telemetry.Frame, PollInfo, error) {
	var values []telemetry.Value
	var failure error
	info := PollInfo{}
	err := ReadBatch(ctx, s, p.batch, func(a *Answer) {
		info.Requests, info.Retries, info.Timeouts, info.RTT, info.Answered = a.Requests, a.Retries, a.Timeouts, a.RTT, a.Heard
		if failure = a.Err; !a.Heard {
			return
		}
		values = make([]telemetry.Value, len(p.template))
		for i := range p.items {
			p.take(p.items[i], a, i, values, &info, at)
		}
	})
	if err = errors.Join(err, failure); values == nil {
		return nil, info, err
	}
	return &telemetry.Frame{Device: p.device, Template: p.template,
		Polls: []telemetry.Poll{{Time: at.UnixMilli(), Values: values}}}, info, err
}

func (i *PollInfo) rediscover(why string) {
	if !i.Rediscover {
		i.Rediscover, i.Why = true, why
	}
}

// take puts the answer to name i where it belongs.
func (p *Plan) take(it item, a *Answer, i int, values []telemetry.Value, info *PollInfo, at time.Time) {
	v := a.Value(i)
	if v.Type == 0 && a.Problem(i) == nil {
		return // not read: Answer.Err says why
	}
	err := it.object.fits(v, a.Problem(i))
	switch {
	case err == errAbsent && it.series >= 0:
		info.rediscover("an instance vanished: " + p.batch.Name(i).String())
		if !p.gone[it.series] {
			p.gone[it.series] = true
			values[it.series] = telemetry.Value{Kind: telemetry.Stale}
		}
		return
	case err == errAbsent:
		return
	case err != nil:
		info.Invalid++
		return
	}
	switch it.object {
	case &sysUpTime:
		p.readUpTime(v.Bits, at, info)
	case &ifNumber:
		if v.Type != snmpwire.Integer || v.Int() >= 0 {
			if v.Bits != p.ifNumber {
				info.rediscover("ifNumber changed")
			}
		}
	case &ifTableLastChange:
		if v.Bits != p.lastChange {
			info.rediscover("ifTableLastChange changed")
		}
	}
	if it.series < 0 {
		return
	}
	p.gone[it.series] = false
	if v.Type == snmpwire.Integer {
		values[it.series] = telemetry.IntValue(v.Int())
	} else {
		values[it.series] = telemetry.UintValue(v.Bits)
	}
}

// Bounds of sysUpTime's own wrap at 2^32 ticks, 497 days.
const (
	ticksWrap  = 1 << 32
	ticksSlack = 60 * 100 // a minute of drift between two readings
)

// readUpTime notices a start of the device: sysUpTime went back, and not by its own wrap.
func (p *Plan) readUpTime(ticks uint64, at time.Time, info *PollInfo) {
	info.SysUpTime = ticks
	switch {
	case p.ticksAt.IsZero():
		info.Boot = &telemetry.Boot{Device: p.device, Time: at.UnixMilli(), Ticks: ticks}
	case ticks < p.ticks && !wrapped(p.ticks, ticks, at.Sub(p.ticksAt)):
		info.Boot = &telemetry.Boot{Device: p.device, Time: at.UnixMilli(), Ticks: ticks,
			Previous: p.ticksAt.UnixMilli(), PreviousTicks: p.ticks}
		info.rediscover("sysUpTime went back")
	}
	p.ticks, p.ticksAt = ticks, at
}

// wrapped tells whether sysUpTime got from prev to cur within elapsed by passing 2^32-1.
func wrapped(prev, cur uint64, elapsed time.Duration) bool {
	want := int64(prev) + int64(elapsed/(10*time.Millisecond)) - ticksWrap
	return max(want-int64(cur), int64(cur)-want) <= ticksSlack
}

// Template is the series of p, in the order of a frame's values.
func (p *Plan) Template() []telemetry.Series { return slices.Clone(p.template) }

// Liveness asks for sysUpTime alone: the cheapest way to see that the device's agent answers. The time is
// 0 when the device has none.
func Liveness(ctx context.Context, s Session) (rtt time.Duration, ticks uint64, err error) {
	start := time.Now()
	got, err := s.Get(ctx, sysUpTime.at)
	rtt = time.Since(start)
	if err != nil {
		return rtt, 0, err
	}
	if sysUpTime.checked(got[0]) == nil {
		ticks = got[0].Uint
	}
	return rtt, ticks, nil
}
