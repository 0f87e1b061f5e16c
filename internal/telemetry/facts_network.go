package telemetry

import (
	"net"
	"net/netip"
)

// Address is an address of the device itself (ipAddressTable of RFC 4293, ipAddrTable, ipv6AddrTable of
// RFC 2465, cIpAddressTable).
type Address struct {
	Address      netip.Addr `json:"address"`
	PrefixLength int32      `json:"prefix_length"` // -1: not known
	IfIndex      uint32     `json:"if_index,omitempty"`
}

// Host is an address that the device has resolved on a link: ARP or neighbour discovery
// (ipNetToPhysicalTable of RFC 4293, ipNetToMediaTable).
type Host struct {
	Address     netip.Addr       `json:"address"`
	PhysAddress net.HardwareAddr `json:"phys_address"`
	IfIndex     uint32           `json:"if_index,omitempty"`
}

// BGPPeer is a BGP session (BGP4-MIB, RFC 4273; vendors' MIBs for IPv6 and for VRFs).
type BGPPeer struct {
	Peer          netip.Addr `json:"peer"`
	RemoteAS      uint32     `json:"remote_as,omitempty"`
	LocalAS       uint32     `json:"local_as,omitempty"`
	LocalAddress  netip.Addr `json:"local_address,omitzero"`
	RouterID      netip.Addr `json:"router_id,omitzero"`       // bgpPeerIdentifier: of the peer
	State         string     `json:"state,omitempty"`          // idle, connect, active, opensent, openconfirm, established
	AdminStatus   string     `json:"admin_status,omitempty"`   // start, stop
	UptimeSeconds uint64     `json:"uptime_seconds,omitempty"` // since it was established, or since it was last
	InUpdates     uint64     `json:"in_updates,omitempty"`     // messages, a counter
	OutUpdates    uint64     `json:"out_updates,omitempty"`
	Descr         string     `json:"descr,omitempty"`
	VRF           string     `json:"vrf,omitempty"` // name or number of the routing instance; empty: the main one
}

// OSPFNeighbor is a neighbour of OSPF (OSPF-MIB, RFC 4750) or OSPFv3 (OSPFV3-MIB, RFC 5643).
type OSPFNeighbor struct {
	Address  netip.Addr `json:"address,omitzero"`
	RouterID netip.Addr `json:"router_id,omitzero"`
	IfIndex  uint32     `json:"if_index,omitempty"` // of OSPFv3, and of unnumbered links
	Version  uint32     `json:"version"`            // 2 or 3
	State    string     `json:"state,omitempty"`    // down, attempt, init, twoWay, exchangeStart, exchange, loading, full
	Priority uint32     `json:"priority"`
	Events   uint64     `json:"events,omitempty"` // changes of state and errors, a counter
}

// FHRPGroup is a group of first hop redundancy: routers that stand in for each other.
type FHRPGroup struct {
	Protocol       string       `json:"protocol"` // vrrp (RFC 2787, 6527), hsrp (CISCO-HSRP-MIB)
	IfIndex        uint32       `json:"if_index"`
	Key            string       `json:"key,omitempty"`
	Group          uint32       `json:"group"` // VRID, HSRP group number
	VirtualAddress netip.Addr   `json:"virtual_address,omitzero"`
	More           []netip.Addr `json:"more_virtual_addresses,omitempty"`
	VirtualMAC     string       `json:"virtual_mac,omitempty"` // 00:00:5e:00:01:01
	State          string       `json:"state,omitempty"`       // vrrp: initialize, backup, master; hsrp: initial, learn, listen, speak, standby, active
	Priority       uint32       `json:"priority"`
	Active         netip.Addr   `json:"active,omitzero"`  // router that answers for the group
	Standby        netip.Addr   `json:"standby,omitzero"` // router that is next; HSRP alone tells
}
