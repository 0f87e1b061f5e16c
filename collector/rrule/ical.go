package rrule

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Limits of a calendar that others publish.
const (
	MaxCalendarBytes = 2 << 20
	maxEvents        = 10_000
	maxExceptions    = 10_000
)

// Clock is a time as a calendar gives it.
type Clock struct {
	Wall time.Time
	UTC  bool   // Wall is an instant
	Zone string // IANA name; empty: that of whoever reads it
}

// Event is a VEVENT (RFC 5545, 3.6.1).
type Event struct {
	UID, Summary string
	Start        Clock
	Length       time.Duration // of wall clock where Days, else of elapsed time
	Days         bool          // whole days
	Rule         *Rule
	Except       []Clock // EXDATE
	Extra        []Clock // RDATE
	Replaces     *Clock  // RECURRENCE-ID: stands in place of that occurrence of the event with this UID
	Cancelled    bool
}

// ParseCalendar reads the events of an iCalendar file. Events that cannot be read are left out, and told in
// the error beside those that can; other components are passed over.
func ParseCalendar(r io.Reader) ([]Event, error) {
	lines, err := unfold(r)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || !strings.EqualFold(lines[0], "BEGIN:VCALENDAR") {
		return nil, errors.New("calendar: does not begin with BEGIN:VCALENDAR: want an iCalendar file (RFC 5545)")
	}
	var out []Event
	var errs []error
	var nest []string
	var e *draft
	for _, line := range lines {
		p := property(line)
		switch {
		case p.name == "BEGIN":
			nest = append(nest, strings.ToUpper(p.value))
			if len(nest) == 2 && nest[1] == "VEVENT" {
				e = &draft{}
			}
		case p.name == "END":
			if len(nest) == 2 && e != nil {
				event, err := e.finish()
				if err != nil {
					errs = append(errs, fmt.Errorf("event %q: %w", e.Summary, err))
				} else {
					out = append(out, event)
				}
				e = nil
			}
			nest = nest[:max(0, len(nest)-1)]
		case e != nil && len(nest) == 2 && e.err == nil:
			e.err = e.set(p)
		}
		if len(out) > maxEvents || len(nest) > 10 {
			return nil, fmt.Errorf("calendar: more than %d events", maxEvents)
		}
	}
	if len(nest) > 0 {
		errs = append(errs, errors.New("calendar: ends before END:VCALENDAR: it was cut off"))
	}
	return out, errors.Join(errs...)
}

// unfold reads lines, of which a long one goes on after a space (RFC 5545, 3.1).
func unfold(r io.Reader) ([]string, error) {
	limited := &io.LimitedReader{R: r, N: MaxCalendarBytes + 1}
	s := bufio.NewScanner(limited)
	s.Buffer(nil, MaxCalendarBytes+2)
	var out []string
	for s.Scan() {
		line := strings.TrimSuffix(strings.TrimPrefix(s.Text(), "\ufeff"), "\r")
		switch {
		case line == "":
		case len(out) > 0 && (line[0] == ' ' || line[0] == '\t'):
			out[len(out)-1] += line[1:]
		default:
			out = append(out, line)
		}
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("calendar: longer than %d octets", MaxCalendarBytes)
	}
	return out, s.Err()
}

type prop struct {
	name, value string
	params      map[string]string
}

// property splits NAME;PARAM=VALUE:VALUE, where a parameter may be quoted.
func property(line string) prop {
	quoted := false
	end := strings.IndexFunc(line, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ':' && !quoted
	})
	if end < 0 {
		return prop{}
	}
	head := strings.Split(line[:end], ";")
	p := prop{name: strings.ToUpper(head[0]), value: line[end+1:], params: map[string]string{}}
	for _, x := range head[1:] {
		key, value, _ := strings.Cut(x, "=")
		p.params[strings.ToUpper(key)] = strings.Trim(value, `"`)
	}
	return p
}

