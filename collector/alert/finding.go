package alert

// State is what an engine says of an object now. For devices these are the words of the ledger; of other
// objects a finding says Down while it holds and Up when it does no longer.
type State string

// The states that findings have.
const (
	Up          State = "up"
	Degraded    State = "degraded"
	Down        State = "down"
	Unreachable State = "unreachable"
	Unknown     State = "unknown"
	Maintenance State = "maintenance"
)

// Key names what a finding is about: of one key there is one finding at a time.
type Key struct{ Kind, Device, Object string }

// Finding is what an engine says about one object. Times are Unix ms.
type Finding struct {
	Kind          string // empty: device_down
	Site, Device  string
	Object        string // what of the device, or what else: a group, a service, an agent
	Role          string // of the device: core and edge matter most
	Severity      Severity
	State         State
	Since         int64 // when the state began, back-dated to the first evidence of it
	UncertaintyMS int64
	Summary       string   // one sentence; empty for device_down, which has its own
	Evidence      string   // in words
	More          []string // further lines of evidence
	Detected      int64    // when it was confirmed
	Late          bool     // by evidence that came late: it revises history
	Demo          bool
	Members       []string          // devices whose outage explains the finding
	Causes        []string          // what failed: findings that share one are one incident
	Lapse         [2]int64          // ms: of a finding that looks back, the one outage without which it would not be; zero: none
	Rule          string            // of the kind rule: its name
	Team          string            // who looks after the object
	Labels        map[string]string // for routes and messages
}

func (f Finding) key() Key {
	if f.Kind == "" {
		f.Kind = DeviceDown
	}
	return Key{f.Kind, f.Device, f.Object}
}

// holds tells whether the finding says that something is wrong, ok is false when it says nothing about it.
func (f Finding) holds() (wrong, ok bool) {
	switch f.State {
	case Down, Unreachable:
		return true, true
	case Up, Degraded:
		return false, true
	}
	return false, false
}

// Problem is a finding that holds, or that held within an incident that is still open.
type Problem struct {
	Key       `json:"-"`
	Incident  int64    `json:"-"` // 0: none yet, or a person has resolved its incident
	Hidden    bool     `json:"hidden,omitempty"`
	Site      string   `json:"site,omitempty"`
	Role      string   `json:"role,omitempty"`
	Severity  Severity `json:"severity,omitempty"`
	Summary   string   `json:"summary,omitempty"`
	Evidence  []string `json:"evidence,omitempty"`
	Since     int64    `json:"since"`
	Unc       int64    `json:"unc,omitempty"`
	Detected  int64    `json:"detected,omitempty"`
	Demo      bool     `json:"demo,omitempty"`
	Members   []string `json:"members,omitempty"`
	Causes    []string `json:"causes,omitempty"`
	Lapse     [2]int64 `json:"lapse,omitzero"`
	Rule      string   `json:"rule,omitempty"`
	Team      string   `json:"team,omitempty"`
	Labels    Labels   `json:"labels,omitempty"`
	Explained bool     `json:"explained,omitempty"` // the ledger says unreachable: a parent explains it so far
	Cleared   int64    `json:"cleared,omitempty"`   // 0: it holds
	Loose     int64    `json:"loose,omitempty"`     // since when what explained it is over
	Dismissed bool     `json:"dismissed,omitempty"` // a person resolved its incident while it held, or what it tells was told
	Passed    string   `json:"passed,omitempty"`    // of an outage that is over: what the device did meanwhile
}

// Labels are names and values.
type Labels map[string]string

func (p *Problem) holds() bool { return p.Cleared == 0 }

// object is what people call the object of a problem.
func (p *Problem) object() string {
	switch {
	case p.Object == "":
		return p.Device
	case p.Device == "":
		return p.Object
	}
	return p.Device + " " + p.Object
}

// problemOf is what a finding that holds says.
func problemOf(f Finding) *Problem {
	p := &Problem{
		Key: f.key(), Site: f.Site, Role: f.Role, Severity: f.Severity, Summary: f.Summary, Since: f.Since, Unc: f.UncertaintyMS,
		Detected: f.Detected, Demo: f.Demo, Members: f.Members, Causes: f.Causes, Lapse: f.Lapse, Rule: f.Rule, Team: f.Team, Labels: f.Labels, Explained: f.State == Unreachable,
	}
	if f.Evidence != "" {
		p.Evidence = append([]string{f.Evidence}, f.More...)
	}
	if p.Kind == DeviceDown {
		p.Summary = f.Device + " does not answer"
	}
	if p.Severity == "" {
		p.Severity = severityOf(p.Kind, f.Role)
	}
	return p
}

// severityOf is what an incident of a kind deserves when the engine does not say: an outage is critical for
// the devices that others stand on.
func severityOf(kind, role string) Severity {
	switch kind {
	case DeviceDown:
	case SiteSilent:
		return Critical
	case AgentLost, RedundancyLost, SLOBurn, NinewatchTrouble:
		return Major
	case InterfaceDown, PacketLoss, Latency, ProberFault, CredentialFailure:
		return Minor
	default:
		return Warning
	}
	switch role {
	case "core", "edge", "router", "firewall":
		return Critical
	case "access", "switch", "server", "":
		return Major
	}
	return Minor
}
