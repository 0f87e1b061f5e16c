package trap

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/VictoriaMetrics/metrics"
)

// Config is where traps are received.
type Config struct {
	Listen string // host:port; empty: nowhere
	Rate   float64
	Burst  float64
}

// DefaultConfig hears nobody. A device with a bad day sends some traps a second, all about the same.
func DefaultConfig() Config { return Config{Rate: 10, Burst: 50} }

// Validate reports an address that is none.
func (c Config) Validate() error {
	if c.Listen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("%q is not an address with a port, write for example 0.0.0.0:162", c.Listen)
	}
	return nil
}

// Deps are what a Receiver uses but does not own. All are required.
type Deps struct {
	Log     *slog.Logger
	Metrics *metrics.Set
	Senders func(netip.Addr) []Sender // the devices with this address
	Take    func(device string, t Trap)
}
