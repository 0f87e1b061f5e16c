package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ninewatch/collector/simulate"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
)

// fleet is a simulated network and what is polled of it.
type fleet struct {
	Devices    int
	Interfaces int
	Dead       float64
	V3         bool
	Port       uint16
	Seconds    float64       // how long to poll; 0: one cycle
	Timeout    time.Duration // of one attempt
	Retries    int
	Distinct   bool // each device has its own list of names
}

const community = "public"

// secureUser is whom the fleet knows in SNMPv3.
var secureUser = snmpagent.User{Name: "bench", AuthProtocol: "SHA", AuthPassphrase: "authentic passphrase",
	PrivProtocol: "AES", PrivPassphrase: "private passphrase"}

func (f fleet) config() simulate.Config {
	c := simulate.DefaultConfig()
	c.Devices, c.Interfaces, c.Dead, c.Community = f.Devices, f.Interfaces, f.Dead, community
	c.Listen = fmt.Sprintf("127.64.0.0/16:%d", f.Port)
	if f.V3 {
		c.User = &secureUser
	}
	return c
}

// addresses of the devices, in order.
func (f fleet) addresses() ([]netip.AddrPort, error) {
	s, err := simulate.New(f.config(), simulate.Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: time.Now})
	if err != nil {
		return nil, err
	}
	var out []netip.AddrPort
	for _, d := range s.Devices() {
		out = append(out, d.Addr)
	}
	return out, nil
}

func runFleet(arg []byte) error {
	var f fleet
	if err := json.Unmarshal(arg, &f); err != nil {
		return err
	}
	s, err := simulate.New(f.config(), simulate.Deps{Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(), Now: time.Now})
	if err != nil {
		return err
	}
	if err := s.Start(context.Background()); err != nil {
		return err
	}
	ready()
	return s.Stop(context.Background())
}

// sysUpTime and ten counters of every interface: what is polled.
var (
	sysUpTime = oid.MustParse("1.3.6.1.2.1.1.3.0")
	columns   = []oid.OID{
		oid.MustParse("1.3.6.1.2.1.2.2.1.8"), oid.MustParse("1.3.6.1.2.1.2.2.1.13"), oid.MustParse("1.3.6.1.2.1.2.2.1.14"),
		oid.MustParse("1.3.6.1.2.1.2.2.1.19"), oid.MustParse("1.3.6.1.2.1.2.2.1.20"), oid.MustParse("1.3.6.1.2.1.31.1.1.1.6"),
		oid.MustParse("1.3.6.1.2.1.31.1.1.1.7"), oid.MustParse("1.3.6.1.2.1.31.1.1.1.10"), oid.MustParse("1.3.6.1.2.1.31.1.1.1.11"),
		oid.MustParse("1.3.6.1.2.1.31.1.1.1.19"),
	}
)

// names is the list of instances of one device.
func (f fleet) names() []oid.OID {
	out := []oid.OID{sysUpTime}
	for _, c := range columns {
		for i := range f.Interfaces {
			out = append(out, c.Append(uint32(i+1)))
		}
	}
	return out
}
