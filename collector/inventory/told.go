package inventory

import (
	"regexp"
	"strconv"

	"ninewatch/internal/conf"
)

// mistakeInBody is a mistake in what Wire made: a place that nobody wrote, the list, its element, the key, the text.
var mistakeInBody = regexp.MustCompile(`(?s)^body(?::\d+:\d+)?: ([a-z_]+)\[(\d+)\]\.?([^:\s]*): (.*)$`)

// Told is a mistake that a collector found in the body made by Wire, at its place in the files of inv. A text of
// another form stays as it is.
func (inv Inventory) Told(mistake string) string {
	m := mistakeInBody.FindStringSubmatch(mistake)
	if m == nil {
		return mistake
	}
	index, err := strconv.Atoi(m[2])
	if err != nil {
		return mistake
	}
	for _, e := range inv.entries() {
		if listOf(e.id().kind) != m[1] {
			continue
		}
		if index--; index >= 0 {
			continue
		}
		if at, ok := inv.places[e.id()]; ok {
			return conf.Problems{at.Find(m[3]).Problem("", m[4])}.Error()
		}
	}
	return mistake
}
