package inventory

import "ninewatch/internal/conf"

// Link is a line between two ports that neighbours did not tell, or told wrongly.
type Link struct {
	Name      string   `yaml:"name" json:"name"`     // may be left out in a file
	A         Endpoint `yaml:"a" json:"a,omitempty"` // device/interface
	B         Endpoint `yaml:"b" json:"b,omitempty"` // device/interface
	Bandwidth Bits     `yaml:"bandwidth" json:"bandwidth,omitempty"`
	Absent    bool     `yaml:"absent" json:"absent,omitempty"` // there is no such link, whatever neighbours say
	Source    string   `json:"source,omitempty"`
}

// The modes of a RedundancyGroup.
const (
	ModeLAG          = "lag"
	ModeECMP         = "ecmp"
	ModeActiveBackup = "active_backup"
	ModeFHRP         = "fhrp"
	ModePSU          = "psu"
	ModeFan          = "fan"
	ModeCluster      = "cluster"
	ModeStack        = "stack"
	ModeRouting      = "routing"
	ModeSTP          = "stp"
)

// RedundancyGroup is what stands in for each other.
type RedundancyGroup struct {
	Name     string `yaml:"name" json:"name"`
	Members  Scopes `yaml:"members" json:"members,omitempty"`
	Min      int    `yaml:"min" json:"min,omitempty"`           // that carry the service; 0: 1
	Designed int    `yaml:"designed" json:"designed,omitempty"` // 0: all members
	Mode     string `yaml:"mode" json:"mode,omitempty"`         // empty: active_backup
	Source   string `json:"source,omitempty"`
}

// RiskGroup is what fails together.
type RiskGroup struct {
	Name    string `yaml:"name" json:"name"`
	Kind    string `yaml:"kind" json:"kind,omitempty"` // duct, chassis, line_card, power_feed, provider
	Members Scopes `yaml:"members" json:"members,omitempty"`
	Source  string `json:"source,omitempty"`
}

// Capacity is when a class of resources is full, and how long a larger one takes to get.
type Capacity struct {
	Name     string        `yaml:"name" json:"name"` // may be left out in a file
	Match    CapacityMatch `yaml:"match" json:"match,omitzero"`
	Limit    Percent       `yaml:"limit" json:"limit,omitempty"` // percent of what the resource can carry; empty: 80
	LeadTime Duration      `yaml:"lead_time" json:"lead_time,omitempty"`
	Max      float64       `yaml:"max" json:"max,omitempty"`   // of sensors and expressions: what the limit is a percentage of, in their unit
	Min      float64       `yaml:"min" json:"min,omitempty"`   // of what must not fall below, such as the runtime of a UPS
	Expr     string        `yaml:"expr" json:"expr,omitempty"` // PromQL: each series that it gives is a resource
	Source   string        `json:"source,omitempty"`
}

// CapacityMatch chooses resources: each key that is set has to match with one of its values, in which *
// stands for any text.
type CapacityMatch struct {
	Resource  conf.Texts `yaml:"resource" json:"resource,omitempty"` // interface, circuit, processor, memory, storage, power, sensor
	Name      conf.Texts `yaml:"name" json:"name,omitempty"`         // what the device calls it: /srv, PoE 1, Battery runtime
	Site      conf.Texts `yaml:"site" json:"site,omitempty"`
	Device    conf.Texts `yaml:"device" json:"device,omitempty"`
	Interface conf.Texts `yaml:"interface" json:"interface,omitempty"`
	Role      conf.Texts `yaml:"role" json:"role,omitempty"`
	Provider  conf.Texts `yaml:"provider" json:"provider,omitempty"`
	Tags      conf.Texts `yaml:"tags" json:"tags,omitempty"`
}

// IsZero tells that all resources match.
func (m CapacityMatch) IsZero() bool {
	return len(m.Resource)+len(m.Name)+len(m.Site)+len(m.Device)+len(m.Interface)+len(m.Role)+len(m.Provider)+len(m.Tags) == 0
}

// Lifecycle is what the maker says of a model. Dates are written 2026-11-30.
type Lifecycle struct {
	Name         string `yaml:"name" json:"name"`   // may be left out in a file: the model
	Model        string `yaml:"model" json:"model"` // * stands for any text
	Vendor       string `yaml:"vendor" json:"vendor,omitempty"`
	EndOfSale    string `yaml:"end_of_sale" json:"end_of_sale,omitempty"`
	EndOfSupport string `yaml:"end_of_support" json:"end_of_support,omitempty"`
	Source       string `json:"source,omitempty"`
}

// SoftwarePolicy says which versions devices may run.
type SoftwarePolicy struct {
	Name  string        `yaml:"name" json:"name"` // may be left out in a file
	Match SoftwareMatch `yaml:"match" json:"match,omitzero"`
	// Versions are those that are allowed: each is a version, one with *, or comparisons such as
	// ">=17.9, <17.13".
	Versions conf.Texts `yaml:"versions" json:"versions,omitempty"`
	Source   string     `json:"source,omitempty"`
}

// SoftwareMatch chooses devices: each key that is set has to match with one of its values, in which * stands
// for any text.
type SoftwareMatch struct {
	Vendor conf.Texts `yaml:"vendor" json:"vendor,omitempty"`
	OS     conf.Texts `yaml:"os" json:"os,omitempty"`
	Model  conf.Texts `yaml:"model" json:"model,omitempty"`
	Site   conf.Texts `yaml:"site" json:"site,omitempty"`
	Role   conf.Texts `yaml:"role" json:"role,omitempty"`
	Tags   conf.Texts `yaml:"tags" json:"tags,omitempty"`
}

// IsZero tells that all devices match.
func (m SoftwareMatch) IsZero() bool {
	return len(m.Vendor)+len(m.OS)+len(m.Model)+len(m.Site)+len(m.Role)+len(m.Tags) == 0
}
