package inventory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// The states of a Proposal.
const (
	Proposed = "proposed"
	Approved = "approved"
	Rejected = "rejected"
)

// Ways by which something was found: Sighting.Via.
const (
	ViaARP  = "arp"
	ViaScan = "scan"
)

// Proposal is what might be a device. Times are Unix ms.
type Proposal struct {
	ID       int64
	Site     string
	Identity string // what makes it the same: a chassis, a name, an address
	Address  string // empty: not known
	Name     string // that a device of it would get
	Status   string
	Evidence []Sighting
	Hints    Hints
	First    int64
	Last     int64
	Decided  int64 // 0: not yet
	By       string
	Device   string // that it became
}

// Sighting says who saw it, and how.
type Sighting struct {
	Via    string `json:"via"` // lldp, cdp, arp, scan, …
	Device string `json:"device,omitempty"`
	Port   string `json:"port,omitempty"`
	Text   string `json:"text,omitempty"` // what it said of itself
}

// Hints are what is known before anybody polls it.
type Hints struct {
	Platform     string   `json:"platform,omitempty"`
	Capabilities []string `json:"capabilities,omitempty"`
	Credential   string   `json:"credential,omitempty"` // to which it answered a scan
	Port         uint16   `json:"port,omitempty"`       // at which it did; 0: 161
	SysObjectID  string   `json:"sys_object_id,omitempty"`
	Vendor       string   `json:"vendor,omitempty"`
	Model        string   `json:"model,omitempty"`
	Profile      string   `json:"profile,omitempty"`
}

// Reply is a line of a scan: ninewatch-agent discover -o json.
type Reply struct {
	Address     string `json:"address"`
	ICMP        bool   `json:"icmp"`
	SNMP        bool   `json:"snmp"`
	Credential  string `json:"credential,omitempty"`
	Name        string `json:"name,omitempty"`
	SysObjectID string `json:"sys_object_id,omitempty"`
	SysDescr    string `json:"sys_descr,omitempty"`
	Vendor      string `json:"vendor,omitempty"`
	Model       string `json:"model,omitempty"`
	Profile     string `json:"profile,omitempty"`
	Port        uint16 `json:"port,omitempty"` // of SNMP; 0: 161
}

// knownDevices recognises what is watched already.
type knownDevices struct {
	sites     map[string]string // by device
	addresses map[string]bool
	chassis   map[string]bool
	names     map[string]bool // short names, in small letters
}

