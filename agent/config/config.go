// Package config is the agent's configuration file: its keys, their defaults, and what is wrong with them.
package config

import (
	"fmt"
	"net"
	"time"

	"ninewatch/agent/allow"
	"ninewatch/agent/profile"
	"ninewatch/agent/trap"
	"ninewatch/internal/conf"
	"ninewatch/internal/logging"
)

// Config is agent.yaml. deploy/agent.yaml says what each key means.
type Config struct {
	StateDir   string   `yaml:"state_dir"`
	Join       Join     `yaml:"join"`
	Collectors []string `yaml:"collectors"`
	Allow      []string `yaml:"allow"`
	Profiles   string   `yaml:"profiles"`
	Spool      Spool    `yaml:"spool"`
	Listen     string   `yaml:"listen"`
	Traps      Traps    `yaml:"traps"`
	Log        Log      `yaml:"log"`
	Local      Local    `yaml:"local"`
}

// Join says where the join token stands that makes this agent known at its first start.
type Join struct {
	TokenFile string `yaml:"token_file"`
}

// Spool bounds what is kept while the collector is away.
type Spool struct {
	MaxSize conf.Size     `yaml:"max_size"`
	MaxAge  time.Duration `yaml:"max_age"`
}

// Traps says where traps and informs are received; an empty address: nowhere.
type Traps struct {
	Listen string `yaml:"listen"`
}

// Log is how the agent tells what it does.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Local is what the agent polls as long as no collector has assigned anything.
type Local struct {
	Devices     []Device     `yaml:"devices"`
	Credentials []Credential `yaml:"credentials"`
}

// Default is what an empty file means.
func Default() Config {
	return Config{
		StateDir: "/var/lib/ninewatch-agent",
		Allow:    []string{allow.Private, allow.Connected},
		Spool:    Spool{MaxSize: 2 << 30, MaxAge: 7 * 24 * time.Hour},
		Listen:   "127.0.0.1:9145",
		Log:      Log{Level: "info", Format: "text"},
	}
}

// Load reads path over the defaults and reports every mistake, of the profiles too; see conf.Load.
func Load(path string) (Config, error) {
	c := Default()
	if err := conf.Load(path, &c, func(at conf.Section) { c.Validate(at) }); err != nil {
		return c, err
	}
	_, err := c.Library()
	return c, err
}

// Library is the bundled profiles, and over them those of the folder that c names.
func (c *Config) Library() (*profile.Library, error) {
	library := profile.NewLibrary()
	if c.Profiles == "" {
		return library, nil
	}
	problems, err := library.AddPath(c.Profiles)
	if err != nil {
		return nil, fmt.Errorf("profiles: %w: name a folder of profiles that can be read, or leave the key out", err)
	}
	if problems = append(problems, library.Check()...); len(problems) > 0 {
		return nil, problems
	}
	return library, nil
}

// minSpool holds the two segments between which the spool rotates, and some.
const minSpool = 64 << 20

// Validate reports every mistake in c.
func (c *Config) Validate(at conf.Section) {
	if c.StateDir == "" {
		at.Problemf("state_dir", "is empty, write a folder such as %s", Default().StateDir)
	}
	if _, err := allow.Parse(c.Allow); err != nil {
		at.Problemf("allow", "%s", err)
	}
	if c.Spool.MaxSize < minSpool {
		at.Problemf("spool.max_size", "%s is too small, give it %s at least", c.Spool.MaxSize, conf.Size(minSpool))
	}
	if c.Spool.MaxAge < time.Hour {
		at.Problemf("spool.max_age", "%s is too short, keep data for 1h at least", c.Spool.MaxAge)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		at.Problemf("listen", "%q is not an address with a port, write for example %s", c.Listen, Default().Listen)
	}
	if err := (trap.Config{Listen: c.Traps.Listen}).Validate(); err != nil {
		at.Problemf("traps.listen", "%s", err)
	}
	for i, address := range c.Collectors {
		if _, _, err := net.SplitHostPort(address); err != nil {
			at.Item("collectors", i).Problemf("", "%q is not host:port, write for example collector.example.net:7443", address)
		}
	}
	if _, err := logging.New(nil, c.Log.Level, "text"); err != nil {
		at.Problemf("log.level", "%s", err)
	}
	if _, err := logging.New(nil, "info", c.Log.Format); err != nil {
		at.Problemf("log.format", "%s", err)
	}
	c.Local.validate(at.In("local"))
}
