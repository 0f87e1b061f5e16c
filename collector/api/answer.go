package api

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ninewatch/collector/uptime"
)

// phrase is a part of the sentence that a page opens with.
type phrase struct {
	Text string `json:"text"`
	Tone string `json:"tone,omitempty" enum:"strong,down,degraded,unknown,up,risk"`
}

// sentence is written phrase by phrase.
type sentence []phrase

func (s *sentence) say(text string)        { *s = append(*s, phrase{Text: text}) }
func (s *sentence) tone(tone, text string) { *s = append(*s, phrase{text, tone}) }
func (s *sentence) strong(text string)     { s.tone("strong", text) }

// deviceNow is a device in the answer of the overview.
type deviceNow struct {
	Name  string
	State uptime.State
	Since time.Time
}

// siteNow is a site in the answer of the overview.
type siteNow struct {
	Name      string
	State     uptime.State
	Since     time.Time
	Verdict   string    // on the objective: met, breached, undetermined, no_data, or empty
	BudgetEnd time.Time // when the budget is gone at the present pace; zero: not in sight
	Spent     bool      // the budget is gone
}

// overviewNow is all that the answer of the overview is made of.
type overviewNow struct {
	Now       time.Time
	Devices   []deviceNow
	Sites     []siteNow
	Objective string   // percent
	Silent    []string // agents that are silent
}

// overviewAnswer says what is broken, and who misses the objective.
func overviewAnswer(n overviewNow) []phrase {
	var s sentence
	if len(n.Devices) == 0 {
		s.strong("Nothing is watched here yet.")
		s.say(" Add a device by its address, or apply an inventory.")
		return s
	}
	switch {
	case n.sayDownSites(&s), n.sayDownDevices(&s), n.sayDegraded(&s), n.sayUnknown(&s):
	case len(n.Devices) == 1:
		s.strong("The one device is up")
	default:
		s.strong("All " + plural(len(n.Devices), "device") + " are up")
	}
	s.say(".")
	n.sayObjective(&s)
	return s
}

// in lists what is in one of some states, the longest first.
func (n overviewNow) in(states ...uptime.State) []deviceNow {
	var out []deviceNow
	for _, d := range n.Devices {
		if slices.Contains(states, d.State) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b deviceNow) int { return a.Since.Compare(b.Since) })
	return out
}

func (n overviewNow) sayDownSites(s *sentence) bool {
	var down []siteNow
	for _, site := range n.Sites {
		if site.State == uptime.Down {
			down = append(down, site)
		}
	}
	if len(down) == 0 {
		return false
	}
	slices.SortStableFunc(down, func(a, b siteNow) int { return a.Since.Compare(b.Since) })
	first := down[0]
	lasted := durationInWords(n.Now.Sub(first.Since))
	if len(down) > 1 {
		s.tone("down", plural(len(down), "site")+" are down")
		s.say(", " + first.Name + " the longest, for ")
		s.strong(lasted)
		return true
	}
	s.tone("down", first.Name+" has been down for "+lasted)
	switch {
	case first.Spent:
		s.say("; its error budget is ")
		s.strong("gone")
	case !first.BudgetEnd.IsZero():
		s.say("; at this pace its error budget is gone at ")
		s.strong(instantInWords(first.BudgetEnd, n.Now))
	}
	return true
}

func (n overviewNow) sayDownDevices(s *sentence) bool {
	down := n.in(uptime.Down, uptime.Unreachable)
	if len(down) == 0 {
		return false
	}
	lasted := durationInWords(n.Now.Sub(down[0].Since))
	if len(down) == 1 {
		s.tone("down", down[0].Name+" has not answered for "+lasted)
		return true
	}
	s.tone("down", plural(len(down), "device")+" do not answer")
	s.say(", " + down[0].Name + " the longest, for ")
	s.strong(lasted)
	return true
}

func (n overviewNow) sayDegraded(s *sentence) bool {
	bad := n.in(uptime.Degraded)
	switch len(bad) {
	case 0:
		return false
	case 1:
		s.tone("degraded", bad[0].Name+" has been degraded for "+durationInWords(n.Now.Sub(bad[0].Since)))
	default:
		s.tone("degraded", plural(len(bad), "device")+" are degraded")
	}
	s.say("; nothing is down")
	return true
}

func (n overviewNow) sayUnknown(s *sentence) bool {
	dark := n.in(uptime.Unknown)
	if len(dark) == 0 {
		return false
	}
	if len(dark) == 1 {
		s.tone("unknown", "The state of "+dark[0].Name+" is unknown")
	} else {
		s.tone("unknown", "The state of "+plural(len(dark), "device")+" is unknown")
	}
	switch len(n.Silent) {
	case 0:
	case 1:
		s.say(", because agent " + n.Silent[0] + " is silent")
	default:
		s.say(", because " + plural(len(n.Silent), "agent") + " are silent")
	}
	return true
}

