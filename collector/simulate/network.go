package simulate

import (
	"fmt"
	"time"
)

// demoSpec is a machine with its place in the network.
type demoSpec struct {
	*machine
	site, role, addr string
	noICMP           bool
	parents          []string
}

// demoCore2 is the number of lis-core-2 within demoNetwork.
const demoCore2 = 2

// demoNetwork is Lisbon with a redundant core, and Porto, all of which stands behind opo-dist-1: the single
// point of failure. The first WAN circuit of opo-edge-1 fills up.
func demoNetwork(since time.Time) []demoSpec {
	lisbon, porto := "Lisbon (DEMO)", "Porto (DEMO)"
	specs := []demoSpec{
		{machine: router("lis-edge-1", lisbon), site: "lisbon", role: "edge", addr: "127.9.1.1"},
		{machine: core("lis-core-1", lisbon), site: "lisbon", role: "core", addr: "127.9.1.11", parents: []string{"lis-edge-1"}},
		{machine: core("lis-core-2", lisbon), site: "lisbon", role: "core", addr: "127.9.1.12", parents: []string{"lis-edge-1"}},
		{machine: access("lis-acc-1", lisbon), site: "lisbon", role: "access", addr: "127.9.1.21", parents: []string{"lis-core-1", "lis-core-2"}},
		{machine: server("lis-srv-1", lisbon), site: "lisbon", role: "server", addr: "127.9.1.31", parents: []string{"lis-core-1", "lis-core-2"}},
		{machine: router("opo-edge-1", porto), site: "porto", role: "edge", addr: "127.9.2.1"},
		{machine: access("opo-dist-1", porto), site: "porto", role: "core", addr: "127.9.2.11", parents: []string{"opo-edge-1"}},
		{machine: server("opo-srv-1", porto), site: "porto", role: "server", addr: "127.9.2.31", parents: []string{"opo-dist-1"}},
		{machine: power("opo-ups-1", porto), site: "porto", role: "power", addr: "127.9.2.41", noICMP: true, parents: []string{"opo-dist-1"}},
	}
	w := wiring{}
	for _, s := range specs {
		w[s.name] = s.machine
	}
	w.uplink("lis-edge-1", "wan1", "DEMO circuit LIS-A, 1 Gb/s", 1e9, 0.46, 0.18, wave{})
	w.uplink("lis-edge-1", "wan2", "DEMO circuit LIS-B, 500 Mb/s", 5e8, 0.21, 0.09, wave{})
	filling := wave{growth: 0.35 / (90 * 86400), since: since} // a third more within 90 days
	w.uplink("opo-edge-1", "wan1", "DEMO circuit OPO-A, 200 Mb/s", 2e8, 0.52, 0.19, filling)
	w.uplink("opo-edge-1", "wan2", "DEMO circuit OPO-B, 100 Mb/s, standby", 1e8, 0.01, 0.01, wave{})
	for _, l := range []struct {
		a, aPort, b, bPort string
		down, up           float64 // bit/s from a to b, and back
	}{
		{"lis-edge-1", "te0/1", "lis-core-1", "te1/1", 310e6, 130e6},
		{"lis-edge-1", "te0/2", "lis-core-2", "te1/1", 260e6, 95e6},
		{"lis-core-1", "te1/2", "lis-core-2", "te1/2", 1.1e9, 0.9e9},
		{"lis-core-1", "te1/3", "lis-core-2", "te1/3", 1.2e9, 1.0e9},
		{"lis-core-1", "te1/4", "lis-acc-1", "te1/1", 420e6, 160e6},
		{"lis-core-2", "te1/4", "lis-acc-1", "te1/2", 390e6, 150e6},
		{"lis-core-1", "te1/5", "lis-srv-1", "eth0", 700e6, 1.4e9},
		{"lis-core-2", "te1/5", "lis-srv-1", "eth1", 650e6, 1.3e9},
		{"opo-edge-1", "te0/1", "opo-dist-1", "te1/1", 105e6, 40e6},
		{"opo-dist-1", "te1/2", "opo-srv-1", "eth0", 80e6, 210e6},
		{"opo-dist-1", "ge1/0/12", "opo-ups-1", "eth0", 900, 2100},
	} {
		w.link(l.a, l.aPort, l.b, l.bPort, l.down, l.up)
	}
	w.pair()
	w.aggregate("lis-core-1", "po1", "te1/2", "te1/3")
	w.aggregate("lis-core-2", "po1", "te1/2", "te1/3")
	w.aggregate("lis-srv-1", "bond0", "eth0", "eth1")
	return specs
}

