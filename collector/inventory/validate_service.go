package inventory

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ninewatch/internal/conf"
	"ninewatch/internal/telemetry"
)

// weekdays are the words for the days of the week, Monday first (ISO 8601).
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// Weekdays are the days of h, 1 for Monday to 7 for Sunday.
func (h Hours) Weekdays() []int {
	if len(h.Days) == 0 {
		return []int{1, 2, 3, 4, 5, 6, 7}
	}
	var out []int
	for _, word := range h.Days {
		from, to, ok := dayRange(word)
		for d := from; ok; d = d%7 + 1 {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
			if d == to {
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// dayRange reads mon, monday, 1, mon-fri and fri-mon.
func dayRange(word string) (from, to int, ok bool) {
	first, last, isRange := strings.Cut(word, "-")
	from, ok = day(first)
	if !isRange {
		return from, from, ok
	}
	to, okTo := day(last)
	return from, to, ok && okTo
}

func day(word string) (int, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for i, name := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if word == name || word == weekdays[i] || word == strconv.Itoa(i+1) {
			return i + 1, true
		}
	}
	return 0, false
}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$`)

func (c *Calendar) validate(at conf.Section) {
	zone(at, "time_zone", c.TimeZone)
	for i, h := range c.Hours {
		at := at.Item("hours", i)
		for j, word := range h.Days {
			if _, _, ok := dayRange(word); !ok {
				at.Item("days", j).Problemf("", "%q is not a day of the week, write for example mon or mon-fri", word)
			}
		}
		for key, clock := range map[string]string{"from": h.From, "to": h.To} {
			if !clockForm.MatchString(clock) && clock != "24:00" {
				at.Problemf(key, "%q is not a time of day, write 00:00 to 24:00", clock)
			}
		}
		if h.From == h.To || h.From == "24:00" {
			at.Problemf("from", "hours from %s to %s are none, write 00:00 and 24:00 for the whole day", h.From, h.To)
		}
	}
	for i, date := range c.Holidays {
		if !isHoliday(date) {
			at.Item("holidays", i).Problemf("", "%q is not a date, write for example 2026-12-24, or 12-25 for every year", date)
		}
	}
}

// isHoliday takes 2026-12-24, and 12-25 for every year (02-29 for those that have it).
func isHoliday(date string) bool {
	_, err := time.Parse(time.DateOnly, date)
	_, errYearly := time.Parse(time.DateOnly, "2024-"+date)
	return err == nil || errYearly == nil
}

func (c *Circuit) validate(at conf.Section) {
	texts(at, "display_name", c.DisplayName, "provider", c.Provider, "interface", c.Interface, "cost", c.Cost, "reference", c.Reference)
	textList(at, "tags", c.Tags)
	if c.Device == "" && c.Site == "" {
		at.Problemf("device", "a circuit needs the device at our end of it, or a site")
	}
	if c.Interface != "" && c.Device == "" {
		at.Problemf("interface", "of which device? write device too")
	}
	at.Address("target", c.Target)
	if c.Target == "" && !c.Probe.IsZero() {
		at.Problemf("probe", "what is asked for echoes? write target too")
	}
	between(at, "probe.interval", c.Probe.Interval, 100*time.Millisecond, time.Hour)
	if c.Probe.Payload < 0 || c.Probe.Payload > telemetry.MaxPayload {
		at.Problemf("probe.payload", "%d octets do not fit into a packet, write 0 to %d", c.Probe.Payload, telemetry.MaxPayload)
	}
	if c.Probe.DSCP > 63 {
		at.Problemf("probe.dscp", "%d is not a DSCP (RFC 2474), write 0 to 63", c.Probe.DSCP)
	}
	objective(at, "contract.availability", c.Contract.Availability)
	between(at, "contract.rtt", c.Contract.RTT, 10*time.Microsecond, 30*time.Second)
	if c.Contract.Loss.Value() >= 100 {
		at.Problemf("contract.loss", "a line that may lose everything promises nothing, write less than 100")
	}
}

// objective refuses what nobody can miss, and what nobody can keep.
func objective(at conf.Section, key string, p Percent) {
	switch v := p.Value(); {
	case p == "":
	case v <= 0:
		at.Problemf(key, "0 %% can never be missed, write for example 99.9, or leave it out")
	case v >= 100:
		at.Problemf(key, "100 %% leaves no second for a fault or for planned work, write for example 99.99")
	}
}

// maxNesting bounds the depth of Needs.
const maxNesting = 16

// needKinds are what a service can stand on.
var needKinds = []string{KindDevice, ScopeInterface, KindCircuit, KindService, KindSite, ScopePath, KindLink, KindRedundancyGroup}

func (s *Service) validate(at conf.Section) {
	texts(at, "display_name", s.DisplayName, "owner", s.Owner)
	textList(at, "tags", s.Tags)
	if s.Needs.IsZero() {
		at.Problemf("needs", "a service needs something, write for example needs: {any_of: [circuit:wan-a, circuit:wan-b]}")
	} else {
		s.Needs.validate(at.In("needs"), 1)
	}
	objective(at, "objective.availability", s.Objective.Availability)
	validateWindow(at, "objective.window", s.Objective.Window)
	if s.Objective.Availability == "" && !s.Objective.IsZero() {
		at.Problemf("objective.availability", "how much of the time? write for example 99.9")
	}
}

func (n Needs) validate(at conf.Section, depth int) {
	if depth > maxNesting {
		at.Problemf("", "deeper than %d, make services of the inner parts and name them", maxNesting)
		return
	}
	if kind, _, _ := n.Scope.Split(); n.Scope != "" && !slices.Contains(needKinds, kind) {
		at.Problemf("", "%s cannot be needed, name one of %s", n.Scope, strings.Join(needKinds, ", "))
	}
	set := 0
	for key, list := range map[string][]Needs{"any_of": n.AnyOf, "all_of": n.AllOf} {
		if at.Has(key) {
			set++
		}
		validateNeeds(at, key, list, depth)
	}
	if n.AtLeast != nil {
		set++
		validateNeeds(at, "at_least.of", n.AtLeast.Of, depth)
		if c, most := n.AtLeast.Count, len(n.AtLeast.Of); c < 1 || c > most && most > 0 {
			at.Problemf("at_least.count", "%d of %d cannot be, write 1 to %d", c, most, most)
		}
	}
	if n.Scope == "" && set != 1 {
		at.Problemf("", "write one of any_of, all_of, at_least; nest them for more")
	}
}

func validateNeeds(at conf.Section, key string, list []Needs, depth int) {
	if parent, last, nested := strings.Cut(key, "."); nested && at.In(parent).Has(last) && len(list) == 0 || !nested && at.Has(key) && len(list) == 0 {
		at.Problemf(key, "empty, name what is needed")
	}
	for i, n := range list {
		n.validate(at.Item(key, i), depth+1)
	}
}

// validateWindow takes a period by its word, or days.
func validateWindow(at conf.Section, key, window string) {
	if window == "" || slices.Contains([]string{"week", "month", "quarter", "year"}, window) {
		return
	}
	if d, err := conf.ParseDuration(window); err != nil || d < time.Hour || d > 366*24*time.Hour {
		at.Problemf(key, "%q is no window, write for example 30d, or week, month, quarter, year", window)
	}
}
