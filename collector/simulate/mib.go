package simulate

import (
	"slices"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

type reader = func(m *machine, at time.Time, row int, vb *snmpwire.VarBind)

var scalar = []oid.OID{{0}}

// columns lays out what m implements: system, IF-MIB, hrProcessorTable, hrStorageTable, UPS-MIB, and what
// structure adds. The
// result depends on the numbers and indexes of ports, CPUs and stores alone, so equal machines share it.
func columns(m *machine) []column {
	all := slices.Concat(systemGroup(), interfaces(m.ports), hostResources(m), stack(m.ports), structure(m))
	if m.ups != nil {
		all = append(all, upsGroup()...)
	}
	slices.SortFunc(all, func(a, b column) int { return a.name.Compare(b.name) })
	return all
}

func object(name string, rows []oid.OID, read reader) column {
	return column{name: oid.MustParse("1.3.6.1.2.1." + name), rows: rows, read: read}
}

// systemGroup is SNMPv2-MIB (RFC 3418).
func systemGroup() []column {
	return []column{
		object("1.1", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, m.descr) }),
		object("1.2", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setName(vb, m.objectID) }),
		object("1.3", scalar, func(m *machine, at time.Time, _ int, vb *snmpwire.VarBind) {
			setUint(vb, snmpwire.TimeTicks, m.sysUpTime(at))
		}),
		object("1.4", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, m.contact) }),
		object("1.5", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, m.name) }),
		object("1.6", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, m.location) }),
		object("1.7", scalar, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, 78) }),
	}
}

// interfaces is IF-MIB (RFC 2863): ifNumber, ifTable, ifXTable, ifTableLastChange.
func interfaces(ports []port) []column {
	rows := make([]oid.OID, len(ports))
	for i := range ports {
		rows[i] = oid.OID{ports[i].index}
	}
	number := func(name string, f func(p *port) int64) column {
		return object(name, rows, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setInt(vb, f(&m.ports[i])) })
	}
	text := func(name string, f func(p *port) string) column {
		return object(name, rows, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setText(vb, f(&m.ports[i])) })
	}
	gauge := func(name string, f func(p *port) uint64) column {
		return object(name, rows, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) {
			setUint(vb, snmpwire.Gauge32, f(&m.ports[i]))
		})
	}
	counter := func(name string, t snmpwire.Type, f func(m *machine, i int, at time.Time) uint64) column {
		return object(name, rows, func(m *machine, at time.Time, i int, vb *snmpwire.VarBind) { setUint(vb, t, f(m, i, at)) })
	}
	ticks := func(name string, rows []oid.OID) column {
		return object(name, rows, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setUint(vb, snmpwire.TimeTicks, 0) })
	}
	inPackets := func(m *machine, i int, at time.Time) uint64 { return m.inOctets(i, at) / octetsPerPacket }
	outPackets := func(m *machine, i int, at time.Time) uint64 { return m.outOctets(i, at) / octetsPerPacket }
	zero := func(*machine, int, time.Time) uint64 { return 0 }
	const c32, c64 = snmpwire.Counter32, snmpwire.Counter64
	return []column{
		object("2.1", scalar, func(m *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, int64(len(m.ports))) }),
		number("2.2.1.1", func(p *port) int64 { return int64(p.index) }),
		text("2.2.1.2", func(p *port) string { return p.descr }),
		number("2.2.1.3", func(p *port) int64 { return int64(p.kind) }),
		number("2.2.1.4", func(p *port) int64 { return p.mtu }),
		gauge("2.2.1.5", func(p *port) uint64 { return min(p.speed, 1<<32-1) }),
		object("2.2.1.6", rows, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setText(vb, string(m.mac(i))) }),
		number("2.2.1.7", (*port).adminStatus),
		number("2.2.1.8", (*port).operStatus),
		object("2.2.1.9", rows, func(m *machine, at time.Time, i int, vb *snmpwire.VarBind) {
			setUint(vb, snmpwire.TimeTicks, m.lastChange(i, at))
		}),
		counter("2.2.1.10", c32, (*machine).inOctets),
		counter("2.2.1.11", c32, inPackets),
		counter("2.2.1.13", c32, zero),
		counter("2.2.1.14", c32, (*machine).inErrors),
		counter("2.2.1.16", c32, (*machine).outOctets),
		counter("2.2.1.17", c32, outPackets),
		counter("2.2.1.19", c32, zero),
		counter("2.2.1.20", c32, zero),
		text("31.1.1.1.1", func(p *port) string { return p.name }),
		counter("31.1.1.1.6", c64, (*machine).inOctets),
		counter("31.1.1.1.7", c64, inPackets),
		counter("31.1.1.1.10", c64, (*machine).outOctets),
		counter("31.1.1.1.11", c64, outPackets),
		gauge("31.1.1.1.15", func(p *port) uint64 { return p.speed / 1e6 }),
		text("31.1.1.1.18", func(p *port) string { return p.alias }),
		ticks("31.1.1.1.19", rows),
		ticks("31.1.5", scalar),
	}
}

