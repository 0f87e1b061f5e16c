package telemetry

import "net"

// DeviceFacts is what a device says of itself. Empty text and zero numbers are not known.
type DeviceFacts struct {
	Device     string      `json:"device"`
	Time       int64       `json:"time"` // Unix ms
	System     System      `json:"system"`
	Interfaces []Interface `json:"interfaces"`
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
