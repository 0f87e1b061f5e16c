package inventory

import (
	"encoding/json"
	"errors"

	"ninewatch/internal/conf"
)

// Calendar is agreed time: weekly hours of a time zone without holidays.
type Calendar struct {
	Name     string  `yaml:"name" json:"name"`
	TimeZone string  `yaml:"time_zone" json:"time_zone,omitempty"` // IANA; empty: UTC
	Hours    []Hours `yaml:"hours" json:"hours,omitempty"`         // empty: the whole day, every day
	// Holidays are local dates, once (2026-12-24) or every year (12-25): hours that begin on one do not count.
	Holidays conf.Texts `yaml:"holidays" json:"holidays,omitempty"`
	Source   string     `json:"source,omitempty"`
}

// Hours is a window of local time. One that does not end later than it begins ends on the next day.
type Hours struct {
	Days conf.Texts `yaml:"days" json:"days,omitempty"` // mon … sun, and ranges such as mon-fri; empty: all
	From string     `yaml:"from" json:"from,omitempty"` // 08:00
	To   string     `yaml:"to" json:"to,omitempty"`     // 18:00; 24:00 is the end of the day
}

// Circuit is a line that somebody else runs.
type Circuit struct {
	Name        string     `yaml:"name" json:"name"`
	DisplayName string     `yaml:"display_name" json:"display_name,omitempty"`
	Provider    string     `yaml:"provider" json:"provider,omitempty"`
	Site        string     `yaml:"site" json:"site,omitempty"` // empty: that of Device
	Device      string     `yaml:"device" json:"device,omitempty"`
	Interface   string     `yaml:"interface" json:"interface,omitempty"` // a key of Device
	Bandwidth   Bits       `yaml:"bandwidth" json:"bandwidth,omitempty"`
	Contract    Contract   `yaml:"contract" json:"contract,omitzero"`
	Target      string     `yaml:"target" json:"target,omitempty"` // IP address or host name beyond the line
	Probe       EchoProbe  `yaml:"probe" json:"probe,omitzero"`
	Cost        string     `yaml:"cost" json:"cost,omitempty"`
	Reference   string     `yaml:"reference" json:"reference,omitempty"` // what the provider calls it
	Tags        conf.Texts `yaml:"tags" json:"tags,omitempty"`
	Source      string     `json:"source,omitempty"`
}

// Contract is what a provider promised of a Circuit.
type Contract struct {
	Availability Percent  `yaml:"availability" json:"availability,omitempty"`
	RTT          Duration `yaml:"rtt" json:"rtt,omitempty"`
	Loss         Percent  `yaml:"loss" json:"loss,omitempty"` // at most, percent
	Calendar     string   `yaml:"calendar" json:"calendar,omitempty"`
}

// IsZero tells that nothing is promised.
func (c Contract) IsZero() bool { return c == Contract{} }

// EchoProbe says how the target of a Circuit is asked for echoes.
type EchoProbe struct {
	Interval     Duration `yaml:"interval" json:"interval,omitempty"` // 0: one second
	Payload      int      `yaml:"payload" json:"payload,omitempty"`   // octets
	DSCP         uint8    `yaml:"dscp" json:"dscp,omitempty"`
	DontFragment bool     `yaml:"dont_fragment" json:"dont_fragment,omitempty"`
}

// IsZero tells that nothing is set.
func (e EchoProbe) IsZero() bool { return e == EchoProbe{} }

// Service is what people use, and what it needs.
type Service struct {
	Name        string     `yaml:"name" json:"name"`
	DisplayName string     `yaml:"display_name" json:"display_name,omitempty"`
	Site        string     `yaml:"site" json:"site,omitempty"` // empty: of all sites
	Needs       Needs      `yaml:"needs" json:"needs,omitzero"`
	Objective   Objective  `yaml:"objective" json:"objective,omitzero"`
	Owner       string     `yaml:"owner" json:"owner,omitempty"`
	Tags        conf.Texts `yaml:"tags" json:"tags,omitempty"`
	Source      string     `json:"source,omitempty"`
}

// Needs is a scope, or a mapping with one of the others.
type Needs struct {
	Scope   Scope    `json:"-"` // of a leaf, such as device:lis-edge-1
	AnyOf   []Needs  `yaml:"any_of" json:"any_of,omitempty"`
	AllOf   []Needs  `yaml:"all_of" json:"all_of,omitempty"`
	AtLeast *AtLeast `yaml:"at_least" json:"at_least,omitempty"`
}

// AtLeast is Count of what Of lists.
type AtLeast struct {
	Count int     `yaml:"count" json:"count"`
	Of    []Needs `yaml:"of" json:"of"`
}

// IsZero tells that nothing is needed.
func (n Needs) IsZero() bool {
	return n.Scope == "" && len(n.AnyOf) == 0 && len(n.AllOf) == 0 && n.AtLeast == nil
}

// FromText implements conf.Short: it reads a leaf.
func (n *Needs) FromText(text string) error { return n.Scope.UnmarshalText([]byte(text)) }

// MarshalJSON writes a leaf as a text.
func (n Needs) MarshalJSON() ([]byte, error) {
	if n.Scope != "" {
		return json.Marshal(n.Scope)
	}
	type mapping Needs
	return json.Marshal(mapping(n))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Needs) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &n.Scope)
	}
	type mapping Needs
	if err := json.Unmarshal(data, (*mapping)(n)); err != nil {
		return errors.New("needs is a text or a mapping of any_of, all_of, at_least")
	}
	return nil
}

// Objective is how much of the agreed time a Service has to work.
type Objective struct {
	Availability Percent `yaml:"availability" json:"availability,omitempty"`
	Window       string  `yaml:"window" json:"window,omitempty"` // 30d, or week, month, quarter, year; empty: month
	Calendar     string  `yaml:"calendar" json:"calendar,omitempty"`
}

// IsZero tells that there is none.
func (o Objective) IsZero() bool { return o == Objective{} }

// Maintenance is planned work: From to To, or again and again by RRule (RFC 5545) for Duration each, or what
// the calendar at ICal says.
type Maintenance struct {
	Name     string   `yaml:"name" json:"name"`
	Scope    Scopes   `yaml:"scope" json:"scope,omitempty"`
	From     Time     `yaml:"from" json:"from,omitempty"` // with RRule: when the first may begin
	To       Time     `yaml:"to" json:"to,omitempty"`
	RRule    string   `yaml:"rrule" json:"rrule,omitempty"`
	Duration Duration `yaml:"duration" json:"duration,omitempty"`
	TimeZone string   `yaml:"time_zone" json:"time_zone,omitempty"` // of RRule, and of times without one; empty: UTC
	ICal     string   `yaml:"ical" json:"ical,omitempty"`           // URL of a calendar, each of whose events is a window
	Reason   string   `yaml:"reason" json:"reason,omitempty"`
	Source   string   `json:"source,omitempty"`
}
