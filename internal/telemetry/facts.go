package telemetry

import "net"

// DeviceFacts is what a device says of itself. Empty text and zero numbers are not known.
type DeviceFacts struct {
	Device     string      `json:"device"`
	Time       int64       `json:"time"` // Unix ms
	System     System      `json:"system"`
	Interfaces []Interface `json:"interfaces"`

	Identity      Identity       `json:"identity,omitzero"`
	LocalChassis  ChassisID      `json:"local_chassis,omitzero"` // what neighbours see as remote chassis
	Components    []Component    `json:"components,omitempty"`
	Neighbors     []Neighbor     `json:"neighbors,omitempty"`
	LAGs          []LAG          `json:"lags,omitempty"`
	Stack         []StackPair    `json:"stack,omitempty"`
	BridgePorts   []BridgePort   `json:"bridge_ports,omitempty"`
	VLANs         []VLAN         `json:"vlans,omitempty"`
	STP           []STPInstance  `json:"stp,omitempty"`
	Addresses     []Address      `json:"addresses,omitempty"`
	Hosts         []Host         `json:"hosts,omitempty"`
	BGPPeers      []BGPPeer      `json:"bgp_peers,omitempty"`
	OSPFNeighbors []OSPFNeighbor `json:"ospf_neighbors,omitempty"`
	FHRPGroups    []FHRPGroup    `json:"fhrp_groups,omitempty"`

	// Partial names the lists (by their JSON names, "neighbors") that were not read to their end: a row that
	// is missing there has not gone. A list that is not named here is whole, also when it is empty.
	Partial []string `json:"partial,omitempty"`
}

// System is the system group of SNMPv2-MIB (RFC 3418).
type System struct {
	SysObjectID string `json:"sys_object_id,omitempty"`
	SysDescr    string `json:"sys_descr,omitempty"`
	SysName     string `json:"sys_name,omitempty"`
	SysLocation string `json:"sys_location,omitempty"`
	SysContact  string `json:"sys_contact,omitempty"`
	SysUpTime   uint64 `json:"sys_up_time,omitempty"` // TimeTicks, 1/100 s
}

// Identity is what the device profile makes of a device: words for people, not of a standard.
type Identity struct {
	Vendor  string `json:"vendor,omitempty"`
	OS      string `json:"os,omitempty"`
	Model   string `json:"model,omitempty"`
	Serial  string `json:"serial,omitempty"`
	Version string `json:"version,omitempty"` // of the software
	Profile string `json:"profile,omitempty"` // name of the profile that told it
}

// Interface is a row of ifTable and ifXTable (RFC 2863) with the key that names it for ever.
type Interface struct {
	IfIndex       uint32           `json:"if_index"`
	Key           string           `json:"key"`
	IfName        string           `json:"if_name,omitempty"`
	IfDescr       string           `json:"if_descr,omitempty"`
	IfAlias       string           `json:"if_alias,omitempty"`
	IfType        uint32           `json:"if_type,omitempty"`
	SpeedBps      uint64           `json:"speed_bps,omitempty"` // bit/s
	IfAdminStatus uint32           `json:"if_admin_status,omitempty"`
	IfOperStatus  uint32           `json:"if_oper_status,omitempty"`
	IfPhysAddress net.HardwareAddr `json:"if_phys_address,omitempty"`
	IfMtu         uint32           `json:"if_mtu,omitempty"`
	IfLastChange  uint64           `json:"if_last_change,omitempty"` // TimeTicks of sysUpTime
}
