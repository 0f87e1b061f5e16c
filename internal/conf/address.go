package conf

import (
	"net/netip"
	"regexp"
	"strings"
)

// maxHost is the longest name of a host (RFC 1123, 2.1; RFC 1035, 2.3.4).
const maxHost = 253

// hostForm is that of names of hosts, and of those with underscores that name services know besides.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$`)

// Address says what is wrong with text as the address of one device: an IP address, or a name that can be
// looked up. Whether a text has to be there is the caller's matter.
func (s Section) Address(key, text string) {
	addr, err := netip.ParseAddr(text)
	switch {
	case text == "":
	case err == nil && (addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255})):
		s.Problemf(key, "%s is not the address of one device", text)
	case err == nil:
	case isHostPort(text):
		s.Problemf(key, "%q has a port, write it under the key port", text)
	case len(text) > maxHost || !hostForm.MatchString(text) || allDigitsAndDots(text):
		s.Problemf(key, "%q is neither an IP address nor a host name", text)
	}
}

func isHostPort(s string) bool {
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	host, port, ok := strings.Cut(s, ":")
	return ok && hostForm.MatchString(host) && port != "" && strings.Trim(port, "0123456789") == ""
}

func allDigitsAndDots(s string) bool { return strings.Trim(s, "0123456789.") == "" }
