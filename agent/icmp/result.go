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
	Name     string     // of the device; decides the phase
	Addr     netip.Addr // with a zone where it is link-local
	Interval time.Duration
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
	case a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("target %q: %s is not the address of one host", t.Name, t.Addr)
	case t.Interval < minInterval:
		return fmt.Errorf("target %q: interval %s is below %s", t.Name, t.Interval, minInterval)
	}
	return nil
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
	Target     string
	Slot       time.Time // when it was due, UTC, whole ms
	Interval   time.Duration
	Outcome    Outcome
	RTT        time.Duration // of a Reply
	Reason     string        // of a Lost or Fault: one of the constants
	Hop        netip.Addr    // of a Lost: who sent the ICMP error that Reason comes from
	Duplicates int           // further copies of replies since the last result of the target
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
	ReasonUnreachable         = "unreachable" // any other code
)

// Reasons of a fault.
const (
	ReasonNoRoute       = "no-route"
	ReasonNotPermitted  = "not-permitted" // EPERM, EACCES: a firewall of the agent's host, mostly
	ReasonNoBuffers     = "no-buffers"
	ReasonInterfaceDown = "interface-down"
	ReasonNoSource      = "no-source-address"
	ReasonSendFailed    = "send-failed"
	ReasonOverrun       = "receive-overrun" // the kernel dropped packets for us while the probe was out
	ReasonOverload      = "too-many-in-flight"
	ReasonNoSocket      = "no-socket" // the address family is not there, or not permitted
)
