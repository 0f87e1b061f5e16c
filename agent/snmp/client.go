package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
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

// Client is a Session over one connected UDP socket.
type Client struct {
	dev  Device
	conn *net.UDPConn
	sec  security
	turn chan struct{} // holds one token: exchanges take turns
	id   uint32        // last request-id
	bulk int           // max-repetitions that work for this device

	mu     sync.Mutex
	counts Counts
}

// security is one of the ways to wrap a PDU into a message: community (RFC 1901) or USM (RFC 3414).
type security interface {
	version() snmpwire.Version // of the PDU's rules: V1 or V2c
	encode(pdu *snmpwire.PDU) ([]byte, error)
	// open checks a datagram against the request last encoded and decodes it into m.
	open(datagram []byte, m *snmpwire.Message) error
}

// Errors of security.open, besides *Error, which ends the exchange.
var (
	errAgain = errors.New("encode and send again") // the engine's id or clock has been learned
)

// rejected is a datagram that is no reply to the request: the wait goes on.
type rejected string

func (r rejected) Error() string { return string(r) }

// Dial opens a socket to the device. Nothing is sent, except that SNMPv3 looks for the engine at the first request.
func Dial(_ context.Context, d Device) (*Client, error) {
	if err := d.Credential.Validate(); err != nil {
		return nil, err
	}
	if !d.Addr.IsValid() || d.Addr.Port() == 0 {
		return nil, fmt.Errorf("device %q: address %q has no host or no port", d.Name, d.Addr)
	}
	if d.Timeout <= 0 {
		d.Timeout = DefaultTimeout
	}
	if d.Retries == 0 {
		d.Retries = DefaultRetries
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(d.Addr))
	if err != nil {
		return nil, fmt.Errorf("open a socket to %s: %w", d.Addr, err)
	}
	c := &Client{dev: d, conn: conn, turn: make(chan struct{}, 1), id: firstID(), bulk: firstBulk}
	c.counts.Rejected = map[string]uint64{}
	if d.Credential.Version == "3" {
		c.sec = newUSM(d.Credential)
	} else {
		c.sec = newCommunity(d.Credential)
	}
	c.turn <- struct{}{}
	return c, nil
}

// Close closes the socket. A call in flight returns.
func (c *Client) Close() error { return c.conn.Close() }

// Counts returns a copy of the counters.
func (c *Client) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.counts
	out.Rejected = make(map[string]uint64, len(c.counts.Rejected))
	for k, v := range c.counts.Rejected {
		out.Rejected[k] = v
	}
	if u, ok := c.sec.(*usm); ok {
		out.Engines = u.changes.Load()
	}
	return out
}

func (c *Client) count(f func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.counts)
}

func (c *Client) fail(kind ErrKind, format string, args ...any) error {
	return &Error{Addr: c.dev.Addr.String(), Kind: kind, Err: fmt.Errorf(format, args...)}
}
