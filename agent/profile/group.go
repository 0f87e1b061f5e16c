package profile

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// maxSeries is how many series the profile of one device may have, over all intervals.
const maxSeries = 20_000

// Group is what is polled of a device at one interval: a GET of known names. It belongs to one poller at a time.
type Group struct {
	Interval time.Duration

	device   string
	batch    snmp.Batch
	plain    []Instance // the first series
	derived  []Derived  // those after it
	at       []int32    // the place in batch of each of plain
	needs    [][]int32  // the places in batch of each of derived
	template []telemetry.Series
	gone     []bool // by template: Stale was told
}

// Groups are what to poll from now on, by interval. What names none is due every sensors. left is how many series
// are too many.
func (r *Reading) Groups(device string, sensors time.Duration) (groups []*Group, left int) {
	b := map[time.Duration]*grouping{}
	of := func(interval time.Duration) *grouping {
		if interval <= 0 {
			interval = sensors
		}
		if b[interval] == nil {
			b[interval] = &grouping{Group: Group{Interval: interval, device: device}, places: map[string]int32{}}
		}
		return b[interval]
	}
	seen := map[string]bool{}
	for i := range r.Plan {
		if name := key(r.Plan[i].Series); len(seen) < maxSeries && !seen[name] {
			seen[name] = true
			of(r.Plan[i].Interval).instance(&r.Plan[i])
		} else if !seen[name] {
			left++
		}
	}
	for i := range r.Derived {
		if name := key(r.Derived[i].Series); len(seen) < maxSeries && !seen[name] {
			seen[name] = true
			of(r.Derived[i].Interval).derivation(&r.Derived[i], r.objects)
		} else if !seen[name] {
			left++
		}
	}
	for _, g := range b {
		groups = append(groups, g.done())
	}
	order.Sort(groups, func(a, b *Group) int { return cmp.Compare(a.Interval, b.Interval) })
	return groups, left
}

func key(s telemetry.Series) string {
	text := s.Name
	for _, l := range s.Labels {
		text += "\x00" + l.Name + "\x00" + l.Value
	}
	return text
}

// grouping is a Group in the making.
type grouping struct {
	Group
	names  []oid.OID
	places map[string]int32
}

// place is where a name stands in the batch.
func (g *grouping) place(name oid.OID) int32 {
	text := name.String()
	at, ok := g.places[text]
	if !ok {
		at = int32(len(g.names))
		g.places[text] = at
		g.names = append(g.names, name)
	}
	return at
}

func (g *grouping) instance(i *Instance) {
	g.plain = append(g.plain, *i)
	g.at = append(g.at, g.place(i.OID))
}

// derivation renumbers the objects of d as the places of the batch.
func (g *grouping) derivation(d *Derived, objects []oid.OID) {
	places := map[int]int32{}
	needs := make([]int32, len(d.objects))
	for i, n := range d.objects {
		needs[i] = g.place(objects[n])
		places[n] = needs[i]
	}
	one, value := *d, d.value
	one.value = func(read func(int) snmpwire.VarBind) (telemetry.Value, bool) {
		return value(func(object int) snmpwire.VarBind { return read(int(places[object])) })
	}
	g.derived = append(g.derived, one)
	g.needs = append(g.needs, needs)
}

func (g *grouping) done() *Group {
	for i := range g.plain {
		g.template = append(g.template, g.plain[i].Series)
	}
	for i := range g.derived {
		g.template = append(g.template, g.derived[i].Series)
	}
	g.gone = make([]bool, len(g.template))
	g.batch = snmp.NewBatch(g.names)
	return &g.Group
}

// Template is the series of g, in the order of a frame's values.
func (g *Group) Template() []telemetry.Series { return g.template }

// Poll reads the group once; at stamps the samples. A series whose object has no value any more ends: Stale is told
// once. The frame is nil when nothing was answered.
func (g *Group) Poll(ctx context.Context, s snmp.Session, at time.Time) (*telemetry.Frame, snmp.PollInfo, error) {
	var values []telemetry.Value
	var failure error
	info := snmp.PollInfo{}
	err := snmp.ReadBatch(ctx, s, g.batch, func(a *snmp.Answer) {
		info.Requests, info.Retries, info.Timeouts, info.RTT, info.Answered = a.Requests, a.Retries, a.Timeouts, a.RTT, a.Heard
		if failure = a.Err; !a.Heard {
			return
		}
		values = g.values(a, &info)
	})
	if err = errors.Join(err, failure); values == nil {
		return nil, info, err
	}
	return &telemetry.Frame{Device: g.device, Template: g.template,
		Polls: []telemetry.Poll{{Time: at.UnixMilli(), Values: values}}}, info, err
}

// values are those of the template.
func (g *Group) values(a *snmp.Answer, info *snmp.PollInfo) []telemetry.Value {
	read := make([]bool, g.batch.Len()) // answered, be it that there is nothing
	binds := make([]snmpwire.VarBind, g.batch.Len())
	for i := range binds {
		v := a.Value(i)
		if read[i] = v.Type != 0 || a.Problem(i) != nil; !read[i] {
			continue
		}
		if binds[i] = a.VarBind(i, nil); a.Problem(i) == nil && !isValue(v.Type) && !info.Rediscover {
			info.Rediscover, info.Why = true, "an instance vanished: "+g.batch.Name(i).String()
		}
	}
	at := func(i int) snmpwire.VarBind { return binds[i] }
	values := make([]telemetry.Value, len(g.template))
	for i := range g.plain {
		if read[g.at[i]] {
			v, ok := g.plain[i].Value(binds[g.at[i]])
			g.put(values, i, v, ok)
		}
	}
	for i := range g.derived {
		if !slices.ContainsFunc(g.needs[i], func(n int32) bool { return !read[n] }) {
			v, ok := g.derived[i].value(at)
			g.put(values, len(g.plain)+i, v, ok)
		}
	}
	return values
}

// put has a series end when it has no value.
func (g *Group) put(values []telemetry.Value, i int, v telemetry.Value, ok bool) {
	if !ok {
		if g.gone[i] {
			return
		}
		v = telemetry.Value{Kind: telemetry.Stale}
	}
	g.gone[i] = !ok
	values[i] = v
}
