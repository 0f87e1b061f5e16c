package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ninewatch/collector/app"
	"ninewatch/collector/config"
	"ninewatch/collector/up"
	"ninewatch/internal/conf"
	"ninewatch/internal/logging"
)

const defaultConfig = "/etc/ninewatch/collector.yaml"

// load reads the configuration: the file that is named, else the usual one if it is there, else the defaults.
func load(path string) (config.Config, error) {
	if path == "" {
		if _, err := os.Stat(defaultConfig); err == nil {
			path = defaultConfig
		} else if !errors.Is(err, fs.ErrNotExist) {
			return config.Config{}, err
		}
	}
	c, err := config.Load(path)
	if err != nil {
		return c, usage{err}
	}
	return c, nil
}

func configFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "config", "", "configuration `FILE` (default "+defaultConfig+" where it is there)")
}

func serveCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "serve", Short: "Run the collector: gRPC for agents, HTTP for people", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(path)
			if err != nil {
				return err
			}
			log, err := logging.New(c.ErrOrStderr(), cfg.Log.Level, cfg.Log.Format)
			if err != nil {
				return usage{err}
			}
			return app.Run(c.Context(), cfg, log)
		},
	}
	configFlag(c, &path)
	return c
}

func checkConfigCommand() *cobra.Command {
	var path string
	var dump bool
	c := &cobra.Command{
		Use: "check-config", Short: "Say what is wrong with a configuration", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(path)
			if err != nil {
				return err
			}
			if dump {
				return conf.Dump(c.OutOrStdout(), cfg)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "the configuration is good")
			return err
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&dump, "dump", false, "print the effective configuration, secrets hidden")
	return c
}

func upCommand() *cobra.Command {
	var o up.Options
	c := &cobra.Command{
		Use: "up", Short: "Run everything on this host without any configuration", Args: cobra.NoArgs,
		Long: "Runs a collector and an agent that watches this host and its gateway. Data and identity stay in the data folder.\n" +
			"The pages are served on localhost, their address and the first password are printed.",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := up.CheckRanges(o.Discover); err != nil {
				return usage{err}
			}
			o.Out, o.Err = c.OutOrStdout(), c.ErrOrStderr()
			return up.Run(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.Demo, "demo", false, "add a simulated network, labelled DEMO, in a data folder of its own")
	c.Flags().StringSliceVar(&o.Discover, "discover", nil, "scan the range `CIDR` once, with the credentials of the inventory and that of NINEWATCH_SNMP_COMMUNITY; what answers is proposed as devices")
	c.Flags().StringVar(&o.Data, "data", filepath.Join(".", "ninewatch-data"), "the data `FOLDER`")
	return c
}
