package topology

import (
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// Store keeps what is known of a network and makes a Network of it. Facts of one device cost what that
// device has; Network then joins all devices anew, but reads their facts no more. The order in which facts
// of different devices come changes nothing.
type Store struct {
	inventory Inventory
	devices   map[string]*compiled
	owners    map[string][]string // devices that claim a token
	named     map[string][]string // devices that go by a name

	order   []*compiled    // devices by name; nil: to be made
	place   map[string]int // by name: the position in order. It does not change once made
	claims  uint64         // grows when a device comes, goes or claims something else
	scratch scratch
}

// compiled is a device made ready to be joined. It does not change once made.
type compiled struct {
	device  Device
	known   bool // facts have been read
	record  Record
	chassis string // token of its own chassis id
	tokens  []string
	names   []string
	lags    map[uint32]bool
	member  map[uint32]string // ifIndex of a member to the key of its LAG
	byIndex map[uint32]int    // ifIndex to the position of the interface
	byKey   map[string]int
	halves  []*half
	slots   map[string]int // the ports of halves, numbered from 1
	ends    []port         // by slot, less one
}

// port is what a link wants to know of where it ends.
type port struct {
	lag   string // key of the LAG
	speed float64
}

// half is a link as one end tells it.
type half struct {
	port    string
	slot    int // of the port
	heard   *Heard
	chassis string // token of the chassis id
	tokens  []string
	names   []string

	claims uint64    // as they were when the device that it leads to was looked for; 0: never
	to     int       // position of that device
	at     *compiled // the device that the far port was looked for in
	fits   match
	far    int // slot of the far port
}

// NewStore returns a store without devices.
func NewStore() *Store {
	return &Store{devices: map[string]*compiled{}, owners: map[string][]string{}, named: map[string][]string{}}
}

// Build makes the network of an inventory and of what its devices have told.
func Build(inventory Inventory, records []Record) *Network {
	s := NewStore()
	s.SetInventory(inventory)
	for _, r := range records {
		s.Restore(r)
	}
	return s.Network()
}

// SetInventory says which devices there are and which links people have written down. What was remembered of
// devices that are not in it any more is forgotten.
func (s *Store) SetInventory(inventory Inventory) {
	s.inventory = inventory
	s.claims++ // a written link may have a name that a neighbor goes by
	keep := make(map[string]bool, len(inventory.Devices))
	for _, d := range inventory.Devices {
		keep[d.Name] = true
		old := s.devices[d.Name]
		switch {
		case old == nil:
			s.put(compile(d, Record{}, false))
		case old.device != d:
			s.put(compile(d, old.record, old.known))
		}
	}
	for name := range s.devices {
		if !keep[name] {
			s.remove(name)
		}
	}
}

// Apply merges newer facts of a device of the inventory; those of another are left out.
func (s *Store) Apply(facts telemetry.DeviceFacts) {
	if c := s.devices[facts.Device]; c != nil {
		s.put(compile(c.device, Merge(c.record, facts), true))
	}
}

// Restore puts a record back that Record gave.
func (s *Store) Restore(r Record) {
	if c := s.devices[r.Facts.Device]; c != nil {
		s.put(compile(c.device, r, true))
	}
}

// Record is what is remembered of a device; not ok when no facts of it were read.
func (s *Store) Record(device string) (r Record, ok bool) {
	c := s.devices[device]
	if c == nil || !c.known {
		return Record{}, false
	}
	return c.record, true
}

func (s *Store) put(c *compiled) {
	old := s.devices[c.device.Name]
	if old != nil && old.chassis == c.chassis && slices.Equal(old.tokens, c.tokens) && slices.Equal(old.names, c.names) {
		s.devices[c.device.Name] = c
		if s.order != nil {
			s.order[s.place[c.device.Name]] = c
		}
		return
	}
	s.remove(c.device.Name)
	s.devices[c.device.Name] = c
	s.order, s.claims = nil, s.claims+1
	for _, t := range c.tokens {
		s.owners[t] = append(s.owners[t], c.device.Name)
	}
	for _, n := range c.names {
		s.named[n] = append(s.named[n], c.device.Name)
	}
}

func (s *Store) remove(name string) {
	c := s.devices[name]
	if c == nil {
		return
	}
	delete(s.devices, name)
	s.order, s.claims = nil, s.claims+1
	for _, t := range c.tokens {
		withdraw(s.owners, t, name)
	}
	for _, n := range c.names {
		withdraw(s.named, n, name)
	}
}

// sorted is all devices by name, and their positions.
func (s *Store) sorted() ([]*compiled, map[string]int) {
	if s.order == nil {
		s.order, s.place = make([]*compiled, 0, len(s.devices)), make(map[string]int, len(s.devices))
		for _, c := range s.devices {
			s.order = append(s.order, c)
		}
		slices.SortFunc(s.order, func(a, b *compiled) int { return strings.Compare(a.device.Name, b.device.Name) })
		for i, c := range s.order {
			s.place[c.device.Name] = i
		}
	}
	return s.order, s.place
}

func withdraw(index map[string][]string, key, name string) {
	left := slices.DeleteFunc(slices.Clone(index[key]), func(x string) bool { return x == name })
	if len(left) == 0 {
		delete(index, key)
		return
	}
	index[key] = left
}

func compile(d Device, r Record, known bool) *compiled {
	c := &compiled{device: d, known: known, record: r, tokens: ownTokens(r.Facts),
		chassis: chassisToken(r.Facts.LocalChassis.Subtype, r.Facts.LocalChassis.ID),
		lags:    map[uint32]bool{}, member: map[uint32]string{}, byIndex: map[uint32]int{}, byKey: map[string]int{}}
	if t := addressToken(d.Address); t != "" {
		c.tokens = unique(append(c.tokens, t))
	}
	for _, name := range []string{d.Name, plainName(r.Facts.System.SysName)} {
		name = strings.ToLower(name)
		host, _, _ := strings.Cut(name, ".")
		for _, n := range []string{name, host} {
			if n != "" {
				c.names = append(c.names, n)
			}
		}
	}
	c.names = unique(c.names)
	for at, i := range r.Facts.Interfaces {
		c.byIndex[i.IfIndex] = at
		c.byKey[i.Key] = at
	}
	for _, l := range r.Facts.LAGs {
		c.lags[l.IfIndex] = true
		for _, m := range l.Members {
			c.member[m.IfIndex] = l.Key
		}
	}
	c.slots = make(map[string]int, len(r.Heard))
	for i := range r.Heard {
		h := &r.Heard[i]
		if key := portOf(h.Neighbor); key != "" {
			if _, known := c.slots[key]; !known {
				c.ends = append(c.ends, c.port(key))
				c.slots[key] = len(c.ends)
			}
		}
		c.halves = append(c.halves, &half{port: portOf(h.Neighbor), slot: c.slots[portOf(h.Neighbor)], heard: h,
			chassis: chassisToken(h.RemoteChassisSubtype, h.RemoteChassisID), tokens: remoteTokens(h.Neighbor), names: remoteNames(h.Neighbor)})
	}
	return c
}

// port reads the facts of a port; nothing is known of one that is no interface.
func (c *compiled) port(key string) port {
	at, ok := c.byKey[key]
	if !ok {
		return port{}
	}
	i := c.record.Facts.Interfaces[at]
	return port{lag: c.member[i.IfIndex], speed: float64(i.SpeedBps)}
}

// portAt finds where a half ends in a device. What was found is kept: neither of the two changes.
func (h *half) portAt(c *compiled) match {
	if h.at != c {
		h.at, h.fits, h.far = c, resolvePort(&c.record.Facts, c.lags, h.heard.Neighbor), 0
		if h.fits.port >= 0 {
			h.far = c.slots[c.record.Facts.Interfaces[h.fits.port].Key]
		}
	}
	return h.fits
}
