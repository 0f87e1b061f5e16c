package snmp

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// maxInterfaces is how many interfaces the facts of a device may have (internal/record).
const maxInterfaces = 20_000

// Reading is all that was read of a device at once. What is not known is absent.
type Reading struct {
	System            telemetry.System
	IfNumber          *uint64
	IfTableLastChange *uint64
	UpTime            bool // System.SysUpTime is known
	Interfaces        []InterfaceReading
	InterfacesWhole   bool // every column that tells what the interfaces are came to its end
	Errors            []PartError
	Invalid           int // values whose type or encoding was wrong
}

// InterfaceReading is a row of ifTable and ifXTable. Key is not set.
type InterfaceReading struct {
	telemetry.Interface
	Wide   [counters]*uint64 // 64-bit counters
	Narrow [counters]*uint64 // 32-bit counters

	statuses      [2]bool // ifAdminStatus, ifOperStatus are there
	lastChange    bool    // ifLastChange is there
	discontinuity bool    // ifCounterDiscontinuityTime is there
}

// Counter returns the value of n and its width in bits: 64 where there is such an object, unless it
// stands at 0 while the 32-bit one moved, which some agents do.
func (r *InterfaceReading) Counter(n Counter) (value uint64, bits int, ok bool) {
	wide, narrow := r.Wide[n], r.Narrow[n]
	switch {
	case wide != nil && (*wide != 0 || narrow == nil || *narrow == 0):
		return *wide, 64, true
	case narrow != nil:
		return *narrow, 32, true
	}
	return 0, 0, false
}

// Read reads the system group and the interfaces with their counters. It returns an
// error when nothing at all could be read; trouble with a part is in Reading.Errors.
func Read(ctx context.Context, s Session, limits Limits) (*Reading, error) {
	r := &Reading{}
	t := &tables{ctx: ctx, s: s, limits: limits}
	if err := r.readSystem(t); err != nil {
		return nil, err
	}
	r.readInterfaces(t)
	r.Errors, r.Invalid = t.errs, t.invalid
	return r, nil
}

func (r *Reading) readSystem(t *tables) error {
	objects := []object{sysDescr, sysObjectID, sysUpTime, sysContact, sysName, sysLocation, ifNumber, ifTableLastChange}
	names := make([]oid.OID, len(objects))
	for i, o := range objects {
		names[i] = o.at
	}
	got, err := t.s.Get(t.ctx, names...)
	if err != nil {
		return err
	}
	g := &group{t: t, objects: objects, got: got}
	r.System = telemetry.System{SysDescr: g.text(0), SysContact: g.text(3), SysName: g.text(4), SysLocation: g.text(5)}
	if vb, ok := g.value(1); ok {
		r.System.SysObjectID = vb.Object.String()
	}
	if vb, ok := g.value(2); ok {
		r.System.SysUpTime, r.UpTime = vb.Uint, true
	}
	if vb, ok := g.value(6); ok {
		r.IfNumber = known(vb)
	}
	if vb, ok := g.value(7); ok {
		r.IfTableLastChange = known(vb)
	}
	return nil
}

// group is some scalars and what the device answered.
type group struct {
	t       *tables
	objects []object
	got     []snmpwire.VarBind
}

//go:noinline
func (g *group) value(i int) (snmpwire.VarBind, bool) {
	vb, o := g.got[i], g.objects[i]
	err := o.checked(vb)
	if err != nil && err != errAbsent && (vb.Err != nil || vb.Type != snmpwire.Null) {
		g.t.problem("system."+o.name, err)
		g.t.invalid++
	}
	return vb, err == nil
}

//go:noinline
func (g *group) text(i int) string {
	if vb, ok := g.value(i); ok {
		return Text(vb.Bytes)
	}
	return ""
}

//go:noinline
func known(vb snmpwire.VarBind) *uint64 {
	if n, ok := number64(vb); ok {
		return &n
	}
	return nil
}

func (r *Reading) readInterfaces(t *tables) {
	c := cells{}
	r.InterfacesWhole = t.read("ifTable", c, ifDescr, ifType, ifMtu, ifSpeed, ifPhysAddress, ifAdminStatus, ifOperStatus, ifLastChange)
	r.InterfacesWhole = t.read("ifXTable", c, ifName, ifHighSpeed, ifAlias) && r.InterfacesWhole
	for _, n := range ifCounters {
		for _, o := range []object{n.narrow, n.wide} {
			if o.at == nil {
				continue
			}
			table := "ifTable"
			if o.at.HasPrefix(ifName.at[:len(ifName.at)-1]) {
				table = "ifXTable"
			}
			t.read(table, c, o)
		}
	}
	t.read("ifXTable", c, ifCounterDiscontinuityTime)
	indexes := map[uint32]bool{}
	for _, rows := range c {
		for i := range rows {
			indexes[i] = true
		}
	}
	sorted := slices.Sorted(maps.Keys(indexes))
	if len(sorted) > maxInterfaces {
		t.problem("ifTable", fmt.Errorf("%w: %d interfaces, the first %d are taken", ErrCut, len(sorted), maxInterfaces))
		sorted = sorted[:maxInterfaces]
	}
	for _, i := range sorted {
		r.Interfaces = append(r.Interfaces, interfaceOf(c, i))
	}
}

func interfaceOf(c cells, i uint32) InterfaceReading {
	mac, _ := c.at(ifPhysAddress, i)
	out := InterfaceReading{Interface: telemetry.Interface{
		IfIndex: i, IfName: c.text(ifName, i), IfDescr: c.text(ifDescr, i), IfAlias: c.text(ifAlias, i),
		IfType: c.number(ifType, i), IfMtu: c.number(ifMtu, i), SpeedBps: speed(c, i),
		IfAdminStatus: c.number(ifAdminStatus, i), IfOperStatus: c.number(ifOperStatus, i),
		IfPhysAddress: macAddress(mac.Bytes), IfLastChange: uint64(c.number(ifLastChange, i)),
	}}
	if vb, ok := c.at(ifLastChange, i); ok {
		out.IfLastChange, out.lastChange = vb.Uint, true
	}
	_, out.statuses[0] = c.at(ifAdminStatus, i)
	_, out.statuses[1] = c.at(ifOperStatus, i)
	_, out.discontinuity = c.at(ifCounterDiscontinuityTime, i)
	for n, o := range ifCounters {
		if vb, ok := c.at(o.wide, i); ok {
			out.Wide[n] = &vb.Uint
		}
		if vb, ok := c.at(o.narrow, i); ok {
			out.Narrow[n] = &vb.Uint
		}
	}
	return out
}

// speed is bit/s. ifSpeed is exact, but ends at 2^32-1, where ifHighSpeed in Mbit/s takes over (RFC 2863).
func speed(c cells, i uint32) uint64 {
	low, high := uint64(c.number(ifSpeed, i)), uint64(c.number(ifHighSpeed, i))*1_000_000
	if high > 0 && (low == 0 || low == 1<<32-1 || high >= 1<<32) {
		return high
	}
	if low == 1<<32-1 { // "at least": not known
		return 0
	}
	return low
}
