package alert

import (
	"fmt"
	"strconv"
	"strings"
)

// Severity is that of RFC 8632.
type Severity string

// The severities in falling order.
const (
	Critical Severity = "critical"
	Major    Severity = "major"
	Minor    Severity = "minor"
	Warning  Severity = "warning"
)

// rank orders severities: the higher the worse.
func (s Severity) rank() int {
	return map[Severity]int{Critical: 4, Major: 3, Minor: 2, Warning: 1}[s]
}

func worse(a, b Severity) Severity {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// Status is where an incident is in its life.
type Status string

// An incident is pending until its extent is known, then open, perhaps acknowledged, and at last resolved.
// While its objects come and go it flaps, and that is one incident.
const (
	Pending      Status = "pending"
	Open         Status = "open"
	Acknowledged Status = "acknowledged"
	Flapping     Status = "flapping"
	Resolved     Status = "resolved"
)

// Incident is one thing that is or was wrong. Times are Unix ms.
type Incident struct {
	ID             int64
	Kind           string // one of the kinds
	Severity       Severity
	Status         Status
	Site           string
	Device         string
	Object         string
	Summary        string // one sentence: the name, then what is wrong with it
	Cause          string // the evidence, in words
	Impact         string // what lies behind it, in words
	Started        int64
	UncertaintyMS  int64
	Detected       int64
	Ended          int64 // 0: not yet
	Owner          string
	AcknowledgedAt int64 // 0: not yet
	Demo           bool
	More
	Hidden []string // devices and objects that this incident explains; only in messages
}

// More is what the engine keeps of an incident beside its columns.
type More struct {
	Role       string            `json:"role,omitempty"`
	Team       string            `json:"team,omitempty"`
	Rule       string            `json:"rule,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	Roots      []string          `json:"roots,omitempty"` // candidates for the cause
	Behind     int               `json:"behind,omitempty"`
	Reach      string            `json:"reach,omitempty"`  // what goes with its outages, in words
	Spares     []string          `json:"spares,omitempty"` // redundancy that is lost with its outages
	Evidence   []string          `json:"evidence,omitempty"`
	Settles    int64             `json:"settles,omitempty"`  // pending until then at the latest
	Opened     int64             `json:"opened,omitempty"`   // when people could be told first
	Flips      []int64           `json:"flips,omitempty"`    // when its objects went or came back lately
	Quiet      int64             `json:"quiet,omitempty"`    // of a flapping incident: when its objects changed last
	Revision   int               `json:"revision,omitempty"` // grows with what is worth an update
	Reopened   int               `json:"reopened,omitempty"`
	ByHand     bool              `json:"by_hand,omitempty"` // a person resolved it
	MergedInto int64             `json:"merged_into,omitempty"`
	Passed     []string          `json:"passed,omitempty"` // what its devices did while they did not answer, once known
}

// Name is how people call the incident.
func (i Incident) Name() string { return fmt.Sprintf("INC-%d", i.ID) }

// ParseName reads INC-12, or 12.
func ParseName(name string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimPrefix(name, "INC-"), 10, 64)
	return id, err == nil && id > 0
}

func (i Incident) key() Key { return Key{i.Kind, i.Device, i.Object} }

// Event is one line of the timeline of an incident.
type Event struct {
	Time int64 // Unix ms
	Type string
	Who  string // empty: ninewatch itself
	Text string
}

// The types of events; with the prefix "incident." opened, updated, acknowledged and resolved are those of webhooks.
const (
	EventOpened       = "opened"
	EventUpdated      = "updated"
	EventAcknowledged = "acknowledged"
	EventResolved     = "resolved"
	EventComment      = "comment"
	EventDetected     = "detected" // seen, and held until its extent is known
	EventDropped      = "dropped"  // over before anybody was told
	EventEvidence     = "evidence" // what became known of it later; nobody is told of that alone
)

// The kinds of incidents.
const (
	DeviceDown        = "device_down"
	SiteSilent        = "site_silent"
	AgentLost         = "agent_lost"
	InterfaceDown     = "interface_down"
	PacketLoss        = "packet_loss"
	Latency           = "latency"
	DeviceRebooted    = "device_rebooted"
	RedundancyLost    = "redundancy_lost"
	CapacityDate      = "capacity_date"
	SLOBurn           = "slo_burn"
	CredentialFailure = "credential_failure"
	ProberFault       = "prober_fault"
	NinewatchTrouble  = "ninewatch_trouble"
	AssetDate         = "asset_date"
	SoftwarePolicy    = "software_policy"
	RuleFired         = "rule"
)

// Kinds lists all kinds of incidents.
func Kinds() []string {
	return []string{DeviceDown, SiteSilent, AgentLost, InterfaceDown, PacketLoss, Latency, DeviceRebooted, RedundancyLost, CapacityDate,
		SLOBurn, CredentialFailure, ProberFault, NinewatchTrouble, AssetDate, SoftwarePolicy, RuleFired}
}

// joins tells whether findings of a kind are explained by the outage of a device that they stand on. What says
// that somebody cannot look, or concerns books, is never hidden.
func joins(kind string) bool {
	switch kind {
	case InterfaceDown, PacketLoss, Latency, DeviceRebooted, RedundancyLost, SLOBurn, CredentialFailure:
		return true
	}
	return false
}
