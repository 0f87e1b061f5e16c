package inspect

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	structure "ninewatch/agent/facts"
	"ninewatch/agent/snmp"
	"ninewatch/internal/telemetry"
)

// Structure is what the device is made of and connected to. All lists are printed, also when they are empty.
type Structure struct {
	Inventory     []Component    `json:"inventory" yaml:"inventory"`
	Neighbors     []Neighbor     `json:"neighbors" yaml:"neighbors"`
	LAGs          []LAG          `json:"lags" yaml:"lags"`
	BGPPeers      []BGPPeer      `json:"bgp_peers" yaml:"bgp_peers"`
	OSPFNeighbors []OSPFNeighbor `json:"ospf_neighbors" yaml:"ospf_neighbors"`
	FHRPGroups    []FHRPGroup    `json:"fhrp_groups" yaml:"fhrp_groups"`
	Addresses     []Address      `json:"addresses" yaml:"addresses"`
	VLANs         []VLAN         `json:"vlans" yaml:"vlans"`
	STP           []STPInstance  `json:"stp" yaml:"stp"`
}

// Component is a part of the device. ParentIndex 0: it stands at the top.
type Component struct {
	Index        uint32 `json:"index" yaml:"index"`
	Key          string `json:"key" yaml:"key"`
	Class        string `json:"class,omitempty" yaml:"class,omitempty"`
	Name         string `json:"name,omitempty" yaml:"name,omitempty"`
	Descr        string `json:"descr,omitempty" yaml:"descr,omitempty"`
	Model        string `json:"model,omitempty" yaml:"model,omitempty"`
	Serial       string `json:"serial,omitempty" yaml:"serial,omitempty"`
	ParentIndex  uint32 `json:"parent_index" yaml:"parent_index"`
	Position     *int32 `json:"position,omitempty" yaml:"position,omitempty"`
	HardwareRev  string `json:"hardware_rev,omitempty" yaml:"hardware_rev,omitempty"`
	FirmwareRev  string `json:"firmware_rev,omitempty" yaml:"firmware_rev,omitempty"`
	SoftwareRev  string `json:"software_rev,omitempty" yaml:"software_rev,omitempty"`
	Manufacturer string `json:"manufacturer,omitempty" yaml:"manufacturer,omitempty"`
	Alias        string `json:"alias,omitempty" yaml:"alias,omitempty"`
	AssetID      string `json:"asset_id,omitempty" yaml:"asset_id,omitempty"`
	FRU          bool   `json:"fru,omitempty" yaml:"fru,omitempty"`
	IfIndex      uint32 `json:"if_index,omitempty" yaml:"if_index,omitempty"`
}

// Neighbor is a device that was heard on a port.
type Neighbor struct {
	Protocol        string   `json:"protocol" yaml:"protocol"`
	LocalIndex      uint32   `json:"local_index,omitempty" yaml:"local_index,omitempty"`
	LocalPort       string   `json:"local_port,omitempty" yaml:"local_port,omitempty"`
	RemoteName      string   `json:"remote_name,omitempty" yaml:"remote_name,omitempty"`
	RemotePort      string   `json:"remote_port,omitempty" yaml:"remote_port,omitempty"`
	RemotePortID    string   `json:"remote_port_id,omitempty" yaml:"remote_port_id,omitempty"`
	RemotePortDescr string   `json:"remote_port_descr,omitempty" yaml:"remote_port_descr,omitempty"`
	RemoteChassisID string   `json:"remote_chassis_id,omitempty" yaml:"remote_chassis_id,omitempty"`
	RemotePlatform  string   `json:"remote_platform,omitempty" yaml:"remote_platform,omitempty"`
	Addresses       []string `json:"addresses,omitempty" yaml:"addresses,omitempty"`
}

// LAG is a link aggregation.
type LAG struct {
	Index   uint32      `json:"index" yaml:"index"`
	Name    string      `json:"name,omitempty" yaml:"name,omitempty"`
	Members []LAGMember `json:"members" yaml:"members"`
}

// LAGMember is a link of a LAG.
type LAGMember struct {
	Index uint32 `json:"index" yaml:"index"`
	State string `json:"state,omitempty" yaml:"state,omitempty"`
}

// BGPPeer is a BGP session.
type BGPPeer struct {
	Peer          string `json:"peer" yaml:"peer"`
	RemoteAS      uint32 `json:"remote_as,omitempty" yaml:"remote_as,omitempty"`
	LocalAS       uint32 `json:"local_as,omitempty" yaml:"local_as,omitempty"`
	LocalAddress  string `json:"local_address,omitempty" yaml:"local_address,omitempty"`
	RouterID      string `json:"router_id,omitempty" yaml:"router_id,omitempty"`
	State         string `json:"state,omitempty" yaml:"state,omitempty"`
	AdminStatus   string `json:"admin_status,omitempty" yaml:"admin_status,omitempty"`
	UptimeSeconds uint64 `json:"uptime_seconds,omitempty" yaml:"uptime_seconds,omitempty"`
	InUpdates     uint64 `json:"in_updates,omitempty" yaml:"in_updates,omitempty"`
	OutUpdates    uint64 `json:"out_updates,omitempty" yaml:"out_updates,omitempty"`
	Descr         string `json:"descr,omitempty" yaml:"descr,omitempty"`
	VRF           string `json:"vrf,omitempty" yaml:"vrf,omitempty"`
}

