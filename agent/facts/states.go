package facts

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

const (
	// maxStates bounds what is looked at between two readings: 2,000 routing peers, in some 75 requests.
	maxStates = 4000
	// emptyEvery is how many looks are made for one at the tables that had no rows.
	emptyEvery = 5
)

// gone is the meaning of an object that is not there.
const gone = ^uint64(0)

// States are the objects by which a device tells that something within its lists has changed: whether a port is in
// use by its aggregate, which router answers for a group, whether a routing session is up, when a neighbour or a part
// came or went. They are few, and are read between two readings of the lists themselves: of tables by what follows each
// row, so that rows that came show too. States belongs to one caller at a time; nil has none.
type States struct {
	single part // objects
	rows   part // columns of tables, each before the cells of its rows
	empty  part // columns without rows
	looks  int
}

// part is objects that are asked for together.
type part struct {
	batch snmp.Batch
	list  []state // as in batch
	cut   bool    // more would follow
}

type state struct {
	list string // of DeviceFacts
	last uint64
	of   meaning // nil: the name of a column
}

// named is a state whose name is not in a batch yet.
type named struct {
	name oid.OID
	part int // in the order of States
	state
}

// The parts of States.
const (
	inSingle = iota
	inRows
	inEmpty
)

// meaning is what of a value counts: others come and go without that anything happens.
type meaning func(snmpwire.VarBind) uint64

func (s *States) parts() [3]*part {
	return [...]*part{inSingle: &s.single, inRows: &s.rows, inEmpty: &s.empty}
}

// Poll reads the objects once, and names the lists that are not as they were when they were read last. It says so
// again until they are read. Tables that had no rows are looked at now and then.
func (s *States) Poll(ctx context.Context, session snmp.Session) (lists []string, err error) {
	if s == nil {
		return nil, nil
	}
	changed := func(list string) {
		if !slices.Contains(lists, list) {
			lists = append(lists, list)
		}
	}
	s.looks++
	if err = s.single.get(ctx, session, changed); err == nil {
		err = s.rows.follow(ctx, session, changed)
	}
	if err == nil && s.looks%emptyEvery == 0 {
		err = s.empty.follow(ctx, session, changed)
	}
	return lists, err
}

func (p *part) get(ctx context.Context, session snmp.Session, changed func(list string)) (err error) {
	if len(p.list) == 0 {
		return nil
	}
	ended := snmp.ReadBatch(ctx, session, p.batch, func(a *snmp.Answer) {
		if err = a.Err; !a.Heard {
			return
		}
		for i, st := range p.list {
			if vb := a.VarBind(i, nil); vb.Err == nil && meant(vb, st.of) != st.last {
				changed(st.list)
			}
		}
	})
	return errors.Join(ended, err)
}

// follow looks at what follows each name. The rows of a column are compared as a set, because some devices have an
// order of their own.
func (p *part) follow(ctx context.Context, session snmp.Session, changed func(list string)) error {
	f, ok := session.(snmp.Follower)
	if !ok || len(p.list) == 0 {
		return nil
	}
	got, err := f.Next(ctx, p.batch)
	if len(got) < len(p.list) {
		return err
	}
	for from := 0; from < len(p.list); {
		to := from + 1
		for to < len(p.list) && p.list[to].of != nil {
			to++
		}
		p.compare(from, to, got, changed)
		from = to
	}
	return err
}

// compare judges a column and its rows.
func (p *part) compare(from, to int, got []snmpwire.VarBind, changed func(list string)) {
	column := p.batch.Name(from)
	seen, whole := make([]bool, to-from), true
	for i := from; i < to; i++ {
		vb := got[i]
		if vb.Err != nil || p.cut && i == len(p.list)-1 {
			whole = whole && vb.Err == nil
			continue
		}
		if len(vb.OID) <= len(column) || !vb.OID.HasPrefix(column) {
			continue // the column ends here
		}
		at, known := i+1, i+1 < to && p.batch.Name(i+1).Equal(vb.OID)
		if !known {
			at, known = sort.Find(to-from, func(n int) int { return vb.OID.Compare(p.batch.Name(from + n)) })
			at += from
		}
		if !known {
			changed(p.list[from].list)
		} else if seen[at-from] = true; meant(vb, p.list[at].of) != p.list[at].last {
			changed(p.list[from].list)
		}
	}
	if whole && slices.Contains(seen[1:], false) {
		changed(p.list[from].list)
	}
}

