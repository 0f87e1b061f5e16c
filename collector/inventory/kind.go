package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// id names an object.
type id struct{ kind, name string }

// entry is an object of an Inventory: a pointer to a Site, a Device and so on.
type entry interface{ id() id }

// Kind says how a kind of objects is written.
type Kind struct {
	Name string // as in Change.Kind: site
	List string // its key in files and path in the API: sites
	refs []refRule
}

// form is how a text refers to an object.
type form uint8

const (
	byName     form = iota // the name of an object of a kind
	byScope                // a Scope
	byEndpoint             // an Endpoint
)

// refRule says that the texts at path (keys joined by dots; what is in lists or below them counts) refer to
// objects.
type refRule struct {
	path string
	form form
	kind string // with byName
}

// kinds are all kinds, in the order in which they are shown.
var kinds = []Kind{
	{KindSite, "sites", []refRule{{"calendar", byName, KindCalendar}}},
	{KindCalendar, "calendars", nil},
	{KindCredential, "credentials", []refRule{{"sites", byName, KindSite}}},
	{KindDevice, "devices", []refRule{{"site", byName, KindSite}, {"credential", byName, KindCredential}, {"parents", byName, KindDevice}}},
	{KindCircuit, "circuits", []refRule{{"site", byName, KindSite}, {"device", byName, KindDevice}, {"contract.calendar", byName, KindCalendar}}},
	{KindLink, "links", []refRule{{"a", byEndpoint, ""}, {"b", byEndpoint, ""}}},
	{KindService, "services", []refRule{{"site", byName, KindSite}, {"needs", byScope, ""}, {"objective.calendar", byName, KindCalendar}}},
	{KindRedundancyGroup, "redundancy_groups", []refRule{{"members", byScope, ""}}},
	{KindRiskGroup, "risk_groups", []refRule{{"members", byScope, ""}}},
	{KindMaintenance, "maintenance", []refRule{{"scope", byScope, ""}}},
	{KindReceiver, "receivers", []refRule{{"sites", byName, KindSite}}},
	{KindRoute, "routes", []refRule{{"sites", byName, KindSite}, {"match.site", byName, KindSite}, {"match.device", byName, KindDevice},
		{"receiver", byName, KindReceiver}, {"escalate_to", byName, KindReceiver}, {"calendar", byName, KindCalendar}}},
	{KindRule, "rules", []refRule{{"sites", byName, KindSite}}},
	{KindCapacity, "capacity", []refRule{{"match.site", byName, KindSite}, {"match.device", byName, KindDevice}}},
	{KindLifecycle, "lifecycle", nil},
	{KindSoftwarePolicy, "software_policies", []refRule{{"match.site", byName, KindSite}}},
	{KindSchedule, "schedules", []refRule{{"scope", byScope, ""}, {"receivers", byName, KindReceiver}}},
	{KindUser, "users", []refRule{{"roles.sites", byName, KindSite}}},
}

// Kinds lists all kinds, those that others refer to first.
func Kinds() []Kind { return slices.Clone(kinds) }

// KindOf finds a kind by its name or by that of its list.
func KindOf(name string) (Kind, bool) {
	i := kindIndex(name)
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

func kindIndex(name string) int {
	return slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name || k.List == name })
}

func listOf(kind string) string { return kinds[kindIndex(kind)].List }

func compareIDs(a, b id) int {
	return cmp.Or(kindIndex(a.kind)-kindIndex(b.kind), strings.Compare(a.name, b.name))
}

func (s *Site) id() id            { return id{KindSite, s.Name} }
func (c *Calendar) id() id        { return id{KindCalendar, c.Name} }
func (c *Credential) id() id      { return id{KindCredential, c.Name} }
func (d *Device) id() id          { return id{KindDevice, d.Name} }
func (c *Circuit) id() id         { return id{KindCircuit, c.Name} }
func (l *Link) id() id            { return id{KindLink, l.Name} }
func (s *Service) id() id         { return id{KindService, s.Name} }
func (g *RedundancyGroup) id() id { return id{KindRedundancyGroup, g.Name} }
func (g *RiskGroup) id() id       { return id{KindRiskGroup, g.Name} }
func (m *Maintenance) id() id     { return id{KindMaintenance, m.Name} }
func (r *Receiver) id() id        { return id{KindReceiver, r.Name} }
func (r *Route) id() id           { return id{KindRoute, r.Name} }
func (r *Rule) id() id            { return id{KindRule, r.Name} }
func (c *Capacity) id() id        { return id{KindCapacity, c.Name} }
func (l *Lifecycle) id() id       { return id{KindLifecycle, l.Name} }
func (p *SoftwarePolicy) id() id  { return id{KindSoftwarePolicy, p.Name} }
func (s *Schedule) id() id        { return id{KindSchedule, s.Name} }
func (u *User) id() id            { return id{KindUser, u.Name} }

