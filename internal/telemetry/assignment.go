package telemetry

import (
	"time"

	"ninewatch/internal/conf"
)

// Assignment is what an agent is to poll, and with which credentials. (Term, N) orders assignments:
// an agent never goes back to an older one; only a collector restored from a backup raises Term.
type Assignment struct {
	Term, N     uint64
	Devices     []AssignedDevice
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
	Profile      string
	SNMPInterval time.Duration
	ICMPInterval time.Duration // 0: no ICMP
	Parents      []string
	Interfaces   []Interface // with the keys that are allocated so far
}

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
}

// The protocol versions that this program speaks (Hello and Welcome).
const (
	ProtocolMin = 1
	ProtocolMax = 1
)
