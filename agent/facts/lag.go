package facts

import (
	"cmp"
	"regexp"
	"slices"

	"ninewatch/internal/order"
	"ninewatch/internal/telemetry"
)

var (
	dot3adAggTable         = table{"dot3adAggTable", "1.2.840.10006.300.43.1.1.1.1", "lags", []uint32{5}} // dot3adAggAggregateOrIndividual
	dot3adAggPortListTable = table{"dot3adAggPortListTable", "1.2.840.10006.300.43.1.1.2.1", "lags", nil}
	dot3adAggPortTable     = table{"dot3adAggPortTable", "1.2.840.10006.300.43.1.2.1.1", "lags", []uint32{12, 13, 21}} // selected, attached, state
	ifStackTable           = table{"ifStackTable", "1.3.6.1.2.1.31.1.2.1", "stack", nil}
	pagpEthcOperationTable = table{"pagpEthcOperationTable", "1.3.6.1.4.1.9.9.98.1.1.1.1", "lags", []uint32{8}} // pagpGroupIfIndex
	aggregateNames         = regexp.MustCompile(`(?i)^(port-?channel|po|bundle-?ether|be|trk|trunk|eth-trunk|ae|lag|bond|team|lacp|mlt|bridge-aggregation|route-aggregation|smart-trunk|agg|t)[ _/-]?[0-9]`)
	ieee8023adLag          = uint32(161)
	aggregateTypes         = []uint32{1, 6, 53, 54} // other, ethernetCsmacd, propVirtual, propMultiplexor
	notMemberTypes         = []uint32{24, 53, 131, 135, 136, ieee8023adLag}
	actorCollecting        = byte(0x80 >> 4) // LacpState, bits counted from the first
	actorDistributing      = byte(0x80 >> 5)
)

// lags puts together what IEEE8023-LAG-MIB, ifStackTable and CISCO-PAGP-MIB say: many devices have one of
// them alone.
func (r *reader) lags() {
	r.stack()
	members := map[uint32]map[uint32]string{} // aggregate → member → state
	add := func(aggregate, member uint32, state string) {
		if aggregate == 0 || member == 0 || aggregate == member {
			return
		}
		if members[aggregate] == nil {
			members[aggregate] = map[uint32]string{}
		}
		members[aggregate][member] = cmp.Or(members[aggregate][member], state)
	}
	r.lacp(add)
	for _, p := range r.f.Stack {
		if r.aggregates(p) {
			add(p.Upper, p.Lower, "")
		}
	}
	if r.isFrom(cisco) {
		for _, row := range r.rows(pagpEthcOperationTable) {
			if len(row.index) == 1 {
				add(row.number32(8), row.index[0], "")
			}
		}
	}
	for aggregate, list := range members {
		lag := telemetry.LAG{IfIndex: aggregate, Key: r.ports.key(aggregate), Name: r.ports.name(aggregate)}
		for member, state := range list {
			lag.Members = append(lag.Members, telemetry.LAGMember{IfIndex: member, Key: r.ports.key(member), State: state})
		}
		order.Sort(lag.Members, func(a, b telemetry.LAGMember) int { return compare(a.IfIndex, b.IfIndex) })
		r.f.LAGs = append(r.f.LAGs, lag)
	}
}

// lacp reads IEEE8023-LAG-MIB. A port that runs alone is attached to an aggregate of its own, which has no
// interface or is the port itself.
func (r *reader) lacp(add func(aggregate, member uint32, state string)) {
	aggregates := map[uint32]bool{}
	for _, row := range r.rows(dot3adAggTable) {
		if len(row.index) == 1 && row.number(5) != 2 { // individual
			aggregates[row.index[0]] = true
		}
	}
	ports := r.rows(dot3adAggPortTable)
	r.watch(plain, &dot3adAggPortTable, ports, 13)
	r.watch(inUse, &dot3adAggPortTable, ports, 21)
	for _, row := range ports {
		if len(row.index) != 1 {
			continue
		}
		port, selected, attached := row.index[0], row.number32(12), row.number32(13)
		aggregate := cmp.Or(attached, selected)
		f := r.ports.byIndex[aggregate]
		if f == nil || len(aggregates) > 0 && !aggregates[aggregate] && f.IfType != ieee8023adLag {
			continue
		}
		add(aggregate, port, memberState(attached != 0, row.bytes(21)))
	}
	for _, row := range r.rows(dot3adAggPortListTable) {
		if len(row.index) != 1 || !aggregates[row.index[0]] {
			continue
		}
		for i, b := range row.bytes(1) { // PortList: the first bit is port 1
			for bit := range 8 {
				if b&(0x80>>bit) == 0 {
					continue
				}
				if member := r.ports.ofBridge(uint32(i*8 + bit + 1)); r.ports.physical(member) {
					add(row.index[0], member, "")
				}
			}
		}
	}
}

func memberState(attached bool, state []byte) string {
	switch {
	case len(state) == 1 && state[0]&actorCollecting != 0 && state[0]&actorDistributing != 0:
		return "distributing"
	case len(state) == 1 && state[0]&actorCollecting != 0:
		return "collecting"
	case attached:
		return "attached"
	}
	return "selected"
}

// stack reads ifStackTable: which interface runs on top of which.
func (r *reader) stack() {
	for _, row := range r.rows(ifStackTable) {
		if len(row.index) != 2 || row.index[0] == 0 || row.index[1] == 0 || row.number(3) != 1 { // active
			continue
		}
		r.f.Stack = append(r.f.Stack, telemetry.StackPair{Upper: row.index[0], Lower: row.index[1]})
	}
	if limit := telemetry.MaxFacts("stack"); len(r.f.Stack) > limit {
		r.surplus("stack", len(r.f.Stack), limit)
		r.f.Stack = r.f.Stack[:limit]
	}
}

// aggregates tells whether a pair of ifStackTable is a LAG and its member: by the type of the upper
// interface, or, of makers who have no type for it, by its name.
func (r *reader) aggregates(p telemetry.StackPair) bool {
	upper, lower := r.ports.byIndex[p.Upper], r.ports.byIndex[p.Lower]
	if upper == nil || lower == nil || slices.Contains(notMemberTypes, lower.IfType) {
		return false
	}
	named := aggregateNames.MatchString(upper.IfName) || aggregateNames.MatchString(upper.IfDescr)
	return upper.IfType == ieee8023adLag || slices.Contains(aggregateTypes, upper.IfType) && named
}
