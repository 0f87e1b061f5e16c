package topology

import (
	"fmt"
	"slices"
	"strings"
)

// PortState is what an up neighbor says of its port toward a root.
type PortState uint8

// A port is down when the link or the device behind it has no power; it is up toward a device that hangs.
const (
	PortUnknown PortState = iota
	PortUp
	PortDown
)

// Evidence is what helps to tell between several roots.
type Evidence struct {
	Start    map[string]int64       // confirmed start, Unix seconds
	Skew     int64                  // how far apart two starts are before their order counts: the larger probe interval
	Risks    []Risk                 // what fails together, sites and power feeds among it
	Ports    map[string][]PortState // by root: the ports of its up neighbors toward it
	Rebooted map[string]bool        // after recovery, by root: whether its sysUpTime began anew
}

// Cause is what an incident most likely comes from.
type Cause struct {
	Candidates []string // roots that are left; all of the incident's when nothing told between them
	Shared     *Risk    // what all candidates have in common, when there are several
	Words      string   // a sentence for people
}

// Narrow goes through the evidence from the strongest to the weakest: a risk that all roots share; the first
// to go, by more than the skew; the port of the neighbor, which is down toward a link or device without
// power; whether the device had restarted once it was back.
func Narrow(i Incident, e Evidence) Cause {
	c := Cause{Candidates: slices.Clone(i.Roots)}
	if i.Orphan {
		c.Words = fmt.Sprintf("%s: next to nothing that is seen, so nothing explains it; check how it is connected", series(c.Candidates))
		return c
	}
	var why []string
	if len(c.Candidates) > 1 {
		if c.Shared = shared(c.Candidates, e.Risks); c.Shared != nil {
			c.Words = fmt.Sprintf("%s share the %s %s: its failure explains all of them%s", series(c.Candidates),
				kindWord(c.Shared.Kind), c.Shared.Name, behindWords(i))
			return c
		}
		why = append(why, c.first(e)...)
		why = append(why, c.unplugged(e)...)
		why = append(why, c.restarted(e)...)
	}
	c.Words = c.sentence(i, e, why)
	return c
}

func shared(roots []string, risks []Risk) *Risk {
	for _, r := range risks {
		if !slices.ContainsFunc(roots, func(x string) bool { return !slices.Contains(r.Members, x) }) {
			return &r
		}
	}
	return nil
}

// first keeps the roots that began within the skew of the earliest. A root without a start stays.
func (c *Cause) first(e Evidence) []string {
	earliest, known := int64(0), false
	for _, r := range c.Candidates {
		if t, ok := e.Start[r]; ok && (!known || t < earliest) {
			earliest, known = t, true
		}
	}
	return c.keep("went down first", func(r string) bool {
		t, ok := e.Start[r]
		return !ok || t-earliest <= e.Skew
	})
}

func (c *Cause) unplugged(e Evidence) []string {
	return c.keep("is where the neighbor's port went down too", func(r string) bool { return slices.Contains(e.Ports[r], PortDown) })
}

func (c *Cause) restarted(e Evidence) []string {
	return c.keep("had restarted when it came back", func(r string) bool { return e.Rebooted[r] })
}

// keep narrows to the roots that fit, unless none or all do; it says why it narrowed.
func (c *Cause) keep(why string, fits func(string) bool) []string {
	if len(c.Candidates) < 2 {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(c.Candidates), func(r string) bool { return !fits(r) })
	if len(left) == 0 || len(left) == len(c.Candidates) {
		return nil
	}
	c.Candidates = left
	return []string{why}
}

func (c *Cause) sentence(i Incident, e Evidence, why []string) string {
	if len(c.Candidates) > 1 {
		return fmt.Sprintf("one of %s is the cause, or something that they share%s", series(c.Candidates), behindWords(i))
	}
	root := c.Candidates[0]
	text := root + " is down"
	if len(why) > 0 {
		text = fmt.Sprintf("%s is the cause: of %d candidates it %s", root, len(i.Roots), strings.Join(why, ", and "))
	}
	switch ports := e.Ports[root]; {
	case len(ports) == 0 || slices.Contains(ports, PortUnknown):
	case !slices.Contains(ports, PortUp):
		text += "; the ports toward it are down: the link or the device has no power"
	case !slices.Contains(ports, PortDown):
		text += "; the ports toward it are up: the device hangs, or refuses to answer"
	}
	return text + behindWords(i)
}

func behindWords(i Incident) string {
	switch n := len(i.Suppressed); n {
	case 0:
		return ""
	case 1:
		return "; " + i.Suppressed[0] + " lies behind it"
	default:
		return fmt.Sprintf("; %d devices lie behind it", n)
	}
}

func kindWord(kind string) string {
	if kind == "" {
		return "risk group"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// series joins names: a; a and b; a, b and c; of more than five the first three.
func series(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "nothing"
	case n == 1:
		return names[0]
	case n > 5:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), n-3)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
