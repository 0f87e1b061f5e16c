package discover

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ninewatch/agent/allow"
	"ninewatch/agent/snmp"
)

// MaxAddresses bounds one scan: an IPv4 range of /12.
const MaxAddresses = 1 << 20

// Credential is one of those that are tried.
type Credential struct {
	Name string
	snmp.Credential
}

// Config is what a scan is told.
type Config struct {
	Ranges         []netip.Prefix
	Allow          allow.List
	Credentials    []Credential // in the order in which they are tried; none: ICMP alone
	Port           uint16       // of SNMP
	Rate           int          // addresses a second
	Parallel       int          // addresses in flight
	TriesPerMinute int          // credentials a minute at one address
	Timeout        time.Duration
}

// DefaultConfig finds 254 addresses with one credential in a few seconds.
func DefaultConfig() Config {
	return Config{Port: 161, Rate: 100, Parallel: 64, TriesPerMinute: 3, Timeout: time.Second}
}

// Validate says what in c cannot be used.
func (c Config) Validate() error {
	var errs []error
	if len(c.Ranges) == 0 {
		errs = append(errs, errors.New("no range of addresses, write for example 192.0.2.0/24"))
	}
	if c.Rate < 1 || c.Rate > 10_000 {
		errs = append(errs, fmt.Errorf("rate %d is not between 1 and 10000 addresses a second", c.Rate))
	}
	if c.Parallel < 1 || c.Parallel > 1024 {
		errs = append(errs, fmt.Errorf("%d addresses in flight are not between 1 and 1024", c.Parallel))
	}
	if c.TriesPerMinute < 1 || c.TriesPerMinute > 60 {
		errs = append(errs, fmt.Errorf("%d credentials a minute are not between 1 and 60", c.TriesPerMinute))
	}
	if c.Port == 0 {
		errs = append(errs, errors.New("port 0 is none"))
	}
	for _, credential := range c.Credentials {
		if err := credential.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("credential %q: %w", credential.Name, err))
		}
	}
	return errors.Join(errs...)
}

// ParseRange reads 192.0.2.0/24, or one address.
func ParseRange(text string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is no range of addresses, write for example 192.0.2.0/24", text)
}

// notAllowed says that nothing of a range may be asked.
type notAllowed struct{ netip.Prefix }

func (n notAllowed) Error() string {
	return fmt.Sprintf("%s: no address of it is on the list of what may be asked, add the range with --allow %s", n.Prefix, n.Prefix)
}

// addresses lists what may be asked, each once. Network and broadcast addresses of IPv4 are left out.
func (c Config) addresses() ([]netip.Addr, error) {
	var out []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, r := range c.Ranges {
		bits := r.Addr().BitLen() - r.Bits()
		if bits > 20 {
			return nil, fmt.Errorf("%s has more than %d addresses, name smaller ranges", r, MaxAddresses)
		}
		permitted := 0
		for a, n := r.Masked().Addr(), 0; n < 1<<bits; a, n = a.Next(), n+1 {
			if edge := r.Addr().Is4() && bits > 1 && (n == 0 || n == 1<<bits-1); edge || !c.Allow.Permits(a) {
				continue
			}
			permitted++
			if !seen[a] {
				seen[a] = true
				out = append(out, a)
			}
		}
		if permitted == 0 {
			return nil, notAllowed{r}
		}
		if len(out) > MaxAddresses {
			return nil, fmt.Errorf("the ranges have more than %d addresses, scan them one by one", MaxAddresses)
		}
	}
	return out, nil
}

// question is what a scan asks, without its secrets: a State belongs to one.
func (c Config) question() string {
	var b strings.Builder
	for _, r := range c.Ranges {
		fmt.Fprintf(&b, "%s ", r)
	}
	for _, credential := range c.Credentials {
		fmt.Fprintf(&b, "%q ", credential.Name)
	}
	fmt.Fprintf(&b, "%d", c.Port)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}
