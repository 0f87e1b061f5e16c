package simulate

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/telemetry"
)

// Demo is a small network of two sites. Its past ends at Since, its live devices go on from there.
type Demo struct {
	since    time.Time
	port     uint16
	agents   map[string]string
	pulled   string
	machines []*machine
	devices  []DemoDevice
}

// DemoOptions say where and when a Demo is.
type DemoOptions struct {
	// Since is when the demo was created, to be kept in its data folder: the same instant gives the
	// same counters at every start.
	Since time.Time
	// Port is where the live devices answer; 0: 16161.
	Port uint16
	// Agents is who watches a site, by name of the site: the history speaks in the name of the agent
	// that goes on with it. Without one it is "demo".
	Agents map[string]string
	// Pulled is a file that names what is pulled out of the live network, one thing a line, as Fleet.Pull takes it;
	// empty: nothing is.
	Pulled string
}

// What `up --demo` and the live devices agree on.
const (
	DemoCommunity = "demo"
	demoPort      = 16161
)

// DemoSite is a site of the demo.
type DemoSite struct {
	Name, DisplayName, Region, TimeZone string
	Users                               int
}

// DemoDevice is a device of the demo.
type DemoDevice struct {
	Name        string
	DisplayName string // says that it is a demo
	Site        string
	Role        string
	Addr        netip.AddrPort
	ICMP        bool // false: it is watched by SNMP alone, so that it can go down (see the package)
	Parents     []string
	System      telemetry.System // without SysUpTime
	Interfaces  []telemetry.Interface
}

// NewDemo lays the network out. It opens nothing.
func NewDemo(o DemoOptions) *Demo {
	d := &Demo{since: o.Since.UTC().Truncate(time.Second), port: o.Port, agents: o.Agents, pulled: o.Pulled}
	if d.port == 0 {
		d.port = demoPort
	}
	for n, spec := range demoNetwork(d.since) {
		m := spec.machine
		m.number, m.exact, m.contact = n, true, "noc@example.net"
		m.boot = d.bootOf(n)
		m.table = columns(m)
		d.machines = append(d.machines, m)
		d.devices = append(d.devices, DemoDevice{
			Name: m.name, DisplayName: m.name + " (DEMO)", Site: spec.site, Role: spec.role, Parents: spec.parents,
			Addr: netip.AddrPortFrom(netip.MustParseAddr(spec.addr), d.port), ICMP: !spec.noICMP,
			System: telemetry.System{
				SysObjectID: m.objectID.String(), SysDescr: m.descr, SysName: m.name, SysLocation: m.location, SysContact: m.contact,
			},
			Interfaces: m.interfaces(),
		})
	}
	return d
}

// Sites lists the two sites.
func (d *Demo) Sites() []DemoSite {
	return []DemoSite{
		{"lisbon", "Lisbon (DEMO)", "Iberia", "Europe/Lisbon", 180},
		{"porto", "Porto (DEMO)", "Iberia", "Europe/Lisbon", 46},
	}
}

// Devices lists all devices, each site from its edge inwards.
func (d *Demo) Devices() []DemoDevice { return slices.Clone(d.devices) }

// agent is who watches the site.
func (d *Demo) agent(site string) string {
	if a := d.agents[site]; a != "" {
		return a
	}
	return "demo"
}

// bootOf: every device started some months before the history ends; lis-core-2 had a restart meanwhile.
func (d *Demo) bootOf(number int) func(time.Time) time.Time {
	first := d.since.Add(-time.Duration(97+7*number) * 24 * time.Hour)
	return func(at time.Time) time.Time {
		if restart := d.since.Add(-coreRestart); number == demoCore2 && !at.Before(restart) {
			return restart
		}
		return first
	}
}

// Fleet returns the live devices, not started.
func (d *Demo) Fleet(deps Deps) *Fleet {
	return newFleet(fleetConfig{
		port: d.port, community: DemoCommunity, devices: len(d.devices),
		number: func(a netip.Addr) (int, bool) {
			n := slices.IndexFunc(d.devices, func(x DemoDevice) bool { return x.Addr.Addr() == a })
			return n, n >= 0
		},
		addr:   func(n int) netip.Addr { return d.devices[n].Addr.Addr() },
		name:   func(n int) string { return d.devices[n].Name },
		view:   func(n int, at time.Time) snmpagent.View { return view{d.machines[n], at} },
		silent: func(n int, after time.Duration) bool { return d.machines[n].off || silence(d.devices[n].Name, after) },
		pull:   d.pull, pulls: d.pulled,
	}, deps)
}