func meant(vb snmpwire.VarBind, of meaning) uint64 {
	if vb.Type == snmpwire.Null || vb.Type >= snmpwire.NoSuchObject {
		return gone
	}
	return of(vb)
}

// After are the states of now, and those of the lists that were not read now; those that were are named, nil: all.
func (s *States) After(before *States, read []string) *States {
	if before == nil {
		return s
	}
	out := s
	if read != nil {
		list := s.named()
		for _, st := range before.named() {
			if !slices.Contains(read, st.list) {
				list = append(list, st)
			}
		}
		out, _ = newStates(list)
	}
	out.looks = before.looks
	return out
}

func (s *States) named() (out []named) {
	for which, p := range s.parts() {
		for i := range p.list {
			out = append(out, named{p.batch.Name(i), which, p.list[i]})
		}
	}
	return out
}

// newStates leaves those out that are too many, and counts them.
func newStates(list []named) (s *States, left int) {
	order.Sort(list, func(a, b named) int { return cmp.Or(a.part-b.part, a.name.Compare(b.name)) })
	list = slices.CompactFunc(list, func(a, b named) bool { return a.part == b.part && a.name.Equal(b.name) })
	left = max(0, len(list)-maxStates)
	list = list[:len(list)-left]
	s = &States{}
	for which, p := range s.parts() {
		n := 0
		for n < len(list) && list[n].part == which {
			n++
		}
		p.list, p.cut = make([]state, n), left > 0
		names := make([]oid.OID, n)
		for i := range names {
			names[i], p.list[i] = list[i].name, list[i].state
		}
		p.batch, list = snmp.NewBatch(names), list[n:]
	}
	return s, left
}

// watch has columns of a table looked at from now on, whose rows were read. Where there is none, one column shows
// when the first comes.
func (r *reader) watch(of meaning, t *table, read []row, columns ...uint32) {
	entry := oid.MustParse(t.entry)
	for _, c := range columns {
		start := named{name: entry.Append(c), part: inRows, state: state{list: t.list}}
		if len(read) == 0 {
			start.part = inEmpty
			r.states = append(r.states, start)
			return
		}
		r.states = append(r.states, start)
	}
	for _, row := range read {
		for _, vb := range row.cells {
			if vb.Err == nil && slices.Contains(columns, vb.OID[row.at]) {
				r.states = append(r.states, named{vb.OID, inRows, state{list: t.list, last: meant(vb, of), of: of}})
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
		r.states = append(r.states, named{name, inSingle, state{list: list, last: plain(got[0]), of: plain}})
	}
}

// watchCell has a cell looked at from now on, but not what follows it.
func (r *reader) watchCell(list string, of meaning, row row, column uint32) {
	for _, vb := range row.cells {
		if vb.Err == nil && vb.OID[row.at] == column {
			r.states = append(r.states, named{vb.OID, inSingle, state{list: list, last: meant(vb, of), of: of}})
		}
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

// steady is what an enumeration says where that is one of two words: others are on the way to one of these.
func steady(names []string, one, other string) meaning {
	return func(vb snmpwire.VarBind) uint64 {
		n, _ := number(vb)
		if said := word(n, names); said == one || said == other {
			return n
		}
		return 0
	}
}

// What counts of a neighbour of OSPF, and of a port of a bridge.
var (
	adjacent = steady(ospfStates, "twoWay", "full")
	forwards = steady(stpPortStates, "blocking", "forwarding")
)

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
	{"stp", (*reader).ownTrees, // those of VLANs take long
		func(r *reader) {
			r.f.STP = sorted(r, "stp", r.f.STP, func(a, b telemetry.STPInstance) int { return compare(a.Instance, b.Instance) })
		},
		func(*telemetry.DeviceFacts) {}},
}

// Components is the list that States name when a part came or went. Reread does not read it: other things that
// are read of the device hang together with its parts.
const Components = "components"

// Reread reads lists of what Read has read before anew; all else is as in before, which does not change, and so are the
// spanning trees of VLANs. With an error a list may lack rows, and is then in Partial.
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
		f.Partial = slices.DeleteFunc(f.Partial, func(list string) bool { return list == v.list && list != "stp" || v.list == "lags" && list == "stack" })
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
