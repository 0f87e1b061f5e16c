package topology

import (
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// A token is one thing by which a device can be known: "m" and six bytes for a MAC address, "a" and the text
// of an address, "c" and any other chassis id. Names are kept apart: they are the last resort.

func macToken(mac []byte) string {
	if !ownMAC(mac) {
		return ""
	}
	return "m" + string(mac)
}

// ownMAC tells whether a MAC address belongs to one device: not all zeros, not a group address, and none of
// the virtual ones that routers of a group share (VRRP, RFC 9568 section 7.3; HSRP; GLBP).
func ownMAC(mac []byte) bool {
	if len(mac) != 6 || mac[0]&1 != 0 || string(mac) == "\x00\x00\x00\x00\x00\x00" {
		return false
	}
	for _, prefix := range []string{"\x00\x00\x5e\x00\x01", "\x00\x00\x5e\x00\x02", "\x00\x00\x0c\x07\xac", "\x00\x00\x0c\x9f\xf0", "\x00\x07\xb4\x00"} {
		if strings.HasPrefix(string(mac), prefix) {
			return false
		}
	}
	return true
}

// parseMAC reads twelve hexadecimal digits with any separators; some agents write "e4 f0 04 fb 1f fb".
func parseMAC(s string) []byte {
	if len(s) < 12 || len(s) > 17 {
		return nil
	}
	digits := make([]byte, 0, 12)
	for i := range len(s) {
		if c := s[i]; c != ':' && c != '-' && c != '.' && c != ' ' {
			digits = append(digits, c)
		}
	}
	mac, err := hex.AppendDecode(nil, digits)
	if err != nil || len(mac) != 6 {
		return nil
	}
	return mac
}

func addressToken(a netip.Addr) string {
	a = a.Unmap()
	if !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return "" // many devices have these
	}
	return "a" + a.WithZone("").String()
}

// chassisToken reads a chassis id by its subtype. A name of an interface or a local text is no identity
// beyond the device itself.
func chassisToken(subtype, id string) string {
	switch subtype {
	case "macAddress":
		return macToken(parseMAC(id))
	case "networkAddress":
		if a, err := netip.ParseAddr(id); err == nil {
			return addressToken(a)
		}
		return ""
	case "chassisComponent", "portComponent":
		if id = strings.TrimSpace(id); len(id) > 3 { // "0", "1": what a stack calls its members
			return "c" + id
		}
		return ""
	}
	return ""
}

// ownTokens are the identities that a device's facts claim.
func ownTokens(f telemetry.DeviceFacts) []string {
	var out []string
	add := func(t string) {
		if t != "" {
			out = append(out, t)
		}
	}
	add(chassisToken(f.LocalChassis.Subtype, f.LocalChassis.ID))
	for _, i := range f.Interfaces {
		add(macToken(net.HardwareAddr(i.IfPhysAddress)))
	}
	shared := map[netip.Addr]bool{}
	for _, g := range f.FHRPGroups {
		shared[g.VirtualAddress] = true
		for _, a := range g.More {
			shared[a] = true
		}
	}
	for _, a := range f.Addresses {
		if !shared[a.Address] {
			add(addressToken(a.Address))
		}
	}
	for _, s := range f.STP {
		add(macToken(s.BridgeAddress))
	}
	return unique(out)
}

// Replaced tells whether another device answers where one was: each has MAC addresses of its own, and they have none in
// common. Facts that were not read to the end, or have no addresses, tell nothing.
func Replaced(before, after telemetry.DeviceFacts) bool {
	if slices.Contains(before.Partial, "interfaces") || slices.Contains(after.Partial, "interfaces") {
		return false
	}
	macs := func(f telemetry.DeviceFacts) map[string]bool {
		out := map[string]bool{}
		for _, t := range ownTokens(f) {
			if t[0] == 'm' {
				out[t] = true
			}
		}
		return out
	}
	old, now := macs(before), macs(after)
	for t := range now {
		if old[t] {
			return false
		}
	}
	return len(old) > 0 && len(now) > 0
}

// remoteTokens are the identities of a neighbor, the strongest first.
func remoteTokens(n telemetry.Neighbor) []string {
	var out []string
	add := func(t string) {
		if t != "" {
			out = append(out, t)
		}
	}
	add(chassisToken(n.RemoteChassisSubtype, n.RemoteChassisID))
	if n.RemotePortSubtype == "macAddress" {
		add(macToken(parseMAC(n.RemotePortID)))
	}
	for _, a := range n.Addresses {
		add(addressToken(a))
	}
	return unique(out)
}

// remoteNames are what a neighbor may be called, lower case: in full, then without its domain. CDP of NX-OS
// sends the serial number behind the name, in brackets.
func remoteNames(n telemetry.Neighbor) []string {
	var out []string
	names := []string{n.RemoteName}
	if n.RemoteChassisSubtype == "" {
		names = append(names, n.RemoteChassisID) // of CDP alone a device id is a name
	}
	for _, s := range names {
		s = plainName(s)
		if s == "" {
			continue
		}
		out = append(out, s)
		if host, _, ok := strings.Cut(s, "."); ok && host != "" {
			out = append(out, host)
		}
	}
	return unique(out)
}

func plainName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if at := strings.IndexByte(s, '('); at > 0 && strings.HasSuffix(s, ")") {
		s = s[:at]
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return "" // an address in the place of a name
	}
	return s
}

// unique removes repeats, and keeps the order.
func unique(in []string) []string {
	seen := make(map[string]struct{}, len(in))
	out := in[:0]
	for _, s := range in {
		if _, twice := seen[s]; !twice {
			seen[s] = struct{}{}
			out = append(out, s)
		}
	}
	return out
}

// tokenWords shows a token to people.
func tokenWords(t string) string { return kindOfToken(t) + " " + tokenText(t) }

func tokenText(t string) string {
	if t[0] == 'm' {
		return net.HardwareAddr(t[1:]).String()
	}
	return t[1:]
}

func kindOfToken(t string) string {
	switch t[0] {
	case 'm':
		return "MAC address"
	case 'a':
		return "address"
	case 'c':
		return "chassis id"
	}
	return "name"
}
