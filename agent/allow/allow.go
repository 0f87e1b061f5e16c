// Package allow decides which addresses an agent may ever talk to. The list is the agent's own: whatever a
// collector assigns, an address outside of it is refused.
package allow

import (
	"fmt"
	"net"
	"net/netip"
)

// The words that stand for ranges in a list.
const (
	Private   = "private"   // RFC 1918, RFC 4193 and loopback
	Connected = "connected" // the networks of this host's interfaces, link-local ones left out
)

// List is a set of address ranges. The zero value permits nothing.
type List struct {
	private   bool
	connected bool
	prefixes  []netip.Prefix
}

// Parse reads words and CIDR ranges. Its error names the item at fault.
func Parse(items []string) (List, error) {
	var l List
	for _, item := range items {
		switch item {
		case Private:
			l.private = true
		case Connected:
			l.connected = true
		default:
			p, err := netip.ParsePrefix(item)
			if err != nil {
				return List{}, fmt.Errorf("%q is neither %s, %s nor a range such as 192.0.2.0/24", item, Private, Connected)
			}
			l.prefixes = append(l.prefixes, p.Masked())
		}
	}
	return l, nil
}

// Permits tells whether the agent may talk to addr. The networks of the host are looked up at each call,
// so that an address which came by DHCP counts.
func (l List) Permits(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.IsMulticast() || addr.IsUnspecified() {
		return false
	}
	if l.private && (addr.IsPrivate() || addr.IsLoopback()) {
		return true
	}
	for _, p := range l.prefixes {
		if p.Contains(addr.WithZone("")) {
			return true
		}
	}
	return l.connected && connected(addr)
}

func connected(addr netip.Addr) bool {
	networks, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, n := range networks {
		p, err := netip.ParsePrefix(n.String())
		if err == nil && !p.Addr().IsLinkLocalUnicast() && p.Masked().Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}