// stack is ifStackTable (RFC 2863): which port belongs to which aggregate.
func stack(ports []port) []column {
	var rows []oid.OID
	for i := range ports {
		if p := &ports[i]; p.above != 0 {
			rows = append(rows, oid.OID{p.above, p.index})
		}
	}
	slices.SortFunc(rows, oid.OID.Compare)
	return []column{object("31.1.2.1.3", rows, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, 1) })}
}

// hostResources is hrStorageTable and hrProcessorTable of HOST-RESOURCES-MIB (RFC 2790).
func hostResources(m *machine) []column {
	cpus := make([]oid.OID, len(m.cpus))
	for i := range cpus {
		cpus[i] = oid.OID{196608 + uint32(i)} // where net-snmp begins
	}
	stores := make([]oid.OID, len(m.stores))
	for i := range stores {
		stores[i] = oid.OID{m.stores[i].index}
	}
	number := func(name string, f func(m *machine, i int, at time.Time) int64) column {
		return object(name, stores, func(m *machine, at time.Time, i int, vb *snmpwire.VarBind) { setInt(vb, f(m, i, at)) })
	}
	return []column{
		number("25.2.3.1.1", func(m *machine, i int, _ time.Time) int64 { return int64(m.stores[i].index) }),
		object("25.2.3.1.2", stores, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setName(vb, m.stores[i].kind) }),
		object("25.2.3.1.3", stores, func(m *machine, _ time.Time, i int, vb *snmpwire.VarBind) { setText(vb, m.stores[i].descr) }),
		number("25.2.3.1.4", func(m *machine, i int, _ time.Time) int64 { return m.stores[i].unit }),
		number("25.2.3.1.5", func(m *machine, i int, _ time.Time) int64 { return m.stores[i].size }),
		number("25.2.3.1.6", (*machine).storageUsed),
		object("25.3.3.1.1", cpus, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setName(vb, oid.OID{0, 0}) }),
		object("25.3.3.1.2", cpus, func(m *machine, at time.Time, i int, vb *snmpwire.VarBind) { setInt(vb, m.cpuLoad(i, at)) }),
	}
}

// upsGroup is a part of UPS-MIB (RFC 1628).
func upsGroup() []column {
	fixed := func(name string, n int64) column {
		return object(name, scalar, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setInt(vb, n) })
	}
	line := []oid.OID{{1}}
	return []column{
		object("33.1.1.1", scalar, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, "DEMO") }),
		object("33.1.1.2", scalar, func(_ *machine, _ time.Time, _ int, vb *snmpwire.VarBind) { setText(vb, "Simulated UPS") }),
		fixed("33.1.2.1", 2),   // upsBatteryStatus batteryNormal
		fixed("33.1.2.2", 0),   // upsSecondsOnBattery
		fixed("33.1.2.3", 43),  // upsEstimatedMinutesRemaining
		fixed("33.1.2.4", 100), // upsEstimatedChargeRemaining
		fixed("33.1.2.5", 546), // upsBatteryVoltage, 0.1 V
		fixed("33.1.2.7", 24),  // upsBatteryTemperature
		fixed("33.1.4.1", 3),   // upsOutputSource normal
		object("33.1.4.4.1.5", line, func(m *machine, at time.Time, _ int, vb *snmpwire.VarBind) {
			setInt(vb, int64(m.ups.load.rate(at))) // upsOutputPercentLoad
		}),
	}
}
