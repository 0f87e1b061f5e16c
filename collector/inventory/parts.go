package inventory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// The lists of telemetry.DeviceFacts that have a history, by their JSON names.
const (
	ListIdentity      = "identity"
	ListLocalChassis  = "local_chassis"
	ListComponents    = "components"
	ListInterfaces    = "interfaces"
	ListNeighbors     = "neighbors"
	ListLAGs          = "lags"
	ListVLANs         = "vlans"
	ListSTP           = "stp"
	ListAddresses     = "addresses"
	ListBGPPeers      = "bgp_peers"
	ListOSPFNeighbors = "ospf_neighbors"
	ListFHRPGroups    = "fhrp_groups"
)

// Lists that are kept as they were last: too long and too lively for a history.
const (
	listStack       = "stack"
	listBridgePorts = "bridge_ports"
	listHosts       = "hosts"
)

// part is one row of a list: which it is, and what is said of it, as JSON without what always differs.
type part struct{ key, facts string }

// partList knows how a list of facts is taken apart and put together.
type partList struct {
	name  string
	parts func(f *telemetry.DeviceFacts) []part
	add   func(f *telemetry.DeviceFacts, facts []byte) error
}

// partLists are the lists with a history.
var partLists = []partList{
	single(ListIdentity, func(f *telemetry.DeviceFacts) *telemetry.Identity { return &f.Identity }),
	single(ListLocalChassis, func(f *telemetry.DeviceFacts) *telemetry.ChassisID { return &f.LocalChassis }),
	many(ListComponents, func(f *telemetry.DeviceFacts) *[]telemetry.Component { return &f.Components },
		func(c *telemetry.Component) string { return cmp.Or(c.Key, fmt.Sprint("#", c.Index)) }),
	many(ListInterfaces, func(f *telemetry.DeviceFacts) *[]telemetry.Interface { return &f.Interfaces },
		func(i *telemetry.Interface) string {
			i.IfLastChange, i.IfOperStatus = 0, 0 // the ledger of interfaces has them
			return i.Key
		}),
	many(ListNeighbors, func(f *telemetry.DeviceFacts) *[]telemetry.Neighbor { return &f.Neighbors },
		func(n *telemetry.Neighbor) string {
			return join(n.Protocol, cmp.Or(n.LocalKey, n.LocalPort), cmp.Or(n.RemoteChassisID, n.RemoteName), n.RemotePortID)
		}),
	many(ListLAGs, func(f *telemetry.DeviceFacts) *[]telemetry.LAG { return &f.LAGs },
		func(l *telemetry.LAG) string { return cmp.Or(l.Key, l.Name, fmt.Sprint("#", l.IfIndex)) }),
	many(ListVLANs, func(f *telemetry.DeviceFacts) *[]telemetry.VLAN { return &f.VLANs },
		func(v *telemetry.VLAN) string { return fmt.Sprint(v.ID) }),
	many(ListSTP, func(f *telemetry.DeviceFacts) *[]telemetry.STPInstance { return &f.STP },
		func(s *telemetry.STPInstance) string { s.TopologyChanges = 0; return fmt.Sprint(s.Instance) }),
	many(ListAddresses, func(f *telemetry.DeviceFacts) *[]telemetry.Address { return &f.Addresses },
		func(a *telemetry.Address) string { return join(text(a.Address), fmt.Sprint(a.IfIndex)) }),
	many(ListBGPPeers, func(f *telemetry.DeviceFacts) *[]telemetry.BGPPeer { return &f.BGPPeers },
		func(p *telemetry.BGPPeer) string {
			p.UptimeSeconds, p.InUpdates, p.OutUpdates = 0, 0, 0
			return join(p.VRF, text(p.Peer))
		}),
	many(ListOSPFNeighbors, func(f *telemetry.DeviceFacts) *[]telemetry.OSPFNeighbor { return &f.OSPFNeighbors },
		func(n *telemetry.OSPFNeighbor) string {
			n.Events = 0
			return join(fmt.Sprint(n.Version), text(n.Address), text(n.RouterID), fmt.Sprint(n.IfIndex))
		}),
	many(ListFHRPGroups, func(f *telemetry.DeviceFacts) *[]telemetry.FHRPGroup { return &f.FHRPGroups },
		func(g *telemetry.FHRPGroup) string {
			return join(g.Protocol, cmp.Or(g.Key, fmt.Sprint(g.IfIndex)), fmt.Sprint(g.Group))
		}),
}

// lastLists are the lists without a history.
var lastLists = []partList{
	many(listStack, func(f *telemetry.DeviceFacts) *[]telemetry.StackPair { return &f.Stack }, func(*telemetry.StackPair) string { return "" }),
	many(listBridgePorts, func(f *telemetry.DeviceFacts) *[]telemetry.BridgePort { return &f.BridgePorts }, func(*telemetry.BridgePort) string { return "" }),
	many(listHosts, func(f *telemetry.DeviceFacts) *[]telemetry.Host { return &f.Hosts }, func(*telemetry.Host) string { return "" }),
}

// Lists are the names of the lists that have a history.
func Lists() []string {
	out := make([]string, len(partLists))
	for i, l := range partLists {
		out[i] = l.name
	}
	return out
}

// single is a list of at most one part.
func single[T comparable](name string, of func(*telemetry.DeviceFacts) *T) partList {
	return partList{
		name: name,
		parts: func(f *telemetry.DeviceFacts) []part {
			var zero T
			if v := *of(f); v != zero {
				return []part{{"", mustJSON(v)}}
			}
			return nil
		},
		add: func(f *telemetry.DeviceFacts, facts []byte) error { return json.Unmarshal(facts, of(f)) },
	}
}

// many is a list of rows. key names a row, and takes out of it what always differs.
func many[T any](name string, of func(*telemetry.DeviceFacts) *[]T, key func(*T) string) partList {
	return partList{
		name: name,
		parts: func(f *telemetry.DeviceFacts) []part {
			rows := *of(f)
			out := make([]part, 0, len(rows))
			for _, row := range rows {
				k := key(&row)
				out = append(out, part{k, mustJSON(row)})
			}
			return distinct(out)
		},
		add: func(f *telemetry.DeviceFacts, facts []byte) error {
			var row T
			if err := json.Unmarshal(facts, &row); err != nil {
				return err
			}
			*of(f) = append(*of(f), row)
			return nil
		},
	}
}

// distinct sorts parts, drops copies, and numbers those that a device calls the same.
func distinct(parts []part) []part {
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.facts, b.facts)) })
	parts = slices.Compact(parts)
	uses := make(map[string]int, len(parts))
	for i := range parts {
		key := parts[i].key
		if uses[key]++; uses[key] > 1 {
			parts[i].key = fmt.Sprintf("%s#%d", key, uses[key])
		}
	}
	return parts
}

func join(words ...string) string { return strings.TrimRight(strings.Join(words, " "), " ") }

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
