package simulate

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/snmpagent"
)

// Config describes a fleet of generated or recorded devices.
type Config struct {
	Devices    int
	Interfaces int             // of each generated device
	Listen     string          // RANGE:PORT: the devices have the addresses of the range from its second on
	Recordings string          // folder of .snmprec files, played in turn; empty: devices are generated
	Community  string          // the only one that is answered
	User       *snmpagent.User // of SNMPv3, which is answered too then
	Delay      time.Duration   // before each answer
	Loss       float64         // share of requests that are dropped, 0 to 1
	Dead       float64         // share of devices that never answer, 0 to 1
	Seed       int64           // decides what is lost, which device is dead, and every counter
}

// DefaultConfig is what `simulate` without flags means.
func DefaultConfig() Config {
	return Config{Devices: 100, Interfaces: 24, Listen: "127.0.0.0/8:16100", Community: "public", Seed: 1}
}

// Limits of a fleet: the first is what 127.0.0.0/8 has to give, the second keeps a device plausible.
const (
	maxDevices    = 1<<24 - 2
	maxInterfaces = 4096
)

// Validate reports every mistake in c at once, one a line, by the name of the flag.
func (c Config) Validate() error {
	var all []error
	problem := func(flag, format string, args ...any) {
		all = append(all, fmt.Errorf("--%s: %s", flag, fmt.Sprintf(format, args...)))
	}
	if c.Devices < 1 || c.Devices > maxDevices {
		problem("devices", "%d is not from 1 to %d", c.Devices, maxDevices)
	}
	if c.Interfaces < 1 || c.Interfaces > maxInterfaces {
		problem("interfaces", "%d is not from 1 to %d", c.Interfaces, maxInterfaces)
	}
	if c.Delay < 0 {
		problem("delay", "%s is negative", c.Delay)
	}
	if !(c.Loss >= 0 && c.Loss <= 1) {
		problem("loss", "%v is not a share from 0 to 1", c.Loss)
	}
	if !(c.Dead >= 0 && c.Dead <= 1) {
		problem("dead", "%v is not a share from 0 to 1", c.Dead)
	}
	if c.Community == "" || len(c.Community) > 127 {
		problem("community", "%d bytes, 1 to 127 are allowed", len(c.Community))
	}
	prefix, _, err := parseListen(c.Listen)
	switch {
	case err != nil:
		problem("listen", "%v", err)
	case c.Devices > addresses(prefix):
		problem("listen", "%s has %d usable addresses for %d devices; take a wider range", prefix, addresses(prefix), c.Devices)
	}
	return errors.Join(all...)
}

// parseListen reads RANGE:PORT or ADDRESS:PORT within 127.0.0.0/8.
func parseListen(s string) (netip.Prefix, uint16, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return netip.Prefix{}, 0, fmt.Errorf("%q has no port; write it as 127.0.0.0/8:16100", s)
	}
	port, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || port == 0 {
		return netip.Prefix{}, 0, fmt.Errorf("%q: port %q is not from 1 to 65535", s, s[i+1:])
	}
	text := s[:i]
	if !strings.Contains(text, "/") {
		text += "/32"
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, 0, fmt.Errorf("%q is not an address range; write it as 127.0.0.0/8:16100", s[:i])
	}
	if prefix = prefix.Masked(); !prefix.Addr().Is4() || !prefix.Addr().IsLoopback() || prefix.Bits() < 8 {
		return netip.Prefix{}, 0, fmt.Errorf("%s is not within 127.0.0.0/8, and simulated devices live on loopback only", prefix)
	}
	return prefix, uint16(port), nil
}

// addresses is how many devices fit into p: all of it but the first and the last address, which mean
// the network and the broadcast, unless p is smaller than that.
func addresses(p netip.Prefix) int {
	if p.Bits() >= 31 {
		return 1 << (32 - p.Bits())
	}
	return 1<<(32-p.Bits()) - 2
}

// Deps are the things a Fleet uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Now     func() time.Time // decides what counters say; time.Now in production
}
