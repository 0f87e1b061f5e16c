package telemetry

import (
	"strings"
	"time"

	"ninewatch/internal/conf"
)

// Assignment is what an agent is to poll, and with which credentials. (Term, N) orders assignments:
// an agent never goes back to an older one; only a collector restored from a backup raises Term.
type Assignment struct {
	Term, N     uint64
	Devices     []AssignedDevice
	Targets     []Target
	Scans       []Scan
	Credentials map[string]Credential // by name
}

// Older tells whether a comes before (term, n).
func (a Assignment) Older(term, n uint64) bool {
	return a.Term < term || a.Term == term && a.N < n
}

// AssignedDevice is one device of an Assignment.
type AssignedDevice struct {
	Name         string
	Address      string // host name or IP address
	Port         uint16 // of SNMP; 0: 161
	Credential   string // a key of Assignment.Credentials; empty: no SNMP
	Profile      string // by which it is read; empty: that for its sysObjectID
	SNMPInterval time.Duration
	ICMPInterval time.Duration // 0: no ICMP
	Parents      []string
	Interfaces   []Interface // with the keys that are allocated so far
	Ignored      []string    // patterns of interface keys that are not polled
}

// Ignores tells whether an interface is not to be polled. In a pattern * stands for any text; case does not count.
func (d AssignedDevice) Ignores(key string) bool {
	for _, pattern := range d.Ignored {
		if like(strings.ToLower(pattern), strings.ToLower(key)) {
			return true
		}
	}
	return false
}

// like matches a pattern in which * stands for any text.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if !ok {
			return false
		}
		_, text, ok = strings.Cut(text, part)
	}
	return ok && strings.HasSuffix(text, parts[len(parts)-1])
}

// Target is an address beyond the devices that is asked for echoes, so that a line is measured end to end.
type Target struct {
	Name         string
	Kind         string        // TargetCircuit or TargetReference
	Device       string        // at whose end of the line the agent stands: a label of the samples; empty: none
	Address      string        // host name or IP address; a name is looked up again and again
	Interval     time.Duration // 0: one second
	Payload      int           // octets of the echo, at most MaxPayload; 0: as few as it takes
	DSCP         uint8         // RFC 2474, 0 to 63
	DontFragment bool
}

// The kinds of a Target: what Name is a name of.
const (
	TargetCircuit   = "circuit"   // a circuit of the inventory, by its target
	TargetReference = "reference" // an address that is there for comparison
)

// MaxPayload is what fits into an IPv4 packet of 65,535 octets beside its header and that of ICMP.
const MaxPayload = 65_535 - 20 - 8

// Object is what t is called in Run.Device, and in Frame.Device where it has no device. It is no name of a
// device, in which a colon cannot stand.
func (t Target) Object() string { return t.Kind + ":" + t.Name }

// Credential is what a device wants to hear before it answers SNMP.
type Credential struct {
	Version        string // 1, 2c, 3
	Community      conf.Secret
	Username       string
	AuthProtocol   string
	AuthPassphrase conf.Secret
	PrivProtocol   string
	PrivPassphrase conf.Secret
	Context        string
}

// Heartbeat is what an agent says of itself now and then.
type Heartbeat struct {
	Time         int64             `json:"time"`      // Unix ms on the agent's clock
	Watermark    int64             `json:"watermark"` // Unix ms: all evidence up to here has been sent or dropped
	SpoolRecords uint64            `json:"spool_records"`
	SpoolBytes   uint64            `json:"spool_bytes"`
	Produced     uint64            `json:"produced"` // samples, as the next three
	Acknowledged uint64            `json:"acknowledged"`
	Queued       uint64            `json:"queued"`
	Dropped      map[string]uint64 `json:"dropped,omitempty"` // by reason
	Devices      uint32            `json:"devices"`
	Problems     []string          `json:"problems,omitempty"` // what is not watched as assigned, or is odd: at most MaxProblems
}

// MaxProblems bounds the problems that an agent tells in a heartbeat.
const MaxProblems = 50

// The protocol versions that this program speaks (Hello and Welcome).
const (
	ProtocolMin = 1
	ProtocolMax = 1
)
