package alert

// State is what an engine says of a device now: the words of the ledger.
type State string

// The states that Decide knows.
const (
	Up          State = "up"
	Degraded    State = "degraded"
	Down        State = "down"
	Unreachable State = "unreachable"
	Unknown     State = "unknown"
	Maintenance State = "maintenance"
)

// Finding is the verdict of an engine on one device. Times are Unix ms.
type Finding struct {
	Site, Device  string
	Role          string // of the device: core and edge matter most
	State         State
	Since         int64 // when the state began, back-dated to the first evidence of it
	UncertaintyMS int64
	Evidence      string // in words
	Detected      int64  // when it was confirmed
	Late          bool   // by evidence that came late: it revises history
	Demo          bool
}

// Change is what a finding makes of an incident: the incident as it is to be, and the event that says so.
type Change struct {
	Incident Incident
	Event    Event
}

// Decide tells what f changes; open is the open incident of the device, or nil. It is a pure function.
func Decide(open *Incident, f Finding) (Change, bool) {
	switch {
	case open == nil && f.State == Down && !f.Late:
		return opened(f), true
	case open != nil && (f.State == Up || f.State == Degraded):
		return resolved(*open, f), true
	}
	return Change{}, false
}

func opened(f Finding) Change {
	i := Incident{
		Kind: DeviceDown, Severity: severityOf(f.Role), Status: Open, Site: f.Site, Device: f.Device,
		Summary: f.Device + " does not answer", Cause: f.Evidence,
		Started: f.Since, UncertaintyMS: f.UncertaintyMS, Detected: f.Detected, Demo: f.Demo,
	}
	return Change{i, Event{Time: f.Detected, Type: EventOpened, Text: f.Evidence}}
}

func resolved(i Incident, f Finding) Change {
	i.Status = Resolved
	i.Ended = max(f.Since, i.Started)
	text := i.Device + " answers again"
	if f.State == Degraded {
		text = i.Device + " answers in part"
	}
	if f.Evidence != "" {
		text += ": " + f.Evidence
	}
	return Change{i, Event{Time: f.Detected, Type: EventResolved, Text: text}}
}

// severityOf is critical for the devices that others stand on.
func severityOf(role string) Severity {
	switch role {
	case "core", "edge", "router", "firewall":
		return Critical
	case "access", "switch", "server", "":
		return Major
	}
	return Minor
}
