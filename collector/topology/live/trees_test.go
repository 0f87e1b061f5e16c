package live

import (
	"net"
	"strconv"
	"testing"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

var (
	rootBridge = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	sideBridge = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	accBridge  = net.HardwareAddr{2, 0, 0, 0, 0, 3}
)

// stpPort is a port of a tree: its number is its key.
func stpPort(n uint32, state string, designated net.HardwareAddr) telemetry.STPPort {
	return telemetry.STPPort{Port: n, Key: strconv.Itoa(int(n)), State: state, DesignatedBridge: designated}
}

// bridge is what a bridge tells: its ports that are not disabled are up.
func bridge(device string, own, root net.HardwareAddr, rootPort uint32, ports ...telemetry.STPPort) telemetry.DeviceFacts {
	f := telemetry.DeviceFacts{Device: device, STP: []telemetry.STPInstance{{BridgeAddress: own, Root: root, RootPort: rootPort, Ports: ports}}}
	for _, p := range ports {
		i := telemetry.Interface{IfIndex: p.Port, Key: p.Key, IfName: p.Key, IfOperStatus: operUp}
		if p.State == "disabled" {
			i.IfOperStatus = operDown
		}
		f.Interfaces = append(f.Interfaces, i)
	}
	return f
}

// TestAnAlternatePortVanishes: acc-1 reaches the root by port 1, and by port 2 over core-2, which is blocked.
func TestAnAlternatePortVanishes(t *testing.T) {
	const group = "acc-1/stp 0"
	whole := bridge("acc-1", accBridge, rootBridge, 1, stpPort(1, "forwarding", rootBridge), stpPort(2, "blocking", sideBridge), stpPort(3, "forwarding", accBridge), stpPort(4, "blocking", accBridge))

	r := newRig(t)
	r.tell(whole)
	r.class(group, topology.Full) // port 3 leads away from the root, port 4 is a loop of its own
	r.tell(bridge("acc-1", accBridge, rootBridge, 1, stpPort(1, "forwarding", rootBridge), stpPort(2, "disabled", sideBridge)))
	r.class(group, topology.AtRisk)
	r.tell(whole)
	r.class(group, topology.Full)
	r.tell(bridge("acc-1", accBridge, rootBridge, 2, stpPort(1, "disabled", rootBridge), stpPort(2, "forwarding", sideBridge)))
	r.class(group, topology.AtRisk) // it goes on over core-2, which has no other
	r.tell(bridge("acc-1", accBridge, rootBridge, 2, stpPort(1, "blocking", rootBridge), stpPort(2, "forwarding", sideBridge)))
	r.class(group, topology.Full) // they only changed places
	r.tell(bridge("acc-1", accBridge, rootBridge, 1, stpPort(1, "forwarding", rootBridge), stpPort(2, "forwarding", accBridge)))
	r.class(group, topology.AtRisk) // core-2 reaches the root over acc-1 now
	r.tell(bridge("acc-1", accBridge, sideBridge, 2, stpPort(1, "forwarding", accBridge), stpPort(2, "forwarding", sideBridge)))
	r.none(group) // another root: these are other ways
}

// TestTheOtherEndBlocks: a change of priorities moves the blocked port to the other end of its link.
func TestTheOtherEndBlocks(t *testing.T) {
	const group = "acc-1/stp 0"
	r := newRig(t)
	heard := func(local, far string) []telemetry.Neighbor {
		return []telemetry.Neighbor{{Protocol: "lldp", LocalKey: local, LocalPort: local, RemoteName: far, RemotePortSubtype: "interfaceName", RemotePortID: "2"}}
	}
	acc := func(rootPort uint32, ports ...telemetry.STPPort) telemetry.DeviceFacts {
		f := bridge("acc-1", accBridge, rootBridge, rootPort, ports...)
		f.Neighbors = heard("2", "core-2")
		return f
	}
	core := func(ports ...telemetry.STPPort) telemetry.DeviceFacts {
		f := bridge("core-2", sideBridge, rootBridge, 1, ports...)
		f.Neighbors = heard("2", "acc-1")
		return f
	}
	r.tell(acc(1, stpPort(1, "forwarding", rootBridge), stpPort(2, "blocking", sideBridge)), core(stpPort(1, "forwarding", rootBridge), stpPort(2, "forwarding", sideBridge)))
	r.class(group, topology.Full)
	r.tell(acc(1, stpPort(1, "forwarding", rootBridge), stpPort(2, "forwarding", accBridge)), core(stpPort(1, "forwarding", rootBridge), stpPort(2, "blocking", accBridge)))
	r.class(group, topology.Full)
	r.tell(core(stpPort(1, "disabled", rootBridge), stpPort(2, "forwarding", accBridge)))
	r.class(group, topology.AtRisk)
}

// none wants that there is no such group.
func (r *rig) none(group string) {
	r.t.Helper()
	for _, g := range r.s.View().Groups {
		if g.Name == group {
			r.t.Errorf("there is a group %s: %s", group, g.Words)
		}
	}
}

// TestADeviceIsReplaced: another answers at the address. It is told, and what was in the old one is not missed.
func TestADeviceIsReplaced(t *testing.T) {
	r := newRig(t)
	box := func(mac byte, supplies ...string) telemetry.DeviceFacts {
		f := telemetry.DeviceFacts{Device: "core-1", Interfaces: []telemetry.Interface{{IfIndex: 1, Key: "1", IfName: "1", IfOperStatus: operUp, IfPhysAddress: []byte{2, 0, 0, 0, 0, mac}}}}
		for i, name := range supplies {
			f.Components = append(f.Components, telemetry.Component{Index: uint32(i + 1), Key: name, Class: "powerSupply", Name: name})
		}
		return f
	}
	r.tell(box(1, "PSU 1", "PSU 2"))
	r.tell(box(1, "PSU 1"))
	r.class("core-1/psu", topology.AtRisk)
	r.tell(box(2, "Power A", "Power B"))
	r.class("core-1/psu", topology.Full)
	changes, err := r.s.Changes(t.Context(), 0, r.now+1, 10, func(c Change) bool { return c.Kind == "device_replaced" })
	if err != nil || len(changes) != 1 || changes[0].Object != "core-1" || len(changes[0].Sites) != 1 || changes[0].Sites[0] != "lisbon" {
		t.Errorf("got %+v, %v", changes, err)
	}
}
