package facts

import (
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// Many makers have CDP, in Cisco's MIB.
var (
	cdpCacheTable   = table{"cdpCacheTable", "1.3.6.1.4.1.9.9.23.1.2.1.1", "neighbors", nil}
	snFdpCacheTable = table{"snFdpCacheTable", "1.3.6.1.4.1.1991.1.1.3.20.1.2.1.1", "neighbors", nil}
)

// cdpCapabilities are the bits of cdpCacheCapabilities from the lowest, in the words of LLDP where it has one.
var cdpCapabilities = [...]string{"router", "bridge", "bridge", "bridge", "", "", "repeater", "telephone"}

func (r *reader) cdp() {
	for _, row := range r.rows(cdpCacheTable) {
		if len(row.index) != 2 {
			continue
		}
		n := telemetry.Neighbor{
			Protocol: "cdp", RemoteChassisID: deviceID(row.text(6)), RemotePortID: row.text(7), RemoteDescr: row.text(5),
			RemotePlatform: row.text(8), RemoteName: row.text(17),
		}
		if b := row.bytes(9); len(b) == 4 {
			for i, name := range cdpCapabilities {
				if b[3]&(1<<i) != 0 && name != "" && !slices.Contains(n.Capabilities, name) {
					n.Capabilities = append(n.Capabilities, name)
				}
			}
		}
		r.manage(&n, row, 4, 20)
		r.local(&n, row.index[0])
	}
}

// fdp is the protocol of Foundry, whose table holds neighbours of CDP too.
func (r *reader) fdp() {
	if !r.isFrom(foundry) {
		return
	}
	for _, row := range r.rows(snFdpCacheTable) {
		if len(row.index) != 2 {
			continue
		}
		n := telemetry.Neighbor{Protocol: "fdp", RemoteChassisID: deviceID(row.text(3)), RemotePortID: row.text(7),
			RemoteDescr: row.text(6), RemotePlatform: row.text(8)}
		if row.number(10) == 2 { // snFdpCacheVendorId: fdp(1), cdp(2)
			n.Protocol = "cdp"
		}
		r.manage(&n, row, 5)
		r.local(&n, row.index[0])
	}
}

func (r *reader) manage(n *telemetry.Neighbor, row row, columns ...uint32) {
	for _, c := range columns {
		if a := usable(row.address(c)); a.IsValid() && (len(n.Addresses) == 0 || n.Addresses[0] != a) {
			n.Addresses = append(n.Addresses, a)
		}
	}
}

// local adds a neighbour that was heard on an interface.
func (r *reader) local(n *telemetry.Neighbor, ifIndex uint32) {
	if n.RemoteName == "" {
		n.RemoteName = n.RemoteChassisID
	}
	if n.RemoteName == "" && n.RemotePortID == "" {
		return
	}
	n.LocalIfIndex, n.LocalPort = ifIndex, r.ports.name(ifIndex)
	r.f.Neighbors = append(r.f.Neighbors, *n)
}

// deviceID is a device id of CDP without the serial number that NX-OS writes behind the name.
func deviceID(s string) string {
	if name, serial, ok := strings.Cut(s, "("); ok && name != "" && strings.HasSuffix(serial, ")") {
		return name
	}
	return s
}
