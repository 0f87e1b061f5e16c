package live

import (
	"fmt"
	"strings"
	"testing"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// bigRig is 5,000 devices with 8,000 links, each told by both ends, all up: a core, 250 devices at it, and the others at two
// of those where they are, every third at one alone.
func bigRig(b *testing.B) (*rig, []telemetry.DeviceFacts) {
	const devices, links = 5000, 8000
	facts := make([]telemetry.DeviceFacts, devices)
	var code strings.Builder
	code.WriteString("sites:\n")
	for i := range 100 {
		fmt.Fprintf(&code, "  - {name: site%d, users: 100}\n", i)
	}
	code.WriteString("devices:\n")
	for i := range facts {
		name, role := fmt.Sprintf("d%04d", i), "access"
		if i == 0 {
			role = "core"
		}
		fmt.Fprintf(&code, "  - {name: %s, site: site%d, address: 10.0.%d.%d, role: %s}\n", name, i%100, i>>8, i&255, role)
		facts[i] = telemetry.DeviceFacts{Device: name, System: telemetry.System{SysName: name}, LocalChassis: telemetry.ChassisID{Subtype: "local", ID: name}}
		for _, p := range []string{"psu 1", "psu 2"} {
			facts[i].Components = append(facts[i].Components, telemetry.Component{Key: p, Name: p, Class: "powerSupply"})
		}
	}
	line := func(i int) string {
		f := &facts[i]
		n := len(f.Interfaces) + 1
		f.Interfaces = append(f.Interfaces, telemetry.Interface{IfIndex: uint32(n), Key: fmt.Sprint("te", n), IfName: fmt.Sprint("te", n), IfType: 6, SpeedBps: 10e9,
			IfAdminStatus: 1, IfOperStatus: 1, IfPhysAddress: []byte{2, 0, byte(n >> 8), byte(n), byte(i >> 8), byte(i)}})
		return fmt.Sprint("te", n)
	}
	for l := range links {
		i := 1 + l%(devices-1)
		k := i / 20
		if l >= devices-1 {
			k = i / 3
		}
		p, q := line(i), line(k)
		facts[i].Neighbors = append(facts[i].Neighbors, heardAt(p, uint32(len(facts[i].Interfaces)), facts[k].Device, q))
		facts[k].Neighbors = append(facts[k].Neighbors, heardAt(q, uint32(len(facts[k].Interfaces)), facts[i].Device, p))
	}
	r := newRigOf(b, code.String())
	for _, f := range facts {
		r.devices[f.Device] = topology.Up
	}
	return r, facts
}

// BenchmarkOneFactChanges is what a poll costs that shows something new: from the facts to the classes of all groups.
func BenchmarkOneFactChanges(b *testing.B) {
	r, facts := bigRig(b)
	r.tell(facts...)
	if v := r.s.View(); len(v.Network.Links) != 8000 || len(v.Groups) != 5000 {
		b.Fatalf("got %d links and %d groups", len(v.Network.Links), len(v.Groups))
	}
	at := 0
	for b.Loop() {
		at = (at + 1) % len(facts)
		f := facts[at]
		if f.Components = f.Components[:1+at%2]; at%3 == 0 {
			f.Neighbors = f.Neighbors[1:]
		}
		r.tell(f)
	}
}