// entries lists the objects of inv, kind by kind.
func (inv *Inventory) entries() []entry {
	var out []entry
	out = appendEntries(out, inv.Sites)
	out = appendEntries(out, inv.Calendars)
	out = appendEntries(out, inv.Credentials)
	out = appendEntries(out, inv.Devices)
	out = appendEntries(out, inv.Circuits)
	out = appendEntries(out, inv.Links)
	out = appendEntries(out, inv.Services)
	out = appendEntries(out, inv.RedundancyGroups)
	out = appendEntries(out, inv.RiskGroups)
	out = appendEntries(out, inv.Maintenance)
	out = appendEntries(out, inv.Receivers)
	out = appendEntries(out, inv.Routes)
	out = appendEntries(out, inv.Rules)
	out = appendEntries(out, inv.Capacity)
	out = appendEntries(out, inv.Lifecycle)
	out = appendEntries(out, inv.SoftwarePolicies)
	out = appendEntries(out, inv.Schedules)
	return appendEntries(out, inv.Users)
}

func appendEntries[T any, P interface {
	*T
	entry
}](out []entry, list []T) []entry {
	for i := range list {
		out = append(out, P(&list[i]))
	}
	return out
}

// add appends the objects of more.
func (inv *Inventory) add(more Inventory) {
	inv.Sites = append(inv.Sites, more.Sites...)
	inv.Calendars = append(inv.Calendars, more.Calendars...)
	inv.Credentials = append(inv.Credentials, more.Credentials...)
	inv.Devices = append(inv.Devices, more.Devices...)
	inv.Circuits = append(inv.Circuits, more.Circuits...)
	inv.Links = append(inv.Links, more.Links...)
	inv.Services = append(inv.Services, more.Services...)
	inv.RedundancyGroups = append(inv.RedundancyGroups, more.RedundancyGroups...)
	inv.RiskGroups = append(inv.RiskGroups, more.RiskGroups...)
	inv.Maintenance = append(inv.Maintenance, more.Maintenance...)
	inv.Receivers = append(inv.Receivers, more.Receivers...)
	inv.Routes = append(inv.Routes, more.Routes...)
	inv.Rules = append(inv.Rules, more.Rules...)
	inv.Capacity = append(inv.Capacity, more.Capacity...)
	inv.Lifecycle = append(inv.Lifecycle, more.Lifecycle...)
	inv.SoftwarePolicies = append(inv.SoftwarePolicies, more.SoftwarePolicies...)
	inv.Schedules = append(inv.Schedules, more.Schedules...)
	inv.Users = append(inv.Users, more.Users...)
}

// renamedFrom is the former name of what can be renamed.
func renamedFrom(e entry) string {
	switch e := e.(type) {
	case *Site:
		return e.RenamedFrom
	case *Device:
		return e.RenamedFrom
	}
	return ""
}

// derivedName is the name of an object that has none in its file: it says what the object is about, and the
// same words give the same name. Kinds that need a name have none.
func derivedName(e entry) string {
	switch e := e.(type) {
	case *Link:
		a, b := e.A, e.B
		if b < a {
			a, b = b, a
		}
		return string(a) + "~" + string(b)
	case *Route:
		return strings.Join(e.Receiver, "+") + words(e.Match)
	case *Capacity:
		return "capacity" + words(e.Match)
	case *Lifecycle:
		return strings.TrimSpace(e.Vendor + " " + e.Model)
	case *SoftwarePolicy:
		return "software" + words(e.Match)
	case *Schedule:
		name := e.Report + " " + e.Period
		for _, s := range e.Scope {
			name += " " + string(s)
		}
		return name
	}
	return ""
}

// words is a match as text: " site=lisbon severity=critical,major".
func words(match any) string {
	out := ""
	values := flatten(mustJSON(match))
	for _, key := range sortedKeys(values) {
		out += fmt.Sprintf(" %s=%s", key, strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(values[key]))
	}
	return out
}
