package e2e

import (
	"testing"
	"time"
)

// margin is what the ledger is asked for before and after what happened.
const margin = 5 * time.Second

// TestSNMPDStops stops snmpd while ICMP answers: the devices are degraded from the first poll that failed to the
// first that was answered, and never down.
func TestSNMPDStops(t *testing.T) {
	t.Parallel()
	w, _, agent, r := newBranch(t)
	polls := map[string]probe{"edge": poll("edge", 5*time.Second), "access": poll("access", 5*time.Second)}
	time.Sleep(2 * margin) // of peace
	broken := calm(t, polls["edge"], polls["access"])
	agent.kill()
	time.Sleep(outage())
	mended := calm(t, polls["edge"].retried(time.Second), polls["access"].retried(time.Second))
	agent.start()
	time.Sleep(3 * margin)
	for device, p := range polls {
		from, to := p.after(broken), p.after(mended)
		n := to.Unix() - from.Unix()
		begin, end := broken.Add(-margin), to.Add(margin)
		w.says(device, begin, end, seconds{Up: end.Unix() - begin.Unix() - n, Degraded: n})
		w.failed(device, snmpProbe, from, to)
	}
	w.says("clock", broken.Add(-margin), mended.Add(margin), seconds{Up: mended.Add(margin).Unix() - broken.Add(-margin).Unix()})
	w.noIncident(r)
}

// lookEvery is the time between the echoes that are sent beside the regular ones when something was lost.
const lookEvery = 400 * time.Millisecond

// failed checks that the only failures of a probe are those of the slots from the one at first up to the one before
// good, in one run, and maybe looks beside them.
func (w *world) failed(device string, kind int, first, good time.Time) {
	w.Helper()
	var found []evidence
	for _, e := range w.runs(device) {
		look := e.Probe == icmpProbe && e.Every == lookEvery.Milliseconds()
		if e.Probe == kind && e.Result != resultOK && !look {
			found = append(found, e)
		}
	}
	if len(found) != 1 || found[0].Result != resultFail || found[0].From != first.UnixMilli() || found[0].To+found[0].Every != good.UnixMilli() {
		w.Errorf("%s, probe %d: got failures %+v, want those from %d up to %d", device, kind, found, first.UnixMilli(), good.UnixMilli())
	}
}

// noIncident checks that nothing was opened and nobody was told.
func (w *world) noIncident(r *receiver) {
	w.Helper()
	var list struct {
		Items []struct {
			ID      string `json:"id"`
			Summary string `json:"summary"`
		} `json:"items"`
	}
	w.get("/api/v1/incidents", map[string][]string{"status": {"all"}}, &list)
	if len(list.Items) > 0 || r.count() > 0 {
		w.Errorf("got incidents %+v and %d webhooks, want none", list.Items, r.count())
	}
}

// TestLinkCut takes the link away and gives it back: down from the first lost echo to the first that came back, one
// signed webhook about each device when it is confirmed, and one when it is over.
func TestLinkCut(t *testing.T) {
	t.Parallel()
	w, far, _, r := newBranch(t)
	echoes := map[string]probe{}
	var all []probe
	for _, device := range []string{"edge", "access", "clock"} {
		echoes[device] = echo(device, time.Second)
		all = append(all, echoes[device])
	}
	time.Sleep(2 * margin)
	cut := calm(t, all...)
	far.setLink(t, "down0", false)
	eventually(t, 15*time.Second, "a webhook about each device", func() bool { return r.count() == len(echoes) })
	time.Sleep(time.Until(cut.Add(outage())))
	for device := range echoes {
		if got := w.is(device); got != "down" {
			t.Errorf("%s: got %s, want down", device, got)
		}
	}
	for _, device := range []string{"edge", "access"} { // the first to come back is an echo
		all = append(all, poll(device, 5*time.Second).retried(1200*time.Millisecond))
	}
	mended := calm(t, all...)
	far.setLink(t, "down0", true)
	eventually(t, 15*time.Second, "a second webhook about each device", func() bool { return r.count() == 2*len(echoes) })
	for device, p := range echoes {
		down, up := p.after(cut), p.after(mended)
		w.failed(device, icmpProbe, down, up)
		w.wasDown(device, cut.Add(-margin), up.Add(margin), down, up)
		r.told(device, down, up)
	}
	if n := r.count(); n != 2*len(echoes) {
		t.Errorf("got %d webhooks, want %d", n, 2*len(echoes))
	}
}

