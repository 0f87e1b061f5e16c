package snmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ninewatch/internal/logging"
)

// Manager speaks to all devices of a program over a few sockets. A request in flight is an entry of a table, not
// a goroutine. Its methods may be called from any goroutine.
type Manager struct {
	began time.Time
	log   *slog.Logger // may be nil
	quiet *logging.Quiet

	mu     sync.Mutex
	lanes  [2][sockets]*lane // of IPv4 and IPv6, made when they are needed
	dialed int
	closed bool
	ids    map[string]*Client // by SNMPv3 engine id: who has it
}

// sockets of one address family. Two give twice the room for replies that come at once.
const sockets = 2

// NewManager returns a Manager without sockets: these come with the devices. log gets what is odd about devices; it
// may be nil.
func NewManager(log *slog.Logger) *Manager {
	e := &Manager{began: time.Now(), ids: map[string]*Client{}, quiet: logging.NewQuiet(time.Minute)}
	if log != nil {
		e.log = log.With("component", "agent/snmp")
	}
	return e
}

// Close ends all that is in flight and closes the sockets.
func (e *Manager) Close() error {
	e.mu.Lock()
	e.closed = true
	var all []*lane
	for _, family := range e.lanes {
		for _, l := range family {
			if l != nil {
				all = append(all, l)
			}
		}
	}
	e.mu.Unlock()
	var errs []error
	for _, l := range all {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}

// Dial makes a Client of d. Nothing is sent, except that SNMPv3 looks for the engine at the first request.
func (e *Manager) Dial(d Device) (*Client, error) {
	if err := d.Credential.Validate(); err != nil {
		return nil, err
	}
	if !d.Addr.IsValid() || d.Addr.Port() == 0 {
		return nil, fmt.Errorf("device %q: address %q has no host or no port", d.Name, d.Addr)
	}
	if a := d.Addr.Addr(); a.Is6() && a.IsLinkLocalUnicast() && a.Zone() == "" {
		return nil, fmt.Errorf("device %q: link-local address %s needs the interface that it is at: %s%%eth0", d.Name, a, a)
	}
	l, err := e.lane(d.Addr.Addr().Unmap().Is6())
	if err != nil {
		return nil, err
	}
	return newClient(e, l, d), nil
}

// Dial is Manager.Dial with a Manager for this Client alone.
func Dial(_ context.Context, d Device) (*Client, error) {
	e := NewManager(nil)
	c, err := e.Dial(d)
	if err != nil {
		return nil, err
	}
	c.own = true
	return c, nil
}

func (e *Manager) lane(v6 bool) (*lane, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	family := &e.lanes[0]
	if v6 {
		family = &e.lanes[1]
	}
	at := &family[e.dialed%sockets]
	e.dialed++
	if *at == nil {
		l, err := openLane(e, v6)
		if err != nil {
			return nil, err
		}
		*at = l
	}
	return *at, nil
}

// now is the time since the engine was made, in ns.
func (e *Manager) now() int64 { return int64(time.Since(e.began)) }

// claim notes that c has an SNMPv3 engine id, and tells of two devices with one (RFC 3411, section 5, wants it
// to be unique). Both are polled: keys and clocks are kept for each Client.
func (e *Manager) claim(c *Client, id string) {
	e.mu.Lock()
	other := e.ids[id]
	if other == nil || len(e.ids) < maxEngineIDs {
		e.ids[id] = c
	}
	e.mu.Unlock()
	if other == nil || other.addr == c.addr {
		return
	}
	c.twin = other.dev.Name
	if e.log == nil {
		return
	}
	if suppressed, ok := e.quiet.Allow("twin/" + id); ok {
		e.log.Warn("two devices have the same SNMPv3 engine id, both are polled; give one of them another id",
			"device", c.dev.Name, "other", other.dev.Name, "addr", c.addr.String(), "suppressed", suppressed)
	}
}

// maxEngineIDs bounds what devices with random engine ids can fill.
const maxEngineIDs = 65_536

func (e *Manager) forget(c *Client, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ids[id] == c {
		delete(e.ids, id)
	}
}