func recognise(devices []Device, facts []telemetry.DeviceFacts) knownDevices {
	k := knownDevices{map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, d := range devices {
		k.sites[d.Name] = d.Site
		k.addresses[canonical(d.Address)] = true
		k.names[shortName(d.Name)] = true
	}
	for _, f := range facts {
		if _, watched := k.sites[f.Device]; !watched {
			continue
		}
		k.names[shortName(f.System.SysName)] = true
		k.chassis[strings.ToLower(f.LocalChassis.ID)] = true
		for _, a := range f.Addresses {
			if a.Address.IsValid() && !a.Address.IsLoopback() {
				k.addresses[a.Address.String()] = true
			}
		}
		for _, i := range f.Interfaces {
			if len(i.IfPhysAddress) > 0 {
				k.chassis[i.IfPhysAddress.String()] = true
			}
		}
	}
	delete(k.names, "")
	delete(k.chassis, "")
	return k
}

func (k knownDevices) has(p Proposal, chassis string) bool {
	return k.addresses[canonical(p.Address)] || k.chassis[strings.ToLower(chassis)] || k.names[shortName(p.Name)]
}

// ProposeNeighbors is what the neighbours of devices add up to: a Proposal for each that is not watched. Hosts
// that routers have resolved give addresses to neighbours; alone they are proposed where arp says so.
func ProposeNeighbors(devices []Device, facts []telemetry.DeviceFacts, arp func(site string) bool) []Proposal {
	known := recognise(devices, facts)
	found := map[string]*Proposal{}
	hosts := map[string]netip.Addr{} // by MAC
	for _, f := range facts {
		for _, h := range f.Hosts {
			hosts[h.PhysAddress.String()] = h.Address
		}
	}
	for _, f := range facts {
		site, watched := known.sites[f.Device]
		if !watched {
			continue
		}
		for _, n := range f.Neighbors {
			p := proposalOf(site, f.Device, n, hosts)
			if p.Identity != "" && !known.has(p, n.RemoteChassisID) {
				merge(found, p)
			}
		}
		if !arp(site) {
			continue
		}
		for _, h := range f.Hosts {
			p := Proposal{Site: site, Identity: "mac " + h.PhysAddress.String(), Address: text(h.Address), Name: deviceName("", text(h.Address)),
				Evidence: []Sighting{{Via: ViaARP, Device: f.Device, Text: h.PhysAddress.String()}}}
			if !known.has(p, h.PhysAddress.String()) {
				merge(found, p)
			}
		}
	}
	return sorted(found)
}

func proposalOf(site, device string, n telemetry.Neighbor, hosts map[string]netip.Addr) Proposal {
	p := Proposal{Site: site, Hints: Hints{Platform: cmp.Or(n.RemotePlatform, firstLine(n.RemoteDescr)), Capabilities: n.Capabilities}}
	for _, a := range n.Addresses { // IPv4 first: agents of a site reach it more often
		if a.IsValid() && !a.IsUnspecified() && !a.IsLinkLocalUnicast() && (p.Address == "" || a.Is4() && strings.Contains(p.Address, ":")) {
			p.Address = a.Unmap().String()
		}
	}
	if a, ok := hosts[strings.ToLower(n.RemoteChassisID)]; ok && p.Address == "" {
		p.Address = text(a)
	}
	switch {
	case n.RemoteChassisSubtype == "macAddress":
		p.Identity = "mac " + strings.ToLower(n.RemoteChassisID)
	case n.RemoteName != "":
		p.Identity = "name " + shortName(n.RemoteName)
	case n.RemoteChassisID != "":
		p.Identity = "chassis " + n.RemoteChassisID
	case p.Address != "":
		p.Identity = "address " + p.Address
	}
	p.Name = deviceName(cmp.Or(n.RemoteName, nameOnly(n)), p.Address)
	p.Evidence = []Sighting{{Via: cmp.Or(n.Protocol, "neighbor"), Device: device, Port: cmp.Or(n.LocalKey, n.LocalPort), Text: strings.TrimSpace(n.RemoteName + " " + n.RemotePortID)}}
	return p
}

// nameOnly is a chassis identifier that is a name, as CDP sends it.
func nameOnly(n telemetry.Neighbor) string {
	if n.RemoteChassisSubtype == "" || n.RemoteChassisSubtype == "local" {
		return n.RemoteChassisID
	}
	return ""
}

// ProposeAnswers is what a scan of a site found and nobody watches.
func ProposeAnswers(site string, answers []Reply, devices []Device, facts []telemetry.DeviceFacts) []Proposal {
	known := recognise(devices, facts)
	found := map[string]*Proposal{}
	for _, a := range answers {
		address := canonical(a.Address)
		said := "answers ICMP"
		if a.SNMP {
			said = firstLine(a.SysDescr)
		}
		p := Proposal{Site: site, Identity: "address " + address, Address: address, Name: deviceName(a.Name, address),
			Hints:    Hints{Platform: firstLine(a.SysDescr), Credential: a.Credential, SysObjectID: a.SysObjectID, Vendor: a.Vendor, Model: a.Model, Profile: a.Profile, Port: a.Port},
			Evidence: []Sighting{{Via: ViaScan, Text: said}}}
		if _, err := netip.ParseAddr(address); err == nil && !known.addresses[address] && (a.Name == "" || !known.names[shortName(a.Name)]) {
			merge(found, p)
		}
	}
	return sorted(found)
}

// merge adds what is new of p to the proposal of the same thing: the same identity, or the same address.
func merge(found map[string]*Proposal, p Proposal) {
	key := p.Site + "\x00" + p.Identity
	old, ok := found[key]
	for _, other := range found {
		if !ok && p.Address != "" && other.Site == p.Site && other.Address == p.Address {
			old, ok = other, true
		}
	}
	if !ok {
		found[key] = &p
		return
	}
	old.absorb(p)
}

// maxEvidence bounds what is kept of one thing that all switches see.
const maxEvidence = 32

func (p *Proposal) absorb(more Proposal) {
	p.Address = cmp.Or(p.Address, more.Address)
	if p.Name == "" || p.Name == deviceName("", p.Address) && more.Name != "" { // an address is no name
		p.Name = more.Name
	}
	h, m := &p.Hints, more.Hints
	h.Platform, h.Credential, h.SysObjectID = cmp.Or(h.Platform, m.Platform), cmp.Or(h.Credential, m.Credential), cmp.Or(h.SysObjectID, m.SysObjectID)
	h.Vendor, h.Model, h.Profile = cmp.Or(h.Vendor, m.Vendor), cmp.Or(h.Model, m.Model), cmp.Or(h.Profile, m.Profile)
	if h.Port == 0 {
		h.Port = m.Port
	}
	if len(h.Capabilities) == 0 {
		h.Capabilities = m.Capabilities
	}
	for _, e := range more.Evidence {
		if !slices.Contains(p.Evidence, e) && len(p.Evidence) < maxEvidence {
			p.Evidence = append(p.Evidence, e)
		}
	}
}

func sorted(found map[string]*Proposal) []Proposal {
	out := make([]Proposal, 0, len(found))
	for _, key := range sortedKeys(found) {
		out = append(out, *found[key])
	}
	return out
}

// deviceName makes a name of the inventory of what something calls itself.
func deviceName(said, address string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		case r == ':', r == '_', r == ' ', r == '/':
			return '-'
		}
		return -1
	}, strings.ToLower(cmp.Or(said, address)))
	name = strings.Trim(name, ".-")
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], ".-")
	}
	return name
}

