package telemetry

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// chassis simulates a device whose line cards come and go and whose ifIndexes are dealt anew. It knows which
// interface is which; AllocateKeys does not.
type chassis struct {
	style  naming
	slots  map[int]*card
	next   uint32 // ifIndex of the next interface
	serial int    // of the last card that was made: no two cards share an address
	known  []Interface
	keys   map[string]string // place "slot/port" → key, for ever
	taken  map[string]string // key → place
}

// naming is how the device names its interfaces.
type naming int

const (
	named    naming = iota // ifName tells slot and port
	descrs                 // no ifName, ifDescr tells
	doubles                // every second interface has the ifName of the one before, as some agents do
	nameless               // neither: the address alone tells
	namings
)

type card struct {
	macs    []byte // first octets of the card's addresses
	indexes []uint32
}

const portsOfCard = 4

func (c *chassis) insert(slot int) {
	c.serial++
	k := &card{macs: []byte{2, byte(c.serial >> 8), byte(c.serial)}}
	c.slots[slot] = k
	c.number(k)
}

func (c *chassis) number(k *card) {
	k.indexes = k.indexes[:0]
	for range portsOfCard {
		k.indexes = append(k.indexes, c.next)
		c.next++
	}
}

// renumber deals the ifIndexes anew, from a start of its own, in the order of the slots or against it.
func (c *chassis) renumber(start uint32, backwards bool) {
	c.next = start
	order := slices.Sorted(func(yield func(int) bool) {
		for s := range c.slots {
			if !yield(s) {
				return
			}
		}
	})
	if backwards {
		slices.Reverse(order)
	}
	for _, s := range order {
		c.number(c.slots[s])
	}
}

// rows are what ifTable and ifXTable show, and the place that each row is.
func (c *chassis) rows() (rows []Interface, places []string) {
	for slot, k := range c.slots {
		for port, index := range k.indexes {
			i := Interface{IfIndex: index, IfType: 6, IfPhysAddress: net.HardwareAddr(append(slices.Clone(k.macs), 0, byte(slot), byte(port)))}
			switch c.style {
			case named:
				i.IfName, i.IfDescr = fmt.Sprintf("ge-%d/0/%d", slot, port), "Gigabit Ethernet"
			case descrs:
				i.IfDescr = fmt.Sprintf("Slot %d port %d", slot, port)
			case doubles:
				i.IfName, i.IfDescr = fmt.Sprintf("ge-%d/0/%d", slot, port/2*2), fmt.Sprintf("port %d of slot %d", port, slot)
			}
			rows, places = append(rows, i), append(places, fmt.Sprintf("%d/%d", slot, port))
		}
	}
	return rows, places
}

// discover reads the device and checks that each interface has the key that it always had, and that a new
// one has a key that nobody ever had.
func (c *chassis) discover(t *rapid.T) {
	rows, places := c.rows()
	got := AllocateKeys(c.known, rows)
	for i, place := range places {
		key := got[i].Key
		if was, ok := c.keys[place]; ok && was != key {
			t.Fatalf("interface %s: key %q, it had %q before", place, key, was)
		}
		if other, ok := c.taken[key]; ok && other != place {
			t.Fatalf("interface %s: key %q, which is that of %s", place, key, other)
		}
		c.keys[place], c.taken[key] = key, place
	}
	c.known = remember(c.known, got)
}

// TestHistoryFollowsTheInterface lets cards be pulled, exchanged and put back, the device restart with other
// ifIndexes, and both at once.
func TestHistoryFollowsTheInterface(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &chassis{style: naming(rapid.IntRange(0, int(namings)-1).Draw(t, "naming")), slots: map[int]*card{}, next: 1,
			keys: map[string]string{}, taken: map[string]string{}}
		pulled := map[int]*card{}
		for s := range rapid.IntRange(1, 4).Draw(t, "slots") {
			c.insert(s)
		}
		c.discover(t)
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			slot := rapid.IntRange(0, 5).Draw(t, "slot")
			switch event := rapid.SampledFrom([]string{"renumber", "exchange", "pull", "put back", "add"}).Draw(t, "event"); {
			case event == "renumber":
				c.renumber(rapid.Uint32Range(1, 500).Draw(t, "start"), rapid.Bool().Draw(t, "backwards"))
			case event == "exchange" && c.slots[slot] != nil && c.style != nameless: // without a name the address is all there is
				c.insert(slot)
			case event == "pull" && c.slots[slot] != nil && len(c.slots) > 1:
				pulled[slot] = c.slots[slot]
				delete(c.slots, slot)
			case event == "put back" && pulled[slot] != nil && c.slots[slot] == nil:
				c.slots[slot] = pulled[slot]
				c.number(c.slots[slot])
			case event == "add" && c.slots[slot] == nil && pulled[slot] == nil:
				c.insert(slot)
			default:
				continue
			}
			if rapid.Bool().Draw(t, "read") { // or the next event comes before the device is read again
				c.discover(t)
			}
		}
		c.discover(t)
	})
}

