package inventory

import (
	"time"

	"ninewatch/internal/conf"
)

// The kinds of objects, as in the column kind and in scopes such as device:X.
const (
	KindSite            = "site"
	KindCalendar        = "calendar"
	KindCredential      = "credential"
	KindDevice          = "device"
	KindCircuit         = "circuit"
	KindService         = "service"
	KindMaintenance     = "maintenance"
	KindReceiver        = "receiver"
	KindRoute           = "route"
	KindRule            = "rule"
	KindLink            = "link"
	KindRedundancyGroup = "redundancy_group"
	KindRiskGroup       = "risk_group"
	KindCapacity        = "capacity"
	KindLifecycle       = "lifecycle"
	KindSoftwarePolicy  = "software_policy"
	KindSchedule        = "schedule"
	KindUser            = "user"
)

// Where an object came from: who created it first. Prune removes only what apply created.
const (
	SourceApply = "apply"
	SourceAPI   = "api"
	SourceUp    = "up"
	SourceDemo  = "demo"
)

// What a device is polled at when its file says nothing.
const (
	DefaultSNMPInterval = time.Minute
	DefaultICMPInterval = time.Second
)

// Site is a place with devices.
type Site struct {
	Name        string      `yaml:"name" json:"name"`
	DisplayName string      `yaml:"display_name" json:"display_name,omitempty"`
	Region      string      `yaml:"region" json:"region,omitempty"`
	TimeZone    string      `yaml:"time_zone" json:"time_zone,omitempty"` // IANA; empty: UTC
	Calendar    string      `yaml:"calendar" json:"calendar,omitempty"`
	Users       uint32      `yaml:"users" json:"users,omitempty"` // people who work there
	Tags        conf.Texts  `yaml:"tags" json:"tags,omitempty"`
	References  []Reference `yaml:"references" json:"references,omitempty"`
	RenamedFrom string      `yaml:"renamed_from" json:"-"`
	Source      string      `json:"source,omitempty"`
}

// Reference is an address that the agents of a site ask for echoes, for comparison: it is nobody's device, and
// has no state.
type Reference struct {
	Name     string   `yaml:"name" json:"name"`
	Address  string   `yaml:"address" json:"address"` // IP address or host name
	Interval Duration `yaml:"interval" json:"interval,omitempty"`
}

// Credential is what devices want to hear before they answer.
type Credential struct {
	Name   string     `yaml:"name" json:"name"`
	Sites  conf.Texts `yaml:"sites" json:"sites,omitempty"` // empty: any site may use it
	SNMP   *SNMP      `yaml:"snmp" json:"snmp,omitempty"`
	Source string     `json:"source,omitempty"`
}

// SNMP is the snmp part of a Credential: a community for versions 1 and 2c, a user for 3.
type SNMP struct {
	Version        string      `yaml:"version" json:"version,omitempty"`
	Community      conf.Secret `yaml:"community" json:"community,omitempty"`
	Username       string      `yaml:"username" json:"username,omitempty"`
	AuthProtocol   string      `yaml:"auth_protocol" json:"auth_protocol,omitempty"`
	AuthPassphrase conf.Secret `yaml:"auth_passphrase" json:"auth_passphrase,omitempty"`
	PrivProtocol   string      `yaml:"priv_protocol" json:"priv_protocol,omitempty"`
	PrivPassphrase conf.Secret `yaml:"priv_passphrase" json:"priv_passphrase,omitempty"`
	Context        string      `yaml:"context" json:"context,omitempty"`
}

// Device is what is watched.
type Device struct {
	Name        string     `yaml:"name" json:"name"`
	DisplayName string     `yaml:"display_name" json:"display_name,omitempty"`
	Site        string     `yaml:"site" json:"site"`
	Address     string     `yaml:"address" json:"address"`                 // IP address or host name
	Port        uint16     `yaml:"port" json:"port,omitempty"`             // of SNMP; 0: 161
	Credential  string     `yaml:"credential" json:"credential,omitempty"` // empty: no SNMP
	Profile     string     `yaml:"profile" json:"profile,omitempty"`
	Role        string     `yaml:"role" json:"role,omitempty"` // core and edge: an outage is critical
	Interval    Duration   `yaml:"interval" json:"interval,omitempty"`
	ICMP        Probe      `yaml:"icmp" json:"icmp,omitzero"`
	SNMP        Probe      `yaml:"snmp" json:"snmp,omitzero"`
	Parents     conf.Texts `yaml:"parents" json:"parents,omitempty"`
	Interfaces  Interfaces `yaml:"interfaces" json:"interfaces,omitzero"`
	Owner       string     `yaml:"owner" json:"owner,omitempty"`
	Department  string     `yaml:"department" json:"department,omitempty"`
	Asset       Asset      `yaml:"asset" json:"asset,omitzero"`
	Tags        conf.Texts `yaml:"tags" json:"tags,omitempty"`
	RenamedFrom string     `yaml:"renamed_from" json:"-"`
	Source      string     `json:"source,omitempty"`
}

// Probe sets how often one way of looking is used.
type Probe struct {
	Interval *Duration `yaml:"interval" json:"interval,omitempty"` // nil: the default; 0s with icmp: never
	Confirm  int       `yaml:"confirm" json:"confirm,omitempty"`   // failures in a row that make an outage; 0: the default
}

// IsZero tells that nothing is set.
func (p Probe) IsZero() bool { return p.Interval == nil && p.Confirm == 0 }

// Interfaces chooses the ports of a device by patterns of their keys.
type Interfaces struct {
	Monitor conf.Texts `yaml:"monitor" json:"monitor,omitempty"`
	Ignore  conf.Texts `yaml:"ignore" json:"ignore,omitempty"`
}

// IsZero tells that nothing is set.
func (i Interfaces) IsZero() bool { return len(i.Monitor) == 0 && len(i.Ignore) == 0 }

// Asset is what the books know of a device. Dates are written 2026-11-30.
type Asset struct {
	Purchased     string `yaml:"purchased" json:"purchased,omitempty"`
	WarrantyUntil string `yaml:"warranty_until" json:"warranty_until,omitempty"`
	EndOfLife     string `yaml:"end_of_life" json:"end_of_life,omitempty"`
	Cost          string `yaml:"cost" json:"cost,omitempty"`
	Tag           string `yaml:"tag" json:"tag,omitempty"`
}

// SNMPInterval is the time between two polls; 0 without a credential.
func (d Device) SNMPInterval() time.Duration {
	switch {
	case d.Credential == "":
		return 0
	case d.SNMP.Interval != nil:
		return time.Duration(*d.SNMP.Interval)
	case d.Interval != 0:
		return time.Duration(d.Interval)
	}
	return DefaultSNMPInterval
}

// ICMPInterval is the time between two echo requests; 0: none.
func (d Device) ICMPInterval() time.Duration {
	if d.ICMP.Interval != nil {
		return time.Duration(*d.ICMP.Interval)
	}
	return ClassOf(d.Role).ICMPInterval
}