// told checks that exactly two messages came about a device: that it is down, and that it is up again.
func (r *receiver) told(device string, down, up time.Time) {
	r.t.Helper()
	got := r.about(device)
	if len(got) != 2 || got[0].Type != "incident.opened" || got[1].Type != "incident.resolved" {
		r.t.Errorf("%s: got webhooks %+v, want opened and resolved", device, got)
		return
	}
	severity := map[string]string{"edge": "critical", "access": "major", "clock": "major"}[device]
	opened, resolved := got[0].Incident, got[1].Incident
	if opened.Kind != "device_down" || opened.Severity != severity || opened.Status != "open" || opened.Site != site || opened.EndedAt != nil {
		r.t.Errorf("%s: opened: got %+v", device, opened)
	}
	if !opened.StartedAt.Equal(down) || opened.DetectedAt.Before(down.Add(time.Second)) || opened.DetectedAt.After(down.Add(2*time.Second)) {
		r.t.Errorf("%s: got started %s and detected %s, want started %s and detected with the third lost echo", device, opened.StartedAt, opened.DetectedAt, down)
	}
	// Three echoes in the rhythm of one second, and a second for the way to the receiver. Without looks beside them
	// the timeout of the third would come on top.
	took := got[0].Came.Sub(down)
	r.t.Logf("%s: webhook %s after the first lost echo", device, took)
	if took > 3*time.Second+time.Second {
		r.t.Errorf("%s: webhook %s after the first lost echo, want 4 s at most", device, took)
	}
	if resolved.ID != opened.ID || got[0].ID == got[1].ID || resolved.Status != "resolved" || !resolved.StartedAt.Equal(down) {
		r.t.Errorf("%s: resolved: got %+v after %+v", device, resolved, opened)
	}
	// SNMP is asked as soon as an echo has come back, and may be believed before the second echo.
	if resolved.EndedAt == nil || resolved.EndedAt.Before(up) || resolved.EndedAt.After(up.Add(100*time.Millisecond)) {
		r.t.Errorf("%s: got ended %v, want %s", device, resolved.EndedAt, up)
	}
}

// TestAgentKilled kills the agent: from its last evidence to its first new one nobody looked, which is unknown and
// nobody's fault.
func TestAgentKilled(t *testing.T) {
	t.Parallel()
	w, _, _, r := newBranch(t)
	time.Sleep(2 * margin)
	// Runs grow in steps of ten seconds. Right behind one, the newest echo is known.
	p := echo("clock", time.Second)
	grown := w.newest("clock")
	eventually(t, 15*time.Second, "the run of echoes grows", func() bool { return w.newest("clock") > grown })
	w.agent.kill()
	killed := time.Now()
	last := w.newest("clock")
	if age := killed.UnixMilli() - last; age > 2500 {
		t.Errorf("the newest echo in the state store is %d ms old right behind a step", age)
	}
	const away = 40 * time.Second // the collector calls an agent silent after 30 s
	time.Sleep(max(away, outage()))
	for _, device := range []string{"edge", "access", "clock"} {
		if got := w.is(device); got != "unknown" {
			t.Errorf("%s: got %s while the agent is away, want unknown", device, got)
		}
	}
	w.startAgent()
	eventually(t, 30*time.Second, "the new agent tells what it sees", func() bool { return w.newest("clock") > last })
	w.becomes(10*time.Second, "clock", "up")
	var first int64
	for _, e := range w.runs("clock") {
		if e.Result != resultOK {
			t.Errorf("got evidence %+v, want replies alone", e)
		}
		if e.From > last {
			first = e.From
			break
		}
	}
	if at := time.UnixMilli(first); at.Before(killed.Add(away)) || at.After(killed.Add(max(away, outage())+15*time.Second)) || p.after(at.Add(-time.Millisecond)) != at {
		t.Errorf("the first echo of the new agent is of %s, killed at %s", at, killed)
	}
	// The newest echo vouches for its own second, or as much of it as the agent was there.
	begin, end := time.UnixMilli(last).Add(-margin), time.UnixMilli(first).Add(margin)
	unknown := first/1000 - last/1000 - 1
	if a := w.ledger("clock", begin, end); a.Unknown == unknown+1 {
		unknown++
	}
	w.says("clock", begin, end, seconds{Up: end.Unix() - begin.Unix() - unknown, Unknown: unknown})
	for _, device := range []string{"edge", "access"} {
		a := w.ledger(device, begin, end)
		if a.Down+a.Degraded+a.Unreachable > 0 || a.Unknown < unknown-6 || a.Unknown > unknown+6 {
			t.Errorf("%s: got %+v, want about %d s unknown and the rest up", device, a.seconds, unknown)
		}
	}
	w.noIncident(r)
}

// newest is the time of the newest echo in the state store, Unix ms.
func (w *world) newest(device string) (at int64) {
	for _, e := range w.runs(device) {
		if e.Probe == icmpProbe {
			at = max(at, e.To)
		}
	}
	return at
}