// wiring is the machines by name while their ports are being connected.
type wiring map[string]*machine

func (w wiring) port(device, name string) *port {
	m := w[device]
	for i := range m.ports {
		if m.ports[i].name == name {
			return &m.ports[i]
		}
	}
	panic("demo network: no port " + device + "/" + name)
}

// uplink loads a port to the outside with shares of its speed.
func (w wiring) uplink(device, name, alias string, speed uint64, in, out float64, like wave) {
	p := w.port(device, name)
	p.alias, p.speed = alias, speed
	p.in, p.out = like, like
	p.in.mean, p.out.mean = float64(speed)/8*in, float64(speed)/8*out
	p.errors = wave{mean: 0.0004}
}

// link connects two ports: what one sends, the other receives. Means are bit/s.
func (w wiring) link(a, aName, b, bName string, down, up float64) {
	pa, pb := w.port(a, aName), w.port(b, bName)
	pa.alias, pb.alias = "to "+b+" "+bName, "to "+a+" "+aName
	pa.out = wave{mean: down / 8, shift: float64(len(aName)*60 + len(b)*15)}
	pa.in = wave{mean: up / 8, shift: pa.out.shift + 300}
	pb.in, pb.out = pa.out, pa.in
	pa.down, pb.down = false, false
	ma, mb := w[a], w[b]
	ia, ib := int(pa.index)-1, int(pb.index)-1 // ports are numbered in their order
	ma.cables, mb.cables = append(ma.cables, cable{ia, mb, ib}), append(mb.cables, cable{ib, ma, ia})
}

// pair gives the two cores power supplies, fans and a VRRP group between them. One supply of the second has
// been pulled: the redundancy that the demo has lost.
func (w wiring) pair() {
	for i, name := range []string{"lis-core-1", "lis-core-2"} {
		w[name].parts = []part{{class: classPower, name: "Power supply 1"}, {class: classPower, name: "Power supply 2", gone: i == 1}, {class: classFan, name: "Fan 1"}, {class: classFan, name: "Fan 2"}, {class: classFan, name: "Fan 3"}}
		w[name].standby = &standby{port: w.port(name, "te1/6").index, group: 10, address: [4]byte{10, 20, 0, 1}, own: [4]byte{10, 20, 0, byte(2 + i)}, master: i == 0, priority: int64(120 - 20*i)}
		w.port(name, "te1/6").down = false
	}
	w["lis-core-1"].standby.far, w["lis-core-2"].standby.far = w["lis-core-2"], w["lis-core-1"]
	w["opo-dist-1"].parts = []part{{class: classPower, name: "Power supply 1"}, {class: classPower, name: "Power supply 2"}}
}

// aggregate puts members under a port that carries what they carry together.
func (w wiring) aggregate(device, name string, members ...string) {
	lag := w.port(device, name)
	lag.kind, lag.down = ieee8023adLag, false
	lag.speed = 0
	for _, member := range members {
		p := w.port(device, member)
		p.above = lag.index
		lag.speed += p.speed
		lag.in = wave{mean: lag.in.mean + p.in.mean, shift: p.in.shift}
		lag.out = wave{mean: lag.out.mean + p.out.mean, shift: p.out.shift}
	}
}

