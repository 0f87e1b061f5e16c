package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
)

// Route is a route of the inventory, with its calendar ready for use.
type Route struct {
	inventory.Route
	// Open is when the calendar is open next: at itself, when it is now. nil: always open.
	Open func(at int64) int64
}

// ReceiverBook is what routing needs to know of a receiver.
type ReceiverBook struct {
	Name  string
	Sites []string // empty: of all sites
}

// groupWait is how long incidents of one group wait for each other.
const groupWait = 10 * time.Second

// updateEvery bounds how often changes of one incident are told.
const updateEvery = time.Minute

// matches tells whether the incident is one for the route, and if not, why.
func (r Route) matches(i *Incident, b *Book) (bool, string) {
	if len(r.Sites) > 0 && !slices.Contains(r.Sites, i.Site) {
		return false, "the route is for other sites"
	}
	p := b.Devices[i.Device]
	site := b.Sites[i.Site]
	for _, c := range []struct {
		key      string
		patterns []string
		has      []string
	}{
		{"site", r.Match.Site, []string{i.Site}},
		{"region", r.Match.Region, []string{site.Region}},
		{"device", r.Match.Device, append([]string{i.Device}, i.Roots...)},
		{"role", r.Match.Role, []string{i.Role}},
		{"severity", r.Match.Severity, []string{string(i.Severity)}},
		{"kind", r.Match.Kind, []string{i.Kind}},
		{"tags", r.Match.Tags, append(slices.Clone(p.Tags), site.Tags...)},
	} {
		if len(c.patterns) > 0 && !anyMatch(c.patterns, c.has) {
			return false, fmt.Sprintf("%s does not match", c.key)
		}
	}
	for name, pattern := range r.Match.Labels {
		if !glob(pattern, i.Labels[name]) {
			return false, fmt.Sprintf("label %s does not match", name)
		}
	}
	return true, ""
}

func anyMatch(patterns, texts []string) bool {
	return slices.ContainsFunc(texts, func(t string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return glob(p, t) })
	})
}

// glob tells whether text is pattern, in which * stands for any text.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		_, rest, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		text = rest
	}
	return strings.HasSuffix(text, last)
}

// target is where an incident may go.
type target struct {
	route    Route
	receiver string
	after    time.Duration // only when nobody has acknowledged for so long
}

// targets are all the places for an incident. Without any route, each receiver of the site is one.
func (b *Book) targets(i *Incident) []target {
	var out []target
	add := func(r Route, names []string, after time.Duration) {
		for _, name := range names {
			n := slices.IndexFunc(b.Receivers, func(x ReceiverBook) bool { return x.Name == name })
			if n < 0 || len(b.Receivers[n].Sites) > 0 && !slices.Contains(b.Receivers[n].Sites, i.Site) {
				continue
			}
			if !slices.ContainsFunc(out, func(t target) bool {
				return t.receiver == name && t.route.Name == r.Name && (t.after > 0) == (after > 0)
			}) {
				out = append(out, target{r, name, after})
			}
		}
	}
	if len(b.Routes) == 0 {
		all := make([]string, 0, len(b.Receivers))
		for _, r := range b.Receivers {
			all = append(all, r.Name)
		}
		add(Route{}, all, 0)
	}
	for _, r := range b.Routes {
		if ok, _ := r.matches(i, b); !ok {
			continue
		}
		add(r, r.Receiver, 0)
		if after := time.Duration(r.EscalateAfter); after > 0 {
			to := r.EscalateTo
			if len(to) == 0 {
				to = r.Receiver
			}
			add(r, to, after)
		}
	}
	return out
}

// groupKey is what incidents have in common that go together.
func (r Route) groupKey(i *Incident) string {
	var b strings.Builder
	for _, label := range r.GroupBy {
		fmt.Fprintf(&b, "%s=%q;", label, i.label(label))
	}
	return b.String()
}

// label is the value of a label of messages about i.
func (i *Incident) label(name string) string {
	switch name {
	case "site":
		return i.Site
	case "device":
		return i.Device
	case "kind":
		return i.Kind
	case "severity":
		return string(i.Severity)
	case "role":
		return i.Role
	case "team":
		return i.Team
	case "object":
		return i.Object
	}
	return i.Labels[name]
}
