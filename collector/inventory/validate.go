package inventory

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ninewatch/internal/conf"
)

const (
	maxName      = 128
	maxText      = 1024 // bytes of any other text
	maxCommunity = 127  // bytes: longer ones need a long-form BER length, which many devices refuse
	maxUsername  = 32   // RFC 3414, 2.4: msgUserName
	minPass      = 8    // RFC 3414, 11.2: shorter passphrases are not allowed
)

var (
	nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

	authProtocols = []string{"MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"}
	privProtocols = []string{"DES", "AES", "AES192", "AES192C", "AES256", "AES256C"}
)

func validName(s string) bool { return len(s) <= maxName && nameForm.MatchString(s) }

// validate reports what is wrong with the values of an object.
func (p *parser) validate(at conf.Section, e entry) {
	switch e := e.(type) {
	case *Site:
		e.validate(at)
	case *Calendar:
		e.validate(at)
	case *Credential:
		e.validate(at)
	case *Device:
		e.validate(at)
	case *Circuit:
		e.validate(at)
	case *Link:
		e.validate(at)
	case *Service:
		e.validate(at)
	case *RedundancyGroup:
		e.validate(at)
	case *RiskGroup:
		e.validate(at)
	case *Maintenance:
		e.validate(at)
	case *Receiver:
		e.validate(at)
	case *Route:
		e.validate(at)
	case *Rule:
		e.validate(at)
	case *Capacity:
		e.validate(at)
	case *Lifecycle:
		e.validate(at)
	case *SoftwarePolicy:
		e.validate(at)
	case *Schedule:
		e.validate(at)
	case *User:
		e.validate(at)
	}
}

func (s *Site) validate(at conf.Section) {
	texts(at, "display_name", s.DisplayName, "region", s.Region)
	textList(at, "tags", s.Tags)
	zone(at, "time_zone", s.TimeZone)
	if len(s.References) > maxReferences {
		at.Problemf("references", "%d are too many, write %d at most: what has to be watched is a device", len(s.References), maxReferences)
	}
	seen := map[string]bool{}
	for i, r := range s.References {
		at := at.Item("references", i)
		switch {
		case !validName(r.Name):
			at.Problemf("name", "%q is not a name, use a-z, 0-9, dot and dash, at most %d characters, and begin with a letter or digit", r.Name, maxName)
		case seen[r.Name]:
			at.Problemf("name", "%q is the name of another reference of this site", r.Name)
		}
		seen[r.Name] = true
		if r.Address == "" {
			at.Problemf("address", "a reference needs an IP address or a host name")
		}
		at.Address("address", r.Address)
		between(at, "interval", r.Interval, 100*time.Millisecond, time.Hour)
	}
}

// maxReferences is how many references a site has at most: each is asked every second by each of its agents.
const maxReferences = 50

// zone checks a time zone and returns it; UTC for none, and for one that is wrong.
func zone(at conf.Section, key, name string) *time.Location {
	location, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		at.Problemf(key, "%q is not a time zone, write for example Europe/Lisbon", name)
		return time.UTC
	}
	return location
}

func (c *Credential) validate(at conf.Section) {
	if c.SNMP == nil {
		at.Problemf("snmp", "a credential needs snmp, write for example snmp: {version: 2c, community: …}")
		return
	}
	s, at := c.SNMP, at.In("snmp")
	if s.Version == "" && s.Username != "" {
		s.Version = "3"
	} else if s.Version == "" {
		s.Version = "2c"
	}
	switch s.Version {
	case "1", "2c":
		s.validateCommunity(at)
	case "3":
		s.validateUser(at)
	default:
		at.Problemf("version", "%q is not a version of SNMP, write 1, 2c or 3", s.Version)
	}
}

func (s *SNMP) validateCommunity(at conf.Section) {
	switch {
	case s.Community == "":
		at.Problemf("community", "version %s needs a community", s.Version)
	case len(s.Community) > maxCommunity:
		at.Problemf("community", "%d bytes are too many, a community has at most %d", len(s.Community), maxCommunity)
	}
	for _, key := range []string{"username", "auth_protocol", "auth_passphrase", "priv_protocol", "priv_passphrase", "context"} {
		if at.Has(key) {
			at.Problemf(key, "belongs to version 3, and this is version %s: leave it out or write version: 3", s.Version)
		}
	}
}

