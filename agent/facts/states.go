package facts

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

const (
	// maxStates bounds what is looked at between two readings: 2,000 routing peers, in some 75 requests.
	maxStates = 4000
	// keepGone is for how many readings of the whole device a row that has gone is still looked at, so that it is
	// seen at once when it is back: OSPF has no row for a neighbour that is down.
	keepGone = 24
)

// gone is the meaning of an object that is not there.
const gone = ^uint64(0)

// States are the objects by which a device tells that something within its lists has changed: whether a port is in
// use by its aggregate, which router answers for a group, whether a routing session is up, when a neighbour or a part
// came or went. They are few, and are read between two readings of the lists themselves. States belongs to one
// caller at a time; nil has none.
type States struct {
	batch snmp.Batch
	list  []state // as in batch
}

type state struct {
	list   string // of DeviceFacts
	last   uint64
	misses int // readings since it has gone
	of     meaning
}

// named is a state whose name is not in a batch yet.
type named struct {
	name oid.OID
	state
}

// meaning is what of a value counts: others come and go without that anything happens.
type meaning func(snmpwire.VarBind) uint64

// Len is how many objects s has.
func (s *States) Len() int {
	if s == nil {
		return 0
	}
	return len(s.list)
}

// Poll reads the objects once, and names the lists that are not as they were when they were read last. It says so
// again until they are read.
func (s *States) Poll(ctx context.Context, session snmp.Session) (lists []string, err error) {
	if s.Len() == 0 {
		return nil, nil
	}
	ended := snmp.ReadBatch(ctx, session, s.batch, func(a *snmp.Answer) {
		if err = a.Err; !a.Heard {
			return
		}
		for i, st := range s.list {
			vb := a.VarBind(i, nil)
			if vb.Err == nil && meant(vb, st.of) != st.last && !slices.Contains(lists, st.list) {
				lists = append(lists, st.list)
			}
		}
	})
	return lists, errors.Join(ended, err)
}

func meant(vb snmpwire.VarBind, of meaning) uint64 {
	if vb.Type == snmpwire.Null || vb.Type >= snmpwire.NoSuchObject {
		return gone
	}
	return of(vb)
}

// After are the states of now, and those before that have gone since. Of lists that were not read now, named by
// others, all stay; nil: the whole device was read.
func (s *States) After(before *States, read []string) *States {
	if before == nil {
		return s
	}
	list, there := s.named(), map[string]bool{}
	for _, st := range list {
		there[st.name.String()] = true
	}
	for _, st := range before.named() {
		if read != nil && !slices.Contains(read, st.list) {
			list = append(list, st)
			continue
		}
		if there[st.name.String()] || st.misses >= keepGone {
			continue
		}
		if st.last = gone; read == nil {
			st.misses++
		}
		list = append(list, st)
	}
	out, _ := newStates(list)
	return out
}

func (s *States) named() []named {
	out := make([]named, len(s.list))
	for i := range s.list {
		out[i] = named{s.batch.Name(i), s.list[i]}
	}
	return out
}

// newStates keeps those that are too many out, and counts them.
func newStates(list []named) (s *States, left int) {
	order.Sort(list, func(a, b named) int { return a.name.Compare(b.name) })
	list = slices.CompactFunc(list, func(a, b named) bool { return a.name.Equal(b.name) })
	left = max(0, len(list)-maxStates)
	list = list[:len(list)-left]
	s = &States{list: make([]state, len(list))}
	names := make([]oid.OID, len(list))
	for i := range list {
		names[i], s.list[i] = list[i].name, list[i].state
	}
	s.batch = snmp.NewBatch(names)
	return s, left
}

// watch has columns of rows looked at from now on.
func (r *reader) watch(list string, of meaning, rows []row, columns ...uint32) {
	for _, row := range rows {
		for _, vb := range row.cells {
			if vb.Err == nil && slices.Contains(columns, vb.OID[row.at]) {
				r.states = append(r.states, named{vb.OID, state{list: list, last: meant(vb, of), of: of}})
			}
		}
	}
}

// watchScalar has one object looked at from now on, where the device has it. When it cannot be read, nothing is
// missing of the list.
func (r *reader) watchScalar(list string, name oid.OID) {
	if r.stopped != nil {
		return
	}
	got, err := r.s.Get(r.ctx, name)
	if r.judge(err); err == nil && got[0].Err == nil && meant(got[0], plain) != gone {
		r.states = append(r.states, named{name, state{list: list, last: plain(got[0]), of: plain}})
	}
}