// draft is an event that is being read.
type draft struct {
	Event
	end    *Clock
	length string
	err    error
}

func (d *draft) set(p prop) (err error) {
	switch p.name {
	case "UID":
		d.UID = p.value
	case "SUMMARY":
		d.Summary = unescape(p.value)
	case "STATUS":
		d.Cancelled = strings.EqualFold(p.value, "CANCELLED")
	case "DTSTART":
		d.Start, d.Days, err = clock(p, p.value)
	case "DTEND":
		var end Clock
		end, _, err = clock(p, p.value)
		d.end = &end
	case "DURATION":
		d.length = p.value
	case "RRULE":
		if d.Rule != nil {
			return errors.New("more than one RRULE: split the event")
		}
		var r Rule
		r, err = Parse(p.value)
		d.Rule = &r
	case "EXDATE", "RDATE":
		if p.params["VALUE"] == "PERIOD" {
			return fmt.Errorf("%s with VALUE=PERIOD is not read here: want times", p.name)
		}
		for text := range strings.SplitSeq(p.value, ",") {
			c, _, err := clock(p, text)
			if err != nil || len(d.Except)+len(d.Extra) > maxExceptions {
				return errors.Join(err, fmt.Errorf("%s cannot be read", p.name))
			}
			if p.name == "EXDATE" {
				d.Except = append(d.Except, c)
			} else {
				d.Extra = append(d.Extra, c)
			}
		}
	case "RECURRENCE-ID":
		var c Clock
		c, _, err = clock(p, p.value)
		d.Replaces = &c
		if p.params["RANGE"] != "" {
			return errors.New("RECURRENCE-ID with RANGE is not read here: split the event")
		}
	case "EXRULE":
		return errors.New("EXRULE is not read here: use EXDATE")
	}
	return err
}

// finish checks an event and forms its length.
func (d *draft) finish() (Event, error) {
	e := d.Event
	switch {
	case d.err != nil:
		return e, d.err
	case e.Start.Wall.IsZero():
		return e, errors.New("DTSTART is missing")
	case d.end != nil && d.length != "":
		return e, errors.New("DTEND and DURATION exclude each other")
	case d.end != nil:
		if d.end.Zone != e.Start.Zone || d.end.UTC != e.Start.UTC {
			return e, errors.New("DTEND is in another zone than DTSTART: write both in one")
		}
		e.Length = d.end.Wall.Sub(e.Start.Wall)
	case d.length != "":
		length, err := parseDuration(d.length)
		if err != nil {
			return e, err
		}
		e.Length = length
	case e.Days:
		e.Length = 24 * time.Hour
	}
	if e.Length < 0 {
		return e, errors.New("it ends before it begins")
	}
	return e, nil
}

func clock(p prop, text string) (Clock, bool, error) {
	t, utc, day, err := parseTime(strings.ToUpper(text))
	return Clock{Wall: t, UTC: utc, Zone: p.params["TZID"]}, day, err
}

func unescape(s string) string {
	return strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(s)
}

// parseDuration reads PT2H30M, P1D or P2W (RFC 5545, 3.3.6).
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("duration %q: want for example PT2H or P1D", text)
	rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "+"), "P")
	if !ok || rest == "" {
		return 0, wrong
	}
	date, clock, _ := strings.Cut(rest, "T")
	var total time.Duration
	add := func(part string, units map[byte]time.Duration) bool {
		for part != "" {
			i := strings.IndexFunc(part, func(c rune) bool { return c < '0' || c > '9' })
			if i < 1 || i > 5 || units[part[i]] == 0 {
				return false
			}
			n, _ := strconv.Atoi(part[:i]) // at most five digits
			total += time.Duration(n) * units[part[i]]
			part = part[i+1:]
		}
		return true
	}
	day := 24 * time.Hour
	if !add(date, map[byte]time.Duration{'W': 7 * day, 'D': day}) ||
		!add(clock, map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}) {
		return 0, wrong
	}
	return total, nil
}
