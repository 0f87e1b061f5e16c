package telemetry

import (
	"net"
	"net/netip"
)

// ChassisID is who a device says it is on its links (LldpChassisId, IEEE 802.1AB).
type ChassisID struct {
	Subtype string `json:"subtype,omitempty"` // LldpChassisIdSubtype: chassisComponent, interfaceAlias, portComponent, macAddress, networkAddress, interfaceName, local
	ID      string `json:"id,omitempty"`      // macAddress as 02:00:00:00:00:01, networkAddress as an IP address, else text
}

// Neighbor is a device that another heard on one of its ports.
type Neighbor struct {
	Protocol     string `json:"protocol"`                 // lldp, cdp, fdp
	LocalIfIndex uint32 `json:"local_if_index,omitempty"` // 0: the port is no interface that could be told for sure
	LocalKey     string `json:"local_key,omitempty"`      // key of that interface
	LocalPort    string `json:"local_port,omitempty"`     // how the protocol names the port: lldpLocPortId, else lldpRemLocalPortNum

	RemoteChassisID      string `json:"remote_chassis_id,omitempty"`      // as ChassisID.ID; of CDP the device id
	RemoteChassisSubtype string `json:"remote_chassis_subtype,omitempty"` // as ChassisID.Subtype; empty for CDP
	RemotePortID         string `json:"remote_port_id,omitempty"`         // macAddress as 02:00:00:00:00:01, networkAddress as an IP address, else text
	RemotePortSubtype    string `json:"remote_port_subtype,omitempty"`    // LldpPortIdSubtype: interfaceAlias, portComponent, macAddress, networkAddress, interfaceName, agentCircuitId, local; empty for CDP, which sends names
	RemotePortDescr      string `json:"remote_port_descr,omitempty"`
	RemoteName           string `json:"remote_name,omitempty"`     // lldpRemSysName, cdpCacheSysName or cdpCacheDeviceId
	RemoteDescr          string `json:"remote_descr,omitempty"`    // lldpRemSysDesc, cdpCacheVersion
	RemotePlatform       string `json:"remote_platform,omitempty"` // cdpCachePlatform

	Capabilities []string     `json:"capabilities,omitempty"` // enabled: other, repeater, bridge, wlanAccessPoint, router, telephone, docsisCableDevice, stationOnly
	Addresses    []netip.Addr `json:"addresses,omitempty"`    // for management
}

// LAG is a link aggregation: an interface made of others (IEEE8023-LAG-MIB, else ifStackTable).
type LAG struct {
	IfIndex  uint32      `json:"if_index"`
	Key      string      `json:"key,omitempty"`
	Name     string      `json:"name,omitempty"` // ifName, else ifDescr
	MinLinks uint32      `json:"min_links,omitempty"`
	Members  []LAGMember `json:"members,omitempty"`
}

// LAGMember is an interface of a LAG.
type LAGMember struct {
	IfIndex uint32 `json:"if_index"`
	Key     string `json:"key,omitempty"`
	// State is what dot3adAggPortActorOperState says: distributing (it carries traffic both ways), collecting
	// (it only receives), attached (part of the group, carries nothing), selected (wants to be), down;
	// empty where only ifStackTable tells of the membership.
	State string `json:"state,omitempty"`
}

// StackPair says that one interface runs on top of another (ifStackTable, RFC 2863).
type StackPair struct {
	Upper uint32 `json:"upper"` // ifIndex
	Lower uint32 `json:"lower"` // ifIndex
}

// BridgePort is a port of the bridge (dot1dBasePortTable, RFC 4188) and the interface that it is.
type BridgePort struct {
	Port    uint32 `json:"port"`
	IfIndex uint32 `json:"if_index"`
	PVID    uint32 `json:"pvid,omitempty"` // VLAN of untagged frames (Q-BRIDGE-MIB, vmVlan)
}

// VLAN is a virtual LAN that is configured or learnt (Q-BRIDGE-MIB, RFC 4363; CISCO-VTP-MIB).
type VLAN struct {
	ID   uint32 `json:"id"`
	Name string `json:"name,omitempty"`
}

// STPInstance is a spanning tree (dot1dStp of RFC 4188; per VLAN or MST instance from the vendor).
type STPInstance struct {
	Instance        uint32           `json:"instance"`           // VLAN id or MST instance; 0: the only or the common one
	Protocol        string           `json:"protocol,omitempty"` // dot1dStpProtocolSpecification: decLb100, ieee8021d
	Priority        uint32           `json:"priority"`           // of this bridge
	BridgeAddress   net.HardwareAddr `json:"bridge_address,omitempty"`
	RootPriority    uint32           `json:"root_priority"`
	Root            net.HardwareAddr `json:"root,omitempty"`          // address of the designated root
	RootPort        uint32           `json:"root_port,omitempty"`     // bridge port; 0: this bridge is the root
	RootIfIndex     uint32           `json:"root_if_index,omitempty"` // interface of RootPort
	RootCost        uint32           `json:"root_cost,omitempty"`
	TopologyChanges uint64           `json:"topology_changes,omitempty"` // dot1dStpTopChanges, a counter
	Ports           []STPPort        `json:"ports,omitempty"`
}

// STPPort is a port within a spanning tree (dot1dStpPortTable).
type STPPort struct {
	Port             uint32           `json:"port"`
	IfIndex          uint32           `json:"if_index,omitempty"`
	Key              string           `json:"key,omitempty"`
	State            string           `json:"state,omitempty"` // disabled, blocking, listening, learning, forwarding, broken
	PathCost         uint32           `json:"path_cost,omitempty"`
	DesignatedBridge net.HardwareAddr `json:"designated_bridge,omitempty"`
	DesignatedPort   uint32           `json:"designated_port,omitempty"` // 12 or 8 bits of number below the priority
}