// OSPFNeighbor is a neighbour of OSPF, version 2 or 3.
type OSPFNeighbor struct {
	Address        string `json:"address,omitempty" yaml:"address,omitempty"`
	RouterID       string `json:"router_id,omitempty" yaml:"router_id,omitempty"`
	State          string `json:"state,omitempty" yaml:"state,omitempty"`
	Priority       uint32 `json:"priority" yaml:"priority"`
	Events         uint64 `json:"events" yaml:"events"`
	InterfaceIndex uint32 `json:"interface_index,omitempty" yaml:"interface_index,omitempty"`
	Version        uint32 `json:"version" yaml:"version"`
}

// FHRPGroup is a group of routers that stand in for each other.
type FHRPGroup struct {
	Protocol       string   `json:"protocol" yaml:"protocol"`
	InterfaceIndex uint32   `json:"interface_index" yaml:"interface_index"`
	Group          uint32   `json:"group" yaml:"group"`
	VirtualAddress string   `json:"virtual_address,omitempty" yaml:"virtual_address,omitempty"`
	More           []string `json:"more_virtual_addresses,omitempty" yaml:"more_virtual_addresses,omitempty"`
	State          string   `json:"state,omitempty" yaml:"state,omitempty"`
	Priority       uint32   `json:"priority" yaml:"priority"`
	Active         string   `json:"active,omitempty" yaml:"active,omitempty"`
	Standby        string   `json:"standby,omitempty" yaml:"standby,omitempty"`
}

// Address is an address of the device.
type Address struct {
	Address        string `json:"address" yaml:"address"`
	PrefixLength   *int32 `json:"prefix_length,omitempty" yaml:"prefix_length,omitempty"`
	InterfaceIndex uint32 `json:"interface_index,omitempty" yaml:"interface_index,omitempty"`
}

// VLAN is a virtual LAN.
type VLAN struct {
	ID   uint32 `json:"id" yaml:"id"`
	Name string `json:"name,omitempty" yaml:"name,omitempty"`
}

// STPInstance is a spanning tree. RootPort is a port of the bridge, 0 on the root; Index of a port is its ifIndex.
type STPInstance struct {
	Instance        uint32    `json:"instance" yaml:"instance"`
	Root            string    `json:"root,omitempty" yaml:"root,omitempty"`
	RootPort        uint32    `json:"root_port" yaml:"root_port"`
	RootCost        uint32    `json:"root_cost" yaml:"root_cost"`
	RootPriority    uint32    `json:"root_priority" yaml:"root_priority"`
	Bridge          string    `json:"bridge,omitempty" yaml:"bridge,omitempty"`
	Priority        uint32    `json:"priority" yaml:"priority"`
	TopologyChanges uint64    `json:"topology_changes" yaml:"topology_changes"`
	Ports           []STPPort `json:"ports" yaml:"ports"`
}

// STPPort is a port of a spanning tree.
type STPPort struct {
	Index uint32 `json:"index,omitempty" yaml:"index,omitempty"`
	Port  uint32 `json:"port" yaml:"port"`
	State string `json:"state,omitempty" yaml:"state,omitempty"`
}

