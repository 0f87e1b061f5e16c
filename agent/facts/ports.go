package facts

import (
	"cmp"
	"net"
	"strconv"
	"strings"

	"ninewatch/internal/telemetry"
)

// ports finds interfaces by what other tables call them. Where several fit, none is found.
type ports struct {
	byIndex map[uint32]*telemetry.Interface
	names   [4]map[string]uint32 // by ifName, ifDescr, ifAlias, ifPhysAddress; 0: more than one has it
	bridge  map[uint32]uint32    // dot1dBasePort → ifIndex
}

// What an interface can be called, in falling trust.
const (
	byName = iota
	byDescr
	byAlias
	byMAC
)

func newPorts(interfaces []telemetry.Interface) *ports {
	p := &ports{byIndex: make(map[uint32]*telemetry.Interface, len(interfaces)), bridge: map[uint32]uint32{}}
	for n := range p.names {
		p.names[n] = map[string]uint32{}
	}
	for i := range interfaces {
		f := &interfaces[i]
		p.byIndex[f.IfIndex] = f
		for n, text := range [...]string{f.IfName, f.IfDescr, f.IfAlias, string(f.IfPhysAddress)} {
			if text = fold(text); text == "" || n == byMAC && len(f.IfPhysAddress) != 6 {
				continue
			}
			if _, twice := p.names[n][text]; twice {
				p.names[n][text] = 0
			} else {
				p.names[n][text] = f.IfIndex
			}
		}
	}
	return p
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func (p *ports) key(ifIndex uint32) string {
	if f := p.byIndex[ifIndex]; f != nil {
		return f.Key
	}
	return ""
}

func (p *ports) name(ifIndex uint32) string {
	if f := p.byIndex[ifIndex]; f != nil {
		return cmp.Or(f.IfName, f.IfDescr)
	}
	return ""
}

// named is the only interface that is called text in one of the ways, the first way that knows it.
func (p *ports) named(text string, ways ...int) uint32 {
	for _, way := range ways {
		if i := p.names[way][fold(text)]; i != 0 {
			return i
		}
	}
	return 0
}

func (p *ports) withMAC(mac net.HardwareAddr) uint32 {
	return p.names[byMAC][fold(string(mac))]
}

// numbered is the interface whose ifIndex text is, as Junos writes it.
func (p *ports) numbered(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || p.byIndex[uint32(n)] == nil {
		return 0
	}
	return uint32(n)
}

// ofBridge is the interface of a bridge port; without a table of them, of the same number.
func (p *ports) ofBridge(port uint32) uint32 {
	if i := p.bridge[port]; i != 0 || len(p.bridge) > 0 {
		return i
	}
	if p.byIndex[port] != nil {
		return port
	}
	return 0
}

// physical tells whether a cable can be in the interface, as far as its type says (IANAifType-MIB).
func (p *ports) physical(ifIndex uint32) bool {
	f := p.byIndex[ifIndex]
	if f == nil {
		return false
	}
	switch f.IfType {
	case 0, 1, 6, 26, 62, 69, 71, 117, 166, 196, 250: // other, Ethernet in its old and new forms, 802.11, optical
		return true
	}
	return false
}
