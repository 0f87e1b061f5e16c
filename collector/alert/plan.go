package alert

import "time"

// Told is what a receiver knows of an incident by way of a route, or why it does not.
type Told struct {
	Incident  int64
	Route     string
	Receiver  string
	Escalates bool
	Stage     string // opened, acknowledged, resolved: what it was told last; empty: nothing
	Reopened  int    // how often the incident had been re-opened then
	Revision  int
	First     int64
	Last      int64
	Withheld  string // why it is not told now, in words
	Since     int64  // of Withheld
}

type toldKey struct {
	route, receiver string
	escalates       bool
}

// send is one thing to tell.
type send struct {
	told  Told
	kind  string // opened, updated, …
	due   int64
	group string // not empty: with others of the group
	alone bool   // neither digest nor group
}

// muted says why nobody is to be told of an incident now, in words; empty: nothing speaks against it.
type muted func(i *Incident) string

// plan decides who is told what of i at now. Repeating it with what it returned decides nothing more.
func plan(i *Incident, told map[toldKey]Told, b *Book, mute muted, now int64) (sends []send, changed []Told) {
	reason := ""
	if i.Status != Resolved {
		reason = mute(i)
	}
	for _, t := range b.targets(i) {
		k := toldKey{t.route.Name, t.receiver, t.after > 0}
		was, ok := told[k]
		if !ok {
			was = Told{Incident: i.ID, Route: k.route, Receiver: k.receiver, Escalates: k.escalates}
		}
		kind, why := next(i, was, t, reason, now)
		is := was
		if is.Withheld != why {
			is.Withheld, is.Since = why, now
		}
		if kind != "" {
			is = is.after(kind, i, now)
			sends = append(sends, timed(i, is, t, kind, now))
		}
		if is != was || !ok && (why != "" || kind != "") {
			changed = append(changed, is)
		}
	}
	return sends, changed
}

// after is what the receiver knows once it has been told.
func (t Told) after(kind string, i *Incident, now int64) Told {
	if t.First == 0 {
		t.First = now
	}
	if kind != EventUpdated {
		t.Stage = kind
	}
	t.Last, t.Revision, t.Reopened = now, i.Revision, i.Reopened
	if i.Status == Acknowledged && kind == EventOpened {
		t.Stage = EventAcknowledged // the message says so
	}
	return t
}

// next is what t has to be told of i now, or why not.
func next(i *Incident, was Told, t target, mute string, now int64) (kind, why string) {
	known := was.Stage != "" && was.Stage != EventResolved
	if was.Stage == EventResolved && i.Reopened <= was.Reopened {
		return "", ""
	}
	switch {
	case i.Status == Resolved && known:
		return EventResolved, ""
	case i.Status == Resolved && i.Opened == 0:
		return "", "it was over before its extent was known"
	case i.Status == Resolved:
		return "", or(was.Withheld, "it was over before it was to be told")
	case i.Status == Pending:
		return "", "its extent is not known yet"
	case mute != "":
		return "", mute
	case t.after > 0 && !known && i.AcknowledgedAt != 0:
		return "", "it is acknowledged, so that it does not escalate"
	case t.after > 0 && !known && now < i.Opened+t.after.Milliseconds():
		return "", "it escalates when nobody acknowledges within " + t.after.String()
	case !known || i.Reopened > was.Reopened && i.Status != Flapping:
		return EventOpened, ""
	case i.Status == Acknowledged && was.Stage != EventAcknowledged:
		return EventAcknowledged, ""
	case i.Revision > was.Revision && now-was.Last >= updateEvery.Milliseconds():
		return EventUpdated, ""
	case t.route.RepeatEvery > 0 && i.AcknowledgedAt == 0 && now-was.Last >= time.Duration(t.route.RepeatEvery).Milliseconds():
		return EventUpdated, ""
	}
	return "", ""
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// timed is when it is told: at once, when the calendar opens, with the group, or with the digest.
func timed(i *Incident, is Told, t target, kind string, now int64) send {
	s := send{told: is, kind: kind, due: now}
	every := time.Duration(t.route.DigestEvery).Milliseconds()
	switch {
	case every > 0:
		s.due, s.group = now-now%every+every, "digest"
	case len(t.route.GroupBy) > 0:
		s.due, s.group = now+groupWait.Milliseconds(), t.route.groupKey(i)
	default:
		s.alone = true
	}
	if t.route.Open != nil {
		s.due = max(s.due, t.route.Open(s.due))
	}
	return s
}
