package alert

import (
	"testing"
	"time"

	"ninewatch/collector/inventory"
)

func routed(routes ...inventory.Route) *Book {
	b := &Book{Receivers: []ReceiverBook{{Name: "ops"}, {Name: "lead"}, {Name: "lisbon", Sites: []string{"lisbon"}}}}
	for _, r := range routes {
		b.Routes = append(b.Routes, Route{Route: r})
	}
	return b
}

func TestGlob(t *testing.T) {
	f := func(pattern, text string, want bool) {
		t.Helper()
		if got := glob(pattern, text); got != want {
			t.Errorf("%q, %q: got %t", pattern, text, got)
		}
	}
	f("lisbon", "lisbon", true)
	f("lisbon", "lisbon2", false)
	f("lis*", "lisbon", true)
	f("*bon", "lisbon", true)
	f("l*b*n", "lisbon", true)
	f("*", "", true)
	f("a*a", "a", false)
	f("", "x", false)
}

// TestWithoutRoutesAllOfTheSiteAreTold.
func TestWithoutRoutesAllOfTheSiteAreTold(t *testing.T) {
	r := newRig(t, routed())
	r.observe(finding(Down, t0))
	r.wantTold("ops opened INC-1 open", "lead opened INC-1 open")
}

func TestRoutesMatch(t *testing.T) {
	f := func(m inventory.RouteMatch, want bool) {
		t.Helper()
		b := routed(inventory.Route{Name: "r", Match: m, Receiver: []string{"ops"}})
		b.Devices = map[string]Place{"opo-dist-1": {Site: "porto", Tags: []string{"warehouse"}}}
		b.Sites = map[string]SiteBook{"porto": {Region: "north"}}
		r := newRig(t, b)
		r.observe(finding(Down, t0))
		if got := len(r.told) > 0; got != want {
			t.Errorf("%+v: got %t", m, got)
		}
	}
	f(inventory.RouteMatch{}, true)
	f(inventory.RouteMatch{Site: []string{"lisbon", "por*"}, Severity: []string{"critical"}, Kind: []string{"device_down"}, Role: []string{"core"}, Tags: []string{"ware*"}, Region: []string{"north"}}, true)
	f(inventory.RouteMatch{Site: []string{"porto"}, Severity: []string{"minor"}}, false)
	f(inventory.RouteMatch{Labels: map[string]string{"team": "x"}}, false)
}

// TestEscalation goes to the lead when nobody acknowledges, and not when somebody does.
func TestEscalation(t *testing.T) {
	route := inventory.Route{Name: "r", Receiver: []string{"ops"}, EscalateAfter: inventory.Duration(15 * time.Minute), EscalateTo: []string{"lead"}, RepeatEvery: inventory.Duration(time.Hour)}
	r := newRig(t, routed(route))
	r.observe(finding(Down, t0))
	r.wait(14 * time.Minute)
	r.wantTold("ops opened INC-1 open")
	r.restart()
	r.wait(time.Minute)
	r.wantTold("lead opened INC-1 open")
	r.wait(45 * time.Minute)
	r.wantTold("ops updated INC-1 open")
	if _, err := r.Acknowledge(t.Context(), 1, "lead"); err != nil {
		t.Fatal(err)
	}
	r.wait(5 * time.Hour)
	r.wantTold("ops acknowledged INC-1 acknowledged", "lead acknowledged INC-1 acknowledged")
}

// TestASilenceKeepsBackAndEnds: it is told once the silence is over, and the state is shown all the while.
func TestASilenceKeepsBackAndEnds(t *testing.T) {
	r := newRig(t, nil)
	s, err := r.Silence(t.Context(), Silence{Match: SilenceMatch{Sites: []string{"por*"}}, Until: t0 + 600_000, Author: "ana", Reason: "cable works"})
	if err != nil {
		t.Fatal(err)
	}
	r.observe(finding(Down, t0))
	r.restart()
	r.wait(9 * time.Minute)
	r.wantTold()
	if i, _ := r.get(1); i.Status != Open {
		t.Errorf("got %s, want open", i.Status)
	}
	e, err := r.Explain(t.Context(), 1)
	if err != nil || len(e.Told) != 1 || e.Told[0].Withheld != "silenced by ana until 2026-09-21 14:23 UTC: cable works" || e.Told[0].Since != t0 {
		t.Errorf("got %+v, %v", e.Told, err)
	}
	r.wait(time.Minute)
	r.wantTold("ops opened INC-1 open")
	if err := r.EndSilence(t.Context(), s.ID+1); err == nil {
		t.Error("a silence that is not there was ended")
	}
}