func TestComponentKeysNameThePlace(t *testing.T) {
	f := func(list []Component, want ...string) {
		t.Helper()
		SetComponentKeys(list)
		for i, w := range want {
			if list[i].Key != w {
				t.Errorf("component %d: key %q, want %q", list[i].Index, list[i].Key, w)
			}
		}
	}
	// Names that are unique are the keys; indexes do not matter.
	f([]Component{{Index: 1, Class: "chassis", Name: "Chassis", Position: -1}, {Index: 22, ParentIndex: 1, Class: "module", Name: "Linecard 1", Position: 1}},
		"Chassis", "Linecard 1")
	// A name that occurs twice is told by where the part is.
	f([]Component{
		{Index: 1, Class: "chassis", Name: "Switch 1"}, {Index: 2, ParentIndex: 1, Class: "container", Position: 1},
		{Index: 3, ParentIndex: 2, Class: "powerSupply", Name: "PSU"}, {Index: 4, Class: "chassis", Name: "Switch 2"},
		{Index: 5, ParentIndex: 4, Class: "powerSupply", Name: "PSU"},
	}, "Switch 1", "Switch 1/container 1", "Switch 1/container 1/PSU", "Switch 2", "Switch 2/PSU")
	// Nothing tells these two apart but their index.
	f([]Component{{Index: 7, Class: "fan", Position: -1}, {Index: 8, Class: "fan", Position: -1}}, "fan#7", "fan#8")
	// A parent that is not there.
	f([]Component{{Index: 7, ParentIndex: 99, Class: "fan", Position: 2}}, "fan 2")
}

func TestComponentKeysStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "parts")
		before := make([]Component, n)
		for i := range before {
			before[i] = Component{Index: uint32(i + 1), Class: "module", Position: int32(i), Serial: "A",
				Name: rapid.SampledFrom([]string{"", "fan", fmt.Sprint("card ", i)}).Draw(t, "name")}
			if i > 0 {
				before[i].ParentIndex = uint32(rapid.IntRange(0, i).Draw(t, "parent"))
			}
		}
		// After a restart every index is another, the rows come in another order, and one part is new.
		shift := rapid.Uint32Range(1, 1000).Draw(t, "shift")
		after := slices.Clone(before)
		for i := range after {
			after[i].Index += shift
			if after[i].ParentIndex != 0 {
				after[i].ParentIndex += shift
			}
		}
		after[0].Serial = "B"
		after = rapid.Permutation(after).Draw(t, "order")
		SetComponentKeys(before)
		SetComponentKeys(after)
		keys := map[uint32]string{}
		seen := map[string]bool{}
		for _, c := range before {
			if c.Key == "" || seen[c.Key] {
				t.Fatalf("key %q is empty or not unique", c.Key)
			}
			seen[c.Key] = true
			keys[c.Index+shift] = c.Key
		}
		for _, c := range after {
			if c.Key != keys[c.Index] {
				t.Fatalf("part %d: key %q, before %q", c.Index, c.Key, keys[c.Index])
			}
		}
	})
}

func TestSameFacts(t *testing.T) {
	facts := func() *DeviceFacts {
		return &DeviceFacts{Device: "r1", Time: 1, System: System{SysName: "r1", SysUpTime: 5}, Interfaces: []Interface{{IfIndex: 1, IfLastChange: 3}},
			BGPPeers:      []BGPPeer{{RemoteAS: 65001, State: "established", UptimeSeconds: 7, InUpdates: 8, OutUpdates: 9}},
			OSPFNeighbors: []OSPFNeighbor{{Version: 2, Events: 6}}, STP: []STPInstance{{TopologyChanges: 4}},
			Components: []Component{{Index: 1, Serial: "A"}}}
	}
	f := func(what string, same bool, change func(*DeviceFacts)) {
		t.Helper()
		a, b := facts(), facts()
		change(b)
		if SameFacts(a, b) != same || SameFacts(b, a) != same {
			t.Errorf("%s: same is not %t", what, same)
		}
		if !SameFacts(a, facts()) {
			t.Errorf("%s: SameFacts changed its argument", what)
		}
	}
	f("nothing", true, func(*DeviceFacts) {})
	f("counters and times", true, func(f *DeviceFacts) {
		f.Time, f.System.SysUpTime, f.Interfaces[0].IfLastChange = 2, 6, 4
		f.BGPPeers[0].UptimeSeconds, f.BGPPeers[0].InUpdates, f.BGPPeers[0].OutUpdates = 0, 0, 0
		f.OSPFNeighbors[0].Events, f.STP[0].TopologyChanges = 0, 0
	})
	f("a card was exchanged", false, func(f *DeviceFacts) { f.Components[0].Serial = "B" })
	f("a session went down", false, func(f *DeviceFacts) { f.BGPPeers[0].State = "idle" })
	f("a list was cut short", false, func(f *DeviceFacts) { f.Partial = []string{"neighbors"} })
}
