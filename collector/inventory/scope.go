package inventory

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of a Scope, besides those that are kinds of objects.
const (
	ScopeAll       = "all"
	ScopeInterface = "interface" // device/key
	ScopePath      = "path"      // agent/device
	ScopeRegion    = "region"
	ScopeProvider  = "provider"
	ScopeRole      = "role"
	ScopeTag       = "tag"
)

var scopeKinds = []string{KindDevice, ScopeInterface, KindSite, ScopeRegion, KindCircuit, KindService, ScopePath,
	KindLink, ScopeProvider, ScopeRole, ScopeTag, KindRedundancyGroup}

// Scope names what something is about: all, or KIND:NAME such as site:lisbon or interface:lis-1/Gi1. In a
// file a bare name is a device, and one with a slash an interface.
type Scope string

// UnmarshalText implements encoding.TextUnmarshaler. It writes the kind of bare names.
func (s *Scope) UnmarshalText(text []byte) error {
	t := string(text)
	kind, name, found := strings.Cut(t, ":")
	switch {
	case t == ScopeAll || t == "company":
		*s = ScopeAll
		return nil
	case !found && strings.Contains(t, "/"):
		kind, name = ScopeInterface, t
	case !found:
		kind, name = KindDevice, t
	case strings.Contains(kind, "/"): // an interface key with a colon
		kind, name = ScopeInterface, t
	}
	if !slices.Contains(scopeKinds, kind) {
		return fmt.Errorf("%q begins with no kind that can be named here, write one of %s, a colon and a name", t, strings.Join(scopeKinds, ", "))
	}
	first, rest, slash := strings.Cut(name, "/")
	if pair := kind == ScopeInterface || kind == ScopePath; name == "" || pair && (first == "" || rest == "" || !slash) {
		return fmt.Errorf("%q names nothing, write for example device:lis-edge-1, interface:lis-edge-1/Gi1 or site:lisbon", t)
	}
	if !printable(t) || len(t) > maxText {
		return fmt.Errorf("%q is too long or has control characters", t)
	}
	*s = Scope(kind + ":" + name)
	return nil
}

// Split takes s apart: kind, name, and what stands behind the first slash of an interface or path.
func (s Scope) Split() (kind, name, rest string) {
	kind, name, _ = strings.Cut(string(s), ":")
	if kind == ScopeInterface || kind == ScopePath {
		name, rest, _ = strings.Cut(name, "/")
	}
	return kind, name, rest
}

// object is what s refers to; nothing for what is no object of the inventory.
func (s Scope) object() (id, bool) {
	kind, name, rest := s.Split()
	switch kind {
	case ScopeInterface:
		return id{KindDevice, name}, true
	case ScopePath:
		return id{KindDevice, rest}, true
	case KindDevice, KindSite, KindCircuit, KindService, KindLink, KindRedundancyGroup:
		return id{kind, name}, true
	}
	return id{}, false
}

// renamed is s with the object of another name.
func (s Scope) renamed(to string) Scope {
	kind, name, rest := s.Split()
	switch kind {
	case ScopeInterface:
		return Scope(kind + ":" + to + "/" + rest)
	case ScopePath:
		return Scope(kind + ":" + name + "/" + to)
	}
	return Scope(kind + ":" + to)
}

// Scopes is a list of them; a single one may stand without brackets.
type Scopes []Scope

// MayBeOne implements conf.One.
func (Scopes) MayBeOne() {}

// Endpoint is an end of a link: DEVICE/INTERFACE, or DEVICE alone.
type Endpoint string

// Split takes e apart.
func (e Endpoint) Split() (device, key string) {
	device, key, _ = strings.Cut(string(e), "/")
	return device, key
}
