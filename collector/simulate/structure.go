package simulate

import (
	"slices"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// cable is what a port of a machine is connected to.
type cable struct {
	port   int // position in ports
	far    *machine
	remote int // position in the far one's ports
}

// part is a power supply or a fan.
type part struct {
	class uint32 // PhysicalClass of ENTITY-MIB (RFC 6933): powerSupply 6, fan 7
	name  string
	gone  bool // it was pulled before the history ends: the past knows it, the device does not list it any more

	pulled bool // for now
}

// standby is a place in a VRRP group (RFC 2787).
type standby struct {
	port     uint32 // ifIndex
	group    uint32
	address  [4]byte
	master   bool
	priority int64
	own      [4]byte
	far      *machine // the other router of the group
}

const (
	classChassis = 3
	classPower   = 6
	classFan     = 7
)

// structure is what a machine tells of its neighbours, bundles, parts and routers: LLDP-MIB (IEEE 802.1AB-2005),
// IEEE8023-LAG-MIB, ENTITY-MIB (RFC 6933), ENTITY-STATE-MIB (RFC 4268), VRRP-MIB (RFC 2787). A machine without any tells nothing.
func structure(m *machine) []column {
	return slices.Concat(neighbours(m), bundles(m), physical(m), vrrp(m))
}

func objectOf(name string, rows []oid.OID, read reader) column {
	return column{name: oid.MustParse(name), rows: rows, read: read}
}

func neighbours(m *machine) []column {
	if len(m.cables) == 0 {
		return nil
	}
	const base = "1.0.8802.1.1.2.1."
	slices.SortFunc(m.cables, func(a, b cable) int { return int(m.ports[a.port].index) - int(m.ports[b.port].index) })
	cables := slices.DeleteFunc(slices.Clone(m.cables), func(c cable) bool { return !m.ports[c.port].up() })
	local, remote := make([]oid.OID, len(m.ports)), make([]oid.OID, len(cables))
	for i := range m.ports {
		local[i] = oid.OID{m.ports[i].index}
	}
	for i, c := range cables {
		remote[i] = oid.OID{0, m.ports[c.port].index, 1} // time mark, local port, number of the neighbour
	}
	number := func(name string, rows []oid.OID, n int64) column {
		return objectOf(base+name, rows, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, n) })
	}
	ofPort := func(name string) column {
		return objectOf(base+name, local, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setText(vb, m.ports[i].name) })
	}
	ofFar := func(name string, f func(c cable) string) column {
		return objectOf(base+name, remote, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setText(vb, f(cables[i])) })
	}
	const macAddress, interfaceName = 4, 5 // LldpChassisIdSubtype, LldpPortIdSubtype
	return []column{
		number("3.1", scalar, macAddress),
		objectOf(base+"3.2", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, string(m.chassis())) }),
		number("3.7.1.2", local, interfaceName),
		ofPort("3.7.1.3"), ofPort("3.7.1.4"),
		number("4.1.1.4", remote, macAddress),
		ofFar("4.1.1.5", func(c cable) string { return string(c.far.chassis()) }),
		number("4.1.1.6", remote, interfaceName),
		ofFar("4.1.1.7", func(c cable) string { return c.far.ports[c.remote].name }),
		ofFar("4.1.1.8", func(c cable) string { return c.far.ports[c.remote].descr }),
		ofFar("4.1.1.9", func(c cable) string { return c.far.name }),
		ofFar("4.1.1.10", func(c cable) string { return c.far.descr }),
		ofFar("4.1.1.11", func(cable) string { return "\x28" }), // bridge, router
		ofFar("4.1.1.12", func(cable) string { return "\x28" }),
	}
}

// chassis is the address that a machine goes by among its neighbours: that of its first port.
func (m *machine) chassis() []byte {
	for i := range m.ports {
		if mac := m.mac(i); mac != nil {
			return mac
		}
	}
	return nil
}

