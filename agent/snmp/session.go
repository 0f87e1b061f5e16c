package snmp

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Session is what discovery and polls need of a device. A Client is one.
type Session interface {
	// Get reads names; result i belongs to names[i]. What the device does not have is NoSuchObject or
	// NoSuchInstance, what it answered wrongly has Err.
	Get(ctx context.Context, names ...oid.OID) ([]snmpwire.VarBind, error)
	// Walk reads all that is below root, in bounds. Rows may come with an error: what was read is good.
	Walk(ctx context.Context, root oid.OID, max Limits) ([]snmpwire.VarBind, error)
	// Counts is what was sent and received so far.
	Counts() Counts
	Close() error
}

// Device is what to speak to, and how.
type Device struct {
	Name       string
	Addr       netip.AddrPort
	Credential Credential
	Timeout    time.Duration            // of one attempt; 0: DefaultTimeout
	Retries    int                      // attempts after the first; negative: none; 0: DefaultRetries
	Learnt     Learnt                   // of an earlier Client
	Observe    func([]snmpwire.VarBind) // sees every reply that was taken, before anything is made of it; may be nil
	Meter      *Meter                   // of all devices; may be nil
}

// Counts is what a Client did since Dial.
type Counts struct {
	Requests uint64 // datagrams sent, retries among them
	Retries  uint64
	Timeouts uint64            // requests without any answer
	Refused  uint64            // ICMP port unreachable
	Rejected map[string]uint64 // replies that failed a check, by reason
	Engines  uint64            // changes of the SNMPv3 engine id
}

// errAgain: the SNMPv3 engine's id or clock has been learned, the request has to be encoded and sent again.
var errAgain = errors.New("encode and send again")

// rejected is a datagram that is no reply to the request: the wait goes on.
type rejected string

func (r rejected) Error() string { return string(r) }
