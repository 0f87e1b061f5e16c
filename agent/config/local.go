package config

import (
	"regexp"
	"time"

	"ninewatch/internal/conf"
	"ninewatch/internal/telemetry"
)

// Device is a device in the shape of the inventory.
type Device struct {
	Name       string        `yaml:"name"`
	Address    string        `yaml:"address"`
	Port       uint16        `yaml:"port"`
	Credential string        `yaml:"credential"`
	Profile    string        `yaml:"profile"`
	Interval   time.Duration `yaml:"interval"`
	ICMP       Probe         `yaml:"icmp"`
	SNMP       Probe         `yaml:"snmp"`
	Interfaces Interfaces    `yaml:"interfaces"`
}

// Interfaces chooses the ports of a device by patterns of their keys.
type Interfaces struct {
	Monitor conf.Texts `yaml:"monitor"` // for the collector alone
	Ignore  conf.Texts `yaml:"ignore"`
}

// Probe is how often one kind of probe looks.
type Probe struct {
	Interval time.Duration `yaml:"interval"`
}

// Credential is an SNMP credential in the shape of the inventory.
type Credential struct {
	Name string `yaml:"name"`
	SNMP SNMP   `yaml:"snmp"`
}

// SNMP is what a device wants to hear.
type SNMP struct {
	Version        string      `yaml:"version"`
	Community      conf.Secret `yaml:"community"`
	Username       string      `yaml:"username"`
	AuthProtocol   string      `yaml:"auth_protocol"`
	AuthPassphrase conf.Secret `yaml:"auth_passphrase"`
	PrivProtocol   string      `yaml:"priv_protocol"`
	PrivPassphrase conf.Secret `yaml:"priv_passphrase"`
	Context        string      `yaml:"context"`
}

// The intervals of a device that names none.
const (
	defaultICMP = time.Second
	defaultSNMP = time.Minute
)

var nameRule = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

func (l Local) validate(at conf.Section) {
	credentials := map[string]bool{}
	for i, c := range l.Credentials {
		item := at.Item("credentials", i)
		if credentials[c.Name] {
			item.Problemf("name", "credential %q stands here again, names are unique", c.Name)
		}
		credentials[c.Name] = true
		if v := c.SNMP.Version; v != "1" && v != "2c" && v != "3" {
			item.Problemf("snmp.version", "%q is not one of 1, 2c, 3", v)
		}
		if len(c.SNMP.Community) > 127 {
			item.Problemf("snmp.community", "is %d bytes long, 127 is the most", len(c.SNMP.Community))
		}
	}
	places := map[string]string{}
	for i, d := range l.Devices {
		item := at.Item("devices", i)
		if !nameRule.MatchString(d.Name) {
			item.Problemf("name", "%q is not a name, use a-z, 0-9, dot and dash, such as lis-core-1", d.Name)
		}
		if first, ok := places[d.Name]; ok {
			item.Problemf("name", "device %q stands here again, first at %s: names are unique", d.Name, first)
		}
		places[d.Name] = item.Place()
		if d.Address == "" {
			item.Problemf("address", "a device needs an address: an IP address or a host name")
		}
		item.Address("address", d.Address)
		if d.Credential != "" && !credentials[d.Credential] {
			item.Problemf("credential", "unknown credential %q, define it under local.credentials", d.Credential)
		}
	}
}

// Assignment is l in the form in which a collector would assign it. Its term of 0 gives way to any.
func (l Local) Assignment() telemetry.Assignment {
	a := telemetry.Assignment{Credentials: map[string]telemetry.Credential{}}
	for _, c := range l.Credentials {
		a.Credentials[c.Name] = telemetry.Credential{
			Version: c.SNMP.Version, Community: c.SNMP.Community, Username: c.SNMP.Username,
			AuthProtocol: c.SNMP.AuthProtocol, AuthPassphrase: c.SNMP.AuthPassphrase,
			PrivProtocol: c.SNMP.PrivProtocol, PrivPassphrase: c.SNMP.PrivPassphrase, Context: c.SNMP.Context,
		}
	}
	for _, d := range l.Devices {
		a.Devices = append(a.Devices, telemetry.AssignedDevice{
			Name: d.Name, Address: d.Address, Port: d.Port, Credential: d.Credential, Profile: d.Profile, Ignored: d.Interfaces.Ignore,
			SNMPInterval: firstOf(d.SNMP.Interval, d.Interval, defaultSNMP),
			ICMPInterval: firstOf(d.ICMP.Interval, defaultICMP),
		})
	}
	return a
}

func firstOf(ds ...time.Duration) time.Duration {
	for _, d := range ds {
		if d > 0 {
			return d
		}
	}
	return 0
}
