package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/spf13/cobra"

	"ninewatch/collector/simulate"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
	"ninewatch/internal/snmpagent"
)

func simulateCommand() *cobra.Command {
	cfg := simulate.DefaultConfig()
	var user snmpagent.User
	c := &cobra.Command{
		Use: "simulate", Short: "Run a fleet of simulated SNMP devices on loopback", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cfg.Validate(); err != nil {
				return usage{err}
			}
			if err := simulatedUser(&cfg, user); err != nil {
				return usage{err}
			}
			log, err := logging.New(c.ErrOrStderr(), "info", "text")
			if err != nil {
				return err
			}
			fleet, err := simulate.New(cfg, simulate.Deps{Log: log, Metrics: metrics.NewSet(), Now: time.Now})
			if err != nil {
				return err
			}
			devices := fleet.Devices()
			fmt.Fprintf(c.OutOrStdout(), "%d simulated devices, from %s to %s; community %s; Ctrl-C ends them\n",
				len(devices), devices[0].Addr, devices[len(devices)-1].Addr, cfg.Community)
			return lifecycle.Run(c.Context(), nil, lifecycle.Part{Name: "simulated devices", Start: fleet.Start, Stop: fleet.Stop})
		},
	}
	f := c.Flags()
	f.IntVar(&cfg.Devices, "devices", cfg.Devices, "how many")
	f.IntVar(&cfg.Interfaces, "interfaces", cfg.Interfaces, "of each device")
	f.StringVar(&cfg.Listen, "listen", cfg.Listen, "`RANGE:PORT` on loopback; each address of it is a device")
	f.StringVar(&cfg.Recordings, "recordings", cfg.Recordings, "a `FOLDER` of .snmprec files to play instead of generated devices")
	f.StringVar(&cfg.Community, "community", cfg.Community, "the one that is answered")
	f.StringVar(&user.Name, "username", "", "the user of SNMPv3 that is answered too")
	f.StringVar(&user.AuthProtocol, "auth-protocol", "", "of the user: MD5, SHA, SHA224, SHA256, SHA384 or SHA512")
	f.StringVar(&user.AuthPassphrase, "auth-passphrase", "", "of the user, which is no secret here")
	f.StringVar(&user.PrivProtocol, "priv-protocol", "", "of the user: DES, AES, AES192, AES192C, AES256 or AES256C")
	f.StringVar(&user.PrivPassphrase, "priv-passphrase", "", "of the user, which is no secret here")
	f.DurationVar(&cfg.Delay, "delay", cfg.Delay, "before each answer")
	f.Float64Var(&cfg.Loss, "loss", cfg.Loss, "share of requests that are dropped, 0 to 1")
	f.Float64Var(&cfg.Dead, "dead", cfg.Dead, "share of devices that never answer, 0 to 1")
	f.Int64Var(&cfg.Seed, "seed", cfg.Seed, "decides everything that is left to chance")
	return c
}

// simulatedUser adds a user of SNMPv3 that the flags describe.
func simulatedUser(cfg *simulate.Config, user snmpagent.User) error {
	if user == (snmpagent.User{}) {
		return nil
	}
	if user.Name == "" {
		return errors.New("which user? give --username with the protocols and passphrases of SNMPv3")
	}
	if user.AuthPassphrase != "" && user.AuthProtocol == "" || user.PrivPassphrase != "" && user.PrivProtocol == "" {
		return errors.New("a passphrase needs its protocol: give --auth-protocol, --priv-protocol")
	}
	if _, err := snmpagent.NewSecret(user); err != nil {
		return err
	}
	cfg.User = &user
	return nil
}
