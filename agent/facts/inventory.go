package facts

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

var (
	entPhysicalTable     = table{"entPhysicalTable", "1.3.6.1.2.1.47.1.1.1.1", "components", nil}
	entAliasMappingTable = table{"entAliasMappingTable", "1.3.6.1.2.1.47.1.3.2.1", "components", []uint32{2}}
	jnxContainersTable   = table{"jnxContainersTable", "1.3.6.1.4.1.2636.3.1.6.1", "components", []uint32{4, 6}}
	jnxContentsTable     = table{"jnxContentsTable", "1.3.6.1.4.1.2636.3.1.8.1", "components", []uint32{5, 6, 7, 8, 10, 14}}
	tmnxHwTable          = table{"tmnxHwTable", "1.3.6.1.4.1.6527.3.1.2.2.1.8.1", "components", nil}

	entLastChangeTime = oid.MustParse("1.3.6.1.2.1.47.1.4.1.0")

	ifIndexColumn  = oid.MustParse("1.3.6.1.2.1.2.2.1.1")
	jnxBoxSerialNo = oid.MustParse("1.3.6.1.4.1.2636.3.1.3.0")

	entClasses = []string{"other", "unknown", "chassis", "backplane", "container", "powerSupply", "fan", "sensor", "module", "port",
		"stack", "cpu", "energyObject", "battery", "storageDrive"}
	tmnxClasses = []string{"other", "unknown", "chassis", "container", "powerSupply", "fan", "sensor", "module", "module", "module",
		"module", "module", "port", "", "module", "", "", "", "module", "powerSupply", "powerSupply", "module", "module", "module"}
)

// inventory reads the parts of the device: from ENTITY-MIB, else from the vendor's own.
func (r *reader) inventory() {
	r.entities()
	if len(r.f.Components) == 0 && r.isFrom(juniper) {
		r.junos()
	}
	if len(r.f.Components) == 0 && r.isFrom(nokia) {
		r.timos()
	}
	r.f.Components = sorted(r, "components", r.f.Components, func(a, b telemetry.Component) int { return cmp.Compare(a.Index, b.Index) })
	r.cutLoops()
	r.ofPorts()
	telemetry.SetComponentKeys(r.f.Components)
}

func (r *reader) entities() {
	rows := r.rows(entPhysicalTable)
	if len(rows) == 0 {
		return
	}
	r.watchScalar(Components, entLastChangeTime)
	interfaces := map[uint32]uint32{}
	for _, row := range r.rows(entAliasMappingTable) { // index: part, logical entity
		if i := ifIndexOf(row, 2); len(row.index) == 2 && interfaces[row.index[0]] == 0 {
			interfaces[row.index[0]] = i
		}
	}
	for _, row := range rows {
		if len(row.index) != 1 {
			continue
		}
		c := telemetry.Component{
			Index: row.index[0], Descr: row.text(2), ParentIndex: row.number32(4), Class: row.word(5, entClasses), Position: -1,
			Name: row.text(7), HardwareRev: row.text(8), FirmwareRev: row.text(9), SoftwareRev: row.text(10), Serial: row.text(11),
			Manufacturer: row.text(12), Model: row.text(13), Alias: row.text(14), AssetID: row.text(15), FRU: row.number(16) == 1,
			MfgDate: date(row.bytes(17)), IfIndex: interfaces[row.index[0]],
		}
		if vb, _ := row.cell(3, snmpwire.ObjectIdentifier, snmpwire.OctetString); len(vb.Object) > 2 { // zeroDotZero: not known
			c.VendorType = vb.Object.String()
		}
		if n, ok := row.known(6); ok && n < 1<<31 {
			c.Position = int32(n)
		}
		r.f.Components = append(r.f.Components, c)
	}
}

// ifIndexOf is the interface that a RowPointer names; some agents write it as text.
func ifIndexOf(row row, column uint32) uint32 {
	vb, _ := row.cell(column, snmpwire.ObjectIdentifier, snmpwire.OctetString)
	if o := vb.Object; len(o) == len(ifIndexColumn)+1 && o.HasPrefix(ifIndexColumn) {
		return o[len(o)-1]
	}
	text, ok := strings.CutPrefix(string(vb.Bytes), "ifIndex.")
	n, err := strconv.ParseUint(text, 10, 32)
	if !ok || err != nil {
		return 0
	}
	return uint32(n)
}

// ofPorts gives what is in a port the interface of the port.
func (r *reader) ofPorts() {
	at := make(map[uint32]*telemetry.Component, len(r.f.Components))
	for i := range r.f.Components {
		at[r.f.Components[i].Index] = &r.f.Components[i]
	}
	for i := range r.f.Components {
		c := &r.f.Components[i]
		for p := at[c.ParentIndex]; c.IfIndex == 0 && p != nil; p = at[p.ParentIndex] { // no loops any more
			if p.Class == "port" {
				c.IfIndex = p.IfIndex
			}
			if p.Class != "sensor" && p.Class != "module" {
				break
			}
		}
		c.IfKey = r.ports.key(c.IfIndex)
	}
}