func box(name, location, what string, product uint32) *machine {
	return &machine{
		name: name, location: location, objectID: exampleProduct.Append(product),
		descr: "DEMO " + what + ", simulated by ninewatch",
	}
}

// add gives m ports called prefix1, prefix2, ... that are down until they are connected.
func (m *machine) add(prefix string, count int, speed uint64) {
	for i := range count {
		name := fmt.Sprintf("%s%d", prefix, i+1)
		m.ports = append(m.ports, port{
			index: uint32(len(m.ports) + 1), name: name, descr: name, kind: ethernetCsmacd, speed: speed, mtu: 1500, down: true,
		})
	}
}

func router(name, location string) *machine {
	m := box(name, location, "edge router", 1)
	m.add("wan", 2, 1e9)
	m.ports[0].down, m.ports[1].down = false, false
	m.add("te0/", 2, 10e9)
	m.cpus = []wave{{mean: 31}, {mean: 27, shift: 900}}
	m.stores = []store{{index: 1, kind: storageRAM, descr: "Physical memory", unit: 1024, size: 4 << 20, used: 0.57, daily: 0.03}}
	return m
}

func core(name, location string) *machine {
	m := box(name, location, "core switch", 2)
	m.add("te1/", 8, 10e9)
	m.add("po", 1, 10e9)
	m.cpus = []wave{{mean: 18}}
	m.stores = []store{{index: 1, kind: storageRAM, descr: "Physical memory", unit: 1024, size: 8 << 20, used: 0.44, daily: 0.02}}
	return m
}

func access(name, location string) *machine {
	m := box(name, location, "switch", 3)
	m.add("te1/", 2, 10e9)
	first := len(m.ports)
	m.add("ge1/0/", 12, 1e9)
	for i := range 9 { // the last three are free
		p := &m.ports[first+i]
		p.down, p.alias = false, fmt.Sprintf("desk %d", i+1)
		p.out = wave{mean: 2.5e6 * (1 + float64(i%4)), shift: 420 * float64(i)}
		p.in = wave{mean: 0.6e6 * (1 + float64(i%3)), shift: 420 * float64(i)}
	}
	m.cpus = []wave{{mean: 14}}
	m.stores = []store{{index: 1, kind: storageRAM, descr: "Physical memory", unit: 1024, size: 2 << 20, used: 0.51, daily: 0.01}}
	return m
}

func server(name, location string) *machine {
	m := box(name, location, "server", 4)
	m.ports = []port{{index: 1, name: "lo", descr: "lo", kind: softwareLoopback, mtu: 65536, in: wave{mean: 4e4}, out: wave{mean: 4e4}}}
	m.add("eth", 2, 10e9)
	m.ports[1].name, m.ports[1].descr = "eth0", "eth0"
	m.ports[2].name, m.ports[2].descr = "eth1", "eth1"
	m.add("bond", 1, 10e9)
	m.ports[3].name, m.ports[3].descr = "bond0", "bond0"
	m.cpus = []wave{{mean: 38}, {mean: 34, shift: 300}, {mean: 29, shift: 700}, {mean: 33, shift: 1300}}
	m.stores = []store{
		{index: 1, kind: storageRAM, descr: "Physical memory", unit: 1024, size: 64 << 20, used: 0.63, daily: 0.06},
		{index: 31, kind: storageDisk, descr: "/", unit: 4096, size: 25 << 20, used: 0.48, daily: 0.01},
		{index: 32, kind: storageDisk, descr: "/srv", unit: 4096, size: 500 << 20, used: 0.82, daily: 0.01},
	}
	return m
}

func power(name, location string) *machine {
	m := box(name, location, "UPS", 5)
	m.add("eth", 1, 1e8)
	m.ports[0].name, m.ports[0].descr = "eth0", "eth0"
	m.ups = &ups{load: wave{mean: 36}}
	return m
}
