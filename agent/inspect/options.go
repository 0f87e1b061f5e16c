package inspect

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/conf"
)

// Exit codes (CONTRACT, section 1).
const (
	exitDone    = 0
	exitNothing = 1
	exitUsage   = 2
	exitPart    = 3
)

// DefaultBudget is how long a device may take in all.
const DefaultBudget = 30 * time.Second

// snmpPort is where an address without a port is asked (RFC 3417).
const snmpPort = 161

// Options are what both commands are told.
type Options struct {
	Target     string           // HOST[:PORT]
	Credential snmp.Credential  // Version may be empty: 3 with a user name, else 2c
	Timeout    time.Duration    // of one attempt; 0: 2 s
	Retries    int              // 0: 2, negative: none
	Budget     time.Duration    // 0: DefaultBudget
	Output     string           // the formats of the command
	Profiles   *profile.Library // of the user over the bundled; nil: the bundled alone
}

// FromEnvironment fills what c leaves empty from NINEWATCH_SNMP_VERSION, _COMMUNITY, _USERNAME,
// _AUTH_PROTOCOL, _AUTH_PASSPHRASE, _PRIV_PROTOCOL, _PRIV_PASSPHRASE and _CONTEXT_NAME.
func FromEnvironment(c snmp.Credential, getenv func(string) string) snmp.Credential {
	get := func(s, name string) string { return cmp.Or(s, getenv("NINEWATCH_SNMP_"+name)) }
	secret := func(s conf.Secret, name string) conf.Secret { return conf.Secret(get(s.Reveal(), name)) }
	return snmp.Credential{
		Version:        get(c.Version, "VERSION"),
		Community:      secret(c.Community, "COMMUNITY"),
		Username:       get(c.Username, "USERNAME"),
		AuthProtocol:   get(c.AuthProtocol, "AUTH_PROTOCOL"),
		AuthPassphrase: secret(c.AuthPassphrase, "AUTH_PASSPHRASE"),
		PrivProtocol:   get(c.PrivProtocol, "PRIV_PROTOCOL"),
		PrivPassphrase: secret(c.PrivPassphrase, "PRIV_PASSPHRASE"),
		Context:        get(c.Context, "CONTEXT_NAME"),
	}
}

// check completes o and refuses what cannot be right.
func (o *Options) check(formats ...string) error {
	if err := o.checkOutput(formats...); err != nil {
		return err
	}
	if o.Credential.Version == "" {
		o.Credential.Version = "2c"
		if o.Credential.Username != "" {
			o.Credential.Version = "3"
		}
	}
	return o.Credential.Validate()
}

// checkOutput is the part of check that no device is needed for.
func (o *Options) checkOutput(formats ...string) error {
	if !slices.Contains(formats, o.Output) {
		return fmt.Errorf("output format %q: it is one of %s", o.Output, strings.Join(formats, ", "))
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	if o.Budget < 0 || o.Timeout < 0 {
		return fmt.Errorf("a time cannot be negative")
	}
	return nil
}

// split takes HOST[:PORT] apart. An IPv6 address with a port stands in brackets.
func split(target string) (host string, port uint16, err error) {
	if addr, err := netip.ParseAddr(strings.Trim(target, "[]")); err == nil {
		return addr.String(), snmpPort, nil
	}
	host, text, err := net.SplitHostPort(target)
	if err != nil {
		host, text = target, strconv.Itoa(snmpPort)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("target %q: the port %q is not a number from 1 to 65535", target, text)
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host, uint16(n), nil
	}
	if host == "" || strings.ContainsAny(host, ":/ ") {
		return "", 0, fmt.Errorf("target %q: it is HOST or HOST:PORT, an IPv6 address with a port is written [ADDRESS]:PORT", target)
	}
	return host, uint16(n), nil
}

// resolve finds the address of the target.
func resolve(ctx context.Context, host string, port uint16) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, port), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("look up %q: %w", host, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), port), nil
}
