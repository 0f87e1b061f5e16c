package api

import (
	"fmt"
	"time"

	"ninewatch/collector/plan"
)

// orderSoon is how far ahead the answer of the plan looks.
const orderSoon = 14 * 24 * time.Hour

// mostNamed is how many resources the answer names of a kind.
const mostNamed = 3

// capacityAnswer says what to order, what is over its limit, and how long the rest has.
func capacityAnswer(all []plan.Outlook, now time.Time) []phrase {
	var s sentence
	var over, soon, later []plan.Outlook
	dated := 0
	for _, a := range all {
		if a.Withheld == "" {
			dated++
		}
		by, ok := day(a.OrderBy)
		switch {
		case a.OverSince != nil:
			over = append(over, a)
		case ok && by.Before(now.Add(orderSoon)):
			soon = append(soon, a)
		case ok:
			later = append(later, a)
		}
	}
	if len(all) == 0 || dated+len(over) == 0 {
		s.strong("Nothing can be forecast yet.")
		s.say(" A forecast takes 14 days of data; what has been measured is listed below.")
		return s
	}
	switch len(soon) {
	case 0:
		s.strong("Nothing has to be ordered in the next two weeks.")
	case 1:
		s.strong("Order one thing in the next two weeks: ")
	default:
		s.strong(fmt.Sprintf("Order %s things in the next two weeks: ", small(len(soon))))
	}
	saySoon(&s, soon, now)
	sayOver(&s, over, now)
	sayLater(&s, later, len(soon)+len(over) > 0, now)
	return s
}

func saySoon(s *sentence, soon []plan.Outlook, now time.Time) {
	for i, a := range soon[:min(len(soon), mostNamed)] {
		switch {
		case i > 0 && i == len(soon)-1:
			s.say(" and ")
		case i > 0:
			s.say(", ")
		}
		s.say(remedy(a) + " for ")
		if a.Overdue {
			s.tone("down", a.Title+", which is overdue")
			continue
		}
		by, _ := day(a.OrderBy)
		s.strong(a.Title + " by " + dayInWords(by, now))
	}
	if n := len(soon) - mostNamed; n > 0 {
		s.say(fmt.Sprintf(" and %d more", n))
	}
	if len(soon) > 0 {
		s.say(".")
	}
}

func sayOver(s *sentence, over []plan.Outlook, now time.Time) {
	if len(over) == 0 {
		return
	}
	since, _ := day(over[0].OverSince)
	days := int(now.Sub(since)/(24*time.Hour)) + 1
	s.say(" ")
	s.tone("down", over[0].Title)
	s.say(" has been over its limit for " + plural(days, "day"))
	if n := len(over) - 1; n > 0 {
		s.say(fmt.Sprintf(", and %s more", plural(n, "resource")))
	}
	s.say(".")
}

func sayLater(s *sentence, later []plan.Outlook, more bool, now time.Time) {
	switch {
	case len(later) > 0 && more:
		by, _ := day(later[0].OrderBy)
		s.say(" Everything else has time until " + dayInWords(by, now) + " or later.")
	case len(later) > 0:
		by, _ := day(later[0].OrderBy)
		s.say(" The first is ")
		s.strong(later[0].Title + " by " + dayInWords(by, now))
		s.say(".")
	default:
		s.say(" Nothing else fills up within a year.")
	}
}

// remedy is what helps a resource.
func remedy(a plan.Outlook) string {
	switch a.Kind {
	case plan.KindStorage:
		return "disks"
	case plan.KindMemory:
		return "memory"
	case plan.KindProcessor:
		return "processors"
	case plan.KindPower:
		return "power"
	}
	return "bandwidth"
}

func small(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	if n < len(words) {
		return words[n]
	}
	return countInWords(n)
}

func day(text *string) (time.Time, bool) {
	if text == nil {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, *text)
	return t, err == nil
}

// dayInWords is 28 Nov, with the year where it is another.
func dayInWords(t, now time.Time) string {
	if t.Year() != now.Year() {
		return t.Format("2 Jan 2006")
	}
	return t.Format("2 Jan")
}