func (r *reader) watched() *States {
	s, left := newStates(r.states)
	if left > 0 {
		r.problem("states", fmt.Errorf("%d objects are too many to look at between two discoveries, %d are", left+maxStates, maxStates))
	}
	return s
}

// plain is a value as it is; of octets the first eight.
func plain(vb snmpwire.VarBind) uint64 {
	switch vb.Type {
	case snmpwire.OctetString, snmpwire.IPAddress:
		var b [8]byte
		copy(b[:], vb.Bytes)
		return binary.BigEndian.Uint64(b[:])
	case snmpwire.Integer:
		return uint64(vb.Int)
	}
	return vb.Uint
}

// inUse is whether a port of an aggregate receives and sends (LacpState).
func inUse(vb snmpwire.VarBind) uint64 {
	if len(vb.Bytes) != 1 {
		return 0
	}
	return uint64(vb.Bytes[0] & (actorCollecting | actorDistributing))
}

// established is whether a session of BGP is: one that is down goes around between idle and active.
func established(vb snmpwire.VarBind) uint64 {
	if n, _ := number(vb); word(n, bgpStates) == "established" {
		return 1
	}
	return 0
}

// adjacent is whether a neighbour of OSPF is, and as what.
func adjacent(vb snmpwire.VarBind) uint64 {
	n, _ := number(vb)
	switch word(n, ospfStates) {
	case "twoWay", "full":
		return n
	}
	return 0
}

// volatile is a list that States watch.
type volatile struct {
	list  string
	read  func(*reader)
	order func(*reader)
	clear func(*telemetry.DeviceFacts)
}

// volatiles are read again by Reread, in this order.
var volatiles = []volatile{
	{"neighbors", (*reader).neighbors,
		func(r *reader) { r.f.Neighbors = sorted(r, "neighbors", r.f.Neighbors, compareNeighbors) },
		func(f *telemetry.DeviceFacts) { f.Neighbors, f.LocalChassis = nil, telemetry.ChassisID{} }},
	{"lags", (*reader).lags,
		func(r *reader) {
			r.f.LAGs = sorted(r, "lags", r.f.LAGs, func(a, b telemetry.LAG) int { return compare(a.IfIndex, b.IfIndex) })
		},
		func(f *telemetry.DeviceFacts) { f.LAGs, f.Stack = nil, nil }},
	{"bgp_peers", (*reader).bgp,
		func(r *reader) { r.f.BGPPeers = sorted(r, "bgp_peers", r.f.BGPPeers, compareBGPPeers) },
		func(f *telemetry.DeviceFacts) { f.BGPPeers = nil }},
	{"ospf_neighbors", (*reader).ospf,
		func(r *reader) {
			r.f.OSPFNeighbors = sorted(r, "ospf_neighbors", r.f.OSPFNeighbors, compareOSPFNeighbors)
		},
		func(f *telemetry.DeviceFacts) { f.OSPFNeighbors = nil }},
	{"fhrp_groups", (*reader).fhrp,
		func(r *reader) { r.f.FHRPGroups = sorted(r, "fhrp_groups", r.f.FHRPGroups, compareFHRPGroups) },
		func(f *telemetry.DeviceFacts) { f.FHRPGroups = nil }},
}

// Components is the list that States name when a part came or went. Reread does not read it: other things that
// are read of the device hang together with its parts.
const Components = "components"

// Reread reads lists of what Read has read before anew; all else is as in before, which does not change. With an
// error a list may lack rows, and is then in Partial.
func Reread(ctx context.Context, s snmp.Session, before *telemetry.DeviceFacts, o Options, lists ...string) (*telemetry.DeviceFacts, *States, []snmp.PartError) {
	if o.Limits == (snmp.Limits{}) {
		o.Limits = DefaultLimits()
	}
	f := *before
	f.Partial = slices.Clone(before.Partial)
	r := newReader(ctx, s, &f, o)
	for _, p := range f.BridgePorts {
		r.ports.bridge[p.Port] = p.IfIndex
	}
	for _, v := range volatiles {
		if !slices.Contains(lists, v.list) {
			continue
		}
		v.clear(&f)
		f.Partial = slices.DeleteFunc(f.Partial, func(list string) bool { return list == v.list || v.list == "lags" && list == "stack" })
		v.read(r)
		v.order(r)
	}
	r.fit()
	slices.Sort(f.Partial)
	f.Partial = slices.Compact(f.Partial)
	if len(f.Partial) == 0 {
		f.Partial = nil
	}
	return &f, r.watched(), r.errs
}
