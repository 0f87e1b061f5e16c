package hostagent

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/internal/conf"
)

// Config says where and to whom the agent answers.
type Config struct {
	Listen    string      // ADDRESS:PORT on loopback; port 0 takes a free one, which Addr tells
	Community conf.Secret // the only one that is answered; the caller makes it up
}

// DefaultConfig is a free port of loopback. It has no community: a known one would be no secret.
func DefaultConfig() Config { return Config{Listen: "127.0.0.1:0"} }

// maxCommunity is what the agent's credentials can hold as well.
const maxCommunity = 127

// Validate reports every mistake in c at once.
func (c Config) Validate() error {
	_, err := parseListen(c.Listen)
	if n := len(c.Community.Reveal()); n < 1 || n > maxCommunity {
		err = errors.Join(err, fmt.Errorf("community of the host's agent: %d bytes, 1 to %d are allowed", n, maxCommunity))
	}
	return err
}

func parseListen(s string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddrPort(s)
	if err != nil {
		return addr, fmt.Errorf("listen address of the host's agent %q: write it as a numeric address and a port, as in 127.0.0.1:0", s)
	}
	if !addr.Addr().Unmap().IsLoopback() {
		return addr, fmt.Errorf("listen address of the host's agent %q: SNMPv2c does not hide what it says, so it is answered on loopback only; take 127.0.0.1 or [::1]", s)
	}
	return addr, nil
}

// Deps are the things an Agent uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Now     func() time.Time // decides when a reading is too old; time.Now in production
}