// shortName is a name without its domain, in small letters; an address stays whole.
func shortName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if _, err := netip.ParseAddr(name); err == nil {
		return name
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

func canonical(address string) string {
	if a, err := netip.ParseAddr(address); err == nil {
		return a.Unmap().String()
	}
	return strings.ToLower(address)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(s, "\r", "\n"), "\n")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return strings.TrimSpace(s)
}

// DiscoveryRule decides on proposals without a person.
type DiscoveryRule struct {
	Name       string         `json:"name"`
	Site       string         `json:"site,omitempty"` // empty: at all sites
	Match      DiscoveryMatch `json:"match,omitzero"`
	Then       string         `json:"then"`                 // approve, reject, or propose (which asks for hosts seen by ARP alone)
	Credential string         `json:"credential,omitempty"` // of the device; empty: the one that it took in a scan
	Role       string         `json:"role,omitempty"`
}

// DiscoveryMatch chooses proposals: each key that is set has to match with one of its values, in which *
// stands for any text.
type DiscoveryMatch struct {
	Via          []string `json:"via,omitempty"`   // lldp, cdp, arp, scan
	Range        []string `json:"range,omitempty"` // of addresses: 192.0.2.0/24
	Name         []string `json:"name,omitempty"`
	Platform     []string `json:"platform,omitempty"`
	Capabilities []string `json:"capabilities,omitempty"` // router, bridge, …
}

// Validate says what in r cannot be used.
func (r DiscoveryRule) Validate() error {
	if !validName(r.Name) {
		return fmt.Errorf("%w: name %q is not one, use a-z, 0-9, dot and dash", ErrInvalid, r.Name)
	}
	if !slices.Contains([]string{"approve", "reject", "propose"}, r.Then) {
		return fmt.Errorf("%w: then is approve, reject or propose, not %q", ErrInvalid, r.Then)
	}
	for _, text := range r.Match.Range {
		if _, err := netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("%w: range %q is none, write for example 192.0.2.0/24", ErrInvalid, text)
		}
	}
	if r.Then == "approve" && len(r.Match.Range)+len(r.Match.Name)+len(r.Match.Platform)+len(r.Match.Capabilities) == 0 {
		return fmt.Errorf("%w: a rule that approves has to match on range, name, platform or capabilities, else it takes everything", ErrInvalid)
	}
	return nil
}

func (r DiscoveryRule) matches(p Proposal) bool {
	m := r.Match
	if r.Site != "" && r.Site != p.Site || !globs(m.Name, p.Name) || !globs(m.Platform, p.Hints.Platform) || !globsAny(m.Capabilities, p.Hints.Capabilities) {
		return false
	}
	if len(m.Via) > 0 && !slices.ContainsFunc(p.Evidence, func(e Sighting) bool { return globs(m.Via, e.Via) }) {
		return false
	}
	a, err := netip.ParseAddr(p.Address)
	return len(m.Range) == 0 || err == nil && slices.ContainsFunc(m.Range, func(text string) bool {
		r, err := netip.ParsePrefix(text)
		return err == nil && r.Contains(a)
	})
}

func decodeEvidence(evidence, hints []byte, p *Proposal) error {
	if err := json.Unmarshal(evidence, &p.Evidence); err != nil {
		return err
	}
	return json.Unmarshal(hints, &p.Hints)
}
