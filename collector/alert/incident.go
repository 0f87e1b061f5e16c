package alert

import "fmt"

// Severity is that of RFC 8632.
type Severity string

// The severities in falling order.
const (
	Critical Severity = "critical"
	Major    Severity = "major"
	Minor    Severity = "minor"
	Warning  Severity = "warning"
)

// Status is where an incident is in its life.
type Status string

// An incident goes from open to resolved, by way of acknowledged where somebody takes it.
const (
	Open         Status = "open"
	Acknowledged Status = "acknowledged"
	Resolved     Status = "resolved"
)

// Incident is one thing that is or was wrong. Times are Unix ms.
type Incident struct {
	ID             int64
	Kind           string // device_down
	Severity       Severity
	Status         Status
	Site           string
	Device         string
	Object         string
	Summary        string // one sentence: the name, then what is wrong with it
	Cause          string // the evidence, in words
	Started        int64
	UncertaintyMS  int64
	Detected       int64
	Ended          int64 // 0: not yet
	Owner          string
	AcknowledgedAt int64 // 0: not yet
	Demo           bool
}

// Name is how people call the incident.
func (i Incident) Name() string { return fmt.Sprintf("INC-%d", i.ID) }

// Event is one line of the timeline of an incident.
type Event struct {
	Time int64 // Unix ms
	Type string
	Who  string // empty: ninewatch itself
	Text string
}

// The types of events; with the prefix "incident." they are those of webhooks.
const (
	EventOpened       = "opened"
	EventUpdated      = "updated"
	EventAcknowledged = "acknowledged"
	EventResolved     = "resolved"
	EventComment      = "comment"
)

// DeviceDown is the kind of incident of a device that does not answer.
const DeviceDown = "device_down"