// date is the day of a DateAndTime (RFC 2579); empty for what is none, and for the clocks that were not set.
func date(b []byte) string {
	if len(b) != 8 && len(b) != 11 {
		return ""
	}
	year := binary.BigEndian.Uint16(b)
	if year < 1980 || year > 9999 || b[2] < 1 || b[2] > 12 || b[3] < 1 || b[3] > 31 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, b[2], b[3])
}

// junos reads JUNIPER-MIB: kinds of places, and what is in them.
func (r *reader) junos() {
	containers := r.rows(jnxContainersTable)
	if len(containers) == 0 {
		return
	}
	serial := r.get(r.s, "components", "jnxBoxSerialNo", jnxBoxSerialNo)[0]
	kinds := map[uint32]string{}
	for _, row := range containers {
		if len(row.index) != 1 {
			continue
		}
		c := telemetry.Component{Index: row.index[0], Class: "container", Descr: row.text(6), ParentIndex: row.number32(4), Position: -1, Source: "JUNIPER-MIB"}
		kinds[c.Index] = c.Descr
		if c.ParentIndex == 0 {
			c.Class, c.Serial = "chassis", lldpID("", serial.Bytes)
		}
		r.f.Components = append(r.f.Components, c)
	}
	for _, row := range r.rows(jnxContentsTable) { // index: container, and a place at each of three levels
		x := row.parts()
		container, l1, l2, l3 := x.next(), x.next(), x.next(), x.next()
		kind, ok := kinds[container]
		if !x.full() || !ok || row.text(6) == "" || l1 > 4000 || l2 > 99 || l3 > 99 || container > 99 {
			continue
		}
		r.f.Components = append(r.f.Components, telemetry.Component{
			Index: l1*1_000_000 + l2*10_000 + l3*100 + container, Class: junosClass(kind), Descr: row.text(6), ParentIndex: container, Position: -1,
			Serial: builtIn(row.text(7)), HardwareRev: row.text(8), Model: cmp.Or(row.text(14), row.text(10)), VendorType: row.object(5).String(), Source: "JUNIPER-MIB",
		})
	}
}

// builtIn: Junos calls the serial number of a part that is soldered in BUILTIN.
func builtIn(serial string) string {
	if strings.EqualFold(serial, "BUILTIN") {
		return ""
	}
	return serial
}

func junosClass(container string) string {
	switch s := strings.ToLower(container); {
	case strings.Contains(s, "power") || strings.Contains(s, "pem"):
		return "powerSupply"
	case strings.Contains(s, "fan"):
		return "fan"
	case strings.Contains(s, "chassis"):
		return "chassis"
	}
	return "module"
}

// timos reads TIMETRA-CHASSIS-MIB, which has the shape of ENTITY-MIB, one tree a chassis.
func (r *reader) timos() {
	for _, row := range r.rows(tmnxHwTable) {
		if len(row.index) != 2 || row.index[0] == 0 || row.index[0] > 8 {
			continue
		}
		place := func(n uint32) uint32 { // of the first chassis as they are
			if n == 0 {
				return 0
			}
			return n ^ (row.index[0]-1)<<28
		}
		c := telemetry.Component{
			Index: place(row.index[1]), ParentIndex: place(row.number32(13)), Class: row.word(7, tmnxClasses), Name: row.text(8), Position: -1,
			Manufacturer: row.text(3), Model: row.text(4), Serial: row.text(5), Alias: row.text(9), AssetID: row.text(10), FRU: row.number(12) == 1,
			FirmwareRev: row.text(20), SoftwareRev: row.text(21), Source: "TIMETRA-CHASSIS-MIB",
		}
		if n, ok := row.known(14); ok && n < 1<<31 {
			c.Position = int32(n)
		}
		r.f.Components = append(r.f.Components, c)
	}
}

// cutLoops puts a part at the top that is contained in itself, or in what it contains.
func (r *reader) cutLoops() {
	list := r.f.Components
	list = slices.CompactFunc(list, func(a, b telemetry.Component) bool { return a.Index == b.Index })
	r.f.Components = list
	at := make(map[uint32]int, len(list))
	for i := range list {
		at[list[i].Index] = i
	}
	const fresh, walking, done = 0, 1, 2
	state := make([]byte, len(list))
	cut, first := 0, uint32(0)
	for start := range list {
		var path []int
		for i, ok := start, true; ok && state[i] != done; i, ok = at[list[i].ParentIndex] {
			if state[i] == walking { // the part closest to the start closes the loop
				last := path[len(path)-1]
				list[last].ParentIndex = 0
				if cut++; cut == 1 {
					first = list[last].Index
				}
				break
			}
			state[i] = walking
			path = append(path, i)
		}
		for _, i := range path {
			state[i] = done
		}
	}
	if cut > 0 {
		r.problem("entPhysicalTable.entPhysicalContainedIn", fmt.Errorf("%d parts are contained in themselves, the first is %d: they are put at the top", cut, first))
	}
}
