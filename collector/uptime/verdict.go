package uptime

import (
	"fmt"
	"strings"
	"time"

	"ninewatch/internal/telemetry"
)

// Verdict is what is said of a device now.
type Verdict struct {
	Device, Site  string
	State         string // one of the States
	Since         int64  // Unix ms of the evidence with which the state began
	UncertaintyMS int64  // how much earlier it may have begun
	Evidence      string // for people
	Detected      int64  // Unix ms of the evidence that confirmed it
	// Late: the evidence came only as backlog, or was confirmed too long ago to be news. Such a verdict
	// revises history and pages nobody. When live evidence agrees later, the verdict comes again without.
	Late bool
}

// arrival is what an Engine remembers of how the evidence of a device came.
type arrival struct {
	live      int64 // newest sample that came live
	liveFirst int64 // when the present row of live evidence began
	backlog   int64 // newest sample that came as backlog
}

// verdict judges now: the state at the end of line, dated in milliseconds by the streams, or by who dates the spans
// that they came to.
func verdict(line []Interval, spans []span, all []evaluated, pol Policy, asOf int64) Verdict {
	v := Verdict{State: string(Unknown), Since: asOf}
	at, last := asOf/1000, Interval{}
	for len(line) > 0 && line[len(line)-1].From >= at { // of a reboot that is not over yet for all that has come
		line = line[:len(line)-1]
	}
	if n := len(line); n > 0 {
		last = line[n-1]
		for i := n - 2; i >= 0 && line[i].State == last.State && line[i].To == last.From; i-- {
			last.From, last.Uncertainty, last.Dated = line[i].From, line[i].Uncertainty, line[i].Dated // unknown for another reason
		}
		if last.To >= at {
			v.State, v.Since, v.UncertaintyMS = string(last.State), last.From*1000, last.Uncertainty*1000
		} else {
			v.Since = last.To * 1000
		}
	}
	var spoken []string
	detected := int64(0)
	second, dated := v.Since, false
	witnessed := last.Dated != "" && State(v.State) == last.State
	if n := len(spans); witnessed && n > 0 && spans[n-1].dated == last.Dated {
		v.Since, v.UncertaintyMS = spans[n-1].from, spans[n-1].unc
	}
	for _, e := range all {
		s, unc, ok := e.began(State(v.State), second)
		// All have to be down, one is enough for up.
		if ok && !witnessed && (!dated || (s < v.Since) == (v.State == string(Up))) {
			v.Since, v.UncertaintyMS, dated = s, unc, true
		}
		if t, ok := e.confirmed(State(v.State), v.Since, pol); ok && (detected == 0 || t < detected) {
			detected = t
		}
		spoken = append(spoken, e.say())
	}
	if witnessed {
		spoken = append(spoken, "dated by "+last.Dated)
	}
	v.Detected = max(detected, v.Since)
	v.Evidence = strings.Join(spoken, "; ")
	return v
}

// began finds the change of the stream with which a state began in the second of since.
func (e *evaluated) began(st State, since int64) (at, uncertainty int64, ok bool) {
	for i := len(e.spans) - 1; i >= 0; i-- {
		x := e.spans[i]
		if x.from < since {
			return 0, 0, false
		}
		if x.from < since+1000 && (x.state == st || st == Degraded) {
			return x.from, x.unc, true
		}
	}
	return 0, 0, false
}

// confirmed is the time of the sample of the stream that settled a state which began at since.
func (e *evaluated) confirmed(st State, since int64, pol Policy) (int64, bool) {
	p := pol.probe(e.Probe)
	need, fits := int64(1), func(c class) bool { return c > bad }
	if st == Down || st == Unreachable {
		need, fits = int64(max(p.Down.N, p.Down.K)), func(c class) bool { return c == bad }
	} else if st != Up && st != Degraded {
		return 0, false
	} else {
		need = int64(p.Up)
	}
	for i := e.firstAt(since); i < len(e.samples); i++ {
		s := e.samples[i]
		from, _ := s.next(since)
		n := (s.last()-from)/s.every + 1
		if !fits(s.class) {
			continue
		}
		if n >= need {
			return from + (need-1)*s.every, true
		}
		need -= n
	}
	return 0, false
}

// say puts the newest evidence of a stream into words.
func (e *evaluated) say() string {
	if len(e.samples) == 0 {
		return e.Probe.String() + ": no evidence"
	}
	i := len(e.samples) - 1
	last := e.samples[i]
	first := last.t
	for ; i >= 0 && e.samples[i].class == last.class; i-- {
		first = e.samples[i].t
	}
	word := "answers"
	switch last.class {
	case bad:
		word = "does not answer"
		if last.why != "" {
			word += " (" + last.why + ")"
		}
	case lossy:
		word = "answers with loss"
	case refused:
		word = "answers, but not to these credentials"
	case faulty:
		word = "could not be looked at"
	}
	name := map[telemetry.Probe]string{telemetry.ProbeICMP: "ICMP", telemetry.ProbeSNMP: "SNMP"}[e.Probe]
	return fmt.Sprintf("%s %s since %s (agent %s)", name, word, time.UnixMilli(first).UTC().Format("2006-01-02T15:04:05.000Z"), e.Agent)
}

// date decides whether a verdict is news.
func (v *Verdict) date(a arrival, now, late int64) {
	fresh := a.live >= v.Since && now-a.live <= late
	old := now-v.Detected > late
	switch {
	case fresh && old:
		v.Detected = max(v.Since, a.liveFirst)
	case fresh:
	default:
		v.Late = old || a.backlog >= v.Since && a.backlog > a.live
	}
}
