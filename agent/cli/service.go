package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/agent/app"
	"ninewatch/agent/config"
	"ninewatch/agent/uplink"
	"ninewatch/internal/conf"
	"ninewatch/internal/jointoken"
	"ninewatch/internal/logging"
	"ninewatch/internal/version"
)

const defaultConfig = "/etc/ninewatch/agent.yaml"

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

func runCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "run", Short: "Run the agent", Args: cobra.NoArgs,
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

func enrollCommand() *cobra.Command {
	var path, token, tokenFile, stateDir string
	c := &cobra.Command{
		Use: "enroll", Short: "Exchange a join token for an identity", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(path)
			if err != nil {
				return err
			}
			if stateDir != "" {
				cfg.StateDir = stateDir
			}
			text, err := tokenText(token, tokenFile)
			if err != nil {
				return usage{err}
			}
			parsed, err := jointoken.Parse(text)
			if err != nil && tokenFile != "" {
				err = fmt.Errorf("%s: %w", tokenFile, err)
			}
			if err != nil {
				return usage{err}
			}
			if err := uplink.Enroll(c.Context(), parsed, cfg.StateDir, version.String()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "enrolled; the identity is in %s, start the agent with: ninewatch-agent run\n", cfg.StateDir)
			return err
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&token, "token", "", "the join `TOKEN`")
	c.Flags().StringVar(&tokenFile, "token-file", "", "a `FILE` with the join token")
	c.Flags().StringVar(&stateDir, "state-dir", "", "where the identity is kept, instead of state_dir of the configuration")
	return c
}

func tokenText(token, file string) (string, error) {
	switch {
	case (token == "") == (file == ""):
		return "", errors.New("give either --token or --token-file")
	case token != "":
		return token, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the join token: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}
