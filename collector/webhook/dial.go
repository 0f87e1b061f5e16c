package webhook

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// special are ranges that no receiver has a reason to live in; net/netip has no predicates for them.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // this network (RFC 791)
	netip.MustParsePrefix("100.64.0.0/10"),  // carrier-grade NAT (RFC 6598)
	netip.MustParsePrefix("192.0.0.0/24"),   // protocol assignments (RFC 6890)
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks (RFC 2544)
	netip.MustParsePrefix("240.0.0.0/4"),    // reserved (RFC 1112)
	netip.MustParsePrefix("64:ff9b::/96"),   // translation to IPv4 (RFC 6052)
	netip.MustParsePrefix("64:ff9b:1::/48"), // local translation (RFC 8215)
	netip.MustParsePrefix("2002::/16"),      // 6to4 (RFC 3056)
	netip.MustParsePrefix("fec0::/10"),      // site-local (RFC 3879)
}

// denied says why addr is never called, or nothing. What allow names is always called.
func denied(addr netip.Addr, allow []netip.Prefix) string {
	addr = addr.Unmap().WithZone("")
	for _, p := range allow {
		if p.Contains(addr) {
			return ""
		}
	}
	switch {
	case addr.IsLoopback():
		return "a loopback address"
	case addr.IsLinkLocalUnicast():
		return "a link-local or metadata address"
	case addr.IsMulticast(), addr.IsUnspecified():
		return "not the address of a host"
	}
	for _, p := range special {
		if p.Contains(addr) {
			return "in the special range " + p.String()
		}
	}
	return ""
}

// NewClient returns a client that calls only addresses that webhooks may be sent to: for whatever else reads
// a URL that a user wrote.
func NewClient(allow []netip.Prefix) *http.Client { return newClient(allow) }

// newClient returns a client that checks addresses after DNS and follows no redirect.
func newClient(allow []netip.Prefix) *http.Client {
	dialer := &net.Dialer{
		Timeout: 5 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if why := denied(at.Addr(), allow); why != "" {
				return fmt.Errorf("%s is %s: an administrator can allow it under webhooks.allow_addresses", at.Addr(), why)
			}
			return nil
		},
	}
	return &http.Client{
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
		},
	}
}