// liveIncidents repeat for as long as the fleet runs: from is the first one, after the start.
var liveIncidents = []struct {
	device            string
	from, every, last time.Duration
}{
	{"opo-ups-1", 3 * time.Minute, 20 * time.Minute, 150 * time.Second}, // no ICMP: down
	{"lis-acc-1", 7 * time.Minute, 18 * time.Minute, 90 * time.Second},  // ICMP goes on: degraded
	{"opo-srv-1", 13 * time.Minute, 25 * time.Minute, 90 * time.Second},
}

// silence tells whether the device says nothing at this time after the start of the fleet.
func silence(device string, after time.Duration) bool {
	for _, x := range liveIncidents {
		if x.device == device && after >= x.from && (after-x.from)%x.every < x.last {
			return true
		}
	}
	return false
}

// interfaces is what a poller reads of the ports of m.
func (m *machine) interfaces() []telemetry.Interface {
	all := make([]telemetry.Interface, len(m.ports))
	for i := range m.ports {
		p := &m.ports[i]
		all[i] = telemetry.Interface{
			IfIndex: p.index, Key: p.name, IfName: p.name, IfDescr: p.descr, IfAlias: p.alias, IfType: p.kind, SpeedBps: p.speed,
			IfAdminStatus: uint32(p.adminStatus()), IfOperStatus: uint32(p.operStatus()), IfPhysAddress: m.mac(i), IfMtu: uint32(p.mtu),
		}
	}
	return all
}

// Inventory is the demo as inventory as code, to be applied once. SNMP is polled every 15 seconds:
// a visitor wants to see something move.
func (d *Demo) Inventory() []byte {
	b := []byte("# The simulated network of up --demo.\nsites:\n")
	for _, s := range d.Sites() {
		b = fmt.Appendf(b, "  - {name: %s, display_name: %q, region: %s, time_zone: %s, users: %d, tags: [demo]}\n", s.Name, s.DisplayName, s.Region, s.TimeZone, s.Users)
	}
	b = fmt.Appendf(b, "credentials:\n  - {name: demo, snmp: {version: 2c, community: %s}}\ndevices:\n", DemoCommunity)
	for _, x := range d.devices {
		b = fmt.Appendf(b, "  - name: %s\n    display_name: %q\n    site: %s\n    address: %s\n    port: %d\n    credential: demo\n    role: %s\n    snmp: {interval: %s}\n",
			x.Name, x.DisplayName, x.Site, x.Addr.Addr(), x.Addr.Port(), x.Role, demoSNMPInterval)
		if !x.ICMP {
			b = append(b, "    icmp: {interval: 0s} # by SNMP alone\n"...)
		}
		if len(x.Parents) > 0 {
			b = append(b, "    parents: ["...)
			for i, p := range x.Parents {
				if i > 0 {
					b = append(b, ", "...)
				}
				b = append(b, p...)
			}
			b = append(b, "]\n"...)
		}
		b = append(b, "    tags: [demo]\n"...)
	}
	return append(b, demoRedundancy...)
}

// demoRedundancy is what no device tells: circuits, services, what stands in for what, and what fails together.
const demoRedundancy = `circuits:
  - {name: lis-a, display_name: "LIS-A (DEMO)", provider: Nordlink, device: lis-edge-1, interface: wan1, bandwidth: 1G, contract: {availability: 99.9}}
  - {name: lis-b, display_name: "LIS-B (DEMO)", provider: Meridian, device: lis-edge-1, interface: wan2, bandwidth: 500M, contract: {availability: 99.9}}
  - {name: opo-a, display_name: "OPO-A (DEMO)", provider: Nordlink, device: opo-edge-1, interface: wan1, bandwidth: 200M, contract: {availability: 99.5}}
  - {name: opo-b, display_name: "OPO-B (DEMO)", provider: Meridian, device: opo-edge-1, interface: wan2, bandwidth: 100M, contract: {availability: 99.5}}
services:
  - {name: orders, display_name: "Orders (DEMO)", site: lisbon, needs: {all_of: [lis-srv-1]}, objective: {availability: 99.9}}
  - {name: scanning, display_name: "Scanning (DEMO)", site: porto, needs: {all_of: [opo-srv-1]}, objective: {availability: 99.5}}
redundancy_groups:
  - {name: lisbon-wan, members: ["circuit:lis-a", "circuit:lis-b"], mode: ecmp}
  - {name: porto-wan, members: ["circuit:opo-a", "circuit:opo-b"], mode: active_backup}
  - {name: lis-acc-1-uplinks, members: [lis-acc-1/te1/1, lis-acc-1/te1/2], mode: ecmp}
  - {name: lis-edge-1-downlinks, members: [lis-edge-1/te0/1, lis-edge-1/te0/2], mode: ecmp}
risk_groups:
  - {name: duct-rua-do-ouro, kind: duct, members: ["circuit:lis-a", "circuit:lis-b"]}
`

// How often the demo devices are looked at, in the history as live.
const (
	demoSNMPInterval = 15 * time.Second
	demoICMPInterval = time.Second
)