// sayObjective tells how many sites keep the objective, and names those that do not.
func (n overviewNow) sayObjective(s *sentence) {
	var met int
	var missed, open []string
	for _, site := range n.Sites {
		switch site.Verdict {
		case uptime.Met:
			met++
		case uptime.Breached:
			missed = append(missed, site.Name)
		case uptime.Undetermined, uptime.NoData:
			open = append(open, site.Name)
		}
	}
	all := met + len(missed) + len(open)
	objective := percentInWords(n.Objective)
	switch {
	case all == 0:
		return
	case all == 1 && met == 1:
		s.say(" It keeps " + objective + ".")
		return
	case all == 1 && len(missed) == 1:
		s.say(" It has missed " + objective + ".")
		return
	case all == 1:
		s.say(" Whether it keeps " + objective + " cannot be judged yet.")
		return
	}
	s.say(" ")
	if met == all {
		s.strong(fmt.Sprintf("All %d", all))
	} else {
		s.strong(fmt.Sprintf("%d of %d", met, all))
	}
	rest := " sites keep " + objective
	rest += named(missed, "has missed it", "have missed it")
	rest += named(open, "cannot be judged yet", "cannot be judged yet")
	s.say(rest + ".")
}

// named is ", Toronto has missed it", or ", 3 have missed it".
func named(names []string, one, many string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return ", " + names[0] + " " + one
	case 2:
		return ", " + names[0] + " and " + names[1] + " " + many
	}
	return fmt.Sprintf(", %d %s", len(names), many)
}

// deviceFacts is all that the answer of a device is made of.
type deviceFacts struct {
	Name      string
	State     uptime.State
	Since     time.Time // zero: it was never looked at
	Now       time.Time
	RoundTrip *float64 // seconds
	Percent   *string  // of the last 30 days
	Why       string
	Silent    string // the agent that should look at it and is silent
}

// deviceAnswer says whether a device works.
func deviceAnswer(f deviceFacts) []phrase {
	var s sentence
	lasted := durationInWords(f.Now.Sub(f.Since))
	because := ""
	if f.Why != "" {
		because = ": " + f.Why
	}
	switch {
	case f.State == uptime.Up:
		f.sayUp(&s)
		return s
	case f.State == uptime.Down:
		s.tone("down", f.Name+" has not answered for "+lasted)
	case f.State == uptime.Degraded:
		s.tone("degraded", f.Name+" has been degraded for "+lasted)
	case f.State == uptime.Unreachable:
		s.tone("down", f.Name+" has been unreachable for "+lasted)
		because = ": what it is reached through is down"
	case f.State == uptime.Maintenance:
		s.strong(f.Name + " is in planned work")
	case f.Since.IsZero():
		s.tone("unknown", f.Name+" has not been looked at yet")
		because = cmp.Or(silence(f.Silent), "; the first answer comes within a minute of its agent's start")
	default:
		s.tone("unknown", "The state of "+f.Name+" has been unknown for "+lasted)
		because = cmp.Or(silence(f.Silent), because)
	}
	s.say(because + ".")
	return s
}

func silence(agent string) string {
	if agent == "" {
		return ""
	}
	return ": agent " + agent + " is silent"
}

func (f deviceFacts) sayUp(s *sentence) {
	s.strong("Works as usual.")
	switch {
	case f.RoundTrip != nil && f.Percent != nil:
		s.say(" It answers in " + roundTripInWords(*f.RoundTrip) + "; ")
	case f.RoundTrip != nil:
		s.say(" It answers in " + roundTripInWords(*f.RoundTrip) + ".")
	case f.Percent != nil:
		s.say(" ")
	}
	if f.Percent != nil {
		s.strong(percentInWords(*f.Percent))
		s.say(" of the last 30 days it was up.")
	}
}

// firstNow is all that the answer of the first minutes is made of.
type firstNow struct {
	Host, Gateway uptime.State // empty: there is none
	Next          string       // the step that comes next, as a request; empty: none
}

// firstAnswer says what is measured already, and what to do next.
func firstAnswer(n firstNow) []phrase {
	var s sentence
	switch {
	case n.Host != "" && n.Gateway != "":
		s.strong("ninewatch is watching this host and its gateway.")
	case n.Host != "":
		s.strong("ninewatch is watching this host.")
	case n.Gateway != "":
		s.strong("ninewatch is watching the gateway of this host.")
	default:
		s.strong("ninewatch runs, and nothing is watched yet.")
	}
	answers := func(st uptime.State) bool { return st == uptime.Up || st == uptime.Degraded }
	switch {
	case n.Host == "" && n.Gateway == "":
	case n.Host == uptime.Unknown || n.Gateway == uptime.Unknown:
		s.say(" The first answers come within a minute.")
	case n.Host != "" && n.Gateway != "" && answers(n.Host) && answers(n.Gateway):
		s.say(" Both answer.")
	case answers(n.Host) && n.Gateway != "":
		s.say(" The gateway does not answer pings.")
	case answers(n.Host) || answers(n.Gateway):
		s.say(" It answers.")
	default:
		s.tone("down", " Nothing answers.")
	}
	if n.Next != "" {
		s.say(" Next: " + n.Next + ".")
	}
	return s
}
