package alert

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// carriers are the roles of devices that users are behind. One that others stand in for has none of its own.
var carriers = []string{"core", "edge", "router", "distribution", "switch", "access"}

// impact says what goes with the outage of devices, in words.
func impact(devices []string, i *Incident, b *Book) string {
	sites, services := map[string]bool{}, map[string]bool{}
	for _, d := range devices {
		if s := b.Devices[d].Site; s != "" {
			sites[s] = true
		}
		for _, name := range b.Services[d] {
			services[name] = true
		}
	}
	var parts []string
	if i.Behind > 0 {
		parts = append(parts, plural(i.Behind, "device")+" behind it")
	}
	if n := len(sites); n > 1 {
		parts = append(parts, plural(n, "site")+": "+some(slices.Sorted(maps.Keys(sites))))
	}
	if n := len(services); n > 0 {
		parts = append(parts, plural(n, "service")+": "+some(slices.Sorted(maps.Keys(services))))
	}
	users := 0.0
	for _, d := range devices {
		users += b.Devices[d].Users
	}
	if n := int(math.Round(users)); n > 0 && (i.Behind > 0 || slices.Contains(carriers, i.Role)) {
		parts = append(parts, plural(n, "user"))
	}
	return strings.Join(parts, "; ")
}

// wholeImpact is what goes with the outages of i, and the redundancy that is lost with them.
func (i *Incident) wholeImpact() string {
	if len(i.Spares) == 0 {
		return i.Reach
	}
	words := "without redundancy: " + first(i.Spares, sparesNamed)
	if i.Reach == "" {
		return words
	}
	return i.Reach + "; " + words
}

// sparesNamed is how many lost redundancies an incident names: more than those of one device.
const sparesNamed = 20

// some lists names: five of them, and how many more there are.
func some(names []string) string { return first(names, 5) }

// first lists the first n names, and how many more there are.
func first(names []string, n int) string {
	if len(names) > n {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
	}
	return strings.Join(names, ", ")
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// joined is text behind its separator, or nothing.
func joined(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}
