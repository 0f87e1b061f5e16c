package inventory

import (
	"math"
	"slices"
	"strings"
	"time"

	"ninewatch/internal/conf"
)

var (
	modes     = []string{ModeLAG, ModeECMP, ModeActiveBackup, ModeFHRP, ModePSU, ModeFan, ModeCluster, ModeStack, ModeRouting, ModeSTP}
	riskKinds = []string{"duct", "chassis", "line_card", "power_feed", "provider"}
	resources = []string{"interface", "circuit", "processor", "memory", "storage", "power", "sensor"}
)

func (l *Link) validate(at conf.Section) {
	for key, end := range map[string]Endpoint{"a": l.A, "b": l.B} {
		device, port := end.Split()
		switch {
		case end == "":
			at.Problemf(key, "a link has two ends, write DEVICE/INTERFACE, for example lis-edge-1/Gi0/1")
		case device == "" || port == "":
			at.Problemf(key, "%q names no port, write DEVICE/INTERFACE, for example lis-edge-1/Gi0/1", end)
		}
		texts(at, key, string(end))
	}
	if l.A == l.B && l.A != "" {
		at.Problemf("b", "both ends are %q, a link has two", l.A)
	}
}

func (g *RedundancyGroup) validate(at conf.Section) {
	oneOf(at, "mode", g.Mode, modes)
	n := len(g.Members)
	if n < 2 {
		at.Problemf("members", "a group of %d is not redundant, name two members at least", n)
		return
	}
	designed := n
	if g.Designed != 0 {
		designed = g.Designed
	}
	if g.Designed < 0 || designed > n {
		at.Problemf("designed", "%d is not between 1 and the %d members", g.Designed, n)
	}
	if g.Min < 0 || g.Min > designed {
		at.Problemf("min", "%d is not between 1 and the %d that are designed", g.Min, designed)
	}
}

func (g *RiskGroup) validate(at conf.Section) {
	required(at, "kind", g.Kind, riskKinds)
	if len(g.Members) == 0 {
		at.Problemf("members", "what fails together? name devices, interfaces, links or circuits")
	}
}

func (c *Capacity) validate(at conf.Section) {
	m := at.In("match")
	lists(m, map[string]conf.Texts{"site": c.Match.Site, "device": c.Match.Device, "interface": c.Match.Interface, "role": c.Match.Role,
		"provider": c.Match.Provider, "name": c.Match.Name, "tags": c.Match.Tags})
	for i, r := range c.Match.Resource {
		required(m.Item("resource", i), "", r, resources)
	}
	if c.Limit != "" && c.Limit.Value() <= 0 {
		at.Problemf("limit", "0 %% is always reached, write for example 80")
	}
	between(at, "lead_time", c.LeadTime, time.Hour, 1000*24*time.Hour)
	if c.Limit == "" && c.LeadTime == 0 && c.Max == 0 && c.Min == 0 && c.Expr == "" {
		at.Problemf("limit", "neither a limit nor a lead time, write at least one")
	}
	c.bounds(at)
}

// bounds checks what sensors and expressions are held against.
func (c *Capacity) bounds(at conf.Section) {
	number := func(key string, v float64) {
		if !(v >= 0) || math.IsInf(v, 0) {
			at.Problemf(key, "%g is not a number above 0", v)
		}
	}
	number("max", c.Max)
	number("min", c.Min)
	switch {
	case c.Max > 0 && c.Min > 0:
		at.Problemf("min", "a rule has either a max or a min: write two rules")
	case c.Min > 0 && c.Limit != "":
		at.Problemf("limit", "a limit is a percentage of a max: with min leave it out")
	case c.Expr == "" && (c.Max > 0 || c.Min > 0) && !slices.Equal(c.Match.Resource, conf.Texts{"sensor"}):
		at.Problemf("match.resource", "max and min are of sensors and expressions: write resource: sensor, or an expr")
	case c.Expr != "" && c.Max == 0 && c.Min == 0:
		at.Problemf("max", "what can it carry at most? write max, or min for what must not fall below")
	}
	if c.Expr == "" {
		return
	}
	if !c.Match.onlySites() {
		at.Problemf("match", "of an expression only site may be set: choose series in the expression")
	}
	query(at, c.Expr)
}

// onlySites tells whether no other key is set.
func (m CapacityMatch) onlySites() bool {
	m.Site = nil // of the copy
	return m.IsZero()
}

func (l *Lifecycle) validate(at conf.Section) {
	texts(at, "model", l.Model, "vendor", l.Vendor)
	if l.Model == "" {
		at.Problemf("model", "of which model? * stands for any text")
	}
	dates(at, "end_of_sale", l.EndOfSale, "end_of_support", l.EndOfSupport)
	if l.EndOfSale == "" && l.EndOfSupport == "" {
		at.Problemf("end_of_support", "neither end_of_sale nor end_of_support, write at least one date")
	}
	if l.EndOfSale != "" && l.EndOfSupport != "" && l.EndOfSupport < l.EndOfSale {
		at.Problemf("end_of_support", "%s lies before the end of sale %s", l.EndOfSupport, l.EndOfSale)
	}
}

func (p *SoftwarePolicy) validate(at conf.Section) {
	lists(at.In("match"), map[string]conf.Texts{"vendor": p.Match.Vendor, "os": p.Match.OS, "model": p.Match.Model, "site": p.Match.Site,
		"role": p.Match.Role, "tags": p.Match.Tags})
	if len(p.Versions) == 0 {
		at.Problemf("versions", "which versions are allowed? write for example versions: [17.9.4, \">=17.12\"]")
	}
	for i, v := range p.Versions {
		if _, err := parseVersions(v); err != nil {
			at.Item("versions", i).Problemf("", "%s", err)
		}
	}
}

// dates checks dates, given as key, text, key, text.
func dates(at conf.Section, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		if _, err := time.Parse(time.DateOnly, pairs[i+1]); pairs[i+1] != "" && err != nil {
			at.Problemf(pairs[i], "%q is not a date, write for example 2026-11-30", pairs[i+1])
		}
	}
}

// globs tells whether a text is like one of the patterns, in any case; no patterns take every text.
func globs(patterns []string, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return glob(strings.ToLower(p), strings.ToLower(text)) })
}

// glob matches a pattern in which * stands for any text.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
