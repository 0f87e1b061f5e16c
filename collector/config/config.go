// Package config is the collector's configuration file: its keys, their defaults, and what is wrong with them.
package config

import (
	"net"
	"net/url"
	"time"

	"ninewatch/internal/conf"
	"ninewatch/internal/logging"
)

// Config is collector.yaml. deploy/collector.yaml says what each key means.
type Config struct {
	Listen      Listen   `yaml:"listen"`
	DataDir     string   `yaml:"data_dir"`
	ExternalURL string   `yaml:"external_url"`
	Samples     Samples  `yaml:"samples"`
	TLS         TLS      `yaml:"tls"`
	Webhooks    Webhooks `yaml:"webhooks"`
	Log         Log      `yaml:"log"`
}

// Listen is where agents (gRPC) and people (HTTP) reach the collector.
type Listen struct {
	HTTP string `yaml:"http"`
	GRPC string `yaml:"grpc"`
}

// Samples is where samples are kept.
type Samples struct {
	Embedded Embedded `yaml:"embedded"`
}

// Embedded is the store inside the collector.
type Embedded struct {
	Retention   time.Duration `yaml:"retention"`
	ReserveDisk conf.Size     `yaml:"reserve_disk"`
}

// TLS is the certificate that browsers see. Without it HTTP is served on loopback addresses only, unless a
// proxy in front of it speaks TLS.
type TLS struct {
	CertFile    string `yaml:"cert_file"`
	KeyFile     string `yaml:"key_file"`
	BehindProxy bool   `yaml:"behind_proxy"`
}

// Webhooks bounds where notifications may be sent.
type Webhooks struct {
	AllowAddresses []string `yaml:"allow_addresses"`
}

// Log is how the collector tells what it does.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Default is what an empty file means.
func Default() Config {
	return Config{
		Listen:  Listen{HTTP: "127.0.0.1:8080", GRPC: ":7443"},
		DataDir: "/var/lib/ninewatch-collector",
		Samples: Samples{Embedded: Embedded{Retention: 90 * 24 * time.Hour, ReserveDisk: 1 << 30}},
		Log:     Log{Level: "info", Format: "text"},
	}
}

// Load reads path over the defaults and reports every mistake; see conf.Load.
func Load(path string) (Config, error) {
	c := Default()
	err := conf.Load(path, &c, func(at conf.Section) { c.Validate(at) })
	return c, err
}

// minReserve is what the sample store needs to close a block when the disk is short.
const minReserve = 16 << 20

// Validate reports every mistake in c.
func (c *Config) Validate(at conf.Section) {
	for _, l := range []struct{ key, value, example string }{
		{"listen.http", c.Listen.HTTP, Default().Listen.HTTP},
		{"listen.grpc", c.Listen.GRPC, Default().Listen.GRPC},
	} {
		if _, _, err := net.SplitHostPort(l.value); err != nil {
			at.Problemf(l.key, "%q is not an address with a port, write for example %s", l.value, l.example)
		}
	}
	if c.DataDir == "" {
		at.Problemf("data_dir", "is empty, write a folder such as %s", Default().DataDir)
	}
	if u, err := url.Parse(c.ExternalURL); c.ExternalURL != "" && (err != nil || u.Host == "") {
		at.Problemf("external_url", "%q is not a URL, write for example https://ninewatch.example.net", c.ExternalURL)
	}
	if c.Samples.Embedded.Retention < 24*time.Hour {
		at.Problemf("samples.embedded.retention", "%s is too short, keep samples for 1d at least", c.Samples.Embedded.Retention)
	}
	if c.Samples.Embedded.ReserveDisk < minReserve {
		at.Problemf("samples.embedded.reserve_disk", "%s is too small, leave %s free at least", c.Samples.Embedded.ReserveDisk, conf.Size(minReserve))
	}
	c.validateTLS(at)
	for i, item := range c.Webhooks.AllowAddresses {
		if _, _, err := net.ParseCIDR(item); err != nil {
			at.Item("webhooks.allow_addresses", i).Problemf("", "%q is not a range, write for example 192.0.2.0/24", item)
		}
	}
	if _, err := logging.New(nil, c.Log.Level, "text"); err != nil {
		at.Problemf("log.level", "%s", err)
	}
	if _, err := logging.New(nil, "info", c.Log.Format); err != nil {
		at.Problemf("log.format", "%s", err)
	}
}

func (c *Config) validateTLS(at conf.Section) {
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		at.Problemf("tls", "cert_file and key_file belong together, set both or none")
	}
	if c.TLS.CertFile == "" && !c.TLS.BehindProxy && !loopback(c.Listen.HTTP) {
		at.Problemf("listen.http", "%q is reachable from outside and needs tls.cert_file and tls.key_file, or tls.behind_proxy; without them listen on 127.0.0.1", c.Listen.HTTP)
	}
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true // reported already
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
