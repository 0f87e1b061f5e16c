package icmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"ninewatch/internal/telemetry"
)

// Target is an address that is asked for an echo in every interval.
type Target struct {
	Name     string     // decides the phase
	Addr     netip.Addr // with a zone where it is link-local
	Interval time.Duration

	Payload      int   // octets behind the ICMP header; 0: 16, the least in which a probe can be told from others
	DSCP         uint8 // RFC 2474
	DontFragment bool  // a packet too long for a link is lost with the reason, not taken apart
}

// minInterval bounds the load that one target can cause, and the memory of a window of results.
const minInterval = 10 * time.Millisecond

func (t Target) validate() error {
	a := t.Addr.Unmap()
	switch {
	case t.Name == "":
		return fmt.Errorf("target with address %s has no name", t.Addr)
	case !a.IsValid():
		return fmt.Errorf("target %q has no address", t.Name)
	case !oneHost(a):
		return fmt.Errorf("target %q: %s is not the address of one host", t.Name, t.Addr)
	case t.Interval < minInterval:
		return fmt.Errorf("target %q: interval %s is below %s", t.Name, t.Interval, minInterval)
	case t.Payload != 0 && (t.Payload < minPayload || t.Payload > telemetry.MaxPayload):
		return fmt.Errorf("target %q: payload of %d octets, use %d to %d", t.Name, t.Payload, minPayload, telemetry.MaxPayload)
	case t.DSCP > 63:
		return fmt.Errorf("target %q: DSCP %d, use 0 to 63", t.Name, t.DSCP)
	}
	return nil
}

// oneHost tells whether a, unmapped, can be the address of one host, as far as it shows.
func oneHost(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// scope is the interface index of the zone of a link-local address, 0 for none.
func scope(a netip.Addr) (uint32, error) {
	zone := a.Zone()
	if zone == "" {
		return 0, nil
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index), nil
	}
	n, err := strconv.ParseUint(zone, 10, 32)
	if err != nil {
		return 0, errors.New("no interface " + strconv.Quote(zone))
	}
	return uint32(n), nil
}

// Outcome is what came of a probe.
type Outcome uint8

// The outcomes. Fault says nothing about the device.
const (
	Reply Outcome = iota + 1
	Lost
	Fault
)

// Result translates o into the evidence that it is.
func (o Outcome) Result() telemetry.Result {
	switch o {
	case Reply:
		return telemetry.OK
	case Lost:
		return telemetry.Fail
	}
	return telemetry.ProberFault
}

func (o Outcome) String() string {
	switch o {
	case Reply:
		return "reply"
	case Lost:
		return "lost"
	case Fault:
		return "fault"
	}
	return "unknown"
}

// Result is what came of the probe of one slot.
type Result struct {
	Target   string
	Slot     time.Time     // when it was due, UTC, whole ms
	Interval time.Duration // in which the target was probed: longer than its own while it is long dead
	Outcome  Outcome
	RTT      time.Duration // of a Reply
	Reason   string        // of a Lost or Fault: one of the constants
	Hop      netip.Addr    // of a Lost: who sent the ICMP error that Reason comes from
	Look     bool          // one of the probes that Prober.Look asked for, beside the regular ones

	// Since the last result of the target:
	Duplicates int // further copies of replies
	Late       int // replies after the timeout: their probes are lost (RFC 6673)
	Reordered  int // replies that came after that to a later probe (RFC 4737)
}

// Reasons of a loss.
const (
	ReasonTimeout             = "timeout"
	ReasonNetUnreachable      = "net-unreachable"
	ReasonHostUnreachable     = "host-unreachable" // also: no answer to ARP or neighbour discovery, hop is then the agent itself
	ReasonProtocolUnreachable = "protocol-unreachable"
	ReasonPortUnreachable     = "port-unreachable"
	ReasonProhibited          = "prohibited"
	ReasonTTLExceeded         = "ttl-exceeded"
	ReasonFragmentationNeeded = "fragmentation-needed"
	ReasonUnreachable         = "unreachable" // any other code
)

// Reasons of a fault.
const (
	ReasonNoRoute       = "no-route"
	ReasonNotPermitted  = "not-permitted" // EPERM, EACCES: a firewall of the agent's host, mostly
	ReasonNoBuffers     = "no-buffers"
	ReasonInterfaceDown = "interface-down"
	ReasonNoSource      = "no-source-address"
	ReasonTooLong       = "too-long" // for the agent's own interface, without fragments
	ReasonSendFailed    = "send-failed"
	ReasonOverrun       = "receive-overrun" // the kernel dropped packets for us while the probe was out
	ReasonOverload      = "too-many-in-flight"
	ReasonNoSocket      = "no-socket" // the address family is not there, or not permitted
)

// faultCode is a reason of a fault in one byte.
type faultCode uint8

const (
	faultNoRoute faultCode = iota
	faultNotPermitted
	faultNoBuffers
	faultInterfaceDown
	faultNoSource
	faultTooLong
	faultSendFailed
	faultOverrun
	faultOverload
	faultNoSocket
)

func (c faultCode) String() string {
	return [...]string{
		ReasonNoRoute, ReasonNotPermitted, ReasonNoBuffers, ReasonInterfaceDown, ReasonNoSource, ReasonTooLong,
		ReasonSendFailed, ReasonOverrun, ReasonOverload, ReasonNoSocket,
	}[c]
}