// TestSilencesAlwaysEnd, and say who and why.
func TestSilencesAlwaysEnd(t *testing.T) {
	good := Silence{Match: SilenceMatch{Devices: []string{"a"}}, From: t0, Until: t0 + 1, Author: "ana", Reason: "x"}
	if err := good.Validate(t0); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Silence){
		"no reason":  func(s *Silence) { s.Reason = " " },
		"everything": func(s *Silence) { s.Match = SilenceMatch{} },
		"no end":     func(s *Silence) { s.Until = 0 },
		"for ever":   func(s *Silence) { s.Until = t0 + 91*86_400_000 },
		"no kind":    func(s *Silence) { s.Match.Kinds = []string{"device"} },
	} {
		s := good
		change(&s)
		if s.Validate(t0) == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// TestMaintenanceKeepsBack as a silence does.
func TestMaintenanceKeepsBack(t *testing.T) {
	r := newRig(t, nil)
	r.deps.Planned = func(_, device string, at int64) string {
		if device == "opo-dist-1" && at < t0+60_000 {
			return "in the maintenance \"night\""
		}
		return ""
	}
	r.observe(finding(Down, t0))
	r.wantTold()
	r.wait(time.Minute)
	r.wantTold("ops opened INC-1 open")
}

// TestDigestAndCalendar: what is quiet comes together; what began and ended while a calendar was closed is not told.
func TestDigestAndCalendar(t *testing.T) {
	r := newRig(t, routed(inventory.Route{Name: "quiet", Receiver: []string{"ops"}, DigestEvery: inventory.Duration(time.Hour)}))
	other := finding(Down, t0)
	other.Device = "opo-dist-2"
	r.observe(finding(Down, t0), other)
	r.now += 60_000
	r.observe(finding(Up, r.now))
	r.wait(45 * time.Minute) // t0 is 14:13:20
	r.wantTold()
	r.restart()
	r.wait(time.Minute)
	r.wantTold("ops resolved INC-1 resolved", "ops opened INC-2 open")

	b := routed(inventory.Route{Name: "office", Receiver: []string{"ops"}})
	b.Routes[0].Open = func(at int64) int64 { return max(at, t0+3_600_000) }
	r = newRig(t, b)
	r.observe(finding(Down, t0), other)
	r.now += 60_000
	r.observe(finding(Up, r.now))
	r.wait(time.Hour)
	r.wantTold("ops opened INC-2 open")
}

func TestFigures(t *testing.T) {
	minute := int64(60_000)
	list := []Incident{
		{Site: "porto", Kind: DeviceDown, Status: Resolved, Started: t0, Detected: t0 + 4000, AcknowledgedAt: t0 + 64_000, Ended: t0 + 10*minute},
		{Site: "porto", Kind: DeviceDown, Status: Resolved, Started: t0, Detected: t0 + 2000, Ended: t0 + 20*minute},
		{Site: "lisbon", Kind: AgentLost, Status: Open, Started: t0 + 30*minute, Detected: t0 + 30*minute},
	}
	got := sumUp(list, BySite, t0, t0+60*minute)
	if len(got) != 2 || got[0].By != "lisbon" || got[0].Open != 1 || got[0].Between != 30*time.Minute {
		t.Fatalf("got %+v", got)
	}
	p := got[1]
	if p.Opened != 2 || p.Taken != 1 || p.Noise != 1 || p.Detect != 3*time.Second || p.Take != time.Minute || p.Repair != 15*time.Minute || p.Between != 15*time.Minute {
		t.Errorf("got %+v", p)
	}
}