// bundles is dot3adAggTable and dot3adAggPortTable.
func bundles(m *machine) []column {
	var lags, members []oid.OID
	var at []int
	for i := range m.ports {
		p := &m.ports[i]
		if p.kind == ieee8023adLag {
			lags = append(lags, oid.OID{p.index})
		}
		if p.above != 0 {
			members, at = append(members, oid.OID{p.index}), append(at, i)
		}
	}
	if len(members) == 0 {
		return nil
	}
	const base = "1.2.840.10006.300.43.1."
	aggregate := func(name string) column {
		return objectOf(base+name, members, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) {
			setInt(vb, int64(m.ports[at[i]].above))
		})
	}
	return []column{
		objectOf(base+"1.1.1.1.5", lags, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, 1) }), // aggregate
		aggregate("2.1.1.12"), aggregate("2.1.1.13"),
		objectOf(base+"2.1.1.21", members, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) {
			state := byte(0x80 | 0x20) // LacpState: active, aggregation
			if m.ports[at[i]].up() {
				state |= 0x10 | 0x08 | 0x04 // in sync, collecting, distributing
			}
			vb.Type, vb.Bytes = snmpwire.OctetString, []byte{state}
		}),
	}
}

// physical is entPhysicalTable: the chassis, and in it what is left of the parts.
func physical(m *machine) []column {
	if len(m.parts) == 0 {
		return nil
	}
	parts := append([]part{{class: classChassis, name: "Chassis"}}, slices.DeleteFunc(slices.Clone(m.parts), func(p part) bool { return p.gone || p.pulled })...)
	rows := make([]oid.OID, len(parts))
	for i := range parts {
		rows[i] = oid.OID{uint32(i + 1)}
	}
	text := func(name string, f func(i int) string) column {
		return object("47.1.1.1.1."+name, rows, func(_ *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setText(vb, f(i)) })
	}
	number := func(name string, f func(i int) int64) column {
		return object("47.1.1.1.1."+name, rows, func(_ *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setInt(vb, f(i)) })
	}
	return []column{
		text("2", func(i int) string { return parts[i].name }),
		number("4", func(i int) int64 { return int64(min(i, 1)) }), // all are in the chassis
		number("5", func(i int) int64 { return int64(parts[i].class) }),
		number("6", func(i int) int64 { return int64(i) }),
		text("7", func(i int) string { return parts[i].name }),
		object("47.1.4.1", scalar, func(m *machine, at time.Time, _ int, vb *snmpwire.VarBind) {
			setUint(vb, snmpwire.TimeTicks, m.stamp(m.swapped, at))
		}), // entLastChangeTime
		object("131.1.1.1.3", rows, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, 3) }), // entStateOper enabled
	}
}

// vrrp is vrrpOperTable and vrrpAssoIpAddrTable.
func vrrp(m *machine) []column {
	if m.standby == nil {
		return nil
	}
	v := m.standby
	row := []oid.OID{{v.port, v.group}}
	number := func(name string, n int64) column {
		return object("68.1.3.1."+name, row, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, n) })
	}
	active := func(m *machine) [4]byte {
		switch {
		case m.vrrpState() == 3: // master
			return v.own
		case m.vrrpState() == 2 && v.far.vrrpState() == 3:
			return v.far.standby.own
		}
		return [4]byte{}
	}
	address := oid.OID{v.port, v.group, uint32(v.address[0]), uint32(v.address[1]), uint32(v.address[2]), uint32(v.address[3])}
	return []column{
		object("68.1.3.1.2", row, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) {
			setText(vb, string([]byte{0, 0, 0x5e, 0, 1, byte(v.group)}))
		}),
		object("68.1.3.1.3", row, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, m.vrrpState()) }),
		number("5", v.priority),
		object("68.1.3.1.7", row, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) {
			a := active(m)
			vb.Type, vb.Bytes = snmpwire.IPAddress, a[:]
		}),
		object("68.1.4.1.2", []oid.OID{address}, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, 1) }), // active
	}
}

// pastComponents are the parts of a machine before any was pulled, as its agent read them.
func (m *machine) pastComponents() []telemetry.Component {
	if len(m.parts) == 0 {
		return nil
	}
	out := []telemetry.Component{{Index: 1, Class: "chassis", Name: "Chassis", Descr: "Chassis"}}
	for i, p := range m.parts {
		class := "powerSupply"
		if p.class == classFan {
			class = "fan"
		}
		out = append(out, telemetry.Component{Index: uint32(i + 2), Class: class, Name: p.name, Descr: p.name, ParentIndex: 1, Position: int32(i + 1)})
	}
	telemetry.SetComponentKeys(out)
	return out
}
