package live

import (
	"fmt"
	"strconv"
	"strings"

	"ninewatch/collector/topology"
)

func classWords(c topology.Class) string { return strings.ReplaceAll(c.String(), "_", " ") }

// countWords is how many members are left: 1 of 2, 1 needed; down: te1/2.
func countWords(g *Group) string {
	up, unknown := g.Count()
	words := strconv.Itoa(up) + " of " + strconv.Itoa(g.Size()) + " up, " + strconv.Itoa(g.Needed) + " needed" // of thousands of groups again and again
	if unknown > 0 {
		words = fmt.Sprintf("%d to %d of %d up, %d needed", up, up+unknown, g.Size(), g.Needed)
	}
	var down, open []string
	for _, m := range g.Members {
		switch m.State {
		case topology.Down:
			down = append(down, m.ID)
		case topology.Unknown:
			open = append(open, m.ID)
		}
	}
	if len(down) > 0 {
		words += "; gone: " + someOf(down)
	}
	if len(open) > 0 {
		words += "; not known: " + someOf(open)
	}
	return words
}

// rolesWords is who does what.
func rolesWords(g *Group, roles []topology.Role) string {
	by := map[topology.Role][]string{}
	for i, r := range roles {
		by[r] = append(by[r], g.Members[i].ID)
	}
	var parts []string
	say := func(r topology.Role, word string) {
		if len(by[r]) > 0 {
			parts = append(parts, word+" "+someOf(by[r]))
		}
	}
	say(topology.Active, "active")
	say(topology.Standby, "standby")
	say(topology.Idle, "out of it")
	say(topology.RoleUnknown, "not known")
	if len(by[topology.Active]) == 0 && len(by[topology.RoleUnknown]) == 0 {
		parts = append(parts, "none is active")
	}
	if len(by[topology.Standby]) == 0 && len(by[topology.RoleUnknown]) == 0 && len(by[topology.Active]) == 1 {
		parts = append(parts, "none stands by")
	}
	return strings.Join(parts, "; ")
}

// someOf lists names, at most four.
func someOf(names []string) string {
	if len(names) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