// openVLAN opens a session to the bridge of one VLAN. There is none where nothing answers at once: the device
// itself has just answered. What is read there is not part of the recording, whose names it would repeat.
func (o Options) openVLAN(ctx context.Context, vlan uint32) (snmp.Session, error) {
	host, port, err := split(o.Target)
	if err != nil {
		return nil, err
	}
	o.Credential = structure.InVLAN(o.Credential, vlan)
	o.Timeout, o.Retries = min(cmp.Or(o.Timeout, time.Second), time.Second), -1
	s, err := open(ctx, o, host, port, nil)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// addFacts puts the structural facts into r.
func (r *Result) addFacts(f *telemetry.DeviceFacts, errs []snmp.PartError) {
	r.Structure = structureOf(f)
	lag := map[uint32]uint32{}
	for _, l := range f.LAGs {
		for _, m := range l.Members {
			lag[m.IfIndex] = l.IfIndex
		}
	}
	for i := range r.Interfaces {
		r.Interfaces[i].LAGIndex = lag[r.Interfaces[i].Index]
	}
	for _, e := range errs {
		r.Errors = append(r.Errors, PartError{e.Part, e.Err.Error()})
	}
}

func structureOf(f *telemetry.DeviceFacts) Structure {
	return Structure{
		Inventory: each(f.Components, func(c telemetry.Component) Component {
			return Component{Index: c.Index, Key: c.Key, Class: c.Class, Name: c.Name, Descr: c.Descr, Model: c.Model, Serial: c.Serial,
				ParentIndex: c.ParentIndex, Position: atLeast0(c.Position), HardwareRev: c.HardwareRev, FirmwareRev: c.FirmwareRev,
				SoftwareRev: c.SoftwareRev, Manufacturer: c.Manufacturer, Alias: c.Alias, AssetID: c.AssetID, FRU: c.FRU, IfIndex: c.IfIndex}
		}),
		Neighbors: each(f.Neighbors, neighborOf),
		LAGs: each(f.LAGs, func(l telemetry.LAG) LAG {
			return LAG{l.IfIndex, l.Name, each(l.Members, func(m telemetry.LAGMember) LAGMember { return LAGMember{m.IfIndex, m.State} })}
		}),
		BGPPeers: each(f.BGPPeers, func(p telemetry.BGPPeer) BGPPeer {
			return BGPPeer{text(p.Peer), p.RemoteAS, p.LocalAS, text(p.LocalAddress), text(p.RouterID), p.State, p.AdminStatus,
				p.UptimeSeconds, p.InUpdates, p.OutUpdates, p.Descr, p.VRF}
		}),
		OSPFNeighbors: each(f.OSPFNeighbors, func(n telemetry.OSPFNeighbor) OSPFNeighbor {
			return OSPFNeighbor{text(n.Address), text(n.RouterID), n.State, n.Priority, n.Events, n.IfIndex, n.Version}
		}),
		FHRPGroups: each(f.FHRPGroups, func(g telemetry.FHRPGroup) FHRPGroup {
			return FHRPGroup{g.Protocol, g.IfIndex, g.Group, text(g.VirtualAddress), texts(g.More), g.State, g.Priority, text(g.Active), text(g.Standby)}
		}),
		Addresses: each(f.Addresses, func(a telemetry.Address) Address {
			return Address{text(a.Address), atLeast0(a.PrefixLength), a.IfIndex}
		}),
		VLANs: each(f.VLANs, func(v telemetry.VLAN) VLAN { return VLAN(v) }),
		STP: each(f.STP, func(t telemetry.STPInstance) STPInstance {
			return STPInstance{t.Instance, t.Root.String(), t.RootPort, t.RootCost, t.RootPriority, t.BridgeAddress.String(), t.Priority,
				t.TopologyChanges, each(t.Ports, func(p telemetry.STPPort) STPPort { return STPPort{p.IfIndex, p.Port, p.State} })}
		}),
	}
}

// lines are the sections as a person reads them: what a part is, not every sensor of it.
func (s *Structure) lines(line func(cells ...string)) {
	for _, c := range s.Inventory {
		if c.Serial != "" || c.Model != "" {
			line(cmp.Or(c.Class, "part"), c.Key, c.Model, c.Serial)
		}
	}
	for _, n := range s.Neighbors {
		line(n.Protocol+" neighbour", n.LocalPort, n.RemoteName, n.RemotePort)
	}
	for _, l := range s.LAGs {
		line("lag", l.Name, fmt.Sprintf("%d members", len(l.Members)))
	}
	for _, p := range s.BGPPeers {
		line("bgp peer", p.Peer, fmt.Sprintf("AS %d", p.RemoteAS), p.State)
	}
	for _, n := range s.OSPFNeighbors {
		line("ospf neighbour", cmp.Or(n.Address, n.RouterID), n.RouterID, n.State)
	}
	for _, g := range s.FHRPGroups {
		line(g.Protocol+" group", fmt.Sprint(g.Group), g.VirtualAddress, g.State)
	}
	for _, a := range s.Addresses {
		line("address", a.Address)
	}
}

// neighborOf names the remote port by its id; where that is a MAC address, which tells people nothing, by
// its description.
func neighborOf(n telemetry.Neighbor) Neighbor {
	port := n.RemotePortID
	if n.RemotePortDescr != "" && (port == "" || n.RemotePortSubtype == "macAddress") {
		port = n.RemotePortDescr
	}
	return Neighbor{n.Protocol, n.LocalIfIndex, n.LocalPort, n.RemoteName, port, n.RemotePortID, n.RemotePortDescr, n.RemoteChassisID,
		n.RemotePlatform, texts(n.Addresses)}
}

// each is never nil: an empty list is printed as one.
func each[A, B any](list []A, of func(A) B) []B {
	out := make([]B, len(list))
	for i := range list {
		out[i] = of(list[i])
	}
	return out
}

func atLeast0(n int32) *int32 {
	if n < 0 {
		return nil
	}
	return &n
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func texts(list []netip.Addr) []string {
	if len(list) == 0 {
		return nil
	}
	return each(list, text)
}
