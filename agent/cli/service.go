package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

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

func configFlag(f *flags, path *string) {
	f.text(path, "config", "", "configuration `FILE` (default "+defaultConfig+" where it is there)")
}

func runCommand() *command {
	var path string
	c := &command{
		use: "run", short: "Run the agent",
		run: func(ctx context.Context, _ []string, s streams) error {
			cfg, err := load(path)
			if err != nil {
				return err
			}
			log, err := logging.New(s.errs, cfg.Log.Level, cfg.Log.Format)
			if err != nil {
				return usage{err}
			}
			return app.Run(ctx, cfg, log)
		},
	}
	configFlag(&c.flags, &path)
	return c
}

func checkConfigCommand() *command {
	var path string
	var dump bool
	c := &command{
		use: "check-config", short: "Say what is wrong with a configuration",
		run: func(ctx context.Context, _ []string, s streams) error {
			cfg, err := load(path)
			if err != nil {
				return err
			}
			if dump {
				return conf.Dump(s.out, cfg)
			}
			_, err = fmt.Fprintln(s.out, "the configuration is good")
			return err
		},
	}
	configFlag(&c.flags, &path)
	c.flags.on(&dump, "dump", "print the effective configuration, secrets hidden")
	return c
}

func enrollCommand() *command {
	var path, token, tokenFile, stateDir string
	c := &command{
		use: "enroll", short: "Exchange a join token for an identity",
		run: func(ctx context.Context, _ []string, s streams) error {
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
			if err := uplink.Enroll(ctx, parsed, cfg.StateDir, version.String()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "enrolled; the identity is in %s, start the agent with: ninewatch-agent run\n", cfg.StateDir)
			return err
		},
	}
	configFlag(&c.flags, &path)
	c.flags.text(&token, "token", "", "the join `TOKEN`")
	c.flags.text(&tokenFile, "token-file", "", "a `FILE` with the join token")
	c.flags.text(&stateDir, "state-dir", "", "where the identity is kept, instead of state_dir of the configuration")
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
