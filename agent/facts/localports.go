package facts

import (
	"fmt"
	"net"
)

// localPorts resolves lldpLocPortNum, which is dot1dBasePort on bridges, ifIndex elsewhere, and something
// else again on some devices (ANALYTICS C.1).
type localPorts struct {
	ports *ports
	ids   map[uint32]localID
	found map[uint32]uint32 // by what lldpLocPortTable says, port → ifIndex

	// How many ports of lldpLocPortTable show that their number is an ifIndex, or that of a bridge port.
	asIndex, asBridge int
}

// localID is a row of lldpLocPortTable.
type localID struct {
	subtype, text, descr string
	mac                  net.HardwareAddr
}

func (l *localPorts) read(rows []row) {
	l.ids, l.found = make(map[uint32]localID, len(rows)), make(map[uint32]uint32, len(rows))
	for _, row := range rows {
		if len(row.index) != 1 {
			continue
		}
		port, b := row.index[0], row.bytes(3)
		id := localID{subtype: row.word(2, portSubtypes), descr: row.text(4), mac: macOf(b)}
		id.text = lldpID(id.subtype, b)
		l.ids[port] = id
		i := l.told(id)
		if i == 0 {
			continue
		}
		l.found[port] = i
		if port == i {
			l.asIndex++
		} else if l.ports.bridge[port] == i {
			l.asBridge++
		}
	}
}

// told is the interface that the id of a port names, or its description.
func (l *localPorts) told(id localID) uint32 {
	p, i := l.ports, uint32(0)
	switch id.subtype {
	case "interfaceName":
		i = p.named(id.text, byName, byDescr, byAlias)
	case "interfaceAlias":
		i = p.named(id.text, byAlias, byName, byDescr)
	case "macAddress":
		i = p.withMAC(id.mac)
	case "networkAddress":
	default: // local, portComponent, agentCircuitId, and agents that leave the subtype out
		if i = p.named(id.text, byName, byDescr, byAlias); i == 0 {
			i = p.numbered(id.text)
		}
	}
	if i == 0 {
		i = p.named(id.descr, byDescr, byName, byAlias)
	}
	return i
}

// resolve is the interface of a port; 0 with the reason when none, or more than one, fits.
func (l *localPorts) resolve(port uint32) (uint32, error) {
	if i := l.found[port]; i != 0 {
		return i, nil
	}
	p := l.ports
	bridge, index := p.bridge[port], uint32(0)
	if p.byIndex[bridge] == nil {
		bridge = 0
	}
	if p.byIndex[port] != nil {
		index = port
	}
	switch {
	case bridge == 0 && index == 0:
		return 0, fmt.Errorf("local port %d is no interface: neither lldpLocPortTable nor dot1dBasePortTable tells which", port)
	case bridge == index, index == 0 && l.asIndex <= l.asBridge:
		return bridge, nil
	case bridge == 0 && l.asBridge <= l.asIndex:
		return index, nil
	case l.asBridge > 0 && l.asIndex == 0 && bridge != 0: // the other ports of this device are bridge ports
		return bridge, nil
	case l.asIndex > 0 && l.asBridge == 0 && index != 0:
		return index, nil
	case p.physical(bridge) && !p.physical(index):
		return bridge, nil
	case p.physical(index) && !p.physical(bridge):
		return index, nil
	}
	return 0, fmt.Errorf("local port %d may be the interface %d or, as a bridge port, %d: it is left open", port, index, bridge)
}
