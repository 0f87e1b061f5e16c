package snmp

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ninewatch/internal/conf"
	"ninewatch/internal/telemetry"
	ber "ninewatch/internal/usm"
)

// Limits of what a Credential may hold. RFC 3414 allows a passphrase from 8 octets on; beyond 127 octets
// a community needs a length of two octets, which many agents do not read.
const (
	maxCommunity  = 127
	maxUsername   = 32
	minPassphrase = 8
)

// DefaultTimeout and DefaultRetries are what a Device without them gets.
const (
	DefaultTimeout = 2 * time.Second
	DefaultRetries = 2
)

// Credential is what a device wants to hear before it answers.
type Credential struct {
	Version        string // 1, 2c, 3
	Community      conf.Secret
	Username       string
	AuthProtocol   string // MD5, SHA, SHA224, SHA256, SHA384, SHA512; empty: no authentication
	AuthPassphrase conf.Secret
	PrivProtocol   string // DES, AES, AES192, AES192C, AES256, AES256C; empty: no privacy
	PrivPassphrase conf.Secret
	Context        string
}

// CredentialFrom is the credential of an assignment.
func CredentialFrom(c telemetry.Credential) Credential {
	return Credential(c)
}

// Validate reports every value that cannot be right, before any packet is sent.
func (c Credential) Validate() error {
	switch c.Version {
	case "1", "2c":
		return c.validateCommunity()
	case "3":
		return c.validateUser()
	}
	return fmt.Errorf("SNMP version %q: it is one of 1, 2c, 3", c.Version)
}

func (c Credential) validateCommunity() error {
	switch n := len(c.Community.Reveal()); {
	case n == 0:
		return fmt.Errorf("SNMP version %s needs a community", c.Version)
	case n > maxCommunity:
		return fmt.Errorf("community has %d bytes, at most %d are possible", n, maxCommunity)
	case c.Username != "" || c.AuthProtocol != "" || c.PrivProtocol != "":
		return fmt.Errorf("SNMP version %s has a community, not a user name and protocols: these need version 3", c.Version)
	}
	return nil
}

func (c Credential) validateUser() error {
	var errs []error
	switch {
	case c.Username == "":
		errs = append(errs, errors.New("SNMP version 3 needs a user name"))
	case len(c.Username) > maxUsername:
		errs = append(errs, fmt.Errorf("user name has %d bytes, at most %d are possible", len(c.Username), maxUsername))
	}
	if c.Community != "" {
		errs = append(errs, errors.New("SNMP version 3 has a user name, not a community"))
	}
	if len(c.Context) > 255 {
		errs = append(errs, fmt.Errorf("context name has %d bytes, at most 255 are possible", len(c.Context)))
	}
	errs = append(errs, protocol("authentication", c.AuthProtocol, c.AuthPassphrase, names(ber.Auths)),
		protocol("privacy", c.PrivProtocol, c.PrivPassphrase, names(ber.Privs)))
	if c.PrivProtocol != "" && c.AuthProtocol == "" {
		errs = append(errs, errors.New("privacy needs an authentication protocol too"))
	}
	return errors.Join(errs...)
}

func names[P any](known map[string]P) []string { return slices.Sorted(maps.Keys(known)) }

func protocol(what, name string, passphrase conf.Secret, known []string) error {
	if name == "" {
		if passphrase != "" {
			return fmt.Errorf("the %s passphrase needs a protocol", what)
		}
		return nil
	}
	if !slices.Contains(known, strings.ToUpper(name)) {
		return fmt.Errorf("%s protocol %q: it is one of %s", what, name,
			strings.Join(known, ", "))
	}
	if n := len(passphrase.Reveal()); n < minPassphrase {
		return fmt.Errorf("%s passphrase has %d bytes, at least %d are needed", what, n, minPassphrase)
	}
	return nil
}