func (s *SNMP) validateUser(at conf.Section) {
	if s.Username == "" || len(s.Username) > maxUsername {
		at.Problemf("username", "version 3 needs a username of at most %d bytes", maxUsername)
	}
	texts(at, "username", s.Username, "context", s.Context)
	if at.Has("community") {
		at.Problemf("community", "belongs to versions 1 and 2c, and this is version 3: leave it out")
	}
	secured(at, "auth", s.AuthProtocol, s.AuthPassphrase, authProtocols)
	secured(at, "priv", s.PrivProtocol, s.PrivPassphrase, privProtocols)
	if s.PrivProtocol != "" && s.AuthProtocol == "" {
		at.Problemf("priv_protocol", "there is no privacy without authentication (RFC 3411): add auth_protocol and auth_passphrase")
	}
}

// secured checks one protocol with its passphrase.
func secured(at conf.Section, what, protocol string, pass conf.Secret, known []string) {
	switch {
	case protocol == "" && pass == "":
	case protocol == "":
		at.Problemf(what+"_protocol", "%s_passphrase needs a protocol: %s", what, strings.Join(known, ", "))
	case !slices.Contains(known, protocol):
		at.Problemf(what+"_protocol", "%q is not one of %s", protocol, strings.Join(known, ", "))
	case len(pass) < minPass:
		at.Problemf(what+"_passphrase", "a passphrase has at least %d characters (RFC 3414)", minPass)
	}
}

func (d *Device) validate(at conf.Section) {
	texts(at, "display_name", d.DisplayName, "profile", d.Profile, "role", d.Role, "owner", d.Owner, "department", d.Department)
	textList(at, "tags", d.Tags)
	textList(at, "interfaces.monitor", d.Interfaces.Monitor)
	textList(at, "interfaces.ignore", d.Interfaces.Ignore)
	if d.Site == "" {
		at.Problemf("site", "a device needs a site")
	}
	if slices.Contains(d.Parents, d.Name) {
		at.Problemf("parents", "a device cannot be its own parent")
	}
	if d.Address == "" {
		at.Problemf("address", "a device needs an address: an IP address or a host name")
	}
	at.Address("address", d.Address)
	validateIntervals(at, *d)
	validateAsset(at.In("asset"), d.Asset)
}

// mostConfirm is as much as makes sense: minutes of echoes.
const mostConfirm = 100

func validateIntervals(at conf.Section, d Device) {
	between := func(key string, v Duration, low, high time.Duration) {
		if time.Duration(v) < low || time.Duration(v) > high {
			at.Problemf(key, "%s is not between %s and %s", v, Duration(low), Duration(high))
		}
	}
	if d.Interval != 0 || at.Has("interval") {
		between("interval", d.Interval, time.Second, 24*time.Hour)
	}
	if i := d.SNMP.Interval; i != nil {
		between("snmp.interval", *i, time.Second, 24*time.Hour)
	}
	if i := d.ICMP.Interval; i != nil && *i != 0 {
		between("icmp.interval", *i, 100*time.Millisecond, time.Hour)
	}
	for key, n := range map[string]int{"icmp.confirm": d.ICMP.Confirm, "snmp.confirm": d.SNMP.Confirm} {
		if n < 0 || n > mostConfirm {
			at.Problemf(key, "%d failures in a row is not between 1 and %d", n, mostConfirm)
		}
	}
	if d.ICMPInterval() == 0 && d.Credential == "" {
		at.Problemf("icmp.interval", "without ICMP and without a credential nothing watches this device")
	}
}

func validateAsset(at conf.Section, a Asset) {
	dates(at, "purchased", a.Purchased, "warranty_until", a.WarrantyUntil, "end_of_life", a.EndOfLife)
	texts(at, "cost", a.Cost, "tag", a.Tag)
}

// texts checks free texts, given as key, text, key, text.
func texts(at conf.Section, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		checkText(at, pairs[i], pairs[i+1])
	}
}

func textList(at conf.Section, key string, list []string) {
	for i, text := range list {
		if text == "" {
			at.Item(key, i).Problemf("", "empty, leave it out")
		}
		checkText(at.Item(key, i), "", text)
	}
}

func checkText(at conf.Section, key, text string) {
	switch {
	case len(text) > maxText:
		at.Problemf(key, "%d bytes are too many, write at most %d", len(text), maxText)
	case !printable(text):
		at.Problemf(key, "%q has control characters", text)
	}
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
